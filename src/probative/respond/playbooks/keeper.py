"""Playbooks, the front class: adopt, start, answer, advance, escalate, exercise.

**Promise**: a run keeps the version it began with; a person's step waits as long as it takes and goes to more
people when it is late; a drill runs the same engine with simulated acts and is marked as a drill.
**Not here**: carrying steps out (`runner`) and what comes next (`executor`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from probative.kernel.actor import Actor
from probative.kernel.clock import parse_instant
from probative.kernel.errors import ConflictError, DeniedError, NotFoundError, UsageError
from probative.record.facts import Draft, Fact, subject
from probative.respond.declaring import Opening, declare
from probative.respond.facts import Mode, ReenableApproved
from probative.respond.matters import find_matter
from probative.respond.playbooks.actions import TRAITS, Tools
from probative.respond.playbooks.answers import check_note, check_values, find_waiting
from probative.respond.playbooks.facts import (
    PlaybookAdopted,
    PlaybookExercised,
    PlaybookFinished,
    PlaybookStarted,
    StepEscalated,
    StepFinished,
    StepStarted,
)
from probative.respond.playbooks.playbook import Loaded, Step, Variable, load_playbook
from probative.respond.playbooks.runner import Runner, acting, step_draft
from probative.respond.playbooks.validation import check_runnable, check_valid
from probative.respond.playbooks.view import Execution, Standing, StepView, stand, view_of
from probative.respond.ports import Spool

ADOPTING_ROLES = (
    "incident-commander",
    "model-owner",
    "business-owner",
    "compliance",
    "security",
    "chief-risk-officer",
)
LAST_RESORT = "executive"
RUN_KINDS = (
    "respond.playbook-started",
    "respond.step-started",
    "respond.step-finished",
    "respond.step-escalated",
)


class Answer(NamedTuple):
    """A person's answer to a step: by name, who answers in which role, and the step's results."""

    step: str
    actor: Actor
    values: Mapping[str, str] = {}
    note: str = ""


class Playbooks:
    """The playbooks of all systems, and their runs."""

    def __init__(self, tools: Tools, spool: Spool) -> None:
        """Work with `tools`; `spool` keeps two workers from driving one run."""
        self._tools = tools
        self._recorder = tools.recorder
        self._runner = Runner(tools, spool)

    def adopt(self, system: str, loaded: Loaded, source: str, actor: Actor) -> Fact:
        """Take a playbook for a system: checked, kept as a blob, named by a fact.

        `UsageError` lists what keeps it from being run; `DeniedError` if the role may not adopt.
        """
        if actor.role not in ADOPTING_ROLES:
            raise DeniedError(
                "role.not-entitled",
                f"'{actor.id}' as '{actor.role}' may not adopt a playbook.",
                f"Ask one of: {', '.join(ADOPTING_ROLES)}.",
            )
        check_runnable(loaded.playbook, TRAITS)
        check_valid(loaded.playbook, self._recorder.clock.now())
        book = loaded.playbook
        body = PlaybookAdopted(
            system=system,
            playbook=book.slug,
            title=book.name,
            version=book.modified,
            sha256=self._recorder.put(loaded.data),
            source=source,
        )
        subjects = (subject(f"system/{system}"), subject(f"playbook/{book.slug}", loaded.sha256))
        key = f"respond/playbook/{system}/{book.slug}/{loaded.sha256}"
        return self._recorder.append(Draft(body=body, subjects=subjects, actor=actor, key=key))[0]

    def adopted(self, system: str) -> dict[str, PlaybookAdopted]:
        """Return the playbooks of a system by name, each in the version adopted last."""
        facts = self._recorder.facts(kind="respond.playbook-adopted", subject=f"system/{system}")
        return {fact.body["playbook"]: fact.read(PlaybookAdopted) for fact in facts}

    def start(
        self,
        incident: str,
        playbook: str,
        actor: Actor,
        inputs: Mapping[str, str] | None = None,
        mode: Mode = "live",
    ) -> Execution:
        """Begin a run of an adopted playbook for an incident, and carry out what needs no person.

        Automated steps run by the authority of `actor`. A playbook that runs for this incident already is a
        `ConflictError`; `inputs` may set external variables only.
        """
        matter = find_matter(self._recorder, incident)
        found = self.adopted(matter.system).get(playbook)
        if found is None:
            raise NotFoundError(
                "playbook.not-adopted",
                f"The system '{matter.system}' has not adopted a playbook '{playbook[:80]}'.",
                f"Adopt it: probative respond playbook adopt {matter.system} {playbook}",
            )
        book = load_playbook(self._recorder.get(found.sha256)).playbook
        check_runnable(book, TRAITS)
        check_valid(book, self._recorder.clock.now())
        given = _external_values(book.playbook_variables, inputs or {})
        runs = [run for run in self.executions(incident) if run.playbook == playbook]
        if any(run.state == "running" for run in runs):
            raise ConflictError(
                "playbook.running", f"'{playbook}' runs for '{incident}' already.", f"See {runs[-1].id}."
            )
        body = PlaybookStarted(
            execution=f"{incident}-{playbook}-{len(runs) + 1}",
            incident=incident,
            system=matter.system,
            playbook=playbook,
            version=found.version,
            sha256=found.sha256,
            mode=mode,
            inputs=given,
        )
        subjects = (
            *matter.subjects,
            subject(f"execution/{body.execution}"),
            subject(f"playbook/{playbook}", found.sha256),
        )
        key = f"respond/run/{body.execution}"
        self._recorder.append(
            Draft(body=body, subjects=subjects, actor=actor, caused_by=(matter.opened,), key=key)
        )
        return self.advance(body.execution)

    def advance(self, execution: str) -> Execution:
        """Carry a run on as far as it goes without a person; also after a crash."""
        now, stalled = self._runner.drive(execution, lambda: self._read(execution))
        if now.plan.state != "running":
            self._conclude(now)
        return view_of(now, stalled)

    def answer(self, execution: str, answer: Answer) -> Execution:
        """Answer a waiting step, then carry the run on.

        Refused: a role the step does not ask (`DeniedError`), a step that does not wait (`NotFoundError`),
        values that do not fit (`UsageError`), an answer after another one (`ConflictError`).
        """
        now = self._read(execution)
        waiting = find_waiting(view_of(now).waiting, answer.step)
        step = now.playbook.workflow[waiting.step]
        matter = find_matter(self._recorder, now.started.incident)
        roles = (*waiting.roles, *waiting.escalated_to)
        matter.check_entitled(answer.actor, roles, f"answer '{step.name}'")
        values = check_values(now.playbook, step, answer.values)
        finished = StepFinished(
            execution=execution,
            incident=now.started.incident,
            system=now.started.system,
            step=waiting.step,
            name=step.name,
            round=waiting.round,
            attempt=1,
            outcome="done",
            values=values,
            observed=self._noted(answer.note),
            simulated=False,
        )
        drafts = [
            step_draft(now, finished, answer.actor),
            *self._approvals(now, step, waiting, values, answer.actor),
        ]
        try:
            self._recorder.append(*drafts)
        except ConflictError as error:
            if error.code != "fact.key-taken":
                raise
            raise ConflictError(
                "step.answered", f"The step '{step.name}' was answered before.", "Look at the run."
            ) from error
        return self.advance(execution)

    def exercise(self, system: str, playbook: str, answers: Sequence[Answer], actor: Actor) -> Execution:
        """Run a drill: the same engine on an incident of its own, with simulated acts and real answers.

        Steps without an answer in `answers` wait for `answer`; `respond.playbook-exercised` is written once
        the run has ended, passed or not.
        """
        now = self._recorder.clock.now()
        opening = Opening(
            system=system,
            title=f"Drill of playbook {playbook}",
            kind="performance",
            onset_at=now,
            detected_at=now,
            mode="drill",
        )
        if playbook not in self.adopted(system):
            raise NotFoundError(
                "playbook.not-adopted",
                f"The system '{system}' has not adopted a playbook '{playbook[:80]}'.",
                f"Adopt it: probative respond playbook adopt {system} {playbook}",
            )
        declared = declare(self._recorder, opening, actor)
        run = self.start(str(declared.body["incident"]), playbook, actor, mode="drill")
        script = list(answers)
        while run.waiting and script:
            names = {name.lower() for step in run.waiting for name in (step.name, step.step)}
            due = next((answer for answer in script if answer.step.lower() in names), None)
            if due is None:
                break
            script.remove(due)
            run = self.answer(run.id, due)
        return run

    def execution(self, name: str) -> Execution:
        """Return a run as it stands; `NotFoundError` for an unknown name."""
        return view_of(self._read(name))

    def executions(self, incident: str | None = None) -> list[Execution]:
        """Return runs, oldest first, of one incident or of all."""
        facts = self._recorder.facts(
            kind="respond.playbook-started", subject=f"incident/{incident}" if incident else None
        )
        return [self.execution(str(fact.body["execution"])) for fact in facts]

    def running(self, incident: str | None = None) -> list[Execution]:
        """Return the runs that have not ended, oldest first."""
        about = f"incident/{incident}" if incident else None
        kinds = ("respond.playbook-started", "respond.playbook-finished")
        names: dict[str, None] = {}
        for fact in self._recorder.facts(kind=kinds, subject=about):
            if fact.kind == "respond.playbook-started":
                names[str(fact.body["execution"])] = None
            else:
                names.pop(str(fact.body["execution"]), None)
        return [self.execution(name) for name in names]

    def escalate(self, actor: Actor) -> list[Fact]:
        """Put every late question to more people: first to the step's own escalation, then to the top.

        The question keeps waiting for all of them. Drills escalate too: that is part of the drill.
        """
        facts: list[Fact] = []
        for run in self.running():
            standing = self._read(run.id)
            for step in run.waiting:
                rules = standing.playbook.workflow[step.step].rules
                began = standing.history.runs[step.step, step.round].started
                for level in late_levels(began, self._recorder.clock.now())[len(step.escalated_to) :]:
                    body = StepEscalated(
                        execution=run.id,
                        incident=run.incident,
                        system=run.system,
                        step=step.step,
                        name=step.name,
                        round=step.round,
                        level=level,
                        to_role=rules.escalate_to if level == 1 else LAST_RESORT,
                    )
                    facts += self._recorder.append(step_draft(standing, body, actor))
        return facts

    def _read(self, execution: str) -> Standing:
        facts = list(self._recorder.facts(kind=RUN_KINDS, subject=f"execution/{execution}"))
        if not facts:
            raise NotFoundError(
                "run.unknown",
                f"There is no playbook run '{execution[:80]}'.",
                "List them: probative respond playbook runs",
            )
        started = facts[0].read(PlaybookStarted)
        return stand(load_playbook(self._recorder.get(started.sha256)).playbook, facts)

    def _conclude(self, now: Standing) -> None:
        """Write down that a run ended, and what a drill showed."""
        started, failed = now.started, now.plan.failed
        finished = PlaybookFinished(
            execution=started.execution,
            incident=started.incident,
            system=started.system,
            playbook=started.playbook,
            mode=started.mode,
            outcome="completed" if now.plan.state == "completed" else "failed",
            failed=failed,
        )
        drafts = [step_draft(now, finished, acting(now))]
        if started.mode == "drill":
            exercised = PlaybookExercised(
                system=started.system,
                playbook=started.playbook,
                version=started.version,
                sha256=started.sha256,
                passed=now.plan.state == "completed",
                mode="drill",
                execution=started.execution,
                steps=len(now.history.runs),
            )
            drafts.append(step_draft(now, exercised, acting(now)))
        self._recorder.append(*drafts)

    def _noted(self, note: str) -> dict[str, str]:
        """Keep a person's note as a personal blob; the fact names it."""
        return {"note": self._recorder.put(check_note(note).encode(), personal=True)} if note else {}

    def _approvals(
        self, now: Standing, step: Step, waiting: StepView, values: Mapping[str, str], actor: Actor
    ) -> list[Draft]:
        """Return the approval that an answer of true to an approving step also is, in a live run."""
        approves = step.rules.approves
        if approves is None or values.get(step.out_args[0]) != "true" or now.started.mode == "drill":
            return []
        if actor.id == now.began.actor.id:
            raise DeniedError(
                "reenable.second-person",
                f"'{actor.id}' started this run, whose steps act for them: another person has to approve.",
                f"Ask somebody else who acts as {' or '.join(waiting.roles)}.",
            )
        last = self._tools.switch.standing(now.started.system).last
        body = ReenableApproved(
            incident=now.started.incident,
            system=now.started.system,
            action=last.action if last else "",
            variant=approves,
            reason=f"answer to '{step.name}'",
        )
        return [step_draft(now, body, actor)]


def late_levels(began: StepStarted, now: datetime) -> list[int]:
    """Return the escalation levels a question has reached: one when due, two a period later."""
    if began.due_at is None or began.timeout_ms is None:
        return []
    due_at, period = parse_instant(began.due_at), timedelta(milliseconds=began.timeout_ms)
    return [level for level in (1, 2) if due_at + (level - 1) * period < now]


def _external_values(variables: Mapping[str, Variable], given: Mapping[str, str]) -> dict[str, str]:
    taken = [name for name, variable in variables.items() if variable.external and not variable.constant]
    for name in given:
        if name not in taken:
            raise UsageError(
                "playbook.input",
                f"The playbook takes no input '{name[:80]}'.",
                f"It takes: {', '.join(taken) or 'none'}.",
            )
    return dict(given)
