"""The control catalogue as a Markdown page, made from the packs.

**Promise**: what the page says is what the gate does: it is made from the very files that are evaluated.
**Not here**: writing the page (`docs/reference`), and a control for the terminal (`gate.outputs.tiers`).
"""

from collections.abc import Iterator

from probative.gate.controls import Control, Controls
from probative.gate.dossier import Evidence
from probative.gate.tiering.law import Tier

NOTE = "<!-- Made by `just docs` from the control packs; edit those instead. -->"
INTRODUCTION = (
    "What the gate asks of a release, by risk tier. A mandatory control that is not met keeps the gate"
    " closed; a recommended one informs. Links to frameworks mean *contributes evidence to*, never"
    " *complies with*, and are our judgement. Not legal advice."
)
TIERS = (Tier.HIGH, Tier.LIMITED, Tier.MINIMAL)


def render(controls: Controls) -> str:
    """Return the whole page: an overview table, then a section for each control."""
    lines = [
        NOTE,
        "# Controls",
        "",
        INTRODUCTION,
        "",
        f"| control | title | {' | '.join(TIERS)} | waivable |",
        f"| --- | --- | {' | '.join('---' for _ in TIERS)} | --- |",
        *(_row(control) for control in controls.controls),
        "",
    ]
    for control in controls.controls:
        lines += _section(control)
    return "\n".join(lines)


def _row(control: Control) -> str:
    asked = " | ".join(_asked(control, tier) for tier in TIERS)
    waivable = f"{control.waiver.days_max} days" if control.waiver.allowed else "never"
    return f"| [{control.id}](#{control.id.lower()}) | {control.title} | {asked} | {waivable} |"


def _asked(control: Control, tier: Tier) -> str:
    if tier in control.tiers.mandatory:
        return "mandatory"
    return "recommended" if tier in control.tiers.recommended else "-"


def _section(control: Control) -> Iterator[str]:
    yield from (f"## {control.id}", "", f"**{control.title}.** {control.statement}", "")
    yield f"- Owner: {control.owner}; {control.frequency}."
    yield f"- Evidence: {'; '.join(_evidence(line) for line in control.evidence)}."
    yield f"- Test: `{control.test.rule}`{_parameters(control)}."
    yield f"- Waiver: {_waiver(control)}."
    yield f"- To mend it: {control.remediation.text}"
    yield from ("", "| framework | edition | reference | strength | why |", "| --- | --- | --- | --- | --- |")
    for link in control.mappings:
        yield f"| {link.framework} | {link.edition} | {link.ref} | {link.strength} | {link.rationale} |"
    yield ""


def _waiver(control: Control) -> str:
    terms = control.waiver
    if not terms.allowed:
        return f"never: {terms.why_not}"
    return f"by {', '.join(terms.roles)}, at most {terms.days_max} days, renewals: {terms.renewals_max}"


def _evidence(line: Evidence) -> str:
    where = "".join(f" with {field} {value}" for field, value in line.where.items())
    limits = [f"at most {line.age_days_max} days old"] if line.age_days_max is not None else []
    limits += [f"{days} days in tier {tier}" for tier, days in line.age_days_max_at.items()]
    limits += [f"recorded as {' or '.join(line.roles)}"] if line.roles else []
    shown = f" ({', '.join(limits)})" if limits else ""
    return f"`{line.kind}`{where}{shown}"


def _parameters(control: Control) -> str:
    shown = [_settings(control.test.parameters, "")]
    shown += [_settings(values, f"in tier {tier}: ") for tier, values in control.test.at.items()]
    text = "; ".join(item for item in shown if item)
    return f" with {text}" if text else ""


def _settings(values: dict[str, object], prefix: str) -> str:
    shown = ", ".join(
        f"{name} {' '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in values.items()
    )
    return f"{prefix}{shown}" if shown else ""
