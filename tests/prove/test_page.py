"""The readable page: safe to open, complete, and honest about what is not proved."""

import re

import pytest

from probative.prove.limits import limits_of, not_proven_text
from probative.prove.page import headline, readable_files
from probative.prove.sentences import fields, plain, sentence
from tests.prove.conftest import INCIDENT, RELEASE


@pytest.fixture(scope="module")
def page(house):
    """Return the page of a package about the incident, with a decision."""
    contents = house.prover.preview(INCIDENT, decisions=house.decision_ids[:1])
    return readable_files(contents)["index.html"]


def test_it_loads_nothing_and_runs_nothing(page):
    """No script, no link, no image, no handler; the policy allows its own style only."""
    assert "default-src 'none'; style-src 'sha256-" in page
    assert not re.search(r"<(?:script|link|img|iframe|object|embed|form|a|base)\b", page)
    assert not re.search(r"\son\w+=|\sstyle=|https?://|url\(", page)


def test_text_from_facts_is_escaped(page):
    """Markup in a title is shown, not obeyed."""
    assert "Loan &lt;scoring&gt; &amp; pricing" in page
    assert "<scoring>" not in page


def test_it_tells_the_story(house, page):
    """The incident, the verdict's controls, the decision, the withheld document, and the limits."""
    for text in (
        INCIDENT,
        "An incident was declared, severity 2: Income arrives in cents.",
        "R31-fairness",
        "not-assessable",
        house.decision_ids[0],
        house.personal,
        "personal: not asked for",
        "What this package does not prove",
    ):
        assert text in page


def test_the_limits_are_in_the_page_and_in_a_file_of_their_own(house, page):
    """Every limit is said in both places; withheld blobs and chosen rows add theirs."""
    contents = house.prover.preview(INCIDENT, decisions=house.decision_ids[:1])
    text = not_proven_text(contents)
    titles = [limit.title for limit in limits_of(contents)]
    assert len(titles) == 9
    assert all(title in page and title in text for title in titles)
    assert len(limits_of(house.prover.preview(RELEASE))) == 7


def test_the_headline_is_the_newest_answer(house):
    """A release is headed by its verdict, an open incident by being open, other facts by their number."""
    release = house.prover.preview(RELEASE).facts
    incident = house.prover.preview(INCIDENT).facts
    assert headline(release)[:3] == ("Verdict", "not-assessable", "open")
    assert headline(incident)[:3] == ("Incident", "open", "open")
    assert headline(release[:2])[:3] == ("Facts", "2", "neutral")


def test_sentences_fall_back_to_the_kind(house):
    """A kind or field that has no sentence is still shown."""
    fact = house.prover.preview(INCIDENT).facts[-1]
    assert sentence(fact) == "Evidence call-note was collected: the caller's account."
    assert sentence(type(fact)(**{**fields_of(fact), "kind": "watch.moon-seen"})) == "Moon seen."
    assert sentence(type(fact)(**{**fields_of(fact), "body": {}})) == "Custody recorded."
    assert any(field.digest and field.whole == house.personal for field in fields(fact))


def fields_of(fact):
    """Return the fields of a fact by name."""
    return {name: getattr(fact, name) for name in fact.__struct_fields__}


@pytest.mark.parametrize("trick", ["\u202e", "\u200b", "\x1b", "\0", "\u2066", "\ufeff"])
def test_invisible_characters_are_made_visible(trick):
    """Nothing in a text can hide, reorder or command."""
    assert plain(f"a{trick}b") == "a\ufffdb"


def test_long_texts_are_cut():
    """One field cannot fill the page."""
    assert len(plain("x" * 10_000)) < 500
