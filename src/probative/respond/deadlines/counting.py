"""Counting rules: from a start event to the instants at which a period ends.

**Promise**: pure; each rule is named after the law it follows, gives the *nominal* end (plain counting) and
the *adjusted* end (weekends, holidays and minimum working days as that law says), and never an adjusted end
before the nominal one. A rule without a number gives no instant at all.
**Not here**: which obligations exist and apply (`pack`, `selection`), and whose holidays count (`calendars`).

Sources: Regulation (EEC, Euratom) 1182/71 Articles 2 and 3; 21 CFR 803.3; Form 8-K General Instruction B.1 as
described in the clock pack. The rules are an interpretation with test vectors, not legal advice.
"""

import calendar as month_lengths
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

import msgspec

from probative.kernel.clock import to_utc
from probative.kernel.errors import UsageError
from probative.respond.deadlines.calendars import WorkCalendar

COUNT_MAX = 10_000
_LAST_SECOND = time(23, 59, 59)
_NOON = time(12, 0, 0)


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """When a period ends: `nominal` and `adjusted` are UTC instants, or both `None` where the law has no
    number.

    A period that is counted in days ends with the last second of a local day (00:00 of the next day would
    be read as one day more). `steps` says in words how the count went.
    """

    nominal: datetime | None
    adjusted: datetime | None
    steps: tuple[str, ...]

    @property
    def alert(self) -> datetime | None:
        """The earlier of the two: alerts never rest on the more generous reading."""
        known = [instant for instant in (self.nominal, self.adjusted) if instant is not None]
        return min(known, default=None)


class _Period(NamedTuple):
    """What a rule counts: `n` of `unit` from `start`, in the authority's place."""

    n: int
    unit: str
    start: datetime
    place: WorkCalendar

    @property
    def day_0(self) -> date:
        """The local day of the start event, which no rule counts."""
        return self.start.astimezone(self.place.zone).date()


def count_due(rule: str, n: int | None, unit: str, start: datetime, place: WorkCalendar) -> Due:
    """Count `n` `unit` from `start` under the rule named `rule`, with the calendar of the authority's
    `place`.

    Unknown rules, units that a rule does not count, and numbers outside 1 to 10,000 raise `UsageError`.

    >>> from datetime import UTC
    >>> berlin = WorkCalendar.plain("Europe/Berlin")
    >>> due = count_due("eu-1182-71-days", 2, "days", datetime(2026, 12, 4, 9, tzinfo=UTC), berlin)
    >>> [at.astimezone(berlin.zone).date().isoformat() for at in (due.nominal, due.adjusted)]
    ['2026-12-06', '2026-12-08']
    """
    if rule == unit == "none":
        return Due(nominal=None, adjusted=None, steps=("the law fixes no number: without undue delay",))
    units, counter = _rule(rule)
    if unit not in units:
        raise UsageError(
            "clock.unit",
            f"Rule '{rule}' does not count {unit}.",
            f"It counts {' or '.join(units)}: mend the pack.",
        )
    if n is None or not 1 <= n <= COUNT_MAX:
        raise UsageError("clock.number", f"A period of {n} {unit} cannot be counted.", "Give 1 to 10000.")
    try:
        return counter(_Period(n, unit, to_utc(start), place))
    except OverflowError as error:
        raise UsageError(
            "clock.number", f"{n} {unit} from {start} leaves the calendar.", "Give less."
        ) from error


def noon_of_next_working_day(due: Due, place: WorkCalendar) -> Due:
    """Let a period that ends on a weekend or holiday end at noon of the next working day instead.

    For laws with that rule of their own (Delegated Regulation (EU) 2025/301, Article 5(4)); it replaces any
    other adjustment.
    """
    if due.nominal is None:
        return due
    last = due.nominal.astimezone(place.zone).date()
    if place.is_working(last):
        return msgspec.structs.replace(due, adjusted=due.nominal)
    step = "the end falls on a weekend or holiday: noon of the next working day"
    at = datetime.combine(_next_working(last, place), _NOON, place.zone)
    return msgspec.structs.replace(due, adjusted=to_utc(at), steps=(*due.steps, step))


def _eu_days(period: _Period) -> Due:
    """Regulation 1182/71 Article 3(1), (2)(b), (3), (4) and (5)."""
    nominal = period.day_0 + timedelta(days=period.n)
    steps = ["the day of the event is not counted (Reg. 1182/71 Art. 3(1))"]
    adjusted = _rolled(nominal, period.place, steps)
    if period.n >= 2:
        while _working_days(period.day_0, adjusted, period.place) < 2:
            adjusted = _next_working(adjusted, period.place)
            steps.append(
                "extended: a period of two days or more has two working days (Art. 3(5), interpretation)"
            )
    return _ends(nominal, adjusted, period.place, steps)


def _eu_hours(period: _Period) -> Due:
    """Regulation 1182/71 Article 3(1)-(3): from the next full hour, straight through nights and weekends.

    The nominal end is raw elapsed time, which is earlier and so drives the alert.
    """
    local = period.start.astimezone(period.place.zone)
    into_hour = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    length = timedelta(hours=period.n)
    steps = (
        "nominal: exact hours from the event",
        "adjusted: the hour of the event is not counted (Reg. 1182/71 Art. 3(1)); no roll for weekends",
    )
    full = period.start - into_hour + timedelta(hours=1)
    return Due(nominal=period.start + length, adjusted=full + length, steps=steps)


def _eu_weeks_months(period: _Period) -> Due:
    """Regulation 1182/71 Article 3(2)(c) and (4): the same date or weekday later, rolled off a closed day."""
    nominal = _later(period.day_0, period.n, period.unit)
    steps = ["ends on the same date or weekday, or the month's last day (Reg. 1182/71 Art. 3(2)(c))"]
    return _ends(nominal, _rolled(nominal, period.place, steps), period.place, steps)


def _elapsed(period: _Period) -> Due:
    end = period.start + timedelta(hours=period.n)
    return Due(nominal=end, adjusted=end, steps=("exact hours from the event, no roll",))


def _calendar_no_roll(period: _Period) -> Due:
    """Every day counts and a weekend end stays: the careful reading where no statute says otherwise."""
    end = _later(period.day_0, period.n, period.unit)
    return _ends(
        end, end, period.place, ["the day of the event is not counted; no roll off a weekend (careful)"]
    )


def _working(period: _Period) -> Due:
    """Count working days only; a start on a closed day begins with the next working day as day 1."""
    end = period.day_0
    for _ in range(period.n):
        end = _next_working(end, period.place)
    return _ends(end, end, period.place, ["only working days count; day 1 is the first one after the event"])


_Rule = tuple[tuple[str, ...], Callable[[_Period], Due]]
_RULES: dict[str, _Rule] = {
    "eu-1182-71-days": (("days",), _eu_days),
    "eu-1182-71-hours": (("hours",), _eu_hours),
    "eu-1182-71-weeks-months": (("weeks", "months"), _eu_weeks_months),
    "elapsed-hours": (("hours",), _elapsed),
    "calendar-days-no-roll": (("days", "months"), _calendar_no_roll),
    "us-sec-business-days": (("days",), _working),
    "us-fda-work-days": (("days",), _working),
    "national-business-days": (("days",), _working),
    "eu-working-days": (("days",), _working),
}
RULES = (*_RULES, "none")
US_FEDERAL_RULES = ("us-sec-business-days", "us-fda-work-days")


def _rule(name: str) -> _Rule:
    try:
        return _RULES[name]
    except KeyError:
        known = ", ".join(RULES)
        raise UsageError(
            "clock.rule", f"There is no counting rule '{name[:80]}'.", f"Known: {known}."
        ) from None


def _later(day: date, n: int, unit: str) -> date:
    if unit == "days":
        return day + timedelta(days=n)
    if unit == "weeks":
        return day + timedelta(weeks=n)
    months = day.year * 12 + day.month - 1 + n
    year, month = divmod(months, 12)
    if year > 9999:
        raise OverflowError
    return date(year, month + 1, min(day.day, month_lengths.monthrange(year, month + 1)[1]))


def _rolled(day: date, place: WorkCalendar, steps: list[str]) -> date:
    if place.is_working(day):
        return day
    steps.append("the end falls on a weekend or holiday: next working day (Art. 3(4))")
    return _next_working(day, place)


def _next_working(day: date, place: WorkCalendar) -> date:
    following = day + timedelta(days=1)
    while not place.is_working(following):
        following += timedelta(days=1)
    return following


def _working_days(after: date, until: date, place: WorkCalendar) -> int:
    days = (after + timedelta(days=step) for step in range(1, (until - after).days + 1))
    return sum(place.is_working(day) for day in days)


def _ends(nominal: date, adjusted: date, place: WorkCalendar, steps: list[str]) -> Due:
    def last_second(day: date) -> datetime:
        return to_utc(datetime.combine(day, _LAST_SECOND, place.zone))

    return Due(nominal=last_second(nominal), adjusted=last_second(adjusted), steps=tuple(steps))
