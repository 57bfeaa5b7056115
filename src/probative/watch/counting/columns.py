"""Counting columns: bins, nulls, new values, and the fixed-point mean, as expressions over one pass.

**Promise**: a value that is not a number (NaN, unreadable) is null, and null is counted; a column that the
rows lack is null in every row.
**Not here**: which columns there are (`watch.counting.profile`).
"""

from typing import Any

import polars as pl

from probative.watch.counting.profile import Column
from probative.watch.counting.state import MEAN_CLIP, MEAN_UNIT, ColumnState, listed


def number(name: str) -> pl.Expr:
    """Read a column as float64; what is not a number is null, so that it is counted as missing."""
    return pl.col(name).cast(pl.Float64, strict=False).fill_nan(None)


def prepared(key: str, column: Column) -> pl.Expr:
    """Read a column in the type it is counted in, under a name that cannot clash."""
    if column.numeric:
        return number(column.name).alias(key)
    return pl.col(column.name).cast(pl.String, strict=False).alias(key)


def column_totals(key: str, column: Column) -> list[pl.Expr]:
    """Return what to sum over a prepared column; bins are differences of "at most this edge" counts."""
    x = pl.col(key)
    totals = [x.is_null().sum().alias(f"{key}null")]
    if column.categories:
        totals.append(x.drop_nulls().value_counts().implode().alias(f"{key}values"))
    if not column.numeric:
        return totals
    # Whole units of 2^-20 scales, cut towards zero: sums of integers do not depend on their order.
    units = (x - column.centre) * (MEAN_UNIT / column.scale)
    near = units.abs() <= MEAN_CLIP * MEAN_UNIT
    finite = pl.when(x.is_finite()).then(x)
    return [
        *totals,
        *((x <= edge).sum().alias(f"{key}le{i}") for i, edge in enumerate(column.edges)),
        x.is_finite().sum().alias(f"{key}finite"),
        near.sum().alias(f"{key}near"),
        pl.when(near).then(units).cast(pl.Int64).sum().alias(f"{key}total"),
        finite.min().alias(f"{key}low"),
        finite.max().alias(f"{key}high"),
    ]


def column_state(key: str, column: Column, counted: dict[str, Any]) -> ColumnState:
    """Put the sums of `column_totals` together."""
    if f"{key}null" not in counted:  # the rows lack the column: every value is missing
        cells = len(column.edges) + 1 if column.numeric else len(column.categories) or 1
        return ColumnState(counts=(0,) * cells, null=counted["rows"])
    null = counted[f"{key}null"]
    if f"{key}values" in counted:
        seen = {entry[key]: entry["count"] for entry in counted[f"{key}values"]}
        new = {value: n for value, n in seen.items() if value not in set(column.categories)}
        return ColumnState(
            counts=tuple(seen.get(value, 0) for value in column.categories),
            null=null,
            new=sum(new.values()),
            new_values=listed(new),
        )
    if f"{key}finite" not in counted:
        return ColumnState(counts=(counted["rows"] - null,), null=null)
    return ColumnState(
        counts=steps([counted[f"{key}le{i}"] for i in range(len(column.edges))], counted["rows"] - null),
        null=null,
        finite=counted[f"{key}finite"],
        clipped=counted[f"{key}finite"] - counted[f"{key}near"],
        total=counted[f"{key}total"],
        low=counted[f"{key}low"],
        high=counted[f"{key}high"],
    )


def steps(cumulative: list[int], whole: int) -> tuple[int, ...]:
    """Turn counts of "at most this edge" into counts per bin, the last bin being what is above all edges.

    >>> steps([2, 5], 9)
    (2, 3, 4)
    """
    return tuple(b - a for a, b in zip([0, *cumulative], [*cumulative, whole], strict=True))
