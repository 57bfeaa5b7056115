"""Runs of the shipped playbook on a real workspace: who may answer, what is recorded, what a drill is."""

import json
import threading
from datetime import timedelta

import pytest

from probative.kernel.actor import Actor
from probative.kernel.errors import ConflictError, DeniedError, NotFoundError, UsageError
from probative.respond.playbooks.keeper import Answer
from probative.respond.playbooks.playbook import load_playbook, shipped_playbook
from probative.respond.playbooks.runner import Runner
from tests.respond.dying import ANSWERS, run_playbook
from tests.respond.playbooks import workflows
from tests.respond.scene import (
    ADVISER,
    COMMANDER,
    COUNSEL,
    ONSET,
    OWNER,
    SCIENTIST,
    SUPPORT,
    SYSTEM,
    declare,
    record_decisions,
    scene,
)


@pytest.fixture
def made(tmp_path):
    """Return a scene with an adopted playbook, a declared incident and traffic until now."""
    found = scene(tmp_path, decisions=4)
    record_decisions(found, ONSET, 59, timedelta(minutes=1))
    found.responder.playbooks.adopt(SYSTEM, shipped_playbook("p01"), "shipped", COMMANDER)
    declare(found)
    return found


@pytest.fixture
def run(made):
    """Return a run that waits for people."""
    return made.responder.playbooks.start("inc-2026-0001", "p01", COMMANDER)


def answer(made, run, step: str, actor: Actor, **values: str):
    """Answer a step."""
    return made.responder.playbooks.answer(run.id, Answer(step, actor, values))


def test_a_run_stops_captures_holds_and_asks_before_anything_else(made, run) -> None:
    """The spine in order, then three branches at once."""
    done = [step.name for step in run.steps if step.state in ("done", "decided")]
    assert done[:5] == [
        "Look whether the system still answers",
        "Is the harm still going on?",
        "Stop the system",
        "Capture the evidence",
        "Place a provisional legal hold",
    ]
    waiting = {step.name for step in run.waiting}
    assert waiting == {"Find the cause", "Decide the legal clocks", "Tally the complaints"}
    assert made.flags.evaluate("loans.serve").variant == "off"


def test_a_whole_run_ends_with_the_fallback_serving(made) -> None:
    """Every step answered: completed, rolled back, every step with a start and an end in the record."""
    run_playbook(made.responder, "inc-2026-0001")
    run = made.responder.playbooks.executions("inc-2026-0001")[0]
    assert run.state == "completed"
    assert made.flags.evaluate("loans.serve")[:2] == ("fallback", "1")
    started = {(body["step"], body["round"]) for body in made.bodies("respond.step-started")}
    finished = [(body["step"], body["round"]) for body in made.bodies("respond.step-finished")]
    assert len(finished) == len(set(finished))
    assert set(finished) == started
    assert made.bodies("respond.playbook-finished")[0]["outcome"] == "completed"


def test_a_refused_fallback_leaves_the_system_stopped(made, run) -> None:
    """The decision is a person's: false goes past the rollback."""
    for step, actor, values in (
        ("Find the cause", SCIENTIST, {"cause": "drift"}),
        ("Decide the legal clocks", COUNSEL, {"clocks_decided": "true"}),
        ("Tally the complaints", SUPPORT, {"complaints": "0"}),
        ("Approve serving the fallback release", OWNER, {"fallback_approved": "false"}),
        ("Agree the corrective actions", COMMANDER, {"correctives": "1"}),
    ):
        run = answer(made, run, step, actor, **values)
    assert run.state == "completed"
    assert made.flags.evaluate("loans.serve").variant == "off"


def test_only_asked_roles_answer(made, run) -> None:
    """A wrong role, a wrong holder of the right role, and the adviser are refused; nothing is written."""
    size = made.recorder.head().size
    for step, actor, values in (
        ("Find the cause", SUPPORT, {"cause": "x"}),
        ("Decide the legal clocks", Actor(id="p-impostor", role="legal"), {"clocks_decided": "true"}),
        ("Decide the legal clocks", ADVISER, {"clocks_decided": "true"}),
    ):
        with pytest.raises(DeniedError):
            answer(made, run, step, actor, **values)
    assert made.recorder.head().size == size


def test_the_starter_does_not_approve_what_runs_in_their_name(made, run) -> None:
    """Whoever started the run rolls back through it, so the approval must be another person's."""
    for item in ANSWERS[:3]:
        run = made.responder.playbooks.answer(run.id, item)
    starter = Actor(id=COMMANDER.id, role="model-owner")
    with pytest.raises(DeniedError, match="another person"):
        answer(made, run, "Approve serving the fallback release", starter, fallback_approved="true")


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({}, "asks for '__complaints__'"),
        ({"complaints": "many"}, "no integer"),
        ({"complaints": "3", "mood": "bad"}, "no result '__mood__'"),
        ({"complaints": "9" * 600}, "too long"),
    ],
)
def test_values_have_to_fit(made, run, values: dict[str, str], match: str) -> None:
    """Missing, mistyped, unknown and oversized results are refused in one sentence."""
    with pytest.raises(UsageError, match=match):
        answer(made, run, "Tally the complaints", SUPPORT, **values)


def test_a_step_is_answered_once(made, run) -> None:
    """The second answer comes too late, whoever gives it."""
    answer(made, run, "Find the cause", SCIENTIST, cause="drift")
    with pytest.raises(NotFoundError, match="No step 'Find the cause' waits"):
        answer(made, run, "Find the cause", SCIENTIST, cause="a bug")


def test_a_note_is_kept_as_a_personal_blob(made, run) -> None:
    """Prose may name people: the fact has only the blob's name."""
    made.responder.playbooks.answer(
        run.id, Answer("Tally the complaints", SUPPORT, {"complaints": "1"}, "Mrs Q called twice")
    )
    finished = made.bodies("respond.step-finished")[-1]
    assert made.recorder.get(finished["observed"]["note"]) == b"Mrs Q called twice"


def test_a_run_keeps_its_version(made, run) -> None:
    """A playbook adopted meanwhile is for the next run."""
    content = workflows.p01()
    content["modified"] = "2026-12-01T00:00:00.000Z"
    newer = load_playbook(json.dumps(content).encode())
    made.responder.playbooks.adopt(SYSTEM, newer, "file", COMMANDER)
    assert made.responder.playbooks.execution(run.id).version == "2026-11-21T09:00:00.000Z"
    assert made.responder.playbooks.adopted(SYSTEM)["p01"].version == "2026-12-01T00:00:00.000Z"


def test_one_run_of_a_playbook_at_a_time(made, run) -> None:
    """A second start is a conflict that names the first."""
    with pytest.raises(ConflictError, match="runs for"):
        made.responder.playbooks.start("inc-2026-0001", "p01", COMMANDER)


def test_what_cannot_be_run_is_not_adopted(made) -> None:
    """The defects are said before anything is written."""
    content = workflows.p01()
    content["workflow"][workflows.named(content, "Stop the system")]["commands"][0]["command"] = "reboot"
    size = made.recorder.head().size
    with pytest.raises(UsageError, match="no action 'reboot'"):
        made.responder.playbooks.adopt(SYSTEM, load_playbook(json.dumps(content).encode()), "file", COMMANDER)
    with pytest.raises(DeniedError):
        made.responder.playbooks.adopt(SYSTEM, shipped_playbook("p01"), "shipped", ADVISER)
    assert made.recorder.head().size == size


def test_only_external_variables_are_taken(made) -> None:
    """Inputs cannot pretend to be results of steps."""
    with pytest.raises(UsageError, match="takes no input"):
        made.responder.playbooks.start("inc-2026-0001", "p01", COMMANDER, {"__serving__": "false"})


def test_a_late_question_goes_to_more_people_and_keeps_waiting(made, run) -> None:
    """Due after an hour: first the escalation role, an hour later the executive; nothing expires."""
    made.clock.advance(timedelta(minutes=61))
    made.responder.playbooks.escalate(COMMANDER)
    made.responder.playbooks.escalate(COMMANDER)
    late = [(body["name"], body["to_role"]) for body in made.bodies("respond.step-escalated")]
    assert late == [("Decide the legal clocks", "chief-risk-officer")]
    made.clock.advance(timedelta(hours=1))
    made.responder.playbooks.escalate(COMMANDER)
    assert made.bodies("respond.step-escalated")[-1]["to_role"] == "executive"
    chief = Actor(id="p-chief", role="chief-risk-officer")
    run = answer(made, run, "Decide the legal clocks", chief, clocks_decided="true")
    assert "Decide the legal clocks" not in {step.name for step in run.waiting}


def test_a_drill_changes_nothing_and_is_marked(made) -> None:
    """The same engine, simulated acts, real answers; the flag stays, the facts say drill."""
    drilled = made.responder.playbooks.exercise(SYSTEM, "p01", ANSWERS, COMMANDER)
    assert (drilled.mode, drilled.state) == ("drill", "completed")
    assert made.flags.evaluate("loans.serve").variant == "on"
    exercised = made.bodies("respond.playbook-exercised")[0]
    assert (exercised["passed"], exercised["mode"], exercised["playbook"]) == (True, "drill", "p01")
    assert all(body["simulated"] for body in made.bodies("respond.step-finished")[:5])
    assert [incident.id for incident in made.responder.incidents()] == ["inc-2026-0001"]
    assert [incident.id for incident in made.responder.incidents(drills=True)] == ["drill-2026-0001"]


def test_a_drill_without_answers_waits_for_people(made) -> None:
    """Nobody is impersonated: an exercise is passed only when its questions were answered."""
    drilled = made.responder.playbooks.exercise(SYSTEM, "p01", (), COMMANDER)
    assert drilled.state == "running"
    assert made.bodies("respond.playbook-exercised") == []
    for item in ANSWERS:
        drilled = made.responder.playbooks.answer(drilled.id, item)
    assert made.bodies("respond.playbook-exercised")[0]["passed"]


def test_many_workers_carry_a_step_out_once(made) -> None:
    """Eight workers drive one new run at the same time: every act is started once and ended once."""
    keeper = made.responder.playbooks
    workers = [type(keeper)(keeper._tools, made.spool) for _ in range(8)]
    first = threading.Barrier(8)

    def start(worker) -> None:
        first.wait()
        try:
            worker.start("inc-2026-0001", "p01", COMMANDER)
        except ConflictError:
            worker.advance("inc-2026-0001-p01-1")

    threads = [threading.Thread(target=start, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keeper.advance("inc-2026-0001-p01-1")
    acts = [body for body in made.bodies("respond.step-started") if body["kind"] == "act"]
    assert len(acts) == len({body["step"] for body in acts})
    assert len(made.bodies("respond.snapshot-sealed")) == 1
    assert len(made.bodies("respond.playbook-started")) == 1


def test_without_the_latch_the_record_itself_lets_one_worker_start(made) -> None:
    """Two workers with the same plan in hand: the second one's start is refused by its key."""
    keeper = made.responder.playbooks
    content = workflows.playbook(
        workflows.step_id("action", "a"),
        {
            workflows.step_id("action", "a"): workflows.ask("a", workflows.step_id("action", "b")),
            workflows.step_id("action", "b"): workflows.act(
                "b", "probe-switch", workflows.step_id("end", "e")
            ),
            workflows.step_id("end", "e"): {"type": "end"},
        },
    )
    keeper.adopt(SYSTEM, load_playbook(content), "test", COMMANDER)
    run = keeper.start("inc-2026-0001", "p99", COMMANDER)
    with made.spool.latch(f"run-{run.id}"):
        keeper.answer(run.id, Answer("a", COMMANDER))
        standing = keeper._read(run.id)
        task = standing.plan.tasks[0]
        results = [Runner(keeper._tools, made.spool)._act(standing, task) for _ in range(2)]
    assert results == [(True, ""), (False, "")]
    assert len([body for body in made.bodies("respond.step-started") if body["name"] == "b"]) == 1
