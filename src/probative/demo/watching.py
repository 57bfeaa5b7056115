"""Acts 5 and 6: a quiet fortnight, then a feed goes wrong: signal, stop, evidence, rollback, clocks.

**Promise**: the one thing injected, the fault, is announced as injected; everything else follows by itself.
**Not here**: how a day is lived (`demo.month`), and the inquiry that follows (`demo.inquiry`).
"""

from collections.abc import Iterable

import pyarrow as pa

from probative.demo import data
from probative.demo.month import LABELS_LATE_DAYS, Month
from probative.demo.opening import Built
from probative.demo.stage import FALLBACK, PEOPLE, RELEASE, SYSTEM, Stage, act, command, say
from probative.record.facts import Fact
from probative.respond.incident import Incident
from probative.watch.counting.profile import Meaning

PLAYBOOK = "p01"
MEANING = Meaning(
    prediction="approved", favourable=True, merited=True, probability="probability", positive=False
)


def decided(built: Built) -> pa.Table:
    """Return the evaluation set as decisions of the model, with what happened later."""
    people = built.people.evaluation
    return pa.table(
        {
            **{name: people[name] for name in data.FEATURES},
            "approved": built.model.approves(people),
            "probability": built.model.probability(people),
            "outcome": people[data.LABEL].to_numpy() == 0,
        }
    )


def stream(stage: Stage, built: Built) -> Month:
    """Act 5: the first fourteen days."""
    act(5, "Stream a month of decisions through the client")
    command(f"respond switch arm {SYSTEM} {RELEASE} --fallback {FALLBACK}")
    stage.workspace.responder.switch.arm(SYSTEM, RELEASE, FALLBACK, PEOPLE["sre"])
    month = Month(stage, built)
    command(f"watch run {SYSTEM}")
    last = data.FAULT_DAY - 1
    for day in range(1, last + 1):
        month.live(day)
    readings = stage.workspace.watcher.readings(SYSTEM)
    labels = month.correct_share(1, last - LABELS_LATE_DAYS)[1]
    say(
        f"days 1 to {last}: {month.decisions:,} decisions recorded; labels come a week late, {labels:,} so far"
    )
    quiet = sum(fact.body["status"] != "breach" for fact in readings)
    say(f"{len(readings)} daily readings, {quiet} without a breach; highest PSI {_highest_psi(readings):.3f}")
    return month


def go_wrong(stage: Stage, month: Month) -> Incident:
    """Act 6: the fault, and everything that it sets off."""
    act(6, f"Day {data.FAULT_DAY}: one amount arrives in another currency (this fault is injected)")
    responder = stage.workspace.responder
    day = data.FAULT_DAY
    while not responder.incidents(SYSTEM) and day <= data.DAYS:
        month.live(day)
        day += 1
    raised = stage.workspace.watcher.signals(SYSTEM)[0].raised
    say(f"signal: {raised.summary}", good=False)
    incident = responder.incidents(SYSTEM)[0]
    command(f"respond show {incident.id}")
    say(f"incident {incident.id} opened by itself, severity {incident.severity}: {incident.declared.title}")
    say(f"the standing order stopped the system at once: it is {incident.status}", good=True)
    return incident


def _highest_psi(readings: Iterable[Fact]) -> float:
    values = (
        measure["value"]
        for fact in readings
        for measure in fact.body["measures"]
        if measure["measure"] == "psi" and measure.get("value") is not None
    )
    return max(values, default=0.0)
