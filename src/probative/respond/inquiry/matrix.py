"""The evidence matrix: question by question, what is stated and on which facts it rests.

**Promise**: pure; a statement without evidence is refused; a question without an answer is shown as open,
never filled in.
**Not here**: finding the facts (`inquiries`), and judging them (people).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from probative.kernel.clock import parse_instant
from probative.kernel.errors import UsageError
from probative.kernel.limits import TEXT_CHARS_MAX
from probative.record.facts import Fact

QUESTIONS_MAX = 500


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question of a letter: its number there, its words, and by which instant it is to be answered."""

    number: int
    text: str
    due_at: str


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sentence of an answer and the ids of the facts it rests on."""

    text: str
    evidence: tuple[str, ...]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A cited fact: what kind it is and where it stands in the ledger."""

    fact: str
    index: int
    kind: str


class MatrixRow(msgspec.Struct, frozen=True, kw_only=True):
    """One question with what is stated so far and the facts cited."""

    number: int
    text: str
    due_at: str
    state: Literal["answered", "open", "overdue"]
    statements: tuple[Statement, ...] = ()
    evidence: tuple[Evidence, ...] = ()


def check_questions(questions: Sequence[Question]) -> None:
    """Refuse a letter without questions, numbers that repeat, empty words, and dates that are no instants."""
    if not questions or len(questions) > QUESTIONS_MAX:
        raise UsageError(
            "inquiry.questions",
            f"The letter has {len(questions)} questions; 1 to {QUESTIONS_MAX} are taken.",
            "Number what the authority asks, one question each.",
        )
    seen: set[int] = set()
    for question in questions:
        parse_instant(question.due_at)
        if question.number in seen or question.number < 1 or not question.text.strip():
            raise UsageError(
                "inquiry.question",
                f"Question {question.number} is empty, or its number is used twice.",
                "Give every question its own number from 1 on, and its words.",
            )
        seen.add(question.number)


def check_statements(statements: Sequence[Statement]) -> None:
    """Refuse an empty answer, empty or overlong statements, and statements that cite nothing."""
    if not statements:
        raise UsageError(
            "answer.empty", "The answer has 0 statements.", "State at least one, with its evidence."
        )
    for statement in statements:
        shown = statement.text.strip()[:60]
        if not shown or len(statement.text) > TEXT_CHARS_MAX:
            raise UsageError(
                "answer.text",
                f"A statement has {len(statement.text)} characters; 1 to {TEXT_CHARS_MAX} are taken.",
                "Write one plain sentence a statement.",
            )
        if not statement.evidence:
            raise UsageError(
                "answer.uncited",
                f"The statement '{shown}' cites no evidence.",
                "Cite at least one fact id, or leave the statement out.",
            )


def build_matrix(
    questions: Sequence[Question],
    answers: Mapping[int, Sequence[Statement]],
    facts: Mapping[str, Fact],
    now: datetime,
) -> list[MatrixRow]:
    """Return one row a question, in the letter's order; `facts` are the cited ones by id."""
    return [_row(question, answers.get(question.number, ()), facts, now) for question in questions]


def _row(
    question: Question, statements: Sequence[Statement], facts: Mapping[str, Fact], now: datetime
) -> MatrixRow:
    cited = dict.fromkeys(fact_id for statement in statements for fact_id in statement.evidence)
    overdue = now > parse_instant(question.due_at)
    return MatrixRow(
        number=question.number,
        text=question.text,
        due_at=question.due_at,
        state="answered" if statements else "overdue" if overdue else "open",
        statements=tuple(statements),
        evidence=tuple(
            Evidence(fact=fact_id, index=facts[fact_id].index, kind=facts[fact_id].kind) for fact_id in cited
        ),
    )


def response_text(sender: str, reference: str, rows: Iterable[MatrixRow]) -> str:
    """Write the rows as a letter: statements with marks, then the facts that the marks stand for.

    A question without an answer is written down as unanswered; nothing that cites no fact is in the letter.
    """
    listed = list(rows)
    marks: dict[str, str] = {}
    for row in listed:
        for item in row.evidence:
            marks.setdefault(item.fact, f"E{len(marks) + 1}")
    lines = [f"To {sender}", "", f"Our reference: {reference}", ""]
    for row in listed:
        lines += [f"Question {row.number}. {row.text.strip()}", ""]
        if not row.statements:
            lines.append("Not answered yet: no statement with evidence is recorded.")
        lines += [
            f"- {s.text.strip()} [{', '.join(marks[fact] for fact in s.evidence)}]" for s in row.statements
        ]
        lines.append("")
    lines += ["Evidence", ""]
    places = {item.fact: item for row in listed for item in row.evidence}
    lines += [
        f"{mark}: {places[fact].kind}, ledger entry {places[fact].index}, fact {fact}"
        for fact, mark in marks.items()
    ]
    return "\n".join([*lines, ""])
