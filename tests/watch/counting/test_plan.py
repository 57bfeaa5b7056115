"""One pass counts what a person would count, whatever the order, the shards and the types."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.errors import UsageError
from probative.watch.counting.plan import Plan, scan
from probative.watch.counting.profile import Attribute, Column, Kind, Meaning, Profile, Role
from probative.watch.counting.reference import take_profile
from probative.watch.counting.rows import joined, lazy
from probative.watch.measures.drift import mean

MEANING = Meaning(prediction="decision", favourable="yes", merited=0, probability="p", positive=1)
ROLES = {
    "x": Role.FEATURE,
    "n": Role.FEATURE,
    "c": Role.FEATURE,
    "p": Role.PROBABILITY,
    "decision": Role.PREDICTION,
}


def people(n, seed=0):
    """Make `n` decided people with an outcome that is sometimes unknown."""
    rng = np.random.default_rng(seed)
    p = rng.random(n)
    return pa.table(
        {
            "x": pa.array(rng.lognormal(3, 1, n), mask=rng.random(n) < 0.05),
            "n": rng.integers(0, 6, n),
            "c": rng.choice(["a", "b", "c"], n),
            "p": p,
            "decision": np.where(p < 0.4, "yes", "no"),
            "outcome": pa.array((rng.random(n) < p).astype("int8"), mask=rng.random(n) < 0.2),
            "sex": pa.array(rng.choice(["F", "M"], n), mask=rng.random(n) < 0.03),
        }
    )


PROFILE = take_profile(people(1000), "loans", ROLES, MEANING)
PLAN = Plan(profile=PROFILE, groups=((Attribute(name="sex"),),))
UNGROUPED = Plan(profile=PROFILE)


@given(st.lists(st.integers(0, 400), max_size=4), st.integers(0, 99))
def test_shards_add_up_to_one_scan(cuts, seed):
    """Merged states of any shards are the state of the whole, byte for byte."""
    table = people(400, seed)
    edges = [0, *sorted(cuts), 400]
    parts = [scan(table.slice(a, b - a), PLAN) for a, b in pairwise(edges)]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.merge(part)
    assert whole.to_bytes() == scan(table, PLAN).to_bytes()


@given(st.permutations(range(60)))
def test_the_order_of_rows_does_not_matter(order):
    """The same rows in another order have the same state."""
    table = people(60)
    assert scan(table.take(pa.array(order)), PLAN).digest() == scan(table, PLAN).digest()


def test_counts_are_numpys():
    """Bins, nulls and the mean are what numpy counts."""
    table = people(5000, seed=7)
    state = scan(table, PLAN).columns["x"]
    column = PROFILE.column("x")
    values = np.array([v for v in table["x"].to_pylist() if v is not None])
    bins = np.bincount(np.searchsorted(column.edges, values, side="left"), minlength=len(column.edges) + 1)
    assert list(state.counts) == list(bins)
    assert state.null == table["x"].null_count
    assert (state.low, state.high) == (values.min(), values.max())
    assert mean(column, state) == pytest.approx(values.mean(), abs=column.scale * 2**-19)


def test_score_cells_are_numpys():
    """Cells, calibration groups and the Brier sum are what numpy computes."""
    table = people(5000, seed=8)
    score = scan(table, PLAN).score
    known = table.filter(pa.compute.is_valid(table["outcome"]))
    p, y = known["p"].to_numpy(), known["outcome"].to_numpy()
    cells = np.searchsorted(PROFILE.score_edges, p, side="left")
    size = len(PROFILE.score_edges) + 1
    assert list(score.positives) == list(np.bincount(cells[y == 1], minlength=size))
    assert list(score.negatives) == list(np.bincount(cells[y == 0], minlength=size))
    assert sum(rows for rows, _, _ in score.groups) == len(p)
    assert sum(hits for _, hits, _ in score.groups) == y.sum()
    assert score.squared / 2**30 / len(p) == pytest.approx(((p - y) ** 2).mean(), abs=1e-9)


def test_cells_cross_predictions_with_outcomes():
    """The nine cells add up to the rows, and each holds what its name says."""
    table = people(500, seed=9)
    state = scan(table, PLAN)
    rows = [(r["decision"] == "yes", r["outcome"]) for r in table.to_pylist()]
    expected = [
        sum(favour is f and outcome == o for favour, outcome in rows)
        for f in (True, False)
        for o in (0, 1, None)
    ]
    assert list(state.cells) == [*expected, 0, 0, 0]


def test_unknown_attributes_are_a_group():
    """Nobody is left out of the groups."""
    table = people(500, seed=9)
    groups = scan(table, PLAN).groups["sex"]
    assert set(groups) == {'["F"]', '["M"]', '["(unknown)"]'}
    assert sum(sum(cells) for cells in groups.values()) == 500


def test_bands_and_intersections():
    """Numbers fall into bands, the limit belonging to the band above; attributes cross."""
    table = pa.table({"age": [29.9, 30.0, None, 75.0, float("nan")], "sex": ["F", "F", "M", "M", "F"]})
    age, sex = Attribute(name="age", bands=(30, 60)), Attribute(name="sex")
    state = scan(table, Plan(profile=Profile(system="s", meaning=Meaning()), groups=((age,), (sex, age))))
    assert list(state.groups["age"]) == [
        '["(unknown)"]',
        '["30 to under 60"]',
        '["60 and over"]',
        '["under 30"]',
    ]
    assert '["M","60 and over"]' in state.groups["sex x age"]


def test_not_a_number_is_null_and_infinity_is_out_of_range():
    """NaN and text that is no number count as missing; infinities are values, but have no mean."""
    column = Column(name="x", role=Role.FEATURE, kind=Kind.DISCRETE, edges=(0.0, 1.0))
    plan = Plan(profile=Profile(system="s", meaning=Meaning(), columns=(column,)))
    state = scan(pa.table({"x": [1.0, math.nan, math.inf, -math.inf, None]}), plan).columns["x"]
    assert (state.counts, state.null, state.finite, state.clipped) == ((1, 1, 1), 2, 1, 0)
    text = scan(pa.table({"x": ["1", "one", None]}), plan).columns["x"]
    assert (text.counts, text.null) == ((0, 1, 0), 2)


def test_a_column_that_is_gone_is_null_in_every_row():
    """A feed that drops a column is counted, and can still be merged with one that has it."""
    whole = people(50)
    gone = scan(whole.drop(["x", "c"]), PLAN)
    assert gone.columns["x"].null == gone.columns["c"].null == 50
    assert gone.merge(scan(whole, PLAN)).columns["x"].null == 50 + whole["x"].null_count


def test_new_values_are_named_while_they_are_few():
    """A new category is counted by name; an endless list of them is only counted."""
    few = scan(pa.table({"c": ["a", "z", "z", None]}), UNGROUPED).columns["c"]
    assert (few.new, few.new_values, few.null) == (2, {"z": 2}, 1)
    many = scan(pa.table({"c": [f"v{i}" for i in range(40)]}), UNGROUPED).columns["c"]
    assert (many.new, many.new_values) == (40, None)


def test_no_rows():
    """An empty window is a state like any other."""
    state = scan(people(5).slice(0, 0), PLAN)
    assert state.rows == 0
    assert state.merge(scan(people(5), PLAN)) == scan(people(5), PLAN)


def test_times_and_lags():
    """The window's span and the lateness of outcomes are counted."""
    start = datetime(2026, 11, 1, tzinfo=UTC)
    at = pa.array([start, start + timedelta(hours=1)], pa.timestamp("us", "UTC"))
    decisions = pa.table({"decision_id": ["a", "b"], "decided_at": at, "decision": ["yes", "no"]})
    outcomes = pa.table(
        {
            "decision_id": ["a", "a", "z"],
            "observed_at": pa.array(
                [start + timedelta(days=d) for d in (2, 1, 1)], pa.timestamp("us", "UTC")
            ),
            "outcome": pa.array([1, 0, 0], pa.int8()),
        }
    )
    state = scan(joined(lazy(decisions), outcomes), UNGROUPED)
    assert state.last_us - state.first_us == 3_600_000_000
    assert sum(state.lags) == 1
    assert state.cells[1] == 1, "the later outcome counts"
    assert state.observed_us == int((start + timedelta(days=2)).timestamp() * 1e6)


@pytest.mark.parametrize(
    ("values", "value", "expected"),
    [
        ([1, 0, None], 1, 1),
        ([1.0, 0.0, None], True, 1),
        ([True, False, None], 1, 1),
        (["yes", "no", None], "yes", 1),
        (["1", "0", None], 1, 1),
    ],
)
def test_a_declared_value_is_compared_in_the_columns_type(values, value, expected):
    """A declared 1 equals 1, 1.0, true and the text 1."""
    meaning = Meaning(prediction="decision", favourable=value)
    state = scan(pa.table({"decision": values}), Plan(profile=Profile(system="s", meaning=meaning)))
    assert (sum(state.cells[0:3]), sum(state.cells[6:9])) == (expected, 1)


def test_a_value_that_the_column_cannot_have_is_refused():
    """A word declared for a column of numbers is a mistake that is said."""
    meaning = Meaning(prediction="decision", favourable="approve")
    with pytest.raises(UsageError, match="holds numbers"):
        scan(pa.table({"decision": [1, 0]}), Plan(profile=Profile(system="s", meaning=meaning)))


def test_an_unknown_attribute_is_refused():
    """An audit of an attribute that is not there does not report an empty result."""
    with pytest.raises(UsageError, match="no attribute 'race'"):
        scan(people(5), Plan(profile=PROFILE, groups=((Attribute(name="race"),),)))


def test_too_many_groups_are_refused():
    """An attribute with a group per person is not counted."""
    table = pa.table({"age": list(range(600))})
    with pytest.raises(UsageError, match="600 groups"):
        scan(table, Plan(profile=Profile(system="s", meaning=Meaning()), groups=((Attribute(name="age"),),)))


def test_a_lazy_source_is_scanned_without_being_loaded_first(tmp_path):
    """A Parquet file gives the same state as the table it holds."""
    table = people(300)
    pl.from_arrow(table).write_parquet(tmp_path / "rows.parquet")
    assert scan(pl.scan_parquet(tmp_path / "rows.parquet"), PLAN).digest() == scan(table, PLAN).digest()
