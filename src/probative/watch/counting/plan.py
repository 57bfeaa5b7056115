"""Counting: from rows to a `State`, in one pass over them.

**Promise**: the counts do not depend on the order, the sharding or the number of threads; a value that is not
a number (NaN, unreadable) is counted as null, never dropped.
**Not here**: making the bins (`watch.counting.reference`) and what the counts mean (`watch.measures`).
"""

from typing import Any

import msgspec
import polars as pl
import pyarrow as pa

from probative.kernel.errors import UsageError
from probative.watch.counting.columns import column_state, column_totals, number, prepared, steps
from probative.watch.counting.groups import FAVOUR, MERIT, by_group, cells, groups_state
from probative.watch.counting.profile import Attribute, Column, Meaning, Profile, group_set
from probative.watch.counting.rows import DECIDED, OBSERVED, OUTCOME, lazy
from probative.watch.counting.score import LABEL, P, score_state, score_totals
from probative.watch.counting.state import CELLS, LAG_EDGES_S, State

SCAN_ROWS_MAX = 1 << 26  # so that no fixed-point sum of one scan can pass 2^63; scan shards and merge beyond
_DATA_TYPES = dict[str, pl.DataType]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What one scan counts: the profile's columns and meaning, and cells per group of audit attributes."""

    profile: Profile
    groups: tuple[tuple[Attribute, ...], ...] = ()


def scan(source: pa.Table | pl.LazyFrame, plan: Plan) -> State:
    """Count `source` under `plan` in one pass; columns that it lacks count as null in every row.

    >>> from probative.watch.counting.profile import Kind, Role
    >>> income = Column(name="income", role=Role.FEATURE, kind=Kind.DISCRETE, edges=(0.5, 1.0, 2.0))
    >>> plan = Plan(profile=Profile(system="loans", meaning=Meaning(), columns=(income,)))
    >>> state = scan(pa.table({"income": [1.0, 2.0, 2.0, 9.0, None]}), plan)
    >>> state.rows, state.columns["income"].counts, state.columns["income"].null
    (5, (0, 1, 2, 1), 1)
    """
    frame = source if isinstance(source, pl.LazyFrame) else lazy(source)
    types: _DATA_TYPES = dict(frame.collect_schema())
    profile = plan.profile
    present = [(key, column) for key, column in _keyed(profile) if column.name in types]
    base = frame.with_columns(
        *(prepared(key, column) for key, column in present), *_meaning(profile.meaning, types)
    )
    whole = base.select(
        pl.len().alias("rows"),
        *_times(types),
        *(total for key, column in present for total in column_totals(key, column)),
        *cells(),
        *(score_totals(profile) if OUTCOME in types else ()),
    )
    grouped = [by_group(base, attributes, types) for attributes in plan.groups]
    first, *rest = pl.collect_all([whole, *grouped], engine="streaming")
    groups = {group_set(a): groups_state(frame) for a, frame in zip(plan.groups, rest, strict=True)}
    return _state(profile, first.row(0, named=True), groups)


def _state(profile: Profile, counted: dict[str, Any], groups: dict[str, dict[str, tuple[int, ...]]]) -> State:
    if counted["rows"] > SCAN_ROWS_MAX:
        raise UsageError(
            "watch.scan-too-large",
            f"The window has {counted['rows']} rows; one scan takes at most {SCAN_ROWS_MAX}.",
            "Use shorter windows, or scan shards and merge their states.",
        )
    lags = [counted[f"lag{i}"] for i in range(len(LAG_EDGES_S))] if "lags" in counted else []
    return State(
        profile=profile.digest(),
        rows=counted["rows"],
        first_us=counted.get("first_us"),
        last_us=counted.get("last_us"),
        observed_us=counted.get("observed_us"),
        columns={column.name: column_state(key, column, counted) for key, column in _keyed(profile)},
        cells=tuple(counted[f"cell{i}"] for i in range(CELLS)),
        lags=steps(lags, counted["lags"]) if lags else (),
        score=score_state(profile, counted),
        groups=groups,
    )


def _keyed(profile: Profile) -> list[tuple[str, Column]]:
    return [(f"__c{i}", column) for i, column in enumerate(profile.columns)]


def _times(types: _DATA_TYPES) -> list[pl.Expr]:
    if not isinstance(types.get(DECIDED), pl.Datetime):
        return []
    decided = pl.col(DECIDED).dt.epoch("us")
    times = [decided.min().alias("first_us"), decided.max().alias("last_us")]
    if not isinstance(types.get(OBSERVED), pl.Datetime) or OUTCOME not in types:
        return times
    observed = pl.col(OBSERVED).dt.epoch("us")
    late = (observed - decided).filter(pl.col(OUTCOME).is_not_null())
    upto = [(late <= edge * 1_000_000).sum().alias(f"lag{i}") for i, edge in enumerate(LAG_EDGES_S)]
    return [*times, observed.max().alias("observed_us"), late.len().alias("lags"), *upto]


def _meaning(meaning: Meaning, types: _DATA_TYPES) -> list[pl.Expr]:
    """Reduce predictions, outcomes and probabilities to what the cells count, null where unknown."""
    p = number(meaning.probability) if meaning.probability in types else pl.lit(None, pl.Float64)
    return [
        matches(meaning.prediction, meaning.favourable, types).alias(FAVOUR),
        matches(OUTCOME, meaning.merited, types).alias(MERIT),
        matches(OUTCOME, meaning.positive, types).alias(LABEL),
        p.alias(P),
    ]


def matches(name: str | None, value: str | float | bool | None, types: _DATA_TYPES) -> pl.Expr:
    """Compare a column with a declared value in the column's own type: a 1 equals 1, 1.0 and true."""
    if name is None or value is None or name not in types:
        return pl.lit(None, pl.Boolean)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if types[name] == pl.Boolean:
        return pl.col(name) == (text in ("true", "1", "1.0"))
    if types[name].is_numeric():
        try:
            return number(name) == float({"true": "1", "false": "0"}.get(text, text))
        except ValueError:
            raise UsageError(
                "watch.meaning-type",
                f"Column '{name}' holds numbers, but its declared value is '{text}'.",
                "Declare a value the column can have, for example --favourable 0.",
            ) from None
    return pl.col(name).cast(pl.String) == text
