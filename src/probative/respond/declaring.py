"""Opening an incident: the next name in order, the severity its dimensions give, one fact.

**Promise**: names run in order without gaps (`inc-2026-0001`); drills have names of their own; two processes
that declare at once get two names, unless they say the very same: then they get one.
**Not here**: whether a signal should open one (`respond.responder`).
"""

import re
from collections.abc import Mapping
from datetime import datetime

import msgspec

from probative.kernel.actor import Actor
from probative.kernel.clock import format_instant, to_utc
from probative.kernel.errors import ConflictError, NotFoundError, UsageError
from probative.record.facts import Draft, Fact, subject
from probative.record.recorder import Recorder
from probative.respond.facts import IncidentDeclared, Mode
from probative.respond.severity import SEV_MILDEST, SEV_WORST, Dimensions, assess

TITLE_CHARS_MAX = 200
_TRIES_MAX = 20
_TECHNIQUE = re.compile(r"AML\.T\d{4}(?:\.\d{3})?\Z")
_PREFIX: dict[Mode, str] = {"live": "inc", "drill": "drill"}


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when an incident is declared. `severity` may only make the assessed one worse.

    `title` names the failure, never a person. `kind` is the failure kind, `techniques` are ATLAS ids.
    """

    system: str
    title: str
    kind: str
    onset_at: datetime
    detected_at: datetime
    dimensions: Dimensions = msgspec.field(default_factory=Dimensions)
    severity: int | None = None
    techniques: tuple[str, ...] = ()
    signal: str | None = None
    roles: Mapping[str, str] = msgspec.field(default_factory=dict)
    mode: Mode = "live"


def declare(recorder: Recorder, opening: Opening, actor: Actor) -> Fact:
    """Record that an incident opens and return the fact; its body's `incident` is the new name.

    Raises `NotFoundError` for a system that is not in the register, `UsageError` for what cannot be so.
    """
    _check(recorder, opening)
    caused_by = (opening.signal,) if opening.signal else ()
    for _ in range(_TRIES_MAX):
        body = _body(opening, _next_name(recorder, opening.mode))
        subjects = (subject(f"incident/{body.incident}"), subject(f"system/{opening.system}"))
        draft = Draft(
            body=body,
            subjects=subjects,
            actor=actor,
            occurred_at=opening.detected_at,
            caused_by=caused_by,
            key=f"respond/incident/{body.incident}",
        )
        try:
            return recorder.append(draft)[0]
        except ConflictError as error:
            if error.code != "fact.key-taken":
                raise
    raise ConflictError("incident.crowded", "Too many incidents are being declared at once.", "Try again.")


def _next_name(recorder: Recorder, mode: Mode) -> str:
    prefix = f"{_PREFIX[mode]}-{recorder.clock.now().year}-"
    taken = sum(
        str(fact.body["incident"]).startswith(prefix)
        for fact in recorder.facts(kind="respond.incident-declared")
    )
    return f"{prefix}{taken + 1:04d}"


def _body(opening: Opening, name: str) -> IncidentDeclared:
    found = assess(opening.dimensions)
    content = {
        "incident": name,
        "system": opening.system,
        "title": opening.title.strip(),
        "kind": opening.kind,
        "techniques": opening.techniques,
        "severity": min(found.level, opening.severity or SEV_MILDEST),
        "floor": found.floor,
        "dimensions": opening.dimensions,
        "signal": opening.signal,
        "onset_at": format_instant(opening.onset_at),
        "detected_at": format_instant(opening.detected_at),
        "roles": dict(opening.roles),
        "mode": opening.mode,
    }
    try:
        return msgspec.convert(content, IncidentDeclared)
    except msgspec.ValidationError as error:
        raise UsageError(
            "incident.malformed",
            f"The incident cannot be declared: {error}.",
            "probative respond declare --help",
        ) from error


def _check(recorder: Recorder, opening: Opening) -> None:
    registered = recorder.facts(kind="record.system-registered", subject=f"system/{opening.system}")
    if next(registered, None) is None:
        raise NotFoundError(
            "system.unknown",
            f"There is no system '{opening.system[:80]}' in the register.",
            "Register it: probative record system FILE",
        )
    if not 0 < len(opening.title.strip()) <= TITLE_CHARS_MAX:
        raise UsageError(
            "incident.title",
            f"The title has {len(opening.title)} characters.",
            "Give 1 to 200, and no names.",
        )
    if to_utc(opening.onset_at) > to_utc(opening.detected_at):
        raise UsageError(
            "incident.onset",
            f"The onset {format_instant(opening.onset_at)} is after the detection"
            f" {format_instant(opening.detected_at)}.",
            "The onset is the first affected decision.",
        )
    for technique in opening.techniques:
        if not _TECHNIQUE.match(technique):
            raise UsageError("incident.technique", f"'{technique[:40]}' is no ATLAS id.", "Write AML.T0051.")
    if opening.severity is not None and not SEV_WORST <= opening.severity <= SEV_MILDEST:
        raise UsageError("severity.unknown", f"'{opening.severity}' is not a severity.", "Give 1 to 4.")
