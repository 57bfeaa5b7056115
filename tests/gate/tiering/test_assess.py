"""Answers to tiers: each branch of the law, what stays open, and the laws that evaluation itself obeys."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.gate.tiering.assess import assess, read_answers
from probative.gate.tiering.law import UNSURE, Tier, load_law
from probative.kernel.errors import UsageError

TODAY = date(2026, 11, 21)
LAW, _ = load_law()
QUESTIONS = LAW.questions_on(TODAY)
ALL_NO = {item.id: "none" if "none" in item.options else "no" for item in QUESTIONS}
SUB_POINTS = [
    (item.id, option)
    for item in QUESTIONS
    if item.id.startswith("annex3.")
    for option in (item.options or {"yes": "yes"})
    if option != "none"
]


def judged(**changes):
    """Assess all-no answers with these changes; names use '__' for '.'."""
    answers = {**ALL_NO, **{name.replace("__", "."): value for name, value in changes.items()}}
    return assess(LAW, read_answers(LAW, answers, TODAY), TODAY)


def test_all_no_is_minimal_with_nothing_open():
    """A system that does none of it is minimal, and nothing is left to ask."""
    answer = judged()
    assert (
        answer.tier,
        answer.could_be,
        answer.open_questions,
        answer.reasons,
    ) == (Tier.MINIMAL, Tier.MINIMAL, (), ())


@pytest.mark.parametrize("letter", ["a", "b", "c", "d", "e", "f", "g", "h", "ba", "bb"])
def test_each_practice_alone_prohibits(letter):
    """One yes to a practice of Art. 5 is enough, and its point is cited."""
    answer = judged(**{f"art5__{letter}": "yes"})
    assert (Tier.PROHIBITED, [f"Art. 5(1)({letter})"]) == (
        answer.tier,
        [reason.citation for reason in answer.reasons],
    )


@pytest.mark.parametrize(("question", "option"), SUB_POINTS)
def test_each_sub_point_of_annex_three_is_high_risk(question, option):
    """Every sub-point leads to high-risk, from 2 December 2027."""
    answer = judged(**{question.replace(".", "__"): option})
    assert (answer.tier, answer.applies_from) == (Tier.HIGH, "2027-12-02")


def test_annex_one_is_high_risk_later_and_for_counsel():
    """Art. 6(1) applies from 2 August 2028, and its narrowing needs a lawyer."""
    answer = judged(art6__1="yes")
    assert (answer.tier, answer.applies_from, bool(answer.lawyer_points)) == (Tier.HIGH, "2028-08-02", True)


def test_a_derogation_lowers_the_tier_and_adds_duties():
    """Art. 6(3): not high-risk, yet documented, registered, and a judgement."""
    answer = judged(annex3__4="a", art6__3__ground="d")
    assert (answer.tier, [reason.rule for reason in answer.reasons]) == (Tier.MINIMAL, ["art6.3"])
    assert ["Art. 6(4)" in answer.duties[0].text, "Art. 49(2)" in answer.duties[1].text] == [True, True]
    assert answer.lawyer_points


def test_profiling_takes_the_derogation_away():
    """A system that profiles people is always high-risk when Annex III lists it."""
    answer = judged(annex3__4="a", art6__3__ground="d", art6__3__profiling="yes")
    assert Tier.HIGH is answer.tier


def test_a_derogation_does_not_touch_annex_one():
    """Art. 6(3) derogates from 6(2) only."""
    assert Tier.HIGH is judged(art6__1="yes", annex3__4="a", art6__3__ground="d").tier


@pytest.mark.parametrize("letter", ["d", "f", "g", "h"])
def test_a_claimed_exception_is_for_counsel(letter):
    """An exception to Art. 5 does not prohibit, but a lawyer must confirm it."""
    answer = judged(**{f"art5__{letter}": "exception"})
    assert (answer.tier is not Tier.PROHIBITED, bool(answer.lawyer_points)) == (True, True)


def test_duties_add_up():
    """High-risk, transparency and general-purpose model duties stand side by side."""
    answer = judged(annex3__5="b", art50__interaction="yes", gpai__provider="yes", gpai__systemic="yes")
    assert (Tier.HIGH, {"annex3.5.b", "art50.1", "gpai", "gpai.systemic"}) == (
        answer.tier,
        {duty.rule for duty in answer.duties},
    )


def test_marking_of_older_systems_applies_later():
    """Art. 111(4): systems on the market before 2 August 2026 have until 2 December 2026."""
    older = judged(art50__synthetic="yes", **{"art50.synthetic-legacy": "yes"})
    newer = judged(art50__synthetic="yes")
    assert (older.applies_from, newer.applies_from) == ("2026-12-02", "2026-08-02")


def test_obvious_interaction_is_a_judgement():
    """Whether AI is obvious is for a lawyer, and no tier by itself."""
    answer = judged(art50__interaction="obvious")
    assert (answer.tier, bool(answer.lawyer_points)) == (Tier.MINIMAL, True)


def test_nothing_answered_settles_nothing():
    """Without answers the tier is minimal so far, could be prohibited, and every question is open."""
    answer = assess(LAW, {}, TODAY)
    assert (Tier.MINIMAL, Tier.PROHIBITED, len(QUESTIONS)) == (
        answer.tier,
        answer.could_be,
        len(answer.open_questions),
    )


def test_unsure_stays_open_and_goes_to_counsel():
    """An "unsure" is not a "no": the question stays open, and a lawyer is asked."""
    answer = judged(annex3__5=UNSURE)
    assert (
        answer.open_questions,
        answer.could_be,
        len(answer.lawyer_points),
    ) == (("annex3.5",), Tier.HIGH, 1)


def test_irrelevant_questions_are_not_open():
    """Whether a derogation is claimed matters only where Annex III lists the system."""
    answers = {name: value for name, value in ALL_NO.items() if not name.startswith("art6.3")}
    assert assess(LAW, read_answers(LAW, answers, TODAY), TODAY).open_questions == ()


@pytest.mark.parametrize(
    ("answers", "complaint"),
    [
        ({"art5.aa": "yes"}, "no question 'art5.aa'"),
        ({"art5.a": "maybe"}, "'maybe' does not answer"),
        ({"art5.a": ["yes", "no"]}, "does not answer"),
        ({"annex3.5": ["b", "none"]}, "does not answer"),
        ({"annex3.5": []}, "does not answer"),
        ({"annex3.5": ["b", UNSURE]}, "does not answer"),
    ],
)
def test_answers_that_do_not_fit_are_refused(answers, complaint):
    """Unknown questions and answers are refused with the value, never ignored."""
    with pytest.raises(UsageError, match=complaint):
        read_answers(LAW, answers, TODAY)


def test_a_misspelt_question_is_guessed():
    """The hint names the question that was perhaps meant."""
    with pytest.raises(UsageError) as refused:
        read_answers(LAW, {"annex3.55": "b"}, TODAY)
    assert refused.value.hint == "Did you mean 'annex3.5'?"


def test_the_silver_scenarios_have_our_tiers(data_folder):
    """The benchmark of 190 scenarios (CC BY 4.0, labels are silver) speaks of the same four tiers."""
    scenarios = json.loads((data_folder / "standards" / "eu_ai_act_scenarios.json").read_bytes())["data"]
    assert (190, {tier.value for tier in Tier}) == (
        len(scenarios),
        {item["risk_level"] for item in scenarios},
    )


complete = st.fixed_dictionaries(
    {
        item.id: st.sampled_from(sorted((item.options or {"yes": "", "no": ""}).keys())).map(
            lambda one: (one,)
        )
        for item in QUESTIONS
    }
)


@given(complete, st.data())
def test_another_answer_never_unsettles_what_is_known(answers, data):
    """With more answers the tier never falls and what it could be never rises, until they meet."""
    kept = data.draw(st.lists(st.sampled_from(sorted(answers)), unique=True))
    fewer = assess(LAW, {name: answers[name] for name in kept}, TODAY)
    more = assess(LAW, answers, TODAY)
    assert fewer.tier.rank <= more.tier.rank <= more.could_be.rank <= fewer.could_be.rank
    assert (more.tier, ()) == (more.could_be, more.open_questions)


@given(complete)
def test_a_yes_to_a_practice_is_never_outweighed(answers):
    """Whatever else is answered, a prohibited practice stays prohibited."""
    assert Tier.PROHIBITED is assess(LAW, {**answers, "art5.c": ("yes",)}, TODAY).tier
