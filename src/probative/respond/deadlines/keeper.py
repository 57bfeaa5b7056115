"""Deadlines, the front class of legal clocks: choose, start, move, meet, decline, and show.

**Promise**: every method reads the record, decides by pure functions, and appends; dates come from the
pack's rules and the recorder's clock only; no decision not to notify rests on a rule that counsel has not
adopted.
**Not here**: the rules (`pack`, `counting`, `selection`) and the words of notices (`respond.notice`).
"""

from collections.abc import Iterable
from datetime import datetime

from probative.kernel.actor import Actor
from probative.kernel.clock import format_instant, to_utc
from probative.kernel.digest import check_digest
from probative.kernel.errors import ConflictError, DeniedError, UsageError
from probative.record.facts import Body, Draft, Fact, subject
from probative.record.recorder import Recorder
from probative.respond.deadlines.board import BoardRow, board_of, sort_rows, warnings_of
from probative.respond.deadlines.calendars import calendar_of
from probative.respond.deadlines.circumstances import Circumstances
from probative.respond.deadlines.drafts import (
    answer_for,
    change_bodies,
    check_awaited,
    check_past,
    fixed_clock,
    met_body,
    met_together,
)
from probative.respond.deadlines.facts import (
    Basis,
    ClocksSelected,
    ClockStartConfirmed,
    ClockStartProposed,
    ClockWarned,
    NoNotifyDecided,
    RuleAdopted,
)
from probative.respond.deadlines.history import (
    ADOPTED_KIND,
    CLOCK_KINDS,
    Adoption,
    ClockKey,
    History,
    confirm,
    fold,
    fold_adoptions,
    mark_met,
)
from probative.respond.deadlines.pack import ClockPack, shipped_pack
from probative.respond.deadlines.planning import plan_changes
from probative.respond.deadlines.selection import choose
from probative.respond.matters import Matter, find_matter

COUNSEL_ROLES = ("legal",)
DECIDING_ROLES = ("legal", "compliance", "chief-risk-officer", "executive")


class Deadlines:
    """The legal clocks of incidents and inquiries. Not legal advice: rules are data that counsel adopts."""

    def __init__(self, recorder: Recorder, pack: ClockPack | None = None) -> None:
        """Read and write `recorder`; `pack` is the clock pack, the shipped one if none is given."""
        self._recorder = recorder
        self._pack = pack

    @property
    def pack(self) -> ClockPack:
        """The clock pack in use; read when it is first asked for, because a stop must not wait for it."""
        return self._pack if self._pack is not None else shipped_pack()

    def select(self, incident: str, circumstances: Circumstances, actor: Actor) -> Fact:
        """Answer for every obligation of the places we are in, and start what may start.

        Appends `respond.clocks-selected`, and `respond.clock-started` for each applicable clock whose event
        was confirmed before. Select again when a new fact is known: the latest selection counts.
        """
        matter, history = self._read(incident)
        adopted = self._adopted()
        zone = calendar_of(circumstances.jurisdictions[0]).zone
        on = self._recorder.clock.now().astimezone(zone).date()
        answers = choose(self.pack, circumstances, on, {rule: a.confirmed for rule, a in adopted.items()})
        body = ClocksSelected(
            incident=incident,
            system=matter.system,
            on=on.isoformat(),
            circumstances=circumstances,
            packs=dict(self.pack.digests),
            answers=answers,
        )
        history.selected = body
        changes = plan_changes(self.pack, history, adopted)
        bodies = change_bodies(matter, changes, "the circumstances were told anew")
        cause = (history.selected_fact,) if history.selected_fact else (matter.opened,)
        return self._append(matter, actor, [body, *bodies], cause)[0]

    def propose_start(self, incident: str, event: str, at: datetime, source: str, actor: Actor) -> Fact:
        """Say that a start event seems to have happened; `source` is the signal's fact id, or a person's
        words.

        Proposed dates are shown and warned of, but a clock runs only when a named person confirms.
        """
        matter, _ = self._read(incident)
        check_past(event, at, self._recorder.clock.now())
        body = ClockStartProposed(
            incident=incident, system=matter.system, event=event, at=format_instant(at), source=source
        )
        return self._append(matter, actor, [body], (matter.opened,), f"clock-proposed:{incident}:{event}")[0]

    def confirm_start(
        self, incident: str, event: str, at: datetime, actor: Actor, person_class: str = "", reason: str = ""
    ) -> list[Fact]:
        """Confirm a start event as a named person: its clocks start, or move if it stood at another time.

        The earliest awareness counts, so an earlier `at` moves dates without more ado; a later one is a
        correction and needs a `reason`. An event that no clock here starts on raises `UsageError`.
        """
        matter, history = self._read(incident)
        check_past(event, at, self._recorder.clock.now())
        check_awaited(self.pack, history, event)
        known = history.starts.get(event)
        corrects = known is not None and to_utc(at) > known.at
        if corrects and not reason:
            raise ConflictError(
                "clock.start-earlier-known",
                f"'{event}' is confirmed for an instant before {format_instant(at)} already.",
                "The earliest counts; correct it only with a reason.",
            )
        body = ClockStartConfirmed(
            incident=incident,
            system=matter.system,
            event=event,
            at=format_instant(at),
            confirmed_by=actor.id,
            person_class=person_class,
            corrects=corrects,
            reason=reason,
        )
        confirm(history, body)
        changes = plan_changes(self.pack, history, self._adopted())
        bodies = change_bodies(matter, changes, reason or f"'{event}' was confirmed at {body.at}")
        return self._append(matter, actor, [body, *bodies], (history.selected_fact,))

    def recalc(self, incident: str, actor: Actor, reason: str) -> list[Fact]:
        """Compute every date again under the rules, adoptions and calendars of today; return what changed."""
        matter, history = self._read(incident)
        changes = plan_changes(self.pack, history, self._adopted())
        return self._append(matter, actor, change_bodies(matter, changes, reason), (history.selected_fact,))

    def fix(
        self,
        incident: str,
        clock: ClockKey,
        *,
        title: str,
        due_at: datetime,
        basis: Basis,
        recipient: str,
        source: str,
        actor: Actor,
    ) -> Fact:
        """Record a date that somebody set (letter, contract, insurer); `source` is the paper's digest."""
        matter, _ = self._read(incident)
        now = self._recorder.clock.now()
        body = fixed_clock(matter, clock, title, (now, due_at), basis, recipient, source)
        return self._append(matter, actor, [body], (matter.opened,))[0]

    def met(
        self, incident: str, clock: ClockKey, *, sent_at: datetime, recipient: str, proof: str, actor: Actor
    ) -> list[Fact]:
        """Record that what a clock asks for was sent, with the digest that proves it; follow-up clocks start.

        A clock that was met already is a `ConflictError`; a clock that does not run, a `NotFoundError`.
        """
        matter, history = self._read(incident)
        check_past("sent", sent_at, self._recorder.clock.now())
        check_digest(proof)
        bodies: list[Body] = []
        for key in met_together(self.pack, history, clock):
            body = met_body(matter, history, key, sent_at, recipient, proof)
            mark_met(history, body, actor.id)
            bodies.append(body)
        changes = plan_changes(self.pack, history, self._adopted())
        bodies += change_bodies(matter, changes, f"'{clock.stage}' was sent")
        return self._append(matter, actor, bodies, (history.selected_fact,))

    def decide_no_notify(self, incident: str, obligation: str, reason: str, actor: Actor) -> Fact:
        """Record the decision not to notify although a duty applies, for instance under an exemption.

        Refused (`DeniedError`) for a role that may not decide, and when counsel has not adopted the rule;
        refused (`ConflictError`) while questions are open, for then nobody knows what would be declined.
        """
        matter, history = self._read(incident)
        matter.check_entitled(actor, DECIDING_ROLES, "decide not to notify")
        answer = answer_for(self.pack, history, obligation)
        if answer.answer != "applies":
            raise ConflictError(
                "clock.nothing-to-decline",
                f"'{obligation}' stands at '{answer.answer}': {answer.reasons[0]}.",
                "Answer the open questions and select again before deciding not to notify.",
            )
        adoption = self._adopted().get(self.pack.obligation(obligation).sha256)
        if adoption is None:
            raise DeniedError(
                "clock.rule-unreviewed",
                f"No counsel has adopted the rule '{obligation}' in its present wording.",
                f"Counsel first: probative respond clocks adopt {obligation}.",
            )
        if not reason.strip():
            raise UsageError(
                "clock.no-reason",
                f"No reason is given for not notifying under '{obligation}'.",
                "Give --reason.",
            )
        body = NoNotifyDecided(
            incident=incident,
            system=matter.system,
            obligation=obligation,
            reason=reason,
            approver=actor.id,
            rule=self.pack.version_of(obligation),
            rule_sha256=self.pack.obligation(obligation).sha256,
            adoption=adoption.fact,
        )
        return self._append(matter, actor, [body], (history.selected_fact, adoption.fact))[0]

    def adopt(self, obligation: str, statement: str, actor: Actor, confirm: Iterable[str] = ()) -> Fact:
        """Adopt a rule as counsel: its present wording counts as reviewed, `confirm`ed recalled stages get
        dates.

        For every incident: select or recalculate afterwards. Only the legal role may; `DeniedError`
        otherwise.
        """
        if actor.role not in COUNSEL_ROLES:
            raise DeniedError(
                "clock.not-counsel",
                f"'{actor.id}' acts as {actor.role}; only counsel adopts a rule.",
                "Act in the legal role: --as ID:legal.",
            )
        rule = self.pack.obligation(obligation)
        confirmed = tuple(sorted({rule.stage_named(stage).id for stage in confirm}))
        body = RuleAdopted(
            obligation=obligation,
            rule=self.pack.version_of(obligation),
            rule_sha256=rule.sha256,
            pack_sha256=self.pack.digest_of(obligation),
            statement=statement,
            confirmed=confirmed,
        )
        draft = Draft(body=body, subjects=(subject(f"clock-rule/{obligation}"),), actor=actor)
        return self._recorder.append(draft)[0]

    def warn_due(self, actor: Actor, now: datetime | None = None) -> list[Fact]:
        """Record for every open clock the mark (50, 80, 95, 100 % of its time) that it has newly passed."""
        at = now if now is not None else self._recorder.clock.now()
        adopted, warned = self._adopted(), []
        for name in self._matters():
            matter, history = self._read(name)
            rows = board_of(name, matter.system, self.pack, history, adopted, at)
            for row, percent in warnings_of(rows, history):
                body = ClockWarned(
                    incident=name,
                    system=matter.system,
                    obligation=row.obligation,
                    stage=row.stage,
                    used_percent=percent,
                    alert_at=row.alert_at or "",
                )
                key = f"clock-warned:{name}:{row.obligation}:{row.stage}:{row.alert_at}:{percent}"
                warned.extend(self._append(matter, actor, [body], (matter.opened,), key))
        return warned

    def board(self, incident: str | None = None, at: datetime | None = None) -> list[BoardRow]:
        """Return the clocks of one matter, or of all, as they stand at `at` (now): earliest alert first."""
        now = at if at is not None else self._recorder.clock.now()
        adopted = self._adopted()
        rows: list[BoardRow] = []
        for name in [incident] if incident is not None else self._matters():
            matter, history = self._read(name)
            rows.extend(board_of(name, matter.system, self.pack, history, adopted, now))
        return sort_rows(rows)

    def _read(self, incident: str) -> tuple[Matter, History]:
        matter = find_matter(self._recorder, incident)
        facts = self._recorder.facts(kind=CLOCK_KINDS, subject=f"{matter.kind}/{incident}")
        return matter, fold(facts)

    def _adopted(self) -> dict[str, Adoption]:
        return fold_adoptions(self._recorder.facts(kind=ADOPTED_KIND))

    def _matters(self) -> list[str]:
        kinds = ("respond.clocks-selected", "respond.clock-fixed")
        return list(dict.fromkeys(str(f.body["incident"]) for f in self._recorder.facts(kind=kinds)))

    def _append(
        self,
        matter: Matter,
        actor: Actor,
        bodies: Iterable[Body],
        caused_by: tuple[str, ...],
        key: str | None = None,
    ) -> list[Fact]:
        drafts = [
            Draft(
                body=body,
                subjects=matter.subjects,
                actor=actor,
                caused_by=tuple(cause for cause in caused_by if cause),
                key=key,
            )
            for body in bodies
        ]
        return self._recorder.append(*drafts) if drafts else []
