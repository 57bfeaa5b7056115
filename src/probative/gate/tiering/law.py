"""Tiering law as data: questions, rules and dates read from a pack file.

**Promise**: a pack is read strictly (unknown fields, dangling names and unused questions are refused) and
its digest is of the very bytes read; a moved date is a second row with its own validity.
**Not here**: evaluating answers (`gate.tiering.assess`).
"""

import tomllib
from collections import Counter
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from importlib import resources

import msgspec

from probative.kernel.digest import sha256_hex
from probative.kernel.errors import NotFoundError, UsageError

UNSURE = "unsure"
_YES_NO = {"yes": "yes", "no": "no"}


class Tier(StrEnum):
    """The EU AI Act's risk classes as tiers, the strictest first."""

    PROHIBITED = "prohibited"
    HIGH = "high-risk"
    LIMITED = "limited"
    MINIMAL = "minimal"

    @property
    def rank(self) -> int:
        """How strict the tier is: 0 for minimal up to 3 for prohibited.

        >>> max([Tier.LIMITED, Tier.HIGH], key=lambda tier: tier.rank)
        <Tier.HIGH: 'high-risk'>
        """
        return _RANKS[self]


_RANKS = {Tier.MINIMAL: 0, Tier.LIMITED: 1, Tier.HIGH: 2, Tier.PROHIBITED: 3}


class Span(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when (inclusive) to when (exclusive) something is the law; `None` leaves that side open."""

    valid_from: date | None = None
    valid_until: date | None = None

    def holds(self, on: date) -> bool:
        """Tell whether this was the law on the day `on`."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_until is None or on < self.valid_until
        )


class AppliesFrom(Span, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a provision applies, by whose word, and how sure that is."""

    id: str
    applies_from: date
    citation: str
    confidence: str


class Question(Span, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question: `yes-no`, one `choice`, or several `choices` of its options."""

    id: str
    text: str
    kind: str
    citation: str
    options: dict[str, str] = {}

    @property
    def accepted(self) -> dict[str, str]:
        """The answers it takes and what they mean, "unsure" included."""
        return (self.options or _YES_NO) | {UNSURE: "not known yet: stays open"}


class Answered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """True when an answer to `question` is `among` these."""

    question: str
    among: tuple[str, ...]


class Rule(Span, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What follows from answers: a tier, duties, or a point for counsel; `date` names when it applies."""

    id: str
    citation: str
    reason: str
    date: str
    tier: Tier | None = None
    lawyer: str = ""
    duties: tuple[str, ...] = ()
    all: tuple[Answered, ...] = ()
    any: tuple[Answered, ...] = ()
    unless: tuple[str, ...] = ()


class Law(Span, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tiering pack: where it comes from, its questions, rules and dates, and the digest of its bytes."""

    id: str
    version: int
    title: str
    edition: str
    source: str
    licence: str
    notice: str
    dates: tuple[AppliesFrom, ...]
    questions: tuple[Question, ...]
    rules: tuple[Rule, ...]
    sha256: str = ""

    def questions_on(self, on: date) -> tuple[Question, ...]:
        """Return the questions that the law asks on the day `on`."""
        return tuple(question for question in self.questions if question.holds(on))

    def rules_on(self, on: date) -> tuple[Rule, ...]:
        """Return the rules that are the law on the day `on`."""
        return tuple(rule for rule in self.rules if rule.holds(on))

    def date_on(self, rule: Rule, on: date) -> AppliesFrom:
        """Return since when, by the law of the day `on`, the provision behind `rule` applies."""
        for row in self.dates:
            if row.id == rule.date and row.holds(on):
                return row
        raise NotFoundError(
            "law.no-date",
            f"Law '{self.id}' has no date '{rule.date}' that is valid on {on}.",
            "Add a [[dates]] row to the pack that covers the day.",
        )


def load_law(name: str = "eu-ai-act") -> tuple[Law, bytes]:
    """Read a shipped tiering pack; returns it with the bytes it was read from.

    >>> law, data = load_law()
    >>> law.edition
    'Regulation (EU) 2024/1689 as amended by Regulation (EU) 2026/1744'
    """
    data = resources.files("probative.packs").joinpath("tiering", f"{name}.toml").read_bytes()
    return parse_law(data), data


def parse_law(data: bytes) -> Law:
    """Read a tiering pack strictly; anything malformed or dangling raises `UsageError`."""
    try:
        parsed = tomllib.loads(data.decode("utf-8"))
        law = msgspec.convert(parsed | {"sha256": sha256_hex(data)}, Law)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise _malformed(str(error)) from error
    _check(law)
    return law


def _check(law: Law) -> None:
    questions = {question.id: question for question in law.questions}
    for what, ids in (
        ("question", [question.id for question in law.questions]),
        ("rule", [rule.id for rule in law.rules]),
    ):
        twice = [name for name, count in Counter(ids).items() if count > 1]
        if twice:
            raise _malformed(f"{what} '{twice[0]}' is there twice")
    dates = {row.id for row in law.dates}
    plain = {rule.id for rule in law.rules if not rule.unless}
    for rule in law.rules:
        _check_tests(rule, questions)
        if rule.date not in dates:
            raise _malformed(f"rule '{rule.id}' names the date '{rule.date}', which is not there")
        # An exception has no exceptions itself: so evaluation needs no search for cycles, and stays readable.
        if not plain.issuperset(rule.unless) or not (rule.all or rule.any):
            raise _malformed(f"rule '{rule.id}' tests nothing, or its exception is no plain rule")
    used = {test.question for rule in law.rules for test in (*rule.all, *rule.any)}
    unused = sorted(set(questions) - used)
    if unused:
        raise _malformed(f"question '{unused[0]}' is used by no rule")


def _check_tests(rule: Rule, questions: dict[str, Question]) -> None:
    tests: Iterable[Answered] = (*rule.all, *rule.any)
    for test in tests:
        question = questions.get(test.question)
        if question is None or not set(test.among) <= set(question.accepted):
            raise _malformed(f"rule '{rule.id}' tests '{test.question}' for an answer it cannot have")


def _malformed(why: str) -> UsageError:
    return UsageError("law.malformed", f"This is not a tiering pack: {why}.", "Mend the pack file.")
