"""Reactions: a signal opens an incident, once; what fails holds up its own lane and nothing else.

Defences: the record of what was done and what failed (`reactions._react`), the order of a lane (`_held_up`),
the saved position that is only a hint (`work.read_position`).
"""

from datetime import timedelta
from pathlib import Path

import pytest

from probative.cli import call
from probative.kernel.actor import Actor
from probative.kernel.clock import ManualClock, SystemClock
from probative.kernel.errors import ConflictError, NotFoundError, ProbativeError, UnavailableError, UsageError
from probative.reactions import ENGINE, HELD, Reaction, follow, resolve, waiting
from probative.record.facts import Draft, Fact, RunFinished, RunStarted, subject
from probative.testing import fresh_workspace
from probative.work import catch_up
from probative.workspace import Workspace
from tests.faults.alarm import OWNER, SYSTEM, armed, signal

PERSON = Actor(id="p-1", role="sre")


class World:
    """What reactions act on: each run that was started is finished, unless the world refuses."""

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.failure: Exception = UnavailableError("world.broken", "The world is broken.", "Mend it.")

    def finish(self, workspace: Workspace, fact: Fact) -> None:
        """Record that the run ended, under a key of the fact, as every effect is."""
        if fact.body["run"] in self.broken:
            raise self.failure
        run, system = fact.body["run"], fact.body["system"]
        body = RunFinished(
            run=run, run_kind="t", system=system, status="ok", outputs={}, metrics={}, groups=()
        )
        subjects = (subject(f"system/{system}"),)
        workspace.recorder.append(
            Draft(body=body, subjects=subjects, actor=ENGINE, caused_by=(fact.id,), key=f"finish:{fact.id}")
        )

    @property
    def reactions(self) -> tuple[Reaction, ...]:
        """The table with this world's one reaction."""
        return (Reaction("finish-runs", "record.run-started", self.finish),)


def start(workspace: Workspace, *runs: str, system: str = "s") -> list[Fact]:
    """Record that runs started."""
    return workspace.recorder.append(
        *[
            Draft(
                body=RunStarted(run=name, run_kind="t", system=system, inputs={}, parameters={}),
                subjects=(subject(f"system/{system}"),),
                actor=PERSON,
            )
            for name in runs
        ]
    )


def finished(workspace: Workspace) -> list[str]:
    """Return the runs that were acted upon, in ledger order."""
    return [fact.body["run"] for fact in workspace.recorder.facts(kind="record.run-finished")]


def codes(workspace: Workspace) -> list[str]:
    """Return why each unresolved reaction failed."""
    return [fact.body["code"] for fact in waiting(workspace)]


def head_of(workspace: Workspace) -> Fact:
    """Return the failure that a person is asked about: the one that is not just held up."""
    return next(fact for fact in waiting(workspace) if fact.body["code"] != HELD)


def test_a_signal_opens_an_incident_and_a_standing_order_stops_the_system(tmp_path: Path) -> None:
    """Nobody did anything: incident, stop and its result are there, each caused by what came before."""
    workspace = armed(tmp_path)
    raised = signal(workspace)
    catch_up(workspace)
    (incident,) = workspace.responder.incidents(SYSTEM)
    assert (incident.declared.signal, incident.status) == (raised.id, "stopped")
    assert workspace.responder.switch.reading(SYSTEM).variant == "off"


@pytest.mark.parametrize("left", ["", "0", "nonsense", "-4", "999999", None])
def test_losing_the_saved_position_changes_nothing(tmp_path: Path, left: str | None) -> None:
    """Lost, damaged or beyond the ledger: everything is followed again, and no fact is added."""
    workspace = armed(tmp_path)
    signal(workspace)
    catch_up(workspace)
    size = workspace.recorder.head().size
    position = workspace.folder / "record/reactions.position"
    position.unlink() if left is None else position.write_text(left)
    workspace.clock.advance(timedelta(minutes=5))  # type: ignore[attr-defined]
    catch_up(Workspace.open(workspace.folder, workspace.clock))
    assert (workspace.recorder.head().size, position.read_text()) == (size, str(size))


def test_a_signal_that_was_answered_is_not_answered_again(tmp_path: Path) -> None:
    """Persons let the system answer again; following the old signal once more neither stops nor proposes."""
    workspace = armed(tmp_path)
    signal(workspace)
    catch_up(workspace)
    responder, (incident,) = workspace.responder, workspace.responder.incidents(SYSTEM)
    commander = Actor(id="p-commander", role="incident-commander")
    responder.evidence.capture(incident.id, commander)
    responder.switch.approve(SYSTEM, incident.id, "fallback", "the fallback is sound", OWNER)
    responder.switch.rollback(SYSTEM, incident.id, "restore", commander)
    size = workspace.recorder.head().size
    assert follow(workspace, 0) == size
    assert responder.switch.reading(SYSTEM).variant == "fallback"


def test_a_position_beyond_the_ledger_silences_nothing(tmp_path: Path) -> None:
    """A signal is acted upon even when the position says that it was followed long ago."""
    workspace = armed(tmp_path)
    (workspace.folder / "record/reactions.position").write_text("999999")
    signal(workspace)
    catch_up(workspace)
    assert len(workspace.responder.incidents(SYSTEM)) == 1


def test_rebuilding_never_acts(tmp_path: Path) -> None:
    """A rebuild reads every fact, a waiting signal too, and does nothing about any."""
    workspace = armed(tmp_path)
    signal(workspace)
    size = workspace.recorder.head().size
    assert workspace.rebuild() == size
    assert (workspace.recorder.head().size, workspace.responder.incidents(SYSTEM)) == (size, [])
    assert workspace.responder.switch.reading(SYSTEM).variant == "on"


def test_a_failure_holds_up_its_lane_and_no_other(tmp_path: Path) -> None:
    """What comes later in the same system waits, in order; another system goes on."""
    workspace, world = fresh_workspace(tmp_path), World()
    world.broken = {"b"}
    start(workspace, "a", "b", "c")
    start(workspace, "x", system="other")
    follow(workspace, 0, world.reactions)
    assert finished(workspace) == ["a", "x"]
    assert codes(workspace) == ["world.broken", "work.lane-held"]


def test_a_retry_frees_the_lane_in_order(tmp_path: Path) -> None:
    """Once the world is mended and a person says so, the held ones follow by themselves."""
    workspace, world = fresh_workspace(tmp_path), World()
    world.broken = {"a"}
    start(workspace, "a", "b", "c")
    position = follow(workspace, 0, world.reactions)
    world.broken = set()
    resolution = resolve(workspace, next(waiting(workspace)), "retry", "the disk was full", PERSON)
    follow(workspace, position, world.reactions)
    assert finished(workspace) == ["a", "b", "c"]
    assert codes(workspace) == []
    assert (resolution.actor, resolution.body["reason"]) == (PERSON, "the disk was full")


def test_a_skip_frees_the_lane_too(tmp_path: Path) -> None:
    """The skipped one stays undone, on the record, with the reason; the others follow."""
    workspace, world = fresh_workspace(tmp_path), World()
    world.broken = {"a"}
    start(workspace, "a", "b")
    position = follow(workspace, 0, world.reactions)
    resolve(workspace, next(waiting(workspace)), "skip", "it was finished by hand", PERSON)
    follow(workspace, position, world.reactions)
    assert (finished(workspace), codes(workspace)) == (["b"], [])


def test_a_retry_that_fails_again_is_a_failure_of_its_own(tmp_path: Path) -> None:
    """The lane stays held, nothing is raised at whoever runs next, and it can be tried once more."""
    workspace, world = fresh_workspace(tmp_path), World()
    world.broken = {"a"}
    start(workspace, "a", "b")
    position = follow(workspace, 0, world.reactions)
    for _ in range(2):
        resolve(workspace, head_of(workspace), "retry", "try again", PERSON)
        position = follow(workspace, position, world.reactions)
        assert finished(workspace) == []
        assert sorted(codes(workspace)) == ["work.lane-held", "world.broken"]
    world.broken = set()
    resolve(workspace, head_of(workspace), "retry", "mended", PERSON)
    follow(workspace, position, world.reactions)
    assert (finished(workspace), codes(workspace)) == (["a", "b"], [])


def test_a_bug_in_one_lane_does_not_stop_the_others(tmp_path: Path) -> None:
    """Whatever a reaction raises is recorded, and `doctor` will show it."""
    workspace, world = fresh_workspace(tmp_path), World()
    world.broken, world.failure = {"a"}, KeyError("colour")
    start(workspace, "a")
    start(workspace, "x", system="other")
    follow(workspace, 0, world.reactions)
    assert (finished(workspace), codes(workspace)) == (["x"], ["bug"])
    assert "KeyError: 'colour'" in next(waiting(workspace)).body["sentence"]


def test_following_everything_again_adds_nothing(tmp_path: Path) -> None:
    """A process killed before it saved the position leaves failures, retries and effects to be met again."""
    workspace, world = fresh_workspace(tmp_path), World()
    world.broken = {"b"}
    start(workspace, "a", "b", "c")
    position = follow(workspace, 0, world.reactions)
    assert follow(workspace, 0, world.reactions) == position
    world.broken = set()
    resolve(workspace, next(waiting(workspace)), "retry", "mended", PERSON)
    follow(workspace, 0, world.reactions)
    start(workspace, "d")
    world.broken = {"d"}
    size = follow(workspace, 0, world.reactions)
    assert follow(workspace, 0, world.reactions) == size
    assert (finished(workspace), codes(workspace)) == (["a", "b", "c"], ["world.broken"])


def test_a_failure_met_again_is_not_another_one(tmp_path: Path) -> None:
    """Even if it would fail in other words now: what is recorded stands until somebody resolves it."""
    workspace, world = fresh_workspace(tmp_path), World()
    world.broken = {"a"}
    start(workspace, "a")
    size = follow(workspace, 0, world.reactions)
    world.failure = NotFoundError("world.gone", "The world is gone.", "")
    assert follow(workspace, 0, world.reactions) == size
    assert codes(workspace) == ["world.broken"]


def test_only_an_open_failure_is_resolved_and_only_with_a_reason(tmp_path: Path) -> None:
    """Another fact, an empty reason and a second decision are refused, and nothing is recorded."""
    workspace, world = fresh_workspace(tmp_path), World()
    world.broken = {"a"}
    (started,) = start(workspace, "a")
    follow(workspace, 0, world.reactions)
    (failure,) = waiting(workspace)
    size = workspace.recorder.head().size
    refused: list[tuple[Fact, str, type[ProbativeError]]] = [
        (started, "why not", NotFoundError),
        (failure, "  ", UsageError),
    ]
    for fact, reason, error in refused:
        with pytest.raises(error):
            resolve(workspace, fact, "retry", reason, PERSON)
    assert workspace.recorder.head().size == size
    resolve(workspace, failure, "skip", "done by hand", PERSON)
    with pytest.raises(ConflictError, match="resolved already"):
        resolve(workspace, failure, "retry", "changed my mind", PERSON)


def test_a_person_retries_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`doctor` names the failure and the command; the command frees the lane, and then nothing waits."""
    workspace = armed(tmp_path, ManualClock(SystemClock().now()))
    flags = workspace.folder / "flags"
    flags.rename(tmp_path / "flags")
    flags.write_text("in the way")
    signal(workspace)
    line = ["-w", str(workspace.folder), "--as", "p-1:sre"]
    assert call([*line, "run", "--once"]) == 0
    capsys.readouterr()
    assert call([*line, "doctor"]) == 1
    advice = capsys.readouterr().out
    assert "holds up its lane" in advice
    failed = advice.partition("--retry ")[2].split()[0]
    flags.unlink()
    (tmp_path / "flags").rename(flags)
    assert call([*line, "run", "--retry", failed, "--reason", "the folder was in the way"]) == 0
    capsys.readouterr()
    assert call([*line, "doctor"]) == 0
    assert capsys.readouterr().out == "Nothing waits.\n"
    assert [incident.status for incident in workspace.responder.incidents(SYSTEM)] == ["stopped"]
