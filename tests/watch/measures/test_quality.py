"""Nulls, new values and ranges: shares with intervals, and silence when nothing changed."""

import numpy as np
import pytest

from probative.watch.counting.profile import Column, Kind, Role
from probative.watch.counting.state import ColumnState
from probative.watch.measures.measured import Status
from probative.watch.measures.quality import new_categories, null_rate, out_of_range
from probative.watch.measures.stats import wilson

NUMERIC = Column(name="x", role=Role.FEATURE, kind=Kind.QUANTILE, edges=(0.0, 1.0, 2.0))
LISTED = Column(name="c", role=Role.FEATURE, kind=Kind.CATEGORY, categories=("a", "b"))


@pytest.mark.parametrize(("null", "effect"), [(100, 0.09), (0, 0.01)])
def test_a_null_share_that_moved_either_way_is_an_effect(spec, null, effect):
    """The change counts, not the share: a column that is suddenly full is as odd as one that is empty."""
    then = ColumnState(counts=(0, 495, 495, 0), null=10)
    now = ColumnState(counts=(0, 500, 500 - null, 0), null=null)
    found = null_rate(spec("null-rate"), NUMERIC, now, then)
    assert found.against == pytest.approx(effect)
    assert (found.value, found.reference, found.n) == (null / 1000, 0.01, 1000)
    assert (found.low, found.high) == wilson(null, 1000)
    assert found.p < 0.01


def test_new_categories_are_named(spec):
    """The commonest new values come first, with their counts."""
    now = ColumnState(counts=(500, 480), new=20, new_values={"x": 5, "z": 15})
    found = new_categories(spec("new-categories"), LISTED, now, ColumnState(counts=(500, 500)))
    assert found.value == 0.02
    assert found.note == "'z' (15), 'x' (5)"
    assert found.p < 1e-4


def test_new_categories_of_unlistable_columns(spec):
    """Where the reference could not list its values, nobody can say which are new."""
    opaque = Column(name="c", role=Role.FEATURE, kind=Kind.OPAQUE)
    found = new_categories(spec("new-categories"), opaque, ColumnState(), ColumnState())
    assert found.status is Status.NOT_MEASURABLE


def test_out_of_range(spec):
    """Values beyond the known ends are counted on both sides."""
    now = ColumnState(counts=(3, 500, 490, 7), low=-5.0, high=9.0)
    then = ColumnState(counts=(0, 5000, 5000, 0), low=0.5, high=2.0)
    found = out_of_range(spec("out-of-range"), NUMERIC, now, then)
    assert (found.value, found.n) == (0.01, 1000)
    assert found.note == "-5 to 9, reference 0.5 to 2"


def test_a_new_extreme_now_and_then_is_no_news(spec):
    """Fresh values leave the range of an old sample sometimes; the test expects that."""
    rng = np.random.default_rng(3)
    alarms = 0
    for _ in range(400):
        old, new = rng.normal(size=2000), rng.normal(size=1000)
        low, high = int((new < old.min()).sum()), int((new > old.max()).sum())
        now = ColumnState(counts=(low, 500, 500 - low - high, high), low=0.0, high=0.0)
        then = ColumnState(counts=(0, 1000, 1000, 0), low=0.0, high=0.0)
        alarms += (out_of_range(spec("out-of-range"), NUMERIC, now, then).p or 1) < 0.05
    assert alarms <= 20


@pytest.mark.parametrize(
    ("measure", "name", "column"),
    [
        (null_rate, "null-rate", NUMERIC),
        (new_categories, "new-categories", LISTED),
        (out_of_range, "out-of-range", NUMERIC),
    ],
)
def test_too_few_rows(spec, measure, name, column):
    """Below the smallest n there is a reason instead of a number."""
    few, many = ColumnState(counts=(0, 5, 5, 0)), ColumnState(counts=(0, 500, 500, 0))
    found = measure(spec(name, n_min=200), column, few, many)
    assert found.status is Status.NOT_MEASURABLE
    assert found.reason.startswith("10 rows against 1000")
