"""The clocks of a real incident in a real record: started, moved, met, declined, warned of."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from probative.kernel.actor import Actor
from probative.kernel.clock import ManualClock, parse_instant
from probative.kernel.errors import ConflictError, DeniedError, NotFoundError, UsageError
from probative.respond.deadlines import ClockKey, Deadlines
from probative.respond.deadlines.facts import ClockRecalculated, ClocksSelected, ClockWarned
from probative.testing import fresh_recorder
from tests.respond.matter import COMMANDER, COMPLIANCE, COUNSEL, INCIDENT, SYSTEM, TOLD, open_incident

START = datetime(2026, 12, 16, 9, 17, tzinfo=UTC)
INITIAL = ClockKey("eu-dora-19", "initial_notification")
OUTER = ClockKey("eu-dora-19", "initial_outer_limit")
INTERMEDIATE = ClockKey("eu-dora-19", "intermediate_report")
PROOF = "ab" * 32


@pytest.fixture
def recorder(tmp_path):
    """A record with an incident, on a Wednesday morning in December 2026."""
    recorder = fresh_recorder(tmp_path, ManualClock(START))
    open_incident(recorder)
    return recorder


@pytest.fixture
def deadlines(recorder):
    """The clocks of that record."""
    return Deadlines(recorder)


def rows(deadlines, at=None):
    """Return the board of the incident by clock."""
    return {ClockKey(row.obligation, row.stage): row for row in deadlines.board(INCIDENT, at)}


def start_dora(recorder, deadlines):
    """Select, confirm awareness at once, and classification an hour later."""
    deadlines.select(INCIDENT, TOLD, COMMANDER)
    deadlines.confirm_start(INCIDENT, "awareness", START, COMMANDER, "incident-commander")
    recorder.clock.advance(timedelta(hours=1))
    deadlines.confirm_start(INCIDENT, "classification", recorder.clock.now(), COMPLIANCE)


def test_the_board_has_a_running_clock_a_not_applicable_and_one_for_counsel(recorder, deadlines):
    """What the demo shows: real dates, "not applicable, because" and "needs counsel", the earliest first."""
    start_dora(recorder, deadlines)
    board = deadlines.board(INCIDENT)
    assert (board[0].obligation, board[0].stage, board[0].state) == (*INITIAL, "running")
    assert board[0].alert_at == "2026-12-16T14:17:00.000000Z"
    by_clock = rows(deadlines)
    assert by_clock[OUTER].alert_at == "2026-12-17T09:17:00.000000Z"
    assert by_clock["eu-gdpr-33-authority", ""].state == "not-applicable"
    counsel = by_clock["eu-aia-73-general", "report"]
    assert (counsel.state, counsel.alert_at) == ("needs-counsel", "2026-12-31T22:59:59.000000Z")
    assert by_clock["eu-dora-19", "client_information"].state == "no-number"
    assert by_clock["eu-dora-19", "client_information"].alert_at is None


def test_every_fact_says_which_rule_it_rests_on(recorder, deadlines):
    """The selection keeps circumstances and pack digests, and all facts are found by system and incident."""
    start_dora(recorder, deadlines)
    selected = next(recorder.facts(kind="respond.clocks-selected")).read(ClocksSelected)
    assert (selected.circumstances, selected.packs) == (TOLD, deadlines.pack.digests)
    by_system = [
        f.id for f in recorder.facts(subject=f"system/{SYSTEM}") if f.kind.startswith("respond.clock")
    ]
    by_incident = [
        f.id for f in recorder.facts(subject=f"incident/{INCIDENT}") if f.kind.startswith("respond.clock")
    ]
    assert len(by_system) > 4
    assert by_system == by_incident


def test_a_signal_proposes_and_a_person_confirms(recorder, deadlines):
    """A proposed start shows where the date would be, marked as proposed; confirming makes it run."""
    deadlines.propose_start(INCIDENT, "awareness", START, "a" * 64, Actor(id="probative", role="sre"))
    deadlines.select(INCIDENT, TOLD, COMMANDER)
    assert (rows(deadlines)[OUTER].state, rows(deadlines)[OUTER].alert_at) == (
        "proposed",
        "2026-12-17T09:17:00.000000Z",
    )
    deadlines.confirm_start(INCIDENT, "awareness", START, COMMANDER)
    assert rows(deadlines)[OUTER].state == "running"


def test_an_earlier_awareness_moves_the_date_earlier_and_keeps_the_history(recorder, deadlines):
    """Somebody knew an hour before: the clock moves, and the fact shows where it stood."""
    deadlines.select(INCIDENT, TOLD, COMMANDER)
    recorder.clock.advance(timedelta(hours=2))
    deadlines.confirm_start(INCIDENT, "awareness", START + timedelta(hours=1), COMMANDER)
    deadlines.confirm_start(INCIDENT, "awareness", START, COMPLIANCE, "first line of support")
    assert rows(deadlines)[OUTER].alert_at == "2026-12-17T09:17:00.000000Z"
    moves = [f.read(ClockRecalculated) for f in recorder.facts(kind="respond.clock-recalculated")]
    outer = next(move for move in moves if move.stage == OUTER.stage)
    assert (outer.moved, outer.before.alert_at) == ("earlier", "2026-12-17T10:17:00.000000Z")


def test_a_later_start_is_a_correction_and_needs_a_reason(recorder, deadlines):
    """The earliest awareness counts: nobody moves a date away silently."""
    deadlines.select(INCIDENT, TOLD, COMMANDER)
    recorder.clock.advance(timedelta(hours=2))
    deadlines.confirm_start(INCIDENT, "awareness", START, COMMANDER)
    with pytest.raises(ConflictError, match="already"):
        deadlines.confirm_start(INCIDENT, "awareness", START + timedelta(hours=1), COMMANDER)
    deadlines.confirm_start(
        INCIDENT, "awareness", START + timedelta(hours=1), COMMANDER, reason="wrong log line"
    )
    assert rows(deadlines)[OUTER].alert_at == "2026-12-17T10:17:00.000000Z"
    assert next(iter(rows(Deadlines(recorder)).values())).started_at is not None


def test_a_new_fact_starts_a_shorter_clock(recorder, deadlines):
    """A serious incident has 15 days, and 10 from the same awareness when a person dies of it later."""
    recorder.clock.turn_to(datetime(2027, 12, 10, 9, tzinfo=UTC))
    told = msgspec.structs.replace(
        TOLD,
        facts={
            **TOLD.facts,
            "serious-incident-15-day": True,
            "widespread-or-infrastructure": False,
            "death": False,
        },
    )
    deadlines.select(INCIDENT, told, COMMANDER)
    deadlines.confirm_start(INCIDENT, "awareness", recorder.clock.now(), COMMANDER)
    assert rows(deadlines)["eu-aia-73-general", "report"].nominal_due == "2027-12-25T22:59:59.000000Z"
    assert rows(deadlines)["eu-aia-73-death", ""].state == "not-applicable"
    recorder.clock.advance(timedelta(days=4))
    died = msgspec.structs.replace(told, facts={**told.facts, "death": True})
    deadlines.select(INCIDENT, died, COMMANDER)
    death = rows(deadlines)["eu-aia-73-death", "report"]
    assert (death.state, death.nominal_due) == ("running", "2027-12-20T22:59:59.000000Z")
    board = [
        row.obligation
        for row in deadlines.board(INCIDENT)
        if row.alert_at and row.obligation.startswith("eu-aia")
    ]
    assert board.index("eu-aia-73-death") < board.index("eu-aia-73-general")


def test_sending_meets_the_clock_and_starts_the_next(recorder, deadlines):
    """The initial notification meets both its limits; the intermediate report counts from its sending."""
    start_dora(recorder, deadlines)
    recorder.clock.advance(timedelta(hours=3))
    sent = recorder.clock.now()
    facts = deadlines.met(INCIDENT, INITIAL, sent_at=sent, recipient="BaFin", proof=PROOF, actor=COMPLIANCE)
    assert [f.kind for f in facts] == ["respond.clock-met", "respond.clock-met", "respond.clock-started"]
    board = rows(deadlines)
    assert (board[INITIAL].state, board[OUTER].state, board[INTERMEDIATE].state) == ("met", "met", "running")
    assert board[INTERMEDIATE].alert_at == "2026-12-19T13:17:00.000000Z"
    with pytest.raises(ConflictError, match="was met"):
        deadlines.met(INCIDENT, INITIAL, sent_at=sent, recipient="BaFin", proof=PROOF, actor=COMPLIANCE)


def test_late_is_late_by_the_nominal_and_by_the_adjusted_date(recorder, deadlines):
    """Sent within the rounded hour is late by plain counting only; afterwards it is late by both."""
    start_dora(recorder, deadlines)
    recorder.clock.advance(timedelta(hours=4, minutes=10))
    facts = deadlines.met(
        INCIDENT, INITIAL, sent_at=recorder.clock.now(), recipient="BaFin", proof=PROOF, actor=COMPLIANCE
    )
    assert (facts[0].body["in_time_nominal"], facts[0].body["in_time_adjusted"]) == (False, True)
    assert rows(deadlines)[INITIAL].state == "met"


def test_a_late_classification_ends_the_outer_limit(recorder, deadlines):
    """Delegated Regulation 2025/301 Article 5(2): classified after 24 hours, only the four hours count."""
    deadlines.select(INCIDENT, TOLD, COMMANDER)
    deadlines.confirm_start(INCIDENT, "awareness", START, COMMANDER)
    recorder.clock.advance(timedelta(hours=25))
    assert rows(deadlines)[OUTER].state == "overdue"
    deadlines.confirm_start(INCIDENT, "classification", recorder.clock.now(), COMPLIANCE)
    assert (rows(deadlines)[OUTER].state, rows(deadlines)[INITIAL].state) == ("lapsed", "running")


def test_warnings_come_once_at_each_mark(recorder, deadlines):
    """50, 80, 95 % and run out: one fact each, also after a long sleep; a met clock is silent."""
    start_dora(recorder, deadlines)
    marks = []
    for minutes in (60, 90, 60, 20, 30):
        recorder.clock.advance(timedelta(minutes=minutes))
        facts = [f.read(ClockWarned) for f in deadlines.warn_due(COMMANDER)]
        marks.append([w.used_percent for w in facts if (w.obligation, w.stage) == INITIAL])
        assert deadlines.warn_due(COMMANDER) == []
    assert marks == [[], [50], [80], [95], [100]]
    assert rows(deadlines)[INITIAL].state == "overdue"
    recorder.clock.advance(timedelta(days=60))
    assert {f.body["stage"] for f in deadlines.warn_due(COMMANDER)} >= {OUTER.stage, "report"}


def test_nobody_declines_under_a_rule_that_counsel_has_not_adopted(recorder, deadlines):
    """Not to notify needs a reason, an entitled person, settled facts, and an adopted rule."""
    deadlines.select(INCIDENT, TOLD, COMMANDER)
    with pytest.raises(DeniedError, match="adopted"):
        deadlines.decide_no_notify(INCIDENT, "eu-dora-19", "exempt", COUNSEL)
    with pytest.raises(DeniedError, match="incident-commander"):
        deadlines.decide_no_notify(INCIDENT, "eu-dora-19", "exempt", COMMANDER)
    with pytest.raises(DeniedError, match="'p-legal', not 'p-other'"):
        deadlines.decide_no_notify(INCIDENT, "eu-dora-19", "exempt", Actor(id="p-other", role="legal"))
    adviser = Actor(id="p-dpo", role="data-protection-officer")
    with pytest.raises(DeniedError, match="data-protection-officer"):
        deadlines.decide_no_notify(INCIDENT, "eu-dora-19", "exempt", adviser)
    with pytest.raises(ConflictError, match="needs-counsel"):
        deadlines.decide_no_notify(INCIDENT, "eu-aia-73-general", "exempt", COUNSEL)
    with pytest.raises(DeniedError, match="only counsel"):
        deadlines.adopt("eu-dora-19", "read", COMPLIANCE)
    adoption = deadlines.adopt("eu-dora-19", "Read against the Official Journal", COUNSEL)
    with pytest.raises(UsageError, match="reason"):
        deadlines.decide_no_notify(INCIDENT, "eu-dora-19", " ", COUNSEL)
    fact = deadlines.decide_no_notify(INCIDENT, "eu-dora-19", "Reported by the group's lead entity", COUNSEL)
    assert (fact.body["adoption"], adoption.id in fact.caused_by) == (adoption.id, True)
    states = {row.state for row in deadlines.board(INCIDENT) if row.obligation == "eu-dora-19"}
    assert states == {"no-notify"}
    assert all(row.review == "adopted" for row in deadlines.board(INCIDENT) if row.obligation == "eu-dora-19")


def test_a_recalled_limit_gets_its_date_when_a_named_person_confirms_it(recorder, deadlines):
    """US bank rule from memory: needs counsel, then waits for its stage to be confirmed, then runs."""
    told = msgspec.structs.replace(
        TOLD,
        jurisdictions=("US",),
        roles=("us-bank",),
        facts={"us-bank-notification-incident": True},
        basis={},
    )
    clock = ClockKey("us-bank-36h", "regulator")
    deadlines.select(INCIDENT, told, COMMANDER)
    assert (rows(deadlines)[clock].state, rows(deadlines)[clock].alert_at) == ("needs-counsel", None)
    deadlines.adopt("us-bank-36h", "Read, but the limit was not checked", COUNSEL)
    deadlines.select(INCIDENT, told, COMMANDER)
    deadlines.confirm_start(INCIDENT, "determination", START, COMMANDER)
    assert (rows(deadlines)[clock].state, rows(deadlines)[clock].alert_at) == ("unconfirmed", None)
    deadlines.adopt("us-bank-36h", "Checked in the CFR", COUNSEL, confirm=["regulator"])
    facts = deadlines.recalc(INCIDENT, COUNSEL, "the limit was confirmed")
    assert [f.kind for f in facts] == ["respond.clock-started"]
    assert rows(deadlines)[clock].alert_at == "2026-12-17T21:17:00.000000Z"
    assert deadlines.recalc(INCIDENT, COUNSEL, "again") == []


def test_a_date_from_a_letter_or_a_contract_stands_among_the_others(recorder, deadlines):
    """An insurer's 24 hours are on the board, warn, and are met with a proof like any other."""
    clock = ClockKey("insurer-notice", "first-notice")
    deadlines.fix(
        INCIDENT,
        clock,
        title="Notice of circumstances under the cyber policy",
        due_at=START + timedelta(hours=24),
        basis="insurer",
        recipient="the insurer",
        source="c" * 64,
        actor=COMMANDER,
    )
    assert (rows(deadlines)[clock].state, rows(deadlines)[clock].review) == ("running", "set")
    recorder.clock.advance(timedelta(hours=13))
    assert [f.body["used_percent"] for f in deadlines.warn_due(COMMANDER)] == [50]
    deadlines.met(
        INCIDENT, clock, sent_at=recorder.clock.now(), recipient="the insurer", proof=PROOF, actor=COMMANDER
    )
    assert rows(deadlines)[clock].state == "met"
    with pytest.raises(UsageError, match="before its start"):
        deadlines.fix(
            INCIDENT,
            clock,
            title="late",
            due_at=START,
            basis="contract",
            recipient="a customer",
            source="c" * 64,
            actor=COMMANDER,
        )


def test_requests_that_fit_nothing_are_refused_and_leave_no_fact(recorder, deadlines):
    """Unknown incidents, events, clocks, proofs and future instants: one sentence each, nothing written."""
    deadlines.select(INCIDENT, TOLD, COMMANDER)
    size = recorder.head().size
    later = START + timedelta(seconds=1)
    with pytest.raises(NotFoundError, match="'inc-9'"):
        deadlines.select("inc-9", TOLD, COMMANDER)
    with pytest.raises(UsageError, match="future"):
        deadlines.confirm_start(INCIDENT, "awareness", later, COMMANDER)
    with pytest.raises(UsageError, match="'enlightenment'") as refused:
        deadlines.confirm_start(INCIDENT, "enlightenment", START, COMMANDER)
    assert "classification" in refused.value.hint
    with pytest.raises(NotFoundError, match="runs here"):
        deadlines.met(INCIDENT, INITIAL, sent_at=START, recipient="x", proof=PROOF, actor=COMMANDER)
    with pytest.raises(UsageError, match="SHA-256"):
        deadlines.met(INCIDENT, INITIAL, sent_at=START, recipient="x", proof="receipt.pdf", actor=COMMANDER)
    with pytest.raises(NotFoundError, match="not among"):
        deadlines.decide_no_notify(INCIDENT, "sg-pdpa", "abroad", COUNSEL)
    assert size == recorder.head().size


def test_the_board_at_a_past_or_future_instant_is_computed_not_stored(recorder, deadlines):
    """The same record asked for another instant: nothing is written by looking."""
    start_dora(recorder, deadlines)
    size = recorder.head().size
    due = parse_instant("2026-12-16T14:17:00Z")
    assert [
        rows(deadlines, due)[INITIAL].state,
        rows(deadlines, due + timedelta(seconds=1))[INITIAL].state,
    ] == [
        "running",
        "overdue",
    ]
    assert [row.obligation for row in deadlines.board()] == [
        row.obligation for row in deadlines.board(INCIDENT)
    ]
    assert size == recorder.head().size


def test_a_rule_that_left_the_pack_is_shown_for_counsel(recorder, deadlines):
    """After a pack update without the rule, its clock does not vanish from the board."""
    deadlines.select(INCIDENT, TOLD, COMMANDER)
    rest = {name: o for name, o in deadlines.pack.obligations.items() if name != "eu-dora-19"}
    smaller = Deadlines(recorder, msgspec.structs.replace(deadlines.pack, obligations=rest))
    row = next(row for row in smaller.board(INCIDENT) if row.obligation == "eu-dora-19")
    assert (row.state, "no longer" in row.why[0]) == ("needs-counsel", True)
