"""Planning clocks: which start now, and which dates move.

**Promise**: pure; a date is computed only for a rule that applies, was read in a source or confirmed by a
named person, and whose start event is confirmed; recomputing with nothing new changes nothing.
**Not here**: appending (`keeper`), and showing (`board`).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from probative.kernel.clock import format_instant, parse_instant
from probative.respond.deadlines.calendars import calendar_of
from probative.respond.deadlines.circumstances import ClockAnswer
from probative.respond.deadlines.counting import count_due, noon_of_next_working_day
from probative.respond.deadlines.facts import ClockDates
from probative.respond.deadlines.history import Adoption, ClockKey, History, Start
from probative.respond.deadlines.pack import ClockPack, Obligation, Stage, place_for


class Change(NamedTuple):
    """One clock's dates as they should be, and as they were (`None`: it has not started)."""

    key: ClockKey
    start: Start
    before: ClockDates | None
    after: ClockDates

    @property
    def moved(self) -> Literal["earlier", "later", "same"]:
        """Which way the alert went; text instants sort as instants."""
        was = (self.before.alert_at if self.before else None) or ""
        now = self.after.alert_at or ""
        if was == now:
            return "same"
        return "earlier" if now < was else "later"


def dates_for(
    pack: ClockPack, answer: ClockAnswer, stage: Stage, started_at: datetime, roles: Iterable[str]
) -> ClockDates:
    """Compute one clock's dates from `started_at` under the pack's rule, in the authority's calendar."""
    obligation = pack.obligation(answer.obligation)
    place = place_for(obligation, stage.rule, answer.place)
    calendar = calendar_of(place)
    due = count_due(stage.rule, stage.n, stage.unit, started_at, calendar)
    if stage.noon_unless and not set(stage.noon_unless) & set(roles):
        due = noon_of_next_working_day(due, calendar)
    return ClockDates(
        event=stage.event,
        started_at=format_instant(started_at),
        nominal_due=_text(due.nominal),
        adjusted_due=_text(due.adjusted),
        alert_at=_text(due.alert),
        place=place,
        rule=pack.version_of(obligation.id),
        rule_sha256=obligation.sha256,
        pack_sha256=pack.digest_of(obligation.id),
        steps=(*due.steps, calendar.note) if calendar.note else due.steps,
    )


def may_be_dated(obligation: Obligation, stage: Stage, adopted: Mapping[str, Adoption]) -> bool:
    """Tell whether a stage may show a date: read in a source, or confirmed by a named person."""
    adoption = adopted.get(obligation.sha256)
    if obligation.confidence == "from-memory" or stage.recalled:
        return adoption is not None and stage.id in adoption.confirmed
    return True


def running_stages(pack: ClockPack, history: History) -> Iterator[tuple[ClockAnswer, Stage]]:
    """Yield the stages of every obligation that applies; rules no longer in the pack are left out."""
    if history.selected is None:
        return
    for answer in history.selected.answers:
        if answer.answer != "applies" or answer.obligation not in pack.obligations:
            continue
        for stage in pack.obligation(answer.obligation).stage:
            if stage.id in answer.stages:
                yield answer, stage


def plan_changes(pack: ClockPack, history: History, adopted: Mapping[str, Adoption]) -> list[Change]:
    """Return every clock that starts or moves, given the confirmed events and the rules as they stand now."""
    roles = history.selected.circumstances.roles if history.selected else ()
    changes: list[Change] = []
    for answer, stage in running_stages(pack, history):
        key = ClockKey(answer.obligation, stage.id)
        start = history.start_of(answer.obligation, stage.event)
        if start is None or not may_be_dated(pack.obligation(answer.obligation), stage, adopted):
            continue
        before = history.dates.get(key)
        after = dates_for(pack, answer, stage, start.at, roles)
        if before != after:
            changes.append(Change(key, start, before, after))
    return changes


def used_percent(started_at: datetime, alert_at: datetime, now: datetime) -> int:
    """Return how much of the time from start to alert is used, in whole percent, 0 to 100.

    >>> from datetime import UTC
    >>> used_percent(*(datetime(2026, 12, 1, hour, tzinfo=UTC) for hour in (0, 4, 3)))
    75
    """
    if now >= alert_at:
        return 100
    if now <= started_at:
        return 0
    return int(100 * ((now - started_at) / (alert_at - started_at)))


def lapsed(stage: Stage, dates: ClockDates, history: History, obligation: str) -> bool:
    """Tell whether an event after the limit ended this clock, as some laws provide (`lapses_when`)."""
    start = history.start_of(obligation, stage.lapses_when) if stage.lapses_when else None
    return start is not None and dates.nominal_due is not None and start.at > parse_instant(dates.nominal_due)


def _text(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)
