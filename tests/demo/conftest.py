"""One run of the demo, as a user starts it, shared by all tests (and by the workers of a parallel run)."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

PROBATIVE = Path(sys.executable).with_name("probative")
IMPORT = "import time:"


class Played(NamedTuple):
    """What a run of the demo left: its workspace, what it printed, what it imported, what it took."""

    folder: Path
    status: int
    output: str
    errors: str
    modules: frozenset[str]
    peak_mb: int

    @property
    def commands(self) -> list[str]:
        """Every command that the demo showed, without the prompt."""
        return [
            line.strip().removeprefix("$ ")
            for line in self.output.splitlines()
            if line.strip().startswith("$ ")
        ]


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Run `probative demo` once; read its workspace, but change only a copy of it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    told = shared / "demo.json"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            told.write_text(json.dumps(play(shared / "demo")))
        found = json.loads(told.read_text())
    return Played(**{**found, "folder": Path(found["folder"]), "modules": frozenset(found["modules"])})


@pytest.fixture
def workspace_copy(played: Played, tmp_path: Path) -> Path:
    """A copy of the demo's workspace to do anything with."""
    return Path(shutil.copytree(played.folder, tmp_path / "workspace"))


def play(folder: Path) -> dict[str, object]:
    """Run the console script in a process of its own and say what came of it."""
    output, errors = folder.with_name("demo.out"), folder.with_name("demo.err")
    # The interpreter lists every import on standard error, so that nothing about the run is changed.
    environment = {**os.environ, "PYTHONPROFILEIMPORTTIME": "1"}
    words = [str(PROBATIVE), "demo", "--dir", str(folder)]
    with output.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(words, stdout=out, stderr=err, env=environment)
        _, ended, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(ended)
    lines = errors.read_text().splitlines()
    imported = {line.rpartition("|")[2].strip() for line in lines if line.startswith(IMPORT)}
    return {
        "folder": str(folder),
        "status": process.returncode,
        "output": output.read_text(),
        "errors": "\n".join(line for line in lines if not line.startswith(IMPORT)),
        "modules": sorted(imported),
        "peak_mb": usage.ru_maxrss // 1024,
    }
