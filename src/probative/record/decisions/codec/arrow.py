"""`row-be/1` over Arrow batches, a whole column at a time.

**Promise**: `encode` gives for each row the bytes of `codec.plain.encode_row`; cost is a few array
operations a column plus one hash call a row.
**Not here**: salts and files (`segment`), checking values (`batch`).
"""

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from probative.record.decisions.schema import Column, parse_type

Bytes2D = npt.NDArray[np.uint8]
Lengths = npt.NDArray[np.int64]

_BIG_ENDIAN = {
    "int8": ("<i1", ">i1"),
    "int16": ("<i2", ">i2"),
    "int32": ("<i4", ">i4"),
    "int64": ("<i8", ">i8"),
    "uint8": ("<u1", ">u1"),
    "uint16": ("<u2", ">u2"),
    "uint32": ("<u4", ">u4"),
    "uint64": ("<u8", ">u8"),
    "float32": ("<f4", ">f4"),
    "float64": ("<f8", ">f8"),
    "date": ("<i4", ">i4"),
    "timestamp": ("<i8", ">i8"),
}


class Rows(NamedTuple):
    """Encoded rows back to back: row `i` is `data[ends[i]:ends[i + 1]]`; `ends[0]` is 0."""

    data: bytes
    ends: Lengths

    def hashes(self) -> list[bytes]:
        """Return the SHA-256 of each row."""
        data, sha256 = self.data, hashlib.sha256
        return [sha256(data[start:end]).digest() for start, end in pairwise(self.ends.tolist())]

    def row(self, index: int) -> bytes:
        """Return the bytes of one row."""
        return self.data[int(self.ends[index]) : int(self.ends[index + 1])]


class _Ragged(NamedTuple):
    """A piece of every row: `flat` holds the pieces back to back, `lengths` their sizes (0 is allowed)."""

    lengths: Lengths
    flat: npt.NDArray[np.uint8]


_Piece = Bytes2D | _Ragged


def encode(columns: Sequence[Column], batch: pa.RecordBatch, prefix: Bytes2D | None = None) -> Rows:
    """Encode every row of `batch`, whose columns are `columns` by name, in their order.

    `prefix` (one row of bytes each) is put before the row: a salt, or the zero byte of a Merkle leaf.
    """
    pieces: list[_Piece] = [] if prefix is None else [prefix]
    for column in columns:
        pieces.extend(_column_pieces(column, batch.column(column.name)))
    if all(isinstance(piece, np.ndarray) for piece in pieces):
        return _same_width(batch.num_rows, pieces)
    return _mixed(batch.num_rows, pieces)


def leaf_hashes(columns: Sequence[Column], batch: pa.RecordBatch) -> list[bytes]:
    """Return the RFC 6962 leaf hash of each row: SHA-256 of a zero byte and the row's bytes."""
    return encode(columns, batch, np.zeros((batch.num_rows, 1), np.uint8)).hashes()


def fixed_bytes(array: pa.Array, width: int) -> Bytes2D:
    """Return a FixedSizeBinary array without nulls as a matrix of `width` bytes a row, without copying.

    The buffer is read directly: `cast()` on a slice would convert the whole parent buffer.
    """
    start = array.offset * width
    data = np.frombuffer(array.buffers()[1], np.uint8, len(array) * width, start) if len(array) else _NOTHING
    return data.reshape(len(array), width)


def fixed_array(matrix: Bytes2D | bytes, width: int) -> pa.Array:
    """Return bytes, `width` a row, as a FixedSizeBinary array."""
    data = matrix if isinstance(matrix, bytes) else np.ascontiguousarray(matrix).tobytes()
    return pa.Array.from_buffers(pa.binary(width), len(data) // width, [None, pa.py_buffer(data)])


_NOTHING: npt.NDArray[np.uint8] = np.zeros(0, np.uint8)


def _same_width(rows: int, pieces: Sequence[Any]) -> Rows:
    matrix = np.concatenate(pieces, axis=1) if pieces else np.zeros((rows, 0), np.uint8)
    return Rows(matrix.tobytes(), np.arange(rows + 1, dtype=np.int64) * matrix.shape[1])


def _mixed(rows: int, pieces: Sequence[_Piece]) -> Rows:
    """Scatter each piece to where it belongs, row lengths differing."""
    total = np.zeros(rows, np.int64)
    for piece in pieces:
        total += piece.lengths if isinstance(piece, _Ragged) else piece.shape[1]
    ends = np.zeros(rows + 1, np.int64)
    np.cumsum(total, out=ends[1:])
    out = np.empty(int(ends[-1]), np.uint8)
    at = ends[:-1].copy()
    for piece in pieces:
        if isinstance(piece, _Ragged):
            first = np.cumsum(piece.lengths) - piece.lengths
            out[np.repeat(at - first, piece.lengths) + np.arange(len(piece.flat))] = piece.flat
            at += piece.lengths
        else:
            out[at[:, None] + np.arange(piece.shape[1])] = piece
            at += piece.shape[1]
    return Rows(out.tobytes(), ends)


def _column_pieces(column: Column, array: pa.Array) -> list[_Piece]:
    """Return presence, length and value of one column as pieces."""
    kind = parse_type(column.type).kind
    present = None
    pieces: list[_Piece] = []
    if column.nullable:
        valid = np.asarray(array.is_valid().to_numpy(zero_copy_only=False), bool)
        pieces.append(valid.astype(np.uint8).reshape(-1, 1))
        if array.null_count:
            # Values under a null may hold anything, so they are dropped before any byte is looked at.
            present, array = valid, array.drop_null()
    if kind in ("text", "binary", "decimal"):
        lengths, flat = _text_bytes(_decimal_text(array) if kind == "decimal" else array)
        head = lengths.astype(">u4").view(np.uint8).reshape(-1, 4)
        return [*pieces, _spread(head, present), *_spread_text(lengths, flat, present)]
    return [*pieces, _spread(_fixed_width(kind, array), present)]


def _spread(values: Bytes2D, present: npt.NDArray[np.bool_] | None) -> _Piece:
    """Give the rows that have a value its bytes, the others none."""
    if present is None:
        return values
    return _Ragged(present.astype(np.int64) * values.shape[1], values.reshape(-1))


def _spread_text(
    lengths: Lengths, flat: npt.NDArray[np.uint8], present: npt.NDArray[np.bool_] | None
) -> list[_Piece]:
    if present is not None:
        spread = np.zeros(len(present), np.int64)
        spread[present] = lengths
        return [_Ragged(spread, flat)]
    if len(lengths) and (lengths == lengths[0]).all():
        return [flat.reshape(len(lengths), int(lengths[0]))]
    return [_Ragged(lengths, flat)]


def _text_bytes(array: pa.Array) -> tuple[Lengths, npt.NDArray[np.uint8]]:
    """Return the lengths and the concatenated bytes of a text or binary array without nulls."""
    if not len(array):
        return np.zeros(0, np.int64), _NOTHING
    _, offsets_buffer, data = array.buffers()
    offsets = np.frombuffer(offsets_buffer, "<i4", len(array) + 1, array.offset * 4).astype(np.int64)
    start, end = int(offsets[0]), int(offsets[-1])
    flat = np.frombuffer(data, np.uint8, end - start, start) if end > start else _NOTHING
    return np.diff(offsets), flat


def _decimal_text(array: pa.Array) -> pa.Array:
    """Write decimals in plain notation with all their decimals; Arrow's own cast writes 1E-8."""
    return pa.array([format(value, "f") for value in array.to_pylist()], pa.string())


def _fixed_width(kind: str, array: pa.Array) -> Bytes2D:
    if kind == "fixed":
        return fixed_bytes(array, array.type.byte_width)
    if kind == "bool":
        return np.asarray(array.to_numpy(zero_copy_only=False), np.uint8).reshape(-1, 1)
    here, wire = _BIG_ENDIAN[kind]
    width = np.dtype(here).itemsize
    if not len(array):
        return np.zeros((0, width), np.uint8)
    values: npt.NDArray[Any] = np.frombuffer(array.buffers()[1], here, len(array), array.offset * width)
    if kind.startswith("float"):
        values = np.where(np.isnan(values), np.array(np.nan, here), values)
    return values.astype(wire).view(np.uint8).reshape(-1, width)
