"""Inquiries, the front class: receive a letter, hold, freeze the cohort, answer with evidence, have it
reviewed.

**Promise**: the letter is hashed and its subject held before anything else happens; an answer holds only
statements that cite recorded facts about this system; two people who did not write it clear a response.
**Not here**: the fairness audit (a fact of `watch` that answers cite), and the package (`prove`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from probative.kernel.actor import Actor
from probative.kernel.canon import canonical
from probative.kernel.errors import ConflictError, DeniedError, NotFoundError, UsageError
from probative.kernel.ids import check_name
from probative.record.decisions.facts import SegmentSealed
from probative.record.decisions.proof import check_proof
from probative.record.facts import Body, Draft, Fact
from probative.record.recorder import Recorder
from probative.respond.deadlines.history import CLOCK_KINDS
from probative.respond.deadlines.history import fold as fold_clocks
from probative.respond.facts import HoldScope
from probative.respond.hold import Holds
from probative.respond.inquiry.cohort import check_definition, ids_text, query_text
from probative.respond.inquiry.dossier import Reasons, build_dossier, dossier_bytes
from probative.respond.inquiry.facts import (
    AnswerRecorded,
    CohortDefinition,
    CohortFrozen,
    DossierBuilt,
    ResponseDrafted,
    ResponseReviewed,
    SenderVerified,
)
from probative.respond.inquiry.letter import Kept, Letter, check_letter, opening_bodies, question_words
from probative.respond.inquiry.matrix import MatrixRow, Statement, check_statements, response_text
from probative.respond.inquiry.ports import DecisionSource
from probative.respond.inquiry.progress import KINDS, Progress, fold
from probative.respond.inquiry.sending import Sent, answered_bodies, check_sendable
from probative.respond.inquiry.sources import cited_fact, find_ids, outcomes_of, read_matrix
from probative.respond.matters import Matter, find_matter

EVER = "1970-01-01T00:00:00.000000Z"


class CohortCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen cohort against its definition asked again: `added` came late, `missing` is not found now."""

    cohort: str
    rows: int
    added: int
    missing: int

    @property
    def same(self) -> bool:
        """Whether exactly the frozen decisions were found."""
        return not self.added and not self.missing


class Inquiries:
    """Inquiries of authorities about the decisions of a system."""

    def __init__(self, recorder: Recorder, decisions: DecisionSource) -> None:
        """Read and write `recorder`; `decisions` is the decision log."""
        self._recorder = recorder
        self._decisions = decisions

    def open(
        self, inquiry: str, system: str, letter: Letter, actor: Actor, incident: str | None = None
    ) -> list[Fact]:
        """Receive a letter: hash it, start a clock for every question, and hold everything of the system.

        Returns the opening, the clocks and the hold. The same letter again goes on where it stopped;
        another letter under the same name is a `ConflictError`.
        """
        check_letter(inquiry, letter, self._recorder.clock.now())
        known = fold(self._facts(inquiry))
        if known is None:
            opened = self._open(inquiry, system, letter, actor, incident)
        elif self._recorder.get(known.opened.letter) == letter.content:
            opened = []
        else:
            raise ConflictError(
                "inquiry.exists", f"Inquiry '{inquiry}' holds another letter.", "Open it under another name."
            )
        return [*opened, self._hold(inquiry, system, actor)]

    def verify_sender(self, inquiry: str, genuine: bool, method: str, actor: Actor) -> Fact:
        """Record whether the letter really comes from its sender, and how that was checked."""
        matter, _ = self._read(inquiry)
        body = SenderVerified(inquiry=inquiry, system=matter.system, genuine=genuine, method=method)
        return self._append(matter, body, actor, (matter.opened,))

    def freeze_cohort(
        self, inquiry: str, definition: CohortDefinition, actor: Actor, cohort: str = "main"
    ) -> Fact:
        """Fix the decisions that the inquiry is about: seal them, find them, and name them by digest and
        count.

        A cohort is frozen once; an empty one is refused, because nothing can be answered about it.
        """
        matter, progress = self._read(inquiry)
        check_name(cohort, "cohort")
        if definition.system != matter.system:
            raise UsageError(
                "cohort.other-system",
                f"The cohort is of system '{definition.system}', the inquiry of '{matter.system}'.",
                "Define it on the system of the inquiry.",
            )
        if cohort in progress.cohorts:
            raise ConflictError(
                "cohort.frozen-already",
                f"Cohort '{cohort}' is frozen already.",
                "Give another one another name.",
            )
        check_definition(definition, self._decisions.schema(matter.system))
        self._decisions.seal(matter.system, force=True)
        ids = find_ids(self._decisions, definition)
        if not ids:
            raise UsageError(
                "cohort.empty",
                f"No decision meets '{query_text(definition)}'.",
                "Widen the span or the conditions.",
            )
        head = self._recorder.head()
        body = CohortFrozen(
            inquiry=inquiry,
            system=matter.system,
            cohort=cohort,
            definition=definition,
            query=query_text(definition),
            rows=len(ids),
            ids=self._recorder.put(ids_text(ids)),
            ledger_size=head.size,
            ledger_root=head.root.hex(),
        )
        return self._append(matter, body, actor, (matter.opened,), f"cohort-frozen:{inquiry}:{cohort}")

    def recheck_cohort(self, inquiry: str, cohort: str = "main") -> CohortCheck:
        """Ask a frozen cohort's definition again, and say what came late and what can no longer be found."""
        _, progress = self._read(inquiry)
        frozen = self._cohort(progress, cohort)
        before = set(self._recorder.get(frozen.ids).decode().split())
        now = set(find_ids(self._decisions, frozen.definition))
        return CohortCheck(
            cohort=cohort, rows=len(before), added=len(now - before), missing=len(before - now)
        )

    def record_answer(
        self, inquiry: str, question: int, statements: Sequence[Statement], actor: Actor
    ) -> Fact:
        """Answer one question; every statement cites recorded facts about this system (ids, prefixes or
        #index).

        A later answer to the same question takes the place of the earlier one, which stays in the record.
        """
        matter, progress = self._read(inquiry)
        if question not in {asked.number for asked in progress.opened.questions}:
            raise NotFoundError(
                "inquiry.question-unknown",
                f"Inquiry '{inquiry}' has no question {question}.",
                f"Questions: {', '.join(str(asked.number) for asked in progress.opened.questions)}.",
            )
        check_statements(statements)
        cited = tuple(
            Statement(
                text=s.text, evidence=tuple(cited_fact(self._recorder, matter, name) for name in s.evidence)
            )
            for s in statements
        )
        evidence = tuple(dict.fromkeys(fact_id for s in cited for fact_id in s.evidence))
        body = AnswerRecorded(
            inquiry=inquiry,
            system=matter.system,
            question=question,
            statements=self._recorder.put(canonical(msgspec.to_builtins(cited)), personal=True),
            count=len(cited),
            evidence=evidence,
        )
        return self._append(matter, body, actor, evidence)

    def matrix(self, inquiry: str) -> list[MatrixRow]:
        """Return the evidence matrix: each question, what is stated, the facts cited, and what is open."""
        _, progress = self._read(inquiry)
        return read_matrix(self._recorder, progress)

    def dossier(self, inquiry: str, decision_id: str, actor: Actor, reasons: Reasons | None = None) -> Fact:
        """Build the dossier of one decision from its proof; read it with
        `Recorder.get(fact.body["dossier"])`.

        A decision of another system is refused; values that do not fit the sealed row raise `TamperError`.
        """
        matter, _ = self._read(inquiry)
        self._decisions.seal(matter.system, force=True)
        found = self._decisions.prove(decision_id)
        if found.system != matter.system:
            raise UsageError(
                "dossier.other-system",
                f"Decision '{decision_id}' is of system '{found.system}', the inquiry of '{matter.system}'.",
                "Name a decision of the system that the letter is about.",
            )
        manifest = self._recorder.fact(found.manifest)
        sealed = manifest.read(SegmentSealed)
        schema = self._decisions.schema(matter.system, sealed.schema_version)
        groups = [group.name for group in schema.layout("decisions").groups if not group.protected]
        proof = self._decisions.prove(decision_id, groups)
        values = check_proof(proof, sealed)
        outcomes = outcomes_of(self._decisions, matter.system, decision_id)
        dossier = build_dossier(values, schema, msgspec.to_builtins(proof), outcomes, reasons)
        body = DossierBuilt(
            inquiry=inquiry,
            system=matter.system,
            decision_id=decision_id,
            dossier=self._recorder.put(dossier_bytes(dossier), personal=True),
            approximate=reasons is not None,
            missing=tuple(dossier["missing"]),
        )
        return self._append(matter, body, actor, (matter.opened, manifest.id))

    def draft_response(self, inquiry: str, actor: Actor) -> Fact:
        """Put the recorded answers together as a letter; questions without evidence stand as unanswered."""
        matter, progress = self._read(inquiry)
        rows = read_matrix(self._recorder, progress)
        text = response_text(progress.opened.sender, inquiry, rows)
        body = ResponseDrafted(
            inquiry=inquiry,
            system=matter.system,
            response=self._recorder.put(text.encode(), personal=True),
            drafter=actor.id,
            answers=tuple(progress.answer_facts.values()),
            unanswered=tuple(row.number for row in rows if not row.statements),
        )
        return self._append(matter, body, actor, body.answers or (matter.opened,))

    def review(self, inquiry: str, agrees: bool, actor: Actor, remark: str = "") -> Fact:
        """Judge the latest response as a second person; the data protection officer only advises."""
        matter, progress = self._read(inquiry)
        if progress.response is None:
            raise NotFoundError(
                "inquiry.no-response", f"Inquiry '{inquiry}' has no drafted response.", "Draft it first."
            )
        if actor.id == progress.response.drafter:
            raise DeniedError(
                "inquiry.own-response", f"'{actor.id}' drafted the response.", "Two other people review it."
            )
        if agrees and actor.role == "data-protection-officer":
            raise DeniedError(
                "inquiry.adviser",
                f"'{actor.id}' acts as data-protection-officer, which advises.",
                "Object, or remark.",
            )
        matter.check_entitled(actor, (actor.role,), "review a response")
        body = ResponseReviewed(
            inquiry=inquiry,
            system=matter.system,
            response=progress.response.response,
            reviewer=actor.id,
            agrees=agrees,
            remark=remark,
        )
        return self._append(matter, body, actor, (progress.response_fact,))

    def mark_sent(
        self, inquiry: str, sent_at: datetime, actor: Actor, receipt: bytes | None = None
    ) -> list[Fact]:
        """Record that the cleared response went to the authority; it meets the clocks of all questions.

        `receipt` is what came back, exactly. A response that is not cleared raises `ConflictError`.
        """
        matter, progress = self._read(inquiry)
        response = check_sendable(matter, progress, sent_at, self._recorder.clock.now())
        clocks = fold_clocks(self._recorder.facts(kind=CLOCK_KINDS, subject=f"inquiry/{inquiry}"))
        kept = None if receipt is None else self._recorder.put(receipt, personal=True)
        bodies = answered_bodies(matter, response, progress.opened.sender, clocks, Sent(sent_at, kept))
        cause = (progress.response_fact,)
        drafts = [Draft(body=b, subjects=matter.subjects, actor=actor, caused_by=cause) for b in bodies]
        return self._recorder.append(*drafts)

    def progress(self, inquiry: str) -> Progress:
        """Return how far an inquiry is, and what keeps its response from being cleared."""
        return self._read(inquiry)[1]

    def all(self) -> list[Progress]:
        """Return how far every inquiry is, in the order they were opened."""
        opened = self._recorder.facts(kind="respond.inquiry-opened")
        return [self._read(str(fact.body["inquiry"]))[1] for fact in opened]

    def _open(
        self, inquiry: str, system: str, letter: Letter, actor: Actor, incident: str | None
    ) -> list[Fact]:
        if (
            next(self._recorder.facts(kind="record.system-registered", subject=f"system/{system}"), None)
            is None
        ):
            raise NotFoundError(
                "system.unknown", f"There is no system '{system[:80]}'.", "probative record system --help"
            )
        matter = Matter(name=inquiry, kind="inquiry", system=system, opened="", body={}, roles={})
        about = matter.subjects
        if incident is not None:
            about = (*about, find_matter(self._recorder, incident).subjects[0])
        kept = Kept(
            self._recorder.put(letter.content, personal=True),
            self._recorder.put(canonical(question_words(letter)), personal=True),
        )
        opened, *clocks = opening_bodies(matter, letter, kept, incident)
        return self._recorder.append(
            Draft(
                body=opened,
                subjects=about,
                actor=actor,
                occurred_at=letter.received_at,
                key=f"inquiry-opened:{inquiry}",
            ),
            *(Draft(body=clock, subjects=about, actor=actor) for clock in clocks),
        )

    def _hold(self, inquiry: str, system: str, actor: Actor) -> Fact:
        """Hold everything of the system: legal narrows it when the letter's scope is understood."""
        scope = HoldScope(system=system, since=EVER)
        reason = f"letter of an authority, inquiry {inquiry}"
        return Holds(self._recorder).place(
            inquiry, scope, reason, actor, key=f"respond/hold/inquiry/{inquiry}"
        )

    def _facts(self, inquiry: str) -> Iterable[Fact]:
        return self._recorder.facts(kind=KINDS, subject=f"inquiry/{inquiry}")

    def _read(self, inquiry: str) -> tuple[Matter, Progress]:
        progress = fold(self._facts(inquiry))
        if progress is None:
            raise NotFoundError(
                "inquiry.unknown", f"There is no inquiry '{inquiry[:80]}'.", "probative respond inquiry list"
            )
        return find_matter(self._recorder, inquiry), progress

    def _cohort(self, progress: Progress, cohort: str) -> CohortFrozen:
        if cohort not in progress.cohorts:
            raise NotFoundError(
                "cohort.unknown",
                f"Inquiry '{progress.opened.inquiry}' has no cohort '{cohort[:80]}'.",
                f"Frozen: {', '.join(progress.cohorts) or 'none'}.",
            )
        return progress.cohorts[cohort]

    def _append(
        self, matter: Matter, body: Body, actor: Actor, caused_by: tuple[str, ...], key: str | None = None
    ) -> Fact:
        draft = Draft(body=body, subjects=matter.subjects, actor=actor, caused_by=caused_by, key=key)
        return self._recorder.append(draft)[0]
