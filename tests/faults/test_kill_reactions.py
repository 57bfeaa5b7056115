"""SIGKILL between a signal and its incident: whoever comes next ends up with one incident and one stop.

Defences: effects keyed by the fact that caused them, the position saved only after the effects
(`work.catch_up`), and recovery of an intended stop (`KillSwitch.recover`).
"""

import os
import random
import shutil
import signal as signals
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from probative.kernel.clock import ManualClock, SystemClock
from probative.work import work
from probative.workspace import Workspace
from tests.faults.alarm import SYSTEM, armed, signal
from tests.faults.nursery import Nursery, nursery

ROUNDS = 300 if os.environ.get("PROBATIVE_CAMPAIGN") == "long" else 25


@pytest.fixture(scope="module")
def children() -> Iterator[Nursery]:
    """A nursery for all tests of this file."""
    with nursery() as found:
        yield found


@pytest.fixture(scope="module")
def signalled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which a signal was recorded that nobody has followed."""
    workspace = armed(tmp_path_factory.mktemp("signalled"), ManualClock(SystemClock().now()))
    signal(workspace)
    return workspace.folder


def test_run_is_killed_at_any_time(tmp_path: Path, children: Nursery, signalled: Path) -> None:
    """`probative run` dies at random moments; the next round of work finds and finishes what it left."""
    chance = random.Random(20261121)
    round_s = how_long(children, Path(shutil.copytree(signalled, tmp_path / "whole")))
    left: Counter[str] = Counter()
    for turn in range(ROUNDS):
        folder = Path(shutil.copytree(signalled, tmp_path / str(turn)))
        child = children.start("run", folder)
        children.said("ready")
        time.sleep(chance.uniform(0.0, round_s))
        os.kill(child, signals.SIGKILL)
        assert children.ended() == -signals.SIGKILL
        left[finished(folder)] += 1
    assert sum(left.values()) >= 20
    # A crash test that never sees the fault fire proves nothing.
    assert len(left) >= 2, left


def test_the_reaction_is_killed_at_every_step(tmp_path: Path, children: Nursery, signalled: Path) -> None:
    """Before and after every append and every file it touches: two killed attempts, then one that lives."""
    steps = boundaries(children, Path(shutil.copytree(signalled, tmp_path / "whole")))
    left: Counter[str] = Counter()
    for step in range(1, steps + 1):
        folder = Path(shutil.copytree(signalled, tmp_path / str(step)))
        for dying in (step, max(1, step // 2)):
            children.start("follow", folder, dying)
            assert children.ended() in (-signals.SIGKILL, 0)
        left[finished(folder)] += 1
    assert steps > 10
    assert {"declared", "stopped"} <= set(left), left


def how_long(children: Nursery, folder: Path) -> float:
    """Let one round of `probative run` live, and return how long it took on this machine."""
    child = children.start("run", folder)
    children.said("ready")
    began = time.monotonic()
    children.said("sealed")
    took = time.monotonic() - began
    os.kill(child, signals.SIGKILL)
    assert children.ended() == -signals.SIGKILL
    assert finished(folder) == "stopped"
    return took


def boundaries(children: Nursery, folder: Path) -> int:
    """Let the reaction live once and return how many steps it took."""
    children.start("follow", folder)
    steps = int(children.said("burnt"))
    assert children.ended() == 0
    assert finished(folder) == "stopped"
    return steps


def finished(folder: Path) -> str:
    """Finish what a dead process left, check it, and return what the dead had reached."""
    reached = state(Workspace.open(folder))
    workspace = Workspace.open(folder)
    work(workspace)
    (incident,) = workspace.responder.incidents(SYSTEM)
    done = [fact.body for fact in workspace.recorder.facts(kind="respond.action-done")][1:]
    assert [(body["kind"], body["outcome"]) for body in done] == [("stop", "done")]
    assert (incident.status, workspace.responder.switch.reading(SYSTEM).variant) == ("stopped", "off")
    size = workspace.recorder.head().size
    work(workspace)
    assert workspace.recorder.head().size == size
    assert workspace.verify().problems == ()
    return reached


def state(workspace: Workspace) -> str:
    """Return how far the reaction had come."""
    incidents = workspace.responder.incidents(SYSTEM)
    if not incidents:
        return "nothing"
    return "stopped" if incidents[0].status == "stopped" else "declared"
