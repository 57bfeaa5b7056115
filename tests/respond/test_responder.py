"""From the first signal to the closing, on a real workspace."""

from datetime import timedelta

import pytest

from probative.kernel.actor import Actor
from probative.kernel.clock import format_instant
from probative.kernel.errors import ConflictError, DeniedError, NotFoundError, UsageError
from probative.record.facts import Draft, subject
from probative.respond.facts import Trigger
from probative.respond.playbooks.playbook import shipped_playbook
from probative.watch.facts import SignalRaised
from probative.watch.measures.measured import Family, Measured, Status
from tests.respond.dying import run_playbook
from tests.respond.scene import (
    COMMANDER,
    COUNSEL,
    MACHINE,
    ONSET,
    OWNER,
    SYSTEM,
    declare,
    record_decisions,
    scene,
)


def signal(made, name: str = "s1", severity: int = 2, cause: str = "performance") -> str:
    """Record a monitor's signal and return its fact id."""
    measured = Measured(
        measure="accuracy", family=Family.PERFORMANCE, n=500, method="proportion", status=Status.BREACH
    )
    body = SignalRaised(
        system=SYSTEM,
        monitor="quality",
        signal=name,
        severity=severity,
        owner="p-modeller",
        cause=cause,
        summary="accuracy 0.61, threshold 0.75",
        columns=(),
        measures=(measured,),
        window_from=format_instant(ONSET),
        window_until=format_instant(ONSET + timedelta(hours=1)),
        first_window_from=format_instant(ONSET),
    )
    draft = Draft(body=body, subjects=(subject(f"system/{SYSTEM}"),), actor=MACHINE)
    return made.recorder.append(draft)[0].id


def order(made, **changes) -> None:
    """Give a standing order for severity 2 and worse, for a month."""
    end = made.clock.now() + timedelta(days=30)
    made.responder.orders.give(SYSTEM, "stop-on-collapse", Trigger(**changes), end, OWNER, fallback="1")


@pytest.fixture
def made(tmp_path):
    """Return a scene with traffic until now."""
    found = scene(tmp_path, decisions=4)
    record_decisions(found, ONSET, 59, timedelta(minutes=1))
    return found


def test_a_covered_signal_opens_an_incident_and_stops_at_once(made) -> None:
    """Opened by the signal, stopped by the order, with the order named as the authority."""
    order(made)
    raised = signal(made)
    reaction = made.responder.react(raised, MACHINE)
    assert reaction.stop is not None
    assert reaction.incident.status == "stopped"
    assert (reaction.incident.declared.signal, reaction.incident.onset_at) == (raised, ONSET)
    intended = next(made.recorder.facts(kind="respond.action-intended", subject="incident/inc-2026-0001"))
    assert intended.actor.authority == "standing-order/stop-on-collapse"
    assert intended.body["order"] == "stop-on-collapse"
    assert made.flags.evaluate("loans.serve").variant == "off"


@pytest.mark.parametrize("changes", [None, {"severity_max": 1}, {"measures": ("psi",)}])
def test_an_uncovered_signal_only_proposes_the_stop(made, changes) -> None:
    """No order, one for worse, one for another measure: a person decides."""
    if changes is not None:
        order(made, **changes)
    reaction = made.responder.react(signal(made), MACHINE)
    assert (reaction.stop, reaction.proposed) == (None, True)
    assert made.flags.evaluate("loans.serve").variant == "on"
    assert len(made.bodies("respond.stop-proposed")) == 1


def test_an_expired_order_stops_nothing(made) -> None:
    """Permission has an end."""
    order(made)
    made.clock.advance(timedelta(days=31))
    assert made.responder.react(signal(made), MACHINE).proposed


def test_the_same_signal_twice_changes_nothing(made) -> None:
    """Reactions may be repeated after a crash."""
    order(made)
    raised = signal(made)
    made.responder.react(raised, MACHINE)
    size = made.recorder.head().size
    again = made.responder.react(raised, MACHINE)
    assert (again.incident.id, made.recorder.head().size) == ("inc-2026-0001", size)


def test_further_signals_of_a_kind_join_the_open_incident(made) -> None:
    """One incident a kind: performance twice is one, fairness is another."""
    first = made.responder.react(signal(made), MACHINE).incident
    second = made.responder.react(signal(made, "s2"), MACHINE).incident
    other = made.responder.react(signal(made, "s3", cause="fairness"), MACHINE).incident
    assert (first.id, second.id, other.id) == ("inc-2026-0001", "inc-2026-0001", "inc-2026-0002")
    assert len(second.signals) == 2
    assert other.floor == 2


def test_a_later_signal_that_is_covered_stops(made) -> None:
    """The order came after the first signal; the second one finds it."""
    made.responder.react(signal(made), MACHINE)
    order(made)
    assert made.responder.react(signal(made, "s2"), MACHINE).stop is not None


def test_what_is_no_signal_is_refused(made) -> None:
    """A fact of another kind opens nothing."""
    with pytest.raises(UsageError, match="no signal"):
        made.responder.react(made.recorder.fact("#0").id, MACHINE)


def test_the_affected_are_frozen_between_onset_and_stop(made) -> None:
    """Counts in the ledger, the list in a personal blob, the same rows as the log has."""
    order(made)
    made.responder.react(signal(made), MACHINE)
    made.clock.advance(timedelta(hours=3))
    frozen = made.responder.evidence.freeze_affected("inc-2026-0001", COMMANDER).body
    # One decision of the hourly traffic and 59 of the minutely lie between the onset and the stop.
    lines = made.recorder.get(frozen["list"]).decode().splitlines()
    assert (frozen["decisions"], frozen["people"], len(lines)) == (60, 5, 60)
    assert all(format_instant(ONSET) <= line.split("\t")[1] < frozen["window_until"] for line in lines)


def clocks_selected(made) -> None:
    """Choose the legal clocks as legal does, and hand each open one to an owner."""
    from probative.respond.deadlines import Circumstances

    circumstances = Circumstances(
        jurisdictions=("DE",), roles=("deployer",), tier="high-risk", annex="annex-iii", facts={}, basis={}
    )
    made.responder.deadlines.select("inc-2026-0001", circumstances, COUNSEL)
    due = made.clock.now() + timedelta(days=10)
    for row in made.responder.deadlines.board("inc-2026-0001"):
        if row.is_open:
            made.responder.journal.task(
                "inc-2026-0001", f"clock-{row.obligation}", "Decide", "p-counsel", COMMANDER, due_at=due
            )


def test_an_incident_closes_when_nothing_is_open(made) -> None:
    """Each open point is named until it is settled; then the metrics are in the closing fact."""
    order(made)
    made.responder.react(signal(made), MACHINE)
    responder = made.responder
    points = {point.point for point in responder.open_points("inc-2026-0001")}
    assert points == {"stop", "clocks", "snapshot", "corrective"}
    responder.playbooks.adopt(SYSTEM, shipped_playbook("p01"), "shipped", COMMANDER)
    responder.playbooks.start("inc-2026-0001", "p01", COMMANDER)
    assert "playbook" in {point.point for point in responder.open_points("inc-2026-0001")}
    made.clock.advance(timedelta(minutes=30))
    run_playbook(responder, "inc-2026-0001")
    due = made.clock.now() + timedelta(days=30)
    responder.journal.agree("inc-2026-0001", "c1", "Check units", "p-modeller", due, COMMANDER)
    clocks_selected(made)
    assert responder.open_points("inc-2026-0001") == []
    closed = responder.close("inc-2026-0001", COMMANDER)
    assert closed.status == "closed"
    metrics = made.bodies("respond.incident-closed")[0]["metrics"]
    assert (metrics["detect_s"], metrics["contain_s"], metrics["recover_s"]) == (3_600, 0, 1_800)
    assert metrics["rpo_decisions"] == 60


def test_closing_too_early_says_what_is_open(made) -> None:
    """One sentence with every point; nothing is written. And only the commander closes."""
    declare(made)
    with pytest.raises(ConflictError, match="No evidence was captured"):
        made.responder.close("inc-2026-0001", COMMANDER)
    with pytest.raises(DeniedError):
        made.responder.close("inc-2026-0001", OWNER)
    assert made.responder.incident("inc-2026-0001").status == "open"


def test_a_closed_incident_takes_no_more_entries(made) -> None:
    """Corrective actions go on after the closing, everything else does not."""
    declare(made)
    made.responder.evidence.capture("inc-2026-0001", COMMANDER)
    due = made.clock.now() + timedelta(days=30)
    made.responder.journal.agree("inc-2026-0001", "c1", "Check units", "p-modeller", due, COMMANDER)
    clocks_selected(made)
    made.responder.close("inc-2026-0001", COMMANDER, stop_not_needed="nothing was served")
    with pytest.raises(ConflictError, match="is closed"):
        made.responder.journal.acknowledge("inc-2026-0001", COMMANDER)
    made.responder.journal.settle("inc-2026-0001", "c1", ("ab" * 32,), COMMANDER)


def test_the_past_can_be_asked(made) -> None:
    """As of an earlier ledger size the incident is still open."""
    declare(made)
    size = made.recorder.head().size
    made.responder.stop("inc-2026-0001", "harm", COMMANDER)
    assert made.responder.incident("inc-2026-0001", until=size).status == "open"
    assert made.responder.incident("inc-2026-0001").status == "stopped"


def test_an_unknown_incident_is_named(made) -> None:
    """The offending name is in the sentence."""
    with pytest.raises(NotFoundError, match="no incident 'inc-1999-0001'"):
        made.responder.incident("inc-1999-0001")


def test_waiting_work_is_done_once(made) -> None:
    """Late questions escalate, overdue holds are told, and a second sweep finds nothing new."""
    declare(made)
    made.responder.playbooks.adopt(SYSTEM, shipped_playbook("p01"), "shipped", COMMANDER)
    made.responder.playbooks.start("inc-2026-0001", "p01", COMMANDER)
    made.clock.advance(timedelta(days=8))
    due = made.responder.run_due(Actor(id="service", role="sre"))
    assert len(due.escalated) == 6
    assert len(due.overdue_holds) == 1
    size = made.recorder.head().size
    assert made.responder.run_due(MACHINE).escalated == []
    assert made.recorder.head().size == size


def test_the_timeline_tells_both_times(made) -> None:
    """Detected before it was declared: the entry shows when it was true and when it was written."""
    detected = made.clock.now() - timedelta(minutes=20)
    entry = declare(made, detected_at=detected).timeline[0]
    assert (entry.occurred_at, entry.recorded_at) == (detected, made.clock.now())
    assert entry.text == "declared, severity 2: Accuracy fell by a fifth"
