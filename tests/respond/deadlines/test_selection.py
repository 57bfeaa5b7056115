"""Which duties apply, which do not and why, and what only counsel can say."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.errors import UsageError
from probative.respond.deadlines.circumstances import Circumstances
from probative.respond.deadlines.pack import shipped_pack
from probative.respond.deadlines.selection import choose, lies_within
from tests.respond.matter import TOLD

PACK = shipped_pack()
DAY = date(2026, 12, 16)


def answers(told=TOLD, on=DAY, adopted=None):
    """Return the answers by obligation."""
    return {answer.obligation: answer for answer in choose(PACK, told, on, adopted or {})}


def told_also(**facts):
    """Return the usual circumstances with further facts, written with underscores."""
    more = {name.replace("_", "-"): value for name, value in facts.items()}
    return msgspec.structs.replace(TOLD, facts={**TOLD.facts, **more})


def test_no_personal_data_breach_is_not_applicable_with_its_reason():
    """GDPR Article 33 needs a breach: the answer says so, and who established it."""
    answer = answers()["eu-gdpr-33-authority"]
    assert answer.answer == "not-applicable"
    assert answer.reasons[0].startswith("there is no personal data breach")
    assert answer.reasons[0].endswith("(security triage)")
    assert answer.near


def test_a_serious_incident_in_question_before_the_classification_bites_needs_counsel():
    """AI Act Article 73 in December 2026: formally in force, the classification not, the limb undecided."""
    answer = answers()["eu-aia-73-general"]
    assert answer.answer == "needs-counsel"
    assert answer.open_questions == ("before-effective-date", "serious-incident-15-day")
    assert "2026-08-02" in answer.reasons[0]
    assert "2027-12-02" in answer.reasons[0]


def test_counsel_can_settle_it_either_way():
    """With both questions answered the same duty applies, or does not with counsel's reason."""
    both = told_also(serious_incident_15_day=True, before_effective_date=True)
    assert answers(both)["eu-aia-73-general"].answer == "applies"
    neither = answers(told_also(serious_incident_15_day=True, before_effective_date=False))[
        "eu-aia-73-general"
    ]
    assert (neither.answer, "counsel has confirmed" in neither.reasons[0]) == ("not-applicable", True)


def test_it_applies_by_itself_once_the_classification_bites():
    """On 2 December 2027 nothing is left to counsel but the facts."""
    told = told_also(serious_incident_15_day=True)
    assert answers(told, date(2027, 12, 1))["eu-aia-73-general"].answer == "needs-counsel"
    assert answers(told, date(2027, 12, 2))["eu-aia-73-general"].answer == "applies"


def test_a_classified_major_incident_applies_with_its_stages():
    """DORA Article 19 for a credit institution: all five stages hold."""
    answer = answers()["eu-dora-19"]
    assert (answer.answer, len(answer.stages), answer.open_stages) == ("applies", 5, ())
    assert (answer.place, answer.confidence, answer.grade) == ("DE", "verified-in-source", "official-mirror")


def test_an_open_stage_of_an_applying_duty_stays_open():
    """Whether clients must be told waits for an answer; the other stages do not."""
    facts = {"personal-data-breach": False, "ict-incident-major": True}
    answer = answers(msgspec.structs.replace(TOLD, facts=facts))["eu-dora-19"]
    assert (answer.answer, answer.open_stages) == ("applies", ("client_information",))
    assert answer.open_questions == ("client-interests-affected",)


def test_another_law_takes_its_place():
    """A bank that is also an essential entity reports under DORA, not under NIS2."""
    told = msgspec.structs.replace(TOLD, roles=(*TOLD.roles, "essential-entity"))
    answer = answers(told)["eu-nis2-23"]
    assert (answer.answer, answer.reasons[0][:4]) == ("not-applicable", "DORA")


def test_a_deployer_reports_only_when_the_provider_is_out_of_reach():
    """AI Act Article 26(5): the question is put to deployers who are not the provider themselves."""
    told = msgspec.structs.replace(TOLD, roles=("deployer",))
    assert "provider-unreachable" in answers(told)["eu-aia-73-general"].open_questions
    assert "provider-unreachable" not in answers()["eu-aia-73-general"].open_questions


def test_events_that_nobody_recorded_did_not_happen():
    """A request or an order would be in the record: without one the duty to answer it is not applicable."""
    assert answers()["eu-gdpr-12-3-rights"].reasons == ("no rights request of a person is recorded",)
    assert answers(told_also(data_subject_request=True))["eu-gdpr-12-3-rights"].answer == "applies"


def test_law_that_does_not_apply_yet_any_more_or_at_all():
    """Future duties name their date, stayed ones go to counsel, expired and proposed ones are no law."""
    assert answers()["eu-aia-20-corrective"].reasons[0] == "it applies only from 2027-12-02"
    colorado = Circumstances(
        jurisdictions=("US-CO",),
        roles=("deployer",),
        tier="high-risk",
        facts={"algorithmic-discrimination": True},
    )
    assert answers(colorado)["us-co-sb24-205"].answer == "needs-counsel"
    assert answers(colorado, date(2027, 1, 1))["us-co-sb24-205"].answer == "not-applicable"
    held = msgspec.structs.replace(colorado, facts={**colorado.facts, "stayed-rule-binds": True})
    assert answers(held)["us-co-sb24-205"].answer == "applies"
    uk = Circumstances(jurisdictions=("UK",), roles=("essential-entity",), tier="limited")
    assert answers(uk)["uk-csr-bill"].reasons == ("it is a proposal, not law",)


def test_a_recalled_rule_waits_for_a_named_person():
    """What was recalled from memory shows no date until counsel confirmed it."""
    told = Circumstances(
        jurisdictions=("US",),
        roles=("us-bank",),
        tier="limited",
        facts={"us-bank-notification-incident": True},
    )
    answer = answers(told)["us-bank-36h"]
    assert (answer.answer, answer.confidence) == ("needs-counsel", "from-memory")
    adopted = {answer.rule_sha256: frozenset({"regulator"})}
    assert answers(told, adopted=adopted)["us-bank-36h"].answer == "applies"


def test_only_the_places_we_are_in_are_asked():
    """A German provider gets Union and EEA law with the German calendar, and no one else's."""
    assert {PACK.obligation(name).jurisdiction for name in answers()} == {"EU", "EEA"}
    assert answers()["eu-aia-75-1a-ai-office"].place == "EU"
    assert [lies_within("DE", "EEA"), lies_within("NO", "EU"), lies_within("nowhere", "EU")] == [
        True,
        False,
        False,
    ]


def test_an_unknown_annex_needs_counsel():
    """Without the Annex nobody can say when a high-risk duty begins."""
    answer = answers(msgspec.structs.replace(TOLD, annex=""))
    assert answer["eu-aia-73-general"].answer == answer["eu-aia-20-corrective"].answer == "needs-counsel"


def test_facts_that_answer_no_question_and_empty_circumstances_are_refused():
    """A misspelt fact must not be taken for an undecided one, and somebody must be somewhere."""
    with pytest.raises(UsageError, match="'personal-data-brech'"):
        answers(told_also(personal_data_brech=False))
    with pytest.raises(UsageError, match="at least one"):
        Circumstances(jurisdictions=(), roles=("provider",), tier="high-risk")
    with pytest.raises(UsageError, match="'Germany'"):
        Circumstances(jurisdictions=("Germany",), roles=("provider",), tier="high-risk")


roles = st.lists(
    st.sampled_from(sorted({role for o in PACK.obligations.values() for role in o.roles})),
    min_size=1,
    unique=True,
)
facts = st.dictionaries(st.sampled_from(sorted(PACK.questions)), st.booleans())
places = st.lists(st.sampled_from(["DE", "US-CO", "US-NY", "UK", "JP", "BR"]), min_size=1, unique=True)


@given(
    roles,
    places,
    facts,
    st.sampled_from(["high-risk", "limited"]),
    st.dates(date(2018, 1, 1), date(2030, 1, 1)),
)
def test_every_candidate_has_one_answer_with_a_reason(held, where, known, tier, on):
    """Whatever is told: one answer a candidate, each with reasons; nothing open comes out as applying."""
    told = Circumstances(
        jurisdictions=tuple(where), roles=tuple(held), tier=tier, annex="annex-iii", facts=known
    )
    found = choose(PACK, told, on, {})
    assert len({answer.obligation for answer in found}) == len(found)
    for answer in found:
        obligation = PACK.obligation(answer.obligation)
        assert answer.reasons
        if answer.answer == "applies":
            assert answer.stages
            assert answer.confidence == "verified-in-source"
            assert all(known.get(name) is True for name in obligation.needs)
            assert not set(answer.open_questions) & set(obligation.needs)


@given(facts, st.sampled_from(sorted(PACK.questions)), st.booleans())
def test_an_answer_that_applies_or_not_stands_when_more_is_told(known, question, value):
    """Telling something that was open never turns one settled answer into the other."""
    before = answers(msgspec.structs.replace(TOLD, facts=known, basis={}))
    if question in known or PACK.questions[question].unless_told == "no":
        return
    after = answers(msgspec.structs.replace(TOLD, facts={**known, question: value}, basis={}))
    for name, answer in before.items():
        if answer.answer != "needs-counsel" and not answer.open_stages:
            assert answer.answer == after[name].answer
