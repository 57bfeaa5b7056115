"""Counting labelled probabilities: cells for AUC, groups for calibration, sums for the Brier score.

**Promise**: all sums are whole numbers, so the order of rows and shards does not matter.
**Not here**: the scores computed from them (`watch.measures.performance`).
"""

from typing import Any

import polars as pl

from probative.watch.counting.columns import steps
from probative.watch.counting.profile import Profile
from probative.watch.counting.state import SHARE_UNIT, ScoreState

P, LABEL = "__p", "__label"


def score_totals(profile: Profile) -> list[pl.Expr]:
    """Return what to sum over the rows whose outcome and probability are both known."""
    if not profile.score_edges or profile.meaning.positive is None:
        return []
    known = pl.col(LABEL).is_not_null() & pl.col(P).is_between(0, 1)
    p = pl.col(P).filter(known)
    label = pl.col(LABEL).filter(known)
    error = (p - label.cast(pl.Float64)).abs()
    edges = pl.lit(pl.Series(profile.score_edges, dtype=pl.Float64))
    upto = (p.filter(p <= profile.score_edges[at]) for at in profile.score_groups)
    return [
        edges.search_sorted(p, side="left").value_counts().implode().alias("cells"),
        edges.search_sorted(p.filter(label), side="left").value_counts().implode().alias("positives"),
        *(_share_sum(below).alias(f"claimed{i}") for i, below in enumerate(upto)),
        _share_sum(p).alias("claimed"),
        _share_sum(error**2).alias("squared"),
        _share_sum(error**4).alias("quartic"),
    ]


def score_state(profile: Profile, counted: dict[str, Any]) -> ScoreState:
    """Put the sums of `score_totals` together."""
    if "cells" not in counted:
        return ScoreState()
    size = len(profile.score_edges) + 1
    everyone, positives = _filled(counted["cells"], size), _filled(counted["positives"], size)
    ends = [at + 1 for at in profile.score_groups]
    claimed = steps([counted[f"claimed{i}"] for i in range(len(ends))], counted["claimed"])
    return ScoreState(
        positives=positives,
        negatives=tuple(a - b for a, b in zip(everyone, positives, strict=True)),
        groups=tuple(
            (sum(everyone[start:end]), sum(positives[start:end]), total)
            for start, end, total in zip([0, *ends], [*ends, size], claimed, strict=True)
        ),
        squared=counted["squared"],
        quartic=counted["quartic"],
    )


def _filled(seen: list[dict[str, int]], size: int) -> tuple[int, ...]:
    """Turn counts of the cells that occur into counts of all cells; the cell's own key has no fixed name."""
    counts = [0] * size
    for entry in seen:
        cell = next(value for name, value in entry.items() if name != "count")
        counts[cell] = entry["count"]
    return tuple(counts)


def _share_sum(x: pl.Expr) -> pl.Expr:
    return (x * SHARE_UNIT).round().cast(pl.Int64).sum()
