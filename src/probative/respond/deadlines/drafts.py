"""What the front class checks and makes before it appends: pure, so that it can be tested without a ledger.

**Promise**: a request that does not fit the matter's history is refused with the way out; what is made
depends on the arguments only.
**Not here**: computing dates (`planning`), and appending (`keeper`).
"""

from collections.abc import Iterable
from datetime import datetime

from probative.kernel.clock import format_instant, parse_instant, to_utc
from probative.kernel.errors import ConflictError, NotFoundError, UsageError
from probative.kernel.ids import check_name
from probative.record.facts import Body
from probative.respond.deadlines.circumstances import ClockAnswer
from probative.respond.deadlines.facts import (
    Basis,
    ClockFixed,
    ClockMet,
    ClockRecalculated,
    ClockStarted,
)
from probative.respond.deadlines.history import ClockKey, History
from probative.respond.deadlines.pack import SENT, ClockPack
from probative.respond.deadlines.planning import Change
from probative.respond.matters import Matter


def check_past(event: str, at: datetime, now: datetime) -> None:
    """Refuse an event in the future, and a name that cannot be one."""
    check_name(event, "start event")
    if to_utc(at) > to_utc(now):
        raise UsageError(
            "clock.future", f"'{event}' at {format_instant(at)} lies in the future.", "Give the past instant."
        )


def check_awaited(pack: ClockPack, history: History, event: str) -> None:
    """Refuse an event that no clock of this matter starts on; the hint lists those that are awaited."""
    answers = history.selected.answers if history.selected else ()
    events = {
        stage.event
        for answer in answers
        if answer.answer != "not-applicable" and answer.obligation in pack.obligations
        for stage in pack.obligation(answer.obligation).stage
        if not stage.event.startswith(SENT)
    }
    if event not in events:
        raise UsageError(
            "clock.no-such-event",
            f"No clock here starts on '{event}'.",
            f"Start events here: {', '.join(sorted(events)) or 'none; select clocks first'}.",
        )


def answer_for(pack: ClockPack, history: History, obligation: str) -> ClockAnswer:
    """Return what was selected for an obligation; `NotFoundError` if it was not among the candidates."""
    pack.obligation(obligation)
    for answer in history.selected.answers if history.selected else ():
        if answer.obligation == obligation:
            return answer
    raise NotFoundError(
        "clock.not-selected",
        f"'{obligation}' was not among the clocks selected here.",
        "Select clocks first: probative respond clocks select.",
    )


def met_together(pack: ClockPack, history: History, clock: ClockKey) -> list[ClockKey]:
    """Return the clock and those that the same sending meets, as long as they run and are unmet."""
    if clock in history.met:
        raise ConflictError(
            "clock.met-already",
            f"'{clock.obligation}/{clock.stage}' was met at {history.met[clock].sent_at}.",
            "A later notice is a stage of its own, not a new proof of this one.",
        )
    if clock not in history.dates and clock not in history.fixed:
        raise NotFoundError(
            "clock.not-running",
            f"No clock '{clock.obligation}/{clock.stage}' runs here.",
            "See what runs: probative respond clocks board.",
        )
    obligation = pack.obligations.get(clock.obligation)
    also = (
        [ClockKey(clock.obligation, s.id) for s in obligation.stage if s.met_with == clock.stage]
        if obligation
        else []
    )
    return [clock, *(key for key in also if key in history.dates and key not in history.met)]


def met_body(
    matter: Matter, history: History, key: ClockKey, sent_at: datetime, recipient: str, proof: str
) -> ClockMet:
    """Make the fact that a clock was met, with whether it was in time by each of its dates."""
    fixed, dates = history.fixed.get(key), history.dates.get(key)
    nominal = fixed.due_at if fixed else dates.nominal_due if dates else None
    adjusted = fixed.due_at if fixed else dates.adjusted_due if dates else None
    return ClockMet(
        incident=matter.name,
        system=matter.system,
        obligation=key.obligation,
        stage=key.stage,
        sent_at=format_instant(sent_at),
        recipient=recipient,
        proof=proof,
        in_time_nominal=_in_time(sent_at, nominal),
        in_time_adjusted=_in_time(sent_at, adjusted),
    )


def change_bodies(matter: Matter, changes: Iterable[Change], reason: str) -> list[Body]:
    """Make the facts of clocks that start or move."""
    return [_change_body(matter, change, reason) for change in changes]


def fixed_clock(
    matter: Matter,
    clock: ClockKey,
    title: str,
    span: tuple[datetime, datetime],
    basis: Basis,
    recipient: str,
    source: str,
) -> ClockFixed:
    """Make the fact of a date that somebody set: `span` is from when, and until when."""
    started_at, due_at = span
    check_name(clock.obligation, "clock")
    check_name(clock.stage, "stage")
    if to_utc(due_at) <= to_utc(started_at):
        raise UsageError(
            "clock.due-past",
            f"The date {format_instant(due_at)} lies before its start {format_instant(started_at)}.",
            "Give the date as the paper has it.",
        )
    return ClockFixed(
        incident=matter.name,
        system=matter.system,
        obligation=clock.obligation,
        stage=clock.stage,
        title=title,
        basis=basis,
        recipient=recipient,
        started_at=format_instant(started_at),
        due_at=format_instant(due_at),
        source=source,
    )


def _change_body(matter: Matter, change: Change, reason: str) -> Body:
    if change.before is None:
        return ClockStarted(
            incident=matter.name,
            system=matter.system,
            obligation=change.key.obligation,
            stage=change.key.stage,
            dates=change.after,
            confirmed_by=change.start.confirmed_by,
        )
    return ClockRecalculated(
        incident=matter.name,
        system=matter.system,
        obligation=change.key.obligation,
        stage=change.key.stage,
        before=change.before,
        dates=change.after,
        moved=change.moved,
        reason=reason,
    )


def _in_time(sent_at: datetime, due: str | None) -> bool | None:
    return None if due is None else to_utc(sent_at) <= parse_instant(due)
