"""Distances agree with independent formulas, stay quiet when nothing moved, and say how sure they are."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from probative.watch.counting.profile import Column, Kind, Role
from probative.watch.counting.state import MEAN_UNIT, ColumnState
from probative.watch.measures.drift import FLOOR, explain, js, psi
from probative.watch.measures.measured import MeasureSpec, Status

COLUMN = Column(name="x", role=Role.FEATURE, kind=Kind.DISCRETE, edges=(0.0, 1.0))
PSI = MeasureSpec(measure="psi", threshold="t", watch=0.1, breach=0.25, n_min=1)
JS = MeasureSpec(measure="js", threshold="t", watch=0.1, breach=0.2, n_min=1)
counts = st.lists(st.integers(0, 2000), min_size=3, max_size=12).filter(lambda c: sum(c) > 0)


def state(bins):
    """Return a column state with these counts."""
    return ColumnState(counts=tuple(int(b) for b in bins))


@given(counts, st.randoms())
def test_psi_is_the_formula(before, random):
    """The index is the sum over bins, with shares floored at 1e-4 and bins that nobody used left out."""
    now = [random.randint(0, 2000) for _ in before]
    if sum(now) == 0:
        now[0] = 1
    used = np.array([a + b > 0 for a, b in zip(now, before, strict=True)])
    q = np.maximum(np.array(now) / sum(now), FLOOR)[used]
    p = np.maximum(np.array(before) / sum(before), FLOOR)[used]
    expected = float(((q - p) * np.log(q / p)).sum())
    assert psi(PSI, COLUMN, state(now), state(before)).value == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.integers(1, 2000), min_size=3, max_size=12), st.randoms())
def test_js_is_scipys(before, random):
    """The distance is scipy's, to base 2."""
    now = [random.randint(1, 2000) for _ in before]
    expected = jensenshannon(np.array(now) / sum(now), np.array(before) / sum(before), base=2)
    # Shares below 1e-4 are floored here and not there, which moves the distance by less than their size.
    found = js(JS, COLUMN, state(now), state(before)).value
    assert found == pytest.approx(expected, abs=1e-9 if min(now) / sum(now) > FLOOR else 0.02)


@given(counts)
def test_no_change_is_no_distance(before):
    """Equal counts have distance zero, no significance, and an interval that begins at zero."""
    for measure, spec in ((psi, PSI), (js, JS)):
        found = measure(spec, COLUMN, state(before), state(before))
        assert (found.value, found.low, found.p) == (0.0, 0.0, 1.0)


@given(counts, counts)
def test_the_interval_holds_the_value(now, before):
    """The number lies in its own interval, and JS is never above one."""
    size = min(len(now), len(before))
    now, before = [*now[:size], 1], [*before[:size], 1]
    for measure, spec in ((psi, PSI), (js, JS)):
        found = measure(spec, COLUMN, state(now), state(before))
        assert found.low <= found.value <= found.high
        assert 0.0 <= found.p <= 1.0


@pytest.mark.parametrize(("n", "m", "bins"), [(200, 20_000, 10), (500, 1000, 10), (1000, 20_000, 33)])
def test_quiet_windows_look_quiet(n, m, bins):
    """Without drift about 5 % of windows have p below 0.05, also with many rare bins."""
    rng = np.random.default_rng(4)
    shares = np.array([0.5, 0.2, 0.1, *[0.2 / 30] * 30]) if bins == 33 else np.full(bins, 1 / bins)
    found = [
        psi(PSI, COLUMN, state(rng.multinomial(n, shares)), state(rng.multinomial(m, shares))).p
        for _ in range(600)
    ]
    assert 0.02 <= np.mean(np.array(found) <= 0.05) <= 0.085


def test_small_windows_are_why_significance_is_needed():
    """With 100 rows and ten bins, a third of quiet windows pass 0.10; almost none is significant as well."""
    rng = np.random.default_rng(5)
    shares = np.full(10, 0.1)
    reference = state(rng.multinomial(200_000, shares))
    found = [psi(PSI, COLUMN, state(rng.multinomial(100, shares)), reference) for _ in range(500)]
    assert 0.33 <= np.mean([f.value > 0.1 for f in found]) <= 0.45
    assert np.mean([f.value > 0.1 and f.p < 0.05 / 16 for f in found]) < 0.02


def test_the_interval_covers_the_true_distance():
    """At least 95 % of intervals hold the distance of the distributions themselves."""
    rng = np.random.default_rng(6)
    p = np.full(10, 0.1)
    q = np.array([0.05, 0.06, 0.08, 0.1, 0.1, 0.1, 0.1, 0.12, 0.14, 0.15])
    true = float(((q - p) * np.log(q / p)).sum())
    found = [
        psi(PSI, COLUMN, state(rng.multinomial(1000, q)), state(rng.multinomial(5000, p))) for _ in range(400)
    ]
    assert np.mean([f.low <= true <= f.high for f in found]) >= 0.94


def test_a_small_shift_in_ten_million_rows_is_significant_and_small():
    """p alone would wake somebody; the size of the effect says that nothing happened."""
    before = [1_000_000] * 10
    now = [1_010_000, *[1_000_000] * 8, 990_000]
    found = psi(PSI, COLUMN, state(now), state(before))
    assert found.p < 1e-6
    assert found.value < 0.001


def test_out_of_range_null_and_new_are_bins():
    """Values that left the known bins move the distance."""
    column = Column(name="c", role=Role.FEATURE, kind=Kind.CATEGORY, categories=("a", "b"))
    before = ColumnState(counts=(500, 500))
    assert psi(PSI, column, ColumnState(counts=(450, 450), null=100), before).value > 0.1
    assert psi(PSI, column, ColumnState(counts=(450, 450), new=100), before).value > 0.1
    binned = Column(name="x", role=Role.FEATURE, kind=Kind.QUANTILE, edges=(0.0, 1.0, 2.0))
    shifted = psi(PSI, binned, ColumnState(counts=(0, 0, 0, 1000)), ColumnState(counts=(0, 500, 500, 0)))
    assert shifted.value > 1


def test_too_few_rows_have_no_distance():
    """Below the smallest n there is a reason instead of a number."""
    spec = MeasureSpec(measure="psi", threshold="t", watch=0.1, breach=0.25, n_min=200)
    found = psi(spec, COLUMN, state([100, 87]), state([500, 500]))
    assert (found.status, found.value) == (Status.NOT_MEASURABLE, None)
    assert found.reason == "187 rows against 1000 in the reference; 200 are needed"


def test_free_text_has_no_distance():
    """A column that cannot be binned says so."""
    column = Column(name="x", role=Role.FEATURE, kind=Kind.OPAQUE)
    assert psi(PSI, column, state([500]), state([500])).status is Status.NOT_MEASURABLE


@pytest.mark.parametrize(
    ("factor", "text"),
    [
        (1000, "mean 5 -> 5,000 (x 1,000: looks like a change of unit)"),
        (0.01, "mean 5 -> 0.05 (/ 100: looks like a change of unit)"),
        (1.4, "mean 5 -> 7"),
        (3, "mean 5 -> 15 (x 3)"),
        (0.02, "mean 5 -> 0.1 (/ 50)"),
        (-10, "mean 5 -> -50"),
        (0, "mean 5 -> 0"),
    ],
)
def test_a_change_of_unit_is_recognised(factor, text):
    """A mean moved by a power of ten is named; any other move is only shown."""
    column = Column(name="x", role=Role.FEATURE, kind=Kind.QUANTILE)
    then = ColumnState(finite=10, total=50 * MEAN_UNIT)
    now = ColumnState(finite=10, total=math.trunc(50 * factor * MEAN_UNIT))
    assert explain(column, now, then) == text


def test_values_too_far_out_have_no_mean():
    """A mean is not made up where values could not be summed."""
    column = Column(name="x", role=Role.FEATURE, kind=Kind.QUANTILE)
    then = ColumnState(finite=10, total=50 * MEAN_UNIT)
    assert explain(column, ColumnState(finite=10, clipped=1, total=9), then) == ""
