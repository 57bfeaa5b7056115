"""The kill switch: stops without waiting, changes nothing uncaptured, lets answer again by two persons."""

import json
import sqlite3
import threading
from datetime import timedelta

import pytest

from probative.kernel.actor import Actor
from probative.kernel.errors import ConflictError, DeniedError, NotFoundError, UnavailableError, UsageError
from probative.record.facts import Draft, subject
from probative.respond.contain.killswitch import KillSwitch
from probative.respond.contain.switch import switched
from probative.respond.facts import ActionDone
from tests.respond.scene import ADVISER, COMMANDER, FALLBACK_MODEL, MODELLER, OWNER, SYSTEM, declare, scene


@pytest.fixture
def made(tmp_path):
    """Return a scene with an armed flag and a declared incident."""
    return scene(tmp_path)


class Away:
    """A recorder that cannot be reached: every call fails."""

    def __init__(self, recorder) -> None:
        self.clock = recorder.clock

    def head(self):
        """Fail."""
        raise UnavailableError("ledger.unavailable", "The ledger cannot be used now.", "Try again.")

    def facts(self, **query):
        """Fail."""
        self.head()

    def append(self, *drafts):
        """Fail."""
        self.head()


def test_a_stop_is_pointed_intended_and_observed(made) -> None:
    """Three facts in this order: the pointer, the intent, the observed result."""
    incident = declare(made)
    head = made.recorder.head()
    change = made.responder.stop(incident.id, "harm goes on", COMMANDER)
    kinds = made.kinds(subject=f"incident/{incident.id}", since=head.size)
    assert kinds == ["respond.stop-pointed", "respond.action-intended", "respond.action-done"]
    pointer = made.bodies("respond.stop-pointed")[0]
    assert (pointer["ledger_size"], pointer["ledger_root"]) == (head.size, head.root.hex())
    assert (pointer["release"], pointer["model"], pointer["gaps"]) == ("2", "ab" * 32, [])
    assert (change.done.outcome, change.done.observed_variant, change.done.gaps) == ("done", "off", ())
    assert made.flags.evaluate("loans.serve").variant == "off"


def test_the_same_stop_twice_is_one_stop(made) -> None:
    """A repeated call under one name finds the first result."""
    first = made.responder.switch.stop(SYSTEM, "harm", COMMANDER, action="stop-1")
    size = made.recorder.head().size
    assert made.responder.switch.stop(SYSTEM, "harm", COMMANDER, action="stop-1").done == first.done
    assert made.recorder.head().size == size


def test_a_stop_needs_no_ledger(made) -> None:
    """Out of reach: the system is off, pointer and result wait on local disk, and the gap is named."""
    change = KillSwitch(Away(made.recorder), made.flags, made.spool).stop(SYSTEM, "harm", COMMANDER)
    assert made.flags.evaluate("loans.serve").variant == "off"
    assert change.spooled
    assert any("ledger" in gap for gap in change.done.gaps)
    assert len(made.bodies("respond.action-done")) == 1  # the arming only
    assert [found.done for found in made.responder.switch.recover()] == [change.done]
    assert made.bodies("respond.stop-pointed")[0]["ledger_size"] is None
    assert list(made.spool.entries()) == []
    assert made.responder.switch.recover() == []


def test_a_stop_waits_for_no_other_writer(made) -> None:
    """While another process holds the ledger's write lock, the flag turns off; the facts follow."""
    incident = declare(made)
    writer = sqlite3.connect(made.workspace.folder / "record" / "ledger.sqlite", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    results = []
    stopper = threading.Thread(
        target=lambda: results.append(made.responder.stop(incident.id, "harm", COMMANDER, system=SYSTEM))
    )
    stopper.start()
    while made.flags.evaluate("loans.serve").variant != "off":
        assert stopper.is_alive(), "the stop ended without stopping"
    assert [name for name, _ in made.spool.entries()] != []
    writer.execute("ROLLBACK")
    writer.close()
    stopper.join()
    assert len(made.bodies("respond.stop-pointed")) == 1
    assert results[0].done.captured_first
    assert list(made.spool.entries()) == []


def test_a_stop_goes_on_when_even_the_spool_fails(made) -> None:
    """No ledger and no local disk: the flag is what counts, and the gap says what was lost."""
    made.spool.write("x", b"")
    made.spool.remove("x")
    folder = made.workspace.folder / "record" / "spool"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.write_bytes(b"a file where the folder should be")
    change = KillSwitch(Away(made.recorder), made.flags, made.spool).stop(SYSTEM, "harm", COMMANDER)
    assert made.flags.evaluate("loans.serve").variant == "off"
    assert (change.done.captured_first, change.spooled) == (False, True)
    assert any("local disk either" in gap for gap in change.done.gaps)


def test_a_stop_that_did_not_take_effect_is_loud_and_recorded(made) -> None:
    """The probe decides, not the write: a flag that cannot be written is a failed stop."""
    made.flags.path.unlink()
    made.flags.path.mkdir()
    with pytest.raises(UnavailableError, match="NOT stopped"):
        made.responder.switch.stop(SYSTEM, "harm", COMMANDER)
    assert made.bodies("respond.action-done")[-1]["outcome"] == "failed"


def test_a_stop_that_failed_is_tried_again_under_its_name(made) -> None:
    """Repeating a named stop after a failure stops; it does not report the failure as done."""
    made.flags.path.rename(made.flags.path.with_name("away"))
    made.flags.path.mkdir()
    with pytest.raises(UnavailableError):
        made.responder.switch.stop(SYSTEM, "harm", COMMANDER, action="stop-1")
    made.flags.path.rmdir()
    change = made.responder.switch.stop(SYSTEM, "harm", COMMANDER, action="stop-1")
    assert (change.done.outcome, change.done.observed_variant) == ("done", "off")


def test_a_damaged_flag_document_is_replaced_by_a_stop(made) -> None:
    """A service that kept the last good copy would go on serving."""
    made.flags.path.write_bytes(b"{ damaged")
    change = made.responder.switch.stop(SYSTEM, "harm", COMMANDER)
    assert change.done.outcome == "done"


def test_nothing_else_is_changed_before_it_is_captured(made) -> None:
    """The alteration lock: rollback, resume and arming refuse until the snapshot is sealed."""
    incident = declare(made)
    switch = made.responder.switch
    before = made.flags.read()
    for change in (
        lambda: switch.rollback(SYSTEM, incident.id, "restore", COMMANDER),
        lambda: switch.resume(SYSTEM, incident.id, "restore", COMMANDER),
        lambda: switch.arm(SYSTEM, "3", "2", MODELLER),
    ):
        with pytest.raises(ConflictError, match="not captured yet"):
            change()
    assert made.flags.read() == before
    made.responder.evidence.capture(incident.id, COMMANDER)
    assert switch.rollback(SYSTEM, incident.id, "restore", COMMANDER).done.observed_value == "1"


def test_the_commander_may_override_the_lock_with_a_reason(made) -> None:
    """Nobody else may, and the missing capture shows in the result."""
    incident = declare(made)
    with pytest.raises(DeniedError):
        made.responder.switch.override_lock(SYSTEM, incident.id, "hurry", OWNER)
    made.responder.switch.override_lock(SYSTEM, incident.id, "people are harmed meanwhile", COMMANDER)
    assert not made.responder.switch.rollback(SYSTEM, incident.id, "r", COMMANDER).done.captured_first


def stopped_and_captured(made):
    """Return an incident whose system is off and whose evidence is sealed."""
    incident = declare(made)
    made.responder.stop(incident.id, "harm", COMMANDER)
    made.responder.evidence.capture(incident.id, COMMANDER)
    return incident


def test_a_stopped_system_answers_again_by_two_persons_only(made) -> None:
    """One person is not enough, the same person twice is not two, an adviser is none."""
    incident = stopped_and_captured(made)
    switch = made.responder.switch
    with pytest.raises(DeniedError, match="a person other than"):
        switch.rollback(SYSTEM, incident.id, "restore", COMMANDER)
    switch.approve(SYSTEM, incident.id, "fallback", "safe", COMMANDER)
    with pytest.raises(DeniedError, match="a person other than"):
        switch.rollback(SYSTEM, incident.id, "restore", COMMANDER)
    with pytest.raises(DeniedError, match="may not"):
        switch.approve(SYSTEM, incident.id, "fallback", "safe", ADVISER)
    switch.approve(SYSTEM, incident.id, "on", "the wrong variant", OWNER)
    with pytest.raises(DeniedError, match="a person other than"):
        switch.rollback(SYSTEM, incident.id, "restore", COMMANDER)
    switch.approve(SYSTEM, incident.id, "fallback", "safe", OWNER)
    switch.rollback(SYSTEM, incident.id, "restore", COMMANDER)
    assert made.flags.evaluate("loans.serve")[:2] == ("fallback", "1")


def test_an_impostor_does_not_approve(made) -> None:
    """Where the register names the business owner, nobody else acts as one."""
    incident = stopped_and_captured(made)
    with pytest.raises(DeniedError, match="not 'p-other'"):
        made.responder.switch.approve(
            SYSTEM, incident.id, "fallback", "x", Actor(id="p-other", role="business-owner")
        )


def test_a_rollback_is_recorded_as_a_deployment(made) -> None:
    """The release that serves now is in the record, with its model digest and the reason."""
    incident = stopped_and_captured(made)
    made.responder.switch.approve(SYSTEM, incident.id, "fallback", "safe", OWNER)
    made.responder.switch.rollback(SYSTEM, incident.id, "accuracy fell", COMMANDER)
    deployed = made.bodies("record.release-deployed")[-1]
    assert (deployed["release"], deployed["model"]) == ("1", FALLBACK_MODEL)
    assert "accuracy fell" in deployed["reason"]


def test_approvals_do_not_outlive_the_next_change(made) -> None:
    """Who agreed before the second stop has to agree again after it."""
    incident = stopped_and_captured(made)
    switch = made.responder.switch
    switch.approve(SYSTEM, incident.id, "fallback", "safe", OWNER)
    made.responder.stop(incident.id, "again", COMMANDER)
    with pytest.raises(DeniedError, match="a person other than"):
        switch.rollback(SYSTEM, incident.id, "restore", COMMANDER)


def test_the_failed_release_comes_back_through_the_gate_only(made) -> None:
    """Two persons are not enough for the release that failed: the gate must have passed it since."""
    incident = stopped_and_captured(made)
    switch = made.responder.switch
    switch.approve(SYSTEM, incident.id, "on", "mended", OWNER)
    with pytest.raises(DeniedError, match="gate has not let"):
        switch.resume(SYSTEM, incident.id, "mended", COMMANDER)
    _verdict(made, "pass")
    assert switch.resume(SYSTEM, incident.id, "mended", COMMANDER).done.observed_value == "2"


def test_a_fallback_that_nobody_recorded_is_refused(tmp_path) -> None:
    """Serving an unknown release is no recovery."""
    made = scene(tmp_path, armed=False)
    made.responder.switch.arm(SYSTEM, "2", "ghost", MODELLER)
    incident = stopped_and_captured(made)
    with pytest.raises(NotFoundError, match="no release 'ghost'"):
        made.responder.switch.rollback(SYSTEM, incident.id, "restore", COMMANDER)


def test_a_change_under_way_keeps_others_out_but_not_a_stop(made) -> None:
    """While somebody rolls back, nobody else changes the system; stopping it is always possible."""
    incident = stopped_and_captured(made)
    made.responder.switch.approve(SYSTEM, incident.id, "fallback", "safe", OWNER)
    with made.spool.latch(f"switch-{SYSTEM}"):
        with pytest.raises(ConflictError, match="Somebody else is changing"):
            made.responder.switch.rollback(SYSTEM, incident.id, "restore", COMMANDER)
        assert made.responder.stop(incident.id, "again", COMMANDER).done.outcome == "done"


def test_recover_leaves_alone_what_is_still_being_done(made) -> None:
    """An open change whose maker lives is not resolved under their hands."""
    with made.spool.latch(f"switch-{SYSTEM}"):
        made.spool.write("stop-1", _spooled(made))
        assert made.responder.switch.recover() == []
    assert [change.done.kind for change in made.responder.switch.recover()] == ["stop"]


def test_a_spooled_stop_without_a_result_is_carried_through(made) -> None:
    """Without a ledger, died between the pointer on local disk and the flag: recovery stops."""
    spooled = json.loads(_spooled(made))
    spooled |= {"done": None, "done_at": None}
    made.flags.edit(lambda document: switched(document, "loans.serve", "on"))
    made.spool.write("stop-1", json.dumps(spooled).encode())
    assert [(change.done.outcome, change.done.recovered) for change in made.responder.switch.recover()] == [
        ("done", True)
    ]
    assert made.flags.evaluate("loans.serve").variant == "off"


def test_a_damaged_spool_entry_is_not_passed_over(made) -> None:
    """A stop that cannot be read is said, not forgotten."""
    made.spool.write("stop-1", b'{"intended": 1}')
    with pytest.raises(UsageError, match="spooled stop cannot be read"):
        made.responder.switch.recover()


def _spooled(made) -> bytes:
    away = KillSwitch(Away(made.recorder), made.flags, made.spool)
    away.stop(SYSTEM, "harm", COMMANDER, action="stop-1")
    data = dict(made.spool.entries())["stop-1"]
    made.spool.remove("stop-1")
    return data


def _verdict(made, outcome: str) -> None:
    from probative.gate.facts import VerdictGiven

    body = VerdictGiven(
        system=SYSTEM,
        release="2",
        model="ab" * 32,
        tier="high-risk",
        outcome=outcome,
        ledger_size=1,
        ledger_root="0" * 64,
        evaluated_at="2026-11-15T10:00:00.000000Z",
        evaluator="test",
        packs="0" * 64,
        controls=(),
        blob="0" * 64,
    )
    made.recorder.append(Draft(body=body, subjects=(subject(f"system/{SYSTEM}"),), actor=MODELLER))


def test_results_say_when_the_change_took_effect(made) -> None:
    """The instant of the act is the clock's, for the metrics and the verification."""
    made.clock.advance(timedelta(minutes=3))
    made.responder.switch.stop(SYSTEM, "harm", COMMANDER)
    done = [fact.read(ActionDone) for fact in made.recorder.facts(kind="respond.action-done")][-1]
    assert done.acted_at == "2026-11-15T10:03:00.000000Z"
