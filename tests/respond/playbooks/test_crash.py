"""SIGKILL at every boundary of a whole run: carried on, it ends as a run that nobody disturbed."""

import os
import shutil
import signal
import sys
import traceback
from datetime import timedelta
from pathlib import Path

import pytest

from probative.kernel.clock import ManualClock
from probative.respond.playbooks.playbook import shipped_playbook
from probative.workspace import Workspace
from tests.respond.dying import Fuse, work
from tests.respond.scene import COMMANDER, ONSET, START, SYSTEM, declare, record_decisions, scene

EVERY = int(os.environ.get("PROBATIVE_CRASH_EVERY", "3"))
TOLD = ("step", "round", "outcome", "values", "hold", "decisions", "people", "release", "variant")


def in_child(task) -> int:
    """Run `task` in a forked process and return how it ended; an error is printed there."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            task()
            status = 0
        finally:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(status)
    return os.waitpid(child, 0)[1]


def end_state(folder: Path) -> list[str]:
    """Return what a run left behind, without what differs between runs: ids, attempts and recoveries."""
    recorder = Workspace.open(folder, ManualClock(START)).recorder
    lines = []
    for fact in recorder.facts(subject="incident/inc-2026-0001"):
        if fact.body.get("outcome") == "abandoned":
            continue
        told = {name: fact.body[name] for name in TOLD if name in fact.body}
        lines.append(f"{fact.kind} {sorted(told.items(), key=str)}")
    return sorted(set(lines))


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    """Return a workspace with an incident and an adopted playbook, to be copied for every death."""
    made = scene(tmp_path_factory.mktemp("template"), decisions=4)
    record_decisions(made, ONSET, 59, timedelta(minutes=1))
    made.workspace.decisions.seal(force=True)
    made.responder.playbooks.adopt(SYSTEM, shipped_playbook("p01"), "shipped", COMMANDER)
    declare(made)
    return made.workspace.folder


def test_a_killed_run_ends_like_an_undisturbed_one(template: Path, tmp_path: Path) -> None:
    """Die at boundary after boundary, carry on in a new process, compare the end."""
    calm = tmp_path / "calm"
    shutil.copytree(template, calm)
    fuse = Fuse(0)
    work(calm, "playbook", fuse)
    expected = end_state(calm)
    assert fuse.burnt > 60
    for boundary in range(1, fuse.burnt + 1, EVERY):
        folder = tmp_path / f"killed-{boundary}"
        shutil.copytree(template, folder)
        assert in_child(lambda: work(folder, "playbook", Fuse(boundary))) == signal.SIGKILL, boundary  # noqa: B023
        # Every second time the sweep of waiting work finds the open ends before the run goes on.
        what = "due" if boundary % 2 else "playbook"
        assert in_child(lambda: work(folder, what, Fuse(0))) == 0, boundary  # noqa: B023
        assert end_state(folder) == expected, boundary
        shutil.rmtree(folder)
