"""Inquiries of authorities: what was asked, until when, and how far the answer is.

**Promise**: an inquiry is answered only when its response was sent; a question counts as answered when an
answer to it was recorded.
**Not here**: letters and answers themselves (blobs, for entitled people), and legal clocks in detail.
"""

from datetime import datetime

import msgspec

from probative.record.facts import Fact
from probative.web.views.moment import Moment


class Inquiry(msgspec.Struct, frozen=True, kw_only=True):
    """One inquiry; `next_due` is the earliest date of a question that has no answer yet."""

    inquiry: str
    system: str
    incident: str | None
    sender: str
    power: str
    received_at: str
    genuine: bool | None
    questions: int
    answered: int
    next_due: str | None
    cohort_rows: int | None
    agreed: int
    sent_at: str | None
    index: int
    opened_at: datetime


def inquiries_of(moment: Moment) -> tuple[Inquiry, ...]:
    """Return every inquiry, those not yet sent first, then the newest."""
    opened = list(moment.facts("respond.inquiry-opened"))
    found = [_inquiry(moment, fact) for fact in reversed(opened)]
    return tuple(sorted(found, key=lambda inquiry: inquiry.sent_at is not None))


def _inquiry(moment: Moment, opened: Fact) -> Inquiry:
    name = str(opened.body["inquiry"])
    latest: dict[str, Fact] = {}
    answered: set[int] = set()
    reviews: dict[str, Fact] = {}
    for fact in moment.facts(about=f"inquiry/{name}"):
        latest[fact.kind] = fact
        if fact.kind == "respond.answer-recorded":
            answered.add(int(fact.body["question"]))
        elif fact.kind == "respond.response-drafted":
            reviews.clear()
        elif fact.kind == "respond.response-reviewed":
            reviews[str(fact.body["reviewer"])] = fact
    questions = [(int(each["number"]), str(each["due_at"])) for each in opened.body["questions"]]
    verified = latest.get("respond.inquiry-sender-verified")
    cohort = latest.get("respond.cohort-frozen")
    sent = latest.get("respond.inquiry-answered")
    return Inquiry(
        inquiry=name,
        system=str(opened.body["system"]),
        incident=opened.body.get("incident"),
        sender=str(opened.body["sender"]),
        power=str(opened.body["power"]),
        received_at=str(opened.body["received_at"]),
        genuine=bool(verified.body["genuine"]) if verified else None,
        questions=len(questions),
        answered=len(answered & {number for number, _ in questions}),
        next_due=min((due for number, due in questions if number not in answered), default=None),
        cohort_rows=int(cohort.body["rows"]) if cohort else None,
        agreed=sum(bool(review.body["agrees"]) for review in reviews.values()),
        sent_at=str(sent.body["sent_at"]) if sent else None,
        index=opened.index,
        opened_at=opened.recorded_at,
    )
