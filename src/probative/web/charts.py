"""Charts as geometry: series of measured numbers become the coordinates of an SVG.

**Promise**: pure; a missing number breaks the line and is marked, it is never drawn through; thresholds are
always inside the picture.
**Not here**: markup and colours (`templates/chart.html`, `static/style.css`), and reading the record
(`views`).
"""

import math
from collections.abc import Sequence
from datetime import datetime

import msgspec

LEFT, RIGHT, TOP, BOTTOM = 46, 14, 14, 26
LABEL_HEIGHT = 16
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a series: `value` is `None` where it could not be measured, and `reason` says why."""

    at: datetime
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    status: str = "ok"
    reason: str = ""


class Dot(msgspec.Struct, frozen=True, kw_only=True):
    """A point in the picture; `hollow` ones had no number and lie on the axis."""

    x: float
    y: float
    point: Point
    hollow: bool = False


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A tick: where it is, and what is written there."""

    at: float
    text: str


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A threshold: its name, where it lies, and what is written above it (nothing where it is crowded)."""

    name: str
    at: float
    text: str


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an SVG of one series needs, in its own coordinates from the upper left."""

    width: int
    height: int
    lines: tuple[str, ...]
    band: str
    dots: tuple[Dot, ...]
    limits: tuple[Limit, ...]
    x_ticks: tuple[Mark, ...]
    y_ticks: tuple[Mark, ...]

    @property
    def floor(self) -> int:
        """Where the axis of time lies."""
        return self.height - BOTTOM

    @property
    def edge(self) -> int:
        """Where the plot ends on the right."""
        return self.width - RIGHT


class _Scale(msgspec.Struct, frozen=True):
    """A straight line from numbers to coordinates."""

    first: float
    last: float
    start: float
    stop: float

    def __call__(self, number: float) -> float:
        share = (number - self.first) / (self.last - self.first) if self.last > self.first else 0.5
        return round(self.start + share * (self.stop - self.start), 1)


def plot(
    points: Sequence[Point],
    watch: float | None,
    breach: float | None,
    width: int = 720,
    height: int = 220,
    x_ticks: int = 6,
) -> Plot:
    """Lay out one series; an empty one gives an empty picture with its thresholds."""
    thresholds = [level for level in (watch, breach) if level is not None]
    numbers = [v for p in points for v in (p.value, p.low, p.high) if v is not None] + thresholds
    ticks = nice_ticks(min(numbers, default=0.0), max(numbers, default=1.0))
    y = _Scale(ticks[0], ticks[-1], height - BOTTOM, TOP)
    times = [point.at.timestamp() for point in points] or [0.0]
    x = _Scale(min(times), max(times), LEFT, width - RIGHT)
    dots = tuple(_dot(point, x, y, height) for point in points)
    return Plot(
        width=width,
        height=height,
        lines=tuple(_path(run) for run in _runs(dots)),
        band=_band(points, x, y),
        dots=dots,
        limits=_limits({"watch": watch, "breach": breach}, y),
        x_ticks=_time_ticks(points, x, x_ticks),
        y_ticks=tuple(Mark(at=y(tick), text=f"{tick:g}") for tick in ticks),
    )


def spark(points: Sequence[Point], breach: float | None = None, width: int = 120, height: int = 28) -> str:
    """Return the path of a small line without axes, for a table cell; gaps are left open.

    The breach threshold is inside the picture, so that a quiet series looks quiet.

    >>> from datetime import UTC
    >>> day = [datetime(2026, 11, d, tzinfo=UTC) for d in (1, 2, 3)]
    >>> spark([Point(at=day[0], value=0.0), Point(at=day[1], value=None), Point(at=day[2], value=1.0)])
    'M2.0 26.0 M118.0 2.0'
    """
    numbers = [point.value for point in points if point.value is not None]
    if not numbers:
        return ""
    x = _Scale(points[0].at.timestamp(), points[-1].at.timestamp(), 2, width - 2)
    levels = numbers if breach is None else [*numbers, breach]
    y = _Scale(min(levels), max(levels), height - 2, 2)
    parts, pen = [], "M"
    for point in points:
        if point.value is None:
            pen = "M"
            continue
        parts.append(f"{pen}{x(point.at.timestamp())} {y(point.value)}")
        pen = "L"
    return " ".join(parts)


def nice_ticks(low: float, high: float, count: int = 4) -> tuple[float, ...]:
    """Return round numbers from below `low` to above `high`; zero is included when it is near.

    >>> nice_ticks(0.02, 0.31)
    (0.0, 0.1, 0.2, 0.3, 0.4)
    """
    if low > 0 and low < high * 0.6:
        low = 0.0
    spread = high - low if high > low else abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(spread / count))
    step = next((power * each for each in _STEPS if power * each * count >= spread), power * 10)
    first = math.floor(low / step + 1e-9)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    return tuple(round(step * number, 10) for number in range(first, last + 1))


def _limits(levels: dict[str, float | None], y: _Scale) -> tuple[Limit, ...]:
    """Place the thresholds, the uppermost first; one too close below another is named beside it."""
    placed = sorted(
        (y(level), f"{name} {level:g}", name) for name, level in levels.items() if level is not None
    )
    if len(placed) == 2 and placed[1][0] - placed[0][0] < LABEL_HEIGHT:
        (upper, first, one), (lower, second, other) = placed
        return Limit(name=one, at=upper, text=f"{first}, {second}"), Limit(name=other, at=lower, text="")
    return tuple(Limit(name=name, at=at, text=text) for at, text, name in placed)


def _dot(point: Point, x: _Scale, y: _Scale, height: int) -> Dot:
    if point.value is None:
        return Dot(x=x(point.at.timestamp()), y=height - BOTTOM, point=point, hollow=True)
    return Dot(x=x(point.at.timestamp()), y=y(point.value), point=point)


def _runs(dots: Sequence[Dot]) -> list[list[Dot]]:
    """Cut the series where a number is missing."""
    runs: list[list[Dot]] = [[]]
    for dot in dots:
        if dot.hollow:
            runs.append([])
        else:
            runs[-1].append(dot)
    return [run for run in runs if len(run) > 1]


def _path(dots: Sequence[Dot]) -> str:
    return "M" + " L".join(f"{dot.x} {dot.y}" for dot in dots)


def _band(points: Sequence[Point], x: _Scale, y: _Scale) -> str:
    """Return the outline of the intervals, or nothing where a series has none."""
    bounded = [(p.at.timestamp(), p.low, p.high) for p in points if p.low is not None and p.high is not None]
    if len(bounded) < 2:
        return ""
    upper = [f"{x(at)} {y(high)}" for at, _, high in bounded]
    lower = [f"{x(at)} {y(low)}" for at, low, _ in reversed(bounded)]
    return "M" + " L".join(upper + lower) + "Z"


def _time_ticks(points: Sequence[Point], x: _Scale, count: int) -> tuple[Mark, ...]:
    """Label some of the points, evenly, the first and the last among them."""
    if not points:
        return ()
    same_day = points[0].at.date() == points[-1].at.date()
    last = len(points) - 1
    chosen = sorted(
        {round(step * last / max(1, min(count - 1, last))) for step in range(min(count, last + 1))}
    )
    return tuple(
        Mark(
            at=x(points[index].at.timestamp()),
            text=f"{points[index].at:%H:%M}" if same_day else f"{points[index].at.day} {points[index].at:%b}",
        )
        for index in chosen
    )
