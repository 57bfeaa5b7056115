"""Metrics come from facts: what has no end in the record is left out, and drills stay apart."""

from datetime import timedelta

from probative.respond.review.metrics import metrics, summarise
from tests.respond.scene import COMMANDER, OWNER, SYSTEM, declare, scene


def measured(made):
    """Return the metrics of the incident as it stands."""
    incident = made.responder.incident("inc-2026-0001")
    return metrics(incident, made.recorder.facts(subject="incident/inc-2026-0001"))


def test_each_time_appears_when_its_end_is_recorded(tmp_path) -> None:
    """Detected after an hour; then acknowledged, contained, captured and recovered, a minute each."""
    made = scene(tmp_path, decisions=4)
    declare(made)
    assert measured(made) == {"detect_s": 3_600, "declare_s": 0}
    responder = made.responder
    steps = (
        ("acknowledge_s", lambda: responder.journal.acknowledge("inc-2026-0001", COMMANDER)),
        ("contain_s", lambda: responder.stop("inc-2026-0001", "harm", COMMANDER)),
        ("capture_s", lambda: responder.evidence.capture("inc-2026-0001", COMMANDER)),
        ("recover_s", lambda: recover(made)),
    )
    for number, (name, step) in enumerate(steps, start=1):
        made.clock.advance(timedelta(minutes=1))
        step()
        assert measured(made)[name] == 60 * number


def recover(made) -> None:
    """Let the fallback serve, by two persons."""
    made.responder.switch.approve(SYSTEM, "inc-2026-0001", "fallback", "safe", OWNER)
    made.responder.switch.rollback(SYSTEM, "inc-2026-0001", "restore", COMMANDER)


def test_shares_count_what_was_captured_first(tmp_path) -> None:
    """A rollback under an overridden lock counts against the share."""
    made = scene(tmp_path)
    declare(made)
    made.responder.switch.override_lock(SYSTEM, "inc-2026-0001", "hurry", COMMANDER)
    made.responder.switch.rollback(SYSTEM, "inc-2026-0001", "restore", COMMANDER)
    assert measured(made)["captured_first_share"] == 0
    made.responder.evidence.capture("inc-2026-0001", COMMANDER)
    made.responder.stop("inc-2026-0001", "harm", COMMANDER)
    assert measured(made)["captured_first_share"] == 0.5
    assert measured(made)["evidence_share"] == 6 / 8


def test_live_and_drill_are_never_mixed() -> None:
    """A fast drill does not make the live times look better."""
    rows = [("live", {"contain_s": 600.0}), ("drill", {"contain_s": 1.0}), ("live", {"contain_s": 800.0})]
    assert summarise(rows) == {"live": {"contain_s": 700.0}, "drill": {"contain_s": 1.0}}
    assert summarise([]) == {}
