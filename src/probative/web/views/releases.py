"""One release: its latest verdict control by control, who approved, what is waived, and what to run next.

**Promise**: the recorded verdict is shown as it was given; what the gate would say now is asked of the gate
itself, without recording it, and shown beside it.
**Not here**: judging (`gate`), and the whole evidence (the facts that each outcome names).
"""

from datetime import datetime
from typing import Any

import msgspec

from probative.gate.gatekeeper import Gatekeeper
from probative.gate.sufficiency import Result
from probative.kernel.clock import parse_instant
from probative.kernel.errors import NotFoundError, ProbativeError
from probative.record.facts import Fact
from probative.web.views.moment import Moment
from probative.web.views.systems import Gate, gate_of


class ControlRow(msgspec.Struct, frozen=True, kw_only=True):
    """One control's outcome; `title` is empty for a control that the shipped packs no longer hold."""

    control: str
    title: str
    owner: str
    outcome: str
    mandatory: bool
    reason: str
    facts: tuple[str, ...]
    waiver: str | None


class WaiverRow(msgspec.Struct, frozen=True, kw_only=True):
    """A waiver and whether it has expired at the moment shown."""

    granted: dict[str, Any]
    expired: bool
    index: int


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """Who approved in which role, with which key, and whether it was for the model of this release."""

    role: str
    approver: str
    key_id: str
    same_model: bool
    at: datetime
    index: int


class Now(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate would say if asked now; `changed` are control, recorded and present outcome."""

    outcome: str
    changed: tuple[tuple[str, str, str], ...]
    next_steps: tuple[tuple[str, str, str], ...]
    refused: str = ""


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the page of a release shows. `verdict` is the latest verdict's body, if one was given."""

    system: str
    release: str
    proposed: dict[str, Any]
    proposed_at: datetime
    proposed_index: int
    verdict: dict[str, Any] | None
    verdict_index: int | None
    controls: tuple[ControlRow, ...]
    history: tuple[Gate, ...]
    waivers: tuple[WaiverRow, ...]
    approvals: tuple[Approval, ...]
    now: Now | None


def release_of(moment: Moment, gatekeeper: Gatekeeper, system: str, release: str) -> Release:
    """Return one release; `NotFoundError` if it was never proposed."""
    moment.system(system)
    about = f"system/{system}"
    proposed = _latest(moment, "record.release-proposed", about, release)
    if proposed is None:
        raise NotFoundError(
            "release.unknown",
            f"System '{system}' has no release '{release[:80]}'.",
            "The page of the system lists its releases.",
        )
    given = [f for f in moment.facts("gate.verdict-given", about=about) if f.body["release"] == release]
    latest = given[-1] if given else None
    controls = _controls(gatekeeper, latest) if latest else ()
    return Release(
        system=system,
        release=release,
        proposed=proposed.body,
        proposed_at=proposed.recorded_at,
        proposed_index=proposed.index,
        verdict=latest.body if latest else None,
        verdict_index=latest.index if latest else None,
        controls=controls,
        history=tuple(gate_of(fact) for fact in reversed(given)),
        waivers=_waivers(moment, about, release),
        approvals=_approvals(moment, about, proposed.body),
        now=None if moment.is_past else _now(gatekeeper, system, release, controls),
    )


def _latest(moment: Moment, kind: str, about: str, release: str) -> Fact | None:
    found = [fact for fact in moment.facts(kind, about=about) if fact.body["release"] == release]
    return found[-1] if found else None


def _controls(gatekeeper: Gatekeeper, verdict: Fact) -> tuple[ControlRow, ...]:
    known = {control.id: control for control in gatekeeper.controls.controls}
    rows = []
    for told in verdict.body["controls"]:
        control = known.get(told["control"])
        rows.append(
            ControlRow(
                control=told["control"],
                title=control.title if control else "",
                owner=control.owner if control else "",
                outcome=told["outcome"],
                mandatory=told["mandatory"],
                reason=told["reason"],
                facts=tuple(told["facts"]),
                waiver=told.get("waiver"),
            )
        )
    return tuple(rows)


def _waivers(moment: Moment, about: str, release: str) -> tuple[WaiverRow, ...]:
    return tuple(
        WaiverRow(
            granted=fact.body,
            expired=parse_instant(str(fact.body["expires_at"])) <= moment.now,
            index=fact.index,
        )
        for fact in moment.facts("gate.waiver-granted", about=about)
        if fact.body.get("release") in (None, release)
    )


def _approvals(moment: Moment, about: str, proposed: dict[str, Any]) -> tuple[Approval, ...]:
    return tuple(
        Approval(
            role=str(fact.body["role"]),
            approver=str(fact.body["approver"]),
            key_id=str(fact.body["key_id"]),
            same_model=fact.body["model"] == proposed["model"],
            at=fact.recorded_at,
            index=fact.index,
        )
        for fact in moment.facts("gate.approval-given", about=about)
        if fact.body["release"] == proposed["release"]
    )


def _now(gatekeeper: Gatekeeper, system: str, release: str, recorded: tuple[ControlRow, ...]) -> Now:
    """Ask the gate without recording; a record that cannot be judged at all says why."""
    try:
        verdict = gatekeeper.check(system, release, dry_run=True)
    except ProbativeError as error:
        return Now(outcome="not-assessable", changed=(), next_steps=(), refused=f"{error} {error.hint}")
    before = {row.control: row.outcome for row in recorded}
    changed = [
        (result.control, before.get(result.control, "not judged"), result.outcome.value)
        for result in verdict.results
        if recorded and before.get(result.control) != result.outcome.value
    ]
    steps = tuple(_next_step(gatekeeper, result, system, release) for result in verdict.unmet)
    return Now(outcome=verdict.outcome.value, changed=tuple(changed), next_steps=steps)


def _next_step(gatekeeper: Gatekeeper, result: Result, system: str, release: str) -> tuple[str, str, str]:
    """Return control, what to do, and the command that does it."""
    remediation = gatekeeper.explain(result.control).remediation
    return result.control, remediation.text, remediation.next_command(result.step, system, release)
