"""Thresholds: how they are written, and that order and values decide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.gate.facts import Threshold
from probative.gate.rules.evaluation.thresholds import check_thresholds, parse_threshold
from probative.kernel.errors import UsageError
from probative.kernel.outcome import Outcome
from tests.gate.evidence import also, changed, result, without

CONTROL = "PB-EVA-01"


@given(
    st.sampled_from(["accuracy", "auc-pr", "error.rate", "f1_score"]),
    st.sampled_from([">=", ">", "<=", "<"]),
    st.floats(-1e6, 1e6).map(lambda value: round(value, 6)),
    st.sampled_from([None, "sex", "age group"]),
)
def test_what_is_written_is_read_back(measure, op, value, attribute):
    """The text form loses nothing."""
    text = f"{measure}{f'[{attribute}]' if attribute else ''} {op} {value!r}"
    assert parse_threshold(text) == Threshold(measure=measure, op=op, value=value, attribute=attribute)


@pytest.mark.parametrize(
    "text", ["", "accuracy", "accuracy=0.8", ">=0.8", "a>=b", "a>=nan", "a>=1e999", "a>=-"]
)
def test_what_is_no_threshold_is_refused(text):
    """No comparison, no number, no finite number: refused with the text."""
    with pytest.raises(UsageError, match="is not a threshold"):
        parse_threshold(text)


@pytest.mark.parametrize(
    "thresholds",
    [
        (),
        (Threshold(measure="a", op="=", value=1),),
        (Threshold(measure="a", op=">=", value=float("inf")),),
        (Threshold(measure="a", op=">=", value=1), Threshold(measure="a", op=">", value=2)),
        tuple(Threshold(measure=f"m{number}", op=">", value=0) for number in range(65)),
    ],
)
def test_declarations_that_could_not_be_judged_are_refused(thresholds):
    """Nothing, an unknown comparison, no finite number, two bounds on one side, too many."""
    with pytest.raises(UsageError):
        check_thresholds(thresholds)


def test_a_measure_may_be_bounded_from_both_sides():
    """A band is two thresholds."""
    band = (Threshold(measure="a", op=">=", value=1), Threshold(measure="a", op="<=", value=2))
    assert check_thresholds(band) == band


def test_the_reason_shows_values_and_order(frozen):
    """Measured value, declared value, and both places in the ledger."""
    reason = result(frozen.dossier, CONTROL).reason
    assert reason == "accuracy 0.8174, declared >= 0.75 (declared at #3, run began at #12)"


@pytest.mark.parametrize(
    ("metrics", "outcome"),
    [({"accuracy": 0.75}, Outcome.PASS), ({"accuracy": 0.7499}, Outcome.FAIL), ({}, Outcome.NOT_ASSESSABLE)],
)
def test_the_measured_value_decides(frozen, metrics, outcome):
    """At the threshold it is met, below it is not, and what was not measured cannot be told."""
    found = result(changed(frozen.dossier, "record.run-finished", metrics=metrics), CONTROL)
    assert found.outcome is outcome


def test_a_later_declaration_does_not_replace_the_one_that_counts(frozen):
    """Stricter or looser: what was declared after the run began does not judge it."""
    looser = [{"measure": "accuracy", "op": ">=", "value": 0.1, "attribute": None}]
    body = {"system": "credit-scoring", "thresholds": looser}
    missed = changed(frozen.dossier, "record.run-finished", metrics={"accuracy": 0.5})
    assert result(also(missed, "gate.thresholds-declared", body), CONTROL).outcome is Outcome.FAIL


def test_thresholds_in_an_unentitled_role_do_not_count(frozen):
    """Data science cannot set its own marks by writing the fact itself; the reason says who did."""
    body = frozen.dossier.facts["gate.thresholds-declared"][0].body
    bare = without(frozen.dossier, "gate.thresholds-declared")
    found = result(also(bare, "gate.thresholds-declared", body, role="data-science"), CONTROL)
    assert found.outcome is Outcome.NOT_ASSESSABLE
    assert "was recorded as 'data-science'" in found.reason


@pytest.mark.parametrize("status", ["failed", "skipped", ""])
def test_a_run_that_did_not_end_well_is_not_assessable(frozen, status):
    """Failed and skipped runs show nothing."""
    found = result(changed(frozen.dossier, "record.run-finished", status=status), CONTROL)
    assert found.outcome is Outcome.NOT_ASSESSABLE


def test_a_result_recorded_twice_with_other_numbers_is_not_assessable(frozen):
    """Two different results of one run are no result."""
    body = {**frozen.dossier.facts["record.run-finished"][-1].body, "metrics": {"accuracy": 0.99}}
    found = result(also(frozen.dossier, "record.run-finished", body), CONTROL)
    assert found.outcome is Outcome.NOT_ASSESSABLE
    assert "recorded 2 times, with different content" in found.reason


def test_an_unreadable_result_is_not_assessable(frozen):
    """A body that does not fit its kind is not guessed at."""
    found = result(changed(frozen.dossier, "record.run-finished", metrics={"accuracy": "high"}), CONTROL)
    assert found.outcome is Outcome.NOT_ASSESSABLE
    assert "cannot be read" in found.reason


def test_an_unknown_comparison_or_a_result_before_its_start_is_not_assessable(frozen):
    """Facts written past the gate are judged by the same rules as others."""
    odd = [{"measure": "accuracy", "op": "about", "value": 0.75, "attribute": None}]
    assert (
        "is not a comparison"
        in result(changed(frozen.dossier, "gate.thresholds-declared", thresholds=odd), CONTROL).reason
    )
    other = changed(frozen.dossier, "record.run-started", run_kind="training")
    assert "recorded as training, not as evaluation" in result(other, CONTROL).reason
