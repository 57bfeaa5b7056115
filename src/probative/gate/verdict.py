"""Verdicts: the answer on one release, and the blob that lets anyone replay it.

**Promise**: the blob is canonical JSON of everything that decided (ledger size and root, instant, packs,
evaluator, inputs, outcomes), so that the same question on the same record gives the same bytes.
**Not here**: gathering (`gate.gathering`), evaluating (`gate.sufficiency`), recording
(`gate.gatekeeper`).
"""

from typing import Any

import msgspec

from probative.gate.dossier import Dossier
from probative.gate.facts import ControlOutcome, VerdictGiven
from probative.gate.sufficiency import Result
from probative.kernel.canon import canonical
from probative.kernel.clock import format_instant
from probative.kernel.digest import sha256_hex
from probative.kernel.outcome import Outcome
from probative.record.facts import Fact

EVALUATOR = "probative-gate/1"  # raise it whenever the same evidence could get another outcome or reason
FORMAT = "probative-verdict/1"
REASON_CHARS_MAX = 400


class Frozen(msgspec.Struct, frozen=True, kw_only=True):
    """The input of a check: evidence as of one ledger size and root, and the packs that judge it."""

    dossier: Dossier
    size: int
    root: str
    packs: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The gate's answer on a release. `fact` is its ledger fact, empty when nothing was recorded.

    `outcome` is pass (the gate is open), fail (closed) or not-assessable (closed: the evidence cannot tell).
    """

    system: str
    release: str
    model: str
    tier: str
    outcome: Outcome
    ledger_size: int
    ledger_root: str
    evaluated_at: str
    evaluator: str
    packs: str
    results: tuple[Result, ...]
    blob: bytes
    fact: str = ""

    @property
    def exit_status(self) -> int:
        """0 open, 1 closed, 8 not assessable."""
        return self.outcome.exit_status

    @property
    def unmet(self) -> tuple[Result, ...]:
        """The mandatory controls that keep the gate closed."""
        return tuple(
            result
            for result in self.results
            if result.mandatory and result.outcome in (Outcome.FAIL, Outcome.NOT_ASSESSABLE)
        )


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded verdict computed again: `identical` bytes, or the `differences` by control."""

    recorded: Fact
    verdict: Verdict
    identical: bool
    differences: tuple[str, ...] = ()


def build_verdict(frozen: Frozen, results: tuple[Result, ...], outcome: Outcome) -> Verdict:
    """Put the answer together with its blob; a pure function of the frozen input and the results."""
    dossier = frozen.dossier
    tier = dossier.tier.value if dossier.tier else ""
    verdict = Verdict(
        system=dossier.system,
        release=dossier.release.release,
        model=dossier.release.model,
        tier=tier,
        outcome=outcome,
        ledger_size=frozen.size,
        ledger_root=frozen.root,
        evaluated_at=format_instant(dossier.at),
        evaluator=EVALUATOR,
        packs=frozen.packs,
        results=results,
        blob=b"",
    )
    return msgspec.structs.replace(verdict, blob=canonical(_content(verdict, frozen)))


def verdict_body(verdict: Verdict, blob: str) -> VerdictGiven:
    """Return the fact of a verdict; long reasons are cut there, the blob has them whole."""
    return VerdictGiven(
        system=verdict.system,
        release=verdict.release,
        model=verdict.model,
        tier=verdict.tier,
        outcome=verdict.outcome.value,
        ledger_size=verdict.ledger_size,
        ledger_root=verdict.ledger_root,
        evaluated_at=verdict.evaluated_at,
        evaluator=verdict.evaluator,
        packs=verdict.packs,
        controls=tuple(
            ControlOutcome(
                control=result.control,
                outcome=result.outcome.value,
                mandatory=result.mandatory,
                reason=_cut(result.reason),
                facts=result.facts,
                waiver=result.waiver,
            )
            for result in verdict.results
        ),
        blob=blob,
    )


def compare(recorded: Fact, body: VerdictGiven, verdict: Verdict) -> Replay:
    """Compare a recorded verdict with its replay: bytes first, then outcomes."""
    again = {result.control: result.outcome.value for result in verdict.results}
    before = {control.control: control.outcome for control in body.controls}
    differences = [
        f"{name}: recorded {before.get(name, 'absent')}, now {again.get(name, 'absent')}"
        for name in sorted(again.keys() | before.keys())
        if again.get(name) != before.get(name)
    ]
    if body.evaluator != verdict.evaluator:
        differences.append(f"evaluator: recorded {body.evaluator}, now {verdict.evaluator}")
    identical = sha256_hex(verdict.blob) == body.blob
    if not identical and not differences:
        differences.append("the outcomes agree, the reasons or inputs do not")
    return Replay(recorded=recorded, verdict=verdict, identical=identical, differences=tuple(differences))


def stood_on(dossier: Dossier, results: tuple[Result, ...]) -> tuple[Fact, ...]:
    """Return the facts that any outcome stands on, in ledger order."""
    ids = {fact_id for result in results for fact_id in result.facts}
    return tuple(fact for fact in _considered(dossier) if fact.id in ids)


def _content(verdict: Verdict, frozen: Frozen) -> dict[str, Any]:
    considered = _considered(frozen.dossier)
    stood = stood_on(frozen.dossier, verdict.results)
    return {
        "format": FORMAT,
        "evaluator": verdict.evaluator,
        "packs": verdict.packs,
        "system": verdict.system,
        "release": verdict.release,
        "model": verdict.model,
        "tier": verdict.tier,
        "ledger": {"size": verdict.ledger_size, "root": verdict.ledger_root},
        "evaluated_at": verdict.evaluated_at,
        "outcome": verdict.outcome.value,
        "controls": [
            {
                "control": result.control,
                "outcome": result.outcome.value,
                "mandatory": result.mandatory,
                "reason": result.reason,
                "facts": list(result.facts),
                "waiver": result.waiver,
            }
            for result in verdict.results
        ],
        "inputs": [{"index": fact.index, "id": fact.id, "kind": fact.kind} for fact in stood],
        "considered": {
            "facts": len(considered),
            "sha256": sha256_hex("".join(fact.id for fact in considered).encode()),
        },
        "blobs": sorted(frozen.dossier.blobs),
    }


def _considered(dossier: Dossier) -> list[Fact]:
    facts = (fact for kind in dossier.facts.values() for fact in kind)
    return sorted(facts, key=lambda fact: fact.index)


def _cut(reason: str) -> str:
    return reason if len(reason) <= REASON_CHARS_MAX else reason[: REASON_CHARS_MAX - 1] + "…"
