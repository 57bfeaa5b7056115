"""The world fails: a full disk, a lock that is not let go, a folder nobody may write in, a clock gone back.

Each ends in one sentence with a hint and the status that says what to do next; what was acknowledged is
there, and the same command works once the world is mended.

Defences: the durable transaction and the translation of errors in `adapters.sqlite`, staging in
`adapters.files.durable`, the bounded waits, and `Ledger._time_after`.
"""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from probative.adapters.sqlite import SqliteLedger
from probative.cli import call
from probative.kernel.clock import ManualClock, SystemClock
from probative.testing import fresh_workspace
from probative.workspace import Workspace

ROOT = os.geteuid() == 0
AFTER = 20

# Appends until the disk is full, waits for the word, then tries the same again and goes on for a while.
WRITER = """
import resource, sys
from pathlib import Path
from probative.kernel.errors import UnavailableError
from probative.record.facts import Draft, RunStarted, subject
from probative.workspace import Workspace

workspace, limit, after = Workspace.open(Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
workspace.recorder.head()
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
number, rest = 0, None
while rest != 0:
    body = RunStarted(run=f"r{number}", run_kind="t" * 900, system="s", inputs={}, parameters={})
    draft = Draft(body=body, subjects=(subject("system/s"),), actor=workspace.actor, key=f"r{number}")
    try:
        print("ack", workspace.recorder.append(draft)[0].id, flush=True)
    except UnavailableError as error:
        print("full", error.exit_status, error, error.hint, flush=True)
        sys.stdin.readline()
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        rest = after
        continue
    number += 1
    rest = rest - 1 if rest is not None else None
"""

HOLDER = """
import sqlite3, sys
raw = sqlite3.connect(sys.argv[1], isolation_level=None)
raw.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A fresh workspace whose entries are not in the future."""
    return fresh_workspace(tmp_path, ManualClock(SystemClock().now()))


@contextmanager
def child(script: str, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a script in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", script, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


@contextmanager
def mounted(*words: str) -> Iterator[None]:
    """Mount something for a while; the test is skipped, loudly, where that is not allowed."""
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", words[-1]], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nobody write in a folder, not even root."""
    if not ROOT:
        folder.chmod(0o500)
        yield
        folder.chmod(0o700)
        return
    with mounted("--bind", str(folder), str(folder)):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        yield


def fill(folder: Path, leave: int) -> Path:
    """Put a file into a folder's file system that leaves about `leave` bytes; return it."""
    space = os.statvfs(folder)
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(max(space.f_bavail * space.f_frsize - leave, 0)))
    return ballast


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run a command and return its status, its error and its hint."""
    capsys.readouterr()
    status = call(list(words))
    told = capsys.readouterr().err
    assert told.count("\n") == (2 if status else 0), told
    sentence, _, hint = told.removeprefix("error: ").partition("\n hint: ")
    return status, sentence, hint


def lived_through(folder: Path, process: "subprocess.Popen[str]") -> tuple[list[str], str]:
    """Read acknowledgements up to the full disk; return them with what was said about it."""
    assert process.stdout is not None
    acknowledged = []
    for line in process.stdout:
        word, _, rest = line.strip().partition(" ")
        if word == "full":
            return acknowledged, rest
        acknowledged.append(rest)
    raise AssertionError("the disk was never full")


def went_on(folder: Path, process: "subprocess.Popen[str]", acknowledged: list[str], told: str) -> None:
    """Give the word that there is space again, and check that nothing was lost."""
    output, _ = process.communicate("go on\n")
    later = [line.split()[1] for line in output.splitlines() if line.startswith("ack")]
    assert told.startswith("6 The ledger '")
    assert "try again" in told or "run the same command again" in told
    assert (process.returncode, len(later)) == (0, AFTER)
    survivor = Workspace.open(folder)
    recorded = [fact.id for fact in survivor.recorder.facts(kind="record.run-started")]
    assert recorded == [*acknowledged, *later]
    survivor.recorder.checkpoint()
    assert survivor.verify().problems == ()


@pytest.mark.skipif(not ROOT, reason="only root can mount a small file system")
def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """The ledger's own small disk runs full; once there is space, the same append succeeds."""
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted("-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)):
        folder = fresh_workspace(disk, ManualClock(SystemClock().now())).folder
        with child(WRITER, str(folder), "0", str(AFTER)) as process:
            ballast = fill(disk, leave=900_000)
            acknowledged, told = lived_through(folder, process)
            ballast.unlink()
            went_on(folder, process, acknowledged, told)
        assert len(acknowledged) > 10


def test_a_file_that_may_not_grow_loses_nothing_either(workspace: Workspace) -> None:
    """The kernel refuses to let any file of the process grow: no root needed to see a failing write."""
    with child(WRITER, str(workspace.folder), "600000", str(AFTER)) as process:
        acknowledged, told = lived_through(workspace.folder, process)
        went_on(workspace.folder, process, acknowledged, told)
    assert len(acknowledged) > 10


@pytest.mark.skipif(not ROOT, reason="only root can mount a small file system")
def test_commands_on_a_full_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Evidence that does not fit is refused with status 6, nothing is left over, and the retry works."""
    disk = tmp_path / "disk"
    disk.mkdir()
    (tmp_path / "data.bin").write_bytes(bytes(400_000))
    with mounted("-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)):
        folder = fresh_workspace(disk, ManualClock(SystemClock().now())).folder
        asset = ("record", "asset", str(tmp_path / "data.bin"), "--system", "s", "--kind", "dataset")
        ballast = fill(disk, leave=200_000)
        status, message, hint = asked(capsys, "-w", str(folder), *asset)
        assert (status, "No space left" in message, bool(hint)) == (6, True, True)
        assert [path for path in (folder / "record/blobs").rglob("*") if path.is_file()] == []
        ballast.unlink()
        assert asked(capsys, "-w", str(folder), *asset)[0] == 0
        assert Workspace.open(folder).verify().problems == ()


def test_a_ledger_that_another_process_holds_is_waited_for_a_bounded_time(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 6 and the reason; readers are not held up; once it is free the same command succeeds."""
    monkeypatch.setattr(SqliteLedger.__init__, "__defaults__", (100,))
    folder = str(workspace.folder)
    key = ("-w", folder, "record", "key", "mine", "--role", "audit", "--owner", "p-1")
    with child(HOLDER, f"{folder}/record/ledger.sqlite") as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert asked(capsys, "-w", folder, "record", "checkpoint")[0] == 0
        status, message, hint = asked(capsys, *key)
        assert (status, "database is locked" in message, "Another process" in hint) == (6, True, True)
        assert asked(capsys, "-w", folder, "record", "log")[0] == 0
        holder.communicate("\n")
    assert asked(capsys, *key)[0] == 0


def test_a_folder_nobody_may_write_in(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 6 with the path and what to do, for a workspace that is there and for one that is to be made."""
    (tmp_path / "data.bin").write_bytes(b"evidence")
    folder = str(workspace.folder)
    workspace._stores.ledger.close()  # type: ignore[attr-defined]
    asset = ("record", "asset", str(tmp_path / "data.bin"), "--system", "s", "--kind", "dataset")
    with read_only(workspace.folder):
        for words in (asset, ("record", "checkpoint"), ("record", "init")):
            at = f"{folder}/new" if words[-1] == "init" else folder
            status, message, hint = asked(capsys, "-w", at, *words)
            assert (status, folder in message, bool(hint)) == (6, True, True), words
    assert asked(capsys, "-w", folder, *asset)[0] == 0


def test_a_clock_behind_the_last_entry_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Time in the record never goes back: status 4 shows both times, and nothing is written."""
    ahead = SystemClock().now() + timedelta(days=900)
    workspace = fresh_workspace(tmp_path, ManualClock(ahead))
    key = ("record", "key", "mine", "--role", "audit", "--owner", "p-1")
    status, message, hint = asked(capsys, "-w", str(workspace.folder), *key)
    assert (status, ahead.strftime("%Y-%m-%dT%H:%M") in message, bool(hint)) == (4, True, True)
    assert workspace.recorder.head().size == 1


def test_a_foreign_file_in_the_ledgers_place(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not a database at all, and an empty database: the first is damage, the second a rollback; both 7."""
    path = workspace.folder / "record/ledger.sqlite"
    workspace._stores.ledger.close()  # type: ignore[attr-defined]
    path.write_bytes(b"this is no database" * 100)
    status, message, _ = asked(capsys, "-w", str(workspace.folder), "record", "log")
    assert (status, "is damaged" in message) == (7, True)
    path.unlink()
    sqlite3.connect(path).close()
    status, message, _ = asked(capsys, "-w", str(workspace.folder), "record", "log")
    assert (status, "has 0 entries, but 1 were published" in message) == (7, True)
