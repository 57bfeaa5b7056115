"""How well a response went, measured from its facts: seconds, counts and shares.

**Promise**: pure; a metric whose ends are not both in the record is left out, never guessed; live incidents
and drills are never mixed.
**Not here**: the margins of legal clocks (`respond.deadlines`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from statistics import median

from probative.kernel.clock import parse_instant
from probative.record.facts import Fact
from probative.respond.facts import ActionDone
from probative.respond.incident import Incident


def metrics(incident: Incident, facts: Iterable[Fact]) -> dict[str, float]:
    """Return the metrics of one incident; names end in their unit (`_s`, `_share`) or are counts.

    `detect_s` runs from the onset to the detection, all other times from the detection: `acknowledge_s`,
    `declare_s`, `contain_s` (stop took effect), `capture_s` (evidence sealed), `recover_s` (served again).
    `rpo_decisions` are the decisions made since the last verified-good one, from the frozen list.
    """
    log = list(facts)
    since = incident.detected_at
    found: dict[str, float] = {"detect_s": _seconds(incident.onset_at, since)}
    ends = {
        "declare_s": incident.declared_at,
        "acknowledge_s": incident.acknowledged_at,
        "contain_s": _acted(incident.stopped),
        "capture_s": _first(log, "respond.snapshot-sealed"),
        "recover_s": _acted(incident.served),
    }
    found |= {name: _seconds(since, at) for name, at in ends.items() if at is not None}
    if incident.affected is not None:
        found["rpo_decisions"] = incident.affected.decisions
        found["affected_people"] = incident.affected.people
    if incident.snapshot is not None:
        captured = len(incident.snapshot.items)
        found["evidence_share"] = captured / (captured + len(incident.snapshot.gaps))
    acts = [fact.read(ActionDone) for fact in log if fact.kind == "respond.action-done"]
    if acts:
        found["captured_first_share"] = sum(act.captured_first for act in acts) / len(acts)
    return found


def summarise(rows: Iterable[tuple[str, Mapping[str, float]]]) -> dict[str, dict[str, float]]:
    """Return the median of every metric by mode (live, drill) from `(mode, metrics)` rows.

    >>> summarise([("live", {"contain_s": 60}), ("drill", {"contain_s": 5}), ("live", {"contain_s": 20})])
    {'live': {'contain_s': 40.0}, 'drill': {'contain_s': 5}}
    """
    gathered: dict[str, dict[str, list[float]]] = {}
    for mode, found in rows:
        for name, value in found.items():
            gathered.setdefault(mode, {}).setdefault(name, []).append(value)
    return {
        mode: {name: median(values) for name, values in by_name.items()} for mode, by_name in gathered.items()
    }


def _acted(done: ActionDone | None) -> datetime | None:
    return parse_instant(done.acted_at) if done is not None and done.acted_at else None


def _first(facts: Iterable[Fact], kind: str) -> datetime | None:
    return next((fact.recorded_at for fact in facts if fact.kind == kind), None)


def _seconds(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds()
