"""Which outcomes have arrived, for which decisions and how late; and windows that are defects of the data.

**Promise**: a window without rows, with one class only or without outcomes after the wait is named as a
defect; good-looking numbers from such a window are never reported as good news.
**Not here**: performance itself.
"""

import msgspec

from probative.watch.counting.state import LAG_EDGES_S, State

SELECTIVE_GAP = 0.2


class Defect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something wrong with the data itself: a stable `code` and a sentence."""

    code: str
    sentence: str


class Coverage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Known outcomes of a window. Lags are upper edges of the bin they fall into, in seconds.

    `favourable` and `other` are coverages by decision: outcomes of refused people are often never seen, and
    then performance speaks for the accepted only.
    """

    labelled: int
    share: float
    favourable: float | None = None
    other: float | None = None
    lag_median_s: int | None = None
    lag_p95_s: int | None = None
    note: str = ""


def coverage(state: State) -> Coverage:
    """Summarise which decisions of a window have an outcome.

    >>> coverage(State(profile="ab" * 32, rows=10, cells=(2, 1, 2, 0, 0, 5, 0, 0, 0))).note
    'outcomes are known for 60 % of favourable and 0 % of other decisions: performance speaks for the first'
    """
    cells = state.cells
    labelled = sum(outcome_counts(state))
    yes, no = sum(cells[0:3]), sum(cells[3:6])
    favourable = (cells[0] + cells[1]) / yes if yes else None
    other = (cells[3] + cells[4]) / no if no else None
    return Coverage(
        labelled=labelled,
        share=labelled / state.rows if state.rows else 0.0,
        favourable=favourable,
        other=other,
        lag_median_s=_lag(state, 0.5),
        lag_p95_s=_lag(state, 0.95),
        note=_selective(favourable, other),
    )


def outcome_counts(state: State) -> tuple[int, int]:
    """Count outcomes of either class: merited and not, or positive and not where only those are declared."""
    cells = state.cells
    merited, other = cells[0] + cells[3] + cells[6], cells[1] + cells[4] + cells[7]
    if merited + other == 0:
        return sum(state.score.positives), sum(state.score.negatives)
    return merited, other


def defects(state: State, *, needs_labels: bool, settled: bool) -> tuple[Defect, ...]:
    """Name what is wrong with a window's data; `settled` means that no more outcomes are waited for.

    >>> defects(State(profile="ab" * 32), needs_labels=False, settled=True)[0].code
    'no-rows'
    """
    if state.rows == 0:
        return (Defect(code="no-rows", sentence="No decision was recorded in this window."),)
    found = []
    cells = state.cells
    missing = sum(cells[6:9])
    if 0 < missing < state.rows and missing > state.rows // 2:
        found.append(_defect("no-predictions", f"{missing} of {state.rows} decisions have no prediction."))
    if needs_labels:
        found += _label_defects(state, settled=settled)
    gone = [name for name, column in state.columns.items() if column.null == state.rows]
    if gone:
        names = ", ".join(gone[:5])
        found.append(_defect("empty-columns", f"{len(gone)} column(s) have no value in any row: {names}."))
    return tuple(found)


def _label_defects(state: State, *, settled: bool) -> list[Defect]:
    one, other = outcome_counts(state)
    labelled = one + other
    if labelled == 0:
        return [_defect("no-outcomes", f"None of {state.rows} decisions has an outcome.")] if settled else []
    if min(one, other) == 0:
        return [_defect("one-class", f"All {labelled} outcomes are of one class.")]
    return []


def _defect(code: str, sentence: str) -> Defect:
    return Defect(code=code, sentence=sentence)


def _lag(state: State, share: float) -> int | None:
    whole, seen = sum(state.lags), 0
    for count, edge in zip(state.lags, LAG_EDGES_S, strict=False):
        seen += count
        if seen >= share * whole > 0:
            return edge
    return None


def _selective(favourable: float | None, other: float | None) -> str:
    if favourable is None or other is None or abs(favourable - other) < SELECTIVE_GAP:
        return ""
    first = "first" if favourable > other else "second"
    return (
        f"outcomes are known for {favourable:.0%} of favourable and {other:.0%} of other decisions: "
        f"performance speaks for the {first}"
    ).replace("%", " %")
