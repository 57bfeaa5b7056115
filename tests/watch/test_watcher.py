"""The watcher's own methods: declarations, silences, recomputing, audits; mistakes are refused first."""

from datetime import timedelta

import pyarrow as pa
import pytest

from probative.kernel.canon import canonical, parse_strict
from probative.kernel.clock import format_instant
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import ConflictError, NotFoundError, TamperError, UsageError
from probative.record.facts import Draft, subject
from probative.watch.counting.profile import Attribute, Meaning
from probative.watch.counting.reference import read_reference
from probative.watch.facts import Cohort, FairnessAudited, ReadingTaken
from probative.watch.measures.measured import Status
from tests.watch.conftest import ACTOR, MEANING, START, decided

SEX, AGE = Attribute(name="sex"), Attribute(name="age", bands=(30, 50))
COLOUR = """
template = "tabular-drift"
[[measures]]
measure = "psi"
threshold = "psi-convention"
columns = ["colour"]
"""
WEEK = Cohort(since=format_instant(START), until=format_instant(START + timedelta(days=7)))


def test_a_reference_holds_features_and_predictions_only(desk):
    """Protected attributes never enter a reference, and the meaning is completed from the schema."""
    reference = read_reference(desk.recorder.get(desk.reference))
    assert [c.name for c in reference.profile.columns] == ["income", "months", "job", "p_default", "decision"]
    assert (reference.profile.meaning.prediction, reference.profile.meaning.probability) == (
        "decision",
        "p_default",
    )
    fact = next(desk.recorder.facts(kind="watch.reference-taken"))
    assert (fact.body["rows"], fact.body["source"]) == (4000, "table of 4000 rows")


def test_a_reference_can_be_a_span_of_the_log(desk):
    """What was decided in a quiet week can be compared with; protected columns stay behind."""
    desk.stream(0, label_after=timedelta(hours=1))
    span = (START, START + timedelta(days=1))
    digest = desk.watcher.take_reference("loans", span, meaning=MEANING, actor=ACTOR)
    reference = read_reference(desk.recorder.get(digest))
    assert reference.state.rows == 400
    assert sum(reference.state.score.positives) > 0
    assert reference.source.startswith("decisions from 2026-10-05")
    assert desk.watcher.take_reference("loans", span, meaning=MEANING, actor=ACTOR) == digest
    assert len(list(desk.recorder.facts(kind="watch.reference-taken"))) == 2


@pytest.mark.parametrize(
    ("meaning", "drop", "sentence"),
    [
        (Meaning(prediction="verdict"), [], "no prediction column 'verdict'"),
        (Meaning(probability="income"), [], "no probability column 'income'"),
        (MEANING, ["income"], "no column 'income'"),
    ],
)
def test_references_that_do_not_fit_are_refused(desk, meaning, drop, sentence):
    """A wrong column is named before anything is recorded."""
    size = desk.recorder.head().size
    table = decided(100, START)[0].drop(drop)
    with pytest.raises(UsageError, match=sentence):
        desk.watcher.take_reference("loans", table, meaning=meaning, actor=ACTOR)
    assert desk.recorder.head().size == size


def test_declaring_the_same_again_changes_nothing(desk):
    """A redeclared monitor is the fact there is; a changed one is the next version."""
    first = desk.monitor()
    assert desk.monitor().id == first.id
    assert desk.monitor('template = "tabular-drift"\nseverity = 3').body["version"] == 2
    assert [fact.body["version"] for fact in desk.watcher.monitors("loans").values()] == [2]
    assert ("loans", "drift") in desk.watcher.monitors()


def test_declarations_that_could_never_be_evaluated_are_refused(desk):
    """An unknown reference, column, system or authorisation is found at once."""
    with pytest.raises(NotFoundError):
        desk.monitor(reference="00" * 32)
    with pytest.raises(UsageError, match="not of 'other'"):
        desk.monitor(system="other")
    with pytest.raises(UsageError, match="has no column 'colour'"):
        desk.monitor(COLOUR)
    registration = next(desk.recorder.facts(kind="record.system-registered")).id
    with pytest.raises(UsageError, match="authorises no audit"):
        desk.monitor('template = "tabular-fairness"\nattributes = [{name = "sex"}]', audit=registration)


def test_an_unknown_monitor_is_not_found(desk):
    """A typed name is answered with how to find the right one."""
    with pytest.raises(NotFoundError, match="no monitor 'drfit'"):
        desk.watcher.evaluate("loans", "drfit")


def test_every_reading_can_be_recomputed(desk):
    """From the blobs that a reading names, it comes out again byte for byte."""
    desk.monitor()
    desk.stream(0)
    desk.stream(1, factor=1000)
    desk.turn_to(2)
    desk.watcher.evaluate("loans")
    for fact in desk.watcher.readings("loans"):
        assert desk.watcher.recompute(fact) == fact.read(ReadingTaken)


def test_a_reading_that_does_not_follow_is_tampering(desk):
    """A reading forged by somebody who may write to the ledger contradicts its own counts."""
    desk.monitor()
    desk.stream(0, factor=1000)
    desk.turn_to(1)
    honest = desk.watcher.evaluate("loans")[0].read(ReadingTaken)
    forged = ReadingTaken(
        **{name: getattr(honest, name) for name in honest.__struct_fields__} | {"measures": ()}
    )
    fact = desk.recorder.append(Draft(body=forged, subjects=(subject("system/loans"),), actor=ACTOR))[0]
    with pytest.raises(TamperError, match="cannot be reproduced"):
        desk.watcher.recompute(fact)


def test_a_silence_needs_reason_and_end(desk):
    """At most thirty days, a reason and an owner; and then it holds signals back."""
    desk.monitor()
    now = desk.clock.now()
    ask = {"owner": "p-7", "reason": "known migration", "actor": ACTOR}
    for wrong in (timedelta(0), timedelta(days=31)):
        with pytest.raises(UsageError, match="over already or too long"):
            desk.watcher.silence("loans", "drift", expires_at=now + wrong, **ask)
    with pytest.raises(UsageError, match="needs a reason"):
        desk.watcher.silence("loans", "drift", expires_at=now + timedelta(days=1), **{**ask, "reason": " "})
    with pytest.raises(NotFoundError):
        desk.watcher.silence("loans", "other", expires_at=now + timedelta(days=1), **ask)
    desk.watcher.silence("loans", "drift", expires_at=now + timedelta(days=3), **ask)
    for day in range(5):
        desk.stream(day, factor=1000)
        desk.turn_to(day + 1)
        desk.watcher.evaluate("loans")
        assert len(desk.watcher.signals("loans")) == (0 if day < 2 else 1)


def audit(desk, cohort=WEEK, attributes=(SEX, AGE), **more):
    """Audit the week of decisions."""
    return desk.watcher.audit_fairness("loans", cohort, desk.authorise(), attributes, actor=ACTOR, **more)


def test_an_audit_freezes_its_cohort_and_can_be_done_again(desk):
    """The result names the cohort's digest and everything else needed; doing it again gives the same fact."""
    for day in range(3):
        desk.stream(day, n=1000, bias=0.15, label_after=timedelta(days=1))
    fact_id = desk.authorise()
    first = desk.watcher.audit_fairness(
        "loans", WEEK, fact_id, (SEX, AGE), intersections=[("sex", "age")], actor=ACTOR
    )
    body = first.read(FairnessAudited)
    ids = sorted(desk.decisions.read("loans", columns=["decision_id"])["decision_id"].to_pylist())
    assert body.cohort.count == 3000
    assert body.cohort.sha256 == sha256_hex("".join(f"{name}\n" for name in ids).encode())
    assert (body.status, first.caused_by) == (Status.BREACH, (fact_id,))
    result = parse_strict(desk.recorder.get(body.result))
    assert canonical(result) == desk.recorder.get(body.result)
    assert len(result["measures"]) == body.measured
    assert {m["column"] for m in result["measures"]} == {"sex", "age", "sex x age"}
    assert "not a legal finding" in result["notice"]
    again = desk.watcher.audit_fairness(
        "loans", body.cohort, fact_id, (SEX, AGE), intersections=[("sex", "age")], actor=ACTOR
    )
    assert again.read(FairnessAudited).measures == body.measures


def test_the_same_question_is_the_same_fact(desk):
    """Asking twice over the same rows records one audit."""
    desk.stream(0, n=500)
    fact_id = desk.authorise()
    found = {desk.watcher.audit_fairness("loans", WEEK, fact_id, (SEX,), actor=ACTOR).id for _ in range(2)}
    assert len(found) == 1


def test_a_cohort_that_changed_is_refused(desk):
    """A late decision changes the cohort; the audit does not pretend otherwise."""
    desk.stream(0, n=500)
    frozen = audit(desk).read(FairnessAudited).cohort
    desk.stream(1, n=10)
    with pytest.raises(ConflictError, match="The cohort had 500 decisions"):
        audit(desk, cohort=frozen)


def test_a_cohort_can_be_chosen_by_value(desk):
    """Only the declined applicants of a kind, for an inquiry about them."""
    desk.stream(0, n=500)
    chosen = Cohort(since=WEEK.since, until=WEEK.until, where={"decision": "decline", "job": "nurse"})
    body = audit(desk, cohort=chosen).read(FairnessAudited)
    rows = desk.decisions.read("loans").to_pylist()
    assert body.cohort.count == sum(r["decision"] == "decline" and r["job"] == "nurse" for r in rows)


@pytest.mark.parametrize(
    ("cohort", "attributes", "sentence"),
    [
        (Cohort(since=WEEK.since, until=WEEK.until, where={"colour": "red"}), (SEX,), "no column 'colour'"),
        (Cohort(since=WEEK.until, until=WEEK.until), (SEX,), "No decision matches"),
        (WEEK, (Attribute(name="race"),), "no attribute 'race'"),
    ],
)
def test_questions_that_cannot_be_answered_are_refused(desk, cohort, attributes, sentence):
    """Unknown columns, empty cohorts and unknown attributes are mistakes, not empty results."""
    desk.stream(0, n=300)
    with pytest.raises(UsageError, match=sentence):
        audit(desk, cohort=cohort, attributes=attributes)


def test_an_audit_needs_an_authorisation(desk):
    """Any other fact is refused before a protected attribute is read."""
    desk.stream(0, n=300)
    registration = next(desk.recorder.facts(kind="record.system-registered")).id
    with pytest.raises(UsageError, match="authorises no audit"):
        desk.watcher.audit_fairness("loans", WEEK, registration, (SEX,), actor=ACTOR)
    assert list(desk.recorder.facts(kind="record.protected-read")) == []


def test_without_a_meaning_nothing_is_favourable(desk):
    """An audit of a system whose predictions nobody explained asks for the explanation."""
    desk.stream(0, n=300)
    meaning = Meaning(prediction="decision", favourable="approve")
    body = audit(desk, meaning=meaning, attributes=(SEX,)).read(FairnessAudited)
    assert {spec.measure for spec in body.specs} == {"selection-ratio"}, "error rates need a merited outcome"
    plain = pa.table({name: decided(300, START)[0][name] for name in ("income", "months", "job")})
    desk.watcher.take_reference("loans", plain, actor=ACTOR)
    with pytest.raises(NotFoundError, match="Nobody has said which predictions"):
        audit(desk, attributes=(SEX,))
