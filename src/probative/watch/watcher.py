"""The watcher, front class of the room: declares monitors, reads windows, raises signals, audits fairness.

**Promise**: each method reads, decides by pure functions, and appends; evaluating twice records once.
**Not here**: the arithmetic (`watch.measures`), one monitor's evaluation (`evaluation`), and acting on a
signal (`respond`).
"""

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
import pyarrow as pa

from probative.kernel.actor import Actor
from probative.kernel.canon import canonical
from probative.kernel.clock import format_instant, parse_instant, to_utc
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import NotFoundError, TamperError, UsageError
from probative.kernel.ids import check_name
from probative.record.decisions.schema import OUTCOMES, DecisionSchema
from probative.record.facts import Draft, Fact, subject
from probative.record.recorder import Recorder
from probative.watch import audit
from probative.watch.counting.profile import Attribute, Meaning, Role
from probative.watch.counting.reference import read_reference, take_reference
from probative.watch.counting.rows import DECIDED, DECISION, joined, lazy
from probative.watch.counting.state import read_state
from probative.watch.evaluation import Evaluation, Past, subjects_of
from probative.watch.facts import (
    Cohort,
    FairnessAudited,
    MonitorDeclared,
    MonitorSilenced,
    ReadingTaken,
    ReferenceTaken,
    SignalRaised,
)
from probative.watch.measures.catalogue import FAIRNESS, PERFORMANCE, columns_of, needs_groups
from probative.watch.measures.coverage import coverage
from probative.watch.measures.measured import MeasureSpec, worst
from probative.watch.monitor import Monitor
from probative.watch.ports import Decisions
from probative.watch.reading import differs, fitting

SILENCE_DAYS_MAX = 30
_AUTHORISED = "record.audit-authorised"
_ROLES = {role.value: role for role in Role}


class Signal(NamedTuple):
    """A signal as it stands: the fact that raised it, and the end of the window that cleared it, if any."""

    fact: Fact
    raised: SignalRaised
    cleared_at: str | None


class Watcher:
    """What the doors and reactions call. Decisions are read through the `Decisions` port only."""

    def __init__(self, recorder: Recorder, decisions: Decisions) -> None:
        """Join the record and the decision log; `probative.workspace` does this from a folder."""
        self._recorder = recorder
        self._decisions = decisions
        self._past: dict[tuple[str, str], Past] = {}
        self._evaluating = threading.Lock()

    def take_reference(
        self,
        system: str,
        rows: pa.Table | tuple[datetime, datetime],
        *,
        actor: Actor,
        meaning: Meaning | None = None,
        source: str = "",
    ) -> str:
        """Freeze what later windows are compared with, and return the digest that monitors name.

        `rows` is a table (the test set with its predictions, for example) or a span of the decision log.
        Columns come from the system's decision schema: every feature is needed, predictions and `outcome`
        are taken if they are there, protected attributes never are.
        """
        schema = self._decisions.schema(system)
        table = rows if isinstance(rows, pa.Table) else self._span(system, *rows)
        wanted = {
            column.name: _ROLES[column.role]
            for column in schema.columns
            if column.role in _ROLES and (column.role == "feature" or column.name in table.column_names)
        }
        source = source or (
            f"table of {table.num_rows} rows" if isinstance(rows, pa.Table) else _named(*rows)
        )
        reference = take_reference(
            table, system, wanted, _completed(meaning or Meaning(), schema), source=source
        )
        digest = self._recorder.put(reference.to_bytes())
        body = ReferenceTaken(
            system=system,
            reference=digest,
            profile=reference.profile.digest(),
            rows=reference.state.rows,
            columns=len(wanted),
            source=source,
        )
        subjects = (subject(f"system/{system}"), subject(f"reference/{system}", digest))
        key = f"watch.reference/{system}/{digest}"
        self._recorder.append(Draft(body=body, subjects=subjects, actor=actor, key=key))
        return digest

    def declare(self, monitor: Monitor, actor: Actor) -> Fact:
        """Record a monitor, or its next version; the same one again returns the fact there is.

        The reference must be of the same system and have every column that is asked for; a monitor of
        protected attributes must name a recorded authorisation.
        """
        reference = read_reference(self._recorder.get(monitor.reference))
        if reference.profile.system != monitor.system:
            raise UsageError(
                "watch.other-system",
                f"The reference is of system '{reference.profile.system}', not of '{monitor.system}'.",
                f"Take a reference: probative watch reference {monitor.system} FILE.",
            )
        for spec in monitor.measures:
            if spec.measure not in PERFORMANCE and spec.measure not in FAIRNESS:
                columns_of(spec, reference.profile)
        if needs_groups(monitor.measures):
            self._check_authorised(monitor.system, monitor.audit or "")
        versions = [
            fact for fact in self._declared(monitor.system) if fact.body["monitor"] == monitor.monitor
        ]
        digest = monitor.digest()
        if versions and versions[-1].body["spec_sha256"] == digest:
            return versions[-1]
        body = MonitorDeclared(
            system=monitor.system,
            monitor=monitor.monitor,
            version=len(versions) + 1,
            spec=monitor,
            spec_sha256=digest,
        )
        subjects = subjects_of(monitor.system, monitor.monitor)
        key = f"watch.monitor/{monitor.system}/{monitor.monitor}/{len(versions) + 1}"
        return self._recorder.append(Draft(body=body, subjects=subjects, actor=actor, key=key))[0]

    def monitors(self, system: str | None = None) -> dict[tuple[str, str], Fact]:
        """Return the newest declaration of every monitor, by system and name."""
        return {(fact.body["system"], fact.body["monitor"]): fact for fact in self._declared(system)}

    def evaluate(self, system: str, monitor: str | None = None, until: datetime | None = None) -> list[Fact]:
        """Read every window of a system's monitors that is due by `until` (now, if left out).

        Returns the new facts in order: readings, each followed by the signals it raised or cleared. Windows
        missed during a pause are caught up; late outcomes lead to new readings of old windows.
        """
        self._check_known(system)
        at = to_utc(until) if until is not None else self._recorder.clock.now()
        chosen = [fact for (_, name), fact in self.monitors(system).items() if monitor in (None, name)]
        if monitor is not None and not chosen:
            raise _no_monitor(system, monitor)
        with self._evaluating:
            return [fact for declared in chosen for fact in self._evaluation(declared, at).run()]

    def readings(self, system: str, monitor: str | None = None, *, latest: bool = True) -> list[Fact]:
        """Return readings by time of their window; with `latest` only the last reading of each window."""
        self._check_known(system)
        about = f"monitor/{system}/{monitor}" if monitor else f"system/{system}"
        found: dict[tuple[str, ...], Fact] = {}
        for fact in self._recorder.facts(kind="watch.reading-taken", subject=about):
            place = (fact.body["window_until"], fact.body["monitor"], fact.body.get("after", ""))
            found[place if latest else (*place, str(fact.index))] = fact
        return [found[place] for place in sorted(found)]

    def recompute(self, reading: Fact) -> ReadingTaken:
        """Compute a reading again from the counts it names; another result raises `TamperError`."""
        body = reading.read(ReadingTaken)
        declared = [
            fact.read(MonitorDeclared).spec
            for fact in self._declared(body.system)
            if fact.body["spec_sha256"] == body.spec_sha256
        ]
        if not declared:
            raise _no_monitor(body.system, body.monitor)
        reference = read_reference(self._recorder.get(body.reference))
        state = read_state(self._recorder.get(body.state_sha256))
        if difference := differs(body, declared[0], reference, state):
            raise TamperError(
                "watch.reading-differs",
                f"Reading #{reading.index} of monitor '{body.monitor}' cannot be reproduced: {difference}.",
                "Run 'probative record verify', and compare the product versions.",
            )
        return body

    def signals(self, system: str) -> list[Signal]:
        """Return every signal of a system, oldest first, with what has become of it."""
        self._check_known(system)
        about = f"system/{system}"
        ended = self._recorder.facts(kind="watch.signal-cleared", subject=about)
        cleared = {fact.body["signal"]: str(fact.body["window_until"]) for fact in ended}
        facts = self._recorder.facts(kind="watch.signal-raised", subject=about)
        bodies = ((fact, fact.read(SignalRaised)) for fact in facts)
        return [Signal(fact, body, cleared.get(body.signal)) for fact, body in bodies]

    def silence(
        self,
        system: str,
        monitor: str,
        *,
        owner: str,
        reason: str,
        expires_at: datetime,
        actor: Actor,
        columns: Sequence[str] = (),
    ) -> Fact:
        """Hold back new signals of a monitor, or of some columns, until `expires_at` (30 days at most).

        Readings go on and show what they find; a signal that still stands at expiry is raised then.
        """
        now = self._recorder.clock.now()
        if not now < to_utc(expires_at) <= now + timedelta(days=SILENCE_DAYS_MAX):
            raise UsageError(
                "watch.silence-expiry",
                f"A silence until {format_instant(expires_at)} is over already or too long.",
                f"It may last {SILENCE_DAYS_MAX} days from now; silence again if it is still needed then.",
            )
        if not reason.strip():
            raise UsageError("watch.silence-reason", "A silence needs a reason.", 'Give --reason "...".')
        if (system, monitor) not in self.monitors(system):
            raise _no_monitor(system, monitor)
        body = MonitorSilenced(
            system=system,
            monitor=monitor,
            columns=tuple(columns),
            owner=check_name(owner, "owner"),
            reason=reason,
            expires_at=format_instant(expires_at),
        )
        key = f"watch.silence/{system}/{monitor}/{sha256_hex(canonical(msgspec.to_builtins(body)))[:32]}"
        subjects = subjects_of(system, monitor)
        return self._recorder.append(Draft(body=body, subjects=subjects, actor=actor, key=key))[0]

    def audit_fairness(
        self,
        system: str,
        cohort: Cohort,
        audit_fact: str,
        attributes: Sequence[Attribute],
        *,
        actor: Actor,
        meaning: Meaning | None = None,
        intersections: Sequence[Sequence[str]] = (),
        specs: Sequence[MeasureSpec] = (),
    ) -> Fact:
        """Audit a cohort's outcomes by protected group, under the recorded authorisation `audit_fact`.

        Without `meaning` that of the newest reference counts; without `specs` the default measures with their
        sources. The result is a blob with everything needed to do it again; the same question over the
        same rows returns the fact there is. A cohort that names its digest must still have it.
        """
        self._check_authorised(system, audit_fact)
        known = _completed(meaning, self._decisions.schema(system)) if meaning else self._meaning(system)
        if known.prediction is None or known.favourable is None:
            raise _no_meaning(system)
        day = self._recorder.clock.now().date()
        chosen = tuple(specs) or audit.default_specs(day, labelled=known.merited is not None)
        question = audit.Question(
            system=system,
            audit=audit_fact,
            cohort=cohort,
            meaning=known,
            attributes=tuple(attributes),
            intersections=tuple(tuple(names) for names in intersections),
            specs=chosen,
        )
        since, until = parse_instant(cohort.since), parse_instant(cohort.until)
        columns = (DECISION, DECIDED, *dict.fromkeys((known.prediction, *cohort.where)))
        decisions = self._decisions.read(system, since=since, until=until, columns=columns)
        outcomes = self._decisions.read(system, since=since, stream=OUTCOMES)
        protected = self._decisions.read_protected(system, audit_fact, since=since, until=until)
        answer = audit.conduct(question, audit.select(decisions, cohort), outcomes, protected)
        return self._record_audit(question, answer, actor)

    def _evaluation(self, declared: Fact, until: datetime) -> Evaluation:
        system, monitor = str(declared.body["system"]), str(declared.body["monitor"])
        past = self._past.setdefault((system, monitor), Past(self._recorder, f"monitor/{system}/{monitor}"))
        return Evaluation(self._recorder, self._decisions, declared, past, until)

    def _record_audit(self, question: audit.Question, answer: audit.Answer, actor: Actor) -> Fact:
        self._recorder.put(answer.state.to_bytes())
        result = self._recorder.put(answer.result)
        body = FairnessAudited(
            system=question.system,
            audit=question.audit,
            cohort=answer.cohort,
            meaning=question.meaning,
            attributes=question.attributes,
            intersections=question.intersections,
            specs=question.specs,
            status=worst([measured.status for measured in answer.measures]),
            measured=len(answer.measures),
            measures=fitting(answer.measures),
            result=result,
            state_sha256=answer.state.digest(),
            coverage=coverage(answer.state),
            notice=audit.NOTICE,
        )
        subjects = (subject(f"system/{question.system}"), subject(f"audit/{question.system}", result))
        draft = Draft(
            body=body,
            subjects=subjects,
            actor=actor,
            caused_by=(question.audit,),
            key=f"watch.audit/{question.system}/{result}",
        )
        return self._recorder.append(draft)[0]

    def _span(self, system: str, since: datetime, until: datetime) -> pa.Table:
        decisions = self._decisions.read(system, since=since, until=until)
        outcomes = self._decisions.read(system, since=since, stream=OUTCOMES)
        return joined(lazy(decisions), outcomes).collect().to_arrow()

    def _declared(self, system: str | None) -> Iterator[Fact]:
        about = f"system/{system}" if system else None
        return self._recorder.facts(kind="watch.monitor-declared", subject=about)

    def _meaning(self, system: str) -> Meaning:
        taken = [*self._recorder.facts(kind="watch.reference-taken", subject=f"system/{system}")]
        if not taken:
            raise _no_meaning(system)
        return read_reference(self._recorder.get(taken[-1].body["reference"])).profile.meaning

    def _check_known(self, system: str) -> None:
        about = f"system/{system}"
        if next(self._recorder.facts(kind="record.system-registered", subject=about), None) is None:
            raise NotFoundError(
                "system.unknown",
                f"There is no system '{system[:80]}'.",
                "List them: probative record log --kind record.system-registered",
            )

    def _check_authorised(self, system: str, fact_id: str) -> None:
        fact = self._recorder.fact(fact_id)
        if fact.kind != _AUTHORISED or fact.body.get("system") != system:
            raise UsageError(
                "watch.not-an-authorisation",
                f"Fact {fact_id[:16]} is '{fact.kind}' and authorises no audit of system '{system}'.",
                f"Name a {_AUTHORISED} fact of that system.",
            )


def _completed(meaning: Meaning, schema: DecisionSchema) -> Meaning:
    """Fill in the prediction and probability columns where the schema has only one of each."""
    found = dict.fromkeys(("prediction", "probability"), "")
    for role in found:
        named = getattr(meaning, role)
        columns = [column.name for column in schema.columns if column.role == role]
        if named is not None and named not in columns:
            raise UsageError(
                "watch.unknown-column",
                f"System '{schema.system}' has no {role} column '{named}'.",
                f"Its {role} columns: {', '.join(columns) or 'none'}.",
            )
        found[role] = named or (columns[0] if len(columns) == 1 else "")
    return msgspec.structs.replace(meaning, **{role: name or None for role, name in found.items()})


def _named(since: datetime, until: datetime) -> str:
    return f"decisions from {format_instant(since)} to {format_instant(until)}"


def _no_meaning(system: str) -> NotFoundError:
    return NotFoundError(
        "watch.no-meaning",
        f"Nobody has said which predictions of system '{system}' are favourable.",
        "Take a reference with --favourable, or give --favourable here.",
    )


def _no_monitor(system: str, monitor: str) -> NotFoundError:
    return NotFoundError(
        "watch.unknown-monitor",
        f"System '{system}' has no monitor '{monitor[:80]}'.",
        f"List them: probative watch run {system} --list, or declare it: probative watch declare FILE.",
    )
