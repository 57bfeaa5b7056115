"""Drift: how far the distribution of a column has moved from the reference, null and new values included.

**Promise**: each distance comes with the chance of seeing it without any drift (n and m both counted) and an
interval; with few rows a large distance is noise, and is shown as such.
**Not here**: nulls, new values and ranges by themselves (`quality`), and judging (`measured`).
"""

import math

from probative.watch.counting.profile import Column, Kind, Role
from probative.watch.counting.state import MEAN_UNIT, ColumnState
from probative.watch.measures.measured import Family, Measured, MeasureSpec, not_measurable, shown
from probative.watch.measures.stats import Z_95, chi2_tail

FLOOR = 1e-4
SPARSE = 10.0  # bins expected to hold fewer rows are tested together, or one empty bin would look like drift
PSI_METHOD, JS_METHOD = "psi-floor1e-4/chi2", "js-base2/chi2"
_UNIT_TOLERANCE = 0.1
_FACTOR_SHOWN = 1.5


def family(column: Column) -> Family:
    """Say which cause a change of `column` belongs to."""
    return Family.INPUTS if column.role is Role.FEATURE else Family.PREDICTIONS


def psi(spec: MeasureSpec, column: Column, now: ColumnState, then: ColumnState) -> Measured:
    """Population stability index, sum of (q - p) ln(q / p) over bins.

    n m / (n + m) times the index is about chi-square with B - 1 degrees of freedom when nothing changed.
    """
    return _distance(spec, column, now, then)


def js(spec: MeasureSpec, column: Column, now: ColumnState, then: ColumnState) -> Measured:
    """Jensen-Shannon distance: the square root of the divergence in bits, between 0 and 1."""
    return _distance(spec, column, now, then)


def bins(column: Column, state: ColumnState) -> list[int]:
    """Return the counts that distances compare: end bins take what is out of range, null and new are bins.

    >>> column = Column(name="x", role=Role.FEATURE, kind=Kind.QUANTILE, edges=(0.0, 1.0, 2.0))
    >>> bins(column, ColumnState(counts=(5, 40, 50, 3), null=2))
    [45, 53, 2]
    """
    counts = list(state.counts)
    if column.kind is Kind.QUANTILE and len(counts) > 3:
        counts = [counts[0] + counts[1], *counts[2:-2], counts[-2] + counts[-1]]
    if column.kind is Kind.CATEGORY:
        counts.append(state.new)
    return [*counts, state.null]


def _distance(spec: MeasureSpec, column: Column, now: ColumnState, then: ColumnState) -> Measured:
    method, strength = (PSI_METHOD, 1.0) if spec.measure == "psi" else (JS_METHOD, 8.0)
    current, before = bins(column, now), bins(column, then)
    n, m = sum(current), sum(before)
    if column.kind is Kind.OPAQUE:
        reason = "the column has too many values to bin (free text or ids)"
        return not_measurable(spec, family(column), method, n, reason, column=column.name)
    if n < spec.n_min or m < spec.n_min:
        reason = f"{n} rows against {m} in the reference; {spec.n_min} are needed"
        return not_measurable(spec, family(column), method, n, reason, column=column.name)
    size, slope = _measure(spec.measure, current, before)
    tested, kept = _pool(current, before)
    chance = 1.0
    noise = 1 / n + 1 / m
    if len(tested) > 1:
        chance = chi2_tail(strength * _measure(spec.measure, tested, kept)[0] / noise, len(tested) - 1)
    quiet = max(0, sum(a + b > 0 for a, b in zip(current, before, strict=True)) - 1) * noise / strength
    error = math.sqrt(slope + 2 * quiet * noise / strength)
    low, high = max(0.0, size - quiet - Z_95 * error), size + Z_95 * error
    if spec.measure == "js":
        size, low, high = (min(1.0, math.sqrt(x / math.log(2))) for x in (size, low, high))
    return Measured(
        measure=spec.measure,
        family=family(column),
        column=column.name,
        value=size,
        low=low,
        high=high,
        n=n,
        p=chance,
        method=method,
        threshold=spec.threshold,
        watch=spec.watch,
        breach=spec.breach,
        note=explain(column, now, then),
    )


def _measure(measure: str, current: list[int], before: list[int]) -> tuple[float, float]:
    """Return the divergence (nats) and its sampling variance by the delta method, empty bins left out."""
    n, m = sum(current), sum(before)
    shares = [
        (max(a / n, FLOOR), max(b / m, FLOOR)) for a, b in zip(current, before, strict=True) if a + b > 0
    ]
    if measure == "psi":
        size = math.fsum((q - p) * math.log(q / p) for q, p in shares)
        rise = [math.log(q / p) + 1 - p / q for q, p in shares]
        fall = [math.log(p / q) + 1 - q / p for q, p in shares]
    else:
        size = math.fsum(
            (q * math.log(2 * q / (p + q)) + p * math.log(2 * p / (p + q))) / 2 for q, p in shares
        )
        rise = [math.log(2 * q / (p + q)) / 2 for q, p in shares]
        fall = [math.log(2 * p / (p + q)) / 2 for q, p in shares]
    spread = _variance([q for q, _ in shares], rise) / n + _variance([p for _, p in shares], fall) / m
    return max(0.0, size), spread


def _variance(shares: list[float], weights: list[float]) -> float:
    mean = math.fsum(s * w for s, w in zip(shares, weights, strict=True))
    return max(0.0, math.fsum(s * w * w for s, w in zip(shares, weights, strict=True)) - mean * mean)


def _pool(current: list[int], before: list[int]) -> tuple[list[int], list[int]]:
    """Put the bins that too few rows are expected in together, for the test only."""
    n, m = sum(current), sum(before)
    bar = SPARSE * (n + m) / min(n, m)
    full = [(a, b) for a, b in zip(current, before, strict=True) if a + b >= bar]
    sparse = [(a, b) for a, b in zip(current, before, strict=True) if 0 < a + b < bar]
    rest = (sum(a for a, _ in sparse), sum(b for _, b in sparse))
    pooled = [*full, rest] if sum(rest) >= bar or not full else _join(full, rest)
    return [a for a, _ in pooled], [b for _, b in pooled]


def _join(full: list[tuple[int, int]], rest: tuple[int, int]) -> list[tuple[int, int]]:
    """Add what is too small to stand alone to the smallest bin that is not."""
    smallest = min(range(len(full)), key=lambda i: sum(full[i]))
    joined = (full[smallest][0] + rest[0], full[smallest][1] + rest[1])
    return [joined if i == smallest else each for i, each in enumerate(full)]


def mean(column: Column, state: ColumnState) -> float | None:
    """Return the mean of a numeric column, or `None` where values were too far out to be summed."""
    if not column.numeric or state.clipped or not state.finite:
        return None
    return column.centre + column.scale * (state.total / MEAN_UNIT) / state.finite


def explain(column: Column, now: ColumnState, then: ColumnState) -> str:
    """Say in words how the column moved; a mean moved by a power of ten looks like a change of unit.

    >>> column = Column(name="x", role=Role.FEATURE, kind=Kind.QUANTILE, scale=1.0)
    >>> then = ColumnState(finite=10, total=500 * MEAN_UNIT)
    >>> explain(column, ColumnState(finite=10, total=500_000 * MEAN_UNIT), then)
    'mean 50 -> 50,000 (x 1,000: looks like a change of unit)'
    """
    new, old = mean(column, now), mean(column, then)
    if new is None or old is None:
        return ""
    text = f"mean {shown(old)} -> {shown(new)}"
    if column.role is not Role.FEATURE or new * old <= 0:
        return text
    ratio = new / old
    power = round(math.log10(ratio))
    if power and abs(ratio / 10.0**power - 1) <= _UNIT_TOLERANCE:
        factor = f"x {10**power:,}" if power > 0 else f"/ {10**-power:,}"
        return f"{text} ({factor}: looks like a change of unit)"
    if ratio >= _FACTOR_SHOWN:
        return f"{text} (x {ratio:.3g})"
    return f"{text} (/ {1 / ratio:.3g})" if ratio <= 1 / _FACTOR_SHOWN else text
