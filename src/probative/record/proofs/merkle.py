"""The Merkle tree of RFC 6962 (section 2.1) and RFC 9162: hashes, roots, proofs and their verification.

**Promise**: pure functions over SHA-256; proofs are as short as the standard says and a longer one is
refused before it is hashed; a proof that does not hold raises `TamperError`.
**Not here**: where hashes are kept (`record.proofs.tiles`, adapters) and who vouches for a root
(`record.proofs.checkpoint`).
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

from probative.kernel.errors import TamperError, UsageError
from probative.kernel.limits import PROOF_HASHES_MAX

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

HashAt = Callable[[int, int], bytes]
"""`hash_at(level, index)`: the root of leaves `index * 2**level` up to `(index + 1) * 2**level`."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one entry: SHA-256 of a zero byte and the entry.

    >>> leaf_hash(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256 of a one byte and both children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """A growing tree, kept as the roots of its perfect subtrees, largest first: 32 bytes a set bit of `size`.

    It gives the root after each append without reading old hashes, and resumes from its bytes.

    >>> frontier = Frontier()
    >>> frontier.append(leaf_hash(b"first")); frontier.append(leaf_hash(b"second"))
    >>> frontier.size, frontier.root() == node_hash(leaf_hash(b"first"), leaf_hash(b"second"))
    (2, True)
    """

    __slots__ = ("_roots", "_size")

    def __init__(self) -> None:
        """Begin with the empty tree."""
        self._size = 0
        self._roots: list[bytes] = []

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash (32 bytes, not the entry) at the end."""
        rest = self._size
        while rest & 1:
            leaf = node_hash(self._roots.pop(), leaf)
            rest >>= 1
        self._roots.append(leaf)
        self._size += 1

    def root(self) -> bytes:
        """Return the root of the tree as it stands."""
        return _fold(self._roots) if self._roots else EMPTY_ROOT

    def copy(self) -> "Frontier":
        """Return a frontier that grows on its own from here (to try an append that may be rolled back)."""
        twin = Frontier()
        twin._size, twin._roots = self._size, self._roots.copy()
        return twin

    def to_bytes(self) -> bytes:
        """Return the state: the size as eight big-endian bytes, then the subtree roots, largest first."""
        return self._size.to_bytes(8, "big") + b"".join(self._roots)

    @classmethod
    def from_bytes(cls, state: bytes) -> "Frontier":
        """Resume from `to_bytes`; bytes of any other length raise `TamperError`."""
        size = int.from_bytes(state[:8], "big")
        if len(state) != 8 + HASH_BYTES * size.bit_count():
            raise TamperError(
                "merkle.frontier-damaged",
                f"A stored frontier of {len(state)} bytes does not fit a tree of {size} leaves.",
                "Rebuild it from the ledger: probative record rebuild",
            )
        frontier = cls()
        frontier._size = size
        frontier._roots = [state[at : at + HASH_BYTES] for at in range(8, len(state), HASH_BYTES)]
        return frontier


def root_of(hashes: Iterable[bytes]) -> bytes:
    """Return the root over leaf `hashes` in order, in memory that grows with the logarithm of their number.

    >>> root_of([]) == EMPTY_ROOT
    True
    """
    frontier = Frontier()
    for leaf in hashes:
        frontier.append(leaf)
    return frontier.root()


def root_at(size: int, hash_at: HashAt) -> bytes:
    """Return the root over the first `size` leaves of a stored tree."""
    return _range_root(0, size, hash_at) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, hash_at: HashAt) -> list[bytes]:
    """Return the path that proves leaf `index` in the tree of `size` leaves (RFC 9162, section 2.1.3.1).

    The first hash is the leaf's sibling, the last a child of the root.
    """
    if not 0 <= index < size:
        raise UsageError(
            "merkle.index-outside",
            f"There is no leaf {index} in a tree of {size} leaves.",
            "Ask for an index below the size.",
        )
    path = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_range_root(middle, high, hash_at))
            high = middle
        else:
            path.append(_range_root(low, middle, hash_at))
            low = middle
    path.reverse()
    return path


def consistency_proof(old: int, new: int, hash_at: HashAt) -> list[bytes]:
    """Return the proof that the tree of `old` leaves is a prefix of the tree of `new` (RFC 9162, 2.1.4.1).

    It is empty for equal sizes and for an empty old tree: then there is nothing to prove.
    """
    if not 0 <= old <= new:
        raise UsageError(
            "merkle.sizes-swapped",
            f"A tree of {old} leaves cannot be a prefix of one of {new}.",
            "Give the smaller size first.",
        )
    path: list[bytes] = []
    if old in (0, new):
        return path
    low, high = 0, new
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            path.append(_range_root(middle, high, hash_at))
            high = middle
        else:
            path.append(_range_root(low, middle, hash_at))
            low = middle
    if low:
        path.append(_range_root(low, high, hash_at))
    path.reverse()
    return path


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that leaf hash `leaf` is at `index` under `root` (RFC 9162, 2.1.3.2), else `TamperError`."""
    _check_hashes("inclusion", proof, leaf, root)
    if not 0 <= index < size:
        raise _failed("inclusion", f"leaf {index} lies outside a tree of {size} leaves")
    first, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise _failed("inclusion", "the proof is too long")
        if first & 1 or first == last:
            computed = node_hash(sibling, computed)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        first, last = first >> 1, last >> 1
    if last:
        raise _failed("inclusion", "the proof is too short")
    if computed != root:
        raise _failed("inclusion", f"leaf {index} leads to root {computed.hex()}, not {root.hex()}")


def verify_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the old tree is a prefix of the new one (RFC 9162, 2.1.4.2), else `TamperError`."""
    _check_hashes("consistency", proof, old_root, new_root)
    if old_size == new_size and old_root != new_root:
        raise _failed("consistency", f"two roots for {old_size} leaves")
    verify_subtree(0, old_size, new_size, old_root, new_root, proof)


def verify_subtree(
    start: int, end: int, size: int, subtree_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that leaves `start` up to `end` under `subtree_root` stand in the tree of `size` leaves.

    The subtree must be one that RFC 6962 could split off: `start` is a multiple of the power of two that
    holds it. With `start` 0 this is a consistency proof (draft-ietf-plants-merkle-tree-certs, section 4.4).
    """
    _check_hashes("consistency", proof)
    if not 0 <= start <= end <= size:
        raise _failed("consistency", f"leaves {start} to {end} are not within {size}")
    if start == end:
        if proof or subtree_root != EMPTY_ROOT:
            raise _failed("consistency", "an empty subtree has the empty root and an empty proof")
        return
    if start % (1 << (end - start - 1).bit_length()):
        raise _failed("consistency", f"leaves {start} to {end} are no subtree")
    found = _climb_both((start, end - 1, size - 1), subtree_root, proof)
    for name, computed, expected in zip(("old", "new"), found, (subtree_root, root), strict=True):
        if computed != expected:
            raise _failed(
                "consistency", f"the proof leads to {name} root {computed.hex()}, not {expected.hex()}"
            )


def _climb_both(
    bounds: tuple[int, int, int], subtree_root: bytes, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Walk up from the end of the subtree; return the subtree root and the tree root that this leads to."""
    first, end, last = bounds
    while first != end and (end & 1 or end == last):
        first, end, last = first >> 1, end >> 1, last >> 1
    siblings = list(proof)
    if first == end:
        old = new = subtree_root
    elif siblings:
        old = new = siblings.pop(0)
    else:
        raise _failed("consistency", "the proof is empty")
    for sibling in siblings:
        if last == 0:
            raise _failed("consistency", "the proof is too long")
        if end & 1 or end == last:
            old = node_hash(sibling, old) if first < end else old
            new = node_hash(sibling, new)
            while end and not end & 1:
                first, end, last = first >> 1, end >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        first, end, last = first >> 1, end >> 1, last >> 1
    if last:
        raise _failed("consistency", "the proof is too short")
    return old, new


def _check_hashes(property_name: str, proof: Sequence[bytes], *others: bytes) -> None:
    """Bound the work a hostile proof can ask for."""
    if len(proof) > PROOF_HASHES_MAX:
        raise _failed(
            property_name, f"the proof has {len(proof)} hashes; at most {PROOF_HASHES_MAX} are possible"
        )
    if any(len(item) != HASH_BYTES for item in (*proof, *others)):
        raise _failed(property_name, "a hash has not 32 bytes")


def _range_root(low: int, high: int, hash_at: HashAt) -> bytes:
    """Hash leaves `low` up to `high`, where `low` begins a subtree that RFC 6962 would split off."""
    roots = []
    while low < high:
        level = (high - low).bit_length() - 1
        roots.append(hash_at(level, low >> level))
        low += 1 << level
    return _fold(roots)


def _fold(roots: Sequence[bytes]) -> bytes:
    """Join perfect subtrees, largest first, into the root of their tree."""
    root = roots[-1]
    for left in reversed(roots[:-1]):
        root = node_hash(left, root)
    return root


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size` (which is at least two)."""
    return 1 << ((size - 1).bit_length() - 1)


def _failed(property_name: str, why: str) -> TamperError:
    return TamperError(
        f"merkle.{property_name}-failed",
        f"The {property_name} proof does not hold: {why}.",
        "Keep both copies and compare them with a checkpoint pinned elsewhere.",
    )
