"""A tier assignment, a questionnaire and a control as text for a person.

**Promise**: each reason stands with its citation and since when it applies; it is said that this is not
legal advice.
**Not here**: assessing (`gate.tiering`).
"""

import textwrap
from collections.abc import Iterable

from probative.gate.controls import Control
from probative.gate.dossier import Evidence
from probative.gate.facts import TierAssigned
from probative.gate.outputs.terminal import Paint, plain
from probative.gate.tiering.law import Law, Question

TONES = {"prohibited": "bad", "high-risk": "doubt", "limited": "strong", "minimal": "good"}


def render_tier(body: TierAssigned, notice: str, paint: Paint = plain) -> str:
    """Return the tier with its reasons, duties, open questions and points for a lawyer."""
    since = f", applies from {body.applies_from}" if body.applies_from else ""
    lines = [f"{body.system}: tier {paint(body.tier, TONES.get(body.tier, 'strong'))}{since}"]
    lines += _part("Because", [_reason(item.text, item.citation, item.applies_from) for item in body.reasons])
    lines += _part("Duties", [f"{item.text} From {item.applies_from}." for item in body.duties])
    lines += _part("A lawyer must confirm", body.lawyer_points)
    still = f"Open questions: the tier could still become {body.could_be}"
    lines += _part(still, body.open_questions)
    return "\n".join([*lines, "", paint(f"{body.law_edition}. {notice}", "quiet")])


def render_questions(law: Law, questions: Iterable[Question]) -> str:
    """Return a TOML file to fill in: every question with its text, citation and possible answers.

    Every answer is "unsure" until somebody changes it, so that an unread question stays open.
    """
    lines = [f"# {law.title}", f"# {law.edition}", f"# {law.notice}", ""]
    for question in questions:
        lines += [f"# {line}" for line in textwrap.wrap(f"{question.text} ({question.citation})", 98)]
        lines += [f"#   {_meaning(answer, meaning)}" for answer, meaning in question.accepted.items()]
        empty = '["unsure"]' if question.kind == "choices" else '"unsure"'
        lines += [f'"{question.id}" = {empty}', ""]
    return "\n".join(lines)


def render_control(control: Control, paint: Paint = plain) -> str:
    """Return a control: what must hold, what shows it, who may waive it, how it is mended."""
    terms = control.waiver
    waiver = (
        f"by {', '.join(terms.roles)}, at most {terms.days_max} days, {terms.renewals_max} renewals"
        if terms.allowed
        else f"never: {terms.why_not}"
    )
    evidence = [_evidence(line) for line in control.evidence]
    steps = ("", *control.remediation.commands)
    commands = dict.fromkeys(control.remediation.next_command(step, "SYSTEM", "RELEASE") for step in steps)
    links = [f"{item.framework} {item.ref} ({item.strength}): {item.rationale}" for item in control.mappings]
    lines = [f"{paint(control.id, 'strong')}  {control.title}", "", *textwrap.wrap(control.statement, 98)]
    lines += _part("Asked for", [f"mandatory: {', '.join(control.tiers.mandatory)}", *_recommended(control)])
    lines += _part("Owner and frequency", [f"{control.owner}; {control.frequency}"])
    lines += _part("Evidence", evidence)
    lines += _part("May be waived", [waiver])
    lines += _part("To mend it", [control.remediation.text, *commands])
    lines += _part("Contributes evidence to", links)
    return "\n".join(lines)


def _meaning(answer: str, meaning: str) -> str:
    return answer if answer == meaning else f"{answer}: {meaning}"


def _recommended(control: Control) -> list[str]:
    tiers = ", ".join(control.tiers.recommended)
    return [f"recommended: {tiers}"] if tiers else []


def _evidence(line: Evidence) -> str:
    where = "".join(f", {field} {value}" for field, value in line.where.items())
    age = f", at most {line.age_days_max} days old" if line.age_days_max is not None else ""
    roles = f", recorded as {' or '.join(line.roles)}" if line.roles else ""
    return f"{line.kind}{where}{age}{roles}"


def _reason(text: str, citation: str, applies_from: str) -> str:
    return f"{text} ({citation}, from {applies_from})"


def _part(head: str, items: Iterable[str]) -> list[str]:
    wrapped = [
        line
        for item in items
        for line in textwrap.wrap(item, 98, initial_indent="  - ", subsequent_indent="    ")
    ]
    return ["", head, *wrapped] if wrapped else []
