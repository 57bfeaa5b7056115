"""Whole stories through the gatekeeper: refused, mended, opened, asked again, and what must not work."""

import json
import sqlite3
from datetime import timedelta

import pytest

from probative.gate.facts import Threshold, TierAssigned, VerdictGiven
from probative.gate.gatekeeper import Gatekeeper
from probative.kernel.canon import canonical, parse_strict
from probative.kernel.errors import DeniedError, NotFoundError, TamperError, UsageError
from probative.kernel.outcome import Outcome
from probative.record.facts import Draft, GroupMetric, ReleaseProposed, subject
from tests.gate.evidence import ANSWERS, PEOPLE, RELEASE, SHEET, SYSTEM

WAIVER = {
    "reason": "the feed is not ready",
    "compensating": "a person checks the inputs every day",
    "requester": PEOPLE["model-owner"].id,
}


def waive(story, control="PB-MON-01", days=14, approver="chief-risk-officer", **changes):
    """Grant a waiver with defaults that are in order."""
    return story.gatekeeper.waive(
        control,
        SYSTEM,
        changes.pop("release", RELEASE),
        approver=PEOPLE[approver],
        expires_at=story.clock.now() + timedelta(days=days),
        **{**WAIVER, **changes},
    )


def test_refused_mended_opened_and_still_refused_as_of_before(story):
    """The gate refuses, evidence comes, it opens; asked about before, it still refuses."""
    story.system()
    story.tier()
    story.thresholds()
    story.assets()
    story.train()
    story.evaluate()
    story.card()
    story.sign()
    story.propose()
    closed = story.gatekeeper.check(SYSTEM, RELEASE)
    assert closed.outcome is Outcome.NOT_ASSESSABLE
    assert {result.control for result in closed.unmet} == {
        "PB-APP-01",
        "PB-DOC-02",
        "PB-LIN-01",
        "PB-MON-01",
        "PB-RES-01",
    }

    story.document("datasheet", "raw", SHEET)
    story.playbook()
    waive(story)
    story.approve("business-owner")
    story.approve("chief-risk-officer")
    opened = story.gatekeeper.check(SYSTEM, RELEASE)
    outcomes = {result.control: result.outcome for result in opened.results}
    assert (opened.outcome, opened.exit_status) == (Outcome.PASS, 0)
    assert (outcomes["PB-MON-01"], outcomes["PB-GOV-03"]) == (Outcome.WAIVED, Outcome.PASS)

    before = story.gatekeeper.check(SYSTEM, RELEASE, as_of=closed.ledger_size)
    assert before.outcome is Outcome.NOT_ASSESSABLE
    assert before.blob == closed.blob


def test_every_verdict_replays_to_the_same_bytes(complete):
    """The blob that was stored, the replay, and a question about that size are one and the same text."""
    verdict = complete.gatekeeper.check(SYSTEM, RELEASE)
    body = complete.recorder.fact(verdict.fact).read(VerdictGiven)
    stored = complete.recorder.get(body.blob)
    replay = complete.gatekeeper.replay(SYSTEM, RELEASE, verdict.ledger_size)
    assert (replay.identical, replay.differences) == (True, ())
    assert stored == verdict.blob == replay.verdict.blob
    assert stored == complete.gatekeeper.check(SYSTEM, RELEASE, as_of=verdict.ledger_size).blob
    assert stored == canonical(parse_strict(stored))


def test_a_replay_long_after_uses_the_time_of_the_verdict(story):
    """Yesterday's verdict stands on yesterday's instant, however old the evidence is today."""
    story.everything()
    verdict = story.gatekeeper.check(SYSTEM, RELEASE)
    story.clock.advance(timedelta(days=800))
    assert story.gatekeeper.replay(SYSTEM, RELEASE, verdict.ledger_size).identical
    assert story.gatekeeper.check(SYSTEM, RELEASE).outcome is Outcome.NOT_ASSESSABLE


def test_without_a_verdict_the_past_is_judged_when_the_record_reached_it(story):
    """The instant of a past size is the recorded_at of its last entry, so that the answer is repeatable."""
    story.everything()
    size = story.recorder.head().size
    reached = story.recorder.fact(f"#{size - 1}").recorded_at
    story.clock.advance(timedelta(days=900))
    story.tier()
    first = story.gatekeeper.check(SYSTEM, RELEASE, as_of=size)
    story.clock.advance(timedelta(days=900))
    again = story.gatekeeper.check(SYSTEM, RELEASE, as_of=size)
    assert (first.blob, first.outcome) == (again.blob, Outcome.PASS)
    assert first.evaluated_at.startswith(reached.isoformat()[:19])


def test_the_root_of_a_past_size_is_the_root_it_had(story):
    """A verdict on the past names the root that the ledger had at that size."""
    story.everything()
    head = story.recorder.head()
    story.tier()
    assert story.gatekeeper.check(SYSTEM, RELEASE, as_of=head.size).ledger_root == head.root.hex()


def test_a_replay_uses_the_packs_of_its_day(story):
    """A verdict names its controls as a blob; another gate with other controls replays it all the same."""
    from probative.gate.controls import parse_controls, shipped_controls

    story.everything()
    verdict = story.gatekeeper.check(SYSTEM, RELEASE)
    files = json.loads(shipped_controls().bundle)["controls"]
    stricter = {name: text.replace("n_min = 100", "n_min = 5000") for name, text in files.items()}
    later = Gatekeeper(story.recorder, parse_controls(stricter))
    assert later.replay(SYSTEM, RELEASE, verdict.ledger_size).identical
    assert later.check(SYSTEM, RELEASE, dry_run=True).outcome is Outcome.NOT_ASSESSABLE


def test_questions_record_nothing(complete):
    """A dry run, a question about the past and a replay leave the ledger as it was."""
    verdict = complete.gatekeeper.check(SYSTEM, RELEASE)
    size = complete.recorder.head().size
    complete.gatekeeper.check(SYSTEM, RELEASE, dry_run=True)
    complete.gatekeeper.check(SYSTEM, RELEASE, as_of=verdict.ledger_size)
    complete.gatekeeper.replay(SYSTEM, RELEASE, verdict.ledger_size)
    assert complete.recorder.head().size == size


def test_a_recorded_verdict_cannot_choose_its_time(complete):
    """Nobody dodges an expiry by dating a verdict back, nor asks about a time before the record."""
    past = complete.clock.now() - timedelta(days=1)
    with pytest.raises(UsageError, match="chosen time"):
        complete.gatekeeper.check(SYSTEM, RELEASE, at=past)
    with pytest.raises(UsageError, match="reached size"):
        complete.gatekeeper.check(SYSTEM, RELEASE, as_of=complete.recorder.head().size, at=past)


@pytest.mark.parametrize("size", [0, -1, 10_000])
def test_a_size_that_never_was_is_refused(complete, size):
    """There is no state before the first entry or beyond the head."""
    with pytest.raises(UsageError):
        complete.gatekeeper.check(SYSTEM, RELEASE, as_of=size)


def test_unknown_names_are_suggested(complete):
    """A misspelt system or release is not found, and the hint names the one that was perhaps meant."""
    with pytest.raises(NotFoundError) as no_system:
        complete.gatekeeper.check("credit-scorin", RELEASE)
    with pytest.raises(NotFoundError) as no_release:
        complete.gatekeeper.check(SYSTEM, "1.1.1")
    with pytest.raises(NotFoundError):
        complete.gatekeeper.replay(SYSTEM, RELEASE, 3)
    assert no_system.value.hint == "Did you mean 'credit-scoring'?"
    assert no_release.value.hint == "Did you mean '1.1.0'?"


def test_an_evaluation_of_another_model_does_not_count(story):
    """A good result of another digest is no result of this one."""
    story.everything()
    story.asset("other", "model", "training")
    story.evaluate("evaluation-2", model="other")
    story.propose(evaluation="evaluation-2")
    assert story.outcomes()["PB-EVA-01"] == "not-assessable"
    assert "does not count" in story.reason("PB-EVA-01")


def test_thresholds_after_the_run_prove_nothing(story):
    """Declared when the result was known: not assessable, whatever the numbers."""
    story.system()
    story.tier()
    story.assets()
    story.train()
    story.evaluate()
    story.thresholds()
    story.propose()
    assert story.outcomes()["PB-EVA-01"] == "not-assessable"
    assert "order not proven: thresholds were declared at #13" in story.reason("PB-EVA-01")


def test_a_card_that_says_more_than_was_measured_fails(story):
    """0.91 claimed, 0.87 measured: fail, and both are shown."""
    story.system()
    story.tier()
    story.thresholds()
    story.assets()
    story.train()
    story.evaluate(metrics={"accuracy": 0.87})
    story.card(**{"metric.accuracy": 0.91})
    story.propose()
    assert story.outcomes()["PB-DOC-01"] == "fail"
    assert story.reason("PB-DOC-01") == "accuracy: card says 0.91, evaluation measured 0.87"


def test_a_missed_threshold_fails_and_cannot_be_waived(story):
    """The value and the threshold are shown; nobody can sign it away."""
    story.system()
    story.tier()
    story.thresholds()
    story.assets()
    story.train()
    story.evaluate(metrics={"accuracy": 0.7})
    story.propose()
    assert story.outcomes()["PB-EVA-01"] == "fail"
    assert "accuracy 0.7, declared >= 0.75" in story.reason("PB-EVA-01")
    with pytest.raises(DeniedError, match="cannot be waived"):
        waive(story, "PB-EVA-01")


def test_a_waiver_expires_at_its_very_instant(story):
    """A microsecond before it holds; at the instant it does not, and the reason names it."""
    story.everything()
    story.monitor(measure="accuracy")
    granted = waive(story, days=14)
    name = granted.body["waiver"]
    expiry = story.clock.now() + timedelta(days=14)
    before = story.gatekeeper.check(SYSTEM, RELEASE, at=expiry - timedelta(microseconds=1), dry_run=True)
    at = story.gatekeeper.check(SYSTEM, RELEASE, at=expiry, dry_run=True)
    reasons = {result.control: result for result in at.results}
    assert (before.outcome, at.outcome) == (Outcome.PASS, Outcome.FAIL)
    assert reasons["PB-MON-01"].outcome is Outcome.NOT_ASSESSABLE
    assert f"waiver {name} expired at 2026-11-15T09:00:00Z" in reasons["PB-MON-01"].reason
    assert f"{name} for PB-MON-01 expired" in reasons["PB-GOV-03"].reason


def test_the_gate_that_passed_yesterday_fails_today_and_replays(story):
    """The expired waiver closes the gate; yesterday's verdict still replays to open."""
    story.everything()
    story.monitor(measure="accuracy")
    waive(story, days=1)
    yesterday = story.gatekeeper.check(SYSTEM, RELEASE)
    story.clock.advance(timedelta(days=1))
    today = story.gatekeeper.check(SYSTEM, RELEASE)
    replay = story.gatekeeper.replay(SYSTEM, RELEASE, yesterday.ledger_size)
    assert (yesterday.outcome, today.outcome) == (Outcome.PASS, Outcome.FAIL)
    assert (replay.identical, replay.verdict.outcome) == (True, Outcome.PASS)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"approver": "model-owner", "requester": "p-009"}, "approved as model-owner"),
        ({"requester": PEOPLE["chief-risk-officer"].id}, "by its requester"),
        ({"days": 31}, "runs 31 days, at most 30"),
        ({"days": 0}, "expired before it was granted"),
        ({"reason": " "}, "gives no reason"),
        ({"compensating": ""}, "names no compensating control"),
        ({"control": "PB-GOV-01"}, "cannot be waived"),
        ({"control": "PB-GOV-03"}, "cannot be waived"),
        ({"control": "PB-APP-01"}, "cannot be waived"),
    ],
)
def test_waivers_against_their_terms_are_denied(complete, changes, complaint):
    """Unentitled, self-approved, endless, unreasoned, not waivable: denied, and nothing is recorded."""
    size = complete.recorder.head().size
    with pytest.raises(DeniedError, match=complaint):
        waive(complete, **changes)
    assert complete.recorder.head().size == size


def test_someone_else_in_the_role_is_not_its_holder(complete):
    """Acting "as chief-risk-officer" is not enough: the register says who that is."""
    from probative.kernel.actor import Actor

    with pytest.raises(DeniedError, match="chief-risk-officer is 'p-004'"):
        complete.gatekeeper.waive(
            "PB-MON-01",
            SYSTEM,
            RELEASE,
            approver=Actor(id="p-099", role="chief-risk-officer"),
            expires_at=complete.clock.now() + timedelta(days=1),
            **WAIVER,
        )


def test_renewals_are_counted_even_when_nobody_says_so(story):
    """A third waiver in a row is denied, whether it calls itself a renewal or new."""
    story.everything()
    first = waive(story, days=1)
    with pytest.raises(DeniedError, match="renews 'w-other', which was never granted"):
        waive(story, renews="w-other")
    waive(story, days=2, renews=first.body["waiver"])
    with pytest.raises(DeniedError, match="is renewal 2, at most 1"):
        waive(story, days=3)


def test_a_waiver_of_another_release_does_not_help(story):
    """Scope is law: a waiver for one release covers no other; one for the system covers all."""
    story.everything()
    story.monitor(measure="accuracy")
    story.propose(release="1.2.0")
    waive(story, release="1.2.0")
    assert story.outcomes()["PB-MON-01"] == "not-assessable"
    waive(story, release=None)
    assert story.outcomes()["PB-MON-01"] == "waived"


def test_approvals_that_would_not_count_are_denied(story):
    """Not the holder, the proposer, a stranger's key, a role that does not approve, before the evaluation."""
    story.everything()
    keys, gate = story.workspace.keys, story.gatekeeper
    signer = keys.load("business-owner")
    cases = (
        ("legal", PEOPLE["business-owner"], "not by the holder"),
        ("data-science", PEOPLE["data-science"], "counts only as"),
        ("legal", PEOPLE["legal"], "is registered for business-owner, not for legal"),
        ("compliance", PEOPLE["compliance"], "is registered for business-owner"),
    )
    size = story.recorder.head().size
    for role, person, complaint in cases:
        with pytest.raises(DeniedError, match=complaint):
            gate.approve(SYSTEM, RELEASE, role, person, signer)
    assert story.recorder.head().size == size


def test_the_proposer_does_not_approve(story):
    """Who proposes a release is not among those who let it through."""
    story.everything()
    body = ReleaseProposed(
        system=SYSTEM,
        release=RELEASE,
        model=story.digests["model"],
        training_run="training-1",
        evaluation_run="evaluation-1",
    )
    about = (subject(f"release/{SYSTEM}@{RELEASE}"), subject(f"system/{SYSTEM}"))
    story.recorder.append(Draft(body=body, subjects=about, actor=PEOPLE["business-owner"]))
    with pytest.raises(DeniedError, match="the one who proposed"):
        story.approve("business-owner")
    assert story.outcomes()["PB-APP-01"] == "not-assessable"
    assert "1 of 2 people" in story.reason("PB-APP-01")


def test_one_person_in_two_roles_is_one_person(story):
    """Two roles held by the same person do not make two approvers."""
    roles = {role: person.id for role, person in PEOPLE.items()} | {"legal": PEOPLE["business-owner"].id}
    story.everything()
    story.system(roles=roles)
    story.tier()
    story.propose(release="2.0.0")
    person = PEOPLE["business-owner"]
    signer = story.workspace.register_key("legal", ("legal",), person.id, PEOPLE["security"])
    story.gatekeeper.approve(SYSTEM, "2.0.0", "legal", person, signer)
    story.gatekeeper.approve(
        SYSTEM, "2.0.0", "business-owner", person, story.workspace.keys.load("business-owner")
    )
    verdict = story.gatekeeper.check(SYSTEM, "2.0.0", dry_run=True)
    result = next(item for item in verdict.results if item.control == "PB-APP-01")
    assert (result.outcome, result.reason) == (
        Outcome.NOT_ASSESSABLE,
        "1 of 2 people approved in different roles",
    )


def test_approvals_are_for_one_model_digest(story):
    """A release whose model is exchanged after approval is approved by nobody."""
    story.everything()
    story.asset("other", "model", "training")
    story.train("training-2", "other")
    story.propose(model="other")
    assert story.outcomes()["PB-APP-01"] == "not-assessable"
    assert "is for model" in story.reason("PB-APP-01")


def test_a_deployed_release_needs_a_recent_reading(story):
    """Before deployment a declared monitor suffices; afterwards it must be alive."""
    story.everything()
    assert story.outcomes()["PB-MON-01"] == "pass"
    story.deploy()
    assert story.outcomes()["PB-MON-01"] == "not-assessable"
    assert "has taken no reading" in story.reason("PB-MON-01")


def test_a_prohibited_system_never_ships(story):
    """One prohibited practice closes the gate, with its citation."""
    story.everything()
    story.tier(**{"art5.c": "yes"})
    verdict = story.gatekeeper.check(SYSTEM, RELEASE)
    assert (verdict.tier, verdict.outcome) == ("prohibited", Outcome.FAIL)
    assert "social scoring (Art. 5(1)(c))" in story.reason("PB-GOV-01")


def test_a_changed_system_must_be_tiered_again(story):
    """A tier that is older than the system's last change is not assessable."""
    story.everything()
    story.system(purpose="Decide on credit limits and prices")
    assert story.outcomes()["PB-GOV-01"] == "not-assessable"
    story.tier()
    assert story.outcomes()["PB-GOV-01"] == "pass"


def test_open_questions_keep_the_gate_closed(story):
    """A tier that could still become stricter is not assessable."""
    story.everything()
    story.tier(**{"art5.c": "unsure"})
    assert story.outcomes()["PB-GOV-01"] == "not-assessable"
    assert "could still become prohibited" in story.reason("PB-GOV-01")


def test_the_tier_keeps_its_answers_and_its_law(story):
    """Answers and law are blobs that the fact names, so that the assignment can be judged again."""
    story.system()
    body = story.tier().read(TierAssigned)
    answers = json.loads(story.recorder.get(body.answers))
    assert answers == {name: [value] for name, value in ANSWERS.items()}
    assert b'id = "eu-ai-act"' in story.recorder.get(body.law)
    assert (body.tier, body.applies_from, body.needs_lawyer) == ("high-risk", "2027-12-02", False)


def test_only_entitled_roles_tier_and_declare(story):
    """Data science neither tiers its system nor sets the marks it has to reach."""
    story.system()
    actor = PEOPLE["data-science"]
    with pytest.raises(DeniedError, match=r"may not record gate\.tier-assigned"):
        story.gatekeeper.tier(SYSTEM, ANSWERS, actor)
    with pytest.raises(DeniedError, match=r"may not record gate\.thresholds-declared"):
        story.gatekeeper.declare_thresholds(SYSTEM, [Threshold(measure="a", op=">=", value=1)], actor)


def test_protected_features_are_refused_and_recorded(story):
    """Sex as a feature of a high-risk model is refused by a fact; a legal basis permits it for a time."""
    story.system()
    story.tier()
    gate, actor = story.gatekeeper, PEOPLE["data-science"]
    answer = gate.check_schema(SYSTEM, ["LIMIT_BAL", "SEX_2", "Age"], ["sex", "age", "marriage"], actor)
    fact = story.recorder.fact(answer.fact)
    assert (answer.accepted, answer.refused) == (False, {"SEX_2": "sex", "Age": "age"})
    assert (fact.kind, fact.body["refused"]) == ("gate.feature-refused", {"SEX_2": "sex", "Age": "age"})

    basis = {
        "legal_basis": "national law on age limits",
        "reason": "the product has a legal age limit",
        "expires_at": story.clock.now() + timedelta(days=30),
    }
    with pytest.raises(DeniedError, match="may not permit"):
        gate.permit_features(SYSTEM, ["age"], approver=PEOPLE["model-owner"], **basis)
    gate.permit_features(SYSTEM, ["age"], approver=PEOPLE["legal"], **basis)
    later = gate.check_schema(SYSTEM, ["LIMIT_BAL", "Age"], ["sex", "age"], actor)
    assert (later.accepted, later.permitted) == (True, {"Age": "age"})
    story.clock.advance(timedelta(days=30))
    assert gate.check_schema(SYSTEM, ["Age"], ["age"], actor).accepted is False


def test_fairness_in_three_states(story):
    """Compliant, breach and undetermined are three answers, and small groups are never green."""
    story.system()
    story.tier()
    story.thresholds()
    story.assets()
    story.train()

    def rate(group, value, n):
        return GroupMetric(attribute="sex", group=group, metric="selection_rate", value=value, n=n)

    cases = {
        "compliant": ((rate("f", 0.8, 1800), rate("m", 0.77, 1200)), "pass"),
        "breach": ((rate("f", 0.8, 1800), rate("m", 0.40, 1200)), "fail"),
        "undetermined": ((rate("f", 0.8, 150), rate("m", 0.66, 150)), "not-assessable"),
        "small": ((rate("f", 0.8, 1800), rate("m", 0.79, 20)), "not-assessable"),
        "alone": ((rate("f", 0.8, 1800),), "not-assessable"),
        "nobody": ((rate("f", 0.0, 1800), rate("m", 0.0, 1200)), "not-assessable"),
        "undeclared": (
            (
                rate("f", 0.8, 1800),
                rate("m", 0.77, 1200),
                GroupMetric(attribute="age", group="old", metric="selection_rate", value=0.8, n=500),
            ),
            "not-assessable",
        ),
    }
    for name, (groups, outcome) in cases.items():
        story.evaluate(f"evaluation-{name}", groups=groups)
        story.propose(evaluation=f"evaluation-{name}")
        assert (name, story.outcomes()["PB-EVA-02"]) == (name, outcome)
    assert "without a declared threshold: age" in story.reason("PB-EVA-02")


def test_changed_evidence_is_an_alarm_not_a_verdict(story):
    """A fact whose stored bytes were changed opens and closes nothing."""
    story.everything()
    file = story.workspace.folder / "record" / "ledger.sqlite"
    with sqlite3.connect(file) as database:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type='trigger'")]
        for name in names:
            database.execute(f'DROP TRIGGER "{name}"')
        (entry,) = database.execute("SELECT envelope FROM entries WHERE idx = 3").fetchone()
        database.execute("UPDATE entries SET envelope = ? WHERE idx = 3", (entry[:-1] + b" ",))
    database.close()
    with pytest.raises(TamperError):
        story.gatekeeper.check(SYSTEM, RELEASE)


def test_a_changed_statement_is_an_alarm(story):
    """An approval whose signed blob was changed on disk is tampering, not a missing approval."""
    story.everything()
    digest = next(iter(story.recorder.facts(kind="gate.approval-given"))).body["statement"]
    blob = next((story.workspace.folder / "record" / "blobs").rglob(f"*{digest[4:]}*"))
    blob.chmod(0o600)
    blob.write_bytes(blob.read_bytes().replace(b"sig", b"gis"))
    with pytest.raises(TamperError):
        story.gatekeeper.check(SYSTEM, RELEASE)


def test_facts_of_other_systems_change_nothing(story):
    """Another system's evidence neither helps nor harms."""
    story.everything()
    before = story.outcomes()
    body = ReleaseProposed(
        system="other", release=RELEASE, model="ab" * 32, training_run="t", evaluation_run="e"
    )
    story.recorder.append(Draft(body=body, subjects=(subject("system/other"),), actor=PEOPLE["legal"]))
    assert story.outcomes() == before
