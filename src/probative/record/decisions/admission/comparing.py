"""Is this the row that is stored? Compared through codec bytes and stored commitments.

**Promise**: equal means equal in every column; values are compared by hashing the new ones under the stored
salts, so protected values are never read out for it. An erased row equals nothing.
**Not here**: finding candidates (`admission.admitting`).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from probative.record.decisions.codec.arrow import encode, fixed_bytes
from probative.record.decisions.ids import Ids
from probative.record.decisions.schema import SALT_BYTES, Column, Layout
from probative.record.decisions.segment.parts import FACTS, PAYLOAD, PROTECTED, commit, commitments_of, kept
from probative.record.decisions.segment.stored import Stored

Flags = npt.NDArray[np.bool_]


def first_of_each(columns: Sequence[Column], batch: pa.RecordBatch, ids: Ids) -> tuple[Flags, int | None]:
    """Return which rows do not repeat an earlier one, and a row whose id came before with other values."""
    first = np.ones(len(ids), bool)
    _, inverse, counts = np.unique(ids, return_inverse=True, return_counts=True)
    if (counts == 1).all():
        return first, None
    clash = None
    rows = encode(columns, batch)
    seen: dict[bytes, set[bytes]] = {}
    for at in np.flatnonzero(counts[inverse] > 1).tolist():
        others = seen.setdefault(bytes(ids[at]), set())
        row = rows.row(at)
        first[at] = row not in others
        if first[at] and others:
            clash = at
        others.add(row)
    return first, clash


def equal_rows(layout: Layout, batch: pa.RecordBatch, stored: Stored, rows: list[int]) -> Flags:
    """Tell for each row of `batch` whether it is what `stored` has at the same place of `rows`."""
    same = np.zeros(len(rows), bool)
    if stored.layout.columns != layout.columns:
        return same
    at = pa.array(rows)
    facts = _batch(stored.part(FACTS, [column.name for column in layout.facts]).take(at))
    ours, theirs = encode(layout.plain, batch), encode(layout.plain, facts)
    same[:] = [ours.row(row) == theirs.row(row) for row in range(len(rows))]
    for group in layout.groups:
        side = stored.part(PROTECTED if group.protected else PAYLOAD, [group.salt]).take(at)
        salts = _batch(side)
        alive = kept(group, salts)
        opened = np.zeros(len(rows), bool)
        if alive:
            picked = pa.array(alive)
            matrix = fixed_bytes(salts.take(picked).column(0), SALT_BYTES)
            expected = commitments_of(group, facts)
            found = commit(group, batch.take(picked), matrix)
            opened[alive] = [expected[row] == hashed for row, hashed in zip(alive, found, strict=True)]
        same &= opened
    return same


def _batch(table: pa.Table) -> pa.RecordBatch:
    return table.combine_chunks().to_batches()[0]
