"""The ledger store in one SQLite file: entries, head, and an index that can be dropped.

**Promise**: entries are appended in one durable transaction (WAL, `synchronous=FULL`) that moves the head by
compare-and-swap; triggers refuse UPDATE and DELETE of entries; one writer at a time, bounded wait.
**Not here**: what an entry says (`record`), and hashing.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from probative.kernel.errors import ConflictError, TamperError, UnavailableError
from probative.kernel.limits import LOCK_WAIT_MS_MAX
from probative.record.ports import IndexRow, NodeRow, Query, StoredHead

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
  idx INTEGER PRIMARY KEY, leaf BLOB NOT NULL, envelope BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS head (
  one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, root BLOB NOT NULL,
  frontier BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS fact_index (
  idx INTEGER PRIMARY KEY, id TEXT NOT NULL, kind TEXT NOT NULL, key TEXT UNIQUE) STRICT;
CREATE INDEX IF NOT EXISTS fact_index_id ON fact_index (id);
CREATE INDEX IF NOT EXISTS fact_index_kind ON fact_index (kind, idx);
CREATE TABLE IF NOT EXISTS subject_index (
  name TEXT NOT NULL, idx INTEGER NOT NULL, sha256 TEXT NOT NULL,
  PRIMARY KEY (name, idx, sha256)) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS subject_index_sha256 ON subject_index (sha256, idx);
CREATE TABLE IF NOT EXISTS nodes (
  level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY (level, idx)) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE UPDATE ON entries
  BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER IF NOT EXISTS entries_remain BEFORE DELETE ON entries
  BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
"""

_HINTS = {
    "SQLITE_BUSY": "Another process is writing: wait for it to end, then run the same command again.",
    "SQLITE_READONLY": "Nothing was changed: give yourself the right to write there, or ask its owner.",
    "SQLITE_CANTOPEN": "Check that the folder is there and that you may write in it.",
    "SQLITE_FULL": "Nothing was changed: free some space, then run the same command again.",
    "SQLITE_IOERR": "Nothing was acknowledged: check the disk and its free space, then try again.",
}


class SqliteLedger:
    """A `LedgerStore` in the SQLite file at `path`, created if it is not there."""

    def __init__(self, path: Path, wait_ms_max: int = LOCK_WAIT_MS_MAX) -> None:
        """Open the file; waits for other writers are bounded by `wait_ms_max`."""
        self._path = path
        # One connection serves all threads of a process, one at a time.
        self._turn = threading.RLock()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._translated():
            self._connection = sqlite3.connect(
                path, timeout=wait_ms_max / 1000, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            if not self._connection.execute("SELECT 1 FROM sqlite_master WHERE name='nodes'").fetchone():
                self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file; the last one to close folds the write-ahead log in."""
        self._connection.close()

    def head(self) -> StoredHead | None:
        """Return the stored head, or `None` in a new ledger."""
        with self._translated():
            row = self._connection.execute("SELECT size, root, frontier FROM head").fetchone()
        return StoredHead(size=row[0], root=row[1], frontier=row[2]) if row else None

    @contextlib.contextmanager
    def writing(self) -> Iterator["SqliteWriter"]:
        """Hold the one write transaction; it commits when the block ends and rolls back on any error."""
        with self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield SqliteWriter(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def entries(self, start: int, stop: int) -> Iterator[tuple[int, bytes, bytes]]:
        """Yield `(index, leaf hash, envelope)` of entries `start <= index < stop`, a page at a time."""
        while start < stop:
            with self._translated():
                page = self._connection.execute(
                    "SELECT idx, leaf, envelope FROM entries"
                    " WHERE idx >= ? AND idx < ? ORDER BY idx LIMIT 512",
                    (start, stop),
                ).fetchall()
            if not page:
                return
            yield from page
            start = page[-1][0] + 1

    def find(self, query: Query) -> Iterator[int]:
        """Yield indexes of the entries that match `query`, in ledger order."""
        where, values = _where(query)
        with self._translated():
            # Read at once: a cursor left open would pin the write-ahead log.
            rows = self._connection.execute(
                f"SELECT DISTINCT f.idx FROM fact_index f {where} ORDER BY f.idx",  # noqa: S608  # constants
                values,
            ).fetchall()
        return iter([row[0] for row in rows])

    def index(self, start: int, stop: int) -> tuple[list[IndexRow], list[NodeRow]]:
        """Return the index rows of entries `start <= index < stop`, and the nodes over those entries."""
        with self._translated():
            facts = self._connection.execute(
                "SELECT idx, id, kind, key FROM fact_index WHERE idx >= ? AND idx < ? ORDER BY idx",
                (start, stop),
            ).fetchall()
            subjects: dict[int, list[tuple[str, str]]] = {}
            for name, idx, sha256 in self._connection.execute(
                "SELECT name, idx, sha256 FROM subject_index WHERE idx >= ? AND idx < ?", (start, stop)
            ):
                subjects.setdefault(idx, []).append((name, sha256))
            nodes = self._connection.execute(
                "SELECT level, idx, hash FROM nodes WHERE ((idx + 1) << (8 * level)) > ?"
                " AND ((idx + 1) << (8 * level)) <= ? ORDER BY level, idx",
                (start, stop),
            ).fetchall()
        rows = [
            IndexRow(i, fact_id, kind, key, tuple(sorted(subjects.pop(i, []))))
            for i, fact_id, kind, key in facts
        ]
        # A subject row without its fact row is a contradiction that a caller must see.
        rows += [IndexRow(i, "", "", None, tuple(sorted(found))) for i, found in sorted(subjects.items())]
        return rows, [NodeRow(*node) for node in nodes]

    def nodes(self, level: int, start: int, count: int) -> list[bytes]:
        """Return `count` hashes of perfect subtrees of 256**`level` entries, from number `start`."""
        table = (
            "SELECT leaf FROM entries WHERE" if level == 0 else "SELECT hash FROM nodes WHERE level = ? AND"
        )
        values = (start, start + count) if level == 0 else (level, start, start + count)
        with self._translated():
            rows = self._connection.execute(f"{table} idx >= ? AND idx < ? ORDER BY idx", values).fetchall()
        return [row[0] for row in rows]

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Take turns between threads, and say in our words what SQLite says in its own."""
        try:
            with self._turn:
                yield
        except sqlite3.OperationalError as error:
            raise UnavailableError(
                "ledger.unavailable",
                f"The ledger '{self._path}' cannot be used now: {error}.",
                _hint(getattr(error, "sqlite_errorname", "")),
            ) from error
        except sqlite3.IntegrityError as error:
            raise ConflictError(
                "ledger.conflict",
                f"The ledger '{self._path}' refused the change: {error}.",
                "Read again, then retry.",
            ) from error
        except sqlite3.DatabaseError as error:
            raise TamperError(
                "ledger.damaged",
                f"The ledger file '{self._path}' is damaged: {error}.",
                "Restore it from a backup; published tiles show what is missing.",
            ) from error


class SqliteWriter:
    """What may be done while the write transaction is held."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take the connection that holds the transaction."""
        self._connection = connection

    def append(
        self, old: StoredHead | None, new: StoredHead, entries: Sequence[tuple[int, bytes, bytes]]
    ) -> None:
        """Add entries and move the head from `old` to `new`; a head that is not `old` is a conflict."""
        self._connection.executemany("INSERT INTO entries (idx, leaf, envelope) VALUES (?, ?, ?)", entries)
        if old is None:
            self._connection.execute(
                "INSERT INTO head VALUES (1, ?, ?, ?)", (new.size, new.root, new.frontier)
            )
            return
        moved = self._connection.execute(
            "UPDATE head SET size = ?, root = ?, frontier = ? WHERE size = ? AND root = ?",
            (new.size, new.root, new.frontier, old.size, old.root),
        )
        if moved.rowcount != 1:
            raise ConflictError(
                "ledger.head-moved", f"The head is no longer at size {old.size}.", "Read again, then retry."
            )

    def index(self, rows: Sequence[IndexRow], nodes: Sequence[NodeRow]) -> None:
        """Add index rows and nodes for entries just appended (or read again by a rebuild)."""
        self._connection.executemany(
            "INSERT INTO fact_index (idx, id, kind, key) VALUES (?, ?, ?, ?)",
            [(row.at, row.fact_id, row.kind, row.key) for row in rows],
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO subject_index (name, idx, sha256) VALUES (?, ?, ?)",
            [(name, row.at, sha256) for row in rows for name, sha256 in row.subjects],
        )
        self._connection.executemany("INSERT INTO nodes (level, idx, hash) VALUES (?, ?, ?)", nodes)

    def drop_index(self) -> None:
        """Forget the index; entries and head stay."""
        for table in ("fact_index", "subject_index", "nodes"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608  # names above

    def set_head(self, new: StoredHead) -> None:
        """Put the head that a rebuild computed from the entries."""
        self._connection.execute("DELETE FROM head")
        self._connection.execute("INSERT INTO head VALUES (1, ?, ?, ?)", (new.size, new.root, new.frontier))


def _hint(name: str) -> str:
    """Return what to do about an SQLite error of this name."""
    for begins, hint in _HINTS.items():
        if name.startswith(begins):
            return hint
    return "Nothing was changed; try again."


def _where(query: Query) -> tuple[str, list[object]]:
    joins, parts, values = "", [], []
    if query.subject is not None or query.digest is not None:
        joins = "JOIN subject_index s ON s.idx = f.idx"
    for text, value in (
        ("s.name = ?", query.subject),
        ("s.sha256 = ?", query.digest),
        ("f.key = ?", query.key),
        ("f.id >= ? AND f.id < ? || 'g'", query.id_prefix),
    ):
        if value is not None:
            parts.append(text)
            values += [value] * text.count("?")
    if query.kinds:
        parts.append(f"f.kind IN ({','.join('?' * len(query.kinds))})")
        values += list(query.kinds)
    parts.append("f.idx >= ? AND f.idx < ?")
    bounds: list[object] = [query.since, query.until if query.until is not None else 1 << 62]
    return f"{joins} WHERE {' AND '.join(parts)}", values + bounds
