"""How far an inquiry is: folded from its facts.

**Promise**: pure; a response counts as cleared only when two people who did not write it agree, one of them
of legal or compliance, nobody objects, the sender was found genuine and no question is left open.
**Not here**: recording (`inquiries`).
"""

from collections.abc import Iterable

import msgspec

from probative.record.facts import Fact
from probative.respond.inquiry.facts import (
    AnswerRecorded,
    CohortFrozen,
    DossierBuilt,
    InquiryAnswered,
    InquiryOpened,
    ResponseDrafted,
    ResponseReviewed,
    SenderVerified,
)

KINDS = (
    "respond.inquiry-opened",
    "respond.inquiry-sender-verified",
    "respond.cohort-frozen",
    "respond.answer-recorded",
    "respond.dossier-built",
    "respond.response-drafted",
    "respond.response-reviewed",
    "respond.inquiry-answered",
)
REVIEWERS_MIN = 2
REVIEWING_ROLES = ("legal", "compliance")


class Progress(msgspec.Struct, kw_only=True):
    """An inquiry as recorded: the letter, what was checked, frozen, answered, built, drafted and reviewed.

    `facts` maps the name of each thing (cohort, question, decision, ...) to the fact that holds it.
    """

    opened: InquiryOpened
    opened_fact: str
    sender: SenderVerified | None = None
    cohorts: dict[str, CohortFrozen] = {}
    answers: dict[int, AnswerRecorded] = {}
    answer_facts: dict[int, str] = {}
    dossiers: dict[str, DossierBuilt] = {}
    response: ResponseDrafted | None = None
    response_fact: str = ""
    reviews: dict[str, tuple[str, ResponseReviewed]] = {}
    answered: InquiryAnswered | None = None

    @property
    def objections(self) -> list[str]:
        """What keeps the response from being cleared, in words."""
        if self.response is None:
            return ["no response is drafted"]
        found = [f"question {number} is not answered" for number in self.response.unanswered]
        if set(self.response.answers) != set(self.answer_facts.values()):
            found.append("answers changed since the response was drafted")
        if self.sender is None or not self.sender.genuine:
            found.append("the sender is not verified")
        agreeing = {who: role for who, (role, review) in self.reviews.items() if review.agrees}
        found += [f"'{who}' disagrees" for who, (_, review) in self.reviews.items() if not review.agrees]
        if len(agreeing) < REVIEWERS_MIN:
            found.append(f"{len(agreeing)} of {REVIEWERS_MIN} reviewers agree")
        if not set(agreeing.values()) & set(REVIEWING_ROLES):
            found.append(f"no reviewer acts as {' or '.join(REVIEWING_ROLES)}")
        return found

    @property
    def cleared(self) -> bool:
        """Whether the response may go out."""
        return not self.objections


def fold(facts: Iterable[Fact]) -> Progress | None:
    """Read an inquiry's facts, in ledger order; without an opening there is no inquiry."""
    progress: Progress | None = None
    for fact in facts:
        if fact.kind == "respond.inquiry-opened":
            progress = Progress(opened=fact.read(InquiryOpened), opened_fact=fact.id)
        elif progress is not None:
            _apply(progress, fact)
    return progress


def _apply(progress: Progress, fact: Fact) -> None:
    match fact.kind:
        case "respond.inquiry-sender-verified":
            progress.sender = fact.read(SenderVerified)
        case "respond.cohort-frozen":
            frozen = fact.read(CohortFrozen)
            progress.cohorts[frozen.cohort] = frozen
        case "respond.answer-recorded":
            answer = fact.read(AnswerRecorded)
            progress.answers[answer.question] = answer
            progress.answer_facts[answer.question] = fact.id
        case "respond.dossier-built":
            built = fact.read(DossierBuilt)
            progress.dossiers[built.decision_id] = built
        case "respond.response-drafted":
            # Reviews are of one text: a new draft starts without any.
            progress.response, progress.response_fact, progress.reviews = (
                fact.read(ResponseDrafted),
                fact.id,
                {},
            )
        case "respond.response-reviewed":
            review = fact.read(ResponseReviewed)
            if progress.response is not None and review.response == progress.response.response:
                progress.reviews[review.reviewer] = (fact.actor.role, review)
        case "respond.inquiry-answered":
            progress.answered = fact.read(InquiryAnswered)
