"""Rows as they are stored, sealed or still in a journal, behind one face.

**Promise**: every part that is returned was checked first: a file against its manifest, a journal frame
against its digest.
**Not here**: which rows somebody may see (`decisions.log`).
"""

from typing import NamedTuple, Protocol

import pyarrow as pa

from probative.kernel.errors import NotFoundError
from probative.record.decisions.ports import JournalName, JournalStore, SegmentFiles, Vault
from probative.record.decisions.schema import Layout
from probative.record.decisions.segment.catalog import Catalog, Sealed
from probative.record.decisions.segment.files import batches, opened, protected_batches
from probative.record.decisions.segment.journal import JournalBatch, read_batches, read_header
from probative.record.decisions.segment.parts import PARTS, PROTECTED, from_ipc, part_schema


class Stored(Protocol):
    """A segment's rows, one part at a time."""

    @property
    def segment(self) -> str:
        """The segment's id."""
        ...

    @property
    def layout(self) -> Layout:
        """Where its columns lie."""
        ...

    def part(self, part: str, columns: list[str]) -> pa.Table:
        """Return `columns` of a part, all rows in order."""
        ...


class SealedRows(NamedTuple):
    """The rows of a sealed segment."""

    files: SegmentFiles
    vault: Vault
    sealed: Sealed

    @property
    def segment(self) -> str:
        """The segment's id."""
        return self.sealed.manifest.segment

    @property
    def layout(self) -> Layout:
        """Where its columns lie."""
        return self.sealed.layout

    def part(self, part: str, columns: list[str]) -> pa.Table:
        """Return `columns` of a part; a file that changed raises `TamperError`."""
        manifest = self.sealed.manifest
        schema = part_schema(self.layout, part)
        with opened(self.files, self.segment, part, manifest.files[part]) as file:
            if part == PROTECTED:
                found = protected_batches(file, self.vault, self.layout, self.segment)
                return pa.Table.from_batches(found, schema).select(columns)
            wanted = pa.schema([schema.field(name) for name in columns])
            return pa.Table.from_batches(batches(file, columns), wanted)


class JournalRows(NamedTuple):
    """The rows of an open segment that were written when `part` is asked for.

    If another process seals the segment meanwhile, they come from its files.
    """

    journals: JournalStore
    files: SegmentFiles
    vault: Vault
    name: JournalName
    layout: Layout
    catalog: Catalog

    @property
    def segment(self) -> str:
        """The segment's id."""
        return self.name.segment

    def part(self, part: str, columns: list[str]) -> pa.Table:
        """Return `columns` of a part; a damaged journal raises `TamperError`."""
        schema = part_schema(self.layout, part)
        try:
            opened_journal = self.journals.open(self.name)
        except NotFoundError:
            self.catalog.refresh()
            sealed = self.catalog.sealed(self.segment)
            if sealed is None:
                raise
            return SealedRows(self.files, self.vault, sealed).part(part, columns)
        with opened_journal as file:
            found = read_header(file, file_name(self.name))
            frames = read_batches(file, found[1], file_name(self.name)) if found else iter(())
            rows = [journal_part(batch, part, schema, self.vault, self.segment) for batch, _ in frames]
        return pa.Table.from_batches(rows, schema).select(columns)


def journal_part(
    batch: JournalBatch, part: str, schema: pa.Schema, vault: Vault, segment: str
) -> pa.RecordBatch:
    """Return one part of a batch in a journal."""
    data = batch.parts[PARTS.index(part)]
    if part == PROTECTED:
        data = vault.open(data, segment, journal_place(batch.first_row))
    return from_ipc(data, schema, batch.rows)


def journal_place(first_row: int) -> str:
    """Return the place in the vault of a journal's batch."""
    return f"journal/{first_row}"


def file_name(name: JournalName) -> str:
    """Return how a journal is called in messages.

    >>> file_name(JournalName("w1", "s1"))
    'w1.s1'
    """
    return f"{name.writer}.{name.segment}"
