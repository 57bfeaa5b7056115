"""The overview: every system in a row, what needs somebody, and how the record itself is.

**Promise**: what needs somebody is derived from the record at the moment shown; the most urgent stands first.
**Not here**: details (each has its page).
"""

from datetime import timedelta

import msgspec

from probative.kernel.clock import parse_instant
from probative.record.facts import Fact
from probative.web.views.entries import Line, page_of
from probative.web.views.incidents import Brief, incidents_of
from probative.web.views.inquiries import Inquiry, inquiries_of
from probative.web.views.moment import Moment
from probative.web.views.monitors import Signal, signals_of
from probative.web.views.systems import Row, rows_of

SOON = timedelta(days=14)
RECENT = 8
SIGNALS = 5


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody has to do: how it looks, what it is, until when, and the page (path parts)."""

    tone: str
    what: str
    detail: str
    due_at: str | None
    page: tuple[str, ...]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """The record itself: its origin, size, root, and how many systems and decisions it holds."""

    origin: str
    size: int
    root: str | None
    systems: int
    decisions: int
    packages: int


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the first page shows."""

    record: Record
    systems: tuple[Row, ...]
    needs: tuple[Need, ...]
    incidents: tuple[Brief, ...]
    signals: tuple[Signal, ...]
    recent: tuple[Line, ...]


def overview_of(moment: Moment, origin: str) -> Overview:
    """Return the first page's view of the record called `origin`."""
    systems, incidents = rows_of(moment), incidents_of(moment)
    decisions = sum(
        int(fact.body["rows"])
        for fact in moment.facts("record.segment-sealed")
        if fact.body["stream"] == "decisions"
    )
    return Overview(
        record=Record(
            origin=origin,
            size=moment.size,
            root=moment.root,
            systems=len(systems),
            decisions=decisions,
            packages=sum(1 for _ in moment.facts("prove.package-issued")),
        ),
        systems=systems,
        needs=_needs(moment, systems, incidents),
        incidents=incidents,
        signals=signals_of(moment)[:SIGNALS],
        recent=page_of(moment, limit=RECENT).lines,
    )


def _needs(moment: Moment, systems: tuple[Row, ...], incidents: tuple[Brief, ...]) -> tuple[Need, ...]:
    found = [_incident_need(brief) for brief in incidents if brief.closed_at is None]
    found += [_inquiry_need(inquiry) for inquiry in inquiries_of(moment) if inquiry.sent_at is None]
    found += [need for row in systems for need in _system_needs(row)]
    found += _waiver_needs(moment)
    order = {"bad": 0, "care": 1}
    return tuple(sorted(found, key=lambda need: (order.get(need.tone, 2), need.due_at or "~")))


def _incident_need(brief: Brief) -> Need:
    clock = brief.next_clock
    detail = f"next legal clock: {clock.obligation}, {clock.duty}" if clock else "no legal clock is running"
    is_drill = brief.mode == "drill"
    return Need(
        tone="care" if is_drill else "bad",
        what=f"{'Drill' if is_drill else 'Incident'} {brief.incident} is {brief.status.replace('-', ' ')}:"
        f" {brief.title}",
        detail=detail,
        due_at=clock.alert_at if clock else None,
        page=("incidents", brief.incident),
    )


def _inquiry_need(inquiry: Inquiry) -> Need:
    open_questions = inquiry.questions - inquiry.answered
    detail = f"{open_questions} of {inquiry.questions} questions wait for an answer"
    if not open_questions:
        detail = f"every question has an answer; {inquiry.agreed} reviewers agree; it has not been sent"
    return Need(
        tone="care" if inquiry.next_due is None else "bad",
        what=f"Inquiry {inquiry.inquiry} of {inquiry.sender} is open",
        detail=detail,
        due_at=inquiry.next_due,
        page=("incidents",),
    )


def _system_needs(row: Row) -> list[Need]:
    found = []
    if row.tier is None:
        detail = "No tier was assigned: no control can be judged."
        found.append(_need("care", f"{row.title} has no tier", detail, ("systems", row.system)))
    if row.gate is not None and row.gate.outcome != "pass":
        is_closed = row.gate.outcome == "fail"
        what = f"Gate of {row.system}@{row.gate.release} is {'closed' if is_closed else 'not assessable'}"
        detail = "The page of the release says what is missing and what to run next."
        page = ("systems", row.system, "releases", row.gate.release)
        found.append(_need("bad" if is_closed else "care", what, detail, page))
    if row.live_release and row.monitors == 0:
        detail = "A live release without a monitor: nobody would notice."
        found.append(_need("care", f"{row.title} is not monitored", detail, ("systems", row.system)))
    return found


def _need(tone: str, what: str, detail: str, page: tuple[str, ...]) -> Need:
    return Need(tone=tone, what=what, detail=detail, due_at=None, page=page)


def _waiver_needs(moment: Moment) -> list[Need]:
    """Return waivers that expire soon or have expired and were not renewed."""
    grants: dict[str, Fact] = {str(f.body["waiver"]): f for f in moment.facts("gate.waiver-granted")}
    renewed = {str(fact.body["renews"]) for fact in grants.values() if fact.body.get("renews")}
    found = []
    for name, fact in grants.items():
        expires_at = str(fact.body["expires_at"])
        if name in renewed or parse_instant(expires_at) > moment.now + SOON:
            continue
        is_over = parse_instant(expires_at) <= moment.now
        what = f"Waiver {name} for {fact.body['control']} {'has expired' if is_over else 'expires soon'}"
        release = fact.body.get("release")
        page = ("systems", str(fact.body["system"]), *(("releases", str(release)) if release else ()))
        detail = str(fact.body["reason"])
        tone = "bad" if is_over else "care"
        found.append(Need(tone=tone, what=what, detail=detail, due_at=expires_at, page=page))
    return found
