"""A notice's way in a real record: drafted, contradicted, replaced, approved by a second person, sent."""

from datetime import UTC, datetime, timedelta

import pytest

from probative.adapters.files.tree import FileTree
from probative.kernel.actor import Actor
from probative.kernel.clock import ManualClock
from probative.kernel.errors import ConflictError, DeniedError, NotFoundError, TamperError, UsageError
from probative.respond.deadlines import ClockKey, Deadlines
from probative.respond.notice import Notices
from probative.testing import fresh_recorder
from tests.respond.matter import COMMANDER, COMPLIANCE, COUNSEL, INCIDENT, SCRIBE, SYSTEM, TOLD, open_incident

START = datetime(2026, 12, 16, 9, 17, tzinfo=UTC)
DORA = "eu-dora-initial"
AIA = "eu-aia-73-initial"
NAME = f"{INCIDENT}.{DORA}.1"
VALUES = {
    "entity": "Example Bank AG",
    "contact": "the compliance desk",
    "classified_at": "2026-12-16 10:17 UTC",
    "discovery": "a drift monitor",
    "description": "A feed changed its unit; credit decisions were wrong.",
    "criteria_met": "clients affected; data losses",
    "member_states": "DE",
    "persons_affected": "412",
    "origin": "an upstream feed",
    "continuity": "fallback model in use",
    "measures_taken": "model stopped and rolled back",
}
AIA_VALUES = {
    "entity": "Example Bank AG",
    "contact": "the compliance desk",
    "reportable_since": "not settled",
    "description": "Credit decisions were wrong for a day.",
    "harm": "under assessment",
    "persons_affected": "430",
    "origin": "an upstream feed",
    "measures_taken": "stopped",
    "evidence_secured": "snapshot sealed before the rollback",
}


@pytest.fixture
def recorder(tmp_path):
    """A record with an incident."""
    recorder = fresh_recorder(tmp_path, ManualClock(START))
    open_incident(recorder)
    return recorder


@pytest.fixture
def notices(recorder, tmp_path):
    """The notices of that record, with an outbox on disk."""
    return Notices(recorder, FileTree(tmp_path / "outbox"))


def test_what_is_sent_is_what_was_approved(recorder, notices, tmp_path):
    """Drafted by one, approved by another, byte for byte in the outbox; every fact names the same text."""
    drafted = notices.draft(INCIDENT, DORA, VALUES, SCRIBE)
    assert drafted.body["notice"] == NAME
    approved = notices.approve(NAME, COMPLIANCE)
    sent = notices.send(NAME, COMPLIANCE, recipient="BaFin", receipt=b"received 10:42")
    assert drafted.body["text"] == approved.body["text"] == sent.body["text"]
    text = (tmp_path / "outbox" / f"{NAME}.txt").read_text()
    assert text == notices.text(NAME)
    for told in (*VALUES.values(), INCIDENT, "Credit card default scoring", "2026-12-16T09:17:00.000000Z"):
        assert told in text
    assert recorder.get(sent.body["receipt"]) == b"received 10:42"
    assert drafted.id in sent.caused_by
    assert [n.status for n in notices.of(INCIDENT)] == ["sent"]


def test_no_words_stand_in_the_ledger(recorder, notices):
    """Facts name the words by commitment only: no value that was filled in is in any entry."""
    notices.draft(INCIDENT, DORA, VALUES, SCRIBE)
    entries = b"".join(recorder.entry(index) for index in range(recorder.head().size))
    payloads = "".join(str(fact.body) for fact in recorder.facts(subject=f"system/{SYSTEM}"))
    assert b"Example Bank" not in entries
    assert "Example Bank" not in payloads


def test_nobody_approves_their_own_words_or_without_the_role(notices):
    """Four eyes: another person, of legal or compliance, and the one the register names."""
    notices.draft(INCIDENT, DORA, VALUES, COMPLIANCE)
    with pytest.raises(DeniedError, match="drafted"):
        notices.approve(NAME, COMPLIANCE)
    with pytest.raises(DeniedError, match="incident-commander"):
        notices.approve(NAME, COMMANDER)
    with pytest.raises(DeniedError, match="data-protection-officer"):
        notices.approve(NAME, Actor(id="p-dpo", role="data-protection-officer"))
    with pytest.raises(DeniedError, match="'p-legal', not 'p-x'"):
        notices.approve(NAME, Actor(id="p-x", role="legal"))
    assert notices.approve(NAME, COUNSEL).body["approver"] == COUNSEL.id


def test_only_an_approved_notice_is_sent_and_only_once(notices, tmp_path):
    """A draft is not sent, an approved one is not approved again, a sent one stays sent."""
    notices.draft(INCIDENT, DORA, VALUES, SCRIBE)
    with pytest.raises(ConflictError, match="is drafted"):
        notices.send(NAME, COMPLIANCE)
    assert not (tmp_path / "outbox").exists()
    notices.approve(NAME, COMPLIANCE)
    with pytest.raises(ConflictError, match="is approved"):
        notices.approve(NAME, COUNSEL)
    notices.send(NAME, COMPLIANCE)
    with pytest.raises(ConflictError, match="is sent"):
        notices.send(NAME, COMPLIANCE)


def test_a_new_draft_replaces_an_unsent_one(notices):
    """The approval of the old words does not carry over to the new ones."""
    notices.draft(INCIDENT, DORA, VALUES, SCRIBE)
    notices.approve(NAME, COMPLIANCE)
    second = notices.draft(INCIDENT, DORA, {**VALUES, "entity": "Example Bank SE"}, SCRIBE)
    assert second.body["replaces"] == NAME
    assert [n.status for n in notices.of(INCIDENT)] == ["replaced", "drafted"]
    with pytest.raises(ConflictError, match="is replaced"):
        notices.send(NAME, COMPLIANCE)


def test_two_notices_cannot_contradict_each_other(recorder, notices):
    """The same field with another value is refused across templates; counts may grow; a reason corrects."""
    notices.draft(INCIDENT, DORA, VALUES, SCRIBE)
    notices.draft(INCIDENT, AIA, AIA_VALUES, SCRIBE)
    size = recorder.head().size
    other = {**AIA_VALUES, "entity": "Example Bank Holding"}
    with pytest.raises(ConflictError, match="'entity' is 'Example Bank Holding' here but 'Example Bank AG'"):
        notices.draft(INCIDENT, AIA, other, SCRIBE)
    with pytest.raises(UsageError, match="'entity'"):
        notices.draft(INCIDENT, AIA, other, SCRIBE, {"entity": " "})
    with pytest.raises(UsageError, match="'venue'"):
        notices.draft(INCIDENT, AIA, AIA_VALUES, SCRIBE, {"venue": "moved"})
    assert size == recorder.head().size
    fact = notices.draft(INCIDENT, AIA, other, SCRIBE, {"entity": "the holding is the provider"})
    assert fact.body["corrections"] == {"entity": "the holding is the provider"}


def test_what_was_sent_still_counts(notices):
    """An update of a notice that went out cannot silently tell another story."""
    notices.draft(INCIDENT, DORA, VALUES, SCRIBE)
    notices.approve(NAME, COMPLIANCE)
    notices.send(NAME, COMPLIANCE)
    with pytest.raises(ConflictError, match="'member_states'"):
        notices.draft(INCIDENT, DORA, {**VALUES, "member_states": "DE, AT"}, SCRIBE)
    assert (
        notices.draft(INCIDENT, DORA, {**VALUES, "persons_affected": "500"}, SCRIBE).body["replaces"] is None
    )


def test_the_record_cannot_be_contradicted(notices):
    """When the incident was detected is known: telling it otherwise is refused."""
    with pytest.raises(ConflictError, match="in the record"):
        notices.draft(INCIDENT, DORA, {**VALUES, "detected_at": "yesterday"}, SCRIBE)


def test_a_file_in_the_outbox_is_never_overwritten(notices, tmp_path):
    """Somebody changed the waiting file: sending stops instead of sending other words."""
    notices.draft(INCIDENT, DORA, VALUES, SCRIBE)
    notices.approve(NAME, COMPLIANCE)
    (tmp_path / "outbox").mkdir()
    (tmp_path / "outbox" / f"{NAME}.txt").write_text("other words")
    with pytest.raises(TamperError):
        notices.send(NAME, COMPLIANCE)
    assert [n.status for n in notices.of(INCIDENT)] == ["approved"]


def test_sending_goes_on_after_a_crash_between_file_and_fact(recorder, notices, tmp_path):
    """The file was written, the fact was not: sending again ends with one file and one fact."""
    notices.draft(INCIDENT, DORA, VALUES, SCRIBE)
    notices.approve(NAME, COMPLIANCE)
    FileTree(tmp_path / "outbox").create(f"{NAME}.txt", notices.text(NAME).encode())
    notices.send(NAME, COMPLIANCE)
    assert len(list(recorder.facts(kind="respond.notice-sent"))) == 1


def test_unknown_notices_and_a_missing_outbox_are_said(recorder, notices):
    """A name that is not there and a record without an outbox each end in one sentence."""
    with pytest.raises(NotFoundError, match=r"'inc-1\.nothing\.1'"):
        notices.approve("inc-1.nothing.1", COMPLIANCE)
    notices.draft(INCIDENT, DORA, VALUES, SCRIBE)
    notices.approve(NAME, COMPLIANCE)
    with pytest.raises(NotFoundError, match="outbox"):
        Notices(recorder).send(NAME, COMPLIANCE)


def test_a_sent_notice_meets_its_clock(recorder, notices):
    """The whole way: the clock runs, the notice goes out, its text is the proof, the next clock starts."""
    deadlines = Deadlines(recorder)
    deadlines.select(INCIDENT, TOLD, COMMANDER)
    deadlines.confirm_start(INCIDENT, "classification", START, COMPLIANCE)
    recorder.clock.advance(timedelta(hours=2))
    notices.draft(INCIDENT, DORA, VALUES, SCRIBE)
    notices.approve(NAME, COMPLIANCE)
    sent = notices.send(NAME, COMPLIANCE)
    clock = ClockKey(notices.of(INCIDENT)[0].drafted.obligation, notices.of(INCIDENT)[0].drafted.stage)
    facts = deadlines.met(
        INCIDENT,
        clock,
        sent_at=sent.recorded_at,
        recipient=sent.body["recipient"],
        proof=sent.body["text"],
        actor=COMPLIANCE,
    )
    assert (facts[0].body["in_time_nominal"], facts[-1].body["stage"]) == (True, "intermediate_report")
