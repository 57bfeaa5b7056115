"""Where in a segment each decision id is: sorted runs, 20 bytes a row.

**Promise**: exact answers; ids that come in time order cost one comparison with each run.
**Not here**: reading ids from files (`segment.admission`).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from probative.record.decisions.batch import Ids

Positions = npt.NDArray[np.int64]


class _Run(NamedTuple):
    ids: Ids
    rows: Positions


class IdIndex:
    """Ids (16 bytes each) and their rows."""

    def __init__(self) -> None:
        """Begin empty."""
        self._runs: list[_Run] = []

    def __len__(self) -> int:
        """Return the number of ids."""
        return sum(len(run.ids) for run in self._runs)

    def add(self, ids: Ids, first_row: int) -> None:
        """Add ids of consecutive rows."""
        order = np.argsort(ids, kind="stable")
        self._runs.append(_Run(ids[order], order + first_row))
        # Runs are merged like digits carry, so there are never more than about twenty.
        while len(self._runs) > 1 and len(self._runs[-2].ids) <= 2 * len(self._runs[-1].ids):
            right, left = self._runs.pop(), self._runs.pop()
            self._runs.append(_merged(left, right))

    def find(self, ids: Ids) -> list[tuple[int, int]]:
        """Return `(position in ids, row)` for every row that has one of `ids`."""
        found: list[tuple[int, int]] = []
        if not len(ids):
            return found
        low, high = np.sort(ids)[[0, -1]]
        for run in self._runs:
            if low > run.ids[-1] or high < run.ids[0]:
                continue
            starts = np.searchsorted(run.ids, ids, "left")
            stops = np.searchsorted(run.ids, ids, "right")
            for at in np.flatnonzero(stops > starts).tolist():
                found.extend((at, int(row)) for row in run.rows[starts[at] : stops[at]])
        return sorted(found)


def _merged(left: _Run, right: _Run) -> _Run:
    ids, rows = np.concatenate([left.ids, right.ids]), np.concatenate([left.rows, right.rows])
    if left.ids[-1] <= right.ids[0]:
        return _Run(ids, rows)
    order = np.argsort(ids, kind="stable")
    return _Run(ids[order], rows[order])
