"""Sealing: a journal becomes the files of a segment and the body of its manifest.

**Promise**: one pass over the journal in memory of one row group; files are durable before the manifest is
returned; beginning again after a crash gives a segment with the same rows and root.
**Not here**: recording the manifest (the commit point) and removing the journal (`segment.writer`).
"""

import contextlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from probative.kernel.clock import format_instant
from probative.kernel.errors import TamperError
from probative.record.decisions.facts import SealedFile, SegmentSealed
from probative.record.decisions.ports import SegmentFiles, Vault
from probative.record.decisions.schema import CODEC, Layout
from probative.record.decisions.segment import files as segment_files
from probative.record.decisions.segment.journal import JournalBatch, JournalHeader, Place, read_batches
from probative.record.decisions.segment.parts import FACTS, PROTECTED, TREE, part_schema
from probative.record.decisions.segment.stored import journal_part
from probative.record.decisions.segment.tree import RowTree


class Store(NamedTuple):
    """Where sealed files go."""

    files: SegmentFiles
    vault: Vault


class _Bounds:
    """First and last time and id of the rows seen."""

    def __init__(self, layout: Layout) -> None:
        self._time = layout.time
        self._times: list[pa.Scalar] = []
        self._ids: list[str] = []

    def add(self, facts: pa.RecordBatch) -> None:
        times, ids = pc.min_max(facts.column(self._time)), pc.min_max(facts.column("decision_id"))
        self._times += [times["min"].as_py(), times["max"].as_py()]
        self._ids += [ids["min"].as_py(), ids["max"].as_py()]
        self._times, self._ids = [min(self._times), max(self._times)], [min(self._ids), max(self._ids)]

    def texts(self) -> tuple[str, str, str, str]:
        first, last = self._times
        return format_instant(first), format_instant(last), self._ids[0], self._ids[1]


class _Buffer:
    """Gathers batches of one part until they fill a row group."""

    def __init__(
        self, target: segment_files.ParquetPart | segment_files.SealedPart, schema: pa.Schema
    ) -> None:
        self._target = target
        self._schema = schema
        self._batches: list[pa.RecordBatch] = []
        self._rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        self._batches.append(batch)
        self._rows += batch.num_rows
        if self._rows >= segment_files.ROW_GROUP_ROWS:
            self._flush(segment_files.ROW_GROUP_ROWS)

    def close(self) -> None:
        if self._rows:
            self._flush(1)
        self._target.close()

    def abandon(self) -> None:
        """Let go of the target whatever happened; it is closed twice when all went well."""
        self._target.close()

    def _flush(self, least: int) -> None:
        table = pa.Table.from_batches(self._batches, self._schema)
        start = 0
        while self._rows - start >= least:
            group = table.slice(start, segment_files.ROW_GROUP_ROWS)
            self._target.add(group)
            start += group.num_rows
        table = table.slice(start)
        self._batches, self._rows = table.to_batches(), table.num_rows


class _Copied(NamedTuple):
    """What one pass over the journal gave."""

    rows: int
    unrecorded: int
    bounds: _Bounds
    digests: dict[str, SealedFile]


def seal(
    journal: BinaryIO, header: JournalHeader, start: Place, layout: Layout, store: Store, tree: RowTree
) -> SegmentSealed:
    """Write the files of a segment from its journal and return its manifest.

    `start` is where the batches begin; `tree` is over all their rows. An unreadable journal raises
    `TamperError`, a failing disk `UnavailableError`; in both cases the journal stays and nothing is sealed.
    """
    copied = _copy(read_batches(journal, start, header.segment), header.segment, layout, store)
    if copied.rows != len(tree):
        raise TamperError(
            "segment.rows-lost",
            f"The journal of segment {header.segment} has {copied.rows} rows; {len(tree)} were acknowledged.",
            "Keep the journal as it is and run 'probative record verify'.",
        )
    with segment_files.written(store.files, header.segment, TREE) as sink:
        sink.write(tree.stored())
    first_time, last_time, first_id, last_id = copied.bounds.texts()
    return SegmentSealed(
        system=header.system,
        stream=header.stream,
        segment=header.segment,
        codec=CODEC,
        schema=header.schema,
        schema_version=header.schema_version,
        rows=copied.rows,
        root=tree.root().hex(),
        first_time=first_time,
        last_time=last_time,
        first_id=first_id,
        last_id=last_id,
        writer=header.writer,
        previous=header.previous,
        unrecorded=copied.unrecorded,
        files={**copied.digests, TREE: sink.digest()},
    )


def _copy(
    frames: Iterator[tuple[JournalBatch, Place]], segment: str, layout: Layout, store: Store
) -> _Copied:
    """Copy every batch into the files of its parts."""
    bounds, rows, unrecorded = _Bounds(layout), 0, 0
    schemas = {part: part_schema(layout, part) for part in segment_files.part_names(layout)}
    with contextlib.ExitStack() as stack:
        sinks, buffers = {}, {}
        for part, schema in schemas.items():
            sinks[part] = stack.enter_context(segment_files.written(store.files, segment, part))
            buffers[part] = _Buffer(_target(part, sinks[part], layout, store.vault, segment), schema)
            stack.callback(buffers[part].abandon)
        for batch, _ in frames:
            for part, schema in schemas.items():
                decoded = journal_part(batch, part, schema, store.vault, segment)
                buffers[part].add(decoded)
                if part == FACTS:
                    bounds.add(decoded)
            rows, unrecorded = rows + batch.rows, unrecorded + batch.unrecorded
        for buffer in buffers.values():
            buffer.close()
    return _Copied(rows, unrecorded, bounds, {part: sink.digest() for part, sink in sinks.items()})


def _target(
    part: str, sink: segment_files.HashingFile, layout: Layout, vault: Vault, segment: str
) -> segment_files.ParquetPart | segment_files.SealedPart:
    if part == PROTECTED:
        return segment_files.SealedPart(sink, vault, segment)
    return segment_files.ParquetPart(sink, layout, part)
