"""Instants and clocks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.clock import ManualClock, format_instant, parse_instant
from probative.kernel.errors import UsageError

INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(INSTANTS)
def test_text_form_round_trips(at: datetime) -> None:
    """An instant written is the instant read."""
    assert parse_instant(format_instant(at)) == at


@given(INSTANTS, INSTANTS)
def test_text_form_sorts_like_time(one: datetime, other: datetime) -> None:
    """Texts compare as their instants do, so they can be sorted as text."""
    assert (format_instant(one) < format_instant(other)) == (one < other)


@pytest.mark.parametrize(
    "text", ["2026-11-21", "2026-11-21T09:00:00", "now", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", ""]
)
def test_other_texts_are_refused(text: str) -> None:
    """No timezone, no instant: nothing is guessed."""
    with pytest.raises(UsageError):
        parse_instant(text)


def test_manual_clock_never_goes_back() -> None:
    """A drill's clock turns forward only."""
    clock = ManualClock(datetime(2026, 1, 2, tzinfo=UTC))
    with pytest.raises(UsageError, match="cannot go back"):
        clock.advance(timedelta(seconds=-1))
    assert clock.now() == datetime(2026, 1, 2, tzinfo=UTC)
