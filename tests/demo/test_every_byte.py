"""One changed byte anywhere in the demo's record is found, and the verdict names the place.

Defences: the leaf and signature checks of `record.verify._Walk` (ledger rows), its comparison with the
stored index (index rows), `_check_file` and `_check_note` (tiles, bundles, checkpoint), `FileBlobs.problems`
(blobs), the digests in `record.decisions.verify` (segments) and the hash chain of the frames (journals).
"""

import base64
import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from probative.cli import call
from probative.kernel.ids import uuid7
from probative.record.proofs.merkle import Frontier, leaf_hash
from probative.record.verify import Report
from probative.testing import fresh_workspace
from probative.workspace import Workspace

CELLS = {
    "entries": ("leaf", "envelope"),
    "fact_index": ("id", "kind", "key"),
    "subject_index": ("name", "sha256"),
}
FOLDERS = ("blobs", "entries", "journal", "private", "protected", "public", "segments")
ROUNDS = 3
CELLS_A_ROUND = 60

Restore = Callable[[], None]


def test_a_changed_byte_in_any_file_is_found_and_located(workspace_copy: Path) -> None:
    """Every file of the record, each with one bit turned at another place every round, is named."""
    leave_a_segment_open(workspace_copy)
    workspace = Workspace.open(workspace_copy)
    chance = random.Random(20261121)
    places = 0
    for _ in range(ROUNDS):
        files = list(record_files(workspace_copy))
        originals = {path: flip_file(path, chance) for path in files}
        report = workspace.verify()
        lost = [path for path in files if not named(report, path, workspace_copy)]
        assert (report.exit_status, lost) == (7, [])
        restore(originals)
        places += len(files)
    assert places >= 300
    assert {path.relative_to(workspace_copy / "record").parts[0] for path in files} == set(FOLDERS)
    assert workspace.verify().problems == ()


def test_a_changed_byte_in_any_row_is_found_and_located(workspace_copy: Path) -> None:
    """Cells of the ledger and its index, spread over all rows, each with one bit turned."""
    workspace = Workspace.open(workspace_copy)
    chance = random.Random(20261121)
    places = 0
    for _ in range(ROUNDS):
        put_back, rows = flip_cells(workspace_copy, chance)
        report = workspace.verify()
        told = {problem.place for problem in report.problems}
        lost = [row for row in rows if not told & {f"entry {row}", f"index row {row}"}]
        assert (report.exit_status, lost) == (7, [])
        put_back()
        places += len(rows)
    assert places >= 150
    assert workspace.verify().problems == ()


@pytest.mark.parametrize("folder", FOLDERS)
def test_one_changed_byte_alone_is_enough(
    workspace_copy: Path, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A single bit in a single file of each folder: `record verify` ends with 7 and shows that file."""
    leave_a_segment_open(workspace_copy)
    chance = random.Random(folder)
    path = chance.choice([path for path in record_files(workspace_copy) if folder in path.parts])
    flip_file(path, chance)
    capsys.readouterr()
    assert call(["-w", str(workspace_copy), "record", "verify"]) == 7
    shown = capsys.readouterr().out.splitlines()
    assert any(line.startswith("BAD") and tail(path, workspace_copy) in line for line in shown), shown
    assert shown[-1].startswith("contradicted: ")


@pytest.mark.parametrize(("table", "cell"), [("head", "root"), ("head", "frontier"), ("nodes", "hash")])
def test_one_changed_byte_in_what_is_computed_is_found(workspace_copy: Path, table: str, cell: str) -> None:
    """The stored head and the stored tree are compared with what the entries give."""
    with sqlite3.connect(workspace_copy / "record/ledger.sqlite") as raw:
        (value,) = raw.execute(f"SELECT {cell} FROM {table}").fetchone()
        raw.execute(f"UPDATE {table} SET {cell} = ?", (flipped(value, random.Random(1)),))
    raw.close()
    problems = Workspace.open(workspace_copy).verify().problems
    assert [problem.place for problem in problems] == ["head" if table == "head" else "tree node 1/0"]


def test_a_history_that_was_rewritten_in_itself_is_refused(workspace_copy: Path) -> None:
    """An entry changed, and leaf, head, index and published files computed anew: its signature is still ours.

    Defence: `verify_envelope` in `record.verify`; every hash agrees here.
    """
    record = workspace_copy / "record"
    for name in ("public", "entries"):
        shutil.rmtree(record / name)
    workspace = Workspace.open(workspace_copy)
    victim = next(workspace.recorder.facts(kind="gate.waiver-granted"))
    envelope = json.loads(workspace.recorder.entry(victim.index))
    statement = base64.b64decode(envelope["payload"])
    forged = statement.replace(b"Two groups are too small", b"All groups are very good")
    assert forged != statement
    rewrite(
        record / "ledger.sqlite", victim.index, {**envelope, "payload": base64.b64encode(forged).decode()}
    )
    rewritten = Workspace.open(workspace_copy)
    rewritten.rebuild()
    rewritten.recorder.checkpoint()
    first, *rest = rewritten.verify().problems
    assert (first.place, first.check) == (f"entry {victim.index}", "signature")
    assert [problem.place for problem in rest] == [f"index row {victim.index}"]


def test_entries_in_another_order_are_refused(workspace_copy: Path) -> None:
    """Two entries swapped and the head computed anew: each says where it was written, and so do the tiles.

    Defences: the index inside the signed statement (`statement.read`), and the published checkpoint.
    """
    raw = sqlite3.connect(workspace_copy / "record/ledger.sqlite", isolation_level=None)
    raw.execute("DROP TRIGGER entries_stay")
    for old, new in ((5, -1), (6, 5), (-1, 6)):
        raw.execute("UPDATE entries SET idx = ? WHERE idx = ?", (new, old))
    raw.close()
    set_head(workspace_copy / "record/ledger.sqlite")
    found = {(problem.place, problem.check) for problem in Workspace.open(workspace_copy).verify().problems}
    assert {("entry 5", "signature"), ("entry 6", "signature"), ("checkpoint", "root")} <= found


def rewrite(ledger: Path, index: int, envelope: dict[str, object]) -> None:
    """Put another envelope in an entry's place, with its leaf, and the head that follows from it."""
    data = json.dumps(envelope).encode()
    raw = sqlite3.connect(ledger, isolation_level=None)
    raw.execute("DROP TRIGGER entries_stay")
    raw.execute("UPDATE entries SET envelope = ?, leaf = ? WHERE idx = ?", (data, leaf_hash(data), index))
    raw.close()
    set_head(ledger)


def set_head(ledger: Path) -> None:
    """Compute the head from the entries, as somebody would who covers their traces."""
    raw = sqlite3.connect(ledger, isolation_level=None)
    frontier = Frontier()
    for (leaf,) in raw.execute("SELECT leaf FROM entries ORDER BY idx").fetchall():
        frontier.append(leaf)
    raw.execute("UPDATE head SET root = ?, frontier = ?", (frontier.root(), frontier.to_bytes()))
    raw.close()


def test_every_byte_of_a_checkpoint_counts(tmp_path: Path) -> None:
    """All of its bytes, one after the other: text, dash, name, key hash, signature and line ends."""
    workspace = fresh_workspace(tmp_path)
    path = workspace.folder / "record/public/checkpoint"
    note = path.read_bytes()
    unseen = []
    for place in range(len(note)):
        path.write_bytes(note[:place] + bytes([note[place] ^ 1]) + note[place + 1 :])
        report = workspace.verify()
        if [problem.place for problem in report.problems] != ["checkpoint"]:
            unseen.append((place, report.problems))
    assert unseen == []
    assert len(note) > 150


def test_a_missing_file_of_any_kind_is_named(workspace_copy: Path) -> None:
    """Withholding is found as changing is: one file of each folder is taken away."""
    taken = []
    for folder in ("blobs", "entries", "protected", "public", "segments"):
        files = sorted(path for path in (workspace_copy / "record" / folder).rglob("*") if visible(path))
        # Older partial tiles may go; what the checkpoint covers may not.
        path = max(files, key=lambda path: (path.name.isdecimal() and int(path.name), path.name))
        path.unlink()
        taken.append(path)
    report = Workspace.open(workspace_copy).verify()
    assert report.exit_status == 7
    assert [path for path in taken if not named(report, path, workspace_copy)] == []


def leave_a_segment_open(folder: Path) -> None:
    """Record one late outcome and go: its journal stays until somebody seals it."""
    workspace = Workspace.open(folder)
    rows = workspace.decisions.read("credit-scoring", columns=["decision_id"]).slice(0, 1)
    now = datetime.now(UTC)
    outcome = {"decision_id": rows["decision_id"][0].as_py(), "observed_at": now, "outcome": True}
    assert workspace.decisions.record_outcomes("credit-scoring", [outcome]).rows == 1
    workspace.decisions.close()
    # A blob that only a person's rights keep out of the shared folder.
    workspace.recorder.put(str(uuid7(now)).encode(), personal=True)


def record_files(folder: Path) -> Iterator[Path]:
    """Yield the record's files but the ledger itself, locks and what is empty."""
    for name in FOLDERS:
        yield from (path for path in sorted((folder / "record" / name).rglob("*")) if visible(path))


def visible(path: Path) -> bool:
    """Tell whether a file holds something of the record."""
    return path.is_file() and not path.name.startswith(".") and path.suffix != ".lock"


def flip_file(path: Path, chance: random.Random) -> bytes:
    """Turn one bit of a file and return what it was."""
    original = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(flipped(original, chance))
    return original


def flipped(value: bytes | str, chance: random.Random) -> bytes | str:
    """Return the value with one bit turned; text stays text."""
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(4)
    return raw.decode() if isinstance(value, str) else bytes(raw)


def flip_cells(folder: Path, chance: random.Random) -> tuple[Restore, list[int]]:
    """Turn one bit in a cell of many rows; return how to put them back, and the rows' places."""
    raw = sqlite3.connect(folder / "record/ledger.sqlite", isolation_level=None)
    raw.execute("DROP TRIGGER IF EXISTS entries_stay")
    (size,) = raw.execute("SELECT count(*) FROM entries").fetchone()
    undo: list[tuple[str, list[object]]] = []
    rows = chance.sample(range(size), CELLS_A_ROUND)
    for row in rows:
        table, cell, key, value = chance.choice(list(cells(raw, row)))
        new = flipped(value, chance)
        change = f"UPDATE {table} SET {cell} = ? WHERE {' AND '.join(f'{name} = ?' for name in key)}"
        raw.execute(change, (new, *key.values()))
        undo.append((change, [value, *({**key, cell: new} if cell in key else key).values()]))

    def put_back() -> None:
        for statement, values in undo:
            raw.execute(statement, values)
        raw.close()

    return put_back, rows


def cells(raw: sqlite3.Connection, row: int) -> Iterator[tuple[str, str, dict[str, object], bytes | str]]:
    """Yield table, column, primary key and value of everything that is stored about an entry."""
    for table, names in CELLS.items():
        keys = ("name", "idx", "sha256") if table == "subject_index" else ("idx",)
        for name in names:
            asked = f"SELECT {', '.join(keys)}, {name} FROM {table} WHERE idx = ? AND {name} IS NOT NULL"
            for *key, value in raw.execute(asked, (row,)).fetchall():
                yield table, name, dict(zip(keys, key, strict=True)), value


def restore(originals: dict[Path, bytes]) -> None:
    """Put every file back as it was."""
    for path, original in originals.items():
        path.write_bytes(original)


def named(report: Report, path: Path, folder: Path) -> bool:
    """Tell whether a problem's place is this file."""
    return any(tail(path, folder) in problem.place for problem in report.problems)


def tail(path: Path, folder: Path) -> str:
    """Return how a place names a file: by segment and part, by its published path, or by its own name."""
    first, *rest = path.relative_to(folder / "record").parts
    if first in ("segments", "protected"):
        return f"segment {rest[0]} {rest[1]}"
    if first == "journal":
        return f"journal {path.name.removesuffix('.journal')}"
    if first in ("blobs", "private"):
        return f"blob {path.name}"
    return "checkpoint" if path.name == "checkpoint" else f"published {'/'.join(rest)}"
