"""Evidence, kept: seals snapshots and freezes the list of affected people.

**Promise**: a snapshot and its first custody entry are one transaction; the list of people is a personal blob
under a salted name, and only its counts are in the ledger.
**Not here**: what is done to the people's benefit afterwards.
"""

from datetime import datetime, timedelta

from probative.kernel.actor import Actor
from probative.kernel.clock import format_instant, parse_instant
from probative.kernel.errors import UsageError
from probative.record.facts import Draft, Fact, subject
from probative.record.recorder import Recorder
from probative.respond.evidence.population import list_affected
from probative.respond.evidence.snapshot import BASELINE, Snapshooter, Span
from probative.respond.facts import AffectedFrozen, CustodyRecorded
from probative.respond.matters import Matter, find_matter
from probative.respond.ports import Decisions, FlagStore


class Evidence:
    """Captures what an incident needs to be understood, and to be proved, later."""

    def __init__(self, recorder: Recorder, log: Decisions, flags: FlagStore) -> None:
        """Write to `recorder`; read decisions from `log` and the switch from `flags`."""
        self._recorder = recorder
        self._log = log
        self._flags = flags

    def capture(
        self, incident: str, actor: Actor, *, baseline: timedelta = BASELINE, key: str | None = None
    ) -> Fact:
        """Seal a snapshot of the incident's system, from `baseline` before the onset until now.

        Returns the `respond.snapshot-sealed` fact; a second call with the same `key` returns the first one.
        """
        if key and (known := next(self._recorder.facts(key=key), None)):
            return known
        matter = find_matter(self._recorder, incident)
        onset = parse_instant(str(matter.body["onset_at"]))
        span = Span(onset - baseline, self._recorder.clock.now())
        shot = Snapshooter(self._recorder, self._log, self._flags, matter.system)
        sealed = shot.take(incident, span)
        custody = CustodyRecorded(
            incident=incident,
            system=matter.system,
            item=f"snapshot {sealed.manifest[:12]}",
            act="sealed",
            reason="captured before the system is changed",
            sha256_before=sealed.manifest,
            sha256_after=sealed.manifest,
        )
        subjects = (*matter.subjects, subject("snapshot", sealed.manifest))
        drafts = [
            Draft(body=sealed, subjects=subjects, actor=actor, key=key),
            Draft(body=custody, subjects=subjects, actor=actor),
        ]
        return self._recorder.append(*drafts)[0]

    def freeze_affected(
        self, incident: str, actor: Actor, *, until: datetime | None = None, key: str | None = None
    ) -> Fact:
        """Freeze the list of affected decisions and people, from the onset until the stop (or `until`).

        Without a stop and without `until` the list ends now. The list is a personal blob of lines
        `decision id, instant, subject`, separated by tabs, in the order in which they were made.
        """
        if key and (known := next(self._recorder.facts(key=key), None)):
            return known
        matter = find_matter(self._recorder, incident)
        onset = parse_instant(str(matter.body["onset_at"]))
        end = until or self._stopped_at(matter) or self._recorder.clock.now()
        if end <= onset:
            raise UsageError(
                "affected.no-span",
                f"The list cannot end at {format_instant(end)}: the onset is {format_instant(onset)}.",
                "Give --until after the onset.",
            )
        lines = list(list_affected(self._log, matter.system, onset, end))
        people = {line.rsplit(b"\t", 1)[1] for line in lines}
        body = AffectedFrozen(
            incident=incident,
            system=matter.system,
            window_from=format_instant(onset),
            window_until=format_instant(end),
            decisions=len(lines),
            people=len(people),
            list=self._recorder.put(b"".join(lines), personal=True),
            query=f"{format_instant(onset)} <= decided_at < {format_instant(end)}, every decision",
        )
        return self._recorder.append(Draft(body=body, subjects=matter.subjects, actor=actor, key=key))[0]

    def _stopped_at(self, matter: Matter) -> datetime | None:
        """Return when the incident's first stop took effect."""
        for fact in self._recorder.facts(kind="respond.action-done", subject=f"incident/{matter.name}"):
            if fact.body["kind"] == "stop" and fact.body["outcome"] == "done" and fact.body["acted_at"]:
                return parse_instant(str(fact.body["acted_at"]))
        return None
