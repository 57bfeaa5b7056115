"""Facts in plain words, one line each, for timelines and lists.

**Promise**: every kind has a line; it is the one that incidents and packages use, so a fact reads the same
everywhere.
**Not here**: the words themselves (`respond.incident`, `prove.sentences`), and whole bodies.
"""

import re

from probative.prove.sentences import plain, sentence
from probative.record.facts import Fact
from probative.respond.incident import describe

GOOD, BAD, CARE, PLAIN = "good", "bad", "care", "plain"
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d\.\d{6}Z")

# Outcomes and states, by what a reader should feel about them.
_TONES = {
    "pass": GOOD,
    "fail": BAD,
    "waived": CARE,
    "not-applicable": PLAIN,
    "not-assessable": CARE,
    "ok": GOOD,
    "watch": CARE,
    "breach": BAD,
    "undetermined": CARE,
    "not-measurable": CARE,
    "done": GOOD,
    "failed": BAD,
    "abandoned": BAD,
    "met": GOOD,
    "met-late": BAD,
    "overdue": BAD,
    "running": CARE,
    "proposed": CARE,
    "needs-counsel": CARE,
    "unconfirmed": CARE,
}
_KIND_TONES = {
    "watch.signal-raised": BAD,
    "respond.incident-declared": BAD,
    "respond.stop-proposed": CARE,
    "respond.lock-overridden": CARE,
    "respond.clock-warned": CARE,
    "respond.incident-closed": GOOD,
    "respond.corrective-done": GOOD,
    "respond.clock-met": GOOD,
    "gate.feature-refused": BAD,
    "gate.waiver-granted": CARE,
}


def line(fact: Fact) -> str:
    """Return what `fact` says in one line, instants to the minute.

    >>> from probative.kernel.actor import Actor
    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 11, 1, tzinfo=UTC)
    >>> actor = Actor(id="p-1", role="model-owner")
    >>> line(Fact(id="", index=0, kind="record.run-started", version=1, subjects=(), actor=actor,
    ...     occurred_at=at, recorded_at=at, body={"run": "t-1", "run_kind": "training"}))
    'A training run was started: t-1'
    """
    said = plain(describe(fact)) if fact.kind.startswith("respond.") else sentence(fact)
    return _INSTANT.sub(r"\1 \2 UTC", said[:1].upper() + said[1:]).removesuffix(".")


def tone(word: str) -> str:
    """Return how an outcome or state should look: good, bad, care or plain.

    >>> tone("breach"), tone("not-assessable"), tone("something new")
    ('bad', 'care', 'plain')
    """
    return _TONES.get(word, PLAIN)


def fact_tone(fact: Fact) -> str:
    """Return how a line of a timeline should look: by its kind, else by the outcome it reports."""
    if fact.kind in _KIND_TONES:
        return _KIND_TONES[fact.kind]
    word = fact.body.get("outcome") or fact.body.get("status") or ""
    return tone(str(word))
