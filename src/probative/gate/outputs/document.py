"""A verdict as a JSON document for machines.

**Promise**: the same outcomes as the verdict fact, with title, owner and the next command of each control.
**Not here**: the verdict blob (`gate.verdict`), which is canonical and kept.
"""

from typing import Any

from probative.gate.controls import Controls
from probative.gate.verdict import Verdict
from probative.kernel.digest import sha256_hex
from probative.kernel.outcome import Outcome

FORMAT = "probative-gate-check/1"


def render(verdict: Verdict, controls: Controls) -> dict[str, Any]:
    """Return plain JSON values; `open` is true only when the gate is open."""
    return {
        "format": FORMAT,
        "system": verdict.system,
        "release": verdict.release,
        "model": verdict.model,
        "tier": verdict.tier,
        "outcome": verdict.outcome.value,
        "open": verdict.outcome is Outcome.PASS,
        "exit_status": verdict.exit_status,
        "ledger": {"size": verdict.ledger_size, "root": verdict.ledger_root},
        "evaluated_at": verdict.evaluated_at,
        "evaluator": verdict.evaluator,
        "packs": verdict.packs,
        "blob": sha256_hex(verdict.blob),
        "fact": verdict.fact,
        "controls": [
            {
                "control": result.control,
                "title": controls.control(result.control).title,
                "owner": controls.control(result.control).owner,
                "outcome": result.outcome.value,
                "mandatory": result.mandatory,
                "reason": result.reason,
                "facts": list(result.facts),
                "waiver": result.waiver,
                "next": controls.control(result.control).remediation.next_command(
                    result.step, verdict.system, verdict.release
                )
                if result.outcome in (Outcome.FAIL, Outcome.NOT_ASSESSABLE)
                else "",
            }
            for result in verdict.results
        ],
    }
