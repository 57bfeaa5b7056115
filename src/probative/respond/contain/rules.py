"""Who may change a system during an incident, and what must have happened before.

**Promise**: pure; a stop is never refused here, everything else is refused until the evidence is captured;
answering again needs two different persons, and the data protection officer never approves.
**Not here**: carrying changes out (`respond.contain.killswitch`).
"""

from collections.abc import Iterable
from typing import NamedTuple

from probative.kernel.actor import Actor
from probative.kernel.errors import ConflictError, DeniedError
from probative.record.facts import Fact
from probative.respond.facts import ActionDone, ReenableApproved, Variant

REENABLE_ROLES = (
    "incident-commander",
    "model-owner",
    "business-owner",
    "chief-risk-officer",
    "medical-affairs",
    "executive",
)
COMMANDER_ROLES = ("incident-commander",)


class Standing(NamedTuple):
    """How a system stands by the record: the last action that took effect, and approvals given since.

    `uncaptured` are the open incidents without a snapshot whose lock nobody has overridden.
    """

    last: ActionDone | None
    approvals: tuple[tuple[Actor, ReenableApproved], ...]
    uncaptured: tuple[str, ...]
    passed: tuple[str, ...]


def standing(facts: Iterable[Fact]) -> Standing:
    """Fold all facts of a system into how it stands; `passed` are releases the gate let through since."""
    last: ActionDone | None = None
    approvals: list[tuple[Actor, ReenableApproved]] = []
    uncaptured: dict[str, None] = {}
    passed: list[str] = []
    for fact in facts:
        if fact.kind == "respond.action-done":
            done = fact.read(ActionDone)
            if done.outcome == "done" and done.kind != "arm":
                last, approvals, passed = done, [], []
        elif fact.kind == "respond.reenable-approved":
            approvals.append((fact.actor, fact.read(ReenableApproved)))
        elif fact.kind == "gate.verdict-given" and fact.body["outcome"] == "pass":
            passed.append(str(fact.body["release"]))
        elif fact.kind == "respond.incident-declared" and fact.body.get("mode", "live") == "live":
            uncaptured[str(fact.body["incident"])] = None
        elif fact.kind in _UNLOCKS:
            uncaptured.pop(str(fact.body["incident"]), None)
    return Standing(last, tuple(approvals), tuple(uncaptured), tuple(passed))


_UNLOCKS = ("respond.snapshot-sealed", "respond.lock-overridden", "respond.incident-closed")
STANDING_KINDS = (
    *_UNLOCKS,
    "respond.action-done",
    "respond.reenable-approved",
    "respond.incident-declared",
    "gate.verdict-given",
)


def check_captured(now: Standing, what: str) -> None:
    """Refuse to change a system while an open incident has no sealed snapshot (EU AI Act Art. 73(6)).

    Raises `ConflictError`. A stop never asks this.
    """
    if now.uncaptured:
        raise ConflictError(
            "incident.not-captured",
            f"The {what} would change evidence of '{now.uncaptured[0]}' that is not captured yet.",
            f"Capture it first: probative respond capture {now.uncaptured[0]}",
        )


def check_reenable(
    now: Standing, before: Variant | None, variant: Variant, release: str, actor: Actor
) -> None:
    """Refuse with `DeniedError` that the system answers `variant` (serving `release`) from now on.

    From a running system the fallback is one entitled person's call. Everything else needs a second person's
    approval since the last change, and the release that failed also a gate verdict given since then.
    """
    if variant == "on" and release not in now.passed:
        raise DeniedError(
            "reenable.gate-closed",
            f"The gate has not let release '{release}' through since the system was stopped.",
            "Ask the gate: probative gate check SYSTEM@RELEASE",
        )
    if variant == "fallback" and before in ("on", "fallback"):
        return
    if any(found.variant == variant and other.id != actor.id for other, found in now.approvals):
        return
    raise DeniedError(
        "reenable.second-person",
        f"Serving '{release}' again needs the approval of a person other than '{actor.id}'.",
        f"Have them run: probative respond approve INCIDENT --variant {variant}",
    )
