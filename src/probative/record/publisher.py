"""The publisher: the ledger as a tlog-tiles tree that others can read and check.

**Promise**: tiles and bundles are there before the checkpoint that needs them; a checkpoint is signed only
for a committed head, by one signer at a time, never two roots for one size; interrupted runs are resumed.
**Not here**: serving the tree, and where it lies (a `TreeStore`).
"""

from probative.kernel.errors import NotFoundError, TamperError
from probative.record.ledger import Head, Ledger
from probative.record.ports import Signer, TreeStore
from probative.record.proofs import merkle, tiles
from probative.record.proofs.checkpoint import Checkpoint, sign_checkpoint, verify_checkpoint
from probative.record.proofs.note import VerifierKey

CHECKPOINT = "checkpoint"


class Publisher:
    """Publishes one ledger: hashes and checkpoints in the public tree, entries in the auditors' tree."""

    def __init__(
        self, ledger: Ledger, public: TreeStore, bundles: TreeStore, origin: str, signer: Signer
    ) -> None:
        """Publish `ledger` under `origin`, checkpoints signed by the log key."""
        self._ledger = ledger
        self._public = public
        self._bundles = bundles
        self._origin = origin
        self._signer = signer

    @property
    def key(self) -> VerifierKey:
        """The verifier key that checkpoints are checked with."""
        return VerifierKey(name=self._origin, public_key=self._signer.public_key)

    def published(self) -> Checkpoint | None:
        """Return the published checkpoint, its signature checked, or `None` before the first."""
        note = self._public.read(CHECKPOINT)
        return verify_checkpoint(note, self._origin, [self.key]) if note is not None else None

    def covering(self, index: int) -> tuple[bytes, int]:
        """Return the published checkpoint as signed, and its size; one that covers entry `index`."""
        note = self._public.read(CHECKPOINT)
        checkpoint = verify_checkpoint(note, self._origin, [self.key]) if note is not None else None
        if note is None or checkpoint is None or checkpoint.size <= index:
            raise NotFoundError(
                "fact.not-published",
                f"Entry {index} is not published.",
                f"The ledger has {self._ledger.head().size}.",
            )
        return note, checkpoint.size

    def check(self) -> None:
        """Refuse a ledger that is behind what was published, or has another root at that size.

        A backup that was put back, or a second history, shows here: `TamperError`, and nothing is written.
        """
        published, head = self.published(), self._ledger.head()
        if published is None:
            return
        if published.size > head.size:
            raise TamperError(
                "ledger.rolled-back",
                f"The ledger has {head.size} entries, but {published.size} were published.",
                "An old copy was put back: find the newer one before anything is written.",
            )
        if self._ledger.root_at(published.size) != published.root:
            raise TamperError(
                "ledger.split",
                f"The ledger's root at size {published.size} is not the published one.",
                "Two histories exist: keep both and run 'probative record verify'.",
            )

    def publish(self) -> bytes:
        """Publish up to the committed head and return the signed checkpoint."""
        with self._public.locked():
            self.check()
            published, head = self.published(), self._ledger.head()
            old = published.size if published else 0
            if published and old == head.size:
                return self._public.read(CHECKPOINT) or b""
            self._write_tiles(old, head)
            note = sign_checkpoint(
                Checkpoint(origin=self._origin, size=head.size, root=head.root), self._signer
            )
            self._public.replace(CHECKPOINT, note)
            return note

    def restore(self) -> None:
        """Write the files that the published checkpoint covers again where they are gone.

        A file that is there with other bytes is a `TamperError` and stays for somebody to look at.
        """
        with self._public.locked():
            self.check()
            published = self.published()
            if published is not None:
                self._write_tiles(0, Head(published.size, published.root))

    def _write_tiles(self, old: int, head: Head) -> None:
        hash_at = self._ledger.hash_at(head.size)
        for tile in tiles.bundles_between(old, head.size):
            _, first, after = tiles.tile_range(tile)
            entries = [self._ledger.entry(index) for index in range(first, after)]
            self._bundles.create(tile.path, tiles.encode_bundle(entries))
        for tile in tiles.tiles_between(old, head.size):
            self._public.create(tile.path, tile_bytes(tile, hash_at))


def tile_bytes(tile: tiles.Tile, hash_at: merkle.HashAt) -> bytes:
    """Return the content of a hash tile."""
    level, first, after = tiles.tile_range(tile)
    return b"".join(hash_at(level, index) for index in range(first, after))
