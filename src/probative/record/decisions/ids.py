"""Decision ids as 16 bytes, and where in a segment each of them is.

**Promise**: exact answers; an index takes 24 bytes a row, and ids that come in time order cost one comparison
with each of its sorted runs.
**Not here**: what a second row with the same id means (`admission`).
"""

import uuid
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from probative.record.decisions.values import refuse_id

Ids = npt.NDArray[np.bytes_]
Positions = npt.NDArray[np.int64]

_ID_CHARS = 36
_DASHES = (8, 13, 18, 23)
_HEX_AT = [at for at in range(_ID_CHARS) if at not in _DASHES]
_VERSION_AT, _VARIANT_AT = 14, 19
_NIBBLES = np.full(256, 255, np.uint8)
_NIBBLES[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16, dtype=np.uint8)


def parse_ids(array: pa.Array) -> Ids:
    """Return decision ids as 16 bytes each; text that is no UUID version 7 raises `UsageError`."""
    lengths = pc.binary_length(array).to_numpy(zero_copy_only=False)
    odd = np.flatnonzero(lengths != _ID_CHARS)
    if len(odd):
        refuse_id(array[int(odd[0])].as_py(), f"row {int(odd[0])}")
    start = int(np.frombuffer(array.buffers()[1], "<i4", 1, array.offset * 4)[0])
    text = np.frombuffer(array.buffers()[2], np.uint8, len(array) * _ID_CHARS, start).reshape(-1, _ID_CHARS)
    nibbles = _NIBBLES[text[:, _HEX_AT]]
    wrong = (nibbles == 255).any(axis=1) | (text[:, _DASHES] != ord("-")).any(axis=1)
    wrong |= (text[:, _VERSION_AT] != ord("7")) | ((_NIBBLES[text[:, _VARIANT_AT]] & 0b1100) != 0b1000)
    odd = np.flatnonzero(wrong)
    if len(odd):
        refuse_id(array[int(odd[0])].as_py(), f"row {int(odd[0])}")
    packed = (nibbles[:, 0::2] << 4) | nibbles[:, 1::2]
    return np.ascontiguousarray(packed).view("S16").reshape(-1)


def id_text(packed: bytes) -> str:
    """Return the text of an id of 16 bytes (trailing zero bytes may have been dropped by numpy).

    >>> id_text(bytes.fromhex("01a1fb67180070008000000000000000"))
    '01a1fb67-1800-7000-8000-000000000000'
    """
    return str(uuid.UUID(bytes=bytes(packed).ljust(16, b"\x00")))


class _Run(NamedTuple):
    ids: Ids
    rows: Positions


class IdIndex:
    """Ids (16 bytes each) and their rows."""

    def __init__(self) -> None:
        """Begin empty."""
        self._runs: list[_Run] = []

    def __len__(self) -> int:
        """Return the number of ids."""
        return sum(len(run.ids) for run in self._runs)

    def add(self, ids: Ids, first_row: int) -> None:
        """Add ids of consecutive rows."""
        order = np.argsort(ids, kind="stable")
        self._runs.append(_Run(ids[order], order + first_row))
        # Runs are merged like digits carry, so there are never more than about twenty.
        while len(self._runs) > 1 and len(self._runs[-2].ids) <= 2 * len(self._runs[-1].ids):
            right, left = self._runs.pop(), self._runs.pop()
            self._runs.append(_merged(left, right))

    def find(self, ids: Ids) -> list[tuple[int, int]]:
        """Return `(position in ids, row)` for every row that has one of `ids`."""
        found: list[tuple[int, int]] = []
        if not len(ids):
            return found
        low, high = np.sort(ids)[[0, -1]]
        for run in self._runs:
            if low > run.ids[-1] or high < run.ids[0]:
                continue
            starts = np.searchsorted(run.ids, ids, "left")
            stops = np.searchsorted(run.ids, ids, "right")
            for at in np.flatnonzero(stops > starts).tolist():
                found.extend((at, int(row)) for row in run.rows[starts[at] : stops[at]])
        return sorted(found)


def _merged(left: _Run, right: _Run) -> _Run:
    ids, rows = np.concatenate([left.ids, right.ids]), np.concatenate([left.rows, right.rows])
    if left.ids[-1] <= right.ids[0]:
        return _Run(ids, rows)
    order = np.argsort(ids, kind="stable")
    return _Run(ids[order], rows[order])
