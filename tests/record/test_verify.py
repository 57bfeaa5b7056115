"""Full verification: every flipped byte is found and located, and a sound record passes."""

import sqlite3
from pathlib import Path

import pytest

from probative.kernel.errors import TamperError
from probative.record.facts import AssetRecorded, Draft, subject
from probative.record.proofs.trust import build_trust
from probative.testing import fresh_workspace
from probative.workspace import Workspace

# Columns of every table but the ones whose value SQLite itself fixes.
CELLS = {
    "entries": ("leaf", "envelope"),
    "head": ("root", "frontier"),
    "fact_index": ("id", "kind", "key"),
    "subject_index": ("name", "sha256"),
    "nodes": ("hash",),
}


def filled(folder: Path, count: int = 300) -> Workspace:
    """Return a published workspace with `count` facts, one blob of each kind."""
    workspace = fresh_workspace(folder)
    shared = workspace.recorder.put(b"evidence " * 50)
    workspace.recorder.put(b"a person's name", personal=True)
    body = {"asset_kind": "dataset", "system": "s", "bytes": 450, "media_type": "text/plain"}
    workspace.recorder.append(
        *[
            Draft(
                body=AssetRecorded(asset=f"a{n}", sha256=shared, **body),  # type: ignore[arg-type]
                subjects=(subject(f"dataset/a{n}", shared), subject("system/s")),
                actor=workspace.actor,
                key=f"asset-{n}",
            )
            for n in range(count)
        ]
    )
    workspace.recorder.checkpoint()
    return workspace


def test_a_sound_record_verifies(tmp_path: Path) -> None:
    """Everything is counted, nothing is wrong, the issuer is known."""
    report = filled(tmp_path).verify()
    assert (report.entries, report.blobs, report.problems) == (301, 2, ())
    assert report.exit_status == 0


def test_one_flipped_bit_in_any_cell_is_found_and_located(tmp_path: Path) -> None:
    """Each cell of each table, in rows spread over the ledger, changed alone and put back."""
    workspace = filled(tmp_path)
    raw = sqlite3.connect(workspace.folder / "record/ledger.sqlite")
    raw.execute("DROP TRIGGER entries_stay")
    places = 0
    for table, cells in CELLS.items():
        key = (
            "name, idx, sha256" if table == "subject_index" else "level, idx" if table == "nodes" else "rowid"
        )
        rows = raw.execute(f"SELECT {key} FROM {table}").fetchall()
        for row in rows[:: max(1, len(rows) // 16)]:
            where = " AND ".join(f"{name} = ?" for name in key.split(", "))
            for cell in cells:
                (value,) = raw.execute(f"SELECT {cell} FROM {table} WHERE {where}", row).fetchone()
                if value is None:
                    continue
                flipped = flip(value, places)
                raw.execute(f"UPDATE {table} SET {cell} = ? WHERE {where}", (flipped, *row))
                raw.commit()
                report = workspace.verify()
                assert report.exit_status == 7, (table, row, cell)
                assert located(report.problems[0].place, table, row), (table, row, cell, report.problems[0])
                changed = list(row)
                if table == "subject_index":
                    changed[0 if cell == "name" else 2] = flipped
                raw.execute(f"UPDATE {table} SET {cell} = ? WHERE {where}", (value, *changed))
                raw.commit()
                places += 1
    assert places >= 100
    assert workspace.verify().problems == ()


def flip(value: bytes | str, seed: int) -> bytes | str:
    """Change one bit of `value`, at a place that wanders with `seed`."""
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    raw[seed * 7919 % len(raw)] ^= 0x10
    return raw.decode() if isinstance(value, str) else bytes(raw)


def located(place: str, table: str, row: tuple[object, ...]) -> bool:
    """Tell whether the first problem names what was changed."""
    if table == "head":
        return place == "head"
    if table == "nodes":
        return place == f"tree node {row[0]}/{row[1]}"
    index = row[1] if table == "subject_index" else row[0]
    return place in {f"entry {index}", f"index row {index}"}


def test_one_flipped_bit_in_any_file_is_found_and_located(tmp_path: Path) -> None:
    """Every published tile, bundle, the checkpoint and every blob, at several places each."""
    workspace = filled(tmp_path)
    record = workspace.folder / "record"
    files = [
        path for name in ("public", "entries", "blobs", "private") for path in (record / name).rglob("*")
    ]
    places = 0
    for path in [path for path in files if path.is_file() and path.name != ".lock"]:
        original = path.read_bytes()
        path.chmod(0o600)
        for at in {0, len(original) // 3, len(original) // 2, len(original) - 1}:
            path.write_bytes(original[:at] + bytes([original[at] ^ 4]) + original[at + 1 :])
            report = workspace.verify()
            assert report.exit_status == 7, (path, at)
            assert path.name in report.problems[0].place or "published" in report.problems[0].place
            places += 1
        path.write_bytes(original)
    assert places >= 40
    assert workspace.verify().problems == ()


def test_a_missing_entry_a_missing_blob_and_a_stray_file_are_named(tmp_path: Path) -> None:
    """Absence is a finding, and so is what nobody published."""
    workspace = filled(tmp_path, 20)
    record = workspace.folder / "record"
    (record / "public/tile/0/777").write_bytes(b"stray")
    blob = next(path for path in (record / "blobs").rglob("*") if path.is_file())
    blob.unlink()
    raw = sqlite3.connect(record / "ledger.sqlite")
    raw.execute("DROP TRIGGER entries_remain")
    raw.execute("DELETE FROM entries WHERE idx = 7")
    raw.commit()
    raw.close()
    found = {(problem.place, problem.check) for problem in workspace.verify().problems}
    assert {
        ("entry 7", "continuity"),
        ("head", "head"),
        ("published tile/0/777", "place"),
        (f"blob {blob.name}", "presence"),
    } <= found


def test_another_issuer_is_refused(tmp_path: Path) -> None:
    """A record that is sound in itself, signed by other keys than the trust file's, is contradicted."""
    ours = filled(tmp_path / "ours", 5)
    theirs = fresh_workspace(tmp_path / "theirs").trust()
    report = ours.verify(theirs)
    assert report.exit_status == 7
    assert report.problems[0].check == "signature"


def test_without_trust_the_issuer_is_unknown(tmp_path: Path) -> None:
    """Consistency alone is status 8, never 0."""
    from probative.record.verify import verify

    report = verify(filled(tmp_path, 5)._stores, None)
    assert (report.problems, report.issuer, report.exit_status) == ((), None, 8)


def test_an_unknown_writer_key_in_trust_is_enough_to_refuse(tmp_path: Path) -> None:
    """The right origin and log key with another writer key does not pass."""
    workspace = filled(tmp_path, 3)
    trust = build_trust(workspace.config.origin, workspace.keys.load("log").public_key, {"k": bytes(32)})
    assert workspace.verify(trust).exit_status == 7


def test_a_damaged_database_file_is_a_tamper_not_a_traceback(tmp_path: Path) -> None:
    """Garbage in the middle of the file ends in one sentence."""
    workspace = filled(tmp_path)
    path = workspace.folder / "record/ledger.sqlite"
    workspace._stores.ledger.close()  # type: ignore[attr-defined]
    data = bytearray(path.read_bytes())
    data[4096 : 4096 * 8] = b"\xff" * (4096 * 7)
    path.write_bytes(bytes(data))
    with pytest.raises(TamperError, match="is damaged"):
        Workspace.open(workspace.folder, workspace.clock).verify()
