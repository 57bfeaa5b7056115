"""The ledger: facts in, an RFC 6962 tree over them, facts out.

**Promise**: an appended fact is durable, signed, in order, and never changes; `recorded_at` never goes back;
the head moves only forward, by compare-and-swap, in the transaction that adds the entries.
**Not here**: blobs (`record.recorder`), checkpoints (`record.publisher`), full checks (`record.verify`).
"""

import base64
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from probative.kernel.clock import Clock, format_instant
from probative.kernel.errors import ConflictError, NotFoundError, TamperError, UsageError
from probative.record import statement
from probative.record.facts import Draft, Fact
from probative.record.ports import IndexRow, LedgerStore, LedgerWriter, NodeRow, Query, Signer, StoredHead
from probative.record.proofs import envelope, merkle


class _Stored(msgspec.Struct, frozen=True):
    """The one part of a stored envelope that reading needs; its leaf hash vouches for the bytes."""

    payload: str


_stored = msgspec.json.Decoder(_Stored)
_ID_PREFIX = re.compile(r"[0-9a-f]{8,64}\Z")
TILE_WIDTH = 256


class Head(NamedTuple):
    """How long the ledger is, and the root hash over exactly that much of it."""

    size: int
    root: bytes


class Ledger:
    """Appends and reads facts in a `LedgerStore`, signing with the writer's key."""

    def __init__(self, store: LedgerStore, signer: Signer, clock: Clock) -> None:
        """Keep entries in `store`, sign each with `signer`, stamp each with the time of `clock`."""
        self._store = store
        self._signer = signer
        self._clock = clock

    def head(self) -> Head:
        """Return the committed head; a new ledger has size 0 and the empty root."""
        stored = self._store.head()
        return Head(stored.size, stored.root) if stored else Head(0, merkle.EMPTY_ROOT)

    def append(self, drafts: Sequence[Draft]) -> list[Fact]:
        """Record drafts in one transaction and return their facts; all of them or none.

        A draft whose key is there already returns the first fact if it says the same, else `ConflictError`.
        """
        with self._store.writing() as writer:
            old = self._store.head()
            recorded_at = self._time_after(old.size if old else 0)
            frontier = merkle.Frontier.from_bytes(old.frontier) if old else merkle.Frontier()
            facts: list[Fact] = []
            keyed: dict[str, Fact] = {}
            entries: list[tuple[int, bytes, bytes]] = []
            rows: list[IndexRow] = []
            for draft in drafts:
                if draft.key is not None and (known := keyed.get(draft.key) or self._keyed(draft.key)):
                    facts.append(_same(draft, known))
                    continue
                text = statement.write(draft, recorded_at, frontier.size)
                entry = envelope.sign_envelope(text, self._signer)
                leaf, index = merkle.leaf_hash(entry), frontier.size
                frontier.append(leaf)
                entries.append((index, leaf, entry))
                fact = statement.read(text, index, leaf.hex())
                rows.append(index_row(fact))
                facts.append(fact)
                if fact.key is not None:
                    keyed[fact.key] = fact
            if entries:
                new = StoredHead(frontier.size, frontier.root(), frontier.to_bytes())
                writer.append(old, new, entries)
                writer.index(rows, [])
                grow_nodes(self._store, writer, entries[0][0], new.size)
        return facts

    def facts(self, query: Query) -> Iterator[Fact]:
        """Yield the facts that match `query`, in ledger order."""
        until = query.until
        if until is not None and until > self.head().size:
            raise UsageError(
                "ledger.beyond-head",
                f"The ledger has {self.head().size} entries; there is no state at size {until}.",
                "Give a size that the ledger has reached.",
            )
        for index in self._store.find(query):
            yield self._found(index, query)

    def at(self, index: int) -> Fact:
        """Return the fact at `index`, its leaf hash computed from the stored bytes."""
        entry = self.entry(index)
        return statement.read(payload_of(entry), index, merkle.leaf_hash(entry).hex())

    def by_id(self, fact_id: str) -> Fact:
        """Return a fact by its id, by `#index`, or by a prefix of at least eight hex characters."""
        if fact_id.startswith("#") and fact_id[1:].isdecimal():
            return self.at(int(fact_id[1:]))
        if not _ID_PREFIX.match(fact_id):
            raise UsageError(
                "fact.id-malformed",
                f"'{fact_id[:80]}' is no fact id.",
                "Give 8 to 64 hex characters, or #12.",
            )
        found = list(self._store.find(Query(id_prefix=fact_id)))
        if len(found) != 1:
            count = "no" if not found else str(len(found))
            raise NotFoundError(
                "fact.unknown",
                f"There is {count} fact with id {fact_id}.",
                "List facts: probative record log",
            )
        return self._found(found[0], Query(id_prefix=fact_id))

    def entry(self, index: int) -> bytes:
        """Return the stored envelope at `index`; bytes that do not hash to their leaf are a `TamperError`."""
        for _, leaf, entry in self._store.entries(index, index + 1):
            if merkle.leaf_hash(entry) != leaf:
                raise TamperError(
                    "ledger.leaf",
                    f"Entry {index} does not hash to its leaf.",
                    "Run 'probative record verify'.",
                )
            return entry
        raise NotFoundError(
            "fact.unknown", f"There is no entry {index}.", f"The ledger has {self.head().size} entries."
        )

    def hash_at(self, size: int) -> Callable[[int, int], bytes]:
        """Return `(level, index) -> hash` of the perfect subtrees within the first `size` entries."""

        def hash_of(level: int, index: int) -> bytes:
            if (index + 1) << level > size:
                raise UsageError("ledger.beyond-head", f"Node {level}/{index} is not inside size {size}.", "")
            tile_level, height = divmod(level, 8)
            return merkle.root_of(self._store.nodes(tile_level, index << height, 1 << height))

        return hash_of

    def root_at(self, size: int) -> bytes:
        """Return the root over the first `size` entries, computed from the stored tree.

        A size that the ledger has not reached raises `UsageError`.
        """
        if size > (reached := self.head().size):
            raise UsageError(
                "ledger.beyond-head",
                f"The ledger has {reached} entries; there is no state at size {size}.",
                "Give a size that the ledger has reached.",
            )
        return merkle.root_at(size, self.hash_at(size))

    def _found(self, index: int, query: Query) -> Fact:
        """Return the fact that the index led to for `query`, if it is one: the index is not trusted."""
        fact = self.at(index)
        if not _matches(fact, query):
            raise TamperError(
                "ledger.index",
                f"The index leads to entry {index}, which says something else.",
                "Run 'probative record verify'; 'probative record rebuild' computes the index again.",
            )
        return fact

    def _keyed(self, key: str) -> Fact | None:
        query = Query(key=key)
        return next((self._found(index, query) for index in self._store.find(query)), None)

    def _time_after(self, size: int) -> datetime:
        now = self._clock.now()
        if size and (last := self.at(size - 1).recorded_at) > now:
            late, early = format_instant(last), format_instant(now)
            raise ConflictError(
                "ledger.clock-behind",
                f"The clock says {early}, but the last entry was recorded at {late}.",
                "Set the clock right; time in the record never goes back.",
            )
        return now


def payload_of(entry: bytes) -> bytes:
    """Return the statement inside a stored envelope, without checking its signature (see `record.verify`)."""
    try:
        return base64.b64decode(_stored.decode(entry).payload)
    except (msgspec.MsgspecError, ValueError) as error:
        raise TamperError(
            "ledger.envelope", f"A stored entry is no envelope: {error}.", "Run 'probative record verify'."
        ) from error


def _same(draft: Draft, known: Fact) -> Fact:
    """Return the fact that has the draft's key already, if it says the same."""
    if not statement.same_draft(draft, known):
        raise ConflictError(
            "fact.key-taken",
            f"The key '{draft.key}' belongs to fact {known.index}, which says something else.",
            "Use another key, or correct the record with a new fact.",
        )
    return known


def _matches(fact: Fact, query: Query) -> bool:
    return (
        (not query.kinds or fact.kind in query.kinds)
        and query.subject in (None, *(item.name for item in fact.subjects))
        and query.digest in (None, *(item.sha256 for item in fact.subjects))
        and query.key in (None, fact.key)
        and fact.id.startswith(query.id_prefix or "")
    )


def index_row(fact: Fact) -> IndexRow:
    """Return what the index holds for `fact`."""
    subjects = tuple(sorted({(item.name, item.sha256) for item in fact.subjects}))
    return IndexRow(fact.index, fact.id, fact.kind, fact.key, subjects)


def grow_nodes(store: LedgerStore, writer: LedgerWriter, first: int, size: int) -> None:
    """Add the subtree hashes that became complete when the ledger grew from `first` to `size` entries."""
    level = 0
    while (done := size // TILE_WIDTH) > (begun := first // TILE_WIDTH):
        rows = [
            NodeRow(level + 1, number, merkle.root_of(store.nodes(level, number * TILE_WIDTH, TILE_WIDTH)))
            for number in range(begun, done)
        ]
        writer.index([], rows)
        level, first, size = level + 1, begun, done
