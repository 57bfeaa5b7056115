"""Specs for measures."""

import pytest

from probative.watch.measures.measured import MeasureSpec


@pytest.fixture
def spec():
    """Return a maker of specs, by default without a smallest n."""

    def make(measure, watch=0.1, breach=0.25, n_min=1):
        return MeasureSpec(measure=measure, threshold="test", watch=watch, breach=breach, n_min=n_min)

    return make
