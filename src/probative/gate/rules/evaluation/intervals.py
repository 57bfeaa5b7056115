"""Intervals for rates and ratios of rates: Wilson for one, Katz for two.

**Promise**: standard library only; counts in, a closed interval out; every input that has no interval is
named.
**Not here**: verdicts on groups (`gate.rules.evaluation.fairness`) and monitoring measures (`watch`).
"""

import math
from statistics import NormalDist
from typing import NamedTuple


class Interval(NamedTuple):
    """A point estimate between its bounds."""

    value: float
    low: float
    high: float


def z_of(confidence: float) -> float:
    """Return the two-sided standard normal quantile, e.g. 1.96 for 0.95.

    >>> round(z_of(0.95), 4)
    1.96
    """
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wilson(hits: int, n: int, confidence: float) -> Interval:
    """Return the Wilson score interval of `hits` in `n` (Wilson 1927); `n` must be positive.

    >>> [round(bound, 4) for bound in wilson(2, 100, 0.95)]
    [0.02, 0.0055, 0.07]
    """
    z, p = z_of(confidence), hits / n
    middle = p + z * z / (2 * n)
    spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return Interval(p, max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale))


def katz(hits: int, n: int, base_hits: int, base_n: int, confidence: float) -> Interval:
    """Return the log interval of the ratio of two rates (Katz et al. 1978); the base rate must be positive.

    Where a count is 0 or all, one half is added to each cell, or the interval would shrink to a point.

    >>> [round(bound, 3) for bound in katz(40, 100, 50, 100, 0.95)]
    [0.8, 0.587, 1.091]
    """
    value = (hits / n) / (base_hits / base_n)
    edge = hits in (0, n) or base_hits == base_n
    half, one = (0.5, 1.0) if edge else (0.0, 0.0)
    a, m, b, k = hits + half, n + one, base_hits + half, base_n + one
    spread = z_of(confidence) * math.sqrt(1 / a - 1 / m + 1 / b - 1 / k)
    middle = math.log((a / m) / (b / k))
    low, high = math.exp(middle - spread), math.exp(middle + spread)
    return Interval(value, min(low, value), max(high, value))
