"""What the record needs from the world, as narrow protocols.

**Promise**: each port says whether it is trusted; at most five methods each.
**Not here**: implementations (`adapters`).
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec


class StoredHead(NamedTuple):
    """The head as stored: number of entries, root hash, and the frontier that the root folds from."""

    size: int
    root: bytes
    frontier: bytes


class IndexRow(NamedTuple):
    """What the index knows of one entry; all of it can be computed again from the entry."""

    at: int
    fact_id: str
    kind: str
    key: str | None
    subjects: tuple[tuple[str, str], ...]


class NodeRow(NamedTuple):
    """The hash of a perfect subtree of 256**`level` entries, `number` from the left."""

    level: int
    number: int
    hash: bytes


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries to find; every field given must match. `until` is exclusive."""

    kinds: tuple[str, ...] = ()
    subject: str | None = None
    digest: str | None = None
    key: str | None = None
    id_prefix: str | None = None
    since: int = 0
    until: int | None = None


class Signer(Protocol):
    """Signs with one Ed25519 key. Trusted: whoever holds it speaks for the key."""

    @property
    def key_id(self) -> str:
        """A name for the key, a hint only."""
        ...

    @property
    def public_key(self) -> bytes:
        """The 32 raw bytes of the Ed25519 public key."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the 64-byte signature over `data`."""
        ...


class LedgerWriter(Protocol):
    """What may be done while the store's one write transaction is held."""

    def append(
        self, old: StoredHead | None, new: StoredHead, entries: Sequence[tuple[int, bytes, bytes]]
    ) -> None:
        """Add `(index, leaf, envelope)` rows, move the head from `old` to `new`, or raise `ConflictError`."""
        ...

    def index(self, rows: Sequence[IndexRow], nodes: Sequence[NodeRow]) -> None:
        """Add index rows and nodes."""
        ...

    def drop_index(self) -> None:
        """Forget the index; entries and head stay."""
        ...

    def set_head(self, new: StoredHead) -> None:
        """Put the head that a rebuild computed from the entries."""
        ...


class LedgerEntries(Protocol):
    """The stored truth: head and entries. Not trusted: `record.verify` recomputes everything."""

    def head(self) -> StoredHead | None:
        """Return the stored head, or `None` in a new ledger."""
        ...

    def writing(self) -> AbstractContextManager[LedgerWriter]:
        """Hold the one write transaction: commit at the end of the block, roll back on any error."""
        ...

    def entries(self, start: int, stop: int) -> Iterator[tuple[int, bytes, bytes]]:
        """Yield `(index, leaf, envelope)` for `start <= index < stop`."""
        ...


class LedgerIndex(Protocol):
    """The index over the entries. Not trusted: it can be dropped and rebuilt."""

    def find(self, query: Query) -> Iterator[int]:
        """Yield indexes of matching entries in ledger order."""
        ...

    def index(self, start: int, stop: int) -> tuple[list[IndexRow], list[NodeRow]]:
        """Return the index rows of these entries, and the nodes that end among them."""
        ...

    def nodes(self, level: int, start: int, count: int) -> list[bytes]:
        """Return `count` hashes of perfect subtrees of 256**`level` entries, from number `start`."""
        ...


class LedgerStore(LedgerEntries, LedgerIndex, Protocol):
    """Entries and index in one place, so that one transaction covers both."""


class BlobStore(Protocol):
    """Content-addressed bytes. Not trusted: what is read is hashed again."""

    def put(self, digest: str, data: bytes, *, private: bool) -> None:
        """Keep `data` durably under `digest`; the same digest again changes nothing."""
        ...

    def put_file(self, path: Path) -> tuple[str, str, int]:
        """Copy a file in and return its SHA-256, BLAKE3 and size, hashed in one read."""
        ...

    def get(self, digest: str) -> tuple[bytes, bool]:
        """Return the bytes and whether they are private; `NotFoundError` without them."""
        ...

    def names(self) -> Iterator[str]:
        """Yield the digest of every stored blob."""
        ...

    def problems(self) -> Iterator[tuple[str, str]]:
        """Hash every stored blob again; yield `(place, detail)` for each that is not what it is named."""
        ...


class TreeStore(Protocol):
    """Published files. Not trusted: readers verify against a signed checkpoint."""

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or `None` if it is not there."""
        ...

    def create(self, path: str, data: bytes) -> None:
        """Create a file that never changes; other bytes under the same path are a `TamperError`."""
        ...

    def replace(self, path: str, data: bytes) -> None:
        """Replace the one mutable file (the checkpoint) in one step."""
        ...

    def paths(self) -> Iterator[str]:
        """Yield every published path."""
        ...

    def locked(self) -> AbstractContextManager[None]:
        """Hold the exclusive lock of the one publisher and checkpoint signer."""
        ...
