"""Reading decisions back: sealed and open rows as one table.

**Promise**: nothing is filtered before the file it lies in was checked against its manifest; rows come in the
order in which segments were sealed, open ones last; protected attributes need a way of their own.
**Not here**: who may read protected attributes (`decisions.log`).
"""

import contextlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from probative.kernel.clock import format_instant, to_utc
from probative.kernel.errors import DeniedError, NotFoundError, TamperError, UsageError
from probative.record.decisions.codec.types import arrow_schema
from probative.record.decisions.ports import JournalName, JournalStore
from probative.record.decisions.schema import Column, nearest
from probative.record.decisions.segment.catalog import Catalog
from probative.record.decisions.segment.journal import JournalHeader, read_header
from probative.record.decisions.segment.parts import FACTS, PAYLOAD, PROTECTED
from probative.record.decisions.segment.recovery import layout_of
from probative.record.decisions.segment.sealing import Store
from probative.record.decisions.segment.stored import JournalRows, SealedRows, Stored, file_name


class Span(NamedTuple):
    """From `since` (taken in) until `until` (left out), in UTC; `None` is open."""

    since: datetime | None
    until: datetime | None

    def texts(self) -> tuple[str, str]:
        """Return both ends as text, "" where open."""
        since, until = self
        return format_instant(since) if since else "", format_instant(until) if until else ""


def span(since: datetime | None, until: datetime | None) -> Span:
    """Return a span in UTC; a naive instant raises `UsageError`."""
    return Span(to_utc(since) if since else None, to_utc(until) if until else None)


class Reader:
    """Reads rows of any stream."""

    def __init__(self, catalog: Catalog, journals: JournalStore, store: Store) -> None:
        """Read from `journals` and from the segments that `catalog` knows."""
        self._catalog = catalog
        self._journals = journals
        self._store = store

    def read(self, system: str, stream: str, within: Span, columns: Sequence[str] | None) -> pa.Table:
        """Return rows without protected attributes; values of erased rows are null."""
        known = self._columns(system, stream)
        wanted = self._wanted(known, columns)
        return self._collect(system, stream, within, wanted, PAYLOAD)

    def read_protected(self, system: str, within: Span, columns: Sequence[Column]) -> pa.Table:
        """Return decision ids with protected `columns`."""
        ids = self._catalog.schema(system).columns[0]
        return self._collect(system, "decisions", within, [ids, *columns], PROTECTED)

    def _columns(self, system: str, stream: str) -> dict[str, Column]:
        """Return the columns of all versions by name, the newest version's order first."""
        self._catalog.refresh()
        newest = self._catalog.schema(system)
        known = {column.name: column for column in newest.stream(stream)}
        for version in range(newest.version - 1, 0, -1):
            for column in self._catalog.schema(system, version).stream(stream):
                known.setdefault(column.name, column)
        return known

    def _wanted(self, known: dict[str, Column], columns: Sequence[str] | None) -> list[Column]:
        open_names = [name for name, column in known.items() if column.role != "protected"]
        for name in columns or ():
            if name not in known:
                raise UsageError(
                    "decisions.unknown-column",
                    f"There is no column '{name[:80]}'.",
                    nearest(name, open_names),
                )
            if name not in open_names:
                raise DeniedError(
                    "decisions.column-protected",
                    f"Column '{name}' is a protected attribute.",
                    "Read it under a recorded audit authorisation (read_protected).",
                )
        return [known[name] for name in (open_names if columns is None else columns)]

    def _collect(
        self, system: str, stream: str, within: Span, wanted: Sequence[Column], side: str
    ) -> pa.Table:
        stored = self._stored(system, stream, within)
        tables = [_rows_of(rows, within, wanted, side) for rows in stored]
        return pa.concat_tables([arrow_schema(wanted, nullable=True).empty_table(), *tables])

    def _stored(self, system: str, stream: str, within: Span) -> list[Stored]:
        """Return the segments of a stream that can have rows in the span, open ones last."""
        # Journals first, the ledger after: a segment sealed in between is then found in the ledger.
        journals = self._headers()
        self._catalog.refresh()
        files, vault = self._store
        since, until = within.texts()
        found: list[Stored] = [
            SealedRows(files, vault, sealed)
            for sealed in self._catalog.segments(system, stream)
            if since <= sealed.manifest.last_time and (not until or sealed.manifest.first_time < until)
        ]
        for name, header in journals:
            mine = (header.system, header.stream) == (system, stream)
            if mine and self._catalog.sealed(name.segment) is None:
                layout = layout_of(header, name, self._catalog)
                found.append(JournalRows(self._journals, files, vault, name, layout, self._catalog))
        return found

    def _headers(self) -> list[tuple[JournalName, JournalHeader]]:
        """Return the journals with their headers; one that is removed meanwhile has been sealed."""
        found = []
        for name in self._journals.names():
            with contextlib.suppress(NotFoundError), self._journals.open(name) as file:
                if (read := read_header(file, file_name(name))) is not None:
                    found.append((name, read[0]))
        return found


def _rows_of(stored: Stored, within: Span, wanted: Sequence[Column], side: str) -> pa.Table:
    """Return the wanted columns of one segment, null where its schema version does not have them."""
    layout = stored.layout
    plain = {column.name for column in layout.plain}
    sides = {c.name for group in layout.side(protected=side == PROTECTED) for c in group.columns}
    facts = stored.part(
        FACTS, list(dict.fromkeys([layout.time, *(c.name for c in wanted if c.name in plain)]))
    )
    values = stored.part(side, [c.name for c in wanted if c.name in sides]) if _any(wanted, sides) else None
    if values is not None and isinstance(stored, JournalRows):
        values = values.slice(0, facts.num_rows)  # the journal may have grown between the two reads
    if values is not None and values.num_rows != facts.num_rows:
        raise TamperError(
            "segment.parts-differ",
            f"Segment {stored.segment} has {facts.num_rows} rows of facts but {values.num_rows} of {side}.",
            "Run 'probative record verify'.",
        )
    schema = arrow_schema(wanted, nullable=True)
    found = [
        facts.column(field.name)
        if field.name in plain
        else values.column(field.name)
        if values is not None and field.name in sides
        else pa.nulls(facts.num_rows, field.type)
        for field in schema
    ]
    table = pa.Table.from_arrays([_chunked(column) for column in found], schema=schema)
    mask = _mask(facts.column(layout.time), within)
    return table if mask is None else table.filter(mask)


def _any(wanted: Sequence[Column], names: set[str]) -> bool:
    return any(column.name in names for column in wanted)


def _chunked(column: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    return column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])


def _mask(times: pa.ChunkedArray, within: Span) -> pa.ChunkedArray | None:
    masks = []
    if within.since:
        masks.append(pc.greater_equal(times, pa.scalar(within.since, times.type)))
    if within.until:
        masks.append(pc.less(times, pa.scalar(within.until, times.type)))
    if not masks:
        return None
    return masks[0] if len(masks) == 1 else pc.and_(*masks)
