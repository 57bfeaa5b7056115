"""What a monitor's signal means for an incident: which failure, since when, how bad at least.

**Promise**: pure; reads a signal's plain fields, so that the watch room stays a stranger.
**Not here**: opening the incident (`respond.responder`) and counting the people.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from probative.kernel.clock import parse_instant
from probative.kernel.errors import UsageError
from probative.record.facts import Fact
from probative.respond.declaring import TITLE_CHARS_MAX, Opening
from probative.respond.severity import Dimensions

RAISED = "watch.signal-raised"


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """A signal as this room reads it; `measures` are the names of what was out of bounds."""

    fact: str
    system: str
    kind: str
    title: str
    severity: int
    measures: tuple[str, ...]
    onset_at: datetime
    raised_at: datetime

    def opening(self, *, legal_effect: bool) -> Opening:
        """Return the incident that this alarm opens, before anything was counted."""
        dimensions = Dimensions(legal_effect=legal_effect, disparity=self.kind == "fairness")
        return Opening(
            system=self.system,
            title=self.title,
            kind=self.kind,
            onset_at=min(self.onset_at, self.raised_at),
            detected_at=self.raised_at,
            dimensions=dimensions,
            severity=self.severity,
            signal=self.fact,
        )


def read_alarm(fact: Fact) -> Alarm:
    """Read a `watch.signal-raised` fact; any other kind raises `UsageError`."""
    if fact.kind != RAISED:
        raise UsageError(
            "signal.other-kind", f"Fact {fact.index} is '{fact.kind}', no signal.", "Give a signal's fact id."
        )
    body = fact.body
    return Alarm(
        fact=fact.id,
        system=str(body["system"]),
        kind="fairness" if "fairness" in str(body["cause"]) else "performance",
        title=f"{body['monitor']}: {body['summary']}"[:TITLE_CHARS_MAX],
        severity=int(body["severity"]),
        measures=tuple(str(_name(measure)) for measure in body["measures"]),
        onset_at=parse_instant(str(body["first_window_from"])),
        raised_at=fact.recorded_at,
    )


def _name(measure: str | Mapping[str, Any]) -> str:
    return measure if isinstance(measure, str) else str(measure["measure"])
