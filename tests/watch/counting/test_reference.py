"""A reference fixes bins that are values of the data, repeatably, and keeps them with its own counts."""

import math

import numpy as np
import pyarrow as pa
import pytest

from probative.kernel.errors import UsageError
from probative.watch.counting.profile import Kind, Meaning, Role
from probative.watch.counting.reference import read_reference, take_profile, take_reference


def taken(values, role=Role.FEATURE):
    """Return the bins of one column."""
    return take_profile(pa.table({"x": values}), "s", {"x": role}, Meaning()).columns[0]


def test_deciles_are_values_of_the_data():
    """Edges are values that occur, about a tenth of the rows between two of them."""
    values = np.random.default_rng(1).normal(size=4001)
    column = taken(values)
    assert column.kind is Kind.QUANTILE
    assert set(column.edges[1:]) <= set(values)
    assert column.edges[0] == math.nextafter(values.min(), -math.inf)
    assert column.edges[-1] == values.max()
    shares = np.diff(np.searchsorted(np.sort(values), column.edges, side="right")) / len(values)
    assert shares == pytest.approx([0.1] * 10, abs=0.001)


def test_few_values_get_a_bin_each():
    """A coded column is binned by its codes."""
    column = taken([3, 1, 1, 2, None, 7])
    assert (column.kind, column.edges[1:]) == (Kind.DISCRETE, (1.0, 2.0, 3.0, 7.0))


def test_a_value_that_most_rows_hold_has_its_own_bin():
    """When the largest value is also the commonest, leaving it can be seen."""
    column = taken([*range(50), *[100.0] * 950])
    assert column.kind is Kind.QUANTILE
    assert column.edges[-2:] == (49.0, 100.0)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a", "b", None], Kind.CATEGORY),
        ([True, False, None], Kind.CATEGORY),
        ([f"name {i}" for i in range(300)], Kind.OPAQUE),
        (pa.array([None, None], pa.float64()), Kind.OPAQUE),
        (pa.array([b"x", b"y"]), Kind.OPAQUE),
    ],
)
def test_kinds(values, kind):
    """Text with few values is listed; free text, bytes and columns without values are not."""
    assert taken(values).kind is kind


def test_predictions_are_categories():
    """A class label is a name even when it is written as a number."""
    assert taken([1, 0, 1], Role.PREDICTION).categories == ("0", "1")


def test_taking_twice_gives_the_same_bytes():
    """The digest of a reference does not depend on the order of its rows."""
    rng = np.random.default_rng(2)
    table = pa.table({"x": rng.normal(size=500), "c": rng.choice(["a", "b"], 500), "p": rng.random(500)})
    roles = {"x": Role.FEATURE, "c": Role.FEATURE, "p": Role.PROBABILITY}
    meaning = Meaning(probability="p")
    first = take_reference(table, "s", roles, meaning, source="test")
    shuffled = table.take(pa.array(rng.permutation(500)))
    assert take_reference(shuffled, "s", roles, meaning, source="test").to_bytes() == first.to_bytes()
    assert read_reference(first.to_bytes()) == first


def test_score_groups_are_tenths_of_the_reference():
    """Calibration groups hold a tenth of the reference's scores each, however finely they are cut."""
    scores = np.random.default_rng(3).beta(2, 8, 5000)
    table = pa.table({"p": scores})
    profile = take_profile(table, "s", {"p": Role.PROBABILITY}, Meaning(probability="p", positive=1))
    ends = [profile.score_edges[at] for at in profile.score_groups]
    shares = np.diff([0, *np.searchsorted(np.sort(scores), ends, side="right"), 5000]) / 5000
    assert shares == pytest.approx([0.1] * 10, abs=0.01)


def test_no_rows_are_no_reference():
    """Nothing can be compared with nothing."""
    with pytest.raises(UsageError, match="no rows"):
        take_reference(
            pa.table({"x": pa.array([], pa.float64())}), "s", {"x": Role.FEATURE}, Meaning(), source=""
        )


def test_a_missing_column_is_named():
    """The error shows the column and what there is."""
    with pytest.raises(UsageError, match="no column 'income'") as caught:
        take_profile(pa.table({"x": [1]}), "s", {"income": Role.FEATURE}, Meaning())
    assert "x" in caught.value.hint


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (b"probative-reference/1", b"probative-reference/9", "has format 'probative-reference/9'"),
        (b'"profile":{', b'"profile":{"version":2,', "has version 2"),
        (b'"edges":[', b'"edges":[9,', "not in rising order"),
        (b'"profile":{', b'"profile":{"more":1,', "not a profile"),
        (b'"state":{', b'"state":{"more":1,', "not a state"),
    ],
)
def test_a_blob_that_is_no_reference_is_refused(old, new, sentence):
    """Another format, another version, unordered bins and unknown fields are each refused with a sentence."""
    reference = take_reference(
        pa.table({"x": [1.0, 2.0]}), "s", {"x": Role.FEATURE}, Meaning(), source="test"
    )
    with pytest.raises(UsageError, match=sentence):
        read_reference(reference.to_bytes().replace(old, new))


def test_a_state_of_another_profile_is_refused():
    """Bins and counts that do not belong together are noticed."""
    a = take_reference(pa.table({"x": [1.0, 2.0]}), "s", {"x": Role.FEATURE}, Meaning(), source="test")
    b = take_reference(pa.table({"x": [1.0, 3.0]}), "s", {"x": Role.FEATURE}, Meaning(), source="test")
    mixed = type(a)(profile=a.profile, state=b.state, source="test")
    with pytest.raises(UsageError, match="not its own"):
        read_reference(mixed.to_bytes())


def test_a_nested_column_is_refused():
    """A list is no value that can be counted; the sentence says so."""
    table = pa.table({"p": [[1.0], [2.0]]})
    with pytest.raises(UsageError, match="cannot be counted"):
        take_reference(table, "s", {"p": Role.PROBABILITY}, Meaning(probability="p"), source="test")
