"""Sending: a response that was cleared goes out, and the clocks of its questions are met by it.

**Promise**: pure; only a cleared response can be marked as sent, and its text is the proof for every
question.
**Not here**: recording (`inquiries`), and carrying it to the authority (people, or the notices' outbox).
"""

from datetime import datetime
from typing import NamedTuple

from probative.kernel.clock import format_instant
from probative.kernel.errors import ConflictError
from probative.record.facts import Body
from probative.respond.deadlines.drafts import check_past, met_body
from probative.respond.deadlines.history import History
from probative.respond.inquiry.facts import InquiryAnswered, ResponseDrafted
from probative.respond.inquiry.progress import Progress
from probative.respond.matters import Matter


class Sent(NamedTuple):
    """When a response went out, and the blob of what came back."""

    at: datetime
    receipt: str | None


def check_sendable(matter: Matter, progress: Progress, sent_at: datetime, now: datetime) -> ResponseDrafted:
    """Return the response if it is cleared; else `ConflictError` with the first objection."""
    check_past("sent", sent_at, now)
    if progress.response is None or progress.objections:
        raise ConflictError(
            "inquiry.not-cleared",
            f"The response of '{matter.name}' is not cleared: {progress.objections[0]}.",
            f"probative respond inquiry status {matter.name}",
        )
    return progress.response


def answered_bodies(
    matter: Matter, response: ResponseDrafted, recipient: str, clocks: History, sent: Sent
) -> list[Body]:
    """Make the fact that the response was sent, and one for the clock of each question that still runs."""
    answered = InquiryAnswered(
        inquiry=matter.name,
        system=matter.system,
        response=response.response,
        recipient=recipient,
        sent_at=format_instant(sent.at),
        receipt=sent.receipt,
    )
    keys = [key for key in clocks.fixed if key not in clocks.met and key.stage.startswith("question-")]
    met = [met_body(matter, clocks, key, sent.at, recipient, response.response) for key in keys]
    return [answered, *met]
