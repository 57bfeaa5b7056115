"""The journal of an open segment: a header, then batches.

**Promise**: what was written whole is read back, in order; what was cut off is as if it had never been; any
other damage raises `TamperError`.
**Not here**: fsync (the journal adapter), the frames themselves (`framing`), and what the columns mean.

The first payload is the header as JSON; each other one is a batch: the length of its sizes (u32,
big-endian), its sizes as JSON, then Arrow record batches.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

import msgspec

from probative.record.decisions.framing import START, damaged, frame, read_frames

JOURNAL_FORMAT = "probative-journal/1"
_SIZES = struct.Struct(">I")


class JournalHeader(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a journal says about itself; the manifest repeats it."""

    format: str = JOURNAL_FORMAT
    system: str
    stream: str
    segment: str
    writer: str
    previous: str
    schema: str
    schema_version: int
    opened_at: str


class BatchSizes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first part of a batch frame: its rows, and the byte lengths of its three parts."""

    rows: int
    unrecorded: int
    parts: tuple[int, int, int]


class JournalBatch(NamedTuple):
    """A batch as stored: its first row in the segment, and facts, payload and (encrypted) protected bytes."""

    first_row: int
    rows: int
    unrecorded: int
    parts: tuple[bytes, bytes, bytes]


class Place(NamedTuple):
    """How far a journal has been read: byte offset, digest of the last frame, rows so far."""

    offset: int = 0
    digest: bytes = START
    rows: int = 0


def first_frame(header: JournalHeader) -> tuple[bytes, Place]:
    """Return the frame that a journal begins with, and the place after it."""
    data, digest = frame(START, msgspec.json.encode(header))
    return data, Place(len(data), digest, 0)


def batch_payload(rows: int, unrecorded: int, parts: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the payload of a batch frame, in the pieces that it is joined from."""
    facts, payload, protected = parts
    sizes = BatchSizes(rows=rows, unrecorded=unrecorded, parts=(len(facts), len(payload), len(protected)))
    head = msgspec.json.encode(sizes)
    return _SIZES.pack(len(head)), head, facts, payload, protected


def read_header(file: BinaryIO, place: str) -> tuple[JournalHeader, Place] | None:
    """Return the header and where the batches begin; `None` if the first write was cut off."""
    found = next(read_frames(file, place), None)
    if found is None:
        return None
    try:
        header = msgspec.json.decode(found.payload, type=JournalHeader)
        return header, Place(found.end, found.digest, 0)
    except msgspec.MsgspecError as error:
        raise damaged(place, 0, f"its header cannot be read: {error}") from error


def read_batches(file: BinaryIO, start: Place, place: str) -> Iterator[tuple[JournalBatch, Place]]:
    """Yield each whole batch after `start`, and the place after it; `place` names the journal in errors."""
    rows = start.rows
    for found in read_frames(file, place, offset=start.offset, before=start.digest):
        batch = _batch(found.payload, rows, place, found.end)
        rows += batch.rows
        yield batch, Place(found.end, found.digest, rows)


def _batch(payload: bytes, first_row: int, place: str, end: int) -> JournalBatch:
    try:
        (length,) = _SIZES.unpack_from(payload)
        at = _SIZES.size + length
        sizes = msgspec.json.decode(payload[_SIZES.size : at], type=BatchSizes)
    except (struct.error, msgspec.MsgspecError) as error:
        raise damaged(place, end, f"a batch cannot be read: {error}") from error
    view, parts = memoryview(payload), []
    for size in sizes.parts:
        parts.append(bytes(view[at : at + size]))
        at += size
    if at != len(payload) or sizes.rows < 1 or min(sizes.parts) < 0:
        raise damaged(place, end, "the sizes of a batch do not add up")
    return JournalBatch(first_row, sizes.rows, sizes.unrecorded, (parts[0], parts[1], parts[2]))
