"""Windows follow each other without gap or overlap, and are read again only for news."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.clock import format_instant
from probative.watch.facts import ReadingTaken
from probative.watch.measures.coverage import Coverage
from probative.watch.measures.measured import Status
from probative.watch.monitor import WindowSpec, duration
from probative.watch.window import (
    aligned,
    has_news,
    is_settled,
    key_of,
    latest,
    next_start,
    periods,
    unsettled,
    window_of,
)

START = datetime(2026, 11, 16, tzinfo=UTC)  # a Monday
instants = st.integers(0, 10**9).map(lambda s: datetime.fromtimestamp(s, UTC))
lengths = st.sampled_from(["15m", "1h", "6h", "1d", "1w", "30d"])


def reading(day, *, n=100, settled=True, labelled=None, spec="cd" * 32, state="ef" * 32):
    """Return a reading of one day's window."""
    start = START + timedelta(days=day)
    return ReadingTaken(
        system="loans",
        monitor="m",
        version=1,
        spec_sha256=spec,
        measures_version=1,
        reference="ab" * 32,
        window_from=format_instant(start),
        window_until=format_instant(start + timedelta(days=1)),
        settled=settled,
        n=n,
        status=Status.OK,
        measured=0,
        measures=(),
        state_sha256=state,
        coverage=None if labelled is None else Coverage(labelled=labelled, share=labelled / n),
    )


@given(instants, lengths)
def test_an_instant_lies_in_its_window(at, length):
    """The aligned start is not after the instant, and less than a period before it."""
    begin = aligned(at, duration(length))
    assert begin <= at < begin + duration(length)
    assert aligned(begin, duration(length)) == begin


@given(instants, lengths, st.integers(0, 40), st.integers(0, 3600))
def test_windows_are_seamless(start, length, count, rest):
    """Each window begins where the one before ended, and none has not ended yet."""
    until = start + duration(length) * count + timedelta(seconds=rest)
    found = list(periods(WindowSpec(period=length), start, until))
    assert all(a.end == b.start for a, b in pairwise(found))
    assert all(window.end <= until for window in found)
    begin = aligned(start, duration(length))
    assert until - (found[-1].end if found else begin) < duration(length)
    assert not found or found[0].start == begin


def test_days_and_weeks_are_calendar_ones():
    """Days begin at midnight UTC, weeks on Mondays."""
    at = datetime(2026, 11, 21, 15, tzinfo=UTC)
    assert aligned(at, timedelta(days=1)) == datetime(2026, 11, 21, tzinfo=UTC)
    assert aligned(at, timedelta(weeks=1)).weekday() == 0


@given(instants, lengths)
def test_a_new_period_never_overlaps(end, length):
    """After a change of period the next window begins at or after the end of the last one."""
    begin = next_start(WindowSpec(period=length), end)
    assert end <= begin < end + duration(length)


def test_the_last_reading_of_a_window_counts():
    """Late outcomes replace a reading; windows stay in order of time."""
    first, second, again = reading(0), reading(1), reading(0, n=120)
    assert list(latest([first, second, again]).values()) == [again, second]


def test_unsettled_windows_are_read_again_by_their_own_version():
    """A new version of a monitor leaves old windows as they were read."""
    readings = [reading(0, settled=False), reading(1), reading(2, settled=False, spec="00" * 32)]
    assert [window.start for window in unsettled(readings, "cd" * 32)] == [START]


def test_settling():
    """A window settles when its wait is over."""
    window = window_of(reading(0))
    assert is_settled(WindowSpec(period="1d"), window, window.end)
    assert not is_settled(WindowSpec(period="1d", settle="2d"), window, window.end)
    assert is_settled(WindowSpec(period="1d", settle="2d"), window, window.end + timedelta(days=2))


@pytest.mark.parametrize(
    ("rows", "labelled", "settled", "news"),
    [
        (100, 20, False, False),
        (100, 29, False, False),
        (100, 30, False, True),
        (101, 20, False, True),
        (100, 20, True, True),
    ],
)
def test_news(rows, labelled, settled, news):
    """Late rows, a tenth more outcomes, or the end of the wait are news."""
    assert has_news(reading(0, labelled=20), rows, labelled, settled=settled) is news


def test_keys_tell_readings_apart():
    """The same counts are one reading; other counts, another version or another window are not."""
    keys = {
        key_of(reading(0)),
        key_of(reading(0)),
        key_of(reading(1)),
        key_of(reading(0, state="00" * 32)),
        key_of(reading(0, spec="00" * 32)),
        key_of(reading(0, settled=False)),
    }
    assert len(keys) == 5
