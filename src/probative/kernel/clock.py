"""Time: UTC instants from a clock that is handed in, so that every decision can be replayed.

**Promise**: instants are timezone-aware UTC datetimes with microseconds and one text form
(`2026-11-21T09:00:00.000000Z`), which sorts as text.
**Not here**: legal calendars (`respond`), and reading the time behind anyone's back.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Protocol

from probative.kernel.errors import UsageError

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)\Z")


class Clock(Protocol):
    """Where rooms get the time from."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the machine's time in UTC, microsecond precision."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that somebody turns: the demo's compressed month, drills and tests.

    >>> clock = ManualClock(datetime(2026, 11, 1, tzinfo=UTC))
    >>> clock.advance(timedelta(days=14)); format_instant(clock.now())
    '2026-11-15T00:00:00.000000Z'
    """

    def __init__(self, start: datetime) -> None:
        """Start at `start`, which must know its timezone."""
        self._now = to_utc(start)

    def now(self) -> datetime:
        """Return the instant the clock was last turned to."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Turn the clock forward by `by`; a clock never goes back."""
        self.turn_to(self._now + by)

    def turn_to(self, at: datetime) -> None:
        """Turn the clock to `at`, which must not be earlier than its present reading."""
        if to_utc(at) < self._now:
            standing = format_instant(self._now)
            raise UsageError(
                "clock.backwards",
                f"The clock stands at {standing} and cannot go back to {format_instant(at)}.",
                "Turn it forward only.",
            )
        self._now = to_utc(at)


def to_utc(at: datetime) -> datetime:
    """Return `at` in UTC; a datetime that does not know its timezone raises `UsageError`."""
    if at.tzinfo is None:
        raise UsageError("instant.naive", f"'{at}' has no timezone.", "Add one, for example 'Z' for UTC.")
    return at.astimezone(UTC)


def format_instant(at: datetime) -> str:
    """Write an instant in the one text form used in facts: RFC 3339, UTC, six decimals.

    >>> format_instant(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    '2026-01-02T03:04:05.000000Z'
    """
    return to_utc(at).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_instant(text: str) -> datetime:
    """Read an RFC 3339 instant with a timezone; anything else raises `UsageError`.

    >>> parse_instant("2026-01-02T04:04:05+01:00").isoformat()
    '2026-01-02T03:04:05+00:00'
    """
    if _INSTANT.match(text):
        try:
            return to_utc(datetime.fromisoformat(text))
        except ValueError:
            pass
    raise UsageError(
        "instant.malformed",
        f"'{text[:80]}' is not an instant.",
        "Write it as 2026-11-21T09:00:00Z.",
    )
