"""Intervals against scipy, and their own laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from scipy.stats.contingency import relative_risk

from probative.gate.rules.evaluation.intervals import katz, wilson, z_of


@given(st.integers(1, 5000), st.data())
def test_wilson_equals_scipy(n, data):
    """Wilson without continuity correction, as scipy computes it."""
    hits = data.draw(st.integers(0, n))
    expected = binomtest(hits, n).proportion_ci(0.95, method="wilson")
    found = wilson(hits, n, 0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(st.integers(2, 3000), st.integers(2, 3000), st.data())
def test_katz_equals_scipy(n, m, data):
    """The log interval of a ratio of rates, where every cell is filled."""
    hits, base = data.draw(st.integers(1, n - 1)), data.draw(st.integers(1, m - 1))
    expected = relative_risk(hits, n, base, m)
    interval = expected.confidence_interval(0.95)
    found = katz(hits, n, base, m, 0.95)
    assert found == pytest.approx((expected.relative_risk, interval.low, interval.high), rel=1e-9)


@given(st.integers(1, 3000), st.integers(1, 3000), st.data())
def test_an_interval_holds_its_value_and_never_shrinks_to_a_point(n, m, data):
    """Also at the edges, where nobody or everybody was selected."""
    hits, base = data.draw(st.integers(0, n)), data.draw(st.integers(1, m))
    found = katz(hits, n, base, m, 0.95)
    assert 0 <= found.low <= found.value <= found.high
    assert found.low < found.high


def test_more_confidence_is_wider():
    """99 % spans more than 95 %."""
    assert katz(40, 100, 50, 100, 0.99).low < katz(40, 100, 50, 100, 0.95).low
    assert round(z_of(0.95), 6) == 1.959964
