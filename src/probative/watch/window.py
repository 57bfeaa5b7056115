"""Windows: which are due, which are read again, and when a new reading says something new.

**Promise**: pure functions of what was read before and the time given; every window between the first
decision and now is read once it has ended, also after a long pause.
**Not here**: reading rows, and measures.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from probative.kernel.clock import format_instant, parse_instant
from probative.watch.facts import ReadingTaken
from probative.watch.monitor import WindowSpec, duration

_ANCHOR = datetime(2001, 1, 1, tzinfo=UTC)  # a Monday, so that weeks begin on one
COVERAGE_STEP = 0.1


class Window(NamedTuple):
    """A half-open span of time; `after` and `last` are decision ids that bound a window of rows."""

    start: datetime
    end: datetime
    after: str = ""
    last: str = ""


def aligned(at: datetime, period: timedelta) -> datetime:
    """Return the start of the window of length `period` that `at` falls into.

    >>> aligned(datetime(2026, 11, 21, 9, 30, tzinfo=UTC), timedelta(days=7)).isoformat()
    '2026-11-16T00:00:00+00:00'
    """
    return at - (at - _ANCHOR) % period


def periods(spec: WindowSpec, start: datetime, until: datetime) -> Iterator[Window]:
    """Yield the time windows from the one that holds `start` to the last that has ended by `until`."""
    period = duration(spec.period or "")
    begin = aligned(start, period)
    while begin + period <= until:
        yield Window(begin, begin + period)
        begin += period


def next_start(spec: WindowSpec, end: datetime) -> datetime:
    """Return the first window start at or after `end`, so that a new period never overlaps what was read.

    >>> next_start(WindowSpec(period="7d"), datetime(2026, 11, 21, tzinfo=UTC)).isoformat()
    '2026-11-23T00:00:00+00:00'
    """
    period = duration(spec.period or "")
    begin = aligned(end, period)
    return begin if begin == end else begin + period


def latest(readings: Iterable[ReadingTaken]) -> dict[tuple[str, str], ReadingTaken]:
    """Return the last reading of every window, in order of time."""
    found = {(reading.window_from, reading.after): reading for reading in readings}
    return dict(sorted(found.items(), key=lambda item: (item[1].window_until, item[1].last)))


def unsettled(readings: Iterable[ReadingTaken], spec_sha256: str) -> Iterator[Window]:
    """Yield the windows read by this version of the monitor that later outcomes may still change."""
    for reading in latest(readings).values():
        if not reading.settled and reading.spec_sha256 == spec_sha256:
            yield window_of(reading)


def window_of(reading: ReadingTaken) -> Window:
    """Return the window that a reading is of."""
    start, end = parse_instant(reading.window_from), parse_instant(reading.window_until)
    return Window(start, end, reading.after, reading.last)


def is_settled(spec: WindowSpec, window: Window, until: datetime) -> bool:
    """Say whether a window's time for late outcomes and rows is over."""
    return window.end + spec.settling <= until


def has_news(before: ReadingTaken, rows: int, labelled: int, *, settled: bool) -> bool:
    """Say from two counts whether a window read before is worth reading again.

    Outcomes trickle in; reading for each would bury the news, and every look at protected attributes is
    recorded. A window is read again when rows came late, when coverage grew by a tenth, or when it settles.
    """
    known = before.coverage.labelled if before.coverage else 0
    return settled or rows != before.n or labelled - known >= max(1.0, COVERAGE_STEP * rows)


def key_of(reading: ReadingTaken) -> str:
    """Return the idempotency key: the same window counted alike by the same monitor is one reading."""
    place = f"{reading.window_from}/{reading.after}"
    state = (
        f"{reading.state_sha256[:32]}/{'settled' if reading.settled else 'open'}/{reading.measures_version}"
    )
    return f"watch.reading/{reading.system}/{reading.monitor}/{reading.spec_sha256[:32]}/{place}/{state}"


def instant_of(us: int | None) -> str | None:
    """Write microseconds since the epoch as an instant.

    >>> instant_of(0)
    '1970-01-01T00:00:00.000000Z'
    """
    return None if us is None else format_instant(datetime.fromtimestamp(0, UTC) + timedelta(microseconds=us))
