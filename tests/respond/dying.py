"""A process that kills itself (SIGKILL) at a chosen boundary of its work: `python -m tests.respond.dying`.

The work is real: a real workspace, a real flag file. Only the moment of death is chosen, by counting appends
to the ledger and edits of the flag.
"""

import os
import signal
import sys
from pathlib import Path

from probative.adapters.files.flags import FlagFile, SpoolFolder
from probative.kernel.clock import ManualClock
from probative.respond.playbooks.keeper import Answer
from probative.respond.responder import Responder
from probative.workspace import Workspace
from tests.respond import scene

ANSWERS = (
    Answer("Find the cause", scene.SCIENTIST, {"cause": "unit changed upstream"}),
    Answer("Decide the legal clocks", scene.COUNSEL, {"clocks_decided": "true"}),
    Answer("Tally the complaints", scene.SUPPORT, {"complaints": "3"}),
    Answer("Approve serving the fallback release", scene.OWNER, {"fallback_approved": "true"}),
    Answer("Agree the corrective actions", scene.COMMANDER, {"correctives": "2"}),
)


class Fuse:
    """Burns one step at every boundary and kills the process when it has burnt down; 0 never does."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.burnt = 0

    def burn(self) -> None:
        """Pass one boundary."""
        self.burnt += 1
        if self.burnt == self.left:
            os.kill(os.getpid(), signal.SIGKILL)


class FusedFlags(FlagFile):
    """The flag file with a boundary before and after every edit."""

    def __init__(self, path: Path, fuse: Fuse) -> None:
        super().__init__(path)
        self._fuse = fuse

    def edit(self, change, *, urgent=False):
        """Edit between two boundaries."""
        self._fuse.burn()
        edit = super().edit(change, urgent=urgent)
        self._fuse.burn()
        return edit


class FusedRecorder:
    """The recorder with a boundary before and after every append."""

    def __init__(self, recorder, fuse: Fuse) -> None:
        self._recorder = recorder
        self._fuse = fuse
        self.clock = recorder.clock

    def append(self, *drafts):
        """Append between two boundaries."""
        self._fuse.burn()
        facts = self._recorder.append(*drafts)
        self._fuse.burn()
        return facts

    def __getattr__(self, name: str):
        """Everything else is the recorder's own."""
        return getattr(self._recorder, name)


def work(folder: Path, what: str, fuse: Fuse) -> None:
    """Open the workspace as a new process does, and do the work from wherever the record says it stands."""
    opened = Workspace.open(folder, _clock_of(folder))
    recorder = FusedRecorder(opened.recorder, fuse)
    flags = FusedFlags(folder / "flags" / "flags.json", fuse)
    spool = SpoolFolder(folder / "record" / "spool")
    responder = Responder(recorder, opened.decisions, flags, spool)  # type: ignore[arg-type]
    incident = responder.incidents(scene.SYSTEM)[0].id
    if what == "stop":
        responder.switch.stop(scene.SYSTEM, "harm", scene.COMMANDER, incident=incident, action="stop-1")
    elif what == "rollback":
        responder.switch.rollback(scene.SYSTEM, incident, "restore", scene.COMMANDER, action="rollback-1")
    else:
        if what == "due":
            responder.run_due(scene.MACHINE)
        run_playbook(responder, incident)


def run_playbook(responder: Responder, incident: str) -> None:
    """Start the playbook or carry it on, answering whatever waits."""
    if not responder.playbooks.executions(incident):
        responder.playbooks.start(incident, "p01", scene.COMMANDER)
    run = responder.playbooks.advance(responder.playbooks.executions(incident)[0].id)
    while run.waiting:
        names = {step.name for step in run.waiting}
        run = responder.playbooks.answer(run.id, next(answer for answer in ANSWERS if answer.step in names))


def _clock_of(folder: Path) -> ManualClock:
    """Return a clock that stands where the last entry was written, so that every run sees the same time."""
    recorder = Workspace.open(folder, ManualClock(scene.START)).recorder
    return ManualClock(recorder.fact(f"#{recorder.head().size - 1}").recorded_at)


if __name__ == "__main__":
    fuse = Fuse(int(sys.argv[3]))
    work(Path(sys.argv[1]), sys.argv[2], fuse)
    print(fuse.burnt)
