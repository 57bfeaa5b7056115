"""Systems: the rows of the overview, and one system with its tier, releases, assets and duties.

**Promise**: a gate is "open" only by its latest recorded verdict; what was never recorded is shown as
missing.
**Not here**: verdicts in detail (`releases`), monitors, incidents.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from probative.kernel.clock import parse_instant
from probative.record.facts import Fact
from probative.web.views.entries import Line, page_of
from probative.web.views.moment import Moment

RECENT = 10


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """The latest verdict on a release: what it said, when, on how much of the ledger."""

    release: str
    outcome: str
    evaluated_at: str
    ledger_size: int
    index: int


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A system in the overview. `gate` is `None` when no release was ever checked."""

    system: str
    title: str
    owner: str
    tier: str | None
    gate: Gate | None
    live_release: str | None
    switch: str | None
    open_incidents: tuple[str, ...]
    monitors: int
    worst_reading: str | None
    signals: int


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """A release in a list: model digest, when it was proposed, its latest verdict, when it went live."""

    release: str
    model: str
    proposed_at: datetime
    gate: Gate | None
    deployed_at: datetime | None
    reason: str


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """An asset and what it was made from: `made_from` are names where the digest is known, else digests."""

    asset: str
    kind: str
    sha256: str
    bytes: int
    description: str
    made_from: tuple[str, ...]
    index: int


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document and which required fields of its template are empty."""

    document: str
    kind: str
    about: str
    missing: tuple[str, ...]
    index: int


class System(msgspec.Struct, frozen=True, kw_only=True):
    """One system: what was registered (`inventory`), its `tier` fact's body, and what hangs on it."""

    row: Row
    inventory: dict[str, Any]
    registered: int
    tier: dict[str, Any] | None
    tier_index: int | None
    releases: tuple[Release, ...]
    assets: tuple[Asset, ...]
    documents: tuple[Document, ...]
    decisions: int
    segments: int
    standing_orders: tuple[dict[str, Any], ...]
    recent: tuple[Line, ...]


def rows_of(moment: Moment) -> tuple[Row, ...]:
    """Return every registered system, by name."""
    names = {str(fact.body["system"]): fact for fact in moment.facts("record.system-registered")}
    return tuple(row_of(moment, names[name]) for name in sorted(names))


def row_of(moment: Moment, registered: Fact) -> Row:
    """Return the overview's row of the system that `registered` stands for."""
    system = str(registered.body["system"])
    about = f"system/{system}"
    tier = moment.latest("gate.tier-assigned", about=about)
    live = moment.latest("record.release-deployed", about=about)
    readings = {
        str(fact.body["monitor"]): str(fact.body["status"])
        for fact in moment.facts("watch.reading-taken", about=about)
    }
    declared = {str(fact.body["monitor"]) for fact in moment.facts("watch.monitor-declared", about=about)}
    return Row(
        system=system,
        title=str(registered.body["title"]),
        owner=str(registered.body["owner"]),
        tier=str(tier.body["tier"]) if tier else None,
        gate=next(iter(_gates(moment, about).values()), None),
        live_release=str(live.body["release"]) if live else None,
        switch=_switch(moment, about),
        open_incidents=open_incidents(moment, about),
        monitors=len(declared),
        worst_reading=worst_of(readings.values()),
        signals=sum(1 for _ in moment.facts("watch.signal-raised", about=about)),
    )


def system_of(moment: Moment, name: str) -> System:
    """Return everything the page of system `name` shows; `NotFoundError` if it was never registered."""
    registered = moment.system(name)
    about = f"system/{name}"
    tier = moment.latest("gate.tier-assigned", about=about)
    sealed = list(moment.facts("record.segment-sealed", about=about))
    return System(
        row=row_of(moment, registered),
        inventory=registered.body,
        registered=registered.index,
        tier=tier.body if tier else None,
        tier_index=tier.index if tier else None,
        releases=releases_of(moment, about),
        assets=_assets(moment, about),
        documents=_documents(moment, about),
        decisions=sum(fact.body["rows"] for fact in sealed if fact.body["stream"] == "decisions"),
        segments=len(sealed),
        standing_orders=_standing_orders(moment, about),
        recent=page_of(moment, subject=about, limit=RECENT).lines,
    )


def releases_of(moment: Moment, about: str) -> tuple[Release, ...]:
    """Return the releases of a system, newest first."""
    gates = _gates(moment, about)
    deployed = {
        str(fact.body["release"]): fact for fact in moment.facts("record.release-deployed", about=about)
    }
    proposed = {
        str(fact.body["release"]): fact for fact in moment.facts("record.release-proposed", about=about)
    }
    return tuple(
        Release(
            release=name,
            model=str(fact.body["model"]),
            proposed_at=fact.recorded_at,
            gate=gates.get(name),
            deployed_at=deployed[name].occurred_at if name in deployed else None,
            reason=str(deployed[name].body.get("reason", "")) if name in deployed else "",
        )
        for name, fact in reversed(proposed.items())
    )


def gate_of(verdict: Fact) -> Gate:
    """Return a verdict fact in short."""
    return Gate(
        release=str(verdict.body["release"]),
        outcome=str(verdict.body["outcome"]),
        evaluated_at=str(verdict.body.get("evaluated_at", "")),
        ledger_size=int(verdict.body["ledger_size"]),
        index=verdict.index,
    )


def open_incidents(moment: Moment, about: str | None = None) -> tuple[str, ...]:
    """Return incidents that were declared and not closed, newest first; drills are nobody's emergency."""
    closed = {str(fact.body["incident"]) for fact in moment.facts("respond.incident-closed", about=about)}
    declared = [
        str(fact.body["incident"])
        for fact in moment.facts("respond.incident-declared", about=about)
        if fact.body.get("mode") != "drill"
    ]
    return tuple(name for name in reversed(declared) if name not in closed)


def _gates(moment: Moment, about: str) -> dict[str, Gate]:
    """Return the latest verdict per release; the release judged last stands first."""
    found: dict[str, Gate] = {}
    for fact in moment.facts("gate.verdict-given", about=about):
        release = str(fact.body["release"])
        found.pop(release, None)
        found = {release: gate_of(fact)} | found
    return found


def _switch(moment: Moment, about: str) -> str | None:
    """Return what the kill switch was last seen to answer: on, off or fallback."""
    fact = moment.latest("respond.action-done", about=about)
    seen = fact.body.get("observed_variant") if fact else None
    return str(seen) if seen else None


def _assets(moment: Moment, about: str) -> tuple[Asset, ...]:
    facts = list(moment.facts("record.asset-recorded", about=about))
    names = {str(fact.body["sha256"]): str(fact.body["asset"]) for fact in facts}
    return tuple(
        Asset(
            asset=str(fact.body["asset"]),
            kind=str(fact.body["asset_kind"]),
            sha256=str(fact.body["sha256"]),
            bytes=int(fact.body["bytes"]),
            description=str(fact.body.get("description", "")),
            made_from=tuple(names.get(digest, digest) for digest in fact.body.get("derived_from", ())),
            index=fact.index,
        )
        for fact in facts
    )


def _documents(moment: Moment, about: str) -> tuple[Document, ...]:
    latest = {
        str(fact.body["document"]): fact for fact in moment.facts("record.document-recorded", about=about)
    }
    return tuple(
        Document(
            document=name,
            kind=str(fact.body["document_kind"]),
            about=str(fact.body["about"]),
            missing=tuple(fact.body.get("missing", ())),
            index=fact.index,
        )
        for name, fact in latest.items()
    )


def _standing_orders(moment: Moment, about: str) -> tuple[dict[str, Any], ...]:
    """Return standing orders that were not withdrawn, each with whether it has expired."""
    withdrawn = {
        str(fact.body["order"]) for fact in moment.facts("respond.standing-order-withdrawn", about=about)
    }
    given = {
        str(fact.body["order"]): fact.body
        for fact in moment.facts("respond.standing-order-given", about=about)
    }
    return tuple(
        body | {"expired": parse_instant(str(body["expires_at"])) <= moment.now}
        for order, body in given.items()
        if order not in withdrawn
    )


def seriousness(status: str) -> int:
    """Return a reading status as a rank, 0 for the most serious; unknown words come last."""
    order = ("breach", "watch", "undetermined", "not-measurable", "ok")
    return order.index(status) if status in order else len(order)


def worst_of(statuses: Iterable[str]) -> str | None:
    """Return the most serious of some reading statuses, or `None` of none.

    >>> worst_of(["ok", "breach", "watch"])
    'breach'
    """
    return min(statuses, key=seriousness, default=None)
