"""Rows to count: decisions joined with their latest outcome, and cut to the window they belong to.

**Promise**: one row per decision; an outcome revised later replaces the earlier one; rows outside the window
never enter a count, whatever the log returned.
**Not here**: reading the log, and counting (`watch.counting.plan`).
"""

import hashlib
from datetime import datetime

import polars as pl
import pyarrow as pa

DECISION, DECIDED, OUTCOME, OBSERVED = "decision_id", "decided_at", "outcome", "observed_at"


def lazy(table: pa.Table) -> pl.LazyFrame:
    """Read an Arrow table without copying it."""
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)  # a table never becomes a series
    return frame.lazy()


def joined(
    decisions: pl.LazyFrame, outcomes: pa.Table | None = None, protected: pa.Table | None = None
) -> pl.LazyFrame:
    """Join decisions with their latest known outcome and, for an authorised audit, protected attributes."""
    frame = decisions
    if outcomes is not None:
        latest = (
            lazy(outcomes)
            .select(DECISION, OUTCOME, OBSERVED)
            .filter(pl.col(OUTCOME).is_not_null())
            .sort(OBSERVED, OUTCOME)
            .unique(DECISION, keep="last", maintain_order=True)
        )
        frame = frame.drop(OUTCOME, OBSERVED, strict=False).join(latest, on=DECISION, how="left")
    if protected is not None:
        frame = frame.join(lazy(protected), on=DECISION, how="left")
    return frame


def tally(decisions: pl.LazyFrame, outcomes: pa.Table | None) -> tuple[int, int]:
    """Count decisions, and those with a known outcome."""
    names = decisions.select(DECISION).collect()
    if outcomes is None:
        return names.height, 0
    known = lazy(outcomes).filter(pl.col(OUTCOME).is_not_null()).select(DECISION).collect()
    return names.height, names.join(known, on=DECISION, how="semi").height


def within(
    frame: pl.LazyFrame, start: datetime, end: datetime, after: str = "", last: str = ""
) -> pl.LazyFrame:
    """Keep the decisions of `[start, end)`.

    Windows of a number of rows may begin and end inside one instant: `after` is the last decision before the
    window, `last` the last one in it, and both bind only where the instants are equal.
    """
    at, name = pl.col(DECIDED), pl.col(DECISION)
    frame = frame.filter((at >= start) & (at < end))
    if last:
        first_at, last_at = pl.lit(start), at.max()
        frame = frame.filter((at > first_at) | (name > after)).filter((at < last_at) | (name <= last))
    return frame


def cut(
    decisions: pa.Table, after: tuple[datetime, str] | None, size: int
) -> list[tuple[datetime, str, datetime, str]]:
    """Cut decisions into full windows of `size` rows, in order of time and id, beginning behind `after`.

    Each window is its first instant, the id before it at that instant, its last instant and its last id. What
    does not fill a window waits for more.
    """
    frame = lazy(decisions.select([DECISION, DECIDED])).sort(DECIDED, DECISION)
    if after is not None:
        at, name = after
        frame = frame.filter((pl.col(DECIDED) > at) | ((pl.col(DECIDED) == at) & (pl.col(DECISION) > name)))
    ordered = frame.collect()
    found = []
    for start in range(0, ordered.height - size + 1, size):
        first, end = ordered.row(start, named=True), ordered.row(start + size - 1, named=True)
        before = after[1] if after is not None and after[0] == first[DECIDED] else ""
        found.append((first[DECIDED], before, end[DECIDED], end[DECISION]))
        after = (end[DECIDED], end[DECISION])
    return found


def cohort_digest(decision_ids: list[str]) -> str:
    r"""Name a set of decisions: SHA-256 over the sorted ids, each followed by a line feed.

    >>> cohort_digest(["b", "a"]) == hashlib.sha256(b"a\nb\n").hexdigest()
    True
    """
    digest = hashlib.sha256()
    for name in sorted(decision_ids):
        digest.update(f"{name}\n".encode())
    return digest.hexdigest()
