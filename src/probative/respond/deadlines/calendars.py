"""Calendars: the timezone of the place of an authority, and the days on which it is closed.

**Promise**: a `WorkCalendar` is a pure value of timezone and closed days; national holidays come from the
`holidays` package, EU institutions count weekends only (their own yearly list is not shipped), so that an
unknown holiday can only make a date earlier, never later.
**Not here**: counting (`counting`), and which place is competent (a person says so).
"""

import tomllib
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from probative.kernel.errors import UnavailableError, UsageError

_SATURDAY = 5


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an authority sits: `timezone` is an IANA name, `holidays` a country code or empty."""

    title: str
    timezone: str
    holidays: str = ""
    subdivision: str = ""
    within: str = ""
    note: str = ""


class WorkCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """Which local days an authority works: all but Saturdays, Sundays and the holidays in `closed`."""

    zone: ZoneInfo
    closed: Callable[[date], bool]
    note: str = ""

    @classmethod
    def plain(cls, timezone: str, holidays: frozenset[date] = frozenset()) -> "WorkCalendar":
        """Make a calendar with the given holidays only.

        >>> WorkCalendar.plain("Europe/Paris").is_working(date(2026, 12, 5))
        False
        """
        return cls(zone=_zone(timezone), closed=holidays.__contains__)

    def is_working(self, day: date) -> bool:
        """Tell whether `day` is neither weekend nor holiday here."""
        return day.weekday() < _SATURDAY and not self.closed(day)


@lru_cache(maxsize=1)
def places() -> dict[str, Place]:
    """Return the places of the clock pack by code: `DE`, `US-NY`, and `EU` for the Union's own bodies."""
    text = (resources.files("probative") / "packs" / "clocks" / "places.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text)["place"], dict[str, Place])


def check_place(code: str) -> str:
    """Return `code` if it is a place with a calendar, else raise `UsageError`.

    >>> check_place("DE")
    'DE'
    """
    if code not in places():
        raise UsageError(
            "place.unknown",
            f"There is no calendar for the place '{code[:80]}'.",
            f"Known: {', '.join(places())}.",
        )
    return code


@lru_cache(maxsize=64)
def calendar_of(code: str) -> WorkCalendar:
    """Return the calendar of the place `code`; an unknown code raises `UsageError`.

    >>> calendar_of("US").is_working(date(2026, 11, 26))
    False
    >>> calendar_of("EU").is_working(date(2026, 5, 1))
    True
    """
    place = places()[check_place(code)]
    if not place.holidays:
        return WorkCalendar(
            zone=_zone(place.timezone), closed=frozenset[date]().__contains__, note=place.note
        )
    # The package takes 170 ms to import, too long for commands that never count a day (`gate check`).
    import holidays  # noqa: PLC0415

    closed = holidays.country_holidays(place.holidays, subdiv=place.subdivision or None)
    return WorkCalendar(zone=_zone(place.timezone), closed=lambda day: day in closed, note=place.note)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UnavailableError(
            "timezone.unknown",
            f"This machine does not know the timezone '{name[:80]}'.",
            "Install the time zone data: apt-get install tzdata, or pip install tzdata.",
        ) from error
