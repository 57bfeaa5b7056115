"""The tree of a segment agrees with RFC 6962 as `record.proofs.merkle` has it, however the rows come in."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.errors import TamperError
from probative.record.decisions.segment.tree import RowTree, row_path, subtree_root
from probative.record.proofs.merkle import root_of, verify_inclusion


def leaves(count):
    """Return distinct leaf hashes."""
    return [hashlib.sha256(n.to_bytes(4, "big")).digest() for n in range(count)]


@given(st.lists(st.integers(0, 300), max_size=8))
def test_root_does_not_depend_on_batches(sizes):
    """Batches of any size give the root over all rows, at every step."""
    every, tree = leaves(sum(sizes)), RowTree()
    for size in sizes:
        tree.extend(every[len(tree) : len(tree) + size])
        assert tree.root() == root_of(every[: len(tree)])
    assert len(tree.stored()) == 32 * -(-len(every) // 256)


@given(st.integers(1, 1500).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))))
def test_paths_verify(case):
    """A path from the stored level and the row's own 256 leaves proves the row."""
    rows, row = case
    every, tree = leaves(rows), RowTree()
    tree.extend(every)
    first = row // 256 * 256
    path = row_path(row, rows, every[first : first + 256], tree.stored())
    verify_inclusion(every[row], row, rows, path, tree.root())


def test_a_level_of_another_size_is_refused():
    """A stored level that does not fit the number of rows is tampering, not an index error."""
    every, tree = leaves(600), RowTree()
    tree.extend(every)
    for stored, own in ((tree.stored()[:-32], every[:256]), (tree.stored(), every[:255])):
        with pytest.raises(TamperError):
            row_path(3, 600, own, stored)


def test_subtree_root_of_nothing():
    """No leaves have the empty root."""
    assert subtree_root([]) == root_of([])
