"""The few statistical functions the measures stand on, small and exact.

**Promise**: agrees with scipy to at least ten digits where both are defined (checked in the tests), and needs
nothing but the standard library, so that an auditor can read it in one sitting.
**Not here**: anything about columns, groups or thresholds.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist

Z_95 = NormalDist().inv_cdf(0.975)  # two-sided 95 %
EXPECTED_MIN = 5.0  # below this a normal approximation of a 2x2 table is not trusted (Cochran 1954)


def chi2_tail(statistic: float, freedom: int) -> float:
    """Return P(X >= statistic) for X ~ chi-square with `freedom` degrees of freedom.

    For whole degrees of freedom the regularised incomplete gamma function is a finite sum of positive terms
    (Abramowitz and Stegun 26.4.4 and 26.4.5), so there is no iteration to converge and nothing cancels.

    >>> round(chi2_tail(3.841458820694124, 1), 12), round(chi2_tail(16.918977604620448, 9), 12)
    (0.05, 0.05)
    """
    half = statistic / 2
    if freedom <= 0 or half <= 0:
        return 1.0
    odd = freedom % 2 == 1
    start = 0.5 if odd else 0.0
    terms = [math.erfc(math.sqrt(half))] if odd else []
    terms += [
        math.exp((start + i) * math.log(half) - half - math.lgamma(start + i + 1))
        for i in range(freedom // 2)
    ]
    return min(1.0, math.fsum(terms))


def normal_tail(z: float) -> float:
    """Return P(Z >= z) for the standard normal, accurate far into the tail.

    >>> round(normal_tail(1.959963984540054), 12)
    0.025
    """
    return 0.5 * math.erfc(z / math.sqrt(2))


def normal_quantile(share: float) -> float:
    """Return the z below which `share` of the standard normal lies (AS 241, from the standard library).

    >>> round(normal_quantile(0.975), 12)
    1.95996398454
    """
    return NormalDist().inv_cdf(share)


def wilson(hits: int, n: int, z: float = Z_95) -> tuple[float, float]:
    """Return Wilson's score interval for a share of `hits` in `n` (Wilson 1927).

    It keeps its promise where the textbook interval fails: at p = 0.02 and n = 100 that one covers 87 %.

    >>> [round(x, 4) for x in wilson(0, 20)]
    [0.0, 0.1611]
    """
    if n <= 0:
        return 0.0, 1.0
    share, spread = hits / n, z * z / n
    centre = share + spread / 2
    half = z * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    low = 0.0 if hits == 0 else max(0.0, (centre - half) / (1 + spread))
    high = 1.0 if hits == n else min(1.0, (centre + half) / (1 + spread))
    return low, high


def newcombe(hits: int, n: int, hits0: int, n0: int, z: float = Z_95) -> tuple[float, float]:
    """Return the interval of the difference of two shares built from their Wilson intervals.

    Newcombe 1998, method 10.

    >>> [round(x, 4) for x in newcombe(56, 70, 48, 80)]
    [0.0524, 0.3339]
    """
    share, share0 = hits / n, hits0 / n0
    low, high = wilson(hits, n, z)
    low0, high0 = wilson(hits0, n0, z)
    gap = share - share0
    down = math.hypot(share - low, high0 - share0)
    up = math.hypot(high - share, share0 - low0)
    return max(-1.0, gap - down), min(1.0, gap + up)


def katz(hits: int, n: int, hits0: int, n0: int, z: float = Z_95) -> tuple[float, float, float]:
    """Return the ratio of two shares with its interval on the log scale: (ratio, low, high).

    Katz et al. 1978. Where a count is zero, one half is added to it and one to its n, so that the log exists.

    >>> [round(x, 4) for x in katz(30, 100, 60, 100)]
    [0.5, 0.3561, 0.7021]
    """
    log_ratio, error = log_ratio_error(hits, n, hits0, n0)
    ratio = (hits / n) / (hits0 / n0) if hits0 else math.exp(log_ratio)
    return ratio, math.exp(log_ratio - z * error), math.exp(log_ratio + z * error)


def log_ratio_error(hits: int, n: int, hits0: int, n0: int) -> tuple[float, float]:
    """Return the log of the ratio of two shares and its standard error (Katz et al. 1978).

    >>> [round(x, 4) for x in log_ratio_error(30, 100, 60, 100)]
    [-0.6931, 0.1732]
    """
    a, n1 = (hits, n) if hits else (0.5, n + 1)
    b, n2 = (hits0, n0) if hits0 else (0.5, n0 + 1)
    return math.log((a / n1) / (b / n2)), math.sqrt(max(0.0, 1 / a - 1 / n1 + 1 / b - 1 / n2))


def two_shares(hits: int, n: int, hits0: int, n0: int) -> float:
    """Return the two-sided p-value that two shares are equal: pooled Z, or Fisher's exact test when sparse.

    >>> round(two_shares(1, 10, 6, 9), 6), round(two_shares(300, 1000, 360, 1000), 6)
    (0.019767, 0.004327)
    """
    if n <= 0 or n0 <= 0:
        return 1.0
    total = hits + hits0
    pooled = total / (n + n0)
    if min(n, n0) * min(pooled, 1 - pooled) < EXPECTED_MIN:
        return _fisher(hits, n, total, n + n0)
    z = (hits / n - hits0 / n0) / math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / n0))
    return min(1.0, 2 * normal_tail(abs(z)))


def _fisher(hits: int, n: int, total: int, everyone: int) -> float:
    """Sum the hypergeometric probabilities not above the observed one (two-sided, as R and scipy do)."""
    first, last = max(0, n + total - everyone), min(n, total)
    base = _log_choose(everyone, n)

    def log_chance(k: int) -> float:
        return _log_choose(total, k) + _log_choose(everyone - total, n - k) - base

    bar = log_chance(hits) + 1e-7
    return min(1.0, math.fsum(math.exp(p) for k in range(first, last + 1) if (p := log_chance(k)) <= bar))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def beyond_the_range(outside: int, n: int, n0: int) -> float:
    """Bound the chance that at least `outside` of `n` new values leave the range of `n0` reference values.

    With no change every ordering of the pooled values is equally likely (ties only help), so the chance that
    the k most extreme are all new is a product; the factor k + 1 is for sharing k between the two ends.

    >>> beyond_the_range(0, 100, 100), round(beyond_the_range(8, 100, 100), 4)
    (1.0, 0.0304)
    """
    if outside <= 0:
        return 1.0
    log_chance = math.fsum(math.log((n - i) / (n + n0 - i)) for i in range(min(outside, 2000)))
    return min(1.0, (outside + 1) * math.exp(log_chance))


def benjamini_hochberg(chances: Sequence[float]) -> list[float]:
    """Return the adjusted p-values of Benjamini and Hochberg (1995), in the order given.

    Acting where the adjusted value is at most q keeps the expected share of false alarms among alarms at q.

    >>> [round(p, 4) for p in benjamini_hochberg([0.01, 0.04, 0.03, 0.5])]
    [0.04, 0.0533, 0.0533, 0.5]
    """
    adjusted = [1.0] * len(chances)
    smallest = 1.0
    order = sorted(range(len(chances)), key=lambda i: chances[i], reverse=True)
    for behind, index in enumerate(order):
        smallest = min(smallest, chances[index] * len(chances) / (len(chances) - behind))
        adjusted[index] = smallest
    return adjusted


def rounded(value: float, digits: int = 10) -> float:
    """Round to `digits` significant digits: logarithms differ in the last bit between machines.

    >>> rounded(0.12345678901234), rounded(0.0)
    (0.123456789, 0.0)
    """
    return float(f"{value:.{digits - 1}e}")
