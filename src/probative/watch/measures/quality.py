"""Data quality: nulls, values never seen in the reference, and numbers outside its range.

**Promise**: each share has a Wilson interval and the chance of seeing it if nothing had changed.
**Not here**: shifts inside the known range (`drift`).
"""

from probative.watch.counting.profile import Column, Kind
from probative.watch.counting.state import ColumnState
from probative.watch.measures.drift import family
from probative.watch.measures.measured import Measured, MeasureSpec, not_measurable, shown
from probative.watch.measures.stats import beyond_the_range, two_shares, wilson

NULL_METHOD, NEW_METHOD, RANGE_METHOD = "wilson/two-shares", "wilson/two-shares", "wilson/exchangeable-bound"
_NAMED_MAX = 5


def rows(state: ColumnState) -> int:
    """Count the rows of a column's state, nulls included."""
    return sum(state.counts) + state.new + state.null


def null_rate(spec: MeasureSpec, column: Column, now: ColumnState, then: ColumnState) -> Measured:
    """Share of nulls; the change from the reference, up or down, is held against the threshold."""
    n, m = rows(now), rows(then)
    if n < spec.n_min or m < spec.n_min:
        return _too_few(spec, column, n, m, NULL_METHOD)
    share, before = now.null / n, then.null / m
    chance = two_shares(now.null, n, then.null, m)
    return _share(spec, column, now.null, n, before, abs(share - before), chance, NULL_METHOD)


def new_categories(spec: MeasureSpec, column: Column, now: ColumnState, then: ColumnState) -> Measured:
    """Share of values that the reference does not list; the new values are named while they are few."""
    n, m = rows(now), rows(then)
    if column.kind is not Kind.CATEGORY:
        reason = "the reference has too many values to list (free text or ids)"
        return not_measurable(spec, family(column), NEW_METHOD, n, reason, column=column.name)
    if n < spec.n_min or m < spec.n_min:
        return _too_few(spec, column, n, m, NEW_METHOD)
    chance = two_shares(now.new, n, then.new, m)
    return _share(spec, column, now.new, n, 0.0, now.new / n, chance, NEW_METHOD, _named(now))


def out_of_range(spec: MeasureSpec, column: Column, now: ColumnState, then: ColumnState) -> Measured:
    """Share of numbers below the reference's smallest or above its largest value."""
    valued, known = sum(now.counts), sum(then.counts)
    if valued < spec.n_min or known < spec.n_min:
        return _too_few(spec, column, valued, known, RANGE_METHOD)
    outside = now.counts[0] + now.counts[-1]
    chance = beyond_the_range(outside, valued, known)
    note = ""
    if outside and None not in (now.low, now.high, then.low, then.high):
        note = f"{_ends(now)}, reference {_ends(then)}"
    return _share(spec, column, outside, valued, 0.0, outside / valued, chance, RANGE_METHOD, note)


def _share(
    spec: MeasureSpec,
    column: Column,
    hits: int,
    n: int,
    before: float,
    effect: float,
    chance: float,
    method: str,
    note: str = "",
) -> Measured:
    low, high = wilson(hits, n)
    return Measured(
        measure=spec.measure,
        family=family(column),
        column=column.name,
        value=hits / n,
        effect=effect if effect != hits / n else None,
        low=low,
        high=high,
        n=n,
        reference=before,
        p=chance,
        method=method,
        threshold=spec.threshold,
        watch=spec.watch,
        breach=spec.breach,
        note=note,
    )


def _too_few(spec: MeasureSpec, column: Column, n: int, m: int, method: str) -> Measured:
    reason = f"{n} rows against {m} in the reference; {spec.n_min} are needed"
    return not_measurable(spec, family(column), method, n, reason, column=column.name)


def _ends(state: ColumnState) -> str:
    return f"{shown(state.low or 0.0)} to {shown(state.high or 0.0)}"


def _named(state: ColumnState) -> str:
    if state.new_values is None:
        return "more new values than are listed"
    ordered = sorted(state.new_values.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{value!r} ({count})" for value, count in ordered[:_NAMED_MAX])
