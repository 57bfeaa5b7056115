"""Checking the decision log against the ledger: every file, every row, every commitment, every journal.

**Promise**: a full verdict in bounded memory; each problem names the segment and the file, row or property.
No file is parsed before its digest holds.
**Not here**: the ledger itself (`record.verify`).
"""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from probative.kernel.clock import format_instant
from probative.kernel.errors import ProbativeError
from probative.record.decisions.codec.arrow import leaf_hashes
from probative.record.decisions.facts import SegmentHead, schema_digest
from probative.record.decisions.ids import Ids, id_text, parse_ids
from probative.record.decisions.ports import JournalName, JournalStore
from probative.record.decisions.schema import DECISIONS
from probative.record.decisions.segment.catalog import Catalog, Sealed
from probative.record.decisions.segment.files import batches, opened, part_names, protected_batches
from probative.record.decisions.segment.parts import FACTS, PAYLOAD, PROTECTED, TREE, contradicted
from probative.record.decisions.segment.recovery import check_heads, heads, reread
from probative.record.decisions.segment.sealing import Store
from probative.record.decisions.segment.stored import SealedRows, file_name
from probative.record.decisions.segment.tree import RowTree
from probative.record.problem import Problem
from probative.record.recorder import Recorder

_ROWS_NAMED_MAX = 20


class Sources(NamedTuple):
    """What is checked, and the ledger it is checked against."""

    recorder: Recorder
    catalog: Catalog
    journals: JournalStore
    store: Store


def problems(sources: Sources) -> Iterator[Problem]:
    """Yield every problem found; nothing means that all of it holds."""
    # Journals first, the ledger after: a segment sealed in between is then found in the ledger.
    names = sources.journals.names()
    sources.catalog.refresh()
    for sealed in sources.catalog.segments():
        yield from _segment(sources, sealed)
    yield from _chains(sources.catalog)
    yield from _journals(sources, names)
    yield from _missing(sources, {name.segment for name in names})
    yield from _twice(sources)


def _segment(sources: Sources, sealed: Sealed) -> Iterator[Problem]:
    """Check one segment: its files first, its rows only if all files hold."""
    manifest, layout = sealed.manifest, sealed.layout
    place = f"segment {manifest.segment}"
    schema = sources.catalog.schema(manifest.system, manifest.schema_version)
    if manifest.schema != schema_digest(schema):
        yield Problem(place=place, check="schema", detail=f"the manifest binds schema {manifest.schema}")
    if set(manifest.files) != {*part_names(layout), TREE}:
        yield Problem(place=place, check="manifest-files", detail=f"it lists {', '.join(manifest.files)}")
        return
    with contextlib.ExitStack() as stack:
        files: dict[str, BinaryIO] = {}
        for name, digest in manifest.files.items():
            try:
                files[name] = stack.enter_context(opened(sources.store.files, manifest.segment, name, digest))
            except ProbativeError as error:
                yield Problem(place=f"{place} {name}", check=error.code, detail=str(error))
        if len(files) == len(manifest.files):
            yield from _rows(sources, sealed, files)


class _Seen:
    """What the rows of a segment gave while they streamed by."""

    def __init__(self, sealed: Sealed) -> None:
        self._sealed = sealed
        self.ids: list[Ids] = []
        self.times: list[datetime] = []
        self.wrong: list[tuple[int, str]] = []
        self.rows = 0

    def add(self, facts: pa.RecordBatch, sides: dict[str, pa.RecordBatch]) -> None:
        layout = self._sealed.layout
        self.ids.append(parse_ids(facts.column("decision_id")))
        ends = pc.min_max(facts.column(layout.time)).as_py().values()
        self.times = [min([*self.times, *ends]), max([*self.times, *ends])]
        for group in layout.groups:
            side = sides[PROTECTED if group.protected else PAYLOAD]
            found = contradicted(group, facts, side)
            self.wrong.extend((self.rows + row, group.name) for row in found)
        self.rows += facts.num_rows


def _rows(sources: Sources, sealed: Sealed, files: dict[str, BinaryIO]) -> Iterator[Problem]:
    """Recompute everything the manifest says about the rows."""
    manifest = sealed.manifest
    place = f"segment {manifest.segment}"
    seen, tree = _Seen(sealed), RowTree()
    try:
        known = heads(sources.recorder, manifest.segment)
        check_heads(tree, _leaves(sources, sealed, files, seen), known, manifest.segment)
    except ProbativeError as error:
        yield Problem(place=place, check=error.code, detail=str(error))
        return
    except (pa.ArrowException, OSError, ValueError) as error:
        yield Problem(place=place, check="rows-unreadable", detail=str(error).splitlines()[0][:200])
        return
    for row, group in seen.wrong[:_ROWS_NAMED_MAX]:
        yield Problem(
            place=f"{place} row {row}",
            check="commitment",
            detail=f"group '{group}' does not open to its facts",
        )
    if len(seen.wrong) > _ROWS_NAMED_MAX:
        more = len(seen.wrong) - _ROWS_NAMED_MAX
        yield Problem(place=place, check="commitment", detail=f"{more} more rows do not open to their facts")
    ids = np.sort(np.concatenate(seen.ids))
    if manifest.stream == DECISIONS and (ids[1:] == ids[:-1]).any():
        again = id_text(ids[1:][ids[1:] == ids[:-1]][0])
        yield Problem(place=place, check="decision-twice", detail=f"decision {again} is there twice")
    first, last = (format_instant(at) for at in seen.times)
    for check, found, expected in (
        ("rows", len(tree), manifest.rows),
        ("root", tree.root().hex(), manifest.root),
        ("stored-level", tree.stored(), files[TREE].read()),
        ("first-time", first, manifest.first_time),
        ("last-time", last, manifest.last_time),
        ("first-id", id_text(ids[0]), manifest.first_id),
        ("last-id", id_text(ids[-1]), manifest.last_id),
    ):
        if found != expected:
            yield Problem(place=place, check=check, detail=_differs(found, expected))


def _leaves(
    sources: Sources, sealed: Sealed, files: dict[str, BinaryIO], seen: _Seen
) -> Iterator[list[bytes]]:
    """Yield the leaf hashes of each row group, the other parts read beside it."""
    layout, segment = sealed.layout, sealed.manifest.segment
    sides = {PAYLOAD: batches(files[PAYLOAD])}
    if PROTECTED in files:
        sides[PROTECTED] = protected_batches(files[PROTECTED], sources.store.vault, layout, segment)
    for facts, *others in zip(batches(files[FACTS]), *sides.values(), strict=True):
        if any(other.num_rows != facts.num_rows for other in others):
            raise ValueError(f"the parts of rows {seen.rows} and on differ in length")
        seen.add(facts, dict(zip(sides, others, strict=True)))
        yield leaf_hashes(layout.facts, facts)


def _chains(catalog: Catalog) -> Iterator[Problem]:
    """Check that each segment names the one its writer sealed before: none was left out."""
    last: dict[tuple[str, str, str], str] = {}
    for sealed in catalog.segments():
        manifest = sealed.manifest
        key = (manifest.writer, manifest.system, manifest.stream)
        if manifest.previous != last.get(key, ""):
            yield Problem(
                place=f"segment {manifest.segment}",
                check="previous",
                detail=_differs(manifest.previous or "none", last.get(key) or "none"),
            )
        last[key] = manifest.segment


def _journals(sources: Sources, names: list[JournalName]) -> Iterator[Problem]:
    """Check the journals of open segments."""
    for name in names:
        try:
            with sources.journals.open(name) as file:
                if sources.catalog.sealed(name.segment) is None:
                    known = heads(sources.recorder, name.segment)
                    reread(file, name, sources.catalog, sources.store.vault, known)
        except ProbativeError as error:
            sources.catalog.refresh()
            if error.code != "journal.unknown" or sources.catalog.sealed(name.segment) is None:
                yield Problem(place=f"journal {file_name(name)}", check=error.code, detail=str(error))


def _missing(sources: Sources, open_segments: set[str]) -> Iterator[Problem]:
    """Find segments that the ledger has seen growing and that are nowhere now."""
    rows: dict[str, int] = {}
    for fact in sources.recorder.facts(kind="record.segment-head"):
        head = fact.read(SegmentHead)
        rows[head.segment] = max(head.rows, rows.get(head.segment, 0))
    for segment, count in rows.items():
        if segment not in open_segments and sources.catalog.sealed(segment) is None:
            yield Problem(
                place=f"segment {segment}",
                check="segment-missing",
                detail=f"its first {count} rows are in the ledger, but it has no files and no journal",
            )


def _twice(sources: Sources) -> Iterator[Problem]:
    """Find decisions that lie in two segments; ids are read only where their ranges overlap."""
    decided = sorted(
        sources.catalog.segments(stream=DECISIONS), key=lambda s: (s.manifest.system, s.manifest.first_id)
    )
    active: list[Sealed] = []
    loaded: dict[str, Ids] = {}
    for sealed in decided:
        active = [other for other in active if _overlap(other, sealed)]
        loaded = {
            s.manifest.segment: loaded[s.manifest.segment] for s in active if s.manifest.segment in loaded
        }
        for other in active:
            with contextlib.suppress(ProbativeError):  # a file that changed was named before
                for each in (other, sealed):
                    if each.manifest.segment not in loaded:
                        loaded[each.manifest.segment] = _ids(sources.store, each)
                both = np.intersect1d(loaded[other.manifest.segment], loaded[sealed.manifest.segment])
                if len(both):
                    yield Problem(
                        place=f"segment {sealed.manifest.segment}",
                        check="decision-twice",
                        detail=f"decision {id_text(both[0])} is in segment {other.manifest.segment} too",
                    )
        active.append(sealed)


def _overlap(earlier: Sealed, later: Sealed) -> bool:
    same = earlier.manifest.system == later.manifest.system
    return same and earlier.manifest.last_id >= later.manifest.first_id


def _ids(store: Store, sealed: Sealed) -> Ids:
    column = SealedRows(store.files, store.vault, sealed).part(FACTS, ["decision_id"]).column(0)
    return parse_ids(column.combine_chunks())


def _differs(found: object, expected: object) -> str:
    if isinstance(found, bytes):
        return "the stored tree level is not that of the rows"
    return f"found {found}, the manifest says {expected}"
