"""Waivers: the terms on which a control may be unmet for a while, and whether a waiver holds at an instant.

**Promise**: a waiver expires at its very instant; it counts only if the control may be waived at all, the
approver held an entitled role when granting it, is not the requester, recorded it himself, and the
renewals are few.
**Not here**: granting (`gate.gatekeeper`) and what an outcome becomes (`gate.sufficiency`).
"""

from datetime import datetime, timedelta

import msgspec

from probative.gate.dossier import Dossier, Facts, Gap, Standing, read
from probative.gate.facts import WaiverGranted
from probative.kernel.clock import format_instant, parse_instant
from probative.kernel.errors import UsageError
from probative.record.facts import Fact


class WaiverTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a control may be waived: by which roles, for how many days, and how often renewed."""

    allowed: bool
    roles: tuple[str, ...] = ()
    days_max: int = 0
    renewals_max: int = 0
    why_not: str = ""


def covering(facts: Facts, control: str, release: str | None) -> list[Fact]:
    """Return the grants for a control that cover a release, in ledger order.

    A grant for the whole system covers every release; `release=None` asks for those alone.
    """
    return [
        fact
        for fact in facts.get("gate.waiver-granted", ())
        if fact.body.get("control") == control and fact.body.get("release") in (None, release)
    ]


def standing(dossier: Dossier, control: str, terms: WaiverTerms) -> Standing | None:
    """Return the waiver that `control` leans on: one in force if there is any, else the newest, refused."""
    grants = covering(dossier.facts, control, dossier.release.release)
    found = [_judge(dossier, fact, grants[:place], terms) for place, fact in enumerate(grants)]
    in_force = [item for item in found if not item.refusal]
    best = in_force or found
    return best[-1] if best else None


def _judge(dossier: Dossier, fact: Fact, earlier: list[Fact], terms: WaiverTerms) -> Standing:
    """Judge one grant; with the earlier ones that cover the same release."""
    try:
        waiver = read(fact, WaiverGranted)
    except Gap as gap:
        return Standing(control="", waiver="waiver", expires_at="", fact=fact, refusal=gap.reason)
    return Standing(
        control=waiver.control,
        waiver=waiver.waiver,
        expires_at=waiver.expires_at,
        fact=fact,
        refusal=objection(
            waiver, terms, dossier.holder(waiver.approver_role, fact.index), fact.recorded_at, earlier
        )
        or _recorder_objection(waiver, fact)
        or _expiry_objection(waiver, dossier.at),
    )


def objection(
    waiver: WaiverGranted, terms: WaiverTerms, held_by: str | None, granted_at: datetime, earlier: list[Fact]
) -> str:
    """Return why a waiver breaks the terms of its control, or an empty text; used when granting as well.

    `held_by` is who holds the approver's role for the system; every one of the `earlier` grants counts as
    renewed by this one, whether it says so or not.
    """
    try:
        expires_at = parse_instant(waiver.expires_at)
    except UsageError:
        return f"has no expiry that can be read ('{waiver.expires_at[:40]}')"
    refusals = (
        (not terms.allowed, f"does not count: the control cannot be waived, {terms.why_not}"),
        (
            waiver.approver_role not in terms.roles,
            f"is approved as {waiver.approver_role}, entitled: {', '.join(terms.roles)}",
        ),
        (
            held_by != waiver.approver,
            f"is approved by '{waiver.approver}', but {waiver.approver_role} is '{held_by or 'nobody'}'",
        ),
        (waiver.requester == waiver.approver, f"is approved by its requester '{waiver.requester}'"),
        (not waiver.reason.strip(), "gives no reason"),
        (not waiver.compensating.strip(), "names no compensating control"),
        (expires_at <= granted_at, "expired before it was granted"),
        (
            expires_at - granted_at > timedelta(days=terms.days_max),
            f"runs {(expires_at - granted_at).days} days, at most {terms.days_max} are allowed",
        ),
        (
            len(earlier) > terms.renewals_max,
            f"is renewal {len(earlier)}, at most {terms.renewals_max} are allowed",
        ),
        (
            waiver.renews is not None and waiver.renews not in [item.body.get("waiver") for item in earlier],
            f"renews '{waiver.renews}', which was never granted",
        ),
    )
    return next((why for refused, why in refusals if refused), "")


def _recorder_objection(waiver: WaiverGranted, fact: Fact) -> str:
    if (fact.actor.id, fact.actor.role) != (waiver.approver, waiver.approver_role):
        return f"was recorded by '{fact.actor.id}', not by its approver"
    return ""


def _expiry_objection(waiver: WaiverGranted, at: datetime) -> str:
    expires_at = parse_instant(waiver.expires_at)
    return f"expired at {format_instant(expires_at)[:19]}Z" if at >= expires_at else ""
