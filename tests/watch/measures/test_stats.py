"""The statistics agree with scipy, with published examples, and with what simulations say of them."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats as oracle

from probative.watch.measures import stats

counts = st.tuples(st.integers(0, 400), st.integers(1, 400)).filter(lambda pair: pair[0] <= pair[1])


@pytest.mark.parametrize("freedom", [1, 2, 3, 9, 10, 31, 200, 499])
@pytest.mark.parametrize("statistic", [1e-9, 0.1, 1.0, 9.0, 40.0, 250.0, 900.0])
def test_chi2_tail_is_scipys(statistic, freedom):
    """The finite sums give what scipy's incomplete gamma function gives, far into the tail."""
    assert stats.chi2_tail(statistic, freedom) == pytest.approx(
        oracle.chi2.sf(statistic, freedom), rel=1e-10, abs=1e-300
    )


@given(st.floats(0, 500), st.floats(0, 500), st.integers(1, 60))
def test_chi2_tail_falls(a, b, freedom):
    """A larger statistic is never likelier."""
    assert stats.chi2_tail(min(a, b), freedom) >= stats.chi2_tail(max(a, b), freedom)


@pytest.mark.parametrize("z", [-8.0, -1.0, 0.0, 1.96, 5.0, 20.0])
def test_normal_tail_is_scipys(z):
    """The normal tail keeps its digits where one minus the distribution function has none left."""
    assert stats.normal_tail(z) == pytest.approx(oracle.norm.sf(z), rel=1e-12)


@given(st.floats(1e-9, 1 - 1e-9))
def test_normal_quantile_inverts_the_tail(share):
    """The quantile and the tail belong together."""
    assert stats.normal_tail(stats.normal_quantile(share)) == pytest.approx(1 - share, rel=1e-6, abs=1e-12)


@given(counts)
def test_wilson_is_scipys(pair):
    """The score interval is scipy's."""
    expected = oracle.binomtest(*pair).proportion_ci(method="wilson")
    assert stats.wilson(*pair) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(counts)
def test_wilson_holds_the_share(pair):
    """The interval contains the share it is about and stays between 0 and 1."""
    low, high = stats.wilson(*pair)
    assert 0.0 <= low <= pair[0] / pair[1] <= high <= 1.0


def test_wilson_keeps_its_promise_where_the_textbook_does_not():
    """At p = 0.02 and n = 100 the exact coverage is at least 95 %."""
    covered = sum(
        oracle.binom.pmf(k, 100, 0.02)
        for k in range(101)
        if stats.wilson(k, 100)[0] <= 0.02 <= stats.wilson(k, 100)[1]
    )
    assert covered > 0.945


def test_newcombe_gives_the_published_example():
    """Newcombe 1998, table II, method 10, 56/70 against 48/80."""
    assert [round(x, 4) for x in stats.newcombe(56, 70, 48, 80)] == [0.0524, 0.3339]


@given(counts, counts)
def test_newcombe_is_antisymmetric(a, b):
    """Swapping the groups turns the interval round."""
    low, high = stats.newcombe(*a, *b)
    assert stats.newcombe(*b, *a) == pytest.approx((-high, -low), abs=1e-12)


@given(counts, counts)
def test_katz_is_scipys(a, b):
    """The ratio's interval is the one of scipy's relative risk."""
    assume(min(a[0], b[0]) > 0 and (a[0] < a[1] or b[0] < b[1]))
    found = oracle.contingency.relative_risk(a[0], a[1], b[0], b[1])
    interval = found.confidence_interval(0.95)
    expected = (found.relative_risk, interval.low, interval.high)
    assert stats.katz(*a, *b) == pytest.approx(expected, rel=1e-9)


def test_katz_survives_a_group_that_nobody_was_selected_from():
    """With no hits the interval is wide and finite, and the ratio is zero."""
    ratio, low, high = stats.katz(0, 40, 20, 40)
    assert ratio == 0.0
    assert 0 < low < 0.05 < high < 1


@given(counts, counts)
def test_two_shares_is_scipys(a, b):
    """Sparse tables get Fisher's exact test, full ones the pooled Z; both as scipy computes them."""
    found = stats.two_shares(*a, *b)
    table = [[a[0], a[1] - a[0]], [b[0], b[1] - b[0]]]
    exact = oracle.fisher_exact(table).pvalue
    pooled = (a[0] + b[0]) / (a[1] + b[1])
    if min(a[1], b[1]) * min(pooled, 1 - pooled) < stats.EXPECTED_MIN:
        assert found == pytest.approx(exact, rel=1e-5, abs=1e-12)
    else:
        expected = oracle.chi2_contingency(table, correction=False).pvalue
        assert found == pytest.approx(expected, rel=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_benjamini_hochberg_is_scipys(chances):
    """Adjusted p-values are scipy's."""
    expected = oracle.false_discovery_control(chances, method="bh")
    assert stats.benjamini_hochberg(chances) == pytest.approx(list(expected), abs=1e-12)


def test_benjamini_hochberg_of_nothing():
    """No test, no adjustment."""
    assert stats.benjamini_hochberg([]) == []


@pytest.mark.parametrize("k", [1, 3, 6])
def test_the_range_bound_is_an_upper_bound(k):
    """The bound is never below the exact chance of k new values outside the reference's range."""
    n, n0 = 30, 50
    # Exactly: the k outside are split between the two ends of a random ordering of the pooled values.
    exact = sum((j + 1) * math.comb(n - j + n0 - 2, n - j) / math.comb(n + n0, n) for j in range(k, n + 1))
    assert exact <= stats.beyond_the_range(k, n, n0) <= 1.0


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_rounding_is_stable(value):
    """Rounding twice changes nothing, so readings can be computed again from themselves."""
    once = stats.rounded(value)
    assert stats.rounded(once) == once
