"""Notices, the front class: drafted from one set of facts, approved by a second person, sent with proof.

**Promise**: what is sent is byte for byte what legal or compliance approved, and no two notices of a matter
contradict each other unnoticed.
**Not here**: whether and when to notify (`respond.deadlines`); carrying files to an authority's portal.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from probative.kernel.actor import Actor
from probative.kernel.canon import canonical, parse_strict
from probative.kernel.errors import ConflictError, DeniedError, NotFoundError, TamperError
from probative.kernel.ids import check_name
from probative.record.facts import Body, Draft, Fact
from probative.record.recorder import Recorder
from probative.respond.matters import Matter, find_matter
from probative.respond.notice.drafting import Said, check_consistent, complete
from probative.respond.notice.facts import NoticeApproved, NoticeDrafted, NoticeSent
from probative.respond.notice.ports import Outbox
from probative.respond.notice.template import Template, fill, find_template, shipped_templates

APPROVING_ROLES = ("legal", "compliance")
KINDS = ("respond.notice-drafted", "respond.notice-approved", "respond.notice-sent")


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as it stands; `facts` are the ids of its own facts, oldest first."""

    drafted: NoticeDrafted
    status: Literal["drafted", "replaced", "approved", "sent"]
    approver: str = ""
    sent: NoticeSent | None = None
    facts: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name."""
        return self.drafted.notice


class Notices:
    """Notices of incidents and inquiries. Templates are aids to writing, not legal advice."""

    def __init__(
        self,
        recorder: Recorder,
        outbox: Outbox | None = None,
        templates: Mapping[str, Template] | None = None,
    ) -> None:
        """Read and write `recorder`; sent files go to `outbox`; shipped templates unless others are given."""
        self._recorder = recorder
        self._outbox = outbox
        self._templates = templates

    @property
    def templates(self) -> Mapping[str, Template]:
        """The templates in use, by id; read when they are first asked for."""
        return self._templates if self._templates is not None else shipped_templates()

    def draft(
        self,
        incident: str,
        template: str,
        values: Mapping[str, str],
        actor: Actor,
        corrections: Mapping[str, str] | None = None,
    ) -> Fact:
        """Fill a template: the record's own values are put in, `values` gives the rest, `corrections`
        reasons.

        An unsent draft of the same template is replaced. Unknown or missing fields raise `UsageError`; a
        value that contradicts the record or another notice of the matter, `ConflictError`; nothing is
        written then.
        """
        matter = find_matter(self._recorder, incident)
        form = find_template(self.templates, template)
        filled = complete(form, self._record_values(matter), values)
        text = fill(form, filled)
        notices = self.of(incident)
        mine = [notice for notice in notices if notice.drafted.template == template]
        check_consistent(form, filled, self._said(notices, template), corrections or {})
        pending = next((n.name for n in mine if n.status in ("drafted", "approved")), None)
        body = NoticeDrafted(
            notice=check_name(f"{incident}.{template}.{len(mine) + 1}", "notice"),
            incident=incident,
            system=matter.system,
            template=form.id,
            template_version=form.version,
            template_sha256=form.sha256,
            obligation=form.obligation,
            stage=form.stage,
            recipient=form.recipient,
            text=self._recorder.put(text.encode(), personal=True),
            fields=self._recorder.put(canonical(filled), personal=True),
            drafter=actor.id,
            replaces=pending,
            corrections=dict(corrections or {}),
        )
        return self._append(matter, body, actor, (matter.opened,))

    def approve(self, notice: str, actor: Actor) -> Fact:
        """Approve a draft as legal or compliance; nobody approves their own words (`DeniedError`)."""
        found, matter = self._find(notice)
        matter.check_entitled(actor, APPROVING_ROLES, "approve a notice")
        if actor.id == found.drafted.drafter:
            raise DeniedError(
                "notice.own-draft",
                f"'{actor.id}' drafted '{notice}' and cannot approve it.",
                "Ask a second person.",
            )
        if found.status != "drafted":
            raise ConflictError(
                "notice.not-pending", f"'{notice}' is {found.status} already.", "Approve the latest draft."
            )
        body = NoticeApproved(
            notice=notice,
            incident=matter.name,
            system=matter.system,
            text=found.drafted.text,
            approver=actor.id,
        )
        return self._append(matter, body, actor, found.facts, f"notice-approved:{notice}")

    def send(self, notice: str, actor: Actor, *, recipient: str = "", receipt: bytes | None = None) -> Fact:
        """Put an approved notice into the outbox, read it back, and record it as sent, with a receipt if
        there is one.

        Safe to repeat after a crash: the file has one name and one content. Unapproved text is a
        `ConflictError`.
        """
        found, matter = self._find(notice)
        if found.status != "approved":
            raise ConflictError(
                "notice.not-approved",
                f"'{notice}' is {found.status}; only an approved notice is sent.",
                f"probative respond notice approve {notice}",
            )
        text = self._recorder.get(found.drafted.text)
        file = f"{notice}.txt"
        self._put(file, text)
        body = NoticeSent(
            notice=notice,
            incident=matter.name,
            system=matter.system,
            text=found.drafted.text,
            recipient=recipient or found.drafted.recipient,
            channel="outbox",
            file=file,
            receipt=None if receipt is None else self._recorder.put(receipt, personal=True),
        )
        return self._append(matter, body, actor, found.facts, f"notice-sent:{notice}")

    def text(self, notice: str) -> str:
        """Return a notice's words as drafted; erased words raise `NotFoundError`."""
        return self._recorder.get(self._find(notice)[0].drafted.text).decode()

    def of(self, incident: str) -> list[Notice]:
        """Return the notices of a matter as they stand, in the order they were drafted."""
        matter = find_matter(self._recorder, incident)
        found: dict[str, Notice] = {}
        for fact in self._recorder.facts(kind=KINDS, subject=f"{matter.kind}/{incident}"):
            _apply(found, fact)
        return list(found.values())

    def _find(self, notice: str) -> tuple[Notice, Matter]:
        for fact in self._recorder.facts(kind="respond.notice-drafted"):
            if fact.body["notice"] == notice:
                matter = find_matter(self._recorder, str(fact.body["incident"]))
                return next(n for n in self.of(matter.name) if n.name == notice), matter
        raise NotFoundError(
            "notice.unknown",
            f"There is no notice '{notice[:120]}'.",
            "probative respond notice list INCIDENT",
        )

    def _said(self, notices: list[Notice], template: str) -> list[Said]:
        """Return what every other standing notice says; a draft about to be replaced does not count."""
        return [
            Said(notice.name, self._values(notice))
            for notice in notices
            if notice.status == "sent"
            or (notice.status != "replaced" and notice.drafted.template != template)
        ]

    def _values(self, notice: Notice) -> dict[str, str]:
        try:
            values: dict[str, str] = parse_strict(self._recorder.get(notice.drafted.fields))
        except NotFoundError:
            # The words were erased: what nobody holds any more cannot be contradicted.
            return {}
        return values

    def _record_values(self, matter: Matter) -> dict[str, str]:
        """Return what the record itself knows about the matter, for fields with `record = NAME`."""
        values = {"reference": matter.name, "system": matter.system}
        for fact in self._recorder.facts(kind="record.system-registered", subject=f"system/{matter.system}"):
            values["system-title"] = str(fact.body["title"])
            values["system-purpose"] = str(fact.body["purpose"])
        for key in ("title", "onset_at", "detected_at", "received_at", "sender"):
            if matter.body.get(key):
                values[key.replace("_", "-")] = str(matter.body[key])
        return values

    def _put(self, file: str, data: bytes) -> None:
        if self._outbox is None:
            raise NotFoundError(
                "notice.no-outbox",
                "There is no outbox to put a notice into.",
                "Open the workspace on a folder.",
            )
        self._outbox.create(file, data)
        if self._outbox.read(file) != data:
            raise TamperError(
                "notice.outbox-differs",
                f"The outbox file '{file}' does not hold what was written.",
                "Check the disk.",
            )

    def _append(
        self, matter: Matter, body: Body, actor: Actor, caused_by: tuple[str, ...], key: str | None = None
    ) -> Fact:
        draft = Draft(body=body, subjects=matter.subjects, actor=actor, caused_by=caused_by, key=key)
        return self._recorder.append(draft)[0]


def _apply(found: dict[str, Notice], fact: Fact) -> None:
    """Fold one fact into the notices of a matter."""
    match fact.kind:
        case "respond.notice-drafted":
            drafted = fact.read(NoticeDrafted)
            if drafted.replaces in found:
                before = found[drafted.replaces]
                found[before.name] = msgspec.structs.replace(before, status="replaced")
            found[drafted.notice] = Notice(drafted=drafted, status="drafted", facts=(fact.id,))
        case "respond.notice-approved":
            approved = fact.read(NoticeApproved)
            before = found[approved.notice]
            found[before.name] = msgspec.structs.replace(
                before, status="approved", approver=approved.approver, facts=(*before.facts, fact.id)
            )
        case "respond.notice-sent":
            sent = fact.read(NoticeSent)
            before = found[sent.notice]
            found[before.name] = msgspec.structs.replace(
                before, status="sent", sent=sent, facts=(*before.facts, fact.id)
            )
