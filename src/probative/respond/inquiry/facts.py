"""What inquiries write to the ledger: the letter, the cohort, answers with evidence, dossiers, the response.

**Promise**: words that may name people (letter, questions, answers, dossiers, response) are personal blobs
that the facts name by commitment; a cohort is named by the digest of its sorted decision ids.
**Not here**: legal holds (`respond.hold`) and dates (`respond.deadlines`).
"""

from typing import Literal

import msgspec

from probative.record.facts import Body, fact_kind


class QuestionDue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question of the letter by its number, and when it is to be answered; the words are in a blob."""

    number: int
    due_at: str


class Condition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One test on a column of the decision log; a row without a value fails every test."""

    column: str
    op: Literal["==", "!=", "<", "<=", ">", ">="]
    value: str | int | float | bool


class CohortDefinition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which decisions an inquiry is about: `since <= decided_at < until`, and every condition."""

    system: str
    since: str
    until: str
    where: tuple[Condition, ...] = ()


@fact_kind("respond.inquiry-opened")
class InquiryOpened(Body, frozen=True, kw_only=True):
    """An authority's letter arrived: hashed at receipt (`letter` is the commitment to its exact bytes).

    `power` is the provision that the authority invokes; `questions_text` is the blob with the questions'
    words.
    """

    inquiry: str
    system: str
    incident: str | None = None
    sender: str
    power: str
    received_at: str
    letter: str
    letter_bytes: int
    questions: tuple[QuestionDue, ...]
    questions_text: str


@fact_kind("respond.inquiry-sender-verified")
class SenderVerified(Body, frozen=True, kw_only=True):
    """Somebody checked that the letter comes from whom it says, and how (`method`)."""

    inquiry: str
    system: str
    genuine: bool
    method: str


@fact_kind("respond.cohort-frozen")
class CohortFrozen(Body, frozen=True, kw_only=True):
    """The decisions an inquiry is about, fixed: definition, count, and digest of the sorted decision ids.

    Counted on sealed rows at ledger size `ledger_size`; `ids` is the blob with the ids, one a line, whose
    digest is also what an audit or another person recomputes from the definition.
    """

    inquiry: str
    system: str
    cohort: str
    definition: CohortDefinition
    query: str
    rows: int
    ids: str
    ledger_size: int
    ledger_root: str


@fact_kind("respond.answer-recorded")
class AnswerRecorded(Body, frozen=True, kw_only=True):
    """An answer to one question: `statements` is a blob, each statement cites facts among `evidence`."""

    inquiry: str
    system: str
    question: int
    statements: str
    count: int
    evidence: tuple[str, ...]


@fact_kind("respond.dossier-built")
class DossierBuilt(Body, frozen=True, kw_only=True):
    """Everything recorded about one decision, in one blob: input, model, output, outcomes, reasons, proof.

    `approximate` says that reasons are in it (reasons are approximations); `missing` names what was not
    recorded.
    """

    inquiry: str
    system: str
    decision_id: str
    dossier: str
    approximate: bool
    missing: tuple[str, ...] = ()


@fact_kind("respond.response-drafted")
class ResponseDrafted(Body, frozen=True, kw_only=True):
    """The answers put together as a letter (`response` is a blob); `unanswered` questions are named in it."""

    inquiry: str
    system: str
    response: str
    drafter: str
    answers: tuple[str, ...]
    unanswered: tuple[int, ...] = ()


@fact_kind("respond.response-reviewed")
class ResponseReviewed(Body, frozen=True, kw_only=True):
    """One reader's judgement on exactly this response; two who agree clear it."""

    inquiry: str
    system: str
    response: str
    reviewer: str
    agrees: bool
    remark: str = ""


@fact_kind("respond.inquiry-answered")
class InquiryAnswered(Body, frozen=True, kw_only=True):
    """A cleared response went to the authority: when, exactly which text, and the blob of a receipt."""

    inquiry: str
    system: str
    response: str
    recipient: str
    sent_at: str
    receipt: str | None = None
