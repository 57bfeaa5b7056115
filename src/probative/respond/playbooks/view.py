"""A run of a playbook as people see it: every step with its state, who is asked, and what came of it.

**Promise**: pure; a view of the record as of some ledger size shows the run as it stood then.
**Not here**: deciding what comes next (`executor`).
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from probative.record.facts import Fact
from probative.respond.facts import Mode
from probative.respond.playbooks.executor import History, Plan, fold_history, plan_next
from probative.respond.playbooks.facts import PlaybookStarted, StepEscalated
from probative.respond.playbooks.playbook import Playbook

StepState = Literal["waiting", "running", "done", "failed", "decided", "open"]


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded step: `waiting` for a person, `running`, or how it ended."""

    step: str
    name: str
    type: str
    round: str
    state: StepState
    outcome: str = ""
    reason: str = ""
    roles: tuple[str, ...] = ()
    asks: str = ""
    results: tuple[str, ...] = ()
    due_at: str | None = None
    escalated_to: tuple[str, ...] = ()
    values: dict[str, str] = msgspec.field(default_factory=dict)
    observed: dict[str, str] = msgspec.field(default_factory=dict)


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """A run: its frozen version, its state, and its steps in the order in which they began.

    `stalled` says why an automated step could not be tried now (the world failed); it is tried again.
    """

    id: str
    incident: str
    system: str
    playbook: str
    title: str
    version: str
    mode: Mode
    state: Literal["running", "completed", "failed"]
    steps: tuple[StepView, ...]
    variables: dict[str, str | None]
    stalled: tuple[str, ...] = ()

    @property
    def waiting(self) -> tuple[StepView, ...]:
        """The steps that wait for a person."""
        return tuple(step for step in self.steps if step.state == "waiting")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the record says about a run: how it began, its history, and what comes next."""

    started: PlaybookStarted
    began: Fact
    playbook: Playbook
    history: History
    plan: Plan
    escalated: dict[tuple[str, str], tuple[StepEscalated, ...]]


def stand(playbook: Playbook, facts: Iterable[Fact]) -> Standing:
    """Fold the facts of one run, the first of which starts it."""
    log = list(facts)
    began = log[0]
    started = began.read(PlaybookStarted)
    history = fold_history(playbook, started.inputs, log)
    escalated: dict[tuple[str, str], tuple[StepEscalated, ...]] = {}
    for fact in log:
        if fact.kind == "respond.step-escalated":
            late = fact.read(StepEscalated)
            place = late.step, late.round
            escalated[place] = (*escalated.get(place, ()), late)
    return Standing(
        started=started,
        began=began,
        playbook=playbook,
        history=history,
        plan=plan_next(playbook, history),
        escalated=escalated,
    )


def view_of(now: Standing, stalled: tuple[str, ...] = ()) -> Execution:
    """Return the view of a run."""
    return Execution(
        id=now.started.execution,
        incident=now.started.incident,
        system=now.started.system,
        playbook=now.started.playbook,
        title=now.playbook.name,
        version=now.started.version,
        mode=now.started.mode,
        state=now.plan.state,
        steps=tuple(_step_view(now, place) for place in now.history.runs),
        variables=dict(now.history.variables),
        stalled=stalled,
    )


def _step_view(now: Standing, place: tuple[str, str]) -> StepView:
    run, step = now.history.runs[place], now.playbook.workflow[place[0]]
    finished = run.finished
    if finished is None:
        state: StepState = {"ask": "waiting", "act": "running"}.get(run.started.kind, "open")  # type: ignore[assignment]
    elif finished.outcome == "failed":
        state = "failed"
    else:
        state = "done" if run.started.kind in ("ask", "act", "fork", "join") else "decided"
    return StepView(
        step=place[0],
        name=step.name,
        type=step.type,
        round=place[1],
        state=state,
        outcome=finished.outcome if finished else "",
        reason=finished.reason if finished else "",
        roles=run.started.roles,
        asks=next((command.command or "" for command in step.commands if command.type == "manual"), ""),
        results=step.out_args,
        due_at=run.started.due_at,
        escalated_to=tuple(late.to_role for late in now.escalated.get(place, ())),
        values=finished.values if finished else {},
        observed=finished.observed if finished else {},
    )
