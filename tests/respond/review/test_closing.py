"""Open points: unknown is not settled, and every point says what to do."""

import pytest

from probative.kernel.outcome import Outcome
from probative.respond.facts import StopVerified
from probative.respond.review.closing import ClockState, open_points
from tests.respond.scene import COMMANDER, declare, scene


@pytest.fixture
def made(tmp_path):
    """Return a scene with an incident."""
    found = scene(tmp_path)
    declare(found)
    return found


def points(made, clocks=None, waiting=(), reason: str = "") -> set[str]:
    """Return the open points of the incident."""
    return {
        point.point
        for point in open_points(made.responder.incident("inc-2026-0001"), clocks, waiting, reason)
    }


def test_everything_is_open_at_first_and_says_what_to_do(made) -> None:
    """Four points, each with a command."""
    found = open_points(made.responder.incident("inc-2026-0001"), None, (), "")
    assert {point.point for point in found} == {"stop", "clocks", "snapshot", "corrective"}
    assert all(point.hint.startswith("probative respond ") for point in found)


@pytest.mark.parametrize(
    ("state", "is_open"),
    [
        ("proposed", True),
        ("needs-counsel", True),
        ("unconfirmed", True),
        ("overdue", True),
        ("running", False),
        ("met", False),
        ("no-notify", False),
        ("not-applicable", False),
    ],
)
def test_a_clock_is_open_until_it_is_decided_or_owned(made, state: str, is_open: bool) -> None:
    """Undecided clocks keep the incident open, unless a task with a due date hands them to an owner."""
    clocks = [ClockState("gdpr-33", "authority", state)]
    assert ("clocks" in points(made, clocks)) == is_open
    due = made.clock.now()
    made.responder.journal.task("inc-2026-0001", "clock-gdpr-33", "Decide", "p-1", COMMANDER, due_at=due)
    assert "clocks" not in points(made, clocks)


@pytest.mark.parametrize(
    ("outcome", "reason", "is_open"),
    [
        (None, "", True),
        (Outcome.PASS, "", False),
        (Outcome.FAIL, "", True),
        (Outcome.FAIL, "we are sure", True),
        (Outcome.NOT_ASSESSABLE, "", True),
        (Outcome.NOT_ASSESSABLE, "a monthly batch: no traffic to compare with", False),
    ],
)
def test_a_stop_is_settled_by_the_log_or_where_it_cannot_tell_by_a_reason(
    made, outcome: Outcome | None, reason: str, is_open: bool
) -> None:
    """A stop that failed cannot be talked away; one that cannot be assessed needs a reason."""
    made.responder.stop("inc-2026-0001", "harm", COMMANDER)
    if outcome is not None:
        _verified(made, outcome)
    assert ("stop" in points(made, reason=reason)) == is_open


def test_nothing_stopped_needs_a_reason(made) -> None:
    """Blank is no reason."""
    assert "stop" in points(made, reason="  ")
    assert "stop" not in points(made, reason="the system was never live")


def _verified(made, outcome: Outcome) -> None:
    from probative.record.facts import Draft
    from probative.respond.contain.intent import subjects_of

    at = "2026-11-15T10:00:00.000000Z"
    body = StopVerified(
        incident="inc-2026-0001",
        system="loans",
        action="stop-1",
        outcome=outcome,
        reason="r",
        window_from=at,
        window_until=at,
        decisions=0,
        in_flight=0,
        baseline=0,
    )
    made.recorder.append(Draft(body=body, subjects=subjects_of("loans", "inc-2026-0001"), actor=COMMANDER))
