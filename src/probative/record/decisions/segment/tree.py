"""A segment's RFC 6962 tree as it grows, and its one stored level.

**Promise**: memory is one hash for every 256 rows; root and proofs are those of RFC 6962 over all rows.
**Not here**: encoding rows (`codec`).

Stored is level 8: for each 256 rows, in order, the root over them (the last one over what is left). Since
RFC 6962 splits at powers of two, the tree over these hashes is the upper part of the tree over the rows.
"""

import hashlib
from collections.abc import Sequence

from probative.kernel.errors import TamperError
from probative.record.proofs.merkle import EMPTY_ROOT, HASH_BYTES, Frontier, inclusion_proof

LEVEL = 8
WIDTH = 1 << LEVEL


class RowTree:
    """Grows by leaf hashes; knows its root at any time.

    >>> tree = RowTree(); tree.extend([bytes([n]) * 32 for n in range(200)] * 2)
    >>> len(tree), len(tree.stored()) // 32
    (400, 2)
    """

    def __init__(self) -> None:
        """Begin without rows."""
        self._nodes: list[bytes] = []
        self._upper = Frontier()
        self._rest: list[bytes] = []

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._nodes) * WIDTH + len(self._rest)

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Add leaf hashes at the end."""
        rest = [*self._rest, *leaves]
        whole = len(rest) // WIDTH * WIDTH
        for at in range(0, whole, WIDTH):
            self._nodes.append(subtree_root(rest[at : at + WIDTH]))
            self._upper.append(self._nodes[-1])
        self._rest = rest[whole:]

    def root(self) -> bytes:
        """Return the root over all rows so far."""
        if not self._rest:
            return self._upper.root()
        upper = self._upper.copy()
        upper.append(subtree_root(self._rest))
        return upper.root()

    def stored(self) -> bytes:
        """Return the stored level: 32 bytes for each 256 rows."""
        return b"".join([*self._nodes, subtree_root(self._rest)] if self._rest else self._nodes)


def subtree_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over `leaves`, a level at a time: quicker than adding them one by one."""
    if not leaves:
        return EMPTY_ROOT
    sha256 = hashlib.sha256
    while len(leaves) > 1:
        pairs = len(leaves) // 2 * 2
        above = [sha256(b"\x01" + leaves[at] + leaves[at + 1]).digest() for at in range(0, pairs, 2)]
        # An odd last hash moves up unchanged: that is where RFC 6962 splits off the smaller side.
        leaves = above if pairs == len(leaves) else [*above, leaves[-1]]
    return leaves[0]


def row_path(row: int, rows: int, leaves: Sequence[bytes], stored: bytes) -> list[bytes]:
    """Return the inclusion path of `row` among `rows`.

    `leaves` are the leaf hashes of the row's own 256 rows, `stored` the stored level. Hashes that do not fit
    together are found when the path is verified.
    """
    nodes = [stored[at : at + HASH_BYTES] for at in range(0, len(stored), HASH_BYTES)]
    if len(nodes) != -(-rows // WIDTH) or len(leaves) != min(WIDTH, rows - row // WIDTH * WIDTH):
        raise TamperError(
            "segment.tree-size",
            f"A stored tree level of {len(stored)} bytes does not fit {rows} rows.",
            "Run 'probative record verify'.",
        )
    return [*_path(row % WIDTH, leaves), *_path(row // WIDTH, nodes)]


def _path(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    size = len(hashes)

    def hash_at(level: int, number: int) -> bytes:
        return subtree_root(hashes[number << level : (number + 1) << level])

    return inclusion_proof(index, size, hash_at)
