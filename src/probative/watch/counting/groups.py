"""Counting groups: decisions and outcomes per combination of protected attributes.

**Promise**: an attribute that is not known is a group of its own; nobody is left out.
**Not here**: leave to read protected attributes, and what the counts mean (`watch.measures.fairness`).
"""

import polars as pl

from probative.kernel.canon import canonical
from probative.kernel.errors import UsageError
from probative.watch.counting.columns import number
from probative.watch.counting.profile import UNKNOWN, Attribute
from probative.watch.counting.state import CELLS

GROUPS_MAX = 500
FAVOUR, MERIT = "__favour", "__merit"


def cells() -> list[pl.Expr]:
    """Return nine counts: prediction (favourable, other, missing) by outcome (merited, other, missing)."""
    favour, merit = pl.col(FAVOUR), pl.col(MERIT)
    rows = (favour, ~favour, favour.is_null())
    columns = (merit, ~merit, merit.is_null())
    return [
        (a & b).sum().alias(f"cell{3 * i + j}") for i, a in enumerate(rows) for j, b in enumerate(columns)
    ]


def by_group(
    base: pl.LazyFrame, attributes: tuple[Attribute, ...], types: dict[str, pl.DataType]
) -> pl.LazyFrame:
    """Count the cells of every group that occurs."""
    keys = [_group_key(attribute, types).alias(f"g{i}") for i, attribute in enumerate(attributes)]
    return base.group_by(keys).agg(cells())


def _group_key(attribute: Attribute, types: dict[str, pl.DataType]) -> pl.Expr:
    """Name each row's group; an attribute that is not known is a group of its own, never left out."""
    if attribute.name not in types:
        raise UsageError(
            "watch.unknown-attribute",
            f"The rows have no attribute '{attribute.name}'.",
            "Name a protected column that the authorisation covers.",
        )
    if not attribute.bands:
        text = pl.col(attribute.name)
        text = text.fill_nan(None) if types[attribute.name].is_float() else text
        return text.cast(pl.String).fill_null(UNKNOWN)
    x = number(attribute.name)
    band: pl.Expr = pl.lit(attribute.labels[-1])
    for limit, label in reversed(list(zip(attribute.bands, attribute.labels, strict=False))):
        band = pl.when(x < limit).then(pl.lit(label)).otherwise(band)
    return pl.when(x.is_null()).then(pl.lit(UNKNOWN)).otherwise(band)


def groups_state(frame: pl.DataFrame) -> dict[str, tuple[int, ...]]:
    """Name the groups (JSON arrays of their values) and refuse more of them than anybody can read."""
    if frame.height > GROUPS_MAX:
        raise UsageError(
            "watch.too-many-groups",
            f"The attributes split the rows into {frame.height} groups; at most {GROUPS_MAX} are counted.",
            "Put numbers into bands, for example age:30,45,60.",
        )
    named = {canonical(list(row[:-CELLS])).decode(): tuple(row[-CELLS:]) for row in frame.iter_rows()}
    return dict(sorted(named.items()))
