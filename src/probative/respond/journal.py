"""The incident's journal: who took it, its severity, tasks, shared facts and corrective actions.

**Promise**: what people say is kept as personal blobs, what they decide as facts; the last word on a task
or a statement counts, and the earlier ones stay readable.
**Not here**: acts on systems (`respond.contain`) and evidence (`respond.evidence`).
"""

from datetime import datetime
from typing import Literal

from probative.kernel.actor import Actor
from probative.kernel.clock import format_instant
from probative.kernel.errors import ConflictError, NotFoundError, UsageError
from probative.kernel.ids import check_name
from probative.kernel.limits import TEXT_CHARS_MAX
from probative.record.facts import Body, Draft, Fact
from probative.record.recorder import Recorder
from probative.respond.facts import (
    CorrectiveAgreed,
    CorrectiveDone,
    IncidentAcknowledged,
    SeverityChanged,
    StatementNoted,
    TaskSet,
)
from probative.respond.incident import Incident, fold
from probative.respond.matters import Matter, find_matter
from probative.respond.severity import Dimensions, assess, check_change

LINE_CHARS_MAX = 200


class Journal:
    """Writes down what people know, decide and take on during an incident."""

    def __init__(self, recorder: Recorder) -> None:
        """Read and write `recorder`."""
        self._recorder = recorder

    def acknowledge(self, incident: str, actor: Actor) -> Fact:
        """Take the incident: the first one to do so ends the time to acknowledge."""
        matter = self._open(incident)
        body = IncidentAcknowledged(incident=incident, system=matter.system, role=actor.role)
        return self._append(matter, body, actor, f"respond/acknowledged/{incident}/{actor.id}")

    def assess(
        self,
        incident: str,
        dimensions: Dimensions,
        actor: Actor,
        *,
        severity: int | None = None,
        approver: str = "",
        reason: str = "",
    ) -> Fact | None:
        """Assess the severity anew; `severity` asks for another level than the dimensions give.

        Raising is free. Lowering needs an approver other than `actor`, and a reason, and never goes below the
        floor. Returns `None` if nothing changes. No legal clock cares about severity.
        """
        matter, standing = self._open(incident), self._read(incident)
        found = assess(dimensions)
        after = found.level if severity is None else severity
        check_change(standing.severity, after, found.floor, actor=actor.id, approver=approver, reason=reason)
        if after == standing.severity and found.floor == standing.floor:
            return None
        body = SeverityChanged(
            incident=incident,
            system=matter.system,
            before=standing.severity,
            after=after,
            floor=found.floor,
            dimensions=dimensions,
            reason=reason,
            approver=approver or None,
        )
        return self._append(matter, body, actor)

    def task(
        self,
        incident: str,
        task: str,
        title: str,
        owner: str,
        actor: Actor,
        *,
        due_at: datetime | None = None,
        state: Literal["open", "done", "dropped"] = "open",
    ) -> Fact:
        """Set a task: `task` is its name in this incident, `owner` an actor id; the last word counts."""
        matter = self._open(incident)
        body = TaskSet(
            incident=incident,
            system=matter.system,
            task=check_name(task, "task"),
            title=_line(title, "title"),
            owner=check_name(owner, "owner"),
            due_at=format_instant(due_at) if due_at else None,
            state=state,
        )
        return self._append(matter, body, actor)

    def state(
        self,
        incident: str,
        text: str,
        status: Literal["known", "believed", "wrong"],
        actor: Actor,
        *,
        statement: str | None = None,
        evidence: tuple[str, ...] = (),
    ) -> Fact:
        """Share a fact: known, believed, or found wrong. Give `statement` to speak about an earlier one.

        "Known" needs evidence (fact ids or digests); without any it is a belief, and is refused as known.
        """
        matter = self._open(incident)
        if status == "known" and not evidence:
            raise UsageError(
                "statement.no-evidence",
                "A known fact names its evidence.",
                "Give the fact ids or digests that show it, or say that it is believed.",
            )
        if not 0 < len(text.strip()) <= TEXT_CHARS_MAX:
            raise UsageError(
                "statement.text", f"The text has {len(text)} characters.", "Give some, not 8,192."
            )
        known = [noted.statement for noted in self._read(incident).statements]
        if statement is not None and statement not in known:
            raise NotFoundError(
                "statement.unknown",
                f"There is no statement '{statement[:80]}'.",
                f"Known: {', '.join(known)}.",
            )
        body = StatementNoted(
            incident=incident,
            system=matter.system,
            statement=statement or f"s{len(known) + 1}",
            status=status,
            text=self._recorder.put(text.encode(), personal=True),
            evidence=evidence,
        )
        return self._append(matter, body, actor)

    def agree(
        self, incident: str, corrective: str, title: str, owner: str, due_at: datetime, actor: Actor
    ) -> Fact:
        """Agree a corrective action with an owner and a due date; it may be agreed anew until it is done."""
        matter = self._open(incident)
        if due_at <= self._recorder.clock.now():
            raise UsageError(
                "corrective.due", f"{format_instant(due_at)} has passed.", "Give a due date to come."
            )
        body = CorrectiveAgreed(
            incident=incident,
            system=matter.system,
            corrective=check_name(corrective, "corrective action"),
            title=_line(title, "title"),
            owner=check_name(owner, "owner"),
            due_at=format_instant(due_at),
        )
        return self._append(matter, body, actor)

    def settle(self, incident: str, corrective: str, evidence: tuple[str, ...], actor: Actor) -> Fact:
        """Record that a corrective action was carried out, with what shows it; also after closing."""
        matter = find_matter(self._recorder, incident)
        if corrective not in {action.agreed.corrective for action in self._read(incident).correctives}:
            raise NotFoundError(
                "corrective.unknown",
                f"'{incident}' has no corrective action '{corrective[:80]}'.",
                f"See them: probative respond show {incident}",
            )
        if not evidence:
            raise UsageError(
                "corrective.no-evidence", f"Nothing shows that '{corrective}' was done.", "Give --evidence."
            )
        body = CorrectiveDone(
            incident=incident, system=matter.system, corrective=corrective, evidence=evidence
        )
        return self._append(matter, body, actor, f"respond/corrective/{incident}/{corrective}/done")

    def _open(self, incident: str) -> Matter:
        """Return the matter of an incident that is not closed."""
        matter = find_matter(self._recorder, incident)
        about = f"incident/{incident}"
        if next(self._recorder.facts(kind="respond.incident-closed", subject=about), None) is not None:
            raise ConflictError(
                "incident.closed",
                f"The incident '{incident}' is closed.",
                "Declare another one if it goes on.",
            )
        return matter

    def _read(self, incident: str) -> Incident:
        return fold(self._recorder.facts(subject=f"incident/{incident}"))

    def _append(self, matter: Matter, body: Body, actor: Actor, key: str | None = None) -> Fact:
        return self._recorder.append(Draft(body=body, subjects=matter.subjects, actor=actor, key=key))[0]


def _line(text: str, what: str) -> str:
    if not 0 < len(text.strip()) <= LINE_CHARS_MAX:
        raise UsageError(
            "journal.line", f"The {what} has {len(text)} characters.", "Give one line of 1 to 200, no names."
        )
    return text.strip()
