"""What the gate writes to the ledger: tiers, thresholds, verdicts, approvals, waivers, refused features.

**Promise**: bodies are frozen, refuse unknown fields, hold pseudonymous ids only, and name anything large
(answers, statements, whole verdicts) by digest.
**Not here**: deciding (`gate.tiering`, `gate.sufficiency`) and writing (`gate.gatekeeper`).
"""

import msgspec

from probative.record.facts import Body, fact_kind


class TierReason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule that held: the tier it leads to (if any), why, by which provision, since when it applies."""

    rule: str
    tier: str | None
    text: str
    citation: str
    applies_from: str
    confidence: str


class TierDuty(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A duty that follows from a rule; duties of different rules add up."""

    rule: str
    text: str
    applies_from: str
    confidence: str


@fact_kind("gate.tier-assigned")
class TierAssigned(Body, frozen=True, kw_only=True):
    """A system's risk tier, by the answers (a blob) and the law (a pack, kept as a blob) that gave it.

    `could_be` is the strictest tier that the open questions still allow.
    """

    system: str
    tier: str
    could_be: str
    reasons: tuple[TierReason, ...]
    duties: tuple[TierDuty, ...]
    open_questions: tuple[str, ...]
    needs_lawyer: bool
    lawyer_points: tuple[str, ...]
    applies_from: str
    answers: str
    law: str
    law_edition: str


class Threshold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a measure must reach: `op` is one of >=, >, <=, <; `attribute` makes it a threshold by group.

    >>> Threshold(measure="accuracy", op=">=", value=0.8).value
    0.8
    """

    measure: str
    op: str
    value: float
    attribute: str | None = None


@fact_kind("gate.thresholds-declared")
class ThresholdsDeclared(Body, frozen=True, kw_only=True):
    """What an evaluation must reach; counts only for runs that start after it in the ledger."""

    system: str
    thresholds: tuple[Threshold, ...]


class ControlOutcome(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One control's outcome in a verdict, the reason, and the ids of the facts that it stood on."""

    control: str
    outcome: str
    mandatory: bool
    reason: str
    facts: tuple[str, ...]
    waiver: str | None = None


@fact_kind("gate.verdict-given")
class VerdictGiven(Body, frozen=True, kw_only=True):
    """The gate's answer on a release, given on the ledger of this size and root at this time.

    `blob` is the whole verdict, `packs` the controls that were used; both can be fetched and replayed.
    """

    system: str
    release: str
    model: str
    tier: str
    outcome: str
    ledger_size: int
    ledger_root: str
    evaluated_at: str
    evaluator: str
    packs: str
    controls: tuple[ControlOutcome, ...]
    blob: str


@fact_kind("gate.approval-given")
class ApprovalGiven(Body, frozen=True, kw_only=True):
    """One person's approval of one release of one model digest, in one role.

    `statement` is a blob: the in-toto statement signed by the approver's own key `key_id`.
    """

    system: str
    release: str
    role: str
    approver: str
    model: str
    statement: str
    key_id: str


@fact_kind("gate.waiver-granted")
class WaiverGranted(Body, frozen=True, kw_only=True):
    """A control may be unmet for a system, or a release of it, until `expires_at`; `renews` a former one."""

    waiver: str
    control: str
    system: str
    release: str | None = None
    reason: str
    compensating: str
    requester: str
    approver: str
    approver_role: str
    expires_at: str
    renews: str | None = None


@fact_kind("gate.feature-refused")
class FeatureRefused(Body, frozen=True, kw_only=True):
    """A schema that feeds protected attributes to a model was refused: which column for which attribute."""

    system: str
    tier: str
    features: tuple[str, ...]
    refused: dict[str, str]
    reason: str


@fact_kind("gate.feature-permitted")
class FeaturePermitted(Body, frozen=True, kw_only=True):
    """An entitled person's legal basis for protected attributes as features, until `expires_at`."""

    system: str
    attributes: tuple[str, ...]
    legal_basis: str
    reason: str
    approver: str
    approver_role: str
    expires_at: str
