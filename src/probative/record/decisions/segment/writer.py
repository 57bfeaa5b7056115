"""This process's writer: opens segments, anchors their heads, seals them, and recovers what the dead left.

**Promise**: one open segment a stream; rows are acknowledged only while older rows can be anchored in the
ledger; the manifest is the commit point, and the journal is removed after it and never before.
**Not here**: duplicates (`admission.admitting`), reading (`decisions.log`).
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from probative.kernel.actor import Actor
from probative.kernel.clock import format_instant
from probative.kernel.errors import NotFoundError, UnavailableError
from probative.kernel.ids import uuid7
from probative.kernel.limits import SEGMENT_AGE_S_MAX, SEGMENT_HEAD_PERIOD_S, SEGMENT_ROWS_MAX
from probative.record.decisions.facts import SegmentHead, SegmentSealed, schema_digest
from probative.record.decisions.ports import JournalName, JournalStore, WriterClaim
from probative.record.decisions.schema import DecisionSchema
from probative.record.decisions.segment.catalog import Catalog
from probative.record.decisions.segment.journal import JournalHeader, first_frame
from probative.record.decisions.segment.opened import OpenSegment
from probative.record.decisions.segment.recovery import heads, reread
from probative.record.decisions.segment.sealing import Store, seal
from probative.record.facts import Draft, Fact, subject
from probative.record.recorder import Recorder


class Limits(NamedTuple):
    """When a segment is sealed, and how often its head is recorded."""

    rows_max: int = SEGMENT_ROWS_MAX
    age_max: timedelta = timedelta(seconds=SEGMENT_AGE_S_MAX)
    head_period: timedelta = timedelta(seconds=SEGMENT_HEAD_PERIOD_S)


DEFAULT_LIMITS = Limits()


class SegmentWriter:
    """Everything that one process has open for writing."""

    def __init__(
        self,
        recorder: Recorder,
        catalog: Catalog,
        journals: JournalStore,
        store: Store,
        actor: Actor,
        limits: Limits,
    ) -> None:
        """Write through `journals` and `store`; manifests and heads are recorded as `actor`."""
        self._recorder = recorder
        self._catalog = catalog
        self._journals = journals
        self._store = store
        self._actor = actor
        self._limits = limits
        self._claim: WriterClaim | None = None
        self._open: dict[tuple[str, str], OpenSegment] = {}

    def names(self) -> set[JournalName]:
        """Return the journals that are open here."""
        return {segment.name for segment in self._open.values()}

    def open_segment(self, system: str, stream: str) -> OpenSegment | None:
        """Return the open segment of a stream, if there is one here."""
        return self._open.get((system, stream))

    def ready(self, schema: DecisionSchema, stream: str, rows: int) -> OpenSegment:
        """Return the open segment that can take `rows` more rows; seal and anchor what is due before."""
        claim = self._claimed()
        key = (schema.system, stream)
        segment = self._open.get(key)
        digest = schema_digest(schema)
        if segment and (self._due(segment, rows) or segment.header.schema != digest):
            self._seal(key)
            segment = None
        if segment is None:
            return self._begin(claim, schema, stream, digest)
        self._anchor(segment, self._recorder.clock.now())
        return segment

    def work(self, system: str | None, *, force: bool) -> list[Fact]:
        """Seal what is due (all of it with `force`), recover what dead writers left, anchor the rest."""
        sealed = self.recover()
        for key in [key for key in self._open if system in (None, key[0])]:
            segment = self._open[key]
            if segment.rows and (force or self._due(segment, 0)):
                sealed.append(self._seal(key))
            else:
                self._anchor(segment, self._recorder.clock.now())
        return sealed

    def recover(self) -> list[Fact]:
        """Seal the journals that no living process holds."""
        sealed: list[Fact] = []
        mine = self.names()
        if self._claim:
            self._claim.check()
        for name in self._journals.names():
            if name in mine:
                continue
            if self._claim and name.writer == self._claim.writer:
                sealed.extend(self._recover(name, self._claim))
            elif (claim := self._journals.claim(name.writer)) is not None:
                try:
                    sealed.extend(self._recover(name, claim))
                finally:
                    claim.release()
        return sealed

    def close(self) -> None:
        """Let go of all journals and of the writer's name; the next process seals what is open."""
        for segment in self._open.values():
            segment.close()
        self._open.clear()
        if self._claim:
            self._claim.release()
            self._claim = None

    def _claimed(self) -> WriterClaim:
        if self._claim is None:
            self._claim = self._journals.claim()
            if self._claim is None:
                raise UnavailableError(
                    "journal.no-writer", "No writer's name could be claimed.", "Send the batch again."
                )
            # The writer's last segment may have been sealed by others since the ledger was last read.
            self._catalog.refresh()
            self.recover()
        self._claim.check()
        return self._claim

    def _begin(self, claim: WriterClaim, schema: DecisionSchema, stream: str, digest: str) -> OpenSegment:
        now = self._recorder.clock.now()
        header = JournalHeader(
            system=schema.system,
            stream=stream,
            segment=str(uuid7(now)),
            writer=claim.writer,
            previous=self._catalog.last_of(claim.writer, schema.system, stream),
            schema=digest,
            schema_version=schema.version,
            opened_at=format_instant(now),
        )
        data, start = first_frame(header)
        file = claim.create(header.segment, data)
        segment = OpenSegment(header, start, schema.layout(stream), file, now)
        self._open[schema.system, stream] = segment
        return segment

    def _due(self, segment: OpenSegment, more: int) -> bool:
        """Tell whether a segment is full or old; an empty one is neither."""
        age = self._recorder.clock.now() - segment.opened_at
        full = segment.rows + max(more, 1) > self._limits.rows_max
        return segment.rows > 0 and (full or age >= self._limits.age_max)

    def _anchor(self, segment: OpenSegment, now: datetime) -> None:
        """Record the head of a segment when one is due; a ledger out of reach stops the writing here."""
        if now - segment.head_at < self._limits.head_period:
            return
        if (head := segment.head()) is not None:
            self._append(head)
        segment.headed(now)

    def _seal(self, key: tuple[str, str]) -> Fact:
        claim, segment = self._claimed(), self._open[key]
        with self._journals.open(segment.name) as file:
            body = seal(file, segment.header, segment.start, segment.layout, self._store, segment.tree)
        fact = self._commit(body)
        del self._open[key]
        segment.close()
        claim.remove(segment.header.segment)
        return fact

    def _recover(self, name: JournalName, claim: WriterClaim) -> list[Fact]:
        """Bring one journal of a dead writer to its end; any step may have been done before."""
        self._catalog.refresh()
        try:
            file = self._journals.open(name)
        except NotFoundError:
            return []
        sealed: list[Fact] = []
        with file:
            if self._catalog.sealed(name.segment) is None:
                found = reread(
                    file, name, self._catalog, self._store.vault, heads(self._recorder, name.segment)
                )
                if found and len(found.tree):
                    body = seal(file, found.header, found.start, found.layout, self._store, found.tree)
                    sealed.append(self._commit(body))
        claim.remove(name.segment)
        return sealed

    def _commit(self, body: SegmentSealed) -> Fact:
        """Record a manifest: from here on the segment is sealed."""
        fact = self._append(body)
        self._catalog.refresh()
        return fact

    def _append(self, body: SegmentSealed | SegmentHead) -> Fact:
        key = f"segment-sealed/{body.segment}" if isinstance(body, SegmentSealed) else None
        subjects = (subject(f"system/{body.system}"), subject(f"segment/{body.segment}", body.root))
        (fact,) = self._recorder.append(Draft(body=body, subjects=subjects, actor=self._actor, key=key))
        return fact
