"""Rules on the inventory: the system is registered completely, tiered, and its roles are held.

**Promise**: a tier older than the last change of the system, or with open questions, is not assessable; a
prohibited tier fails.
**Not here**: assigning tiers (`gate.tiering`).
"""

from probative.gate.dossier import Case, Finding, Gap, place, read
from probative.gate.facts import TierAssigned
from probative.gate.rules.shape import Parameters, Rule
from probative.gate.tiering.law import Tier
from probative.kernel.outcome import Outcome
from probative.record.facts import SystemRegistered


class InventoryParameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which fields of the registration must not be empty."""

    required: tuple[str, ...]


class RolesParameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which RACI roles must be held, and by how many different people at least."""

    required: tuple[str, ...]
    people_min: int = 1


def inventory(case: Case, parameters: InventoryParameters) -> Finding:
    """The registration is complete, and the tier is younger than it and settled."""
    registered = case.latest("record.system-registered", "the system is not registered")
    system = read(registered, SystemRegistered)
    empty = [name for name in parameters.required if not getattr(system, name, None)]
    if empty:
        raise Gap(f"{place(registered)} leaves empty: {', '.join(empty)}")
    assigned = case.latest("gate.tier-assigned", "no risk tier is assigned", "tier")
    tier = read(assigned, TierAssigned)
    if tier.tier == Tier.PROHIBITED:
        reasons = "; ".join(f"{reason.text} ({reason.citation})" for reason in tier.reasons)
        return Finding(outcome=Outcome.FAIL, reason=f"the system is prohibited: {reasons}", step="tier")
    if assigned.index < registered.index:
        raise Gap(
            f"{place(assigned)} is older than the last change of the system, {place(registered)}", "tier"
        )
    if tier.open_questions:
        shown = ", ".join(tier.open_questions[:3])
        raise Gap(
            f"tier {tier.tier} could still become {tier.could_be}:"
            f" {len(tier.open_questions)} open questions ({shown}, ...)",
            "tier",
        )
    lawyer = "; a lawyer must confirm: " + " ".join(tier.lawyer_points) if tier.needs_lawyer else ""
    return Finding(
        outcome=Outcome.PASS,
        reason=f"registered at #{registered.index}, tier {tier.tier} at #{assigned.index}{lawyer}",
    )


def roles(case: Case, parameters: RolesParameters) -> Finding:
    """Every required role is held, by enough different people."""
    registered = case.latest("record.system-registered", "the system is not registered")
    held = read(registered, SystemRegistered).roles
    empty = [role for role in parameters.required if not held.get(role)]
    if empty:
        raise Gap(f"nobody holds: {', '.join(empty)}")
    people = {held[role] for role in parameters.required}
    if len(people) < parameters.people_min:
        return Finding(
            outcome=Outcome.FAIL,
            reason=f"{len(parameters.required)} roles are held by {len(people)} people,"
            f" at least {parameters.people_min} are needed",
        )
    return Finding(
        outcome=Outcome.PASS, reason=f"{len(parameters.required)} roles are held by {len(people)} people"
    )


RULES = (
    Rule(
        name="inventory",
        parameters=InventoryParameters,
        reads=("record.system-registered", "gate.tier-assigned"),
        decide=inventory,
    ),
    Rule(name="roles", parameters=RolesParameters, reads=("record.system-registered",), decide=roles),
)
