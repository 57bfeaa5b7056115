"""Letters: what an authority sent, checked at the door and turned into the facts that open an inquiry.

**Promise**: pure; a letter without content, sender or numbered questions is refused; every question gets a
clock with the authority's own date.
**Not here**: keeping its bytes and recording (`inquiries`).
"""

from datetime import datetime

import msgspec

from probative.kernel.clock import format_instant, parse_instant, to_utc
from probative.kernel.errors import UsageError
from probative.kernel.ids import check_name
from probative.record.facts import Body
from probative.respond.deadlines import ClockKey
from probative.respond.deadlines.drafts import fixed_clock
from probative.respond.inquiry.facts import InquiryOpened, QuestionDue
from probative.respond.inquiry.matrix import Question, check_questions
from probative.respond.matters import Matter


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter as it came in: exact bytes, who sent it, under which power, when, and what it asks."""

    content: bytes
    sender: str
    power: str
    received_at: datetime
    questions: tuple[Question, ...]


class Kept(msgspec.Struct, frozen=True):
    """Where a letter's personal parts are kept: the digests of its bytes, and of its questions' words."""

    letter: str
    questions: str


def check_letter(inquiry: str, letter: Letter, now: datetime) -> None:
    """Refuse what cannot be an authority's letter, before anything is written."""
    check_name(inquiry, "inquiry")
    check_questions(letter.questions)
    if not letter.content or not letter.sender.strip():
        raise UsageError(
            "inquiry.letter",
            "The letter is empty or names no sender.",
            "Give the letter's file and its sender.",
        )
    received_at = to_utc(letter.received_at)
    if received_at > now:
        raise UsageError(
            "inquiry.future",
            f"The letter cannot be received at {format_instant(received_at)}, in the future.",
            "Give the instant at which it arrived.",
        )


def question_words(letter: Letter) -> dict[str, str]:
    """Return the words of the questions by number, as they are kept."""
    return {str(question.number): question.text for question in letter.questions}


def opening_bodies(matter: Matter, letter: Letter, kept: Kept, incident: str | None) -> list[Body]:
    """Make the opening and one clock for each question, with the date that the letter sets."""
    opened = InquiryOpened(
        inquiry=matter.name,
        system=matter.system,
        incident=incident,
        sender=letter.sender,
        power=letter.power,
        received_at=format_instant(letter.received_at),
        letter=kept.letter,
        letter_bytes=len(letter.content),
        questions=tuple(QuestionDue(number=q.number, due_at=q.due_at) for q in letter.questions),
        questions_text=kept.questions,
    )
    clocks = [
        fixed_clock(
            matter,
            ClockKey(matter.name, f"question-{question.number}"),
            f"Answer to question {question.number} of {letter.sender}",
            (letter.received_at, parse_instant(question.due_at)),
            "authority",
            letter.sender,
            kept.letter,
        )
        for question in letter.questions
    ]
    return [opened, *clocks]
