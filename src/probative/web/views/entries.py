"""The ledger explorer: pages of facts, newest first, and one fact with everything around it.

**Promise**: a page reads a bounded part of the ledger; what is shown of a fact is its stored statement.
**Not here**: checking signatures and proofs (`probative record verify`, `record.verify`).
"""

from datetime import datetime
from typing import Any

import msgspec

from probative.kernel.errors import NotFoundError
from probative.record.facts import Fact, Subject
from probative.web.views.moment import Moment
from probative.web.views.sentences import fact_tone, line

PAGE_FACTS = 50
PAGE_FACTS_MAX = 500
# Shorter decimal text is an index; a prefix of an id has at least eight characters.
INDEX_DIGITS_MAX = 8
_WINDOW = 512


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One fact in a list: its place, what it says, who recorded it and when."""

    index: int
    id: str
    kind: str
    says: str
    tone: str
    actor: str
    role: str
    about: tuple[str, ...]
    occurred_at: datetime
    recorded_at: datetime


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Facts `before` an index, newest first; `older` is where the next page begins, if there is one."""

    size: int
    root: str | None
    kind: str | None
    subject: str | None
    lines: tuple[Line, ...]
    older: int | None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One fact, its envelope, and links: `causes` are the facts that led to it, `effects` those it led to."""

    line: Line
    version: int
    key: str | None
    authority: str
    subjects: tuple[Subject, ...]
    body: dict[str, Any]
    causes: tuple[Line, ...]
    effects: tuple[Line, ...]
    key_ids: tuple[str, ...]
    envelope_bytes: int
    size: int
    root: str | None


class _Signature(msgspec.Struct, frozen=True):
    keyid: str = ""


class _Envelope(msgspec.Struct, frozen=True):
    signatures: tuple[_Signature, ...]


def line_of(fact: Fact) -> Line:
    """Return `fact` as a line of a list."""
    return Line(
        index=fact.index,
        id=fact.id,
        kind=fact.kind,
        says=line(fact),
        tone=fact_tone(fact),
        actor=fact.actor.id,
        role=fact.actor.role,
        about=tuple(item.name for item in fact.subjects),
        occurred_at=fact.occurred_at,
        recorded_at=fact.recorded_at,
    )


def page_of(
    moment: Moment,
    kind: str | None = None,
    subject: str | None = None,
    before: int | None = None,
    limit: int = PAGE_FACTS,
) -> Page:
    """Return the newest facts of `kind` about `subject` that stand before index `before`."""
    limit = max(1, min(limit, PAGE_FACTS_MAX))
    stop = moment.size if before is None else max(0, min(before, moment.size))
    found: list[Fact] = []
    window = _WINDOW
    while stop > 0 and len(found) <= limit:
        start = max(0, stop - window)
        query = moment.recorder.facts(kind=kind, subject=subject, since=start, until=stop)
        batch = list(query)
        found += reversed(batch)
        # Rare facts are looked for in ever larger windows, frequent ones never read more than they show.
        window = window if batch else window * 4
        stop = start
    shown = found[:limit]
    return Page(
        size=moment.size,
        root=moment.root,
        kind=kind,
        subject=subject,
        lines=tuple(line_of(fact) for fact in shown),
        older=shown[-1].index if len(found) > limit else None,
    )


def fact_of(moment: Moment, reference: str) -> Fact:
    """Return a fact by its index, id or prefix of its id; `NotFoundError` beyond the moment's size."""
    is_index = reference.isdecimal() and len(reference) < INDEX_DIGITS_MAX
    fact = moment.recorder.fact(f"#{reference}" if is_index else reference)
    if fact.index >= moment.size:
        raise NotFoundError(
            "fact.unknown",
            f"Entry {fact.index} was recorded later.",
            f"You are looking at the first {moment.size} entries of the ledger.",
        )
    return fact


def entry_of(moment: Moment, reference: str) -> Entry:
    """Return a fact, named as in `fact_of`, with its surroundings."""
    fact = fact_of(moment, reference)
    stored = moment.recorder.entry(fact.index)
    envelope = msgspec.json.decode(stored, type=_Envelope)
    return Entry(
        line=line_of(fact),
        version=fact.version,
        key=fact.key,
        authority=fact.actor.authority,
        subjects=fact.subjects,
        body=fact.body,
        causes=tuple(line_of(moment.recorder.fact(cause)) for cause in fact.caused_by),
        effects=tuple(line_of(effect) for effect in _effects(moment, fact)),
        key_ids=tuple(signature.keyid for signature in envelope.signatures),
        envelope_bytes=len(stored),
        size=moment.size,
        root=moment.root,
    )


def _effects(moment: Moment, fact: Fact) -> list[Fact]:
    """Look for later facts about the same things that name `fact` as their cause."""
    about = fact.subjects[-1].name
    later = moment.facts(about=about, since=fact.index + 1)
    return [found for found in later if fact.id in found.caused_by][:PAGE_FACTS]
