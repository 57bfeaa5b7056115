"""Silence after a stop is a pass only where there was traffic before, and enough time has passed."""

from datetime import UTC, datetime, timedelta

import pytest

from probative.kernel.errors import NotFoundError
from probative.kernel.outcome import Outcome
from probative.respond.evidence.verification import Counts, judge, windows
from tests.respond.scene import COMMANDER, ONSET, declare, record_decisions, scene

STOPPED = datetime(2026, 11, 15, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "counts", "outcome"),
    [
        (3_605, Counts(40, 2, 0), Outcome.PASS),
        (3_605, Counts(40, 2, 1), Outcome.FAIL),
        (3_605, Counts(0, 0, 1), Outcome.FAIL),
        (3_605, Counts(0, 0, 0), Outcome.NOT_ASSESSABLE),
        (64, Counts(40, 0, 0), Outcome.NOT_ASSESSABLE),
        (65, Counts(40, 0, 0), Outcome.PASS),
        (0, Counts(0, 0, 0), Outcome.NOT_ASSESSABLE),
    ],
)
def test_judges_by_both_spans_and_the_time(seconds: int, counts: Counts, outcome: Outcome) -> None:
    """A decision after the stop fails at once; silence has to mean something to pass."""
    spans = windows(STOPPED, STOPPED + timedelta(seconds=seconds))
    assert judge(spans, counts)[0] == outcome


def test_the_spans_are_as_long_before_as_after() -> None:
    """Like is compared with like, and requests in flight are neither."""
    spans = windows(STOPPED, STOPPED + timedelta(minutes=10))
    assert spans.until - spans.settled_at == spans.stopped_at - spans.baseline_from
    assert spans.settled_at - spans.stopped_at == timedelta(seconds=5)


def test_verifies_from_the_real_decision_log(tmp_path) -> None:
    """Traffic until the stop, silence after it: a pass that is in the record with its counts."""
    made = scene(tmp_path, decisions=4)
    incident = declare(made)
    record_decisions(made, ONSET, 59, timedelta(minutes=1))
    made.responder.stop(incident.id, "harm goes on", COMMANDER)
    made.clock.advance(timedelta(minutes=30))
    found = made.responder.verify_stop(incident.id, COMMANDER)
    assert (found.outcome, found.decisions, found.baseline) == (Outcome.PASS, 0, 28)
    assert made.bodies("respond.stop-verified")[0]["outcome"] == "pass"


def test_a_service_that_does_not_obey_is_found(tmp_path) -> None:
    """The flag says off, the log says otherwise: the log wins."""
    made = scene(tmp_path, decisions=4)
    incident = declare(made)
    made.responder.stop(incident.id, "harm goes on", COMMANDER)
    record_decisions(made, made.clock.now() + timedelta(minutes=1), 3, timedelta(minutes=1))
    made.clock.advance(timedelta(minutes=30))
    found = made.responder.verify_stop(incident.id, COMMANDER)
    assert (found.outcome, found.decisions) == (Outcome.FAIL, 3)


def test_without_a_stop_there_is_nothing_to_verify(tmp_path) -> None:
    """The error names the next step."""
    made = scene(tmp_path)
    incident = declare(made)
    with pytest.raises(NotFoundError, match="no stop that took effect"):
        made.responder.verify_stop(incident.id, COMMANDER)
