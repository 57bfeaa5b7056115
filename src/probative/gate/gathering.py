"""Gathering: from the record to the frozen dossier of one release.

**Promise**: only facts below the ledger size asked for are read; the instant is fixed here, once, and
every fact that an outcome stands on is hashed again before the outcome is given.
**Not here**: judging (`gate.sufficiency`), and writing.
"""

import difflib
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from probative.gate.controls import Controls, open_bundle
from probative.gate.dossier import Dossier, Facts
from probative.gate.facts import TierAssigned, VerdictGiven
from probative.gate.tiering.law import Tier
from probative.gate.verdict import Frozen
from probative.kernel.clock import format_instant, parse_instant, to_utc
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import NotFoundError, TamperError, UsageError
from probative.record.facts import Fact, ReleaseProposed
from probative.record.proofs import merkle
from probative.record.recorder import Recorder

KEY_KIND = "record.key-registered"
BASE_KINDS = (
    "record.system-registered",
    "record.release-proposed",
    "gate.tier-assigned",
    "gate.waiver-granted",
    "gate.feature-permitted",
)
STATEMENT_KINDS = ("record.model-signed", "gate.approval-given")


def freeze(
    recorder: Recorder, controls: Controls, system: str, release: str, size: int, at: datetime, root: str
) -> Frozen:
    """Read everything that a check of `release` may look at, as of ledger `size` and the instant `at`."""
    facts = system_facts(recorder, controls, system, size)
    proposed, body = proposal(facts, system, release)
    dossier = Dossier(
        system=system,
        release=body,
        proposed=proposed,
        tier=tier_of(facts),
        at=at,
        facts=facts,
        blobs=_statements(recorder, facts),
    )
    return Frozen(dossier=dossier, size=size, root=root, packs=sha256_hex(controls.bundle))


def system_facts(recorder: Recorder, controls: Controls, system: str, size: int) -> Facts:
    """Return a system's facts of the kinds that controls read, and all registered keys, by kind."""
    declared = (line.kind for control in controls.controls for line in control.evidence)
    kinds = tuple(dict.fromkeys((*BASE_KINDS, *declared)))
    found: dict[str, list[Fact]] = {}
    own = tuple(kind for kind in kinds if kind != KEY_KIND)
    for fact in recorder.facts(kind=own, subject=f"system/{system}", until=size):
        found.setdefault(fact.kind, []).append(fact)
    if "record.system-registered" not in found:
        raise _unknown_system(recorder, system, size)
    found[KEY_KIND] = list(recorder.facts(kind=KEY_KIND, until=size))
    return {kind: tuple(items) for kind, items in found.items()}


def tier_of(facts: Facts) -> Tier | None:
    """Return the tier that was assigned last, or `None`; a tier of an unknown name counts as none."""
    assigned = facts.get("gate.tier-assigned", ())
    if not assigned:
        return None
    tier = assigned[-1].read(TierAssigned).tier
    return Tier(tier) if tier in set(Tier) else None


class Moment(NamedTuple):
    """When, on which root and by which controls a question about the past is judged."""

    at: datetime
    root: str
    controls: Controls


def moment(
    recorder: Recorder, controls: Controls, given: Fact | None, size: int, at: datetime | None
) -> Moment:
    """Fix the instant, the root and the controls for the ledger as it was at `size`.

    If a verdict was `given` on exactly that size, its own instant and packs are used, so that asking again
    gives the same bytes. Else the instant is when the record reached the size (the `recorded_at` of its last
    entry), and the controls are today's. An explicit `at` wins, but cannot precede the record.
    """
    if given is not None and at is None:
        body = given.read(VerdictGiven)
        packs = open_bundle(recorder.get(body.packs))
        return Moment(parse_instant(body.evaluated_at), body.ledger_root, packs)
    root = root_at(recorder, size)
    reached = recorder.fact(f"#{size - 1}").recorded_at
    instant = reached if at is None else to_utc(at)
    if instant < reached:
        raise UsageError(
            "gate.before-record",
            f"The record reached size {size} at {format_instant(reached)}, after {format_instant(instant)}.",
            "Ask for an earlier size, or a later instant.",
        )
    return Moment(instant, root, controls)


def verdict_on(recorder: Recorder, system: str, release: str, size: int) -> Fact | None:
    """Return the first verdict that was given for a release on exactly this ledger size."""
    found = recorder.facts(kind="gate.verdict-given", subject=f"release/{system}@{release}", since=size)
    for fact in found:
        if fact.body.get("ledger_size") == size:
            return fact
    return None


def root_at(recorder: Recorder, size: int) -> str:
    """Return the root of the ledger's first `size` entries, in hex; a size not reached is a `UsageError`."""
    head = recorder.head()
    if not 0 < size <= head.size:
        raise UsageError(
            "gate.no-such-size",
            f"The ledger has {head.size} entries; there is no state at size {size} to judge.",
            "Give a size from 1 to the ledger's, for example --as-of 40.",
        )
    return recorder.head(size).root.hex()


def check_hashes(recorder: Recorder, facts: Iterable[Fact]) -> None:
    """Hash the stored bytes of every fact again (RFC 6962 leaf); a fact that changed is a `TamperError`."""
    for fact in facts:
        if merkle.leaf_hash(recorder.entry(fact.index)).hex() != fact.id:
            raise TamperError(
                "gate.fact-changed",
                f"Fact {fact.index} does not hash to its id {fact.id[:12]}.",
                "Run 'probative record verify'; no verdict is given on changed evidence.",
            )


def proposal(facts: Facts, system: str, release: str) -> tuple[Fact, ReleaseProposed]:
    """Return the newest proposal of a release; `NotFoundError` suggests the name that was perhaps meant."""
    proposals = facts.get("record.release-proposed", ())
    for fact in reversed(proposals):
        if fact.body.get("release") == release:
            return fact, fact.read(ReleaseProposed)
    names = [str(fact.body.get("release")) for fact in proposals]
    raise NotFoundError(
        "release.unknown",
        f"System '{system}' has no release '{release[:80]}'.",
        _suggest(release, names, "Propose it first: probative record release"),
    )


def _unknown_system(recorder: Recorder, system: str, size: int) -> NotFoundError:
    registered = recorder.facts(kind="record.system-registered", until=size)
    names = [str(fact.body.get("system")) for fact in registered]
    return NotFoundError(
        "system.unknown",
        f"There is no system '{system[:80]}'.",
        _suggest(system, names, "Register it first: probative record system FILE"),
    )


def _suggest(name: str, known: list[str], otherwise: str) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"There are: {', '.join(sorted(set(known))[:5])}." if known else otherwise


def _statements(recorder: Recorder, facts: Facts) -> dict[str, bytes]:
    """Fetch the signed statements; one that was erased is simply absent, one that changed is an alarm."""
    found: dict[str, bytes] = {}
    for kind in STATEMENT_KINDS:
        for fact in facts.get(kind, ()):
            digest = str(fact.body.get("statement"))
            try:
                found[digest] = recorder.get(digest)
            except (NotFoundError, UsageError):
                continue
    return found
