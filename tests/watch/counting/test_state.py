"""States add up: in any order, in any grouping, without losing a bit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.errors import ConflictError, UsageError
from probative.watch.counting.state import (
    NEW_VALUES_MAX,
    ColumnState,
    ScoreState,
    State,
    merge_new,
    read_state,
)

PROFILE = "ab" * 32
number = st.integers(0, 1 << 40)
huge = st.integers(-(1 << 80), 1 << 80)
limit = st.none() | st.floats(-1e9, 1e9)
new_values = st.dictionaries(
    st.sampled_from([f"v{i}" for i in range(30)]), st.integers(1, 9), max_size=30
).map(lambda seen: merge_new(dict(sorted(seen.items())), {}))
columns = st.builds(
    ColumnState,
    counts=st.tuples(number, number, number),
    null=number,
    new=number,
    new_values=new_values,
    finite=number,
    clipped=number,
    total=huge,
    low=limit,
    high=limit,
)
scores = st.just(ScoreState()) | st.builds(
    ScoreState,
    positives=st.tuples(number, number),
    negatives=st.tuples(number, number),
    groups=st.tuples(st.tuples(number, number, huge)),
    squared=huge,
    quartic=huge,
)
nine = st.tuples(*[number] * 9)
states = st.builds(
    State,
    profile=st.just(PROFILE),
    rows=number,
    first_us=st.none() | number,
    last_us=st.none() | number,
    observed_us=st.none() | number,
    columns=st.dictionaries(st.sampled_from(["a", "b"]), columns),
    cells=nine,
    lags=st.just(()) | st.just((1, 2, 3)),
    score=scores,
    groups=st.dictionaries(st.just("sex"), st.dictionaries(st.sampled_from(['["F"]', '["M"]']), nine)),
)


@given(states, states, states)
def test_merging_is_associative(a, b, c):
    """Shards may be added up in any grouping."""
    assert a.merge(b).merge(c) == a.merge(b.merge(c))


@given(states, states)
def test_merging_is_commutative(a, b):
    """Shards may come in any order; even the bytes are equal."""
    assert a.merge(b).to_bytes() == b.merge(a).to_bytes()


@given(states)
def test_the_empty_state_changes_nothing(a):
    """A shard without rows adds nothing."""
    assert a.merge(State(profile=PROFILE)).to_bytes() == a.to_bytes()


@given(states)
def test_bytes_come_back(a):
    """A state read back from its canonical bytes is the state, sums beyond 2^53 included."""
    assert read_state(a.to_bytes()) == a


def test_states_of_different_profiles_do_not_merge():
    """Counts made with other bins are refused."""
    with pytest.raises(ConflictError, match="cannot be merged"):
        State(profile=PROFILE).merge(State(profile="cd" * 32))


@pytest.mark.parametrize("data", [b"[]", b'{"rows": "many"}', b'{"profile": "x", "extra": 1}'])
def test_what_is_no_state_is_refused(data):
    """Other JSON is a mistake of the asker, not a crash."""
    with pytest.raises(UsageError, match="This is not a state"):
        read_state(data)


def test_too_many_new_values_are_not_listed():
    """Which values are listed never depends on which shard came first."""
    some = {f"a{i}": 1 for i in range(NEW_VALUES_MAX)}
    assert merge_new(some, {"b": 1}) is None
    assert merge_new(None, {}) is None
