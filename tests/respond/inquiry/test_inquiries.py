"""An authority's letter in a real record with real decisions: from receipt to a cleared response."""

import json
import math
from datetime import UTC, datetime, timedelta

import pytest

from probative.kernel.actor import Actor
from probative.kernel.clock import ManualClock, format_instant
from probative.kernel.errors import ConflictError, DeniedError, NotFoundError, UsageError
from probative.kernel.ids import uuid7
from probative.record.decisions.schema import Column, decision_schema
from probative.respond.deadlines import Deadlines
from probative.respond.hold import Holds
from probative.respond.inquiry import (
    CohortDefinition,
    Condition,
    Contribution,
    Inquiries,
    Letter,
    Question,
    Reasons,
    Statement,
)
from probative.testing import fresh_workspace
from tests.respond.matter import COMMANDER, COMPLIANCE, COUNSEL, INCIDENT, SCRIBE, SYSTEM, open_incident

START = datetime(2026, 12, 18, 9, tzinfo=UTC)
NAME = "inq-1"
LETTER = Letter(
    content=b"Please explain the rejections of November. Signed, the authority.",
    sender="BaFin",
    power="Art. 58(1)(a) GDPR",
    received_at=START,
    questions=(
        Question(number=1, text="How many were rejected?", due_at="2026-12-21T09:00:00Z"),
        Question(number=2, text="Why was applicant 7 rejected?", due_at="2027-01-08T16:00:00Z"),
    ),
)
REJECTED = CohortDefinition(
    system=SYSTEM,
    since="2026-11-01T00:00:00.000000Z",
    until="2026-12-01T00:00:00.000000Z",
    where=(Condition(column="rejected", op="==", value=1),),
)
SCHEMA = decision_schema(
    SYSTEM,
    Column(name="income", type="float64", role="feature"),
    Column(name="age_of_account", type="int32", role="feature"),
    Column(name="rejected", type="int8", role="prediction"),
    Column(name="score", type="float64", role="probability"),
    Column(name="model_sha256", type="text", role="model"),
    Column(name="sex", type="text", role="protected"),
)
DECIDED = [datetime(2026, 11, 3, hour, tzinfo=UTC) for hour in range(10)]
IDS = [str(uuid7(at, bytes([n]) * 10)) for n, at in enumerate(DECIDED)]


def decision(n):
    """Return the n-th decision: every second one is a rejection."""
    return {
        "decision_id": IDS[n],
        "decided_at": DECIDED[n],
        "subject": f"s-{n}",
        "income": 1000.0 + n,
        "age_of_account": n,
        "rejected": n % 2,
        "score": 0.25 if n % 2 == 0 else 0.75,
        "model_sha256": "ab" * 32,
        "sex": "f" if n % 3 else "m",
    }


@pytest.fixture
def workspace(tmp_path):
    """A workspace with an incident and ten decisions, half of them rejections."""
    workspace = fresh_workspace(tmp_path, ManualClock(START))
    open_incident(workspace.recorder)
    workspace.decisions.declare(SCHEMA, COMMANDER)
    workspace.decisions.record(SYSTEM, [decision(n) for n in range(10)])
    outcome = {"decision_id": IDS[7], "observed_at": datetime(2026, 11, 20, tzinfo=UTC), "outcome": 0}
    workspace.decisions.record_outcomes(SYSTEM, [outcome])
    yield workspace
    workspace.decisions.close()


@pytest.fixture
def recorder(workspace):
    """Its recorder."""
    return workspace.recorder


@pytest.fixture
def inquiries(workspace):
    """Its inquiries, with the letter opened."""
    found = Inquiries(workspace.recorder, workspace.decisions)
    found.open(NAME, SYSTEM, LETTER, SCRIBE, INCIDENT)
    return found


def test_a_letter_is_hashed_held_and_timed_at_once(workspace, recorder, inquiries):
    """The exact bytes come back, a hold over everything stands, every question has its clock."""
    opened = next(recorder.facts(kind="respond.inquiry-opened", subject=f"inquiry/{NAME}"))
    assert recorder.get(opened.body["letter"]) == LETTER.content
    assert opened.occurred_at == START
    assert f"incident/{INCIDENT}" in [item.name for item in opened.subjects]
    (hold,) = Holds(recorder).standing(SYSTEM)
    assert (hold.placed.inquiry, hold.placed.provisional, hold.scope.until) == (NAME, True, "")
    board = Deadlines(recorder).board(NAME)
    assert [(row.stage, row.state, row.alert_at) for row in board] == [
        ("question-1", "running", "2026-12-21T09:00:00.000000Z"),
        ("question-2", "running", "2027-01-08T16:00:00.000000Z"),
    ]
    entries = b"".join(recorder.entry(index) for index in range(recorder.head().size))
    assert b"Why was applicant" not in entries


def test_the_same_letter_again_goes_on_and_another_is_refused(recorder, inquiries):
    """Opening again after a crash places no second hold; other bytes under the name are a conflict."""
    inquiries.open(NAME, SYSTEM, LETTER, SCRIBE, INCIDENT)
    assert len(list(recorder.facts(kind="respond.inquiry-opened"))) == 1
    assert len(list(recorder.facts(kind="respond.hold-placed"))) == 1
    other = Letter(
        content=b"another",
        sender="BaFin",
        power="?",
        received_at=START,
        questions=LETTER.questions,
    )
    with pytest.raises(ConflictError, match="another letter"):
        inquiries.open(NAME, SYSTEM, other, SCRIBE)


def test_a_cohort_is_frozen_by_digest_and_count(recorder, inquiries):
    """The sorted ids of November's rejections, counted on sealed rows; asked again it is the same."""
    fact = inquiries.freeze_cohort(NAME, REJECTED, COMPLIANCE)
    assert fact.body["rows"] == 5
    assert recorder.get(fact.body["ids"]).decode().split() == sorted(IDS[n] for n in range(1, 10, 2))
    assert len(list(recorder.facts(kind="record.segment-sealed"))) >= 1
    assert inquiries.recheck_cohort(NAME).same
    with pytest.raises(ConflictError, match="frozen already"):
        inquiries.freeze_cohort(NAME, REJECTED, COMPLIANCE)


def test_decisions_that_come_late_are_said(workspace, inquiries):
    """A decision of that time recorded afterwards does not change the cohort; asking again shows it."""
    inquiries.freeze_cohort(NAME, REJECTED, COMPLIANCE)
    late = {**decision(1), "decision_id": str(uuid7(DECIDED[1], b"late-comer!"[:10]))}
    workspace.decisions.record(SYSTEM, [late])
    check = inquiries.recheck_cohort(NAME)
    assert (check.rows, check.added, check.missing, check.same) == (5, 1, 0, False)


def test_cohorts_that_say_nothing_are_refused(recorder, inquiries):
    """An empty cohort, one of another system, and one by a protected attribute leave no fact."""
    size = recorder.head().size
    december = CohortDefinition(
        system=SYSTEM, since="2026-12-01T00:00:00.000000Z", until="2026-12-02T00:00:00.000000Z"
    )
    with pytest.raises(UsageError, match="protected"):
        inquiries.freeze_cohort(
            NAME,
            CohortDefinition(
                system=SYSTEM,
                since=REJECTED.since,
                until=REJECTED.until,
                where=(Condition(column="sex", op="==", value="f"),),
            ),
            COMPLIANCE,
        )
    with pytest.raises(UsageError, match="'other'"):
        inquiries.freeze_cohort(
            NAME, CohortDefinition(system="other", since=REJECTED.since, until=REJECTED.until), COMPLIANCE
        )
    assert size == recorder.head().size
    with pytest.raises(UsageError, match="No decision meets"):
        inquiries.freeze_cohort(NAME, december, COMPLIANCE)
    assert not list(recorder.facts(kind="respond.cohort-frozen"))


def test_a_dossier_holds_exactly_what_the_proof_shows(recorder, inquiries):
    """Input, model, output and the human's later word come from the record; reasons are labelled."""
    reasons = Reasons(
        method="logistic regression: coefficient times standardised value",
        unit="log-odds",
        baseline=0.0,
        contributions=(
            Contribution(feature="income", value=1.0),
            Contribution(feature="age_of_account", value=0.1),
        ),
    )
    fact = inquiries.dossier(NAME, IDS[7], SCRIBE, reasons)
    dossier = json.loads(recorder.get(fact.body["dossier"]))
    assert dossier["input"] == {"income": 1007.0, "age_of_account": 7}
    assert dossier["output"] == {"rejected": 1, "score": 0.75}
    assert dossier["model"] == {"model_sha256": "ab" * 32}
    assert (dossier["subject"], dossier["decided_at"]) == ("s-7", format_instant(DECIDED[7]))
    assert [row["outcome"] for row in dossier["later"]] == [0]
    assert "sex" not in json.dumps(dossier["input"]) + json.dumps(dossier["other"])
    assert dossier["proof"]["manifest"] in fact.caused_by
    assert "approximation" in dossier["reasons"]["label"].lower()
    assert math.isclose(dossier["reasons"]["adds_up_within"], abs(1.1 - math.log(3)))
    assert fact.body["missing"] == ["the schema records no release"]


def test_what_was_not_recorded_is_named(recorder, inquiries):
    """No outcome, no reasons: the dossier says so and fills nothing in."""
    fact = inquiries.dossier(NAME, IDS[2], SCRIBE)
    dossier = json.loads(recorder.get(fact.body["dossier"]))
    assert "reasons" not in dossier
    assert (fact.body["approximate"], dossier["later"]) == (False, [])
    assert "no outcome, label or human override is recorded" in fact.body["missing"]


def test_reasons_about_something_else_are_refused(inquiries):
    """A reason names a recorded input, in finite numbers; an unknown decision is not found."""
    odd = Reasons(
        method="m", unit="log-odds", baseline=0.0, contributions=(Contribution(feature="sex", value=1.0),)
    )
    with pytest.raises(UsageError, match="'sex'"):
        inquiries.dossier(NAME, IDS[2], SCRIBE, odd)
    endless = Reasons(method="m", unit="log-odds", baseline=math.inf, contributions=())
    with pytest.raises(UsageError, match="finite"):
        inquiries.dossier(NAME, IDS[2], SCRIBE, endless)
    with pytest.raises(NotFoundError):
        inquiries.dossier(NAME, str(uuid7(START, bytes(10))), SCRIBE)


def test_only_statements_with_evidence_about_this_system_are_taken(recorder, inquiries):
    """A cited fact exists and is about the system; the answer names it by its full id."""
    frozen = inquiries.freeze_cohort(NAME, REJECTED, COMPLIANCE)
    fact = inquiries.record_answer(
        NAME, 1, [Statement(text="Five were rejected.", evidence=(f"#{frozen.index}",))], SCRIBE
    )
    assert (fact.body["evidence"], frozen.id in fact.caused_by) == ([frozen.id], True)
    with pytest.raises(UsageError, match="cites no evidence"):
        inquiries.record_answer(NAME, 1, [Statement(text="Trust us.", evidence=())], SCRIBE)
    with pytest.raises(UsageError, match="not about"):
        inquiries.record_answer(NAME, 1, [Statement(text="It exists.", evidence=("#0",))], SCRIBE)
    with pytest.raises(NotFoundError):
        inquiries.record_answer(NAME, 1, [Statement(text="It exists.", evidence=("f" * 64,))], SCRIBE)
    with pytest.raises(NotFoundError, match="no question 9"):
        inquiries.record_answer(NAME, 9, [Statement(text="It exists.", evidence=("#0",))], SCRIBE)


def answer_everything(inquiries):
    """Freeze, answer both questions, verify the sender, draft."""
    frozen = inquiries.freeze_cohort(NAME, REJECTED, COMPLIANCE)
    built = inquiries.dossier(NAME, IDS[7], SCRIBE)
    inquiries.record_answer(NAME, 1, [Statement(text="Five were rejected.", evidence=(frozen.id,))], SCRIBE)
    inquiries.record_answer(NAME, 2, [Statement(text="See the dossier.", evidence=(built.id,))], SCRIBE)
    inquiries.verify_sender(NAME, genuine=True, method="call to the published number", actor=COMMANDER)
    return inquiries.draft_response(NAME, SCRIBE)


def test_two_people_clear_a_response_and_the_clocks_are_met(recorder, inquiries):
    """Drafted by one, cleared by two others, one of compliance; its digest meets the question's clock."""
    response = answer_everything(inquiries)
    text = recorder.get(response.body["response"]).decode()
    assert "- Five were rejected. [E1]" in text
    assert "Not answered" not in text
    assert [row.state for row in inquiries.matrix(NAME)] == ["answered", "answered"]
    inquiries.review(NAME, True, COMPLIANCE)
    assert inquiries.progress(NAME).objections == ["1 of 2 reviewers agree"]
    inquiries.review(NAME, True, COMMANDER, "numbers checked")
    assert inquiries.progress(NAME).cleared
    recorder.clock.advance(timedelta(hours=40))
    facts = inquiries.mark_sent(NAME, recorder.clock.now(), COMPLIANCE, b"received")
    assert [f.kind for f in facts] == ["respond.inquiry-answered", "respond.clock-met", "respond.clock-met"]
    assert {f.body.get("proof", response.body["response"]) for f in facts} == {response.body["response"]}
    assert recorder.get(facts[0].body["receipt"]) == b"received"
    assert [row.state for row in Deadlines(recorder).board(NAME)] == ["met", "met"]
    assert inquiries.progress(NAME).answered is not None


def test_a_response_that_is_not_cleared_does_not_go_out(recorder, inquiries):
    """One reviewer is missing: marking it as sent is refused with that objection, and nothing is written."""
    with pytest.raises(ConflictError, match="no response is drafted"):
        inquiries.mark_sent(NAME, START, COMPLIANCE)
    answer_everything(inquiries)
    inquiries.review(NAME, True, COMPLIANCE)
    size = recorder.head().size
    with pytest.raises(ConflictError, match="1 of 2 reviewers agree"):
        inquiries.mark_sent(NAME, START, COMPLIANCE)
    assert size == recorder.head().size


def test_what_keeps_a_response_from_being_cleared(inquiries):
    """Own words, the adviser, a dissenter, one reviewer twice, a changed answer: none of them clears."""
    answer_everything(inquiries)
    with pytest.raises(DeniedError, match="drafted the response"):
        inquiries.review(NAME, True, SCRIBE)
    adviser = Actor(id="p-dpo", role="data-protection-officer")
    with pytest.raises(DeniedError, match="advises"):
        inquiries.review(NAME, True, adviser)
    with pytest.raises(DeniedError, match="'p-legal', not 'p-x'"):
        inquiries.review(NAME, True, Actor(id="p-x", role="legal"))
    inquiries.review(NAME, True, COMMANDER)
    inquiries.review(NAME, True, Actor(id=COMMANDER.id, role="compliance"))
    inquiries.review(NAME, False, adviser, "the audit is missing")
    objections = inquiries.progress(NAME).objections
    assert objections == ["'p-dpo' disagrees", "1 of 2 reviewers agree"]
    inquiries.review(NAME, True, Actor(id=adviser.id, role="compliance"))
    assert inquiries.progress(NAME).cleared
    cited = next(iter(inquiries.progress(NAME).opened.questions)).number
    inquiries.record_answer(
        NAME, cited, [Statement(text="Six.", evidence=(inquiries.progress(NAME).opened_fact,))], SCRIBE
    )
    assert inquiries.progress(NAME).objections == ["answers changed since the response was drafted"]


def test_an_unanswered_question_and_an_unknown_sender_are_objections(inquiries):
    """A response may be drafted early, and then says what it lacks."""
    inquiries.draft_response(NAME, SCRIBE)
    inquiries.review(NAME, True, COUNSEL)
    inquiries.review(NAME, True, COMPLIANCE)
    assert inquiries.progress(NAME).objections == [
        "question 1 is not answered",
        "question 2 is not answered",
        "the sender is not verified",
    ]


def test_letters_that_are_none_and_inquiries_that_are_not_there(recorder, inquiries):
    """No bytes, the future, an unknown system, an unknown inquiry: one sentence each, nothing written."""
    size = recorder.head().size
    empty = Letter(content=b"", sender="BaFin", power="?", received_at=START, questions=LETTER.questions)
    with pytest.raises(UsageError, match="empty"):
        inquiries.open("inq-2", SYSTEM, empty, SCRIBE)
    future = Letter(
        content=b"x", sender="B", power="?", received_at=START + timedelta(days=1), questions=LETTER.questions
    )
    with pytest.raises(UsageError, match="future"):
        inquiries.open("inq-2", SYSTEM, future, SCRIBE)
    with pytest.raises(NotFoundError, match="'nothing'"):
        inquiries.open("inq-2", "nothing", LETTER, SCRIBE)
    with pytest.raises(NotFoundError, match="'inq-9'"):
        inquiries.matrix("inq-9")
    with pytest.raises(NotFoundError, match="no drafted response"):
        inquiries.review(NAME, True, COMPLIANCE)
    assert size == recorder.head().size
