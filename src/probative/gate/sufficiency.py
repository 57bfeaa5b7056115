"""The sufficiency engine: controls and frozen evidence in, one outcome per control out.

**Promise**: pure and deterministic: no clock, no I/O, no order but the controls' and the ledger's.
Evidence that is missing, empty, stale or unreadable is "not assessable"; a pass that stands on no fact is
not believed.
**Not here**: gathering evidence and recording the answer (`gate.gatekeeper`).
"""

from collections.abc import Iterable

import msgspec

from probative.gate.controls import Control
from probative.gate.dossier import Case, Dossier, Finding, Gap, Standing, Unmet
from probative.gate.rules import waivers
from probative.gate.rules.table import RULES
from probative.gate.waiver import standing
from probative.kernel.outcome import Outcome, worst

UNMET = (Outcome.FAIL, Outcome.NOT_ASSESSABLE)


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One control's outcome; `step` picks the command that mends it, `waiver` is the one leaned on."""

    control: str
    outcome: Outcome
    mandatory: bool
    reason: str
    facts: tuple[str, ...] = ()
    waiver: str | None = None
    step: str = ""


def evaluate(controls: Iterable[Control], dossier: Dossier) -> tuple[Result, ...]:
    """Evaluate every control that applies in the dossier's tier, in the order given, waiver rules last."""
    ordered = tuple(controls)
    results: dict[str, Result] = {}
    relied: list[Standing] = []
    for control in ordered:
        if control.test.rule != waivers.NAME:
            result, leaned = _evaluate_one(control, dossier)
            results[control.id] = result
            relied += [leaned] if leaned and result.mandatory else []
    for control in ordered:
        if control.test.rule == waivers.NAME:
            results[control.id] = _judge(control, dossier, tuple(relied))
    return tuple(results[control.id] for control in ordered)


def overall(results: Iterable[Result]) -> Outcome:
    """Fold the outcomes of mandatory controls into the verdict; recommended ones only inform."""
    binding = (result.outcome for result in results if result.mandatory)
    return worst(outcome for outcome in binding if outcome is not Outcome.NOT_APPLICABLE)


def _evaluate_one(control: Control, dossier: Dossier) -> tuple[Result, Standing | None]:
    result = _judge(control, dossier)
    if result.outcome not in UNMET:
        return result, None
    leaned = standing(dossier, control.id, control.waiver)
    if leaned is None:
        return result, None
    if leaned.refusal:
        reason = f"{result.reason}; waiver {leaned.waiver} {leaned.refusal}"
        return msgspec.structs.replace(result, reason=reason, waiver=leaned.waiver), leaned
    waived = msgspec.structs.replace(
        result,
        outcome=Outcome.WAIVED,
        reason=f"waiver {leaned.waiver} until {leaned.expires_at[:19]}Z; without it: {result.reason}",
        facts=(*result.facts, leaned.fact.id),
        waiver=leaned.waiver,
    )
    return waived, leaned


def _judge(control: Control, dossier: Dossier, relied: tuple[Standing, ...] = ()) -> Result:
    tier = dossier.strict_tier
    mandatory = tier in control.tiers.mandatory
    if not mandatory and tier not in control.tiers.recommended:
        return Result(
            control=control.id,
            outcome=Outcome.NOT_APPLICABLE,
            mandatory=False,
            reason=f"not asked for in tier {tier}",
        )
    case = Case(dossier, control.evidence, relied)
    finding = _find(control, case)
    return Result(
        control=control.id,
        outcome=finding.outcome,
        mandatory=mandatory,
        reason=finding.reason,
        facts=tuple(fact.id for fact in case.stood),
        step=finding.step,
    )


def _find(control: Control, case: Case) -> Finding:
    """Run the control's rule; what a rule could not show is not assessable."""
    try:
        finding = RULES[control.test.rule].judge(case, control.test.settings(case.dossier.strict_tier))
        if finding.outcome is Outcome.PASS and not case.stood:
            raise Gap("the test stood on no fact")
    except Unmet as unmet:
        ignored = f"; not counted: {case.ignored}" if case.ignored else ""
        return Finding(outcome=unmet.outcome, reason=unmet.reason + ignored, step=unmet.step)
    return finding
