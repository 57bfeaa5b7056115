"""Fairness by group: three states, and what is never taken for compliance."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.gate.dossier import Gap
from probative.gate.facts import Threshold
from probative.gate.rules.evaluation.fairness import FairnessParameters, State, compare
from probative.kernel.outcome import Outcome
from probative.record.facts import GroupMetric
from tests.gate.evidence import GROUPS, also, changed, result

PARAMETERS = FairnessParameters()
FOUR_FIFTHS = Threshold(measure="selection_rate_ratio", op=">=", value=0.8, attribute="sex")


def row(group, value, n, attribute="sex", metric="selection_rate"):
    """Return a group's rate."""
    return GroupMetric(attribute=attribute, group=group, metric=metric, value=value, n=n)


def states(*rows, threshold=FOUR_FIFTHS):
    """Return the state of each group against the base."""
    return {item.group: item.state for item in compare(threshold, rows, PARAMETERS)}


def test_every_group_is_compared_with_the_highest_rate():
    """The base is the highest rate among groups large enough, and is not compared with itself."""
    found = states(row("a", 0.5, 2000), row("b", 0.6, 2000), row("c", 0.3, 2000), row("d", 0.9, 20))
    assert found == {"a": State.UNDETERMINED, "c": State.BREACH, "d": State.UNDETERMINED}


def test_the_four_fifths_rule_needs_numbers():
    """Equal rates in tiny samples are undetermined, not compliant: chance would flag half of them."""
    assert states(row("f", 0.3, 99), row("m", 0.3, 5000)) == {"f": State.UNDETERMINED}
    assert states(row("f", 0.3, 5000), row("m", 0.3, 5000)) == {"f": State.COMPLIANT}


@given(st.integers(100, 5000), st.integers(100, 5000), st.floats(0, 1), st.floats(0.001, 1))
def test_compliant_means_the_whole_interval(n, m, rate, base):
    """A group is called compliant only if even the low end of its ratio keeps the limit."""
    (found,) = compare(FOUR_FIFTHS, [row("x", rate, n), row("y", base, m)], PARAMETERS)
    if found.state is State.COMPLIANT:
        assert found.ratio >= 0.8
    if found.state is State.BREACH:
        assert found.ratio < 0.8


@pytest.mark.parametrize(
    ("threshold", "rows"),
    [
        (FOUR_FIFTHS, ()),
        (FOUR_FIFTHS, (row("f", 0.5, 500),)),
        (FOUR_FIFTHS, (row("f", 0.5, 50), row("m", 0.5, 50))),
        (FOUR_FIFTHS, (row("f", 1.5, 500), row("m", 0.5, 500))),
        (FOUR_FIFTHS, (row("f", 0.5, 500, metric="accuracy"), row("m", 0.5, 500, metric="accuracy"))),
        (msgspec.structs.replace(FOUR_FIFTHS, op="<="), (row("f", 0.5, 500), row("m", 0.5, 500))),
        (msgspec.structs.replace(FOUR_FIFTHS, measure="luck"), (row("f", 0.5, 500), row("m", 0.5, 500))),
    ],
)
def test_what_cannot_be_compared_is_a_gap(threshold, rows):
    """One group, no rate, another metric, another direction: not assessable."""
    with pytest.raises(Gap):
        compare(threshold, rows, PARAMETERS)


def test_the_reason_shows_ratio_interval_sizes_and_the_heuristic(frozen):
    """A reader sees what was compared, how sure it is, and what the rule is worth."""
    reason = result(frozen.dossier, "PB-EVA-02").reason
    assert "ratio 0.963 [0.926, 1.000], limit 0.8" in reason
    assert "of 1200" in reason
    assert "screening heuristic" in reason


def test_a_protected_column_without_a_threshold_is_a_gap(frozen):
    """What the decision schema keeps for audit must be judged, or the gate cannot tell."""
    columns = [{"name": "sex", "role": "protected"}, {"name": "marriage", "role": "protected"}]
    more = also(frozen.dossier, "record.schema-declared", {"columns": columns})
    found = result(more, "PB-EVA-02")
    assert (found.outcome, found.reason) == (
        Outcome.NOT_ASSESSABLE,
        "audit attributes without a declared threshold: marriage",
    )


def test_without_group_thresholds_fairness_is_not_assessable(frozen):
    """Measured rates alone are no evidence of fairness."""
    overall = [{"measure": "accuracy", "op": ">=", "value": 0.75, "attribute": None}]
    bare = changed(frozen.dossier, "gate.thresholds-declared", thresholds=overall)
    assert result(bare, "PB-EVA-02").outcome is Outcome.NOT_ASSESSABLE


def test_many_groups_are_shortened_in_the_reason(frozen):
    """The worst three are shown, the others counted."""
    groups = [*GROUPS, *(row(f"g{number}", 0.3, 1000) for number in range(6))]
    more = changed(frozen.dossier, "record.run-finished", groups=msgspec.to_builtins(groups))
    found = result(more, "PB-EVA-02")
    assert found.outcome is Outcome.FAIL
    assert "; and 3 more" in found.reason
