"""The readable page of a package: `index.html`, for people who will never run a verifier.

**Promise**: one file without scripts, links or anything loaded from elsewhere, under a strict content
security policy; light and dark, narrow and wide, and on paper.
**Not here**: proof; the page is a reading of the facts, and it is the facts that are verified.
"""

import base64
import hashlib
from importlib import resources
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined

from probative.kernel.clock import format_instant
from probative.prove.limits import limits_of, not_proven_text, readme_text
from probative.prove.package import NOT_PROVEN, PAGE, README, Contents, fact_file
from probative.prove.sentences import Field, fields, plain, sentence
from probative.prove.verifier import entries as verifier
from probative.prove.verifier.rows import read_decision
from probative.record.facts import Fact

_HEADLINES = ("gate.verdict-given", "respond.incident-declared", "respond.inquiry-opened")
_CLOSINGS = ("respond.incident-closed", "respond.inquiry-answered")
_SHOWN_ROWS_MAX = 200


class Event(NamedTuple):
    """One fact on the timeline."""

    entry: int
    file: str
    day: str
    time: str
    late: str
    room: str
    text: str
    actor: str
    id: str
    fields: list[Field]


class Headline(NamedTuple):
    """What the package is about in a word or two: the latest answer, and whether it is a good one."""

    label: str
    answer: str
    tone: str
    text: str


def readable_files(contents: Contents) -> dict[str, str]:
    """Return the files of a package that are for people."""
    return {
        PAGE: render_page(contents),
        NOT_PROVEN: not_proven_text(contents),
        README: readme_text(contents),
    }


def render_page(contents: Contents) -> str:
    """Return `index.html`."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    room = resources.files("probative.prove")
    style = room.joinpath("page.css").read_text(encoding="utf-8")
    template = environment.from_string(room.joinpath("page.html").read_text(encoding="utf-8"))
    return template.render(
        contents=contents,
        headline=headline(contents.facts),
        controls=_controls(contents.facts),
        days=_days(contents.facts),
        decisions=_rows(contents),
        limits=limits_of(contents),
        plain=plain,
        style=style,
        style_digest=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def headline(facts: tuple[Fact, ...]) -> Headline:
    """Return the answer that a reader looks for first: the newest verdict, or how the matter stands."""
    leading = [fact for fact in facts if fact.kind in _HEADLINES]
    if not leading:
        return Headline("Facts", str(len(facts)), "neutral", "These facts were recorded about the subject.")
    fact = leading[-1]
    if fact.kind == "gate.verdict-given":
        outcome = plain(fact.body.get("outcome"))
        tone = {"pass": "good", "fail": "bad"}.get(outcome, "open")
        return Headline("Verdict", outcome, tone, sentence(fact))
    closed = any(other.kind in _CLOSINGS and other.index > fact.index for other in facts)
    label = "Incident" if fact.kind == "respond.incident-declared" else "Inquiry"
    return Headline(label, "closed" if closed else "open", "neutral" if closed else "open", sentence(fact))


def _controls(facts: tuple[Fact, ...]) -> list[dict[str, str]]:
    """Return the controls of the newest verdict."""
    verdicts = [fact for fact in facts if fact.kind == "gate.verdict-given"]
    listed = verdicts[-1].body.get("controls", []) if verdicts else []
    return [
        {name: plain(control.get(name)) for name in ("control", "outcome", "reason")}
        for control in listed
        if isinstance(control, dict)
    ]


def _rows(contents: Contents) -> list[dict[str, str]]:
    """Return what the decision files disclose, read the way a verifier reads them."""
    facts = {
        fact.id: verifier.Fact(fact.id, fact.index, fact.kind, format_instant(fact.recorded_at), fact.body)
        for fact in contents.facts
    }
    shown = list(contents.decisions.items())[:_SHOWN_ROWS_MAX]
    rows = [read_decision(name, data, facts) for name, data in shown]
    return [{plain(name): plain(value) for name, value in row.items()} for row in rows]


def _days(facts: tuple[Fact, ...]) -> list[tuple[str, list[Event]]]:
    """Return the timeline by day, in ledger order."""
    days: dict[str, list[Event]] = {}
    for fact in facts:
        event = _event(fact)
        days.setdefault(event.day, []).append(event)
    return list(days.items())


def _event(fact: Fact) -> Event:
    recorded, occurred = format_instant(fact.recorded_at), format_instant(fact.occurred_at)
    return Event(
        entry=fact.index,
        file=fact_file(fact.index),
        day=recorded[:10],
        time=recorded[11:19],
        late="" if recorded[:16] == occurred[:16] else f"{occurred[:10]} {occurred[11:16]}",
        room=fact.kind.partition(".")[0],
        text=sentence(fact),
        actor=f"{fact.actor.id}, {fact.actor.role}",
        id=fact.id,
        fields=fields(fact),
    )
