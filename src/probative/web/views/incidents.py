"""Incidents: the list, and one incident with its clocks, timeline, actions, evidence and tasks.

**Promise**: what stands is folded by the respond room from the incident's own facts; clocks show nominal and
adjusted dates, confidence and review as its board gives them.
**Not here**: legal advice, and the rules behind the clocks (`respond.deadlines`).
"""

from datetime import datetime
from typing import Any

import msgspec

from probative.record.facts import Fact
from probative.respond.deadlines.board import NOT_LEGAL_ADVICE, BoardRow
from probative.respond.deadlines.keeper import Deadlines
from probative.respond.incident import Incident, fold
from probative.web.views.moment import Moment
from probative.web.views.sentences import fact_tone


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """An incident in a list, with the clock that alerts next."""

    incident: str
    system: str
    title: str
    kind: str
    severity: int
    status: str
    mode: str
    onset_at: datetime
    declared_at: datetime
    closed_at: datetime | None
    next_clock: BoardRow | None


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the timeline: what happened, when it was true and when it was recorded, and who says so."""

    index: int
    kind: str
    text: str
    tone: str
    actor: str
    role: str
    occurred_at: datetime
    recorded_at: datetime


class IncidentView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the page of an incident shows; `milestones` are its spine, each with its instant."""

    brief: Brief
    incident: Incident
    milestones: tuple[tuple[str, datetime | None], ...]
    clocks: tuple[BoardRow, ...]
    clocks_off: tuple[BoardRow, ...]
    not_legal_advice: str
    timeline: tuple[Happening, ...]
    custody: tuple[dict[str, Any], ...]
    notices: tuple[dict[str, Any], ...]
    metrics: dict[str, float]


def incidents_of(moment: Moment) -> tuple[Brief, ...]:
    """Return every incident, open ones first, then the newest."""
    declared = list(moment.facts("respond.incident-declared"))
    found = [brief_of(moment, _facts(moment, str(fact.body["incident"]))) for fact in reversed(declared)]
    return tuple(sorted(found, key=lambda brief: brief.closed_at is not None))


def incident_of(moment: Moment, name: str) -> IncidentView:
    """Return one incident; `NotFoundError` if it was never declared."""
    facts = _facts(moment, name)
    incident = fold(facts)
    board = _board(moment, name)
    tones = {fact.id: fact_tone(fact) for fact in facts}
    closed = [fact.body for fact in facts if fact.kind == "respond.incident-closed"]
    return IncidentView(
        brief=_brief(incident, board),
        incident=incident,
        milestones=_milestones(incident, facts),
        clocks=tuple(row for row in board if row.state != "not-applicable"),
        clocks_off=tuple(row for row in board if row.state == "not-applicable"),
        not_legal_advice=NOT_LEGAL_ADVICE,
        timeline=tuple(
            Happening(
                index=entry.index,
                kind=entry.kind,
                text=entry.text,
                tone=tones[entry.fact],
                actor=entry.actor,
                role=entry.role,
                occurred_at=entry.occurred_at,
                recorded_at=entry.recorded_at,
            )
            for entry in incident.timeline
        ),
        custody=_bodies(facts, "respond.custody-recorded"),
        notices=tuple(_titled(fact) for fact in facts if fact.kind.startswith("respond.notice-")),
        metrics=dict(closed[-1]["metrics"]) if closed else {},
    )


def brief_of(moment: Moment, facts: list[Fact]) -> Brief:
    """Return the incident that `facts` tell of as a line of a list."""
    incident = fold(facts)
    return _brief(incident, _board(moment, incident.id))


def _board(moment: Moment, name: str) -> list[BoardRow]:
    """Return the clocks as they stand; of the past, none: the board tells the present only."""
    return [] if moment.is_past else Deadlines(moment.recorder).board(name, moment.now)


def _brief(incident: Incident, board: list[BoardRow]) -> Brief:
    return Brief(
        incident=incident.id,
        system=incident.system,
        title=incident.declared.title,
        kind=incident.declared.kind,
        severity=incident.severity,
        status=incident.status,
        mode=incident.declared.mode,
        onset_at=incident.onset_at,
        declared_at=incident.declared_at,
        closed_at=incident.closed_at,
        next_clock=next((row for row in board if row.is_open and row.alert_at), None),
    )


def _facts(moment: Moment, name: str) -> list[Fact]:
    return list(moment.facts(about=f"incident/{name}"))


def _bodies(facts: list[Fact], kind: str) -> tuple[dict[str, Any], ...]:
    return tuple(
        fact.body | {"index": fact.index, "at": fact.occurred_at, "actor": fact.actor.id}
        for fact in facts
        if fact.kind == kind
    )


def _titled(fact: Fact) -> dict[str, Any]:
    act = fact.kind.removeprefix("respond.notice-").replace("-", " ")
    return fact.body | {"index": fact.index, "at": fact.occurred_at, "act": act, "actor": fact.actor.id}


def _milestones(incident: Incident, facts: list[Fact]) -> tuple[tuple[str, datetime | None], ...]:
    """Return the spine of every incident: each milestone and when it was reached, in its order."""

    def first(fact_kind: str, **where: str) -> datetime | None:
        for fact in facts:
            if fact.kind == fact_kind and all(fact.body.get(name) == value for name, value in where.items()):
                return fact.occurred_at
        return None

    served = first("respond.action-done", action=incident.served.action) if incident.served else None
    return (
        ("onset", incident.onset_at),
        ("declared", incident.declared_at),
        ("stopped", first("respond.action-done", kind="stop", outcome="done")),
        ("evidence sealed", first("respond.snapshot-sealed")),
        ("hold placed", first("respond.hold-placed")),
        ("stop verified", first("respond.stop-verified", outcome="pass")),
        ("serving again", served),
        ("closed", incident.closed_at),
    )
