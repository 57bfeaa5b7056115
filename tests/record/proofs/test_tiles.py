"""Tiles: paths and widths as C2SP tlog-tiles has them, and proofs read back from tiles alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.errors import TamperError, UsageError
from probative.record.proofs.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from probative.record.proofs.tiles import (
    HashReader,
    Tile,
    bundles_between,
    decode_bundle,
    encode_bundle,
    parse_tile_path,
    tile_range,
    tiles_between,
)

LEAVES = [leaf_hash(b"%d" % number) for number in range(1200)]


def hash_at(level, index):
    """Perfect subtrees of LEAVES."""
    return root_of(LEAVES[index << level : (index + 1) << level])


def publish(tiles, tree):
    """Write the tiles of a grown tree into `tree`."""
    for tile in tiles:
        level, first, after = tile_range(tile)
        tree[tile.path] = b"".join(hash_at(level, index) for index in range(first, after))


def test_the_standards_example_tree():
    """A tree of 70,000 leaves has the tiles that the standard lists for it; one of 256 has two."""
    tiles = list(tiles_between(0, 70_000))
    partial = [(t.level, t.width) for t in tiles if t.width < 256]
    assert partial == [(0, 112), (1, 17), (2, 1)]
    assert [sum(t.level == level and t.width == 256 for t in tiles) for level in (0, 1, 2)] == [273, 1, 0]
    assert [tile.path for tile in tiles_between(0, 256)] == ["tile/0/000", "tile/1/000.p/1"]


@given(
    st.one_of(st.none(), st.integers(min_value=0, max_value=63)),
    st.integers(min_value=0, max_value=(1 << 63) - 1),
    st.integers(min_value=1, max_value=256),
)
def test_paths_are_read_back(level, index, width):
    """Every tile's path names that tile and no other."""
    tile = Tile(level=level, index=index, width=width)
    assert tile == parse_tile_path(tile.path)


@pytest.mark.parametrize(
    "path",
    [
        "tile/64/000",
        "tile/00/000",
        "tile/0/0",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/999",
        "tile/-1/000",
        "tile/0/../000",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/entries/0٠0",
        "tile/0/" + "x123/" * 40 + "123",
    ],
)
def test_paths_of_no_tile_are_refused(path):
    """Second spellings and path tricks are refused."""
    with pytest.raises(UsageError, match="not the path of a tile"):
        parse_tile_path(path)


@given(st.lists(st.integers(min_value=1, max_value=1200), min_size=1, max_size=4), st.data())
def test_proofs_come_from_tiles_alone(grown, data):
    """A tree published in any steps gives proofs that verify, reading nothing but tiles."""
    tree, old = {}, 0
    for size in sorted(grown):
        publish(tiles_between(old, size), tree)
        old = size
    size = old
    reader = HashReader(size, lambda tile: tree[tile.path])
    root = root_of(LEAVES[:size])
    index = data.draw(st.integers(min_value=0, max_value=size - 1))
    verify_inclusion(LEAVES[index], index, size, inclusion_proof(index, size, reader), root)
    smaller = data.draw(st.integers(min_value=1, max_value=size))
    proof = consistency_proof(smaller, size, reader)
    verify_consistency(smaller, size, root_of(LEAVES[:smaller]), root, proof)


def test_a_tile_of_another_length_is_refused():
    """A truncated tile is noticed when it is read."""
    reader = HashReader(300, lambda tile: bytes(31))
    with pytest.raises(TamperError, match=r"tile/0/001\.p/44"):
        reader(0, 299)


def test_many_tiles_are_read_with_bounded_memory():
    """The reader forgets old tiles instead of growing."""
    reads = []

    def read(tile):
        reads.append(tile)
        return bytes(tile.width * 32)

    reader = HashReader(256 * 100, read)
    for index in range(100):
        reader(0, index * 256)
    reader(0, 99 * 256)
    reader(0, 0)
    assert (101, Tile(level=0, index=0)) == (len(reads), reads[-1])


def test_bundles_between_are_the_ones_touched():
    """Growing rewrites the bundle that was partial and adds the new ones."""
    paths = [tile.path for tile in bundles_between(300, 520)]
    assert paths == ["tile/entries/001", "tile/entries/002.p/8"]
    assert [] == list(bundles_between(300, 300)) == list(tiles_between(300, 300))


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_come_back(entries):
    """What is bundled is taken apart again; any other number of entries is refused."""
    data = encode_bundle(entries)
    assert entries == decode_bundle(data, len(entries))
    with pytest.raises(TamperError, match="entry bundle"):
        decode_bundle(data, len(entries) + 1)
    with pytest.raises(TamperError, match="entry bundle"):
        decode_bundle(data + b"\x00", len(entries))


def test_entries_that_do_not_fit_are_refused():
    """A bundle's length prefix has two bytes."""
    assert len(encode_bundle([bytes(65_535)])) == 65_537
    with pytest.raises(UsageError, match="65536 bytes"):
        encode_bundle([bytes(65_536)])
