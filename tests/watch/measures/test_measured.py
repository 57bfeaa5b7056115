"""Conclusions: effect and significance together, five states, and corrections for looking often."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.watch.measures.measured import RULES, Family, Measured, Status, judge, seriousness, worst


def psi(value, p, column="x", **more):
    """Return an index that awaits judgement."""
    return Measured(
        measure="psi",
        family=Family.INPUTS,
        n=1000,
        method="m",
        column=column,
        value=value,
        p=p,
        watch=0.1,
        breach=0.25,
        **more,
    )


@pytest.mark.parametrize(
    ("value", "p", "status"),
    [
        (0.05, 1e-9, Status.OK),
        (0.15, 1e-9, Status.WATCH),
        (0.25, 1e-9, Status.BREACH),
        (0.15, 0.2, Status.UNDETERMINED),
        (0.90, 0.2, Status.UNDETERMINED),
        (0.05, 0.9, Status.OK),
    ],
)
def test_change_needs_effect_and_significance(value, p, status):
    """Either alone is not enough, and a large effect that may be chance is not called fine."""
    assert judge([psi(value, p)])[0].status is status


@pytest.mark.parametrize(
    ("low", "high", "p", "status"),
    [
        (0.82, 0.95, 0.9, Status.WATCH),
        (0.91, 0.99, 0.9, Status.OK),
        (0.75, 0.95, 0.4, Status.UNDETERMINED),
        (0.60, 0.75, 1e-6, Status.BREACH),
        (0.60, 0.79, 0.3, Status.UNDETERMINED),
    ],
)
def test_a_level_is_held_against_its_whole_interval(low, high, p, status):
    """Three states for a ratio, a watch between the limits, and no breach that correction takes away."""
    value = (low + high) / 2
    measured = Measured(
        measure="selection-ratio",
        family=Family.FAIRNESS,
        n=100,
        method="m",
        value=value,
        low=low,
        high=high,
        p=p,
        watch=0.9,
        breach=0.8,
    )
    assert judge([measured])[0].status is status


def test_correction_is_over_the_columns_of_a_measure():
    """Twenty quiet columns make one lucky p of 0.01 insignificant; another measure does not dilute it."""
    quiet = [psi(0.01, 0.5, f"q{i}") for i in range(19)]
    lucky = psi(0.3, 0.01)
    assert judge([lucky])[0].status is Status.BREACH
    assert judge([lucky, *quiet])[0].status is Status.UNDETERMINED
    other = Measured(
        measure="js", family=Family.INPUTS, n=9, method="m", p=0.9, value=0.0, watch=0.1, breach=0.2
    )
    assert judge([lucky, *[other] * 30])[0].status is Status.BREACH


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0, 1)), max_size=12))
def test_judging_twice_changes_nothing(pairs):
    """A judged measure judged again is the same, so that readings can be recomputed."""
    once = judge(psi(value, p, f"c{i}") for i, (value, p) in enumerate(pairs))
    assert judge(once) == once


@given(st.lists(st.sampled_from(list(Status)), min_size=1))
def test_worst_is_never_better_than_any(statuses):
    """The fold never hides a serious status, and only all-ok is ok."""
    order = list(Status)
    assert order.index(worst(statuses)) == min(order.index(s) for s in statuses)


def test_nothing_measured_is_not_fine():
    """An empty reading is not measurable."""
    assert worst([]) is Status.NOT_MEASURABLE


def test_the_most_serious_come_first():
    """Status first, then effect in units of the limit, whichever side is worse."""
    low = Measured(measure="auc", family=Family.PERFORMANCE, n=9, method="m", value=0.5, breach=0.7)
    lower = Measured(measure="auc", family=Family.PERFORMANCE, n=9, method="m", value=0.2, breach=0.7)
    fine = psi(9.0, 0.0, status=Status.OK)
    assert sorted([fine, low, lower], key=seriousness) == [lower, low, fine]


def test_every_rule_has_a_side_and_a_test():
    """The table of rules has no third word."""
    assert {(rule.worse, rule.test) for rule in RULES.values()} <= {
        ("above", "change"),
        ("above", "level"),
        ("below", "level"),
    }
