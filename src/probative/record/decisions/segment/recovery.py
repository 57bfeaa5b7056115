"""Reading a journal from its first byte: after a crash, and when the record is verified.

**Promise**: the rows that come back are those that were written, in order; a journal that is shorter than a
head in the ledger, or differs from it, raises `TamperError`.
**Not here**: sealing what was found (`segment.sealing`).
"""

from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

from probative.kernel.errors import TamperError
from probative.record.decisions.codec.arrow import leaf_hashes
from probative.record.decisions.facts import SegmentHead, schema_digest
from probative.record.decisions.ports import JournalName, Vault
from probative.record.decisions.schema import Layout
from probative.record.decisions.segment.catalog import Catalog
from probative.record.decisions.segment.journal import JournalHeader, Place, read_batches, read_header
from probative.record.decisions.segment.parts import FACTS, part_schema
from probative.record.decisions.segment.stored import file_name, journal_part
from probative.record.decisions.segment.tree import RowTree
from probative.record.recorder import Recorder


class Reread(NamedTuple):
    """What a journal holds."""

    header: JournalHeader
    start: Place
    layout: Layout
    tree: RowTree


def heads(recorder: Recorder, segment: str) -> list[SegmentHead]:
    """Return the heads that the ledger has of a segment, shortest first."""
    facts = recorder.facts(kind="record.segment-head", subject=f"segment/{segment}")
    return sorted((fact.read(SegmentHead) for fact in facts), key=lambda head: head.rows)


def layout_of(header: JournalHeader, name: JournalName, catalog: Catalog) -> Layout:
    """Return the layout of a journal; a header that does not fit its name or schema raises `TamperError`."""
    schema = catalog.schema(header.system, header.schema_version)
    if (header.writer, header.segment) != name or header.schema != schema_digest(schema):
        raise TamperError(
            "journal.misplaced",
            f"Journal '{file_name(name)}' says it is segment {header.segment} of {header.writer}.",
            "Put the file back to where it was; nothing is sealed from it.",
        )
    return schema.layout(header.stream)


def reread(
    file: BinaryIO, name: JournalName, catalog: Catalog, vault: Vault, known: Sequence[SegmentHead]
) -> Reread | None:
    """Return what a journal holds, checked against its heads; `None` if its first write was cut off."""
    found = read_header(file, file_name(name))
    if found is None:
        check_heads(RowTree(), iter(()), known, name.segment)
        return None
    header, start = found
    layout = layout_of(header, name, catalog)
    schema, tree = part_schema(layout, FACTS), RowTree()
    leaves = (
        leaf_hashes(layout.facts, journal_part(batch, FACTS, schema, vault, name.segment))
        for batch, _ in read_batches(file, start, file_name(name))
    )
    check_heads(tree, leaves, known, name.segment)
    return Reread(header, start, layout, tree)


def check_heads(
    tree: RowTree, batches: Iterator[list[bytes]], known: Sequence[SegmentHead], segment: str
) -> None:
    """Grow `tree` by batches of leaf hashes and compare its root wherever a head was recorded."""
    waiting = list(known)
    for leaves in batches:
        at = 0
        while waiting and waiting[0].rows <= len(tree) + len(leaves) - at:
            head = waiting.pop(0)
            cut = at + head.rows - len(tree)
            tree.extend(leaves[at:cut])
            at = cut
            if tree.root().hex() != head.root:
                raise TamperError(
                    "segment.head-differs",
                    f"The first {head.rows} rows of segment {segment} do not have the root in the ledger.",
                    "Keep the files as they are and run 'probative record verify'.",
                )
        tree.extend(leaves[at:])
    if waiting:
        raise TamperError(
            "segment.cut-back",
            f"Segment {segment} has {len(tree)} rows; the ledger has seen {waiting[-1].rows}.",
            "Keep the files as they are and restore the segment from a copy.",
        )
