"""Specs and states for measures."""

import pytest

from probative.watch.counting.state import State
from probative.watch.measures.measured import MeasureSpec


@pytest.fixture
def spec():
    """Return a maker of specs, by default without a smallest n."""

    def make(measure, watch=0.1, breach=0.25, n_min=1):
        return MeasureSpec(measure=measure, threshold="test", watch=watch, breach=breach, n_min=n_min)

    return make


@pytest.fixture
def grouped():
    """Return a maker of states from groups.

    A group's four counts are: favourable and merited, favourable and not, other and merited, other and not.
    """

    def make(groups, attribute="sex"):
        cells = {f'["{name}"]': (a, b, 0, c, d, 0, 0, 0, 0) for name, (a, b, c, d) in groups.items()}
        return State(profile="ab" * 32, groups={attribute: cells})

    return make
