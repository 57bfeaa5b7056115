"""The decision log, front class: decisions in, durable and acknowledged; rows, proofs and checks out.

**Promise**: `record` returns when the batch is on the disk; a decision is accepted once; values about people
leave only with rows that were asked for, protected attributes only under a recorded authorisation.
**Not here**: the ledger (`record.recorder`), measures over decisions (`watch`).
"""

import threading
from collections.abc import Sequence
from datetime import datetime

import msgspec
import pyarrow as pa

from probative.kernel.actor import Actor
from probative.kernel.errors import ConflictError, DeniedError, NotFoundError, UsageError
from probative.record.decisions import verify
from probative.record.decisions.admission.admitting import Admission
from probative.record.decisions.batch import Tabular, conform
from probative.record.decisions.facts import AuditAuthorised, ProtectedRead, SchemaDeclared, declared
from probative.record.decisions.ports import JournalStore, SegmentFiles, Vault
from probative.record.decisions.proof import DecisionProof, prove_in
from probative.record.decisions.reading import Reader, span
from probative.record.decisions.schema import DECISIONS, OUTCOMES, STREAMS, DecisionSchema, nearest
from probative.record.decisions.segment.catalog import Catalog
from probative.record.decisions.segment.sealing import Store
from probative.record.decisions.segment.writer import DEFAULT_LIMITS, Limits, SegmentWriter
from probative.record.facts import Draft, Fact, subject
from probative.record.problem import Problem
from probative.record.recorder import Recorder


class BatchReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """The acknowledgement of a batch: all its rows are on the disk.

    The new ones are `rows` rows from row `first_row` of `segment`; `leaves` are their leaf hashes (32 bytes
    each, in order) and `root` is over the segment so far: keep them to hold the record to its word.
    `duplicates` rows had been recorded before. Without new rows, `segment` and `root` are empty.
    """

    system: str
    stream: str
    segment: str
    first_row: int
    rows: int
    duplicates: int
    leaves: bytes
    root: str


_Written = SchemaDeclared | AuditAuthorised | ProtectedRead


class DecisionLog:
    """Decisions of all systems. Methods are safe to call from several threads, and beside other processes."""

    def __init__(
        self,
        recorder: Recorder,
        journals: JournalStore,
        files: SegmentFiles,
        vault: Vault,
        actor: Actor,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        """Join the parts; facts about segments are recorded as `actor`."""
        self._recorder = recorder
        self._journals = journals
        self._store = Store(files, vault)
        self._actor = actor
        self._catalog = Catalog(recorder)
        self._writer = SegmentWriter(recorder, self._catalog, journals, self._store, actor, limits)
        self._admission = Admission(self._catalog, journals, self._store)
        self._reader = Reader(self._catalog, journals, self._store)
        self._lock = threading.RLock()

    def declare(self, schema: DecisionSchema, actor: Actor) -> Fact:
        """Declare the next version of a system's schema; the same schema again returns its fact.

        Raises `NotFoundError` for an unregistered system, `ConflictError` for a version out of turn and
        `UsageError` for a column that changed its type: old and new rows are read as one table.
        """
        with self._lock:
            self._catalog.refresh()
            system = f"system/{schema.system}"
            if next(self._recorder.facts(kind="record.system-registered", subject=system), None) is None:
                raise NotFoundError(
                    "system.unknown", f"There is no system '{schema.system}'.", "Register the system first."
                )
            before = self._catalog.newest(schema.system)
            if before is None or before != schema:
                _check_next(before, schema)
            fact = self._append(
                declared(schema),
                actor,
                f"decision-schema/{schema.system}",
                f"schema/{schema.system}/{schema.version}",
            )
            self._catalog.refresh()
            return fact

    def schema(self, system: str, version: int | None = None) -> DecisionSchema:
        """Return a system's schema, the newest without `version`."""
        with self._lock:
            self._catalog.refresh()
            return self._catalog.schema(system, version)

    def record(self, system: str, rows: Tabular, *, unrecorded: int = 0) -> BatchReceipt:
        """Record decisions and return when they are on the disk; all of the batch or nothing.

        `rows` is an Arrow table or batch, or dictionaries, with every column of the newest schema, protected
        ones included. `unrecorded` counts decisions that the caller let through without a record since the
        last batch; the manifest adds them up (keep counting until a receipt has rows). Raises `UsageError`
        for rows that do not fit, `ConflictError` for an id that is recorded with other values and
        `UnavailableError` when the record is out of reach.
        """
        return self._record(system, DECISIONS, rows, unrecorded)

    def record_outcomes(self, system: str, rows: Tabular) -> BatchReceipt:
        """Record what became known about decisions later; a corrected outcome is one more row."""
        return self._record(system, OUTCOMES, rows, 0)

    def check(self, system: str, rows: Tabular, *, stream: str = DECISIONS) -> int:
        """Return how many of `rows` are recorded already; write nothing, but raise what `record` would."""
        with self._lock:
            self._catalog.refresh()
            schema = self._catalog.schema(system)
            batch = conform(schema.stream(stream), rows)
            mine = self._writer.open_segment(system, stream)
            return self._admission.admit(schema, stream, batch, mine).duplicates

    def seal(self, system: str | None = None, *, force: bool = False) -> list[Fact]:
        """Seal segments that are full or old, or with `force` every open one, and return their manifests.

        Journals that dead processes left are sealed too, of whatever system. Run it often: it also records
        the heads of open segments.
        """
        with self._lock:
            self._catalog.refresh()
            return self._writer.work(system, force=force)

    def read(
        self,
        system: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        stream: str = DECISIONS,
        columns: Sequence[str] | None = None,
    ) -> pa.Table:
        """Return rows decided (or observed) from `since` until before `until`, sealed and open ones.

        Without `columns`, all but the protected ones. Values of erased rows are null. Segments come in the
        order they were sealed in, open ones last. Raises `TamperError` when a file is not what was sealed.
        """
        with self._lock:
            return self._reader.read(system, stream, span(since, until), columns)

    def authorise(self, audit: AuditAuthorised, actor: Actor) -> Fact:
        """Record leave to read protected attributes; `actor` gives it."""
        with self._lock:
            protected = [c.name for c in self.schema(audit.system).columns if c.role == "protected"]
        for name in audit.columns:
            if name not in protected:
                raise UsageError(
                    "decisions.not-protected",
                    f"'{name[:80]}' is no protected column of '{audit.system}'.",
                    nearest(name, protected),
                )
        return self._append(audit, actor, f"audit/{audit.audit}", None)

    def read_protected(
        self,
        system: str,
        audit_fact: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> pa.Table:
        """Return decision ids with the protected columns that fact `audit_fact` authorises.

        The read is itself recorded before any row is returned. Raises `DeniedError` when the fact is no
        authorisation for this system.
        """
        fact = self._recorder.fact(audit_fact)
        if fact.kind != "record.audit-authorised" or fact.body["system"] != system:
            raise DeniedError(
                "decisions.not-authorised",
                f"Fact {fact.index} does not authorise reading protected attributes of '{system[:80]}'.",
                "Record an authorisation with purpose and legal basis first.",
            )
        audit = fact.read(AuditAuthorised)
        within = span(since, until)
        with self._lock:
            schema = self.schema(system)
            columns = [c for c in schema.columns if c.role == "protected" and c.name in audit.columns]
            table = self._reader.read_protected(system, within, columns)
        first, last = within.texts()
        body = ProtectedRead(
            system=system,
            authorised_by=fact.id,
            columns=tuple(column.name for column in columns),
            rows=table.num_rows,
            since=first,
            until=last,
        )
        self._append(body, self._actor, f"audit/{audit.audit}", None, caused_by=(fact.id,))
        return table

    def prove(self, decision_id: str, groups: Sequence[str] = ()) -> DecisionProof:
        """Return the proof that a decision was sealed, with the erasable `groups` opened.

        Raises `NotFoundError` for an unknown decision and `ConflictError` while its segment is open.
        """
        with self._lock:
            names = self._journals.names()
            self._catalog.refresh()
            for sealed in self._catalog.segments(stream=DECISIONS):
                within = sealed.manifest.first_id <= decision_id <= sealed.manifest.last_id
                if within and (proof := prove_in(sealed, self._store, decision_id, groups)):
                    return proof
            if names and self._is_open(decision_id):
                raise ConflictError(
                    "decisions.not-sealed",
                    f"Decision '{decision_id[:80]}' lies in a segment that is still open.",
                    "Seal it first, or wait: segments are sealed after 15 minutes at most.",
                )
        raise NotFoundError(
            "decisions.unknown",
            f"There is no decision '{decision_id[:80]}'.",
            "Check the id with the system's owner.",
        )

    def verify(self) -> list[Problem]:
        """Check every segment and journal against the ledger and return what is wrong."""
        with self._lock:
            sources = verify.Sources(self._recorder, self._catalog, self._journals, self._store)
            return list(verify.problems(sources))

    def close(self) -> None:
        """Let go of the open journals; whoever seals next takes care of them."""
        with self._lock:
            self._writer.close()

    def _record(self, system: str, stream: str, rows: Tabular, unrecorded: int) -> BatchReceipt:
        with self._lock:
            self._catalog.refresh()
            schema = self._catalog.schema(system)
            batch = conform(schema.stream(stream), rows)
            segment = self._writer.ready(schema, stream, batch.num_rows)
            admitted = self._admission.admit(schema, stream, batch, segment)
            first_row, leaves = segment.rows, list[bytes]()
            if admitted.batch.num_rows:
                leaves = segment.append(admitted.batch, admitted.ids, unrecorded, self._store.vault)
            return BatchReceipt(
                system=system,
                stream=stream,
                segment=segment.header.segment if leaves else "",
                first_row=first_row if leaves else 0,
                rows=len(leaves),
                duplicates=admitted.duplicates,
                leaves=b"".join(leaves),
                root=segment.tree.root().hex() if leaves else "",
            )

    def _is_open(self, decision_id: str) -> bool:
        wanted = pa.scalar(decision_id)
        for system in self._catalog.systems():
            ids = self._reader.read(system, DECISIONS, span(None, None), ["decision_id"])
            if ids.column(0).index(wanted).as_py() >= 0:
                return True
        return False

    def _append(
        self, body: _Written, actor: Actor, about: str, key: str | None, caused_by: tuple[str, ...] = ()
    ) -> Fact:
        subjects = (subject(f"system/{body.system}"), subject(about))
        draft = Draft(body=body, subjects=subjects, actor=actor, key=key, caused_by=caused_by)
        (fact,) = self._recorder.append(draft)
        return fact


def _check_next(before: DecisionSchema | None, schema: DecisionSchema) -> None:
    """Refuse a version out of turn, and a column that changed its type."""
    expected = before.version + 1 if before else 1
    if schema.version != expected:
        raise ConflictError(
            "schema.version-taken",
            f"Version {schema.version} of the schema of '{schema.system}' is not the next one.",
            f"Declare version {expected}.",
        )
    if before is None:
        return
    for stream in STREAMS:
        old = {column.name: column for column in before.stream(stream)}
        for column in schema.stream(stream):
            if column.name in old and old[column.name].type != column.type:
                raise UsageError(
                    "schema.type-changed",
                    f"Column '{column.name}' was {old[column.name].type} and cannot become {column.type}.",
                    "Give the new column a new name.",
                )
