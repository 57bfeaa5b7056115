"""SIGKILL between intent, act and result: recovery brings every change to a known end."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.respond.scene import COMMANDER, OWNER, SYSTEM, declare, scene

ROOT = Path(__file__).parents[3]


def die(made, what: str, boundary: int) -> None:
    """Do `what` in another process that is killed at the boundary."""
    folder = str(made.workspace.folder)
    command = [sys.executable, "-m", "tests.respond.dying", folder, what, str(boundary)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def outcomes(made) -> list[tuple[str, str, bool]]:
    """Return kind, outcome and whether it was recovered, of every result but the arming's."""
    found = made.bodies("respond.action-done")[1:]
    return [(body["kind"], body["outcome"], body["recovered"]) for body in found]


# The boundaries: 1-2 around the append of pointer and intent, 3-4 around the flag, 5-6 around the result.
@pytest.mark.parametrize(
    ("boundary", "off_at_death", "expected"),
    [
        (1, False, []),
        (2, False, [("stop", "done", True)]),
        (3, False, [("stop", "done", True)]),
        (4, True, [("stop", "done", True)]),
        (5, True, [("stop", "done", True)]),
        (6, True, [("stop", "done", False)]),
    ],
)
def test_an_intended_stop_is_always_carried_through(tmp_path, boundary, off_at_death, expected) -> None:
    """Once the intent is in the record, recovery stops the system; and a second recovery changes nothing."""
    made = scene(tmp_path)
    declare(made)
    die(made, "stop", boundary)
    assert (made.flags.evaluate("loans.serve").variant == "off") == off_at_death
    made.responder.switch.recover()
    assert outcomes(made) == expected
    assert (made.flags.evaluate("loans.serve").variant == "off") == bool(expected)
    size = made.recorder.head().size
    made.responder.switch.recover()
    assert made.recorder.head().size == size


@pytest.mark.parametrize(
    ("boundary", "expected", "variant"),
    [
        (2, ("rollback", "abandoned", True), "off"),
        (3, ("rollback", "abandoned", True), "off"),
        (4, ("rollback", "done", True), "fallback"),
        (5, ("rollback", "done", True), "fallback"),
    ],
)
def test_an_intended_rollback_is_never_made_by_recovery(tmp_path, boundary, expected, variant) -> None:
    """Recovery records what it sees: a rollback that took effect, or one that persons must repeat."""
    made = scene(tmp_path)
    incident = declare(made)
    made.responder.stop(incident.id, "harm", COMMANDER)
    made.responder.evidence.capture(incident.id, COMMANDER)
    made.responder.switch.approve(SYSTEM, incident.id, "fallback", "safe", OWNER)
    die(made, "rollback", boundary)
    made.responder.switch.recover()
    assert outcomes(made)[-1] == expected
    assert made.flags.evaluate("loans.serve").variant == variant
    deployed = [body["release"] for body in made.bodies("record.release-deployed")]
    assert deployed == (["2", "1"] if variant == "fallback" else ["2"])


def test_the_next_change_resolves_what_was_left_open_first(tmp_path) -> None:
    """Nobody has to know that a process died: approving and rolling back end the open stop."""
    made = scene(tmp_path)
    incident = declare(made)
    die(made, "stop", 4)
    made.responder.evidence.capture(incident.id, COMMANDER)
    made.responder.switch.approve(SYSTEM, incident.id, "fallback", "safe", OWNER)
    made.responder.switch.rollback(SYSTEM, incident.id, "restore", COMMANDER)
    assert outcomes(made) == [("stop", "done", True), ("rollback", "done", False)]
