"""An incident is folded from its facts: states, statements, and a timeline in the order things happened."""

from datetime import timedelta

import pytest

from probative.kernel.errors import NotFoundError
from probative.respond.incident import fold, timeline
from tests.respond.scene import COMMANDER, OWNER, SCIENTIST, SYSTEM, declare, scene

INCIDENT = "inc-2026-0001"


@pytest.fixture
def made(tmp_path):
    """Return a scene with an incident."""
    found = scene(tmp_path)
    declare(found)
    return found


def test_the_status_follows_the_last_change_that_took_effect(made) -> None:
    """Open, stopped, serving the fallback, stopped again."""
    found = [made.responder.incident(INCIDENT).status]
    made.responder.stop(INCIDENT, "harm", COMMANDER)
    found.append(made.responder.incident(INCIDENT).status)
    made.responder.evidence.capture(INCIDENT, COMMANDER)
    made.responder.switch.approve(SYSTEM, INCIDENT, "fallback", "safe", OWNER)
    made.responder.switch.rollback(SYSTEM, INCIDENT, "restore", COMMANDER)
    found.append(made.responder.incident(INCIDENT).status)
    made.responder.stop(INCIDENT, "again", COMMANDER)
    found.append(made.responder.incident(INCIDENT).status)
    assert found == ["open", "stopped", "serving-fallback", "stopped"]


def test_the_first_stop_and_the_first_snapshot_count(made) -> None:
    """Times to contain and to capture are measured to the first ones."""
    made.responder.stop(INCIDENT, "harm", COMMANDER)
    made.responder.evidence.capture(INCIDENT, COMMANDER)
    first = made.responder.incident(INCIDENT)
    made.clock.advance(timedelta(hours=1))
    made.responder.stop(INCIDENT, "again", COMMANDER)
    made.responder.evidence.capture(INCIDENT, COMMANDER)
    again = made.responder.incident(INCIDENT)
    assert (again.stopped, again.snapshot) == (first.stopped, first.snapshot)


def test_the_timeline_is_in_the_order_things_happened(made) -> None:
    """What was recorded late stands where it belongs, and ties keep the ledger's order."""
    made.responder.journal.acknowledge(INCIDENT, COMMANDER)
    made.responder.stop(INCIDENT, "harm", COMMANDER)
    facts = list(made.recorder.facts(subject=f"incident/{INCIDENT}"))
    entries = timeline(list(reversed(facts)))
    assert [entry.index for entry in entries] == [fact.index for fact in facts]
    texts = [entry.text for entry in entries]
    assert texts[-1] == "stop done: the flag answers 'off'"
    assert texts[1] == "taken over by the incident-commander"


def test_no_words_of_people_are_in_the_timeline(made) -> None:
    """Statements show by name and status; their text stays in its personal blob."""
    made.responder.journal.state(INCIDENT, "Mrs Q was refused twice.", "believed", SCIENTIST)
    entries = made.responder.incident(INCIDENT).timeline
    assert entries[-1].text == "statement s1 is believed"
    assert not any("Mrs Q" in entry.text for entry in entries)


def test_facts_without_a_declaration_are_no_incident() -> None:
    """Nothing to fold is not an empty incident."""
    with pytest.raises(NotFoundError):
        fold([])
