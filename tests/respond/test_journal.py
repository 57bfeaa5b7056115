"""The journal: raising is free, lowering is not; the last word counts and the first stays readable."""

from datetime import timedelta

import pytest

from probative.kernel.errors import ConflictError, DeniedError, NotFoundError, UsageError
from probative.respond.severity import Dimensions
from tests.respond.scene import COMMANDER, MODELLER, ONSET, SCIENTIST, declare, scene

INCIDENT = "inc-2026-0001"


@pytest.fixture
def made(tmp_path):
    """Return a scene with an incident of severity 2."""
    found = scene(tmp_path)
    declare(found)
    return found


def test_severity_goes_up_freely_and_down_by_two(made) -> None:
    """Raised by anyone; lowered with another person and a reason, never below the floor."""
    journal = made.responder.journal
    journal.assess(INCIDENT, Dimensions(harm="serious"), SCIENTIST)
    assert made.responder.incident(INCIDENT).severity == 1
    with pytest.raises(DeniedError):
        journal.assess(INCIDENT, Dimensions(people=200), SCIENTIST)
    with pytest.raises(ConflictError, match="floor of 2"):
        journal.assess(
            INCIDENT,
            Dimensions(data="confirmed"),
            SCIENTIST,
            severity=3,
            approver="p-commander",
            reason="mild",
        )
    journal.assess(INCIDENT, Dimensions(people=200), SCIENTIST, approver="p-commander", reason="nobody hurt")
    assert made.responder.incident(INCIDENT).severity == 3
    assert journal.assess(INCIDENT, Dimensions(people=200), SCIENTIST) is None


def test_the_first_to_take_it_ends_the_waiting(made) -> None:
    """Acknowledging twice is one fact; another person's is a second one, and the first counts."""
    journal = made.responder.journal
    made.clock.advance(timedelta(minutes=4))
    journal.acknowledge(INCIDENT, COMMANDER)
    taken = made.responder.incident(INCIDENT).acknowledged_at
    made.clock.advance(timedelta(minutes=4))
    journal.acknowledge(INCIDENT, COMMANDER)
    journal.acknowledge(INCIDENT, MODELLER)
    assert made.responder.incident(INCIDENT).acknowledged_at == taken == ONSET + timedelta(hours=1, minutes=4)


def test_the_last_word_on_a_task_counts(made) -> None:
    """Open, then done: one task, done; both facts stay."""
    for state in ("open", "done"):
        made.responder.journal.task(INCIDENT, "t1", "Check the feed", "p-scientist", COMMANDER, state=state)
    tasks = made.responder.incident(INCIDENT).tasks
    assert [(task.task, task.state) for task in tasks] == [("t1", "done")]
    assert len(made.bodies("respond.task-set")) == 2


def test_shared_facts_are_known_with_evidence_and_can_turn_out_wrong(made) -> None:
    """A belief needs nothing, knowledge needs evidence; what was wrong stays readable as wrong."""
    journal = made.responder.journal
    journal.state(INCIDENT, "The feed changed its unit.", "believed", SCIENTIST)
    with pytest.raises(UsageError, match="names its evidence"):
        journal.state(INCIDENT, "The feed changed its unit.", "known", SCIENTIST, statement="s1")
    journal.state(INCIDENT, "It was our parser.", "wrong", SCIENTIST, statement="s1")
    noted = made.responder.incident(INCIDENT).statements
    assert [(item.statement, item.status) for item in noted] == [("s1", "wrong")]
    assert made.recorder.get(noted[0].text) == b"It was our parser."
    with pytest.raises(NotFoundError, match="no statement 's9'"):
        journal.state(INCIDENT, "x", "wrong", SCIENTIST, statement="s9")


def test_corrective_actions_need_an_owner_a_future_date_and_evidence(made) -> None:
    """Agreed for a day to come, done with something that shows it."""
    journal = made.responder.journal
    with pytest.raises(UsageError, match="has passed"):
        journal.agree(INCIDENT, "c1", "Check units at the door", "p-owner", made.clock.now(), COMMANDER)
    due = made.clock.now() + timedelta(days=30)
    journal.agree(INCIDENT, "c1", "Check units at the door", "p-owner", due, COMMANDER)
    with pytest.raises(UsageError, match="Nothing shows"):
        journal.settle(INCIDENT, "c1", (), COMMANDER)
    with pytest.raises(NotFoundError, match="no corrective action 'c2'"):
        journal.settle(INCIDENT, "c2", ("x",), COMMANDER)
    journal.settle(INCIDENT, "c1", ("ab" * 32,), COMMANDER)
    assert [action.done for action in made.responder.incident(INCIDENT).correctives] == [True]


@pytest.mark.parametrize("title", ["", "  ", "x" * 201])
def test_lines_are_lines(made, title: str) -> None:
    """Empty and endless titles are refused."""
    with pytest.raises(UsageError, match="title has"):
        made.responder.journal.task(INCIDENT, "t1", title, "p-1", COMMANDER)
