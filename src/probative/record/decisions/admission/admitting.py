"""Admission: a decision is accepted once; the same id with other values is a conflict.

**Promise**: an id is looked for in the batch, in every open journal (other processes' too) and in every
sealed segment that could hold it; "the same" means the same bytes in every column, erasable ones included.
**Not here**: the check of values against the schema (`batch`).

Two processes that receive one id at the very same moment may both accept it; verification then names both.
"""

from collections import OrderedDict
from typing import BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa

from probative.kernel.errors import ConflictError, NotFoundError
from probative.record.decisions.admission.comparing import equal_rows, first_of_each
from probative.record.decisions.ids import IdIndex, Ids, id_text, parse_ids
from probative.record.decisions.ports import JournalName, JournalStore
from probative.record.decisions.schema import DECISIONS, DecisionSchema, Layout
from probative.record.decisions.segment.catalog import Catalog, Sealed
from probative.record.decisions.segment.journal import Place, read_batches, read_header
from probative.record.decisions.segment.opened import OpenSegment
from probative.record.decisions.segment.parts import FACTS, part_schema
from probative.record.decisions.segment.recovery import layout_of
from probative.record.decisions.segment.sealing import Store
from probative.record.decisions.segment.stored import (
    JournalRows,
    SealedRows,
    Stored,
    file_name,
    journal_part,
)
from probative.record.decisions.values import ID_TAKEN

_INDEXES_KEPT = 4


class Admitted(NamedTuple):
    """The rows of a batch that are new, their ids, and how many were recorded before."""

    batch: pa.RecordBatch
    ids: Ids
    duplicates: int


class _Tail(NamedTuple):
    """How far a journal of another writer, or another stream, has been followed."""

    of: tuple[str, str]
    layout: Layout
    place: Place
    ids: IdIndex


_Found = list[tuple[Stored, list[tuple[int, int]]]]


class Admission:
    """Finds what is recorded already."""

    def __init__(self, catalog: Catalog, journals: JournalStore, store: Store) -> None:
        """Look in `journals` and in the segments that `catalog` knows."""
        self._catalog = catalog
        self._journals = journals
        self._store = store
        self._tails: dict[JournalName, _Tail] = {}
        self._indexes: OrderedDict[str, IdIndex] = OrderedDict()

    def admit(
        self, schema: DecisionSchema, stream: str, batch: pa.RecordBatch, mine: OpenSegment | None
    ) -> Admitted:
        """Return what is new in `batch`; a decision recorded with other values raises `ConflictError`.

        An outcome with other values is new: labels may be corrected, and each one stays.
        """
        ids = parse_ids(batch.column("decision_id"))
        fresh, clash = first_of_each(schema.stream(stream), batch, ids)
        if clash is not None and stream == DECISIONS:
            raise _conflict(batch, clash, "the same batch")
        layout = schema.layout(stream)
        for stored, pairs in self._places(schema.system, stream, ids, mine):
            asked, rows = [at for at, _ in pairs], [row for _, row in pairs]
            same = equal_rows(layout, batch.take(pa.array(asked)), stored, rows)
            for at, equal in zip(asked, same.tolist(), strict=True):
                if not equal and stream == DECISIONS:
                    raise _conflict(batch, at, f"segment {stored.segment}")
                fresh[at] &= not equal
        if fresh.all():
            return Admitted(batch, ids, 0)
        keep = np.flatnonzero(fresh)
        return Admitted(batch.take(pa.array(keep)), ids[keep], len(fresh) - len(keep))

    def _places(self, system: str, stream: str, ids: Ids, mine: OpenSegment | None) -> _Found:
        """Return every segment that has one of `ids`, with (position in ids, row) pairs."""
        # Journals first, the ledger after: a segment sealed in between is then found in the ledger.
        found = self._open_places(system, stream, ids, mine)
        self._catalog.refresh()
        still_open = [(stored, rows) for stored, rows in found if not self._catalog.sealed(stored.segment)]
        return still_open + self._sealed_places(system, stream, ids)

    def _open_places(self, system: str, stream: str, ids: Ids, mine: OpenSegment | None) -> _Found:
        found: _Found = []
        names = self._journals.names()
        self._tails = {name: tail for name, tail in self._tails.items() if name in names}
        for name in names:
            if mine is not None and name == mine.name:
                if rows := mine.ids.find(ids):
                    found.append((self._journal_rows(name, mine.layout), rows))
            elif (tail := self._follow(name, system, stream)) and (rows := tail.ids.find(ids)):
                self._make_durable(name)
                found.append((self._journal_rows(name, tail.layout), rows))
        return found

    def _follow(self, name: JournalName, system: str, stream: str) -> _Tail | None:
        """Read on in a journal of this stream; `None` if it is another's, gone, or not yet begun."""
        tail = self._tails.get(name)
        if tail is not None and tail.of != (system, stream):
            return None
        try:
            file = self._journals.open(name)
        except NotFoundError:
            return None
        with file:
            if tail is None and (tail := self._begin(file, name)) is None:
                return None
            self._tails[name] = tail
            if tail.of != (system, stream):
                return None
            schema = part_schema(tail.layout, FACTS)
            for batch, place in read_batches(file, tail.place, file_name(name)):
                facts = journal_part(batch, FACTS, schema, self._store.vault, name.segment)
                tail.ids.add(parse_ids(facts.column("decision_id")), batch.first_row)
                tail = tail._replace(place=place)
                self._tails[name] = tail
        return tail

    def _begin(self, file: BinaryIO, name: JournalName) -> _Tail | None:
        found = read_header(file, file_name(name))
        if found is None:
            return None
        header, place = found
        self._catalog.refresh()  # the journal's schema may be newer than what was read last
        layout = layout_of(header, name, self._catalog)
        return _Tail((header.system, header.stream), layout, place, IdIndex())

    def _journal_rows(self, name: JournalName, layout: Layout) -> JournalRows:
        return JournalRows(self._journals, *self._store, name, layout, self._catalog)

    def _make_durable(self, name: JournalName) -> None:
        """Sync a journal before its rows count as recorded: its writer may not have done so yet."""
        try:
            self._journals.open(name, durable=True).close()
        except NotFoundError:
            return

    def _sealed_places(self, system: str, stream: str, ids: Ids) -> _Found:
        found: _Found = []
        first, last = (id_text(end) for end in np.sort(ids)[[0, -1]])
        for sealed in self._catalog.segments(system, stream):
            if sealed.manifest.first_id <= last and first <= sealed.manifest.last_id:
                stored = SealedRows(self._store.files, self._store.vault, sealed)
                if rows := self._index(sealed, stored).find(ids):
                    found.append((stored, rows))
        return found

    def _index(self, sealed: Sealed, stored: SealedRows) -> IdIndex:
        segment = sealed.manifest.segment
        if segment not in self._indexes:
            column = stored.part(FACTS, ["decision_id"]).column(0).combine_chunks()
            index = IdIndex()
            index.add(parse_ids(column), 0)
            self._indexes[segment] = index
            while len(self._indexes) > _INDEXES_KEPT:
                self._indexes.popitem(last=False)
        self._indexes.move_to_end(segment)
        return self._indexes[segment]


def _conflict(batch: pa.RecordBatch, at: int, where: str) -> ConflictError:
    return ConflictError(
        ID_TAKEN,
        f"Decision '{batch.column('decision_id')[at].as_py()}' is recorded in {where} with other values.",
        "Give a new decision a new id; a correction is an outcome, not a second decision.",
    )
