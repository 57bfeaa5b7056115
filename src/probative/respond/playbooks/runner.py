"""The runner: carries the next steps of one run out, and writes each down before and after.

**Promise**: one worker at a time drives a run, and its death hands the run on; should two try, the record
lets only one of them start a step and only one end it; parallel branches are carried out side by side.
**Not here**: what comes next (`executor`) and what the actions do (`actions`).
"""

import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec

from probative.kernel.actor import Actor
from probative.kernel.clock import format_instant
from probative.kernel.errors import ConflictError, ProbativeError, UnavailableError
from probative.record.facts import Body, Draft, subject
from probative.respond.facts import ReenableApproved
from probative.respond.playbooks.actions import ACTIONS, Effect, Order, Tools
from probative.respond.playbooks.executor import Task
from probative.respond.playbooks.facts import StepEscalated, StepFinished, StepStarted
from probative.respond.playbooks.playbook import Step
from probative.respond.playbooks.view import Standing
from probative.respond.ports import Spool

SIDE_BY_SIDE_MAX = 4
DEFAULT_ROLES = ("incident-commander",)


class Runner:
    """Carries out steps; `worker` tells this runner apart from every other in the record."""

    def __init__(self, tools: Tools, spool: Spool) -> None:
        """Work with `tools`, and hold the latch of a run in `spool` while driving it."""
        self._tools = tools
        self._recorder = tools.recorder
        self._spool = spool
        self._worker = f"worker-{uuid.uuid4()}"

    def drive(self, execution: str, read: Callable[[], Standing]) -> tuple[Standing, tuple[str, ...]]:
        """Carry out everything that needs no person; return how the run then stands, and what stalled.

        `read` reads the run from the record. A run that another worker is driving is left to it.
        """
        with self._spool.latch(f"run-{execution}") as alone:
            now = read()
            if not alone:
                return now, ("another worker is driving this run",)
            while True:
                moved, stalled = self._step(now)
                if not moved or stalled:
                    return read(), stalled
                now = read()

    def _step(self, now: Standing) -> tuple[bool, tuple[str, ...]]:
        """Do every task of the plan once; tell whether anything moved, and what the world refused."""
        moved = False
        for task in now.plan.tasks:
            if task.kind != "act":
                moved = self._note(now, task) or moved
        acts = [task for task in now.plan.tasks if task.kind == "act"]
        results = self._side_by_side(now, acts)
        stalled = tuple(text for _, text in results if text)
        return moved or any(done for done, _ in results), stalled

    def _side_by_side(self, now: Standing, acts: Sequence[Task]) -> list[tuple[bool, str]]:
        if len(acts) <= 1:
            return [self._act(now, task) for task in acts]
        with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE_MAX, thread_name_prefix="step") as pool:
            return list(pool.map(lambda task: self._act(now, task), acts))

    def _note(self, now: Standing, task: Task) -> bool:
        """Write down a step that needs no act: a question put, a fork, a decision, a join."""
        if task.kind == "ask":
            if (task.step, task.round) in now.history.runs:
                return False
            return self._append(now, self._started(now, task))
        bodies: list[Body] = [] if task.kind == "join" else [self._started(now, task)]
        if task.kind != "fork":
            bodies.append(self._finished(now, task, task.outcome, reason=task.reason))
        return self._append(now, *bodies)

    def _act(self, now: Standing, task: Task) -> tuple[bool, str]:
        """Carry an automated step out: `(moved, why it stalled)`."""
        if not self._append(now, self._started(now, task)):
            return False, ""
        try:
            effect = self._effect(now, task)
        except UnavailableError as error:
            return True, f"{now.playbook.workflow[task.step].name}: {error}"
        except ProbativeError as error:
            effect = Effect(False, {"error": error.code}, {}, str(error))
        outcome = "done" if effect.done else "failed"
        return self._append(now, self._finished(now, task, outcome, effect)), ""

    def _effect(self, now: Standing, task: Task) -> Effect:
        step = now.playbook.workflow[task.step]
        if now.started.mode == "drill":
            return Effect(True, {}, dict(step.rules.drill), "simulated")
        order = Order(
            incident=now.started.incident,
            system=now.started.system,
            onset_at=self._onset(now),
            actor=acting(now),
            key=f"{now.started.execution}.{task.step.partition('--')[2]}.{task.round}",
        )
        return ACTIONS[step.commands[0].command or ""].carry_out(self._tools, order)

    def _onset(self, now: Standing) -> str:
        declared = self._recorder.facts(
            kind="respond.incident-declared", subject=f"incident/{now.started.incident}"
        )
        return str(next(declared).body["onset_at"])

    def _started(self, now: Standing, task: Task) -> StepStarted:
        step, asked = now.playbook.workflow[task.step], task.kind == "ask"
        due_at = None
        if asked and step.timeout:
            due_at = format_instant(self._recorder.clock.now() + timedelta(milliseconds=step.timeout))
        return StepStarted(
            execution=now.started.execution,
            incident=now.started.incident,
            system=now.started.system,
            step=task.step,
            name=step.name,
            round=task.round,
            attempt=task.attempt,
            target=target_of(step),
            kind=task.kind,
            worker=self._worker if task.kind == "act" else "",
            roles=(step.rules.roles or DEFAULT_ROLES) if asked else (),
            timeout_ms=step.timeout if asked else None,
            due_at=due_at,
        )

    def _finished(
        self, now: Standing, task: Task, outcome: str, effect: Effect | None = None, reason: str = ""
    ) -> StepFinished:
        step = now.playbook.workflow[task.step]
        values = effect.values if effect else {}
        return StepFinished(
            execution=now.started.execution,
            incident=now.started.incident,
            system=now.started.system,
            step=task.step,
            name=step.name,
            round=task.round,
            attempt=task.attempt,
            outcome=outcome,
            values={name: value for name, value in values.items() if name in step.out_args},
            observed=effect.observed if effect else {},
            reason=(effect.reason if effect else reason)[:500],
            simulated=now.started.mode == "drill",
        )

    def _append(self, now: Standing, *bodies: Body) -> bool:
        """Write step facts under their keys; `False` if another worker was first."""
        drafts = [step_draft(now, body, acting(now)) for body in bodies]
        try:
            self._recorder.append(*drafts)
        except ConflictError as error:
            if error.code != "fact.key-taken":
                raise
            return False
        return True


def step_draft(now: Standing, body: Body, actor: Actor) -> Draft:
    """Return the draft of a fact of a run, under the key that lets it be written once.

    A step has one start an attempt and target, and one end however many attempts it took.
    """
    match body:
        case StepStarted():
            key = f"{body.step}/{body.round}/{body.attempt}/{body.target}/started"
        case StepFinished():
            key = f"{body.step}/{body.round}/finished"
        case StepEscalated():
            key = f"{body.step}/{body.round}/{body.level}/escalated"
        case ReenableApproved():
            key = f"{body.variant}/{actor.id}/approved"
        case _:
            key = type(body).__name__
    return Draft(
        body=body,
        subjects=(
            subject(f"incident/{now.started.incident}"),
            subject(f"system/{now.started.system}"),
            subject(f"execution/{now.started.execution}"),
        ),
        actor=actor,
        caused_by=(now.began.id,),
        key=f"respond/run/{now.started.execution}/{key}",
    )


def acting(now: Standing) -> Actor:
    """Return by whose authority automated steps run: the person who started the run, through it."""
    return msgspec.structs.replace(now.began.actor, authority=f"playbook/{now.started.execution}")


def target_of(step: Step) -> str:
    """Return what a step acts on: its first target, else its agent, else nothing in particular."""
    return step.targets[0] if step.targets else step.agent or "-"
