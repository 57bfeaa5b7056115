"""What notices write to the ledger: drafted, approved, sent.

**Promise**: the words and the values filled in are personal blobs that the facts name by commitment; a fact
says which template version they came from and who did what.
**Not here**: legal clocks (`respond.deadlines`), which a sent notice may meet.
"""

import msgspec

from probative.record.facts import Body, fact_kind


@fact_kind("respond.notice-drafted")
class NoticeDrafted(Body, frozen=True, kw_only=True):
    """A notice was filled in from a template: `text` and `fields` are personal blobs.

    `replaces` is an earlier draft of the same template that was never sent; `corrections` says for each field
    that differs from what was said before why it does.
    """

    notice: str
    incident: str
    system: str
    template: str
    template_version: int
    template_sha256: str
    obligation: str
    stage: str
    recipient: str
    text: str
    fields: str
    drafter: str
    replaces: str | None = None
    corrections: dict[str, str] = msgspec.field(default_factory=dict)


@fact_kind("respond.notice-approved")
class NoticeApproved(Body, frozen=True, kw_only=True):
    """A second person, of legal or compliance, approved exactly this text."""

    notice: str
    incident: str
    system: str
    text: str
    approver: str


@fact_kind("respond.notice-sent")
class NoticeSent(Body, frozen=True, kw_only=True):
    """An approved text was handed over: `channel` and `file` say how, `receipt` is the blob of an
    acknowledgement.

    Without a receipt it is only proved that it left us: `file` lies in the outbox with exactly this text.
    """

    notice: str
    incident: str
    system: str
    text: str
    recipient: str
    channel: str
    file: str
    receipt: str | None = None
