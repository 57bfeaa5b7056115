"""The Merkle tree against RFC 6962 written out naively, another implementation, and published proofs."""

import base64
import json
import os
from pathlib import Path

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.errors import TamperError, UsageError
from probative.record.proofs.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
    verify_subtree,
)

LEAVES = [leaf_hash(b"%d" % number) for number in range(300)]


def naive_root(leaves):
    """MTH of RFC 6962, section 2.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


def naive_path(index, leaves):
    """PATH of RFC 6962, section 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return [*naive_path(index, leaves[:split]), naive_root(leaves[split:])]
    return [*naive_path(index - split, leaves[split:]), naive_root(leaves[:split])]


def hash_at(level, index):
    """Perfect subtrees of LEAVES."""
    return naive_root(LEAVES[index << level : (index + 1) << level])


sizes = st.integers(min_value=1, max_value=len(LEAVES))


def test_known_roots():
    """The empty tree and the tree of one empty entry have the roots that RFC 6962 implies."""
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root_of([leaf_hash(b"")]).hex() == (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    )


@given(sizes)
def test_frontier_root_is_the_recursive_root(size):
    """A tree grown leaf by leaf has the root that the recursive definition gives."""
    assert naive_root(LEAVES[:size]) == root_of(LEAVES[:size])


@given(sizes, sizes)
def test_frontier_resumes_from_its_bytes(first, second):
    """A frontier written and read back grows to the same root, and a copy does not change the first."""
    frontier = Frontier()
    for leaf in LEAVES[:first]:
        frontier.append(leaf)
    resumed = Frontier.from_bytes(frontier.copy().to_bytes())
    for leaf in LEAVES[first:second]:
        resumed.append(leaf)
    assert naive_root(LEAVES[: max(first, second)]) == resumed.root()
    assert (first, naive_root(LEAVES[:first])) == (frontier.size, frontier.root())


@pytest.mark.parametrize("state", [b"", bytes(7), bytes(9), (3).to_bytes(8, "big") + bytes(32)])
def test_a_damaged_frontier_is_refused(state):
    """Bytes that cannot be a frontier raise TamperError."""
    with pytest.raises(TamperError, match="does not fit"):
        Frontier.from_bytes(state)


@given(sizes, st.data())
def test_inclusion_is_the_recursive_path_and_verifies(size, data):
    """Every leaf's proof is PATH of the standard and leads to the root."""
    index = data.draw(st.integers(min_value=0, max_value=size - 1))
    proof = inclusion_proof(index, size, hash_at)
    assert naive_path(index, LEAVES[:size]) == proof
    verify_inclusion(LEAVES[index], index, size, proof, naive_root(LEAVES[:size]))


@given(sizes, sizes)
def test_consistency_verifies(one, other):
    """Every smaller tree is proved a prefix of every larger one."""
    old, new = sorted((one, other))
    proof = consistency_proof(old, new, hash_at)
    verify_consistency(old, new, naive_root(LEAVES[:old]), naive_root(LEAVES[:new]), proof)


@given(sizes, st.data())
def test_any_change_breaks_inclusion(size, data):
    """One flipped bit in leaf, path or root, or a moved index, and the proof is refused."""
    index = data.draw(st.integers(min_value=0, max_value=size - 1))
    parts = [LEAVES[index], naive_root(LEAVES[:size]), *inclusion_proof(index, size, hash_at)]
    which = data.draw(st.integers(min_value=0, max_value=len(parts) - 1))
    bit = data.draw(st.integers(min_value=0, max_value=255))
    parts[which] = (int.from_bytes(parts[which], "big") ^ (1 << bit)).to_bytes(32, "big")
    with pytest.raises(TamperError):
        verify_inclusion(parts[0], index, size, parts[2:], parts[1])


@given(st.integers(min_value=2, max_value=len(LEAVES)), st.data())
def test_any_change_breaks_consistency(new, data):
    """One flipped bit in a root or the proof, and consistency is refused."""
    old = data.draw(st.integers(min_value=1, max_value=new - 1))
    parts = [naive_root(LEAVES[:old]), naive_root(LEAVES[:new]), *consistency_proof(old, new, hash_at)]
    which = data.draw(st.integers(min_value=0, max_value=len(parts) - 1))
    bit = data.draw(st.integers(min_value=0, max_value=255))
    parts[which] = (int.from_bytes(parts[which], "big") ^ (1 << bit)).to_bytes(32, "big")
    with pytest.raises(TamperError):
        verify_consistency(old, new, parts[0], parts[1], parts[2:])


@given(st.integers(min_value=1, max_value=60), st.data())
def test_pymerkle_agrees(size, data):
    """Another implementation of RFC 9162 computes the same roots and proofs."""
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    entries = [b"%d" % number for number in range(size)]
    for entry in entries:
        tree.append_entry(entry)
    assert tree.get_root() == root_of(leaf_hash(entry) for entry in entries)
    index = data.draw(st.integers(min_value=0, max_value=size - 1))
    theirs = tree.prove_inclusion(index + 1).path
    assert [bytes(item) for item in theirs[1:]] == inclusion_proof(index, size, hash_at)


def test_indexes_outside_are_refused():
    """Proofs for leaves or sizes that do not exist are asked wrongly."""
    for index, size in ((0, 0), (5, 5), (-1, 5)):
        with pytest.raises(UsageError, match="no leaf"):
            inclusion_proof(index, size, hash_at)
    with pytest.raises(UsageError, match="prefix"):
        consistency_proof(6, 5, hash_at)


def test_oversized_proofs_are_refused_before_hashing():
    """A proof longer than any tree could need is refused."""
    with pytest.raises(TamperError, match="at most 64"):
        verify_inclusion(LEAVES[0], 0, 1 << 62, [LEAVES[0]] * 65, LEAVES[0])
    with pytest.raises(TamperError, match="too long"):
        verify_inclusion(LEAVES[0], 0, 1, [LEAVES[0]], LEAVES[0])


def test_two_roots_of_one_size_are_refused():
    """A split view of one size is an inconsistency, also for the empty tree."""
    with pytest.raises(TamperError, match="two roots"):
        verify_consistency(3, 3, LEAVES[0], LEAVES[1], [])
    with pytest.raises(TamperError, match="empty"):
        verify_consistency(0, 3, LEAVES[0], LEAVES[1], [])


def published_cases():
    """The transparency-dev/merkle test cases (Apache-2.0) from the shared test data."""
    folder = os.environ.get("PROBATIVE_TEST_DATA")
    if folder is None:
        pytest.skip("PROBATIVE_TEST_DATA is not set: published Merkle vectors were not run")
    return json.loads(Path(folder, "standards/crypto/merkle_proofs.json").read_bytes())


def run_case(name, case):
    """Verify one published case."""
    proof = [base64.b64decode(item) for item in case["proof"] or []]
    root = {key: base64.b64decode(case[key]) for key in ("root", "root1", "root2", "leafHash") if key in case}
    match name.split("/")[0]:
        case "inclusion":
            verify_inclusion(root["leafHash"], case["leafIdx"], case["treeSize"], proof, root["root"])
        case "consistency":
            verify_consistency(case["size1"], case["size2"], root["root1"], root["root2"], proof)
        case "subtreeinclusion":
            start, size = case["start"], case["end"] - case["start"]
            verify_inclusion(root["leafHash"], case["leafIdx"] - start, size, proof, root["root"])
        case "subtreeconsistency":
            verify_subtree(case["start"], case["end"], case["size"], root["root1"], root["root2"], proof)


def test_published_vectors():
    """All published inclusion, consistency and subtree cases come out as published."""
    wrong = []
    cases = published_cases()
    for name, case in cases.items():
        try:
            run_case(name, case)
            refused = False
        except TamperError:
            refused = True
        if refused != case["wantErr"]:
            wrong.append(name)
    assert (wrong, len(cases)) == ([], 297)
