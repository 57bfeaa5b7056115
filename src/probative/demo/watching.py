"""Acts 5 and 6: a quiet fortnight, then a feed goes wrong: signal, stop, evidence, rollback, clocks.

**Promise**: the one thing injected, the fault, is announced as injected; everything else follows by itself.
**Not here**: how a day is lived (`demo.month`), and the inquiry that follows (`demo.inquiry`).
"""

from collections.abc import Iterable
from datetime import timedelta

import pyarrow as pa

from probative.demo import data
from probative.demo.month import LABELS_LATE_DAYS, Month
from probative.demo.opening import Built
from probative.demo.people import ANSWERS, play
from probative.demo.stage import FALLBACK, PEOPLE, RELEASE, SYSTEM, Stage, act, command, say
from probative.demo.telling import choose_clocks, notify, report_again
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
    say(f"days 1 to {last}: {month.decisions:,} decisions; labels come a week late, {labels:,} so far")
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
    say(f"incident {incident.id} opened by itself at the end of day {day - 1}, severity {incident.severity}")
    stopped = incident.stopped
    if stopped is not None:
        say(
            f"standing order: the flag answers '{stopped.observed_variant}', probed after the change",
            good=True,
        )
    _respond(stage, incident.id)
    month.live(day)
    report_again(stage, incident.id)
    for rest in range(day + 1, data.DAYS + 1):
        month.live(rest)
    _judge(month, day - 1)
    return _close(stage, incident.id)


def _respond(stage: Stage, incident: str) -> None:
    """Run the playbook with its people, and choose the legal clocks."""
    responder, commander = stage.workspace.responder, PEOPLE["incident-commander"]
    stage.later(minutes=4)
    responder.journal.acknowledge(incident, commander)
    command(f"respond playbook start {incident} {PLAYBOOK}")
    run = responder.playbooks.start(incident, PLAYBOOK, commander)
    done = [step.name.lower() for step in run.steps if step.outcome == "done"]
    say(f"by itself: {', '.join(done)}")
    say(f"waiting for people: {', '.join(step.name.lower() for step in run.waiting)}")
    stage.later(minutes=20)
    choose_clocks(stage, incident)
    notify(stage, incident)
    run = play(stage, run, ANSWERS, minutes=12)
    after = responder.incident(incident)
    if after.verified is not None:
        say(
            f"stop verified from the decision log: {after.verified.outcome.value}: {after.verified.reason}",
            good=True,
        )
    if after.affected is not None:
        say(f"affected list frozen: {after.affected.decisions:,} decisions, {after.affected.people:,} people")
    serving = responder.switch.reading(SYSTEM)
    say(f"rolled back by a second person: the flag serves {serving.value}; playbook {run.state}", good=True)


def _judge(month: Month, last_wrong: int) -> None:
    """Compare how often the answers were right, as far as the labels have come."""
    labelled = data.DAYS - LABELS_LATE_DAYS
    for label, first, last in (
        (f"before the fault (days 1 to {data.FAULT_DAY - 1})", 1, data.FAULT_DAY - 1),
        (f"with the fault (days {data.FAULT_DAY} to {last_wrong})", data.FAULT_DAY, last_wrong),
        (f"on the fallback (to day {labelled}, by the labels so far)", last_wrong + 1, labelled),
    ):
        share, count = month.correct_share(first, last)
        say(f"{label}: {share:.1%} of {count:,} decisions were right")
    if month.unserved:
        say(f"{month.unserved:,} applications met the stopped system and went to a person")


def _close(stage: Stage, incident: str) -> Incident:
    """Agree what must change, give every undecided clock an owner, and close."""
    responder, commander = stage.workspace.responder, PEOPLE["incident-commander"]
    in_a_month = stage.clock.now() + timedelta(days=30)
    journal = responder.journal
    journal.agree(
        incident,
        "feed-contract",
        "Check the currency of every amount at the feed",
        PEOPLE["sre"].id,
        in_a_month,
        commander,
    )
    journal.agree(
        incident,
        "decide-again",
        "Decide again for everyone on the frozen list",
        PEOPLE["business-owner"].id,
        in_a_month,
        commander,
    )
    undecided = {row.obligation: row.citation for row in responder.deadlines.board(incident) if row.is_open}
    for obligation, citation in undecided.items():
        title = f"Decide {citation}"[:100]
        journal.task(incident, f"clock-{obligation}", title, PEOPLE["legal"].id, commander, due_at=in_a_month)
    command(f"respond close {incident}")
    closed = responder.close(incident, commander)
    say(f"{incident} is {closed.status}, with {len(closed.correctives)} corrective actions owned and dated")
    return closed


def _highest_psi(readings: Iterable[Fact]) -> float:
    values = (
        measure["value"]
        for fact in readings
        for measure in fact.body["measures"]
        if measure["measure"] == "psi" and measure.get("value") is not None
    )
    return max(values, default=0.0)
