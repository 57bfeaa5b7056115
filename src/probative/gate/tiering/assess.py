"""Tiering: answers and a date in, a tier with its reasons out.

**Promise**: a pure function. Unanswered questions stay open (three-valued logic, never a silent "no");
the strictest tier established wins, duties of all rules that hold add up, and the strictest tier still
possible is named beside it.
**Not here**: reading law (`gate.tiering.law`) and recording the result (`gate.gatekeeper`).
"""

import difflib
from collections.abc import Callable, Iterable, Mapping
from datetime import date

import msgspec

from probative.gate.facts import TierAssigned, TierDuty, TierReason
from probative.gate.tiering.law import UNSURE, Answered, Law, Question, Rule, Tier
from probative.kernel.errors import UsageError

Answers = Mapping[str, tuple[str, ...]]
Known = bool | None  # true, false, or not known while an answer is missing


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What the answers amount to. `could_be` is the strictest tier that the open questions still allow."""

    tier: Tier
    could_be: Tier
    reasons: tuple[TierReason, ...]
    duties: tuple[TierDuty, ...]
    open_questions: tuple[str, ...]
    lawyer_points: tuple[str, ...]
    applies_from: str


def read_answers(
    law: Law, answers: Mapping[str, str | Iterable[str]], on: date
) -> dict[str, tuple[str, ...]]:
    """Check answers against the questions; unknown questions and answers raise `UsageError`.

    >>> from probative.gate.tiering.law import load_law
    >>> read_answers(load_law()[0], {"annex3.5": "b"}, date(2026, 11, 21))
    {'annex3.5': ('b',)}
    """
    questions = {question.id: question for question in law.questions_on(on)}
    read: dict[str, tuple[str, ...]] = {}
    for name in sorted(answers):
        value = answers[name]
        given = (value,) if isinstance(value, str) else tuple(value)
        if name not in questions:
            close = difflib.get_close_matches(name, questions, n=1)
            raise UsageError(
                "tier.question-unknown",
                f"There is no question '{name[:80]}' in {law.id}.",
                f"Did you mean '{close[0]}'?"
                if close
                else "probative gate tier SYSTEM --template lists them.",
            )
        read[name] = _check_answer(questions[name], given)
    return read


def _check_answer(question: Question, given: tuple[str, ...]) -> tuple[str, ...]:
    several = question.kind == "choices"
    known = all(item in question.accepted for item in given)
    alone = len(given) == 1 or not {UNSURE, "none"} & set(given)
    if given and known and alone and (several or len(given) == 1):
        return tuple(sorted(set(given)))
    raise UsageError(
        "tier.answer-malformed",
        f"'{', '.join(map(str, given))[:80]}' does not answer question '{question.id}'.",
        f"Give {'one or more' if several else 'one'} of: {', '.join(question.accepted)}.",
    )


def assess(law: Law, answers: Answers, on: date) -> Assessment:
    """Evaluate every rule that is the law on the day `on` against `answers`."""
    rules = law.rules_on(on)
    known = _evaluate(rules, answers)
    sure = [rule for rule in rules if known[rule.id] is True]
    undecided = [rule for rule in rules if known[rule.id] is None]
    tier = _strictest(sure)
    unsure = (f"The answer to '{name}' is '{UNSURE}'." for name, given in answers.items() if UNSURE in given)
    return Assessment(
        tier=tier,
        could_be=_strictest([*sure, *undecided]),
        reasons=tuple(_reason(law, rule, on) for rule in sure),
        duties=tuple(_duty(law, rule, text, on) for rule in sure for text in rule.duties),
        open_questions=_open_questions(law, answers, undecided, on),
        lawyer_points=(*(rule.lawyer for rule in sure if rule.lawyer), *unsure),
        applies_from=min(
            (law.date_on(rule, on).applies_from.isoformat() for rule in sure if rule.tier is tier), default=""
        ),
    )


def tier_body(system: str, assessment: Assessment, answers: str, law: str, edition: str) -> TierAssigned:
    """Return the fact body of an assessment; `answers` and `law` are the digests of their blobs."""
    return TierAssigned(
        system=system,
        tier=assessment.tier.value,
        could_be=assessment.could_be.value,
        reasons=assessment.reasons,
        duties=assessment.duties,
        open_questions=assessment.open_questions,
        needs_lawyer=bool(assessment.lawyer_points),
        lawyer_points=assessment.lawyer_points,
        applies_from=assessment.applies_from,
        answers=answers,
        law=law,
        law_edition=edition,
    )


def _strictest(rules: Iterable[Rule]) -> Tier:
    tiers = (rule.tier for rule in rules if rule.tier is not None)
    return max(tiers, key=lambda tier: tier.rank, default=Tier.MINIMAL)


def _evaluate(rules: Iterable[Rule], answers: Answers) -> dict[str, Known]:
    by_id = {rule.id: rule for rule in rules}
    known: dict[str, Known] = {}

    def value(name: str) -> Known:
        if name not in by_id:
            return False  # an exception that is not yet, or no longer, the law
        if name not in known:
            known[name] = _holds(by_id[name], answers, value)
        return known[name]

    return {name: value(name) for name in by_id}


def _holds(rule: Rule, answers: Answers, value: Callable[[str], Known]) -> Known:
    """Strong three-valued logic (Kleene): unknown only where a missing answer could still decide."""
    parts: list[Known] = [_answered(test, answers) for test in rule.all]
    if rule.any:
        parts.append(_any([_answered(test, answers) for test in rule.any]))
    for name in rule.unless:
        excepted = value(name)
        parts.append(None if excepted is None else not excepted)
    if False in parts:
        return False
    return None if None in parts else True


def _answered(test: Answered, answers: Answers) -> Known:
    given = answers.get(test.question, (UNSURE,))
    return None if UNSURE in given else bool(set(given) & set(test.among))


def _any(parts: list[Known]) -> Known:
    if True in parts:
        return True
    return None if None in parts else False


def _open_questions(law: Law, answers: Answers, undecided: list[Rule], on: date) -> tuple[str, ...]:
    """Name what to ask next, in the order of the questionnaire: unanswered, and able to decide something."""
    by_id = {rule.id: rule for rule in law.rules_on(on)}
    excepted = [by_id[name] for rule in undecided for name in rule.unless if name in by_id]
    wanted = {test.question for rule in (*undecided, *excepted) for test in (*rule.all, *rule.any)}
    missing = {name for name in wanted if UNSURE in answers.get(name, (UNSURE,))}
    return tuple(question.id for question in law.questions_on(on) if question.id in missing)


def _reason(law: Law, rule: Rule, on: date) -> TierReason:
    applies = law.date_on(rule, on)
    return TierReason(
        rule=rule.id,
        tier=rule.tier.value if rule.tier else None,
        text=rule.reason,
        citation=rule.citation,
        applies_from=applies.applies_from.isoformat(),
        confidence=applies.confidence,
    )


def _duty(law: Law, rule: Rule, text: str, on: date) -> TierDuty:
    applies = law.date_on(rule, on)
    return TierDuty(
        rule=rule.id,
        text=text,
        applies_from=applies.applies_from.isoformat(),
        confidence=applies.confidence,
    )
