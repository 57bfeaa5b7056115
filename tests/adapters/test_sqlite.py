"""The SQLite store: one durable transaction at a time, entries that stay, and errors in our words."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from probative.adapters.sqlite import SqliteLedger
from probative.kernel.errors import ConflictError, TamperError, UnavailableError
from probative.record.ports import IndexRow, NodeRow, Query, StoredHead

HEADS = [StoredHead(size, bytes([size]) * 32, b"") for size in range(6)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteLedger]:
    """An empty store that waits a tenth of a second for others."""
    found = SqliteLedger(tmp_path / "ledger.sqlite", wait_ms_max=100)
    yield found
    found.close()


def append(store: SqliteLedger, index: int, old: StoredHead | None = None) -> None:
    """Append one entry with its index row, moving the head from what it is (or from `old`)."""
    row = IndexRow(index, f"{index:02x}" * 32, "t.kind", f"k{index}", (("system/s", "ab" * 32),))
    with store.writing() as writer:
        writer.append(old or store.head(), HEADS[index + 1], [(index, bytes([index]) * 32, b"entry")])
        writer.index([row], [])


def test_what_was_committed_is_there_when_it_is_opened_again(store: SqliteLedger, tmp_path: Path) -> None:
    """Head, entries and index survive the connection."""
    append(store, 0)
    append(store, 1)
    again = SqliteLedger(tmp_path / "ledger.sqlite")
    assert again.head() == HEADS[2]
    assert [index for index, _, _ in again.entries(0, 9)] == [0, 1]
    assert list(again.find(Query(subject="system/s", key="k1"))) == [1]
    again.close()


def test_an_error_in_the_block_leaves_nothing(store: SqliteLedger) -> None:
    """Entries, head and index of the block are rolled back together."""
    append(store, 0)

    def fail_halfway() -> None:
        with store.writing() as writer:
            writer.append(HEADS[1], HEADS[2], [(1, bytes(32), b"entry")])
            writer.index([IndexRow(1, "cd" * 32, "t.kind", None, ())], [])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert (store.head(), list(store.find(Query()))) == (HEADS[1], [0])
    assert list(store.entries(1, 2)) == []


def test_a_head_that_moved_meanwhile_is_a_conflict(store: SqliteLedger) -> None:
    """Whoever read an old head writes nothing. Defence: compare-and-swap in `SqliteWriter.append`."""
    append(store, 0)
    with pytest.raises(ConflictError, match="no longer at size 5"):
        append(store, 1, old=HEADS[5])
    assert (store.head(), [index for index, _, _ in store.entries(0, 9)]) == (HEADS[1], [0])


@pytest.mark.parametrize("change", ["UPDATE entries SET envelope = x'00'", "DELETE FROM entries"])
def test_entries_are_never_changed(store: SqliteLedger, tmp_path: Path, change: str) -> None:
    """The file itself refuses. Defence: the triggers of the schema."""
    append(store, 0)
    raw = sqlite3.connect(tmp_path / "ledger.sqlite")
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        raw.execute(change)
    raw.close()


def test_the_same_place_is_not_taken_twice(store: SqliteLedger) -> None:
    """Two entries for one index, or two facts for one key, are a conflict, not an overwrite."""
    append(store, 0)
    with pytest.raises(ConflictError, match="refused the change"), store.writing() as writer:
        writer.append(store.head(), HEADS[2], [(0, bytes(32), b"other")])
    with pytest.raises(ConflictError, match="refused the change"), store.writing() as writer:
        writer.index([IndexRow(1, "ef" * 32, "t.kind", "k0", ())], [])


def test_a_writer_waits_for_another_and_then_gives_up(store: SqliteLedger, tmp_path: Path) -> None:
    """Bounded wait, status 6, a hint; then it works. Defence: the timeout of the connection."""
    raw = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
    raw.execute("BEGIN IMMEDIATE")
    with pytest.raises(UnavailableError, match="database is locked") as caught:
        append(store, 0)
    assert (caught.value.exit_status, "Another process is writing" in caught.value.hint) == (6, True)
    raw.execute("ROLLBACK")
    raw.close()
    append(store, 0)


def test_threads_of_one_process_take_turns(store: SqliteLedger) -> None:
    """Nobody sees half of another thread's transaction, and all of them succeed."""
    failures: list[BaseException] = []
    turn = threading.Lock()

    def work() -> None:
        try:
            with turn:
                head = store.head()
                append(store, head.size if head else 0)
            assert len(list(store.find(Query(subject="system/s")))) >= 1
        except BaseException as error:  # noqa: BLE001  # whatever it is, the test must see it
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (failures, store.head()) == ([], HEADS[5])


def test_index_rows_without_an_entry_are_shown(store: SqliteLedger, tmp_path: Path) -> None:
    """A stray row of the index is returned, so that a verification can name it."""
    append(store, 0)
    raw = sqlite3.connect(tmp_path / "ledger.sqlite")
    raw.execute("INSERT INTO subject_index VALUES ('system/stray', 7, 'aa')")
    raw.execute("INSERT INTO nodes VALUES (1, 0, x'00')")
    raw.commit()
    raw.close()
    rows, nodes = store.index(0, 1 << 62)
    assert [(row.at, row.kind) for row in rows] == [(0, "t.kind"), (7, "")]
    assert nodes == [NodeRow(1, 0, b"\x00")]


def test_a_file_that_is_no_database_is_damage(tmp_path: Path) -> None:
    """Status 7, the path, and where to look; never a traceback of SQLite's."""
    (tmp_path / "ledger.sqlite").write_bytes(b"no database" * 400)
    with pytest.raises(TamperError, match=r"ledger\.sqlite' is damaged") as caught:
        SqliteLedger(tmp_path / "ledger.sqlite")
    assert "published tiles" in caught.value.hint


def test_a_folder_in_the_files_place_is_unavailable(tmp_path: Path) -> None:
    """What cannot be opened is the world's failure, with a hint to look at the folder."""
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(UnavailableError, match="cannot be used now") as caught:
        SqliteLedger(tmp_path / "ledger.sqlite")
    assert "folder" in caught.value.hint


def test_durability_is_switched_on(store: SqliteLedger) -> None:
    """WAL with a full fsync at every commit: without them an acknowledgement would promise too much."""
    found = [
        store._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
    ]
    assert found == ["wal", 2]
