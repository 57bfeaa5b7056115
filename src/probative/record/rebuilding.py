"""Rebuilding: everything but the entries is dropped and computed again from them.

**Promise**: one transaction; after it the index is what the entries say; the entries are only read.
**Not here**: judging the entries (`record.verify`).
"""

from probative.kernel.errors import TamperError
from probative.record import statement
from probative.record.ledger import grow_nodes, index_row, payload_of
from probative.record.ports import LedgerStore, StoredHead
from probative.record.proofs import merkle

_PAGE = 1024


def rebuild(store: LedgerStore) -> int:
    """Rebuild the index and the head's frontier; return the number of entries read."""
    with store.writing() as writer:
        old = store.head()
        writer.drop_index()
        frontier = merkle.Frontier()
        rows = []
        for index, _, entry in store.entries(0, 1 << 62):
            leaf = merkle.leaf_hash(entry)
            frontier.append(leaf)
            rows.append(index_row(statement.read(payload_of(entry), index, leaf.hex())))
            if len(rows) == _PAGE:
                writer.index(rows, [])
                rows = []
        writer.index(rows, [])
        new = StoredHead(frontier.size, frontier.root(), frontier.to_bytes())
        if old is not None and (old.size, old.root) != (new.size, new.root):
            raise TamperError(
                "ledger.head",
                f"The head says {old.size} entries with root {old.root.hex()}, "
                f"the entries give {new.size} with root {new.root.hex()}.",
                "Run 'probative record verify' to find the first bad entry.",
            )
        if new.size:
            grow_nodes(store, writer, 0, new.size)
            writer.set_head(new)
    return new.size
