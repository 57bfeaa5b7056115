"""Rule on waivers: every waiver that an unmet control leans on is in force and within its terms.

**Promise**: an expired, renewed-too-often or self-approved waiver fails here, by name; a release that
leans on no waiver is "not applicable".
**Not here**: the terms themselves (`gate.waiver`, and each control's `[waiver]`).
"""

from probative.gate.dossier import Case, Finding
from probative.gate.rules.shape import Parameters, Rule
from probative.kernel.outcome import Outcome

NAME = "waivers-in-force"


class WaiverParameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many waivers a release may lean on at once."""

    relied_max: int = 3


def waivers(case: Case, parameters: WaiverParameters) -> Finding:
    """None of the waivers leaned on is refused, and they are not too many."""
    if not case.relied:
        return Finding(outcome=Outcome.NOT_APPLICABLE, reason="no unmet control leans on a waiver")
    case.stand_on(*(standing.fact for standing in case.relied))
    refused = [f"{item.waiver} for {item.control} {item.refusal}" for item in case.relied if item.refusal]
    if refused:
        return Finding(outcome=Outcome.FAIL, reason="; ".join(refused))
    names = ", ".join(
        f"{item.waiver} for {item.control} until {item.expires_at[:16]}Z" for item in case.relied
    )
    if len(case.relied) > parameters.relied_max:
        return Finding(
            outcome=Outcome.FAIL,
            reason=f"{len(case.relied)} waivers at once, at most {parameters.relied_max}: {names}",
        )
    return Finding(outcome=Outcome.PASS, reason=names)


RULES = (Rule(name=NAME, parameters=WaiverParameters, reads=("gate.waiver-granted",), decide=waivers),)
