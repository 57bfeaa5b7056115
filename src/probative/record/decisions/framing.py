"""Frames in a file that only grows: each is bound to the one before it by hash.

**Promise**: a file that was cut off in the middle of its last write reads as if that write had never begun;
any other damage raises `TamperError` and names the byte. What was acknowledged is never dropped silently.
**Not here**: fsync (whoever writes the file), and what the frames hold.

A frame is `"PBJ1"`, the length of its payload (u64, big-endian), SHA-256(digest of the frame before it,
payload), the first four bytes of the SHA-256 of those three, and the payload. Before the first frame, the
digest is 32 zero bytes.
"""

import hashlib
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from probative.kernel.errors import TamperError

START = bytes(32)
_MAGIC = b"PBJ1"
_HEAD = struct.Struct(">4sQ32s4s")
_SEAL_BYTES = 4
_CHUNK_BYTES = 1 << 20


class Frame(NamedTuple):
    """A frame as read: its payload, its digest, and the byte after it."""

    payload: bytes
    digest: bytes
    end: int


def frame(before: bytes, *parts: bytes) -> tuple[bytes, bytes]:
    """Return the frame around a payload (all `parts`) and its digest; `before` is the digest before it.

    >>> data, digest = frame(START, b"decisions")
    >>> len(data), digest.hex()[:8]
    (57, '5fcd18f6')
    """
    hashed = hashlib.sha256(before)
    for part in parts:
        hashed.update(part)
    digest = hashed.digest()
    head = struct.pack(">4sQ32s", _MAGIC, sum(map(len, parts)), digest)
    # Joined once, in the end: payloads have megabytes, and each copy of them would be felt.
    return b"".join((head, hashlib.sha256(head).digest()[:_SEAL_BYTES], *parts)), digest


def read_frames(file: BinaryIO, place: str, *, offset: int = 0, before: bytes = START) -> Iterator[Frame]:
    """Yield whole frames from byte `offset` on; `before` is the digest of the frame that ends there.

    `place` names the file in errors.
    """
    file.seek(offset)
    while head := file.read(_HEAD.size):
        if len(head) < _HEAD.size:
            _check_torn_head(head, place, offset)
            return
        magic, length, digest, seal = _HEAD.unpack(head)
        if magic != _MAGIC or seal != hashlib.sha256(head[:-_SEAL_BYTES]).digest()[:_SEAL_BYTES]:
            if _all_zero(file, head):
                return
            raise damaged(place, offset, "the head of a frame is damaged")
        payload = _read_up_to(file, length)
        if len(payload) < length:
            return
        hashed = hashlib.sha256(before)
        hashed.update(payload)
        if hashed.digest() != digest:
            raise damaged(place, offset, "a frame does not hash to its digest")
        offset, before = offset + _HEAD.size + length, digest
        yield Frame(payload, digest, offset)


def damaged(place: str, offset: int, why: str) -> TamperError:
    """Return the error for damage at a byte of the file called `place`."""
    return TamperError(
        "journal.damaged",
        f"'{place}' is damaged at byte {offset}: {why}.",
        "Keep the file as it is; nothing is taken from it. Restore it from a copy.",
    )


def _read_up_to(file: BinaryIO, length: int) -> bytes:
    """Read at most `length` bytes, in pieces: a length is not a reason to reserve memory."""
    pieces = []
    while length and (piece := file.read(min(length, _CHUNK_BYTES))):
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def _check_torn_head(head: bytes, place: str, offset: int) -> None:
    """Accept a head that was cut off: it begins as a frame does, or the disk left zeros for it."""
    if head.strip(b"\x00") and not _MAGIC.startswith(head[: len(_MAGIC)]):
        raise damaged(place, offset, "the head of a frame is damaged")


def _all_zero(file: BinaryIO, head: bytes) -> bool:
    """Tell whether only zeros follow: space that the disk reserved for a write that never reached it."""
    while not head.strip(b"\x00"):
        head = file.read(_CHUNK_BYTES)
        if not head:
            return True
    return False
