"""The responder, front class of the room: incidents from the first signal to the closing.

**Promise**: harm is stopped before anything else is done, read or decided about it; an incident closes only
when nothing is left open; every method reads, decides and appends.
**Not here**: what the parts do (`switch`, `orders`, `evidence`, `holds`, `custody`, `journal`, `playbooks`,
`deadlines`, `notices`, `inquiries`: each is an attribute with methods of its own).
"""

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from probative.kernel.actor import Actor
from probative.kernel.errors import ConflictError, NotFoundError, ProbativeError
from probative.record.facts import Draft, Fact
from probative.record.recorder import Recorder
from probative.respond import signals
from probative.respond.contain.carrier import Change
from probative.respond.contain.intent import subjects_of
from probative.respond.contain.killswitch import KillSwitch
from probative.respond.contain.orders import Orders, covering
from probative.respond.custody import Custody
from probative.respond.deadlines.keeper import Deadlines
from probative.respond.declaring import Opening, declare
from probative.respond.evidence import verification
from probative.respond.evidence.keeper import Evidence
from probative.respond.evidence.population import measure
from probative.respond.facts import (
    IncidentClosed,
    SignalLinked,
    StopProposed,
    StopVerified,
)
from probative.respond.hold import Hold, Holds
from probative.respond.incident import Incident, fold
from probative.respond.journal import Journal
from probative.respond.matters import find_matter
from probative.respond.notice.notices import Notices
from probative.respond.playbooks.actions import Tools
from probative.respond.playbooks.keeper import Playbooks
from probative.respond.ports import Decisions, FlagStore, Spool
from probative.respond.review.closing import ClockState, OpenPoint, open_points
from probative.respond.review.metrics import metrics
from probative.respond.severity import assess

if TYPE_CHECKING:
    from probative.respond.inquiry.inquiries import Inquiries


class Reaction(NamedTuple):
    """What a signal led to: the incident, the stop if there was one, else whether a stop was proposed."""

    incident: Incident
    stop: Change | None
    proposed: bool


class Due(NamedTuple):
    """What waited and was done: changes resolved, runs carried on, questions escalated, clocks warned of.

    `overdue_holds` wait for legal; nothing is done to them.
    """

    changes: list[Change]
    runs: list[str]
    escalated: list[Fact]
    warned: list[Fact]
    overdue_holds: list[Hold]


class Responder:
    """Incidents, and everything that is done about them."""

    def __init__(
        self,
        recorder: Recorder,
        decisions: Decisions,
        flags: FlagStore,
        spool: Spool,
        *,
        notices: Notices | None = None,
        inquiries: "Callable[[], Inquiries] | None" = None,
    ) -> None:
        """Join the parts; `inquiries` is called when inquiries are first asked for (they load Arrow)."""
        self._recorder = recorder
        self._decisions = decisions
        self._make_inquiries = inquiries
        self.switch = KillSwitch(recorder, flags, spool)
        self.evidence = Evidence(recorder, decisions, flags)
        self.holds = Holds(recorder)
        self.custody = Custody(recorder)
        self.journal = Journal(recorder)
        self.orders = Orders(recorder)
        self.deadlines = Deadlines(recorder)
        self.notices = notices or Notices(recorder)
        tools = Tools(recorder, decisions, self.switch, self.evidence, self.holds)
        self.playbooks = Playbooks(tools, spool)

    @cached_property
    def inquiries(self) -> "Inquiries":
        """Inquiries of regulators and of people."""
        if self._make_inquiries is None:
            raise NotFoundError("inquiries.absent", "This responder was opened without inquiries.", "")
        return self._make_inquiries()

    def declare(self, opening: Opening, actor: Actor) -> Incident:
        """Open an incident by hand and return it; its severity is the worst of its dimensions.

        Raises `NotFoundError` for a system that is not registered.
        """
        fact = declare(self._recorder, opening, actor)
        return self.incident(str(fact.body["incident"]))

    def react(self, signal: str, actor: Actor) -> Reaction:
        """Open an incident from a monitor's signal (a fact id), and stop the system if an order covers it.

        A system has one live incident of a kind at a time: a further signal is linked to it. Without a live
        standing order the stop is proposed to a person. People and decisions are counted after the stop. The
        same signal twice changes nothing.
        """
        alarm = signals.read_alarm(self._recorder.fact(signal))
        incident = self._incident_of(alarm, actor)
        reaction = self._stop_or_propose(incident, alarm, actor)
        self._count(incident, actor)
        return reaction._replace(incident=self.incident(incident.id))

    def incident(self, name: str, until: int | None = None) -> Incident:
        """Return an incident as it stands, or as the ledger of size `until` knew it, with its timeline."""
        try:
            return fold(self._recorder.facts(subject=f"incident/{name}", until=until))
        except NotFoundError:
            raise NotFoundError(
                "incident.unknown",
                f"There is no incident '{name[:80]}'.",
                "List them: probative respond list",
            ) from None

    def incidents(self, system: str | None = None, *, drills: bool = False) -> list[Incident]:
        """Return live incidents, newest first, of one system or of all; with `drills` the drills instead."""
        declared = self._recorder.facts(
            kind="respond.incident-declared", subject=f"system/{system}" if system else None
        )
        mode = "drill" if drills else "live"
        names = [str(fact.body["incident"]) for fact in declared if fact.body.get("mode", "live") == mode]
        return [self.incident(name) for name in reversed(names)]

    def stop(self, incident: str, reason: str, actor: Actor, system: str | None = None) -> Change:
        """Stop the incident's system now; anybody may, and nothing is waited for.

        Name the `system` when the ledger is out of reach: without it, it is looked up there. Raises
        `UnavailableError` if the probe still sees the system answering.
        """
        return self.switch.stop(system or self._system_of(incident), reason, actor, incident=incident)

    def verify_stop(
        self, incident: str, actor: Actor, window: timedelta = verification.WINDOW
    ) -> StopVerified:
        """Ask the decision log whether the stop stopped the decisions; record and return its answer.

        `outcome` is pass, fail, or not-assessable when too little time has passed or there was no traffic
        before the stop either.
        """
        system = self._system_of(incident)
        return verification.verify_stop(self._recorder, self._decisions, system, incident, actor, window)

    def open_points(self, incident: str, stop_not_needed: str = "") -> list[OpenPoint]:
        """Return everything that keeps the incident from closing; empty means that it may close."""
        standing = self.incident(incident)
        waiting = [run.id for run in self.playbooks.running(incident)]
        return open_points(standing, self._clocks(standing), waiting, stop_not_needed)

    def close(self, incident: str, actor: Actor, stop_not_needed: str = "") -> Incident:
        """Close the incident and record its metrics; `ConflictError` says what is still open.

        `stop_not_needed` is the reason why nothing was stopped, if nothing was.
        """
        matter = find_matter(self._recorder, incident)
        matter.check_entitled(actor, ("incident-commander",), "close an incident")
        found = self.open_points(incident, stop_not_needed)
        if found:
            raise ConflictError(
                "incident.open-points",
                f"'{incident}' has {len(found)} open points: {' '.join(point.sentence for point in found)}",
                found[0].hint,
            )
        standing = self.incident(incident)
        facts = self._recorder.facts(subject=f"incident/{incident}")
        body = IncidentClosed(
            incident=incident,
            system=standing.system,
            severity=standing.severity,
            stop_not_needed=stop_not_needed,
            metrics=metrics(standing, facts),
            mode=standing.declared.mode,
        )
        key = f"respond/incident/{incident}/closed"
        self._recorder.append(Draft(body=body, subjects=matter.subjects, actor=actor, key=key))
        return self.incident(incident)

    def run_due(self, actor: Actor) -> Due:
        """Do what waits: resolve changes a crash left open, carry runs on, escalate, warn of clocks."""
        return Due(
            changes=self.switch.recover(),
            runs=[self.playbooks.advance(run.id).id for run in self.playbooks.running()],
            escalated=self.playbooks.escalate(actor),
            warned=self.deadlines.warn_due(actor),
            overdue_holds=self.holds.overdue(),
        )

    def _incident_of(self, alarm: signals.Alarm, actor: Actor) -> Incident:
        """Return the incident that the signal belongs to; open one, or link it to the one that is open."""
        for incident in self.incidents(alarm.system):
            if alarm.fact in incident.signals:
                return incident
        for incident in self.incidents(alarm.system):
            if incident.closed_at is None and incident.declared.kind == alarm.kind:
                body = SignalLinked(incident=incident.id, system=alarm.system, signal=alarm.fact)
                self._recorder.append(
                    Draft(
                        body=body,
                        subjects=subjects_of(alarm.system, incident.id),
                        actor=actor,
                        caused_by=(alarm.fact,),
                        key=f"respond/signal/{alarm.fact}",
                    )
                )
                return self.incident(incident.id)
        return self.declare(alarm.opening(legal_effect=self._has_legal_effect(alarm.system)), actor)

    def _stop_or_propose(self, incident: Incident, alarm: signals.Alarm, actor: Actor) -> Reaction:
        if incident.status in ("stopped", "closed"):
            return Reaction(incident, None, proposed=False)
        order = covering(self.orders.live(alarm.system), incident.severity, alarm.measures)
        if order is not None and incident.status == "open":
            machine = msgspec.structs.replace(actor, authority=f"standing-order/{order.order}")
            stop = self.switch.stop(
                alarm.system,
                f"standing order {order.order}",
                machine,
                incident=incident.id,
                order=order.order,
                action=f"stop-{alarm.fact[:32]}",
            )
            return Reaction(incident, stop, proposed=False)
        reason = "no live standing order covers it" if order is None else "it was let answer again by persons"
        body = StopProposed(incident=incident.id, system=alarm.system, scope="all", reason=reason)
        self._recorder.append(
            Draft(
                body=body,
                subjects=subjects_of(alarm.system, incident.id),
                actor=actor,
                caused_by=(alarm.fact,),
                key=f"respond/proposed/{alarm.fact}",
            )
        )
        return Reaction(incident, None, proposed=True)

    def _count(self, incident: Incident, actor: Actor) -> None:
        """Count people and decisions since the onset, once, and raise the severity if they make it worse."""
        about = f"incident/{incident.id}"
        if next(self._recorder.facts(kind="respond.severity-changed", subject=about), None) is not None:
            return
        try:
            now = self._recorder.clock.now()
            found = measure(self._decisions, incident.system, incident.onset_at, now)
        except ProbativeError:
            # Without a readable decision log the severity stands on what the signal said.
            return
        dimensions = msgspec.structs.replace(
            incident.declared.dimensions, people=found.people, decisions=found.decisions
        )
        level = min(assess(dimensions).level, incident.severity)
        reason = f"{found.decisions} decisions about {found.people} people since the onset"
        self.journal.assess(incident.id, dimensions, actor, severity=level, reason=reason)

    def _has_legal_effect(self, system: str) -> bool:
        """Tell whether the system decides about people's rights, by its tier; by its impact without one."""
        tier = impact = ""
        for fact in self._recorder.facts(
            kind=("gate.tier-assigned", "record.system-registered"), subject=f"system/{system}"
        ):
            tier = str(fact.body.get("tier", tier))
            impact = str(fact.body.get("impact", impact))
        return tier.startswith("high") if tier else impact == "high"

    def _clocks(self, standing: Incident) -> list[ClockState] | None:
        about = f"incident/{standing.id}"
        if next(self._recorder.facts(kind="respond.clocks-selected", subject=about), None) is None:
            return None
        return [ClockState(row.obligation, row.stage, row.state) for row in self.deadlines.board(standing.id)]

    def _system_of(self, incident: str) -> str:
        return find_matter(self._recorder, incident).system
