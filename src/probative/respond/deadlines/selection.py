"""Choosing clocks: every obligation of the places we are in answers applies, not applicable, or needs
counsel.

**Promise**: pure; a known "no" beats an open question, an open question beats "applies"; a rule that was
recalled from memory, is stayed, or rests on law that does not bite yet goes to counsel instead of getting a
date.
**Not here**: dates (`counting`), and what was decided before (`history`).
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from probative.kernel.errors import UsageError
from probative.respond.deadlines.calendars import places
from probative.respond.deadlines.circumstances import Circumstances, ClockAnswer, Verdict
from probative.respond.deadlines.pack import (
    EFFECTIVE_QUESTION,
    STAYED_QUESTION,
    ClockPack,
    Obligation,
    Question,
)


class _Finding(NamedTuple):
    """One thing found out about an obligation: a no with its reason, or something open."""

    verdict: Verdict
    reason: str
    question: str = ""
    near: bool = True


class _Stages(NamedTuple):
    """Which stages of an obligation hold and which wait for an answer, what is undecided about them, and what
    is lacking when none holds.
    """

    held: tuple[str, ...]
    open: tuple[str, ...]
    undecided: list[_Finding]
    lacking: list[_Finding]


def choose(
    pack: ClockPack, told: Circumstances, on: date, adopted: Mapping[str, frozenset[str]]
) -> tuple[ClockAnswer, ...]:
    """Answer for every obligation whose area covers one of our places, in pack order.

    `on` is the day the question is asked for; `adopted` maps the digests of rules that counsel adopted to the
    stages confirmed with them. A fact that answers no question of the pack raises `UsageError`.

    >>> from probative.respond.deadlines.pack import shipped_pack
    >>> told = Circumstances(jurisdictions=("DE",), roles=("controller",), tier="high-risk",
    ...                      facts={"personal-data-breach": False})
    >>> answers = {a.obligation: a for a in choose(shipped_pack(), told, date(2026, 12, 16), {})}
    >>> answers["eu-gdpr-33-authority"].answer
    'not-applicable'
    """
    for name in {*told.facts, *told.basis}:
        if name not in pack.questions:
            raise UsageError(
                "circumstances.unknown-fact",
                f"'{name[:80]}' answers no question of the clock pack.",
                "List the questions: probative respond clocks questions.",
            )
    return tuple(
        _answer(pack, obligation, told, on, place, adopted)
        for obligation in pack.obligations.values()
        if (place := competent_place(obligation, told)) is not None
    )


def competent_place(obligation: Obligation, told: Circumstances) -> str | None:
    """Return the place whose authority is told: the obligation's own, or the first of ours in its area."""
    for code in told.jurisdictions:
        if lies_within(code, obligation.jurisdiction):
            return obligation.place or code
    return None


def lies_within(code: str, area: str) -> bool:
    """Tell whether the place `code` belongs to the legal `area`.

    >>> lies_within("DE-BY", "EEA"), lies_within("US", "US-NY")
    (True, False)
    """
    while code:
        if code == area:
            return True
        place = places().get(code)
        code = place.within if place else ""
    return False


def _answer(
    pack: ClockPack,
    obligation: Obligation,
    told: Circumstances,
    on: date,
    place: str,
    adopted: Mapping[str, frozenset[str]],
) -> ClockAnswer:
    rule_sha256 = obligation.sha256
    confirmed = adopted.get(rule_sha256)
    findings = [
        *_addressed(obligation, told),
        *_in_time(pack, obligation, told, on),
        *_questions(pack.questions, obligation, told),
    ]
    if obligation.confidence == "from-memory" and confirmed is None:
        text = "the rule was recalled, not read in a source: no date until a named person confirms it"
        findings.append(_Finding("needs-counsel", text))
    stages = _stages(pack.questions, obligation, told)
    findings.extend(stages.lacking)
    verdict = _strongest(findings)
    shown = [finding for finding in findings if finding.verdict == verdict]
    open_ones = [*shown, *stages.undecided] if verdict != "not-applicable" else []
    return ClockAnswer(
        obligation=obligation.id,
        answer=verdict,
        reasons=tuple(f.reason for f in shown) or (f"addressed to {obligation.who}: {obligation.trigger}",),
        open_questions=tuple(dict.fromkeys(f.question for f in open_ones if f.question)),
        stages=stages.held,
        open_stages=stages.open,
        near=all(finding.near for finding in findings),
        rule=pack.version_of(obligation.id),
        rule_sha256=rule_sha256,
        citation=obligation.citation,
        place=place,
        status=obligation.status,
        confidence=obligation.confidence,
        grade=obligation.grade,
        adopted=confirmed is not None,
    )


def _strongest(findings: list[_Finding]) -> Verdict:
    verdicts = {finding.verdict for finding in findings}
    if "not-applicable" in verdicts:
        return "not-applicable"
    return "needs-counsel" if "needs-counsel" in verdicts else "applies"


def _addressed(obligation: Obligation, told: Circumstances) -> Iterator[_Finding]:
    """Find out whether the duty is ours: role, tier, and no other law in its place."""
    if not set(obligation.roles) & set(told.roles):
        yield _Finding("not-applicable", f"it is addressed to {' or '.join(obligation.roles)}", near=False)
    for role, reason in obligation.unless_roles.items():
        if role in told.roles:
            yield _Finding("not-applicable", reason)
    if obligation.tiers and told.tier not in obligation.tiers:
        tiers = " or ".join(obligation.tiers)
        yield _Finding("not-applicable", f"it concerns {tiers} systems; this one is {told.tier}", near=False)


def _in_time(pack: ClockPack, obligation: Obligation, told: Circumstances, on: date) -> Iterator[_Finding]:
    """Find out whether the rule is law on the day, formally and in effect."""
    if obligation.status == "proposed":
        yield _Finding("not-applicable", "it is a proposal, not law", near=False)
        return
    if obligation.valid_until is not None and on > obligation.valid_until:
        yield _Finding("not-applicable", f"it was in force only until {obligation.valid_until}", near=False)
        return
    if obligation.status == "stayed":
        yield from _counsel_on(pack, told, STAYED_QUESTION, "its enforcement is stayed")
    formal = _date_for(obligation.applies_from, told)
    if formal is None:
        yield _Finding("needs-counsel", "the date from which it applies is not known for this system")
    elif on < formal:
        yield _Finding("not-applicable", f"it applies only from {formal}")
    elif obligation.effective_from:
        effective = _date_for(obligation.effective_from, told)
        if effective is None:
            yield _Finding("needs-counsel", "which Annex makes the system high-risk is not said")
        elif on < effective:
            reason = (
                f"it formally applies from {formal}, but the high-risk classification it rests on "
                f"applies only from {effective}"
            )
            yield from _counsel_on(pack, told, EFFECTIVE_QUESTION, reason)


def _date_for(dates: Mapping[str, date], told: Circumstances) -> date | None:
    return dates.get(told.annex) or dates.get("all")


def _counsel_on(pack: ClockPack, told: Circumstances, question: str, reason: str) -> Iterator[_Finding]:
    held = told.facts.get(question)
    if held is None:
        yield _Finding("needs-counsel", reason, question)
    elif not held:
        yield _Finding("not-applicable", _because(pack.questions[question].no, question, told))


def _questions(
    asked: Mapping[str, Question], obligation: Obligation, told: Circumstances
) -> Iterator[_Finding]:
    needed = list(obligation.needs)
    ours = set(obligation.roles) & set(told.roles)
    if ours and ours <= set(obligation.role_needs):
        needed.extend(obligation.role_needs[role] for role in sorted(ours))
    for name in needed:
        yield from _asked(asked, name, told)


def _asked(asked: Mapping[str, Question], name: str, told: Circumstances) -> Iterator[_Finding]:
    question = asked[name]
    held = told.facts.get(name)
    if held is None and question.unless_told == "undecided":
        yield _Finding("needs-counsel", f"undecided: {question.ask}", name)
    elif not held:
        yield _Finding("not-applicable", _because(question.no, name, told))


def _stages(asked: Mapping[str, Question], obligation: Obligation, told: Circumstances) -> _Stages:
    """Sort an obligation's stages; with none that holds, an open question outweighs the others' no."""
    held: list[str] = []
    waiting: list[str] = []
    undecided: list[_Finding] = []
    refused: list[_Finding] = []
    for stage in obligation.stage:
        findings = [finding for name in stage.needs for finding in _asked(asked, name, told)]
        if not findings:
            held.append(stage.id)
        elif _strongest(findings) == "needs-counsel":
            waiting.append(stage.id)
            undecided.extend(findings)
        else:
            refused.extend(finding for finding in findings if finding.verdict == "not-applicable")
    lacking = [] if held else undecided or refused
    return _Stages(tuple(held), tuple(waiting), undecided, lacking)


def _because(reason: str, question: str, told: Circumstances) -> str:
    basis = told.basis.get(question)
    return f"{reason} ({basis})" if basis else reason
