"""The catalogue: every measure by name, what it needs, and how a monitor's measures are computed together.

**Promise**: `measure_all` is a pure function of two states and the specs, so anyone can recompute a reading.
**Not here**: thresholds (pack data) and persistence.
"""

from collections.abc import Callable, Iterable

from probative.kernel.errors import UsageError
from probative.watch.counting.profile import Column, Kind, Profile, Role
from probative.watch.counting.state import ColumnState, State
from probative.watch.measures import drift, fairness, performance, quality
from probative.watch.measures.coverage import outcome_counts
from probative.watch.measures.measured import (
    ALPHA,
    RULES,
    Family,
    Measured,
    MeasureSpec,
    judge,
    not_measurable,
)

VERSION = 1  # goes up when the same state would give other numbers
FEATURES, PREDICTIONS = "@features", "@predictions"
DISTANCES: dict[str, Callable[[MeasureSpec, Column, ColumnState, ColumnState], Measured]] = {
    "psi": drift.psi,
    "js": drift.js,
}
QUALITY: dict[str, Callable[[MeasureSpec, Column, ColumnState, ColumnState], Measured]] = {
    "null-rate": quality.null_rate,
    "new-categories": quality.new_categories,
    "out-of-range": quality.out_of_range,
}
PERFORMANCE: dict[str, Callable[[MeasureSpec, State, State], Measured]] = {
    "accuracy": performance.accuracy,
    "auc": performance.auc,
    "brier": performance.brier,
    "calibration-error": performance.calibration_error,
}
FAIRNESS: dict[str, Callable[[MeasureSpec, list[fairness.Group], str], list[Measured]]] = {
    "selection-ratio": fairness.selection_ratio,
    "equal-opportunity": fairness.equal_opportunity,
    "equalised-odds": fairness.equalised_odds,
}


def known(name: str) -> str:
    """Return `name` if it is a measure, else raise `UsageError` with the list of those there are.

    >>> known("psi")
    'psi'
    """
    if name not in RULES:
        raise UsageError(
            "watch.unknown-measure", f"There is no measure '{name[:80]}'.", f"Use one of {', '.join(RULES)}."
        )
    return name


def needs_labels(measures: Iterable[MeasureSpec]) -> bool:
    """Say whether any of the measures waits for outcomes."""
    late = {*PERFORMANCE, "equal-opportunity", "equalised-odds"}
    return any(spec.measure in late for spec in measures)


def needs_groups(measures: Iterable[MeasureSpec]) -> bool:
    """Say whether any of the measures reads protected attributes."""
    return any(spec.measure in FAIRNESS for spec in measures)


def columns_of(spec: MeasureSpec, profile: Profile) -> list[Column]:
    """Resolve the columns a measure is asked for; `@features` leaves out those the measure does not fit."""
    chosen: list[Column] = []
    for name in spec.columns or (FEATURES,):
        if name == FEATURES:
            chosen += [c for c in profile.columns if c.role is Role.FEATURE and _fits(spec.measure, c)]
        elif name == PREDICTIONS:
            chosen += [c for c in profile.columns if c.role is not Role.FEATURE and _fits(spec.measure, c)]
        else:
            chosen.append(profile.column(name))
    return list({column.name: column for column in chosen}.values())


def measure_all(
    specs: Iterable[MeasureSpec], profile: Profile, then: State, state: State, alpha: float = ALPHA
) -> tuple[Measured, ...]:
    """Compute and judge every measure of a monitor for one window; `then` is the reference's own state."""
    found: list[Measured] = []
    for spec in specs:
        if spec.measure in PERFORMANCE:
            found.append(_performance(spec, state, then))
        elif spec.measure in FAIRNESS:
            found += group_measures(spec, state)
        else:
            found += [_of_column(spec, column, then, state) for column in columns_of(spec, profile)]
    return judge(found, alpha)


def group_measures(spec: MeasureSpec, state: State) -> list[Measured]:
    """Compute one fairness measure for every combination of attributes that was counted."""
    found: list[Measured] = []
    for attributes in state.groups:
        groups = fairness.groups_of(state, attributes)
        if spec.measure == "selection-ratio":
            found += fairness.selection_rates(spec, groups, attributes)
        found += FAIRNESS[spec.measure](spec, groups, attributes)
    return found


def _performance(spec: MeasureSpec, state: State, then: State) -> Measured:
    """Measure performance, unless all outcomes are of one class: that looks perfect and means nothing."""
    one, other = outcome_counts(state)
    if one + other and not (one and other):
        reason = f"all {one + other} outcomes are of one class: a defect of the data, not a result"
        return not_measurable(spec, Family.PERFORMANCE, spec.measure, one + other, reason)
    return PERFORMANCE[spec.measure](spec, state, then)


def _of_column(spec: MeasureSpec, column: Column, then_state: State, state: State) -> Measured:
    now, then = state.columns[column.name], then_state.columns[column.name]
    if spec.measure in DISTANCES:
        return DISTANCES[spec.measure](spec, column, now, then)
    if not _fits(spec.measure, column):
        reason = f"the measure does not fit a column counted as '{column.kind}'"
        return not_measurable(spec, Family.INPUTS, spec.measure, state.rows, reason, column=column.name)
    return QUALITY[spec.measure](spec, column, now, then)


def _fits(measure: str, column: Column) -> bool:
    if measure == "out-of-range":
        return column.numeric
    if measure == "new-categories":
        return column.kind is Kind.CATEGORY
    return measure == "null-rate" or column.kind is not Kind.OPAQUE
