"""Which facts a package holds: those about its subject, and everything that these refer to.

**Promise**: references are followed to their end (causes, and facts named by id in a body), so a verdict
comes with every fact it stood on; the same ledger size always gives the same facts.
**Not here**: blobs and rows (`disclosure`, `decision`).
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from probative.kernel.errors import NotFoundError, UsageError
from probative.prove.verifier.package import ISSUED_KIND
from probative.record.facts import Fact
from probative.record.recorder import Recorder

FACTS_MAX = 5_000
SUBJECTS = ("incident", "inquiry", "release")
_CONTEXT_KINDS = ("record.system-registered", "gate.tier-assigned")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


def select(recorder: Recorder, about: str, until: int) -> list[Fact]:
    """Return the facts for a package about `about` as of ledger size `until`, in ledger order.

    `about` is `incident/ID`, `inquiry/ID` or `release/SYSTEM@REL`. Packages issued before are left out: to
    whom they went is nobody else's business. Raises `UsageError` for another subject, `NotFoundError` when
    there is no fact about it.
    """
    check_subject(about)
    facts = recorder.facts(subject=about, until=until)
    found = {fact.index: fact for fact in facts if fact.kind != ISSUED_KIND}
    if not found:
        raise NotFoundError(
            "prove.nothing-recorded", f"There is no fact about '{about}'.", "List facts: probative record log"
        )
    waiting = list(found.values())
    while waiting:
        fact = waiting.pop()
        for other in (*_referred(recorder, fact, until), *_context(recorder, fact, until)):
            if other.index not in found:
                found[other.index] = other
                waiting.append(other)
        if len(found) > FACTS_MAX:
            raise UsageError(
                "prove.too-many-facts",
                f"'{about}' leads to more than {FACTS_MAX} facts.",
                "Make a package about a narrower subject.",
            )
    opening = recorder.facts(kind="record.ledger-opened", until=until)
    found.update((fact.index, fact) for fact in opening)
    return [found[index] for index in sorted(found)]


def check_subject(about: str) -> str:
    """Return `about` if a package can be about it, else raise `UsageError`.

    >>> check_subject("release/loans@1.4.0")
    'release/loans@1.4.0'
    """
    kind, slash, name = about.partition("/")
    if kind not in SUBJECTS or not slash or not name:
        raise UsageError(
            "prove.subject",
            f"A package cannot be about '{about[:80]}'.",
            "Name incident/ID, inquiry/ID or release/SYSTEM@REL.",
        )
    return about


def digests_named(value: Any) -> Iterator[str]:
    """Yield every SHA-256 in hex that plain JSON values hold, in order.

    >>> list(digests_named({"a": ["ab" * 32, "no"], "b": 1})) == ["ab" * 32]
    True
    """
    if isinstance(value, str):
        if _DIGEST.match(value):
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from digests_named(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from digests_named(item)


def systems(facts: Iterable[Fact]) -> list[str]:
    """Return the names of the systems that the facts are about, sorted."""
    names = {subject.name for fact in facts for subject in fact.subjects}
    return sorted(name.removeprefix("system/") for name in names if name.startswith("system/"))


def _referred(recorder: Recorder, fact: Fact, until: int) -> Iterator[Fact]:
    """Yield the facts that `fact` names: digests that are no fact's id are blobs, roots or artifacts."""
    for digest in dict.fromkeys((*fact.caused_by, *digests_named(fact.body))):
        try:
            other = recorder.fact(digest)
        except NotFoundError:
            continue
        if other.index < until:
            yield other


def _context(recorder: Recorder, fact: Fact, until: int) -> Iterator[Fact]:
    """Yield what a reader needs to understand `fact`: its system, its tier, and the keys that it names."""
    for item in fact.subjects:
        if item.name.startswith("system/"):
            yield from recorder.facts(kind=_CONTEXT_KINDS, subject=item.name, until=until)
    key_id = fact.body.get("key_id")
    if isinstance(key_id, str):
        yield from recorder.facts(subject=f"key/{key_id}", until=until)
