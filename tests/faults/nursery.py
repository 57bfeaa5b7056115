"""Processes that die on purpose: one process imports everything and forks a child for each piece of work.

The work is real, in a real workspace. Only the moment of death is chosen: by the test, which kills the child
at any time, or by a fuse that burns a step at every append to the ledger and every change of a file's name,
and kills the process (SIGKILL) when it has burnt down.
"""

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from probative.cli import call
from probative.record.facts import Draft, RunStarted, subject
from probative.record.ledger import Ledger
from probative.work import catch_up
from probative.workspace import Workspace

ROOT = Path(__file__).parents[2]
# What a workspace imports when it is first asked for it: children should die at work, not while importing.
LATE = (
    "probative.adapters.files.flags",
    "probative.adapters.files.journals",
    "probative.adapters.files.segments",
    "probative.adapters.files.vault",
    "probative.record.decisions.log",
    "probative.respond.responder",
    "probative.watch.watcher",
)
# A file gets or loses its name, or is opened: between two of these nothing outside the process changes.
STEPS = {"open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.truncate"}


class Nursery:
    """The process that forks, as the test sees it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def start(self, work: str, folder: Path, steps: int = 0) -> int:
        """Begin a piece of work in a child and return the child's process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{work} {steps} {folder}\n")
        self._process.stdin.flush()
        return int(self.said("pid"))

    def said(self, word: str) -> str:
        """Wait for a line that begins with `word` and return the rest of it."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            first, _, rest = line.strip().partition(" ")
            if first == word:
                return rest
            if first in ("error", "ended"):
                raise AssertionError(f"the child {line.strip()} before it said '{word}'")
        raise AssertionError(f"the nursery ended before it said '{word}'")

    def ended(self) -> int:
        """Wait for the child to end and return its status: negative for a signal."""
        return int(self.said("ended"))


@contextmanager
def nursery() -> Iterator[Nursery]:
    """Start a nursery and end it with the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.nursery"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Nursery(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def work_on_signals(folder: Path) -> None:
    """Do what waits, as `probative run` does."""
    call(["-w", str(folder), "run", "--every", "1"])


def one_round(folder: Path) -> None:
    """Follow what was recorded, once."""
    catch_up(Workspace.open(folder))


def publish(folder: Path) -> None:
    """Publish up to the head."""
    Workspace.open(folder).recorder.checkpoint()


def keep_a_blob(folder: Path) -> None:
    """Keep a blob, then record the fact that names it, then publish."""
    workspace = Workspace.open(folder)
    digest = workspace.recorder.put(b"evidence")
    body = RunStarted(run="r", run_kind="t", system="s", inputs={"data": digest}, parameters={})
    workspace.recorder.append(Draft(body=body, subjects=(subject("system/s"),), actor=workspace.actor))
    workspace.recorder.checkpoint()


WORK: dict[str, Callable[[Path], None]] = {
    "run": work_on_signals,
    "follow": one_round,
    "publish": publish,
    "blob": keep_a_blob,
}


class Fuse:
    """Burns one step at every boundary under a folder; at the last one the process is gone."""

    def __init__(self, steps: int, folder: Path) -> None:
        self._left = steps
        self._folder = str(folder)
        self.burnt = 0

    def light(self) -> None:
        """Watch the files of the folder and the ledger's appends from now on."""
        sys.addaudithook(self._heard)
        append = Ledger.append

        def fused(ledger: Ledger, drafts: Any) -> Any:
            self.burn()
            facts = append(ledger, drafts)
            self.burn()
            return facts

        Ledger.append = fused  # type: ignore[method-assign]

    def burn(self) -> None:
        """Pass one boundary."""
        self.burnt += 1
        if self.burnt == self._left:
            os.kill(os.getpid(), signal.SIGKILL)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in STEPS and str(arguments[0]).startswith(self._folder):
            self.burn()


def main() -> None:
    """Fork a child for each line on standard input, one at a time."""
    for name in LATE:
        importlib.import_module(name)
    for line in sys.stdin:
        work, steps, folder = line.split(maxsplit=2)
        child = os.fork()
        if child == 0:
            be_the_child(WORK[work], int(steps), Path(folder.strip()))
        _, status = os.waitpid(child, 0)
        say("ended", os.waitstatus_to_exitcode(status))


def be_the_child(work: Callable[[Path], None], steps: int, folder: Path) -> None:
    """Do the work and leave without the parent's farewells."""
    try:
        say("pid", os.getpid())
        fuse = Fuse(steps, folder)
        fuse.light()
        say("ready")
        work(folder)
        say("burnt", fuse.burnt)
    except BaseException as error:  # noqa: BLE001  # whatever it was, the test must hear of it
        say("error", repr(error))
        os._exit(1)
    os._exit(0)


def say(*words: object) -> None:
    """Write one line in one piece."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


if __name__ == "__main__":
    main()
