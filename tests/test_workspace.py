"""The composition root: made in one step, opened part by part, verified and rebuilt as a whole."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from probative.config import FILE_NAME
from probative.kernel.actor import Actor
from probative.kernel.clock import ManualClock
from probative.kernel.errors import ConflictError, NotFoundError, TamperError, UsageError
from probative.record.decisions.schema import Column, decision_schema
from probative.record.facts import Draft, KeyRegistered, RunStarted, SystemRegistered, subject
from probative.testing import START, fresh_workspace
from probative.workspace import Workspace

OWNER = Actor(id="p-1", role="model-owner")
HEAVY = ("pyarrow", "polars", "numpy", "openfeature", "holidays", "litestar", "sklearn")


def fill(workspace: Workspace, count: int) -> None:
    """Append `count` small facts in one transaction."""
    workspace.recorder.append(
        *[
            Draft(
                body=RunStarted(run=f"r{n}", run_kind="t", system="loans", inputs={}, parameters={}),
                subjects=(subject("system/loans"),),
                actor=OWNER,
            )
            for n in range(count)
        ]
    )


def with_decisions(workspace: Workspace, rows: int = 3) -> None:
    """Declare a schema and record, and seal, a few decisions."""
    body = SystemRegistered(
        system="loans",
        title="Loans",
        purpose="Decide on loans",
        owner="p-1",
        sector="banking",
        jurisdictions=("EU",),
        legal_roles={},
        impact="high",
        lifecycle="production",
        data_sources=(),
        roles={},
    )
    workspace.recorder.append(Draft(body=body, subjects=(subject("system/loans"),), actor=OWNER))
    workspace.decisions.declare(
        decision_schema("loans", Column(name="amount", type="float64", role="feature")), OWNER
    )
    workspace.decisions.record(
        "loans",
        [
            {
                "decision_id": f"019a3e5f-0000-7000-8000-{n:012d}",
                "decided_at": START,
                "subject": f"c-{n}",
                "amount": 1.5,
            }
            for n in range(rows)
        ],
    )
    workspace.decisions.seal(force=True)


def test_a_new_workspace_has_keys_settings_a_first_fact_and_a_checkpoint(tmp_path: Path) -> None:
    """Everything a verifier needs is there at once, and private keys are private."""
    workspace = fresh_workspace(tmp_path)
    assert workspace.keys.names() == ("log", "writer")
    assert {path.stat().st_mode & 0o777 for path in (workspace.folder / "keys").iterdir()} == {0o600}
    assert [fact.kind for fact in workspace.recorder.facts()] == ["record.ledger-opened"]
    assert workspace.published_size() == 1
    assert workspace.verify().exit_status == 0
    assert workspace.verify(workspace.trust()).issuer == "example.com/test-log"


def test_a_used_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    """Whatever lies there stays as it is."""
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(ConflictError, match="is not empty"):
        Workspace.create(tmp_path, "example.com/log")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_an_origin_that_cannot_be_signed_makes_nothing(tmp_path: Path) -> None:
    """It is checked before the first key is made."""
    with pytest.raises(UsageError, match="'a b'"):
        Workspace.create(tmp_path / "new", "a b")
    assert not (tmp_path / "new").exists()


def test_what_was_interrupted_while_it_was_made_is_no_workspace(tmp_path: Path) -> None:
    """The settings are written last: without them nothing is opened. Defence: the order in `create`."""
    workspace = fresh_workspace(tmp_path)
    times = {path: path.stat().st_mtime_ns for path in workspace.folder.rglob("*") if path.is_file()}
    assert max(times, key=lambda path: times[path]).name == FILE_NAME
    (workspace.folder / FILE_NAME).unlink()
    with pytest.raises(NotFoundError, match="no workspace"):
        Workspace.open(workspace.folder)


def test_opening_and_recording_loads_nothing_heavy(tmp_path: Path) -> None:
    """Each part is opened when it is asked for: a fact needs neither Arrow nor the flag libraries."""
    folder = fresh_workspace(tmp_path, ManualClock(START)).folder
    script = (
        "import sys; from pathlib import Path; from probative.workspace import Workspace\n"
        "from probative.work import catch_up\n"
        f"workspace = Workspace.open(Path({str(folder)!r}))\n"
        "workspace.register_key('k', ('audit',), 'p-1', workspace.actor)\n"
        "workspace.verify(), workspace.gatekeeper, catch_up(workspace)\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_verification_covers_the_decision_log(tmp_path: Path) -> None:
    """Segments and decisions are counted, and a byte changed in one of their files is named."""
    workspace = fresh_workspace(tmp_path)
    with_decisions(workspace)
    report = workspace.verify()
    assert (report.exit_status, report.segments, report.decisions) == (0, 1, 3)
    path = next((workspace.folder / "record/segments").rglob("facts.parquet"))
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    (problem,) = workspace.verify().problems
    assert problem.place == f"segment {path.parent.name} facts.parquet"


@pytest.mark.parametrize("folder", ["segments", "protected", "journal", "segments journal"])
def test_a_decision_log_taken_away_is_missed(tmp_path: Path, folder: str) -> None:
    """The ledger remembers what there was, so an empty folder is a finding, not an empty log."""
    workspace = fresh_workspace(tmp_path)
    with_decisions(workspace)
    for name in folder.split():
        shutil.rmtree(workspace.folder / "record" / name, ignore_errors=True)
    expected = 7 if "segments" in folder else 0
    assert workspace.verify().exit_status == expected


def test_a_decision_log_whose_manifest_is_damaged_is_judged_all_the_same(tmp_path: Path) -> None:
    """The verdict is full: the damaged entry, and that the decision log cannot be followed."""
    workspace = fresh_workspace(tmp_path)
    with_decisions(workspace)
    manifest = next(workspace.recorder.facts(kind="record.segment-sealed"))
    raw = sqlite3.connect(workspace.folder / "record/ledger.sqlite")
    raw.execute("DROP TRIGGER entries_stay")
    raw.execute("UPDATE entries SET envelope = x'7b7d' WHERE idx = ?", (manifest.index,))
    raw.commit()
    raw.close()
    report = Workspace.open(workspace.folder, workspace.clock).verify()
    assert report.exit_status == 7
    assert report.problems[0].place == f"entry {manifest.index}"
    assert report.problems[-1].place == "decision log"


def test_a_refused_ledger_is_still_verified_in_full(tmp_path: Path) -> None:
    """A ledger behind its checkpoint takes no facts, but its entries and its segments are judged."""
    workspace = fresh_workspace(tmp_path)
    with_decisions(workspace)
    backup = tmp_path / "ledger.sqlite"
    ledger = workspace.folder / "record/ledger.sqlite"
    workspace._stores.ledger.close()  # type: ignore[attr-defined]
    shutil.copy(ledger, backup)
    ahead = Workspace.open(workspace.folder, workspace.clock)
    fill(ahead, 3)
    ahead.recorder.checkpoint()
    ahead._stores.ledger.close()  # type: ignore[attr-defined]
    shutil.copy(backup, ledger)
    behind = Workspace.open(workspace.folder, workspace.clock)
    with pytest.raises(TamperError, match="were published"):
        fill(behind, 1)
    report = behind.verify()
    assert ("checkpoint", "rollback") in {(problem.place, problem.check) for problem in report.problems}
    assert (report.segments, report.decisions) == (1, 3)


def test_rebuilding_mends_all_that_can_be_computed(tmp_path: Path) -> None:
    """Index, tree, frontier and every published file but the checkpoint are gone, and all come back."""
    workspace = fresh_workspace(tmp_path)
    fill(workspace, 300)
    note = workspace.recorder.checkpoint()
    record = workspace.folder / "record"
    workspace._stores.ledger.close()  # type: ignore[attr-defined]
    raw = sqlite3.connect(record / "ledger.sqlite")
    for change in ("DELETE FROM fact_index", "DELETE FROM subject_index", "DELETE FROM nodes"):
        raw.execute(change)
    raw.execute("UPDATE head SET frontier = x'00'")
    raw.commit()
    raw.close()
    for name in ("public/tile", "entries/tile"):
        shutil.rmtree(record / name)
    broken = Workspace.open(workspace.folder, workspace.clock)
    assert broken.verify().exit_status == 7
    assert Workspace.open(workspace.folder, workspace.clock).rebuild() == 301
    mended = Workspace.open(workspace.folder, workspace.clock)
    assert mended.verify().problems == ()
    assert mended.recorder.checkpoint() == note
    fill(mended, 1)
    assert mended.verify().problems == ()


def test_rebuilding_overwrites_no_evidence(tmp_path: Path) -> None:
    """A published file with other bytes is not put right in silence: status 7, and it stays."""
    workspace = fresh_workspace(tmp_path)
    tile = workspace.folder / "record/public/tile/0/000.p/1"
    tile.write_bytes(b"another history")
    with pytest.raises(TamperError, match="other bytes"):
        workspace.rebuild()
    assert tile.read_bytes() == b"another history"


def test_rebuilding_refuses_a_head_that_the_entries_contradict(tmp_path: Path) -> None:
    """An entry that is gone is not papered over. Defence: the comparison in `rebuilding.rebuild`."""
    workspace = fresh_workspace(tmp_path)
    fill(workspace, 5)
    raw = sqlite3.connect(workspace.folder / "record/ledger.sqlite")
    raw.execute("DROP TRIGGER entries_remain")
    raw.execute("DELETE FROM entries WHERE idx = 5")
    raw.commit()
    raw.close()
    with pytest.raises(TamperError, match="The head says 6"):
        workspace.rebuild()
    assert len(list(workspace.recorder.facts(until=5))) == 5


def test_a_key_is_registered_once_and_taken_up_after_a_failure(tmp_path: Path) -> None:
    """A key file that no fact names is one that an interrupted call left; any other name is taken."""
    workspace = fresh_workspace(tmp_path)
    left = workspace.keys.create("p-2")
    taken_up = workspace.register_key("p-2", ("audit",), "p-2", OWNER)
    assert taken_up.key_id == left.key_id
    registered = [fact.read(KeyRegistered) for fact in workspace.recorder.facts(kind="record.key-registered")]
    assert [(body.key_id, body.roles) for body in registered] == [(left.key_id, ("audit",))]
    for name in ("p-2", "log", "writer"):
        with pytest.raises(ConflictError, match=f"already a key '{name}'"):
            workspace.register_key(name, ("audit",), "p-2", OWNER)


@pytest.mark.parametrize("relative", ["../outside", "/etc/passwd", "a/../../b", "", "a//b"])
def test_working_files_stay_inside(tmp_path: Path, relative: str) -> None:
    """No name leads out of the folder."""
    workspace = fresh_workspace(tmp_path)
    with pytest.raises(UsageError, match="not a path inside"):
        workspace.write_file(relative, b"x")


def test_one_worker_at_a_time(tmp_path: Path) -> None:
    """Another opening of the folder is told at once that it is not its turn."""
    workspace = fresh_workspace(tmp_path)
    other = Workspace.open(workspace.folder)
    with workspace.only_worker() as mine, other.only_worker() as theirs:
        assert (mine, theirs) == (True, False)
    with other.only_worker() as later:
        assert later
