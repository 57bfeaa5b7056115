"""The work that waits: one round does all of it, by one worker at a time, and can be repeated.

Defences: `Workspace.only_worker`, the position asked again after the turn (`work.catch_up`), and that a
command that failed leaves everything as it was (`cli.session`).
"""

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from probative.cli import call
from probative.kernel.clock import ManualClock, SystemClock
from probative.testing import START, fresh_workspace
from probative.work import Lag, catch_up, lag, read_position, work
from probative.workspace import Workspace
from tests.faults.alarm import SYSTEM, armed, signal


def test_a_round_reacts_and_publishes(tmp_path: Path) -> None:
    """After it nothing waits; a second round finds nothing to do and adds no fact."""
    workspace = armed(tmp_path)
    signal(workspace)
    assert lag(workspace).unfollowed == 1
    done = work(workspace)
    size = workspace.recorder.head().size
    assert (done.followed, done.published, workspace.published_size()) == (size - 8, size, size)
    assert lag(workspace) == Lag(unfollowed=0, unpublished=0, failures=())
    assert work(workspace).followed == 0
    assert workspace.recorder.head().size == size


def test_the_turn_of_another_is_left_to_them(tmp_path: Path) -> None:
    """While somebody works, a verb goes on at once and follows nothing itself."""
    workspace = armed(tmp_path)
    signal(workspace)
    with Workspace.open(workspace.folder).only_worker():
        catch_up(workspace)
        assert workspace.responder.incidents(SYSTEM) == []
    catch_up(workspace)
    assert len(workspace.responder.incidents(SYSTEM)) == 1


class Overtaken(Workspace):
    """A workspace in which somebody else records a fact at the last moment of our turn."""

    def write_file(self, relative: str, data: bytes) -> None:
        """Save the position, but let another opening record a fact, and find the turn taken, before."""
        other = Workspace.open(self.folder, self.clock)
        if next(other.recorder.facts(kind="watch.signal-raised"), None) is None:
            signal(other)
            catch_up(other)
            assert other.responder.incidents(SYSTEM) == []
        super().write_file(relative, data)


def test_what_is_recorded_during_the_work_is_not_left_lying(tmp_path: Path) -> None:
    """Whoever records in our turn goes on without waiting; we ask again after it."""
    folder = armed(tmp_path).folder
    workspace = Overtaken.open(folder, ManualClock(START + timedelta(minutes=1)))
    workspace.register_key("k", ("audit",), "p-1", workspace.actor)
    catch_up(workspace)
    assert len(workspace.responder.incidents(SYSTEM)) == 1
    assert read_position(workspace) == workspace.recorder.head().size


def test_many_workers_at_once_leave_nothing(tmp_path: Path) -> None:
    """Each records and catches up; in the end every fact was followed, and no turn was lost."""
    folder = armed(tmp_path, ManualClock(SystemClock().now())).folder

    def busy(number: int) -> None:
        workspace = Workspace.open(folder)
        for turn in range(3):
            workspace.register_key(f"k-{number}-{turn}", ("audit",), "p-1", workspace.actor)
            catch_up(workspace)

    threads = [threading.Thread(target=busy, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    workspace = Workspace.open(folder)
    assert read_position(workspace) == workspace.recorder.head().size == 8 + 12


def test_any_verb_catches_up_and_a_failed_one_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A signal that nobody followed is answered by the next command that ends well."""
    workspace = armed(tmp_path, ManualClock(SystemClock().now()))
    signal(workspace)
    line = ["-w", str(workspace.folder), "record"]
    assert call([*line, "show", "nonsense!"]) == 2
    assert workspace.responder.incidents(SYSTEM) == []
    assert call([*line, "log"]) == 0
    assert len(workspace.responder.incidents(SYSTEM)) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_doctor_says_what_lags(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Facts to follow and entries to publish, each with the command; then nothing."""
    workspace = fresh_workspace(tmp_path, ManualClock(SystemClock().now()))
    workspace.register_key("k", ("audit",), "p-1", workspace.actor)
    line = ["-w", str(workspace.folder)]
    assert call([*line, "doctor"]) == 1
    advice = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[2] for line in advice] == ["probative run --once"] * 2
    assert call([*line, "run", "--once"]) == 0
    capsys.readouterr()
    assert call([*line, "doctor"]) == 0
    assert capsys.readouterr().out == "Nothing waits.\n"


def test_a_round_seals_what_is_old(tmp_path: Path) -> None:
    """Decisions that a process left open long ago are sealed by whoever works next."""
    from tests.test_workspace import with_decisions

    workspace = fresh_workspace(tmp_path)
    with_decisions(workspace)
    rows = workspace.decisions.read("loans", columns=["decision_id", "decided_at", "subject", "amount"])
    again = rows.to_pylist()[0] | {"decision_id": "019a3e5f-0000-7000-8000-0000000000ff"}
    workspace.decisions.record("loans", [again])
    workspace.decisions.close()
    workspace.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    later = Workspace.open(workspace.folder, workspace.clock)
    assert work(later).sealed == 1
    assert (later.verify().segments, later.verify().decisions) == (2, 4)
