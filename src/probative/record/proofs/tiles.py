"""Tiles (C2SP tlog-tiles v0.1.0): the Merkle tree and its entries as plain files.

**Promise**: paths, widths and bundles exactly as the standard lays them out; `HashReader` turns tiles into
the `hash_at` that proofs need.
**Not here**: reading and writing the files (adapters), and the checkpoint (`record.proofs.checkpoint`).
"""

import re
from collections.abc import Callable, Iterable, Iterator

import msgspec

from probative.kernel.errors import TamperError, UsageError
from probative.kernel.limits import ENTRY_BYTES_MAX
from probative.record.proofs.merkle import HASH_BYTES, root_of

TILE_WIDTH = 256
LEVEL_MAX = 63
_HEIGHT = 8
_CACHED_TILES_MAX = 64
_PATH = re.compile(r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d{0,2}))?\Z", re.ASCII)


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """The name of a tile: `level` (`None` for a bundle of entries), `index` in its level, `width` in hashes.

    >>> Tile(level=0, index=1234067).path
    'tile/0/x001/x234/067'
    >>> Tile(level=None, index=5, width=16).path
    'tile/entries/005.p/16'
    """

    level: int | None
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """The file's path below the log's prefix."""
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([f"x{part}" for part in parts[:-1]] + parts[-1:])
        suffix = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{'entries' if self.level is None else self.level}/{number}{suffix}"


def parse_tile_path(path: str) -> Tile:
    """Read a tile's path; a path that no tile has raises `UsageError`.

    >>> parse_tile_path("tile/0/x001/x234/067") == Tile(level=0, index=1234067)
    True
    """
    match = _PATH.match(path)
    if match:
        level = None if match[1] == "entries" else int(match[1])
        width = TILE_WIDTH if match[3] is None else int(match[3])
        tile = Tile(level=level, index=int(match[2].replace("x", "").replace("/", "")), width=width)
        if tile.path == path and tile.width <= TILE_WIDTH and (level or 0) <= LEVEL_MAX and len(path) <= 80:
            return tile
    raise UsageError("tile.path", f"'{path[:80]}' is not the path of a tile.", "Write it as tile/0/x001/234.")


def tiles_between(old: int, new: int) -> Iterator[Tile]:
    """Yield the tiles that must be written when a tree grows from `old` to `new` leaves, lowest level first.

    Write bundles and tiles before the checkpoint that needs them.

    >>> [tile.path for tile in tiles_between(255, 257)]
    ['tile/0/000', 'tile/0/001.p/1', 'tile/1/000.p/1']
    """
    level = 0
    while new > old and new > 0:
        yield from _row(level, old, new)
        level += 1
        old, new = old >> _HEIGHT, new >> _HEIGHT


def bundles_between(old: int, new: int) -> Iterator[Tile]:
    """Yield the entry bundles that must be written when a log grows from `old` to `new` entries.

    >>> [tile.path for tile in bundles_between(0, 300)]
    ['tile/entries/000', 'tile/entries/001.p/44']
    """
    if new > old:
        yield from _row(None, old, new)


def tile_range(tile: Tile) -> tuple[int, int, int]:
    """Return which hashes a tile holds: `(level, first, after)` in the numbering of `hash_at`."""
    first = tile.index * TILE_WIDTH
    return (tile.level or 0) * _HEIGHT, first, first + tile.width


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Join entries, each after its length in two big-endian bytes; one over 65,535 bytes raises `UsageError`.

    >>> encode_bundle([b"ab", b""])
    b'\\x00\\x02ab\\x00\\x00'
    """
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > ENTRY_BYTES_MAX:
            raise UsageError(
                "tile.entry-too-large",
                f"An entry has {len(entry)} bytes; a bundle carries at most {ENTRY_BYTES_MAX}.",
                "Put the large part in a blob.",
            )
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """Take a bundle of exactly `width` entries apart; any other number or length raises `TamperError`."""
    entries: list[bytes] = []
    at = 0
    while at < len(data) and len(entries) <= width:
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        entries.append(data[at + 2 : end])
        at = end
    if at != len(data) or len(entries) != width:
        raise TamperError(
            "tile.bundle-damaged",
            f"An entry bundle of {len(data)} bytes does not hold exactly {width} entries.",
            "Publish it again from the ledger.",
        )
    return entries


class HashReader:
    """A `hash_at` over the tiles of a tree of `size` leaves; call it with a level and an index.

    `read` fetches one tile's bytes by name. A tile of another length raises `TamperError`; its content is
    only as good as the proof that is checked with it. A few tiles are kept for the next call.
    """

    def __init__(self, size: int, read: Callable[[Tile], bytes]) -> None:
        """Look at the tree of `size` leaves through `read`."""
        self._size = size
        self._read = read
        self._kept: dict[Tile, bytes] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """Return the root of the perfect subtree `index` at `level` (see `merkle.HashAt`)."""
        tile_level, height = divmod(level, _HEIGHT)
        first, span = index << height, 1 << height
        tile_index, offset = divmod(first, TILE_WIDTH)
        stored = (self._size >> (_HEIGHT * tile_level)) - tile_index * TILE_WIDTH
        data = self._tile(Tile(level=tile_level, index=tile_index, width=min(stored, TILE_WIDTH)))
        leaves = range(offset * HASH_BYTES, (offset + span) * HASH_BYTES, HASH_BYTES)
        return root_of(data[at : at + HASH_BYTES] for at in leaves)

    def _tile(self, tile: Tile) -> bytes:
        kept = self._kept.get(tile)
        if kept is not None:
            return kept
        data = self._read(tile)
        if len(data) != tile.width * HASH_BYTES:
            raise TamperError(
                "tile.damaged",
                f"Tile '{tile.path}' has {len(data)} bytes, not {tile.width * HASH_BYTES}.",
                "Publish it again from the ledger.",
            )
        if len(self._kept) >= _CACHED_TILES_MAX:
            self._kept.pop(next(iter(self._kept)))
        self._kept[tile] = data
        return data


def _row(level: int | None, old: int, new: int) -> Iterator[Tile]:
    """Yield the tiles of one level, from the one that was last touched up to the new end."""
    for index in range(old // TILE_WIDTH, -(-new // TILE_WIDTH)):
        yield Tile(level=level, index=index, width=min(new - index * TILE_WIDTH, TILE_WIDTH))
