"""The automated actions a playbook can name, each done only when its effect was observed.

**Promise**: an action that is repeated under the same key changes nothing; an effect that could not be
observed makes the step fail.
**Not here**: when an action runs (`runner`), and the acts themselves (`respond.contain`, `respond.evidence`).

| command | needs capture first | undone by | done when |
| --- | --- | --- | --- |
| `probe-switch` | no | - | the flag answered |
| `capture-evidence` | no | - | every item of the snapshot was read back |
| `place-hold` | no | legal lifts it | the scope answers that it is held |
| `stop-system` | no: it never waits | two persons let it answer again | the flag answers `off` |
| `verify-stop` | no | - | the decision log is silent where there was traffic |
| `freeze-affected` | no | - | the list was written |
| `rollback-model` | yes | switch back | the flag serves the fallback release |
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from probative.kernel.actor import Actor
from probative.kernel.outcome import Outcome
from probative.record.recorder import Recorder
from probative.respond.contain.killswitch import KillSwitch
from probative.respond.evidence.keeper import Evidence
from probative.respond.evidence.verification import verify_stop
from probative.respond.facts import HoldScope
from probative.respond.hold import Holds
from probative.respond.playbooks.validation import CAPTURES, ActionTraits
from probative.respond.ports import Decisions


class Order(NamedTuple):
    """What an action is told: for which incident, by whose authority, and the key that makes it one act."""

    incident: str
    system: str
    onset_at: str
    actor: Actor
    key: str


class Effect(NamedTuple):
    """What an action observed; `values` are results by variable name that later steps can use."""

    done: bool
    observed: dict[str, str]
    values: dict[str, str]
    reason: str = ""


class Tools(NamedTuple):
    """What actions work with."""

    recorder: Recorder
    decisions: Decisions
    switch: KillSwitch
    evidence: Evidence
    holds: Holds


class Action(NamedTuple):
    """An action: what the checks know of it, and what carries it out."""

    traits: ActionTraits
    carry_out: Callable[[Tools, Order], Effect]


def _probe(tools: Tools, order: Order) -> Effect:
    reading = tools.switch.reading(order.system)
    serving = _bool(reading.variant in ("on", "fallback"))
    observed = {"variant": str(reading.variant), "value": reading.value, "reason": reading.reason}
    return Effect(reading.reason != "ERROR", observed, {"__serving__": serving}, reading.error)


def _capture(tools: Tools, order: Order) -> Effect:
    fact = tools.evidence.capture(order.incident, order.actor, key=order.key)
    gaps = fact.body.get("gaps", [])
    observed = {"manifest": str(fact.body["manifest"]), "gaps": str(len(gaps))}
    return Effect(True, observed, {"__gaps__": str(len(gaps))})


def _hold(tools: Tools, order: Order) -> Effect:
    scope = HoldScope(system=order.system, since=order.onset_at)
    fact = tools.holds.place(order.incident, scope, "incident response", order.actor, key=order.key)
    held = tools.holds.is_held(scope)
    return Effect(held, {"hold": str(fact.body["hold"]), "held": _bool(held)}, {})


def _stop(tools: Tools, order: Order) -> Effect:
    # A worker that died after the flag was off left a stop without a result: it is ended, not repeated.
    tools.switch.recover(order.system)
    if tools.switch.reading(order.system).variant == "off":
        return Effect(True, {"variant": "off", "already": "true"}, {"__stopped__": "true"})
    change = tools.switch.stop(
        order.system, "the playbook's stop step", order.actor, incident=order.incident, action=order.key
    )
    observed = {"variant": str(change.done.observed_variant), "gaps": str(len(change.done.gaps))}
    return Effect(True, observed, {"__stopped__": "true"})


def _verify(tools: Tools, order: Order) -> Effect:
    found = verify_stop(
        tools.recorder, tools.decisions, order.system, order.incident, order.actor, key=order.key
    )
    observed = {"outcome": found.outcome.value, "decisions": str(found.decisions)}
    # "Not assessable" is an answer of the log, not a failure of the step: a person goes on from it.
    return Effect(
        found.outcome is not Outcome.FAIL, observed, {"__stop_outcome__": found.outcome.value}, found.reason
    )


def _freeze(tools: Tools, order: Order) -> Effect:
    fact = tools.evidence.freeze_affected(order.incident, order.actor, key=order.key)
    counts = {name: str(fact.body[name]) for name in ("decisions", "people")}
    return Effect(True, counts, {"__affected__": counts["decisions"]})


def _rollback(tools: Tools, order: Order) -> Effect:
    change = tools.switch.rollback(
        order.system, order.incident, "the playbook's rollback step", order.actor, action=order.key
    )
    observed = {"variant": str(change.done.observed_variant), "release": change.done.observed_value}
    return Effect(change.done.outcome == "done", observed, {"__served__": change.done.observed_value})


ACTIONS: Mapping[str, Action] = {
    "probe-switch": Action(ActionTraits(), _probe),
    CAPTURES: Action(ActionTraits(), _capture),
    "place-hold": Action(ActionTraits(), _hold),
    "stop-system": Action(ActionTraits(), _stop),
    "verify-stop": Action(ActionTraits(), _verify),
    "freeze-affected": Action(ActionTraits(), _freeze),
    "rollback-model": Action(ActionTraits(needs_capture=True), _rollback),
}
TRAITS: Mapping[str, ActionTraits] = {name: action.traits for name, action in ACTIONS.items()}


def _bool(value: bool) -> str:
    return "true" if value else "false"
