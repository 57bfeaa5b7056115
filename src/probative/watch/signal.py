"""Signals: when a breach is worth waking somebody, grouped by cause, once while it lasts.

**Promise**: pure; a signal needs effect, significance (both are in a reading's "breach") and persistence,
and is raised once until it has been quiet; only a silence with an owner and an expiry holds it back.
**Not here**: what anybody does about it (`respond`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from probative.kernel.clock import parse_instant
from probative.watch.facts import MonitorSilenced, ReadingTaken, SignalCleared, SignalRaised
from probative.watch.measures.measured import Family, Measured, Status, headline, seriousness, shown
from probative.watch.monitor import Monitor

NAMED_MAX = 3
MEASURES_MAX = 12


class Item(NamedTuple):
    """What can be in breach: a column (or attribute) and group within one family of causes."""

    family: Family
    column: str
    group: str


class Change(NamedTuple):
    """What one more reading changes: signals to raise and signals to clear."""

    raised: tuple[SignalRaised, ...]
    cleared: tuple[SignalCleared, ...]


def breaches(reading: ReadingTaken) -> dict[Item, list[Measured]]:
    """Group a reading's breaches by what is in breach; each defect of the data counts as one."""
    found: dict[Item, list[Measured]] = defaultdict(list)
    for measured in reading.measures:
        if measured.status is Status.BREACH:
            found[Item(measured.family, measured.column or measured.measure, measured.group)].append(measured)
    for defect in reading.defects:
        found[Item(Family.DATA, defect.code, "")].append(
            Measured(
                measure=defect.code,
                family=Family.DATA,
                n=reading.n,
                method="count",
                status=Status.BREACH,
                note=defect.sentence,
            )
        )
    return dict(found)


def step(
    monitor: Monitor,
    history: Sequence[ReadingTaken],
    open_signals: Iterable[SignalRaised],
    silences: Iterable[MonitorSilenced],
    now: datetime,
) -> Change:
    """Decide what the last reading of `history` (one per window, in order of time) raises and clears."""
    recent = history[-monitor.persistence.windows :]
    newest = breaches(history[-1])
    still_open = list(open_signals)
    covered = {item for signal in still_open for item in items_of(signal)}
    inputs_open = any(signal.cause == Family.INPUTS for signal in still_open)
    due = {
        item: found
        for item, found in newest.items()
        if item not in covered
        and not (item.family is Family.PREDICTIONS and inputs_open)
        and sum(item in breaches(reading) for reading in recent) >= monitor.persistence.breaches
        and not is_silenced(item, silences, now)
    }
    raised = tuple(_raise(monitor, history, items) for items in _by_cause(due))
    cleared = tuple(
        SignalCleared(
            system=monitor.system,
            monitor=monitor.monitor,
            signal=signal.signal,
            window_until=history[-1].window_until,
            summary=f"{', '.join(signal.columns[:NAMED_MAX])}: quiet for {len(recent)} windows",
        )
        for signal in still_open
        if len(recent) == monitor.persistence.windows
        and signal.window_until < history[-1].window_until
        and _quiet(signal, recent)
    )
    return Change(raised, cleared)


def items_of(signal: SignalRaised) -> set[Item]:
    """Return what a signal is about."""
    return {Item(each.family, each.column or each.measure, each.group) for each in signal.measures} | {
        Item(Family(signal.cause), column, "") for column in signal.columns
    }


def is_silenced(item: Item, silences: Iterable[MonitorSilenced], now: datetime) -> bool:
    """Say whether an unexpired silence covers `item`; one without columns covers the whole monitor."""
    return any(
        now < parse_instant(silence.expires_at) and (not silence.columns or item.column in silence.columns)
        for silence in silences
    )


def _quiet(signal: SignalRaised, recent: Sequence[ReadingTaken]) -> bool:
    """Say whether nothing of a signal breached in `recent`; windows that could not tell are not quiet."""
    about = items_of(signal)
    if any(about & set(breaches(reading)) for reading in recent):
        return False
    blind = signal.cause != Family.DATA
    return not (blind and any(reading.n == 0 or not _measured(reading, about) for reading in recent))


def _measured(reading: ReadingTaken, about: set[Item]) -> bool:
    """Say whether a reading could tell: a listed measure of an item that was not measurable could not."""
    return not any(
        measured.status in (Status.NOT_MEASURABLE, Status.UNDETERMINED)
        and Item(measured.family, measured.column or measured.measure, measured.group) in about
        for measured in reading.measures
    )


def _by_cause(due: dict[Item, list[Measured]]) -> list[dict[Item, list[Measured]]]:
    """Split by family; predictions that moved together with inputs are their consequence, not a cause."""
    families: dict[Family, dict[Item, list[Measured]]] = defaultdict(dict)
    together = any(item.family is Family.INPUTS for item in due)
    for item, found in due.items():
        follows = together and item.family is Family.PREDICTIONS
        families[Family.INPUTS if follows else item.family][item] = found
    return [families[family] for family in Family if family in families]


def _raise(
    monitor: Monitor, history: Sequence[ReadingTaken], items: dict[Item, list[Measured]]
) -> SignalRaised:
    newest = history[-1]
    cause = Family.INPUTS if any(item.family is Family.INPUTS for item in items) else next(iter(items)).family
    ordered = sorted(
        (measured for found in items.values() for measured in found),
        key=lambda measured: (measured.family is not cause, *seriousness(measured)),
    )
    names = tuple(dict.fromkeys(measured.column or measured.measure for measured in ordered))
    onset = _onset(monitor, history, set(items))
    stamp = newest.window_until[:19].replace("-", "").replace(":", "").lower()
    return SignalRaised(
        system=monitor.system,
        monitor=monitor.monitor,
        signal=f"{monitor.monitor}-{cause.value}-{stamp}",
        severity=monitor.severity,
        owner=monitor.owner,
        cause=cause.value,
        summary=_summary(ordered, names, onset),
        columns=names,
        measures=tuple(ordered[:MEASURES_MAX]),
        window_from=newest.window_from,
        window_until=newest.window_until,
        first_window_from=onset.window_from,
    )


def _onset(monitor: Monitor, history: Sequence[ReadingTaken], about: set[Item]) -> ReadingTaken:
    """Return the first window of the stretch: going back, gaps shorter than the persistence belong to it."""
    onset, gap = history[-1], 0
    for reading in reversed(history):
        if about & set(breaches(reading)):
            onset, gap = reading, 0
        else:
            gap += 1
            if gap >= monitor.persistence.windows:
                break
    return onset


def _summary(ordered: Sequence[Measured], names: Sequence[str], onset: ReadingTaken) -> str:
    """Say what is worst, how it moved, what moved with it, and since when."""
    first = headline(ordered)
    if first.value is None:
        head = first.note
    else:
        head = f"{first.name} {shown(first.value)} (limit {first.breach:g})"
        head += f", {first.note}" if first.note else ""
    others = f"; also {', '.join(names[1:NAMED_MAX])}" if len(names) > 1 else ""
    more = f" and {len(names) - NAMED_MAX} more" if len(names) > NAMED_MAX else ""
    return f"{head}{others}{more}; since {onset.window_from[:16]}Z"


def open_signals(
    raised: Iterable[SignalRaised], cleared: Iterable[SignalCleared]
) -> tuple[SignalRaised, ...]:
    """Return the signals of a monitor that have not been cleared.

    >>> open_signals([], [])
    ()
    """
    closed = {signal.signal for signal in cleared}
    return tuple(signal for signal in raised if signal.signal not in closed)
