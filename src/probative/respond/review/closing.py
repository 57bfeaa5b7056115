"""What must be settled before an incident may close.

**Promise**: pure; every open point is one sentence with its next step; nothing unknown counts as settled.
**Not here**: writing that it is closed (`respond.responder`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from probative.kernel.outcome import Outcome
from probative.respond.incident import Incident


class ClockState(NamedTuple):
    """Where one legal clock stands, as `respond.deadlines` says it."""

    obligation: str
    stage: str
    state: str


class OpenPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Something that keeps an incident open, and what to do about it."""

    point: str
    sentence: str
    hint: str


UNDECIDED = ("proposed", "needs-counsel", "unconfirmed", "overdue")


def open_points(
    incident: Incident, clocks: Sequence[ClockState] | None, waiting: Sequence[str], stop_not_needed: str
) -> list[OpenPoint]:
    """Return everything that keeps `incident` open.

    `clocks` is `None` while no clocks were selected; a clock that nobody decided is settled by a task
    `clock-OBLIGATION` with an owner and a due date. `waiting` are the ids of playbook executions that have
    not ended; `stop_not_needed` says why nothing was stopped, or why a stop that the decision log cannot
    assess is enough.
    """
    found = [
        *_stop_points(incident, stop_not_needed),
        *_clock_points(incident, clocks),
        *(
            _point("playbook", f"The playbook run '{name}' has not ended.", "answer its steps")
            for name in waiting
        ),
    ]
    if incident.snapshot is None:
        found.append(_point("snapshot", "No evidence was captured.", f"capture {incident.id}"))
    if not incident.correctives:
        found.append(
            _point(
                "corrective",
                "No corrective action was agreed.",
                f"corrective {incident.id} NAME --title TITLE --owner ID --days DAYS",
            )
        )
    return found


def _stop_points(incident: Incident, stop_not_needed: str) -> list[OpenPoint]:
    if incident.stopped is None:
        if stop_not_needed.strip():
            return []
        hint = f"close {incident.id} --stop-not-needed REASON"
        return [_point("stop", "Nothing was stopped, and nobody said why not.", hint)]
    verified = incident.verified
    if verified and verified.outcome is Outcome.NOT_ASSESSABLE and stop_not_needed.strip():
        return []
    if verified is None or verified.outcome is not Outcome.PASS:
        said = verified.reason if verified else "Nobody looked."
        return [
            _point("stop", f"The stop is not verified from the decision log. {said}", f"verify {incident.id}")
        ]
    return []


def _clock_points(incident: Incident, clocks: Sequence[ClockState] | None) -> list[OpenPoint]:
    if clocks is None:
        return [_point("clocks", "Nobody chose the legal clocks.", f"clocks select {incident.id}")]
    owned = {task.task for task in incident.tasks if task.due_at and task.state != "dropped"}
    return [
        _point(
            "clocks",
            f"The clock '{clock.obligation}' stands at '{clock.state}'.",
            f"task {incident.id} clock-{clock.obligation} --title TITLE --owner ID --days DAYS",
        )
        for clock in clocks
        if clock.state in UNDECIDED and f"clock-{clock.obligation}" not in owned
    ]


def _point(point: str, sentence: str, command: str) -> OpenPoint:
    return OpenPoint(point=point, sentence=sentence, hint=f"probative respond {command}")
