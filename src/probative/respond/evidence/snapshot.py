"""The snapshot of a system: what is sealed before anything but a stop changes it.

**Promise**: every item is a blob named by digest and read back before the snapshot is sealed; what could not
be captured is a gap in the fact, never a silence.
**Not here**: the people (`respond.evidence.keeper`) and who handles the evidence afterwards (`custody`).
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from probative.kernel.canon import canonical
from probative.kernel.clock import format_instant
from probative.kernel.errors import NotFoundError, ProbativeError
from probative.record.facts import Fact
from probative.record.recorder import Recorder
from probative.respond.contain import switch
from probative.respond.contain.pointer import deployed
from probative.respond.evidence.population import measure
from probative.respond.facts import SnapshotItem, SnapshotSealed
from probative.respond.ports import Decisions, FlagStore

BASELINE = timedelta(days=7)


class Item(NamedTuple):
    """The bytes of one item, how many records they cover, and what is missing from them."""

    data: bytes
    records: int = 0
    gaps: tuple[str, ...] = ()


class Span(NamedTuple):
    """What a snapshot covers: `[since, until)`."""

    since: datetime
    until: datetime

    def holds(self, start: str, end: str) -> bool:
        """Tell whether the instants `start` to `end` touch this span."""
        return start < format_instant(self.until) and end >= format_instant(self.since)


class Snapshooter:
    """Collects the items of one system's snapshot."""

    def __init__(self, recorder: Recorder, log: Decisions, flags: FlagStore, system: str) -> None:
        """Read `system` from the record, the decision log and the flag store."""
        self._recorder = recorder
        self._log = log
        self._flags = flags
        self._system = system

    def take(self, incident: str, span: Span) -> SnapshotSealed:
        """Collect every item, keep each as a blob, read it back, and return the fact to seal."""
        head = self._recorder.head()
        items: list[SnapshotItem] = []
        gaps: list[str] = []
        for name, collect in self._collectors(span).items():
            try:
                item = collect()
            except ProbativeError as error:
                gaps.append(f"{name}: {error}")
                continue
            items.append(SnapshotItem(name=name, sha256=self._keep(item.data), count=item.records))
            gaps += [f"{name}: {gap}" for gap in item.gaps]
        manifest = {
            "incident": incident,
            "system": self._system,
            "window": [format_instant(span.since), format_instant(span.until)],
            "ledger": {"size": head.size, "root": head.root.hex()},
            "items": {item.name: {"sha256": item.sha256, "count": item.count} for item in items},
            "gaps": gaps,
        }
        return SnapshotSealed(
            incident=incident,
            system=self._system,
            manifest=self._keep(canonical(manifest)),
            items=tuple(items),
            window_from=format_instant(span.since),
            window_until=format_instant(span.until),
            ledger_size=head.size,
            ledger_root=head.root.hex(),
            gaps=tuple(gaps),
        )

    def _collectors(self, span: Span) -> dict[str, Callable[[], Item]]:
        return {
            "flags": self._flag_document,
            "release": self._release,
            "schema": self._schema,
            "decisions": lambda: self._decisions(span),
            "readings": lambda: self._windowed(("watch.reading-taken", "watch.signal-raised"), span),
            "monitors": lambda: self._listed(("watch.monitor-declared",)),
            "approvals": lambda: self._listed(
                ("gate.verdict-given", "gate.approval-given", "gate.waiver-granted")
            ),
            "access": lambda: self._listed(("record.audit-authorised", "record.protected-read")),
        }

    def _keep(self, data: bytes) -> str:
        digest = self._recorder.put(data)
        # Read back at once: a snapshot that cannot be read is found now, not in court.
        self._recorder.get(digest)
        return digest

    def _flag_document(self) -> Item:
        return Item(self._flags.read(), 1)

    def _release(self) -> Item:
        release, model = deployed(self._recorder, self._system)
        reading = self._flags.evaluate(switch.flag_of(self._system))
        gaps = () if model else ("no release of this system is recorded as deployed",)
        alias = {"variant": reading.variant, "value": reading.value, "reason": reading.reason}
        return Item(canonical({"release": release, "model": model, "flag": alias}), 1, gaps)

    def _schema(self) -> Item:
        last = None
        for fact in self._facts(("record.schema-declared",)):
            last = fact
        if last is None:
            raise NotFoundError("schema.unknown", "no decision schema is declared", "Declare one.")
        return Item(canonical({"fact": last.id, "schema": last.body}), 1)

    def _decisions(self, span: Span) -> Item:
        found = measure(self._log, self._system, span.since, span.until)
        segments = [
            {"fact": fact.id, **{name: fact.body[name] for name in _SEGMENT_FIELDS}}
            for fact in self._facts(("record.segment-sealed",))
            if span.holds(str(fact.body["first_time"]), str(fact.body["last_time"]))
        ]
        sealed = sum(int(segment["rows"]) for segment in segments if segment["stream"] == "decisions")
        gaps = []
        if not found.decisions:
            gaps.append("the decision log has no decision in this window")
        if sealed < found.decisions:
            gaps.append(f"{found.decisions - sealed} decisions are in open segments, not sealed yet")
        content = {
            "decisions": found.decisions,
            "people": found.people,
            "ids_sha256": found.sha256,
            "segments": segments,
        }
        return Item(canonical(content), found.decisions, tuple(gaps))

    def _windowed(self, kinds: tuple[str, ...], span: Span) -> Item:
        return _ids(
            fact
            for fact in self._facts(kinds)
            if span.holds(str(fact.body["window_from"]), str(fact.body["window_until"]))
        )

    def _listed(self, kinds: tuple[str, ...]) -> Item:
        return _ids(self._facts(kinds))

    def _facts(self, kinds: tuple[str, ...]) -> Iterator[Fact]:
        return self._recorder.facts(kind=kinds, subject=f"system/{self._system}")


_SEGMENT_FIELDS = ("segment", "stream", "rows", "root", "first_time", "last_time")


def _ids(facts: Iterable[Fact]) -> Item:
    found: list[dict[str, object]] = [
        {"fact": fact.id, "index": fact.index, "kind": fact.kind} for fact in facts
    ]
    return Item(canonical(found), len(found))
