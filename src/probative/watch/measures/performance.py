"""Performance against outcomes that arrive late: accuracy, AUC, Brier score, calibration error.

**Promise**: only labelled rows count and n says how many they are; a number computed from binned scores
carries the bound of what binning can hide; one class only is a defect of the data, not a result.
**Not here**: how many outcomes have arrived and how late (`coverage`).
"""

import math

from probative.watch.counting.state import SHARE_UNIT, ScoreState, State
from probative.watch.measures.measured import Family, Measured, MeasureSpec, not_measurable
from probative.watch.measures.stats import Z_95, chi2_tail, normal_tail, wilson

CLASS_MIN = 10
ACCURACY_METHOD, AUC_METHOD = "wilson/score-test", "binned-delong/normal"
BRIER_METHOD, CALIBRATION_METHOD = "normal", "ece-binned/hosmer-lemeshow"


def accuracy(spec: MeasureSpec, state: State, then: State) -> Measured:
    """Share of labelled decisions where a favourable prediction met a merited outcome, or neither did."""
    right, n = _right(state)
    if n < spec.n_min:
        return _too_few(spec, n, ACCURACY_METHOD)
    low, high = wilson(right, n)
    error = math.sqrt(spec.breach * (1 - spec.breach) / n)
    z = (spec.breach - right / n) / error if error else 0.0
    before, m = _right(then)
    return _level(
        spec,
        right / n,
        (low, high),
        n,
        normal_tail(z),
        ACCURACY_METHOD,
        reference=before / m if m else None,
    )


def auc(spec: MeasureSpec, state: State, then: State) -> Measured:
    """Area under the ROC curve from score cells, ties counted as half.

    The bound is half the share of pairs that fall into one cell; it widens the DeLong interval.
    """
    score = state.score
    positives, negatives = sum(score.positives), sum(score.negatives)
    n = positives + negatives
    if n < spec.n_min:
        return _too_few(spec, n, AUC_METHOD)
    if min(positives, negatives) < CLASS_MIN:
        reason = f"{positives} positive and {negatives} negative outcomes; {CLASS_MIN} of each are needed"
        return not_measurable(spec, Family.PERFORMANCE, AUC_METHOD, n, reason)
    area, error, bound = area_under(score)
    interval = (max(0.0, area - bound - Z_95 * error), min(1.0, area + bound + Z_95 * error))
    z = (spec.breach - area - bound) / error if error else math.copysign(math.inf, spec.breach - area - bound)
    before = area_under(then.score)[0] if sum(then.score.positives) and sum(then.score.negatives) else None
    return _level(
        spec,
        area,
        interval,
        n,
        normal_tail(z),
        AUC_METHOD,
        reference=before,
        note=f"binning bound {bound:.2g}",
    )


def area_under(score: ScoreState) -> tuple[float, float, float]:
    """Return the AUC, its standard error (DeLong et al. 1988) and the binning bound, from cell counts.

    >>> [round(x, 4) for x in area_under(ScoreState(positives=(10, 20, 70), negatives=(60, 30, 10)))]
    [0.845, 0.0268, 0.095]
    """
    positives, negatives = sum(score.positives), sum(score.negatives)
    below, wins = 0, []
    for b in score.negatives:
        wins.append((below + b / 2) / negatives)
        below += b
    above, losses = positives, []
    for a in score.positives:
        above -= a
        losses.append((above + a / 2) / positives)
    area = math.fsum(a * w for a, w in zip(score.positives, wins, strict=True)) / positives
    spread = _spread(score.positives, wins, area) + _spread(score.negatives, losses, area)
    shared = math.fsum(a * b for a, b in zip(score.positives, score.negatives, strict=True))
    return area, math.sqrt(spread), shared / (2 * positives * negatives)


def brier(spec: MeasureSpec, state: State, then: State) -> Measured:
    """Mean squared distance between probability and outcome (Brier 1950); 0 is perfect."""
    score, n = state.score, _scored(state)
    if n < spec.n_min:
        return _too_few(spec, n, BRIER_METHOD)
    value = score.squared / SHARE_UNIT / n
    error = math.sqrt(max(0.0, score.quartic / SHARE_UNIT / n - value * value) / n)
    z = (value - spec.breach) / error if error else math.copysign(math.inf, value - spec.breach)
    interval = (max(0.0, value - Z_95 * error), min(1.0, value + Z_95 * error))
    m = _scored(then)
    before = then.score.squared / SHARE_UNIT / m if m else None
    return _level(spec, value, interval, n, normal_tail(z), BRIER_METHOD, reference=before)


def calibration_error(spec: MeasureSpec, state: State, then: State) -> Measured:
    """Expected calibration error over ten groups of score cells, with the Hosmer-Lemeshow test of no error.

    Chance alone makes it positive: the note says how large it would be for a perfectly calibrated model.
    """
    n = _scored(state)
    if n < spec.n_min:
        return _too_few(spec, n, CALIBRATION_METHOD)
    value, statistic, freedom, quiet, error = _calibration(state.score)
    before = _calibration(then.score)[0] if _scored(then) else None
    return Measured(
        measure=spec.measure,
        family=Family.PERFORMANCE,
        value=value,
        low=max(0.0, value - quiet - Z_95 * error),
        high=min(1.0, value + Z_95 * error),
        n=n,
        reference=before,
        p=chi2_tail(statistic, freedom),
        method=CALIBRATION_METHOD,
        threshold=spec.threshold,
        watch=spec.watch,
        breach=spec.breach,
        note=f"chance alone gives about {quiet:.2g}",
    )


def _calibration(score: ScoreState) -> tuple[float, float, int, float, float]:
    """Return ECE, Hosmer-Lemeshow statistic and groups, the ECE expected by chance, and a standard error."""
    groups = [(rows, hits, claimed / SHARE_UNIT) for rows, hits, claimed in score.groups if rows]
    n = sum(count for count, _, _ in groups)
    value = math.fsum(abs(hits - claimed) for _, hits, claimed in groups) / n
    statistic = quiet = spread = 0.0
    for count, hits, claimed in groups:
        variance = max(claimed * (1 - claimed / count), 1e-9)
        statistic += (hits - claimed) ** 2 / variance
        quiet += math.sqrt(2 / math.pi * variance) / n
        spread += variance / n**2
    return value, statistic, len(groups), quiet, math.sqrt(spread)


def _spread(counts: tuple[int, ...], placements: list[float], area: float) -> float:
    n = sum(counts)
    squares = math.fsum(c * (v - area) ** 2 for c, v in zip(counts, placements, strict=True))
    return squares / (n - 1) / n if n > 1 else 0.0


def _right(state: State) -> tuple[int, int]:
    cells = state.cells
    return cells[0] + cells[4], cells[0] + cells[1] + cells[3] + cells[4]


def _scored(state: State) -> int:
    return sum(state.score.positives) + sum(state.score.negatives)


def _too_few(spec: MeasureSpec, n: int, method: str) -> Measured:
    reason = f"{n} decisions with a known outcome; {spec.n_min} are needed"
    return not_measurable(spec, Family.PERFORMANCE, method, n, reason)


def _level(
    spec: MeasureSpec,
    value: float,
    interval: tuple[float, float],
    n: int,
    chance: float,
    method: str,
    *,
    reference: float | None,
    note: str = "",
) -> Measured:
    return Measured(
        measure=spec.measure,
        family=Family.PERFORMANCE,
        value=value,
        low=interval[0],
        high=interval[1],
        n=n,
        reference=reference,
        p=chance,
        method=method,
        threshold=spec.threshold,
        watch=spec.watch,
        breach=spec.breach,
        note=note,
    )
