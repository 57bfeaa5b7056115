"""The executor: the same facts give the same plan; branches, loops and failures go where CACAO says."""

from datetime import UTC, datetime

import msgspec
import pytest

from probative.kernel.actor import Actor
from probative.record.facts import Fact, kind_of
from probative.respond.playbooks.executor import ROUNDS_MAX, Plan, fold_history, plan_next
from probative.respond.playbooks.facts import StepFinished, StepStarted
from probative.respond.playbooks.playbook import Playbook
from tests.respond.playbooks.workflows import act, ask, loaded, step_id

AT = datetime(2026, 11, 15, tzinfo=UTC)
END = {"type": "end"}


class Ledger:
    """The facts of a run that exists in a test's mind only: the executor is pure, it needs no other."""

    def __init__(self, playbook: Playbook, **inputs: str) -> None:
        self.playbook = playbook
        self.inputs = {f"__{name}__": value for name, value in inputs.items()}
        self.facts: list[Fact] = []

    def plan(self) -> Plan:
        """Return what comes next."""
        return plan_next(self.playbook, fold_history(self.playbook, self.inputs, self.facts))

    def names(self) -> set[str]:
        """Return the names of the next tasks."""
        return {self.playbook.workflow[task.step].name or task.kind for task in self.plan().tasks}

    def finish(self, name: str, outcome: str = "done", **values: str) -> None:
        """Carry out the next task of the step called `name` (or of that kind)."""
        for task in self.plan().tasks:
            if name in (self.playbook.workflow[task.step].name, task.kind):
                told = task.outcome if task.kind in ("decide", "join") else outcome
                if task.kind != "join":
                    self._append(StepStarted, task, attempt=task.attempt, target="-", kind=task.kind)
                if task.kind != "fork":
                    given = {f"__{key}__": value for key, value in values.items()}
                    self._append(StepFinished, task, attempt=task.attempt, outcome=told, values=given)
                return
        pytest.fail(f"'{name}' is not among {self.names()}")

    def settle(self) -> None:
        """Carry out everything that needs neither act nor answer."""
        while any(task.kind in ("fork", "decide", "join") for task in self.plan().tasks):
            kinds = [task.kind for task in self.plan().tasks if task.kind in ("fork", "decide", "join")]
            self.finish(kinds[0])

    def _append(self, body_type, task, **more) -> None:
        place = {"step": task.step, "name": "", "round": task.round}
        body = body_type(execution="e", incident="i", system="s", **place, **more)
        name, version = kind_of(body)
        fact = Fact(
            id="0" * 64,
            index=len(self.facts),
            kind=name,
            version=version,
            subjects=(),
            actor=Actor(id="p-1", role="sre"),
            occurred_at=AT,
            recorded_at=AT,
            body=msgspec.to_builtins(body),
        )
        self.facts.append(fact)


def test_a_chain_runs_in_order_to_its_end() -> None:
    """One step at a time, and completed after the last."""
    a, b, end = step_id("action", "a"), step_id("action", "b"), step_id("end", "e")
    run = Ledger(loaded(a, {a: ask("a", b), b: act("b", "probe-switch", end), end: END}).playbook)
    assert [task.kind for task in run.plan().tasks] == ["ask"]
    run.finish("a")
    assert [task.kind for task in run.plan().tasks] == ["act"]
    run.finish("b")
    assert run.plan() == Plan("completed", (), ())


def parallel() -> Playbook:
    """Return two branches side by side, then one more step."""
    fork, a, a2, b, c = (
        step_id("parallel", "p"),
        step_id("action", "a"),
        step_id("action", "a2"),
        step_id("action", "b"),
        step_id("action", "c"),
    )
    ends = [step_id("end", name) for name in "abc"]
    return loaded(
        fork,
        {
            fork: {"type": "parallel", "next_steps": [a, b], "on_completion": c},
            a: ask("a", a2),
            a2: ask("a2", ends[0]),
            b: ask("b", ends[1]),
            c: ask("c", ends[2]),
            **dict.fromkeys(ends, END),
        },
    ).playbook


def test_parallel_branches_go_on_side_by_side_and_join() -> None:
    """Neither branch waits for the other; what follows waits for both."""
    run = Ledger(parallel())
    run.settle()
    assert run.names() == {"a", "b"}
    run.finish("a")
    assert run.names() == {"a2", "b"}
    run.finish("b")
    run.settle()
    assert run.names() == {"a2"}
    run.finish("a2")
    assert [task.kind for task in run.plan().tasks] == ["join"]
    run.settle()
    assert run.names() == {"c"}


def test_a_failure_in_one_branch_withdraws_the_others_questions() -> None:
    """An uncaught failure ends the run; nobody is asked on."""
    run = Ledger(parallel())
    run.settle()
    run.finish("a", "failed")
    plan = run.plan()
    assert (plan.state, plan.tasks, len(plan.failed)) == ("failed", (), 1)


def branching(condition: str) -> Playbook:
    """Return a question, a condition over its answer, a step for true, and one after it."""
    q, cond, yes, after = (
        step_id("action", "q"),
        step_id("if-condition", "if"),
        step_id("action", "yes"),
        step_id("action", "after"),
    )
    ends = [step_id("end", name) for name in "ab"]
    steps = {
        q: ask("q", cond, ("__x__",)),
        cond: {"type": "if-condition", "condition": condition, "on_true": yes, "on_completion": after},
        yes: ask("yes", ends[0]),
        after: ask("after", ends[1]),
        **dict.fromkeys(ends, END),
    }
    return loaded(q, steps, ("__x__",)).playbook


@pytest.mark.parametrize(("answer", "expected"), [("true", {"yes"}), ("false", {"after"})])
def test_a_condition_chooses_by_the_answer(answer: str, expected: set[str]) -> None:
    """True goes into the branch, false past it."""
    run = Ledger(branching("__x__:value = 'true'"))
    run.finish("q", x=answer)
    run.settle()
    assert run.names() == expected


def test_a_recorded_decision_stands_whatever_changes_later() -> None:
    """Replaying after the variable changed takes the branch that was taken then."""
    run = Ledger(branching("__x__:value = 'true'"))
    run.finish("q", x="true")
    run.settle()
    run.finish("yes", x="false")
    assert run.names() == {"after"}
    assert run.plan() == Ledger.plan(run)


def test_a_condition_that_cannot_be_told_fails_its_step() -> None:
    """No value is not false: the run stops instead of guessing."""
    run = Ledger(branching("__x__:value = 'true'"))
    run.finish("q")
    run.settle()
    assert run.plan().state == "failed"


def rescued(*, on_failure: bool, exception: bool) -> Playbook:
    """Return a step that may fail, with a rescue of its own or of the playbook."""
    a, r = step_id("action", "a"), step_id("action", "rescue")
    ends = [step_id("end", name) for name in "ab"]
    step = act("a", "probe-switch", ends[0])
    if on_failure:
        step["on_success"] = step.pop("on_completion")
        step["on_failure"] = r
    steps = {a: step, r: ask("rescue", ends[1]), **dict.fromkeys(ends, END)}
    return loaded(a, steps, **({"workflow_exception": r} if exception else {})).playbook


def test_a_failed_step_goes_to_its_own_rescue() -> None:
    """on_failure catches it, and the run completes."""
    run = Ledger(rescued(on_failure=True, exception=False))
    run.finish("a", "failed")
    run.finish("rescue")
    assert run.plan().state == "completed"


def test_an_uncaught_failure_goes_to_the_playbooks_rescue_and_stays_a_failure() -> None:
    """workflow_exception runs, and the run is failed all the same."""
    run = Ledger(rescued(on_failure=False, exception=True))
    run.finish("a", "failed")
    assert (run.plan().state, run.names()) == ("running", {"rescue"})
    run.finish("rescue")
    assert run.plan() == Plan("failed", (), (step_id("action", "a"),))


def looping() -> Playbook:
    """Return a loop that asks again while the answer is "again"."""
    loop, q = step_id("while-condition", "w"), step_id("action", "q")
    ends = [step_id("end", name) for name in "ab"]
    steps = {
        loop: {
            "type": "while-condition",
            "condition": "__x__:value = 'again'",
            "on_true": q,
            "on_completion": ends[1],
        },
        q: ask("q", ends[0], ("__x__",)),
        **dict.fromkeys(ends, END),
    }
    return loaded(loop, steps, ("__x__",)).playbook


def test_a_loop_repeats_its_body_until_its_condition_fails() -> None:
    """Each repetition has steps of its own in the record."""
    run = Ledger(looping(), x="again")
    for answer in ("again", "again", "enough"):
        run.settle()
        run.finish("q", x=answer)
    run.settle()
    assert run.plan().state == "completed"
    assert {fact.body["round"] for fact in run.facts} == {"0.1", "0.2", "0.3", "0.4"}


def test_a_loop_ends_somewhere() -> None:
    """A condition that never fails is a failed run, not an endless one."""
    run = Ledger(looping(), x="again")
    for _ in range(ROUNDS_MAX):
        run.settle()
        run.finish("q", x="again")
    assert run.plan().state == "failed"


def test_a_switch_takes_its_case_or_the_default() -> None:
    """The value chooses; without a case and a default the step fails."""
    sw, a, b = step_id("switch-condition", "s"), step_id("action", "a"), step_id("action", "b")
    ends = [step_id("end", name) for name in "abc"]
    for cases, value, expected in (
        ({"x": a, "default": b}, "x", {"a"}),
        ({"x": a, "default": b}, "y", {"b"}),
        ({"x": a, "z": b}, "y", set()),
    ):
        steps = {
            sw: {
                "type": "switch-condition",
                "switch": "__v__:value",
                "cases": cases,
                "on_completion": ends[2],
            },
            a: ask("a", ends[0]),
            b: ask("b", ends[1]),
            **dict.fromkeys(ends, END),
        }
        run = Ledger(loaded(sw, steps, ("__v__",)).playbook, v=value)
        run.settle()
        assert run.names() == expected


def test_an_act_that_was_cut_off_is_tried_again_under_the_next_attempt() -> None:
    """A start without an end means that its worker died."""
    a, end = step_id("action", "a"), step_id("end", "e")
    run = Ledger(loaded(a, {a: act("a", "probe-switch", end), end: END}).playbook)
    task = run.plan().tasks[0]
    run._append(StepStarted, task, attempt=1, target="-", kind="act")
    assert [again.attempt for again in run.plan().tasks] == [2]
