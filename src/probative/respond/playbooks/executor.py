"""The executor: which steps of a run come next, decided from the playbook and its recorded steps alone.

**Promise**: pure; the same playbook and the same facts give the same plan on any machine, so a run goes on
after a crash where its record ends. Branches of a parallel step are offered together and joined.
**Not here**: carrying steps out (`runner`), and whether the playbook is sound (`validation`).
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Literal, NamedTuple

import msgspec

from probative.kernel.errors import UsageError
from probative.record.facts import Fact
from probative.respond.playbooks.conditions import parse_condition
from probative.respond.playbooks.facts import StepFinished, StepStarted, TaskKind
from probative.respond.playbooks.playbook import Playbook, Step

FIRST_ROUND = "0"
EXCEPTION_ROUND = "x"
ROUNDS_MAX = 100

Place = tuple[str, str]


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What the record says of one step in one round: its last start, and its end if it has one."""

    started: StepStarted
    finished: StepFinished | None = None


class History(msgspec.Struct, frozen=True, kw_only=True):
    """The recorded steps of a run by step and round, and the variables as they now are."""

    runs: dict[Place, Run]
    variables: dict[str, str | None]


class Task(NamedTuple):
    """Something to do next. `outcome` and `reason` are given where nothing but the record decides."""

    step: str
    round: str
    attempt: int
    kind: TaskKind
    outcome: str = ""
    reason: str = ""


class Plan(NamedTuple):
    """What comes next: tasks while the state is `running`, none after that; `failed` are uncaught steps."""

    state: Literal["running", "completed", "failed"]
    tasks: tuple[Task, ...]
    failed: tuple[str, ...]


class _Reach(Enum):
    PENDING = "pending"
    COMPLETE = "complete"
    FAILED = "failed"


def fold_history(playbook: Playbook, inputs: Mapping[str, str], facts: Iterable[Fact]) -> History:
    """Fold the step facts of one run, in ledger order."""
    variables = {name: variable.value for name, variable in playbook.playbook_variables.items()}
    variables.update(inputs)
    runs: dict[Place, Run] = {}
    for fact in facts:
        if fact.kind == "respond.step-started":
            started = fact.read(StepStarted)
            runs[started.step, started.round] = Run(started=started)
        elif fact.kind == "respond.step-finished":
            finished = fact.read(StepFinished)
            place = finished.step, finished.round
            runs[place] = msgspec.structs.replace(runs[place], finished=finished)
            variables.update(finished.values)
    return History(runs=runs, variables=variables)


def plan_next(playbook: Playbook, history: History) -> Plan:
    """Return what comes next in a run.

    A failed step goes to its `on_failure`; one without goes to the playbook's `workflow_exception`, which
    ends the run as failed whatever it does.
    """
    walk = _Walk(playbook, history)
    reach = walk.branch(playbook.workflow_start, FIRST_ROUND)
    if reach is _Reach.COMPLETE:
        return Plan("completed", (), ())
    if reach is _Reach.PENDING:
        return Plan("running", tuple(walk.tasks), ())
    failed, walk.tasks = tuple(walk.failed), []
    if playbook.workflow_exception:
        reach = walk.branch(playbook.workflow_exception, EXCEPTION_ROUND)
        if reach is _Reach.PENDING:
            return Plan("running", tuple(walk.tasks), failed)
    return Plan("failed", (), failed)


class _Walk:
    """One walk over the workflow, from the start to the first steps without an end in the record."""

    def __init__(self, playbook: Playbook, history: History) -> None:
        self._steps = playbook.workflow
        self._history = history
        self.tasks: list[Task] = []
        self.failed: list[str] = []

    def branch(self, name: str | None, round_: str) -> _Reach:
        """Follow one branch to its end step; COMPLETE means that it got there."""
        while name is not None:
            step = self._steps[name]
            if step.type == "end":
                return _Reach.COMPLETE
            known = len(self.failed)
            reach = _Reach.COMPLETE if step.type == "start" else self._visit(name, step, round_)
            if reach is _Reach.PENDING:
                return reach
            if reach is _Reach.FAILED:
                if step.on_failure is None:
                    # A branching step fails with a step inside it, which is then the one to name.
                    self.failed += [name] if len(self.failed) == known else []
                    return reach
                del self.failed[known:]
                name = step.on_failure
            else:
                name = step.on_completion or step.on_success
        return _Reach.FAILED

    def _visit(self, name: str, step: Step, round_: str) -> _Reach:
        if step.type == "parallel":
            return self._parallel(name, step, round_)
        if step.type == "while-condition":
            return self._repeat(name, step, round_)
        if step.type in ("if-condition", "switch-condition"):
            return self._choose(name, step, round_)
        return self._action(name, step, round_)

    def _action(self, name: str, step: Step, round_: str) -> _Reach:
        run = self._history.runs.get((name, round_))
        if run is None or run.finished is None:
            # An automated step that began and has no end was cut off with its worker: it is tried again.
            attempt = run.started.attempt + 1 if run and not step.is_manual else 1
            self.tasks.append(Task(name, round_, attempt, "ask" if step.is_manual else "act"))
            return _Reach.PENDING
        return _Reach.FAILED if run.finished.outcome == "failed" else _Reach.COMPLETE

    def _parallel(self, name: str, step: Step, round_: str) -> _Reach:
        run = self._history.runs.get((name, round_))
        if run is None:
            self.tasks.append(Task(name, round_, 1, "fork"))
            return _Reach.PENDING
        reached = [self.branch(branch, round_) for branch in step.next_steps]
        for state in (_Reach.FAILED, _Reach.PENDING):
            if state in reached:
                return state
        if run.finished is None:
            self.tasks.append(Task(name, round_, 1, "join", "joined"))
            return _Reach.PENDING
        return _Reach.COMPLETE

    def _choose(self, name: str, step: Step, round_: str) -> _Reach:
        outcome = self._decided(name, step, round_)
        if outcome is None:
            return _Reach.PENDING
        if outcome == "failed":
            return _Reach.FAILED
        chosen = {"true": step.on_true, "false": step.on_false}
        branch = chosen.get(outcome) or step.cases.get(outcome.removeprefix("case "))
        return _Reach.COMPLETE if branch is None else self.branch(branch, round_)

    def _repeat(self, name: str, step: Step, round_: str) -> _Reach:
        for turn in range(1, ROUNDS_MAX + 1):
            inner = f"{round_}.{turn}"
            outcome = self._decided(name, step, inner)
            if outcome is None:
                return _Reach.PENDING
            if outcome != "true":
                return _Reach.COMPLETE if outcome == "false" else _Reach.FAILED
            reach = self.branch(step.on_true, inner)
            if reach is not _Reach.COMPLETE:
                return reach
        return _Reach.FAILED

    def _decided(self, name: str, step: Step, round_: str) -> str | None:
        """Return the recorded decision of a branching step, or add the task to record it."""
        run = self._history.runs.get((name, round_))
        if run is not None and run.finished is not None:
            return run.finished.outcome
        local = {key: variable.value for key, variable in step.step_variables.items()}
        outcome, reason = _decide(step, {**local, **self._history.variables})
        self.tasks.append(Task(name, round_, 1, "decide", outcome, reason))
        return None


def _decide(step: Step, values: Mapping[str, str | None]) -> tuple[str, str]:
    """Return the outcome of a branching step and why; a condition that cannot be told is a failed step."""
    try:
        if step.type != "switch-condition":
            holds = parse_condition(step.condition or "").holds(values)
            return ("true" if holds else "false"), step.condition or ""
    except UsageError as error:
        return "failed", str(error)
    value = values.get((step.switch or "").removesuffix(":value"))
    if value is not None and value in step.cases:
        return f"case {value}", ""
    if "default" in step.cases:
        return "case default", ""
    return "failed", f"no case for '{value}'"
