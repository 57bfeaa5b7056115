"""Monitors: what each one measured over time, against which thresholds, and the signals it raised.

**Promise**: a series holds exactly what the readings say, gaps included; the most serious series come first.
**Not here**: measuring and judging (`watch`).
"""

from datetime import datetime
from typing import Any

import msgspec

from probative.kernel.clock import parse_instant
from probative.kernel.errors import NotFoundError
from probative.record.facts import Fact
from probative.web.charts import Point
from probative.web.views.moment import Moment
from probative.web.views.systems import seriousness

READINGS_MAX = 120


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """A signal: how serious, why, over which span, and the incident it led to, if it did."""

    signal: str
    severity: int
    cause: str
    summary: str
    window_from: str
    window_until: str
    raised_at: datetime
    incident: str | None
    index: int


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One measure of one column (and group) over the readings; `key` names it in addresses.

    `basis` says what the thresholds are held against where that is not the plotted value itself.
    """

    key: str
    measure: str
    column: str
    group: str
    family: str
    method: str
    watch: float | None
    breach: float | None
    status: str
    basis: str
    points: tuple[Point, ...]

    @property
    def title(self) -> str:
        """Measure, column and group as a heading."""
        where = f"{self.column} {self.group and '[' + self.group + ']'}".strip()
        return f"{self.measure} of {where}" if where else self.measure

    @property
    def latest(self) -> Point:
        """The newest point."""
        return self.points[-1]

    @property
    def breaches(self) -> int:
        """How many points breached the threshold."""
        return sum(point.status == "breach" for point in self.points)


class Monitor(msgspec.Struct, frozen=True, kw_only=True):
    """A monitor: its declaration, its latest reading, its series and its signals, newest first."""

    system: str
    monitor: str
    declared: dict[str, Any]
    declared_index: int
    declared_at: datetime
    readings: int
    status: str | None
    window_from: str | None
    window_until: str | None
    n: int
    series: tuple[Series, ...]
    signals: tuple[Signal, ...]

    def find(self, key: str) -> Series:
        """Return one series; `NotFoundError` for a key that no reading has."""
        for series in self.series:
            if series.key == key:
                return series
        raise NotFoundError(
            "series.unknown",
            f"Monitor '{self.monitor}' measured nothing called '{key[:120]}'.",
            "The monitor's page lists what it measured.",
        )


def monitors_of(moment: Moment, system: str) -> tuple[Monitor, ...]:
    """Return the monitors of a system, by name; `NotFoundError` for an unknown system."""
    moment.system(system)
    declared = moment.facts("watch.monitor-declared", about=f"system/{system}")
    latest = {str(fact.body["monitor"]): fact for fact in declared}
    return tuple(_monitor(moment, latest[name]) for name in sorted(latest))


def monitor_of(moment: Moment, system: str, name: str) -> Monitor:
    """Return one monitor; `NotFoundError` if it was never declared."""
    declared = moment.latest("watch.monitor-declared", about=f"monitor/{system}/{name}")
    if declared is None:
        raise NotFoundError(
            "monitor.unknown",
            f"System '{system[:80]}' has no monitor '{name[:80]}'.",
            "The page of the system lists its monitors.",
        )
    return _monitor(moment, declared)


def signals_of(moment: Moment, about: str | None = None) -> tuple[Signal, ...]:
    """Return signals about a subject, newest first."""
    causes: dict[str, str] = {}
    for fact in moment.facts("respond.incident-declared", "respond.signal-linked"):
        if signal := fact.body.get("signal"):
            causes[str(signal)] = str(fact.body["incident"])
    found = [_signal(fact, causes) for fact in moment.facts("watch.signal-raised", about=about)]
    return tuple(reversed(found))


def _signal(fact: Fact, incidents: dict[str, str]) -> Signal:
    body = fact.body
    return Signal(
        signal=str(body["signal"]),
        severity=int(body["severity"]),
        cause=str(body["cause"]),
        summary=str(body["summary"]),
        window_from=str(body["window_from"]),
        window_until=str(body["window_until"]),
        raised_at=fact.recorded_at,
        incident=incidents.get(fact.id) or incidents.get(str(body["signal"])),
        index=fact.index,
    )


def _monitor(moment: Moment, declared: Fact) -> Monitor:
    system, name = str(declared.body["system"]), str(declared.body["monitor"])
    about = f"monitor/{system}/{name}"
    readings = _readings(moment, about)
    latest = readings[-1].body if readings else None
    return Monitor(
        system=system,
        monitor=name,
        declared=declared.body,
        declared_index=declared.index,
        declared_at=declared.recorded_at,
        readings=len(readings),
        status=str(latest["status"]) if latest else None,
        window_from=str(latest["window_from"]) if latest else None,
        window_until=str(latest["window_until"]) if latest else None,
        n=int(latest["n"]) if latest else 0,
        series=_series(moment, readings),
        signals=signals_of(moment, about),
    )


def _readings(moment: Moment, about: str) -> list[Fact]:
    """Return the last reading of each of the newest windows: one is read again when outcomes come late."""
    windows: dict[tuple[str, str], Fact] = {}
    for fact in moment.facts("watch.reading-taken", about=about):
        windows[str(fact.body["window_until"]), str(fact.body["window_from"])] = fact
    return [windows[window] for window in sorted(windows)][-READINGS_MAX:]


def _measures(moment: Moment, reading: Fact) -> list[dict[str, Any]]:
    """Return all measures of a reading; where the fact holds the most serious only, a blob has them all."""
    report = reading.body.get("report")
    told = msgspec.json.decode(moment.recorder.get(report)) if report else reading.body
    return list(told["measures"])


def _series(moment: Moment, readings: list[Fact]) -> tuple[Series, ...]:
    """Turn readings, each with many measures, into one series per measure, column and group."""
    points: dict[tuple[str, str, str], list[Point]] = {}
    newest: dict[tuple[str, str, str], dict[str, Any]] = {}
    for reading in readings:
        at = parse_instant(str(reading.body["window_until"]))
        for measured in _measures(moment, reading):
            key = (str(measured["measure"]), measured.get("column", ""), measured.get("group", ""))
            points.setdefault(key, []).append(_point(at, measured))
            newest[key] = measured
    found = [_one_series(key, newest[key], tuple(points[key])) for key in points]
    return tuple(sorted(found, key=_rank))


def _one_series(key: tuple[str, str, str], measured: dict[str, Any], points: tuple[Point, ...]) -> Series:
    measure, column, group = key
    return Series(
        key="~".join(part for part in key if part),
        measure=measure,
        column=column,
        group=group,
        family=str(measured.get("family", "")),
        method=str(measured.get("method", "")),
        watch=measured.get("watch"),
        breach=measured.get("breach"),
        status=points[-1].status,
        basis="effect" if measured.get("effect") is not None else "value",
        points=points,
    )


def _point(at: datetime, measured: dict[str, Any]) -> Point:
    """Plot what the thresholds are held against; an interval belongs to the value, so only beside it."""
    effect = measured.get("effect")
    return Point(
        at=at,
        value=measured.get("value") if effect is None else effect,
        low=measured.get("low") if effect is None else None,
        high=measured.get("high") if effect is None else None,
        n=int(measured.get("n", 0)),
        status=str(measured.get("status", "undetermined")),
        reason=str(measured.get("reason", "")),
    )


def _rank(series: Series) -> tuple[int, int, float, str]:
    """Most serious status first, then the most breaches, then the largest number against its threshold."""
    value, breach = series.latest.value, series.breach
    ratio = abs(value / breach) if value is not None and breach else 0.0
    return seriousness(series.status), -series.breaches, -ratio, series.key
