"""Late outcomes are counted by decision and by lateness; windows without a story are defects."""

import pytest

from probative.watch.counting.state import LAG_EDGES_S, ColumnState, ScoreState, State
from probative.watch.measures.coverage import coverage, defects, outcome_counts

PROFILE = "ab" * 32


def test_coverage_is_by_decision_too():
    """Refused people without an outcome are seen in the numbers, not only in the total."""
    found = coverage(State(profile=PROFILE, rows=10, cells=(2, 1, 2, 1, 0, 4, 0, 0, 0)))
    assert (found.labelled, found.share, found.favourable, found.other) == (4, 0.4, 0.6, 0.2)
    assert "performance speaks for the first" in found.note


def test_lags_are_edges_of_their_bins():
    """Half of the outcomes came within a day, nearly all within a month."""
    lags = [0] * (len(LAG_EDGES_S) + 1)
    lags[LAG_EDGES_S.index(86400)] = 60
    lags[LAG_EDGES_S.index(30 * 86400)] = 40
    found = coverage(State(profile=PROFILE, rows=100, lags=tuple(lags)))
    assert (found.lag_median_s, found.lag_p95_s) == (86400, 30 * 86400)


def test_outcomes_are_counted_where_only_scores_have_a_meaning():
    """Without a merited outcome the positive one counts."""
    assert outcome_counts(State(profile=PROFILE, score=ScoreState(positives=(1, 2), negatives=(4, 0)))) == (
        3,
        4,
    )


@pytest.mark.parametrize(
    ("state", "labels", "settled", "codes"),
    [
        (State(profile=PROFILE), True, True, ["no-rows"]),
        (State(profile=PROFILE, rows=9, cells=(0, 0, 9, 0, 0, 0, 0, 0, 0)), True, False, []),
        (State(profile=PROFILE, rows=9, cells=(0, 0, 9, 0, 0, 0, 0, 0, 0)), True, True, ["no-outcomes"]),
        (State(profile=PROFILE, rows=9, cells=(9, 0, 0, 0, 0, 0, 0, 0, 0)), True, True, ["one-class"]),
        (State(profile=PROFILE, rows=9, cells=(9, 0, 0, 0, 0, 0, 0, 0, 0)), False, True, []),
        (State(profile=PROFILE, rows=9, cells=(2, 1, 0, 0, 0, 0, 0, 0, 6)), False, True, ["no-predictions"]),
        (State(profile=PROFILE, rows=9, columns={"x": ColumnState(null=9)}), False, True, ["empty-columns"]),
    ],
)
def test_defects(state, labels, settled, codes):
    """Stopped input, missing predictions, outcomes that never came or are all alike, and empty columns."""
    assert [defect.code for defect in defects(state, needs_labels=labels, settled=settled)] == codes
