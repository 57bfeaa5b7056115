"""The evidence matrix and the letter made of it."""

from datetime import UTC, datetime

import pytest

from probative.kernel.actor import Actor
from probative.kernel.errors import UsageError
from probative.record.facts import Fact
from probative.respond.inquiry.matrix import (
    Question,
    Statement,
    build_matrix,
    check_questions,
    check_statements,
    response_text,
)

NOW = datetime(2026, 12, 20, tzinfo=UTC)
QUESTIONS = (
    Question(number=1, text="How many were rejected?", due_at="2026-12-21T00:00:00.000000Z"),
    Question(number=2, text="Was the model tested?", due_at="2026-12-21T00:00:00.000000Z"),
    Question(number=3, text="Who approved it?", due_at="2026-12-19T00:00:00.000000Z"),
)


def fact(fact_id, index, kind):
    """Return a recorded fact with nothing in it."""
    actor = Actor(id="p-1", role="scribe")
    return Fact(
        id=fact_id,
        index=index,
        kind=kind,
        version=1,
        subjects=(),
        actor=actor,
        occurred_at=NOW,
        recorded_at=NOW,
        body={},
    )


FACTS = {
    "a" * 64: fact("a" * 64, 7, "respond.cohort-frozen"),
    "b" * 64: fact("b" * 64, 9, "watch.fairness-audited"),
}
ANSWERS = {
    1: (
        Statement(text="412 were rejected.", evidence=("a" * 64,)),
        Statement(text="The ratio is 0.91.", evidence=("b" * 64, "a" * 64)),
    )
}


def test_every_question_has_a_row_and_the_open_ones_are_open():
    """Answered, open and overdue are told apart; evidence stands once a row, with its place."""
    rows = build_matrix(QUESTIONS, ANSWERS, FACTS, NOW)
    assert [row.state for row in rows] == ["answered", "open", "overdue"]
    assert [(item.index, item.kind) for item in rows[0].evidence] == [
        (7, "respond.cohort-frozen"),
        (9, "watch.fairness-audited"),
    ]


def test_the_letter_holds_only_cited_statements_and_says_what_is_missing():
    """Marks stand for facts with their ledger entries; an unanswered question is written down as such."""
    text = response_text("BaFin", "inq-1", build_matrix(QUESTIONS, ANSWERS, FACTS, NOW))
    assert "- 412 were rejected. [E1]" in text
    assert "- The ratio is 0.91. [E2, E1]" in text
    assert f"E2: watch.fairness-audited, ledger entry 9, fact {'b' * 64}" in text
    assert text.count("Not answered yet") == 2


@pytest.mark.parametrize(
    ("statements", "code"),
    [
        ((), "answer.empty"),
        ((Statement(text=" ", evidence=("a" * 64,)),), "answer.text"),
        ((Statement(text="We did nothing wrong.", evidence=()),), "answer.uncited"),
        ((Statement(text="x" * 8_193, evidence=("a" * 64,)),), "answer.text"),
    ],
)
def test_a_statement_without_evidence_is_refused(statements, code):
    """What cites nothing is not said."""
    with pytest.raises(UsageError) as refused:
        check_statements(statements)
    assert code == refused.value.code


@pytest.mark.parametrize(
    "questions",
    [
        (),
        (QUESTIONS[0], QUESTIONS[0]),
        (Question(number=0, text="a", due_at="2026-12-21T00:00:00Z"),),
        (Question(number=1, text=" ", due_at="2026-12-21T00:00:00Z"),),
        (Question(number=1, text="a", due_at="tomorrow"),),
    ],
)
def test_questions_are_numbered_worded_and_dated(questions):
    """No question, the same number twice, no words, or no date: refused."""
    with pytest.raises(UsageError):
        check_questions(questions)
