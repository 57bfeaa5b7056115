"""Legal holds: they hold at once, overlap, fall only by legal, and hold when the record cannot answer."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.clock import format_instant
from probative.kernel.errors import DeniedError, NotFoundError, UnavailableError
from probative.respond.facts import HoldScope
from probative.respond.hold import Holds, overlaps
from tests.respond.scene import COMMANDER, COUNSEL, ONSET, SYSTEM, declare, scene

SCOPE = HoldScope(system=SYSTEM, since=format_instant(ONSET))
EARLIER = HoldScope(system=SYSTEM, since="2026-01-01T00:00:00.000000Z", until=format_instant(ONSET))


@pytest.fixture
def made(tmp_path):
    """Return a scene with an incident."""
    found = scene(tmp_path)
    declare(found)
    return found


def place(made, actor=COMMANDER, scope=SCOPE) -> str:
    """Place a hold and return its name."""
    return str(made.responder.holds.place("inc-2026-0001", scope, "evidence", actor).body["hold"])


def test_a_hold_holds_at_once_and_nothing_else(made) -> None:
    """Before it nothing is held, afterwards its scope and whatever touches it."""
    assert not made.responder.holds.is_held(SCOPE)
    place(made)
    assert made.responder.holds.is_held(SCOPE)
    assert not made.responder.holds.is_held(EARLIER)
    assert not made.responder.holds.is_held(HoldScope(system="other", since=SCOPE.since))


def test_overlapping_holds_hold_until_the_last_is_lifted(made) -> None:
    """Lifting one of two changes nothing for what the other covers."""
    first, second = place(made), place(made)
    made.responder.holds.lift(first, "not needed", COUNSEL)
    assert made.responder.holds.is_held(SCOPE)
    made.responder.holds.lift(second, "not needed", COUNSEL)
    assert not made.responder.holds.is_held(SCOPE)


def test_only_legal_confirms_and_lifts(made) -> None:
    """The commander may hold, not let go."""
    name = place(made)
    for change in (made.responder.holds.confirm, made.responder.holds.lift):
        with pytest.raises(DeniedError):
            change(name, "please", COMMANDER)
    assert made.responder.holds.is_held(SCOPE)


def test_a_provisional_hold_is_overdue_after_seven_days_and_still_holds(made) -> None:
    """Legal is late; the evidence is not lost for it."""
    name = place(made)
    made.clock.advance(timedelta(days=7, seconds=1))
    assert [hold.placed.hold for hold in made.responder.holds.overdue()] == [name]
    assert made.responder.holds.is_held(SCOPE)
    made.responder.holds.confirm(name, "litigation expected", COUNSEL)
    assert made.responder.holds.overdue() == []


def test_a_hold_by_legal_needs_no_confirmation(made) -> None:
    """It is not provisional, and never overdue."""
    place(made, COUNSEL)
    made.clock.advance(timedelta(days=30))
    assert made.responder.holds.overdue() == []


def test_an_unknown_or_lifted_hold_is_not_lifted_again(made) -> None:
    """The error lists where to look."""
    name = place(made)
    made.responder.holds.lift(name, "not needed", COUNSEL)
    with pytest.raises(NotFoundError, match="no standing hold"):
        made.responder.holds.lift(name, "again", COUNSEL)


def test_a_record_that_cannot_answer_holds_everything() -> None:
    """Fails closed: no answer is a hold."""

    class Away:
        def facts(self, **_):
            raise UnavailableError("ledger.unavailable", "The ledger cannot be used now.", "")

    assert Holds(Away()).is_held(SCOPE)  # type: ignore[arg-type]


hours = st.integers(0, 50)


@given(hours, hours, hours, hours)
def test_spans_overlap_as_sets_of_instants_do(a: int, b: int, c: int, d: int) -> None:
    """The law by brute force over hours."""

    def scope(start: int, end: int) -> HoldScope:
        times = [format_instant(ONSET + timedelta(hours=hour)) for hour in (start, end)]
        return HoldScope(system=SYSTEM, since=times[0], until=times[1])

    one, other = scope(min(a, b), max(a, b) + 1), scope(min(c, d), max(c, d) + 1)
    common = set(range(min(a, b), max(a, b) + 1)) & set(range(min(c, d), max(c, d) + 1))
    assert overlaps(one, other) == overlaps(other, one) == bool(common)


@pytest.mark.parametrize(
    ("streams", "expected"), [((), True), (("decisions",), True), (("outcomes",), False)]
)
def test_streams_narrow_a_hold(streams: tuple[str, ...], expected: bool) -> None:
    """No stream named means all of them."""
    held = HoldScope(system=SYSTEM, since=SCOPE.since, streams=("decisions",))
    asked = HoldScope(system=SYSTEM, since=SCOPE.since, streams=streams)
    assert overlaps(held, asked) == expected
