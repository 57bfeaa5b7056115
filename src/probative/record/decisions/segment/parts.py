"""A batch taken apart: what may stay for ever, what can be erased, what is protected.

**Promise**: each erasable group is bound to its row by SHA-256(salt, group row) with a fresh 128-bit salt;
the leaf covers every column, some through their commitments.
**Not here**: files (`segment.files`) and frames (`segment.journal`).
"""

import os
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from probative.kernel.errors import TamperError
from probative.record.decisions.codec.arrow import Bytes2D, encode, fixed_array, fixed_bytes, leaf_hashes
from probative.record.decisions.codec.types import arrow_schema
from probative.record.decisions.schema import COMMITMENT_BYTES, SALT_BYTES, Group, Layout

FACTS = "facts.parquet"
PAYLOAD = "payload.parquet"
PROTECTED = "protected.sealed"
TREE = "tree.bin"
PARTS = (FACTS, PAYLOAD, PROTECTED)


class Parts(NamedTuple):
    """The parts of a batch, row by row side by side, and the leaf hash of each row.

    `protected` is `None` for a stream without protected attributes.
    """

    facts: pa.RecordBatch
    payload: pa.RecordBatch
    protected: pa.RecordBatch | None
    leaves: list[bytes]


def part_schema(layout: Layout, part: str) -> pa.Schema:
    """Return the Arrow schema of a part. Salts and values are nullable: an erased row has none."""
    if part == FACTS:
        return arrow_schema(layout.facts)
    fields: list[pa.Field] = []
    for group in layout.side(protected=part == PROTECTED):
        fields.append(pa.field(group.salt, pa.binary(SALT_BYTES)))
        fields.extend(arrow_schema(group.columns, nullable=True))
    return pa.schema(fields)


def take_apart(layout: Layout, batch: pa.RecordBatch) -> Parts:
    """Salt, commit and hash every row of a batch that fits the schema."""
    rows = batch.num_rows
    sides: dict[bool, list[pa.Array]] = {False: [], True: []}
    commitments = []
    for group in layout.groups:
        salts = np.frombuffer(os.urandom(SALT_BYTES * rows), np.uint8).reshape(rows, SALT_BYTES)
        commitments.append(fixed_array(b"".join(commit(group, batch, salts)), COMMITMENT_BYTES))
        side = sides[group.protected]
        side.append(fixed_array(salts, SALT_BYTES))
        side.extend(batch.column(column.name) for column in group.columns)
    plain = [batch.column(column.name) for column in layout.plain]
    facts = pa.RecordBatch.from_arrays([*plain, *commitments], schema=part_schema(layout, FACTS))
    return Parts(
        facts,
        pa.RecordBatch.from_arrays(sides[False], schema=part_schema(layout, PAYLOAD)),
        pa.RecordBatch.from_arrays(sides[True], schema=part_schema(layout, PROTECTED))
        if sides[True]
        else None,
        leaf_hashes(layout.facts, facts),
    )


def commit(group: Group, batch: pa.RecordBatch, salts: Bytes2D) -> list[bytes]:
    """Return SHA-256(salt, codec bytes of the group's columns) for each row."""
    return encode(group.columns, batch, salts).hashes()


def commitments_of(group: Group, facts: pa.RecordBatch) -> list[bytes]:
    """Return the commitments to `group` that facts hold."""
    matrix = fixed_bytes(facts.column(group.commitment), COMMITMENT_BYTES)
    return [row.tobytes() for row in matrix]


def kept(group: Group, side: pa.RecordBatch) -> list[int]:
    """Return the rows whose group was not erased."""
    return [
        int(row) for row in np.flatnonzero(side.column(group.salt).is_valid().to_numpy(zero_copy_only=False))
    ]


def contradicted(group: Group, facts: pa.RecordBatch, side: pa.RecordBatch) -> list[int]:
    """Return the rows whose values and salts do not give the commitment; erased rows cannot contradict it."""
    rows = kept(group, side)
    if not rows:
        return []
    values = side if len(rows) == side.num_rows else side.take(pa.array(rows))
    found = commit(group, values, fixed_bytes(values.column(group.salt), SALT_BYTES))
    expected = commitments_of(group, facts)
    return [row for row, commitment in zip(rows, found, strict=True) if commitment != expected[row]]


def to_ipc(batch: pa.RecordBatch) -> bytes:
    """Return a batch as an Arrow message without its schema, which follows from the layout."""
    return bytes(batch.serialize())


def from_ipc(data: bytes, schema: pa.Schema, rows: int) -> pa.RecordBatch:
    """Return the batch that `to_ipc` wrote; one with another number of rows raises `TamperError`."""
    try:
        batch = pa.ipc.read_record_batch(pa.py_buffer(data), schema)
    except (pa.ArrowException, OSError, EOFError) as error:
        raise _damaged(str(error).splitlines()[0]) from error
    if batch.num_rows != rows:
        raise _damaged(f"{batch.num_rows} rows instead of {rows}")
    return batch


def _damaged(what: str) -> TamperError:
    return TamperError(
        "segment.batch-damaged",
        f"A stored batch cannot be read: {what[:200]}.",
        "Run 'probative record verify' for the extent of the damage.",
    )
