"""Evaluating one monitor: find the windows that are due, count each once, record readings with their signals.

**Promise**: can be stopped anywhere and repeated: a window's reading and the signals that follow from it are
one transaction, keyed so that a second evaluation, or another process, records nothing twice.
**Not here**: the rules (`window`, `reading`, `signal`), which are pure.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property

import pyarrow as pa

from probative.kernel.actor import Actor
from probative.kernel.clock import format_instant, parse_instant
from probative.record.decisions.schema import OUTCOMES
from probative.record.facts import Body, Draft, Fact, Subject, subject
from probative.record.recorder import Recorder
from probative.watch.counting.plan import Plan, scan
from probative.watch.counting.reference import Reference, read_reference
from probative.watch.counting.rows import DECIDED, DECISION, cut, joined, lazy, tally, within
from probative.watch.counting.state import State
from probative.watch.facts import (
    MonitorDeclared,
    MonitorSilenced,
    ReadingTaken,
    SignalCleared,
    SignalRaised,
)
from probative.watch.measures.catalogue import needs_groups, needs_labels
from probative.watch.monitor import Monitor
from probative.watch.ports import Decisions
from probative.watch.reading import Taken, take
from probative.watch.signal import open_signals, step
from probative.watch.window import (
    Window,
    has_news,
    is_settled,
    key_of,
    latest,
    next_start,
    periods,
    unsettled,
    window_of,
)

ENGINE = Actor(id="probative", role="sre", authority="declared-monitors")
_KINDS = (
    "watch.reading-taken",
    "watch.signal-raised",
    "watch.signal-cleared",
    "watch.monitor-silenced",
)
_SMALLEST = timedelta(microseconds=1)


def subjects_of(system: str, monitor: str) -> tuple[Subject, ...]:
    """Return what facts about a monitor are about: the monitor and its system."""
    return subject(f"system/{system}"), subject(f"monitor/{system}/{monitor}")


class Past:
    """What the ledger holds about one monitor, kept up to date by reading only what is new."""

    def __init__(self, recorder: Recorder, about: str) -> None:
        """Begin with nothing read."""
        self._recorder = recorder
        self._about = about
        self._size = 0
        self._raised: list[SignalRaised] = []
        self._cleared: list[SignalCleared] = []
        self.readings: dict[tuple[str, str], ReadingTaken] = {}
        self.silences: list[MonitorSilenced] = []

    def refresh(self) -> None:
        """Read the facts recorded since the last time, by this process or another."""
        size = self._recorder.head().size
        new: list[ReadingTaken] = []
        for fact in self._recorder.facts(kind=_KINDS, subject=self._about, since=self._size, until=size):
            match fact.kind:
                case "watch.reading-taken":
                    new.append(fact.read(ReadingTaken))
                case "watch.signal-raised":
                    self._raised.append(fact.read(SignalRaised))
                case "watch.signal-cleared":
                    self._cleared.append(fact.read(SignalCleared))
                case _:
                    self.silences.append(fact.read(MonitorSilenced))
        if new:
            self.readings = latest([*self.readings.values(), *new])
        self._size = size

    @property
    def standing(self) -> tuple[SignalRaised, ...]:
        """The signals that have not cleared."""
        return open_signals(self._raised, self._cleared)


class Evaluation:
    """One monitor, evaluated as of `until`."""

    def __init__(
        self, recorder: Recorder, decisions: Decisions, declared: Fact, past: Past, until: datetime
    ) -> None:
        """Take what was declared and what was recorded about it before."""
        body = declared.read(MonitorDeclared)
        self._recorder = recorder
        self._decisions = decisions
        self._monitor: Monitor = body.spec
        self._version = body.version
        self._past = past
        self._until = until

    def run(self) -> list[Fact]:
        """Read every window that is due, in order of time; return the new facts."""
        self._past.refresh()
        due = list(self._due())
        outcomes = self._outcomes(due)
        found: list[Fact] = []
        for window in due:
            before = self._past.readings.get((format_instant(window.start), window.after))
            if before is not None and not self._has_news(before, window, outcomes):
                continue
            state = self._count(window, outcomes)
            taken = take(self._monitor, self._version, self._reference, window, state, self._until)
            found += self._record(taken, state)
        return found

    def _due(self) -> Iterator[Window]:
        """Yield windows to read again, then those never read; what is not over yet waits."""
        spec = self._monitor.window
        yield from unsettled(self._past.readings.values(), self._monitor.digest())
        last = next(reversed(self._past.readings.values()), None)
        if spec.rows is not None:
            yield from self._row_windows(spec.rows, last)
            return
        start = next_start(spec, window_of(last).end) if last else self._beginning()
        if start is not None:
            yield from periods(spec, start, self._until)

    def _row_windows(self, size: int, last: ReadingTaken | None) -> Iterator[Window]:
        since, after = self._since, None
        if last is not None:
            since = window_of(last).end
            if last.last:  # the next window may begin inside the same instant
                since -= _SMALLEST
                after = (since, last.last)
        table = self._decisions.read(
            self._monitor.system, since=since, until=self._until, columns=(DECISION, DECIDED)
        )
        for start, before, end, name in cut(table, after, size):
            yield Window(start, end + _SMALLEST, before, name)

    def _beginning(self) -> datetime | None:
        """Return when the first window begins: as declared, or with the first decision there is."""
        if self._since is not None:
            return self._since
        table = self._decisions.read(self._monitor.system, until=self._until, columns=(DECIDED,))
        return min(table.column(DECIDED).to_pylist(), default=None)

    @property
    def _since(self) -> datetime | None:
        return parse_instant(self._monitor.since) if self._monitor.since else None

    def _has_news(self, before: ReadingTaken, window: Window, outcomes: pa.Table | None) -> bool:
        """Look at ids and outcomes only: counting everything again may not be worth it."""
        ids = self._decisions.read(
            self._monitor.system, since=window.start, until=window.end, columns=(DECISION, DECIDED)
        )
        rows, labelled = tally(within(lazy(ids), *window), outcomes)
        settled = is_settled(self._monitor.window, window, self._until)
        return has_news(before, rows, labelled, settled=settled)

    def _count(self, window: Window, outcomes: pa.Table | None) -> State:
        """Read a window's rows and count them."""
        monitor = self._monitor
        since, until = window.start, window.end
        decisions = self._decisions.read(monitor.system, since=since, until=until, columns=self._columns)
        protected = None
        if monitor.audit is not None and needs_groups(monitor.measures):
            protected = self._decisions.read_protected(
                monitor.system, monitor.audit, since=since, until=until
            )
        frame = joined(within(lazy(decisions), *window), outcomes, protected)
        groups = monitor.groups if protected is not None else ()
        return scan(frame, Plan(profile=self._reference.profile, groups=groups))

    def _record(self, taken: Taken, state: State) -> list[Fact]:
        """Append a reading together with the signals that follow from it."""
        reading = taken.reading
        known = latest([*self._past.readings.values(), reading]).values()
        upto = [each for each in known if each.window_until <= reading.window_until]
        now = self._recorder.clock.now()
        change = step(self._monitor, upto, self._past.standing, self._past.silences, now)
        self._recorder.put(state.to_bytes())
        if taken.report is not None:
            self._recorder.put(taken.report)
        end = parse_instant(reading.window_until)
        facts = self._recorder.append(
            self._draft(reading, key_of(reading), end),
            *(self._draft(each, f"watch.signal/{each.system}/{each.signal}", end) for each in change.raised),
            *(
                self._draft(each, f"watch.cleared/{each.system}/{each.signal}", end)
                for each in change.cleared
            ),
        )
        self._past.refresh()
        return facts

    def _draft(self, body: Body, key: str, at: datetime) -> Draft:
        subjects = subjects_of(self._monitor.system, self._monitor.monitor)
        return Draft(body=body, subjects=subjects, actor=ENGINE, occurred_at=at, key=key)

    def _outcomes(self, due: list[Window]) -> pa.Table | None:
        """Read the outcomes known by now that can belong to the windows that are due."""
        if not due or not needs_labels(self._monitor.measures):
            return None
        first = min(window.start for window in due)
        return self._decisions.read(self._monitor.system, since=first, until=self._until, stream=OUTCOMES)

    @cached_property
    def _reference(self) -> Reference:
        return read_reference(self._recorder.get(self._monitor.reference))

    @cached_property
    def _columns(self) -> tuple[str, ...]:
        """The recorded columns that the profile counts."""
        profile = self._reference.profile
        wanted = {column.name for column in profile.columns}
        wanted |= {name for name in (profile.meaning.prediction, profile.meaning.probability) if name}
        schema = self._decisions.schema(self._monitor.system)
        known = (column.name for column in schema.columns if column.role != "protected")
        return (DECISION, DECIDED, *(name for name in known if name in wanted))
