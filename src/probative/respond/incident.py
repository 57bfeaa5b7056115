"""An incident as it stands: folded from its facts, with the timeline in the order things happened.

**Promise**: pure; the same facts give the same incident; every entry shows when it was true and when it was
known.
**Not here**: writing (`respond.responder`), and clocks (`respond.deadlines`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal, TypeVar

import msgspec

from probative.kernel.clock import parse_instant
from probative.kernel.errors import NotFoundError
from probative.record.facts import Body, Fact
from probative.respond.facts import (
    ActionDone,
    AffectedFrozen,
    CorrectiveAgreed,
    IncidentDeclared,
    SeverityChanged,
    SnapshotSealed,
    StatementNoted,
    StopVerified,
    TaskSet,
)

B = TypeVar("B", bound=Body)

Status = Literal["open", "stopped", "serving-fallback", "serving-again", "closed"]
_SERVING: dict[str, Status] = {
    "stop": "stopped",
    "rollback": "serving-fallback",
    "resume": "serving-again",
}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a timeline: what happened, when it was true, when it was recorded, and who did it."""

    index: int
    fact: str
    kind: str
    text: str
    actor: str
    role: str
    occurred_at: datetime
    recorded_at: datetime


class Corrective(msgspec.Struct, frozen=True, kw_only=True):
    """A corrective action and whether it was carried out."""

    agreed: CorrectiveAgreed
    done: bool


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the record says about one incident, as of the facts it was folded from."""

    id: str
    declared: IncidentDeclared
    declared_at: datetime
    severity: int
    floor: int
    status: Status
    signals: tuple[str, ...] = ()
    acknowledged_at: datetime | None = None
    stopped: ActionDone | None = None
    verified: StopVerified | None = None
    served: ActionDone | None = None
    snapshot: SnapshotSealed | None = None
    affected: AffectedFrozen | None = None
    proposals: int = 0
    holds: tuple[str, ...] = ()
    tasks: tuple[TaskSet, ...] = ()
    statements: tuple[StatementNoted, ...] = ()
    correctives: tuple[Corrective, ...] = ()
    executions: tuple[str, ...] = ()
    closed_at: datetime | None = None
    timeline: tuple[Entry, ...] = ()

    @property
    def system(self) -> str:
        """The system it is about."""
        return self.declared.system

    @property
    def onset_at(self) -> datetime:
        """When the first affected decision was made."""
        return parse_instant(self.declared.onset_at)

    @property
    def detected_at(self) -> datetime:
        """When somebody or something saw it."""
        return parse_instant(self.declared.detected_at)


def fold(facts: Iterable[Fact]) -> Incident:
    """Fold all facts of one incident, in ledger order; `NotFoundError` when none of them declares it."""
    log = _Log(list(facts))
    first = log.first("respond.incident-declared")
    if first is None:
        raise NotFoundError(
            "incident.unknown", "There is no such incident.", "List them: probative respond list"
        )
    declared = first.read(IncidentDeclared)
    changes = [fact.read(SeverityChanged) for fact in log.all("respond.severity-changed")]
    done = [fact.read(ActionDone) for fact in log.all("respond.action-done")]
    done = [result for result in done if result.outcome == "done"]
    closed = log.last("respond.incident-closed")
    acknowledged = log.first("respond.incident-acknowledged")
    return Incident(
        id=declared.incident,
        declared=declared,
        declared_at=first.recorded_at,
        severity=changes[-1].after if changes else declared.severity,
        floor=changes[-1].floor if changes else declared.floor,
        status="closed" if closed else _SERVING[done[-1].kind] if done else "open",
        signals=_signals(declared, log),
        acknowledged_at=acknowledged.recorded_at if acknowledged else None,
        stopped=next((result for result in done if result.kind == "stop"), None),
        verified=log.read_last("respond.stop-verified", StopVerified),
        served=next((result for result in reversed(done) if result.kind != "stop"), None),
        snapshot=log.read_first("respond.snapshot-sealed", SnapshotSealed),
        affected=log.read_last("respond.affected-frozen", AffectedFrozen),
        proposals=len(log.all("respond.stop-proposed")),
        holds=tuple(str(fact.body["hold"]) for fact in log.all("respond.hold-placed")),
        tasks=tuple({task.task: task for task in log.read_all("respond.task-set", TaskSet)}.values()),
        statements=_statements(log),
        correctives=_correctives(log),
        executions=tuple(str(fact.body["execution"]) for fact in log.all("respond.playbook-started")),
        closed_at=closed.recorded_at if closed else None,
        timeline=timeline(log.facts),
    )


def timeline(facts: Sequence[Fact]) -> tuple[Entry, ...]:
    """Return facts as timeline entries in the order in which things happened, then in ledger order."""
    entries = [
        Entry(
            index=fact.index,
            fact=fact.id,
            kind=fact.kind,
            text=describe(fact),
            actor=fact.actor.id,
            role=fact.actor.role,
            occurred_at=fact.occurred_at,
            recorded_at=fact.recorded_at,
        )
        for fact in facts
    ]
    return tuple(sorted(entries, key=lambda entry: (entry.occurred_at, entry.index)))


def describe(fact: Fact) -> str:
    """Say in one line what a fact says; kinds without a line of their own show their name and outcome.

    >>> from probative.kernel.actor import Actor
    >>> from datetime import UTC
    >>> at = datetime(2026, 11, 1, tzinfo=UTC)
    >>> describe(Fact(id="0" * 64, index=1, kind="respond.clock-met", version=1, subjects=(),
    ...     actor=Actor(id="p-1", role="legal"), occurred_at=at, recorded_at=at, body={"stage": "initial"}))
    'clock met: initial'
    """
    template = _LINES.get(f"{fact.kind}/{fact.body.get('kind', '')}") or _LINES.get(fact.kind)
    if template is not None:
        return template.format_map(_Words(fact.body))
    words = fact.kind.partition(".")[2].replace("-", " ")
    told = [str(fact.body[name]) for name in _TELLING if isinstance(fact.body.get(name), str | int)]
    return f"{words}: {', '.join(told)}" if told else words


_TELLING = ("obligation", "stage", "notice", "release", "hold", "step", "outcome")
_LINES = {
    "respond.incident-declared": "declared, severity {severity}: {title}",
    "respond.signal-linked": "another signal of the same system",
    "respond.incident-acknowledged": "taken over by the {role}",
    "respond.severity-changed": "severity {before} -> {after} {reason}",
    "respond.task-set": "task {task} {state}: {title} ({owner})",
    "respond.statement-noted": "statement {statement} is {status}",
    "respond.stop-proposed": "stop proposed, a person decides: {reason}",
    "respond.stop-pointed": "pointer sealed: ledger size {ledger_size}, release {release}",
    "respond.action-intended": "{kind} intended: {reason}",
    "respond.action-done": "{kind} {outcome}: the flag answers '{observed_variant}'",
    "respond.stop-verified": "stop verified from the decision log: {outcome}. {reason}",
    "respond.reenable-approved": "approved: may answer '{variant}' again",
    "respond.lock-overridden": "alteration lock overridden: {reason}",
    "respond.snapshot-sealed": "evidence captured, manifest {manifest:.12}, ledger size {ledger_size}",
    "respond.hold-placed": "legal hold {hold}: {reason}",
    "respond.custody-recorded": "custody: {item} {act}",
    "respond.affected-frozen": "affected list frozen: {decisions} decisions, {people} people",
    "respond.playbook-started": "playbook {playbook} started ({mode})",
    "respond.step-started": "step started: {name}",
    "respond.step-started/ask": "people are asked: {name}",
    "respond.step-started/fork": "side by side from here: {name}",
    "respond.step-finished": "step {outcome}: {name}",
    "respond.step-escalated": "step late, escalated to {to_role}: {name}",
    "respond.playbook-finished": "playbook {outcome}",
    "respond.corrective-agreed": "corrective action {corrective} ({owner}): {title}",
    "respond.corrective-done": "corrective action {corrective} done",
    "respond.incident-closed": "closed",
    "record.release-deployed": "release {release} went live. {reason}",
}


class _Words(dict[str, object]):
    """A body whose missing words read as a dash."""

    def __missing__(self, key: str) -> str:
        return "-"


class _Log:
    """The facts of an incident, by kind."""

    def __init__(self, facts: list[Fact]) -> None:
        self.facts = facts
        self._kinds: dict[str, list[Fact]] = {}
        for fact in facts:
            self._kinds.setdefault(fact.kind, []).append(fact)

    def all(self, kind: str) -> list[Fact]:
        return self._kinds.get(kind, [])

    def first(self, kind: str) -> Fact | None:
        return next(iter(self.all(kind)), None)

    def last(self, kind: str) -> Fact | None:
        return next(reversed(self.all(kind)), None)

    def read_all(self, kind: str, body: type[B]) -> list[B]:
        return [fact.read(body) for fact in self.all(kind)]

    def read_first(self, kind: str, body: type[B]) -> B | None:
        return next(iter(self.read_all(kind, body)), None)

    def read_last(self, kind: str, body: type[B]) -> B | None:
        return next(reversed(self.read_all(kind, body)), None)


def _signals(declared: IncidentDeclared, log: _Log) -> tuple[str, ...]:
    first = (declared.signal,) if declared.signal else ()
    return (*first, *(str(fact.body["signal"]) for fact in log.all("respond.signal-linked")))


def _statements(log: _Log) -> tuple[StatementNoted, ...]:
    noted = log.read_all("respond.statement-noted", StatementNoted)
    return tuple({statement.statement: statement for statement in noted}.values())


def _correctives(log: _Log) -> tuple[Corrective, ...]:
    done = {str(fact.body["corrective"]) for fact in log.all("respond.corrective-done")}
    agreed = log.read_all("respond.corrective-agreed", CorrectiveAgreed)
    latest = {action.corrective: action for action in agreed}
    return tuple(Corrective(agreed=action, done=name in done) for name, action in latest.items())
