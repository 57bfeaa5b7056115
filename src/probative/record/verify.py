"""Full verification: every entry, the index, the head, the published trees and the blobs, recomputed.

**Promise**: one pass in bounded memory; always a full verdict, with each bad place named in order; nothing is
taken from the index to judge the entries.
**Not here**: how decision segments are checked (`record.decisions`), packages (`prove`), repairing anything.
"""

import base64
from collections.abc import Callable, Iterator

import msgspec

from probative.kernel.errors import NotFoundError, ProbativeError, TamperError, UnavailableError
from probative.record import statement
from probative.record.facts import Fact, LedgerOpened, kinds
from probative.record.ledger import TILE_WIDTH, index_row, payload_of
from probative.record.ports import BlobStore, IndexRow, LedgerStore, NodeRow, TreeStore
from probative.record.problem import Problem
from probative.record.proofs import merkle, tiles
from probative.record.proofs.checkpoint import Checkpoint, verify_checkpoint
from probative.record.proofs.envelope import verify_envelope
from probative.record.proofs.note import parse_verifier_key
from probative.record.proofs.trust import TrustFile
from probative.record.publisher import CHECKPOINT, tile_bytes
from probative.record.recorder import Recorder

Progress = Callable[[str, int], None]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was checked and what was wrong. `issuer` is the trusted origin, `None` if nobody is trusted."""

    entries: int
    tiles: int
    blobs: int
    segments: int = 0
    decisions: int = 0
    issuer: str | None
    problems: tuple[Problem, ...]

    @property
    def exit_status(self) -> int:
        """0 all good, 7 contradicted, 8 consistent but the issuer is unknown."""
        if self.problems:
            return TamperError.exit_status
        return 0 if self.issuer else 8


def with_decisions(
    report: Report, recorder: Recorder, check: Callable[[], list[Problem]], progress: Progress | None = None
) -> Report:
    """Return `report` with the decision log in it: what its manifests say there is, and what `check` finds.

    A decision log that cannot even be followed, because entries that describe it are damaged, is a problem.
    """
    (progress or _silent)("decision log", report.entries)
    manifests: list[Fact] = []
    try:
        manifests += recorder.facts(kind="record.segment-sealed")
        problems = check()
    except UnavailableError:
        raise
    except ProbativeError as error:
        problems = [_bad("decision log", error.code, f"it cannot be followed: {error}")]
    decided = [fact.body["rows"] for fact in manifests if fact.body["stream"] == "decisions"]
    return msgspec.structs.replace(
        report,
        segments=len(manifests),
        decisions=sum(decided),
        problems=(*report.problems, *problems),
    )


class Stores(msgspec.Struct, frozen=True, kw_only=True):
    """The places a verification reads."""

    ledger: LedgerStore
    blobs: BlobStore
    public: TreeStore
    bundles: TreeStore


def verify(stores: Stores, trust: TrustFile | None, progress: Progress | None = None) -> Report:
    """Check everything that `stores` hold against itself and, with `trust`, against its issuer's keys.

    Without `trust` the keys that the first entry names are used: that shows consistency, not the issuer.
    `progress` is told what is being checked and how many were done.
    """
    say = progress or _silent
    walk = _Walk(stores.ledger, trust)
    problems = list(walk.problems(say))
    problems += _check_head(stores.ledger, walk.frontier)
    tiles_read, found = _check_trees(stores, walk.size, trust, say)
    problems += found
    blobs_read, found = _check_blobs(stores.blobs, walk.named, say)
    problems += found
    return Report(
        entries=walk.size,
        tiles=tiles_read,
        blobs=blobs_read,
        issuer=trust.origin if trust else None,
        problems=tuple(problems),
    )


class _Walk:
    """One pass over the entries, a page of 256 at a time."""

    def __init__(self, store: LedgerStore, trust: TrustFile | None) -> None:
        self._store = store
        self._trust = trust
        self._last: Fact | None = None
        self._keys: set[str] = set()
        self._levels: list[list[bytes]] = [[]]
        self._writers: dict[str, bytes] = {}
        self.frontier = merkle.Frontier()
        self.named: dict[str, int] = {}

    @property
    def size(self) -> int:
        return self.frontier.size

    def problems(self, say: Progress) -> Iterator[Problem]:
        """Yield what is wrong with entries and index rows, in ledger order."""
        last, start = -1, 0
        while True:
            page = list(self._store.entries(start, start + TILE_WIDTH))
            rows: list[IndexRow] = []
            nodes: list[NodeRow] = []
            for index, leaf, entry in page:
                if index != last + 1:
                    yield _bad(f"entry {last + 1}", "continuity", f"it is missing; entry {index} follows")
                last = index
                yield from self._entry(index, leaf, entry, rows, nodes)
            stop = start + TILE_WIDTH if len(page) == TILE_WIDTH else 1 << 62
            yield from self._index(start, stop, rows, nodes)
            say("entries", self.size)
            if len(page) < TILE_WIDTH:
                return
            start += TILE_WIDTH

    def _entry(
        self, index: int, leaf: bytes, entry: bytes, rows: list[IndexRow], nodes: list[NodeRow]
    ) -> Iterator[Problem]:
        place, computed = f"entry {index}", merkle.leaf_hash(entry)
        self.frontier.append(computed)
        nodes += self._grow(computed)
        if computed != leaf:
            yield _bad(place, "leaf hash", f"the envelope hashes to {computed.hex()}, stored is {leaf.hex()}")
        try:
            fact = statement.read(self._payload(index, entry), index, computed.hex())
        except ProbativeError as error:
            yield _bad(place, "signature", str(error))
            return
        if self._last and fact.recorded_at < self._last.recorded_at:
            yield _bad(place, "time", "it was recorded before the entry that precedes it")
        if fact.key is not None and fact.key in self._keys:
            yield _bad(place, "key", f"the key '{fact.key}' was used before")
        self._keys.update({fact.key} if fact.key else ())
        self._last = fact
        self.named.update(dict.fromkeys(blobs_of(fact), index))
        rows.append(index_row(fact))

    def _payload(self, index: int, entry: bytes) -> bytes:
        """Return the signed statement of an entry, its signature checked."""
        if self._trust:
            return verify_envelope(entry, self._trust.writers(index)).payload
        if index == 0:
            opened = statement.read(payload_of(entry), 0, "").read(LedgerOpened)
            self._writers = {opened.writer_key_id: base64.b64decode(opened.writer_key)}
        return verify_envelope(entry, self._writers).payload

    def _grow(self, leaf: bytes) -> list[NodeRow]:
        """Return the subtree hashes that this leaf completes."""
        rows: list[NodeRow] = []
        level, item = 0, leaf
        while True:
            self._levels[level].append(item)
            if len(self._levels[level]) < TILE_WIDTH:
                return rows
            item = merkle.root_of(self._levels[level])
            self._levels[level] = []
            level += 1
            if level == len(self._levels):
                self._levels.append([])
            rows.append(NodeRow(level, (self.size >> (8 * level)) - 1, item))

    def _index(self, start: int, stop: int, rows: list[IndexRow], nodes: list[NodeRow]) -> Iterator[Problem]:
        stored_rows, stored_nodes = self._store.index(start, stop)
        have, want = {row.at: row for row in stored_rows}, {row.at: row for row in rows}
        for at in sorted(have.keys() | want.keys()):
            if have.get(at) != want.get(at):
                yield _bad(f"index row {at}", "index", "it is not what the entry says")
        for level, number in sorted({node[:2] for node in set(stored_nodes) ^ set(nodes)}):
            yield _bad(f"tree node {level}/{number}", "index", "it is not what the entries hash to")


def blobs_of(fact: Fact) -> list[str]:
    """Return the digests of the blobs that `fact` names, as its kind declares them."""
    body = kinds().get((fact.kind, fact.version))
    values = [fact.body.get(name) for name in body.blobs] if body else []
    return [value for value in values if isinstance(value, str)]


def _check_head(store: LedgerStore, frontier: merkle.Frontier) -> Iterator[Problem]:
    head = store.head()
    if head is None:
        yield _bad("head", "head", "the ledger has none: nothing was ever recorded here")
    elif (head.size, head.root) != (frontier.size, frontier.root()):
        yield _bad(
            "head",
            "head",
            f"it says {head.size} entries with root {head.root.hex()}; "
            f"the entries give {frontier.size} with root {frontier.root().hex()}",
        )
    elif head.frontier != frontier.to_bytes():
        yield _bad("head", "frontier", "the stored frontier does not fold to the root")


def _check_trees(
    stores: Stores, size: int, trust: TrustFile | None, say: Progress
) -> tuple[int, list[Problem]]:
    """Check the checkpoint, then every published file against the entries."""
    problems: list[Problem] = []
    count = 0
    missing: set[str] = set()
    note = stores.public.read(CHECKPOINT)
    if note is not None:
        count += 1
        try:
            checkpoint = _trusted(stores, note, trust)
        except ProbativeError as error:
            problems.append(_bad("checkpoint", "signature", str(error)))
        else:
            problems += _check_note(stores, checkpoint, size)
            missing = {tile.path for tile in _covered(checkpoint.size)}
    reader = tiles.HashReader(size, lambda tile: b"".join(_leaves(stores.ledger, tile)))
    for tree in (stores.public, stores.bundles):
        for path in tree.paths():
            if path == CHECKPOINT:
                continue
            count += 1
            say("tiles", count)
            missing.discard(path)
            problems += _check_file(stores, tree, path, reader)
    problems += [
        _bad(f"published {path}", "presence", "the checkpoint covers it, but it is not here")
        for path in sorted(missing)
    ]
    return count, problems


def _covered(size: int) -> Iterator[tiles.Tile]:
    """Yield the published files that a checkpoint over `size` entries needs."""
    yield from tiles.tiles_between(0, size)
    yield from tiles.bundles_between(0, size)


def _trusted(stores: Stores, note: bytes, trust: TrustFile | None) -> Checkpoint:
    """Return the checkpoint in `note`, signed by the trusted issuer or by the one that the ledger names."""
    if trust:
        return verify_checkpoint(note, trust.origin, trust.verifier_keys())
    opened = _opened(stores.ledger)
    return verify_checkpoint(note, opened.origin, (parse_verifier_key(opened.log_key),))


def _check_note(stores: Stores, checkpoint: Checkpoint, size: int) -> Iterator[Problem]:
    if checkpoint.size > size:
        yield _bad("checkpoint", "rollback", f"it covers {checkpoint.size} entries, the ledger has {size}")
        return
    leaves = (merkle.leaf_hash(entry) for _, _, entry in stores.ledger.entries(0, checkpoint.size))
    if merkle.root_of(leaves) != checkpoint.root:
        yield _bad("checkpoint", "root", f"the first {checkpoint.size} entries have another root")


def _check_file(stores: Stores, tree: TreeStore, path: str, reader: merkle.HashAt) -> Iterator[Problem]:
    data = tree.read(path)
    try:
        tile = tiles.parse_tile_path(path)
        if tile.level is None:
            _, first, after = tiles.tile_range(tile)
            expected = tiles.encode_bundle(entry for _, _, entry in stores.ledger.entries(first, after))
        else:
            expected = tile_bytes(tile, reader)
    except ProbativeError as error:
        yield _bad(f"published {path}", "place", str(error))
        return
    if data != expected:
        yield _bad(f"published {path}", "content", "it is not what the entries give")


def _check_blobs(blobs: BlobStore, named: dict[str, int], say: Progress) -> tuple[int, list[Problem]]:
    problems = [_bad(place, "digest", detail) for place, detail in blobs.problems()]
    present = set(blobs.names())
    say("blobs", len(present))
    problems += [
        _bad(f"blob {digest}", "presence", f"entry {index} names it, but it is not here")
        for digest, index in named.items()
        if digest not in present
    ]
    return len(present), problems


def _leaves(store: LedgerStore, tile: tiles.Tile) -> Iterator[bytes]:
    """Yield the hashes of a tile, computed from the entries alone."""
    level, first, after = tiles.tile_range(tile)
    for number in range(first, after):
        start = number << level
        yield merkle.root_of(
            merkle.leaf_hash(entry) for _, _, entry in store.entries(start, start + (1 << level))
        )


def _opened(store: LedgerStore) -> LedgerOpened:
    for _, _, entry in store.entries(0, 1):
        return statement.read(payload_of(entry), 0, "").read(LedgerOpened)
    raise NotFoundError("ledger.empty", "The ledger has no entry.", "probative record init")


def _silent(_what: str, _count: int) -> None:
    """Tell nobody about progress."""


def _bad(place: str, check: str, detail: str) -> Problem:
    return Problem(place=place, check=check, detail=detail)
