"""Documents: drafted from what is known, honest about what is missing, bound to a digest."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.actor import Actor
from probative.kernel.errors import NotFoundError, UsageError
from probative.record.documents import draft, record_document, template
from probative.record.facts import DocumentRecorded
from probative.testing import fresh_recorder

ACTOR = Actor(id="p-1", role="model-owner")
ABOUT = "ab" * 32
CARD = template("model-card")
NAMES = [field.name for field in CARD.fields]


@pytest.mark.parametrize("kind", ["model-card", "datasheet"])
def test_an_empty_draft_lists_every_required_field(kind: str) -> None:
    """What nobody filled is said to be missing, in the list and in the text."""
    document = draft(kind, ABOUT, {})
    required = [field for field in template(kind).fields if field.required]
    assert list(document.missing) == [field.name for field in required]
    assert all(f"*Missing: {field.help}*" in document.text for field in required)
    assert ABOUT in document.text


@given(st.dictionaries(st.sampled_from(NAMES), st.text(min_size=1, max_size=30)))
def test_a_draft_never_invents(known: dict[str, str]) -> None:
    """Filled and missing fields are exactly the template's; every heading is there, once."""
    document = draft("model-card", ABOUT, known)
    filled = {name for name, value in known.items() if value}
    assert set(document.missing) == {field.name for field in CARD.fields if field.required} - filled
    assert document.fields == known
    assert [line for line in document.text.splitlines() if line == f"## {CARD.fields[0].heading}"] != []


def test_an_empty_answer_is_no_answer() -> None:
    """A field that is there and empty counts as missing."""
    assert NAMES[0] in draft("model-card", ABOUT, {NAMES[0]: ""}).missing


def test_claims_become_a_table_that_the_gate_can_compare() -> None:
    """Measurements are told apart from prose, sorted, with their values as given."""
    document = draft("model-card", ABOUT, {"metric.auc": 0.72, "metric.accuracy": 0.81})
    assert "| accuracy | 0.81 |\n| auc | 0.72 |" in document.text
    assert document.fields["metric.accuracy"] == 0.81


def test_an_unknown_field_or_kind_is_refused_with_what_there_is() -> None:
    """The value and the known names are in the sentence and the hint."""
    with pytest.raises(UsageError, match="no field 'colour'") as caught:
        draft("model-card", ABOUT, {"colour": "red"})
    assert NAMES[0] in caught.value.hint
    with pytest.raises(NotFoundError, match="no template for 'poem'"):
        draft("poem", ABOUT, {})
    with pytest.raises(UsageError, match="cannot name"):
        draft("../../etc/passwd", ABOUT, {})


def test_a_recorded_document_is_bound_to_its_text_and_its_subject(tmp_path: Path) -> None:
    """The text comes back by its digest, and the fact is found by what it is about."""
    recorder = fresh_recorder(tmp_path)
    document = draft("model-card", ABOUT, {"intended_use": "loans"})
    fact = record_document(recorder, document, system="loans", name="card-1", about=ABOUT, actor=ACTOR)
    body = fact.read(DocumentRecorded)
    assert recorder.get(body.sha256).decode() == document.text
    assert (body.about, body.missing) == (ABOUT, document.missing)
    assert list(recorder.facts(digest=ABOUT)) == [fact]
    with pytest.raises(UsageError, match="cannot name a document"):
        record_document(recorder, document, system="loans", name="../card", about=ABOUT, actor=ACTOR)
