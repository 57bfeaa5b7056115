"""Signals: after persistence, once while open, grouped by cause, and held back only by a silence."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.clock import format_instant
from probative.watch.facts import MonitorSilenced
from probative.watch.measures.coverage import Defect
from probative.watch.measures.measured import Family, Measured, MeasureSpec, Status
from probative.watch.monitor import Monitor, Persistence, WindowSpec
from probative.watch.signal import open_signals, step
from tests.watch.test_window import START, reading

NOW = datetime(2026, 12, 1, tzinfo=UTC)
MONITOR = Monitor(
    system="loans",
    monitor="drift",
    title="Drift",
    owner="p-7",
    severity=2,
    reference="ab" * 32,
    window=WindowSpec(period="1d"),
    measures=(MeasureSpec(measure="psi", threshold="t", watch=0.1, breach=0.25, n_min=1),),
    persistence=Persistence(breaches=2, windows=3),
)


def psi(column, value=0.5, family=Family.INPUTS, status=Status.BREACH, note=""):
    """Return a judged index."""
    return Measured(
        measure="psi",
        family=family,
        n=100,
        method="m",
        status=status,
        column=column,
        value=value,
        watch=0.1,
        breach=0.25,
        note=note,
    )


def day(at, *measures, n=100, defects=()):
    """Return the reading of a day."""
    return msgspec.structs.replace(reading(at, n=n), measures=measures, defects=defects)


def play(days, monitor=MONITOR, silences=(), now=NOW):
    """Step through readings as an evaluation does; return what was raised and cleared."""
    raised, cleared = [], []
    for last in range(1, len(days) + 1):
        change = step(monitor, days[:last], open_signals(raised, cleared), silences, now)
        raised += change.raised
        cleared += change.cleared
    return raised, cleared


@pytest.mark.parametrize(
    ("pattern", "raised_on"),
    [("x", []), ("xx", [1]), ("x-x", [2]), ("x--x", []), ("xxxxx", [1]), ("-x-x-", [3])],
)
def test_persistence(pattern, raised_on):
    """Two breaches of three windows raise one signal, on the day of the second."""
    days = [day(at, psi("income")) if mark == "x" else day(at) for at, mark in enumerate(pattern)]
    found = [signal.window_from for signal in play(days)[0]]
    assert found == [format_instant(START + timedelta(days=at)) for at in raised_on]


def test_a_signal_says_what_and_since_when():
    """The largest contributor leads, with how its mean moved; the onset is the first breach."""
    note = "mean 5 -> 5000 (x 1000: looks like a change of unit)"
    raised, _ = play(
        [
            day(0),
            day(1, psi("income", 9.0, note=note)),
            day(2, psi("months", 0.3), psi("income", 9.0, note=note)),
            day(3, psi("months", 0.3)),
        ]
    )
    first = raised[0]
    assert (first.cause, first.columns, first.severity, first.owner) == ("inputs", ("income",), 2, "p-7")
    assert first.summary == f"psi income 9 (limit 0.25), {note}; since 2026-11-17T00:00Z"
    assert first.first_window_from == format_instant(START + timedelta(days=1))
    assert raised[1].columns == ("months",), "another column is another signal"


def test_columns_that_move_together_are_one_signal():
    """Five columns from one broken feed wake somebody once, the worst one first."""
    days = [day(at, *(psi(f"c{i}", 0.3 + i) for i in range(5))) for at in range(2)]
    raised, _ = play(days)
    assert [signal.columns for signal in raised] == [("c4", "c3", "c2", "c1", "c0")]
    assert "also c3, c2 and 2 more" in raised[0].summary


def test_predictions_that_follow_inputs_are_not_a_second_cause():
    """Moved predictions are named in the inputs' signal; by themselves they are a cause."""
    both = [psi("income"), psi("decision", 2.0, Family.PREDICTIONS)]
    raised, _ = play([day(0, *both), day(1, *both), day(2, *both)])
    assert [(signal.cause, signal.columns) for signal in raised] == [("inputs", ("income", "decision"))]
    later = play([day(0, both[0]), day(1, both[0]), day(2, *both), day(3, *both)])[0]
    assert [signal.cause for signal in later] == ["inputs"]
    alone = play([day(at, both[1]) for at in range(2)])[0]
    assert [signal.cause for signal in alone] == ["predictions"]


def test_watch_and_undetermined_wake_nobody():
    """Only a breach does."""
    for status in (Status.WATCH, Status.UNDETERMINED, Status.NOT_MEASURABLE):
        assert play([day(at, psi("income", status=status)) for at in range(5)]) == ([], [])


def test_input_that_stops_is_a_signal():
    """Silence from a system is no good news."""
    stopped = (Defect(code="no-rows", sentence="No decision was recorded in this window."),)
    raised, cleared = play(
        [day(0), day(1, n=0, defects=stopped), day(2, n=0, defects=stopped), day(3, n=0, defects=stopped)]
    )
    assert [(signal.cause, signal.columns) for signal in raised] == [("data", ("no-rows",))]
    assert "No decision was recorded" in raised[0].summary
    assert cleared == []


def test_a_signal_clears_after_quiet_windows_and_can_come_back():
    """Three quiet windows clear it; a new stretch is a new signal."""
    breach = [day(at, psi("income")) for at in range(2)]
    quiet = [day(at, psi("income", 0.01, status=Status.OK)) for at in range(2, 5)]
    again = [day(at, psi("income")) for at in range(5, 7)]
    raised, cleared = play([*breach, *quiet, *again])
    assert len(raised) == 2
    assert [c.signal for c in cleared] == [raised[0].signal]
    assert raised[1].first_window_from == format_instant(START + timedelta(days=5))


@pytest.mark.parametrize(
    "blind",
    [lambda at: day(at, n=0), lambda at: day(at, psi("income", None, status=Status.NOT_MEASURABLE))],
)
def test_windows_that_cannot_tell_do_not_clear(blind):
    """No rows, or too few, is not quiet."""
    breach = [day(at, psi("income")) for at in range(2)]
    assert play([*breach, *(blind(at) for at in range(2, 8))])[1] == []


def test_an_older_window_read_again_clears_nothing():
    """A late reading of a window before the signal says nothing about it."""
    quiet = [day(at) for at in range(3)]
    raised, _ = play([*quiet, day(3, psi("income")), day(4, psi("income"))])
    assert step(MONITOR, quiet, raised, (), NOW).cleared == ()


def silence(columns=(), expires=NOW + timedelta(days=1)):
    """Return a silence of the monitor."""
    return MonitorSilenced(
        system="loans",
        monitor="drift",
        columns=columns,
        owner="p-7",
        reason="known",
        expires_at=format_instant(expires),
    )


def test_a_silence_holds_back_until_it_expires():
    """A silence covers the monitor or the columns it names, and nothing after its expiry."""
    days = [day(at, psi("income"), psi("months")) for at in range(2)]
    assert play(days, silences=[silence()])[0] == []
    assert play(days, silences=[silence(("income",))])[0][0].columns == ("months",)
    assert len(play(days, silences=[silence()], now=NOW + timedelta(days=2))[0]) == 1


@given(st.lists(st.booleans(), max_size=30))
def test_one_signal_at_a_time(pattern):
    """However a column flickers, it never has two open signals, and each clears once."""
    days = [
        day(at, psi("income") if breach else psi("income", 0.01, status=Status.OK))
        for at, breach in enumerate(pattern)
    ]
    raised, cleared = play(days)
    assert len(cleared) <= len(raised) <= len(cleared) + 1
    assert len({signal.signal for signal in raised}) == len(raised)
