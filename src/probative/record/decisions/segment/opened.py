"""An open segment in the memory of its writer.

**Promise**: state changes only after the journal has the batch on the disk, so memory never runs ahead of it.
**Not here**: when to seal (`segment.writer`), and what is admitted (`admission.admitting`).
"""

from datetime import datetime

import pyarrow as pa

from probative.record.decisions.facts import SegmentHead
from probative.record.decisions.framing import frame
from probative.record.decisions.ids import IdIndex, Ids
from probative.record.decisions.ports import JournalFile, JournalName, Vault
from probative.record.decisions.schema import Layout
from probative.record.decisions.segment.journal import JournalHeader, Place, batch_payload
from probative.record.decisions.segment.parts import take_apart, to_ipc
from probative.record.decisions.segment.stored import journal_place
from probative.record.decisions.segment.tree import RowTree


class OpenSegment:
    """A segment that one writer appends to."""

    def __init__(
        self, header: JournalHeader, start: Place, layout: Layout, file: JournalFile, opened_at: datetime
    ) -> None:
        """Begin after the journal's first frame, which ends at `start`."""
        self.header = header
        self.start = start
        self.layout = layout
        self.tree = RowTree()
        self.ids = IdIndex()
        self.opened_at = opened_at
        self.head_at = opened_at
        self._head_rows = 0
        self._digest = start.digest
        self._file = file

    @property
    def name(self) -> JournalName:
        """The journal's name."""
        return JournalName(self.header.writer, self.header.segment)

    @property
    def rows(self) -> int:
        """How many rows are acknowledged."""
        return len(self.tree)

    def append(self, batch: pa.RecordBatch, ids: Ids, unrecorded: int, vault: Vault) -> list[bytes]:
        """Make a batch durable and return its leaf hashes; after an error nothing is acknowledged."""
        first_row = self.rows
        parts = take_apart(self.layout, batch)
        protected = b""
        if parts.protected is not None:
            place = journal_place(first_row)
            protected = vault.seal(to_ipc(parts.protected), self.header.segment, place)
        sections = (to_ipc(parts.facts), to_ipc(parts.payload), protected)
        data, digest = frame(self._digest, *batch_payload(batch.num_rows, unrecorded, sections))
        self._file.append(data)
        self._digest = digest
        self.tree.extend(parts.leaves)
        self.ids.add(ids, first_row)
        return parts.leaves

    def head(self) -> SegmentHead | None:
        """Return the head to record, `None` if no row came since the last one."""
        if self._head_rows == self.rows:
            return None
        return SegmentHead(
            system=self.header.system,
            stream=self.header.stream,
            segment=self.header.segment,
            writer=self.header.writer,
            rows=self.rows,
            root=self.tree.root().hex(),
        )

    def headed(self, at: datetime) -> None:
        """Remember that the head was recorded, or not needed, at `at`."""
        self.head_at = at
        self._head_rows = self.rows

    def close(self) -> None:
        """Let go of the journal; its rows stay."""
        self._file.close()
