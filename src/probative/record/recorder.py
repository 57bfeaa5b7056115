"""The recorder, front class of the record: facts and blobs in, facts, proofs and checks out.

**Promise**: `append` is the only way state changes; what it returned is durable; blobs come back only if they
still hash to their name.
**Not here**: decisions (`record.decisions`), and what facts mean to other rooms.
"""

import os
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from probative.kernel.clock import Clock
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import TamperError
from probative.record import rebuilding
from probative.record.facts import Draft, Fact
from probative.record.ledger import Head, Ledger
from probative.record.ports import BlobStore, LedgerStore, Query
from probative.record.proofs import merkle
from probative.record.proofs.proof import TlogProof, write_proof
from probative.record.publisher import Publisher

SALT_BYTES = 16


class Parts(NamedTuple):
    """What a recorder works with once it is opened."""

    store: LedgerStore
    blobs: BlobStore
    ledger: Ledger
    publisher: Publisher


class Recorder:
    """What every other room writes to and reads from. Methods are safe to call from several threads."""

    def __init__(self, opened: Callable[[], Parts], clock: Clock) -> None:
        """Open the parts when they are first needed: a stop must not fail because the ledger does.

        `probative.workspace` does this from a folder.
        """
        self._open = opened
        self.clock = clock

    @cached_property
    def _parts(self) -> Parts:
        return self._open()

    def append(self, *drafts: Draft) -> list[Fact]:
        """Record drafts in one durable transaction, all or none, and return their facts in order."""
        return self._parts.ledger.append(drafts)

    def facts(
        self,
        *,
        kind: str | tuple[str, ...] | None = None,
        subject: str | None = None,
        digest: str | None = None,
        key: str | None = None,
        since: int = 0,
        until: int | None = None,
    ) -> Iterator[Fact]:
        """Yield matching facts in ledger order; every condition given must hold.

        `subject` is a subject's name, `digest` its SHA-256; `until` is a ledger size: facts recorded later
        are invisible, which is how the past is asked. A size not reached yet raises `UsageError`.
        """
        kinds = (kind,) if isinstance(kind, str) else kind or ()
        return self._parts.ledger.facts(
            Query(kinds=kinds, subject=subject, digest=digest, key=key, since=since, until=until)
        )

    def fact(self, fact_id: str) -> Fact:
        """Return one fact by id, by `#index`, or by a prefix of at least eight hex characters."""
        return self._parts.ledger.by_id(fact_id)

    def entry(self, index: int) -> bytes:
        """Return the stored envelope at `index`, checked against its leaf hash."""
        return self._parts.ledger.entry(index)

    def put(self, data: bytes, *, personal: bool = False) -> str:
        """Keep `data` as a blob and return its digest.

        A personal blob is stored with a random salt before it, so that its name, a commitment, tells nothing
        about guessable bytes; it lies in the private folder and can be erased.
        """
        stored = os.urandom(SALT_BYTES) + data if personal else data
        digest = sha256_hex(stored)
        self._parts.blobs.put(digest, stored, private=personal)
        return digest

    def put_file(self, path: Path) -> tuple[str, str, int]:
        """Keep a file of any size as a blob; return its SHA-256, BLAKE3 and size in bytes."""
        return self._parts.blobs.put_file(path)

    def get(self, digest: str) -> bytes:
        """Return a blob's content; bytes that no longer hash to `digest` raise `TamperError`."""
        stored, private = self._parts.blobs.get(digest)
        if sha256_hex(stored) != digest:
            raise TamperError(
                "blob.changed", f"Blob {digest} does not hash to its name.", "Run 'probative record verify'."
            )
        return stored[SALT_BYTES:] if private else stored

    def head(self, size: int | None = None) -> Head:
        """Return the size and root of the ledger as committed, or as it was at an earlier `size`."""
        head = self._parts.ledger.head()
        if size is None or size == head.size:
            return head
        return Head(size, self._parts.ledger.root_at(size))

    def checkpoint(self) -> bytes:
        """Publish up to the committed head and return the signed checkpoint over it."""
        return self._parts.publisher.publish()

    def prove(self, *indexes: int) -> list[bytes]:
        """Return a `c2sp.org/tlog-proof@v1` for each entry at `indexes`, all under one checkpoint.

        The published checkpoint serves if it covers them; otherwise a fresh one is published first.
        """
        published = self._parts.publisher.published()
        if published is None or published.size <= max(indexes, default=0):
            self._parts.publisher.publish()
        note, size = self._parts.publisher.covering(max(indexes, default=0))
        hash_at = self._parts.ledger.hash_at(size)
        return [
            write_proof(
                TlogProof(
                    index=index,
                    path=tuple(merkle.inclusion_proof(index, size, hash_at)),
                    checkpoint=note,
                )
            )
            for index in indexes
        ]

    def rebuild(self) -> int:
        """Drop the index and compute it again from the entries; return how many entries were read.

        Entries are never touched. A head that contradicts them raises `TamperError` and changes nothing.
        """
        return rebuilding.rebuild(self._parts.store)
