"""Charts as geometry: whatever the numbers, the picture holds together."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.web.charts import LABEL_HEIGHT, Point, nice_ticks, plot, spark

START = datetime(2026, 11, 1, tzinfo=UTC)
numbers = st.floats(-1e9, 1e9, allow_nan=False).map(lambda number: round(number, 6))
values = st.one_of(st.none(), numbers)
statuses = st.sampled_from(["ok", "watch", "breach", "undetermined", "not-measurable"])


@st.composite
def series(draw):
    """Draw a series with gaps, in the order of time."""
    drawn = draw(st.lists(st.tuples(values, statuses), max_size=40))
    return [
        Point(at=START + timedelta(hours=hour), value=value, status=status)
        for hour, (value, status) in enumerate(drawn)
    ]


@given(series(), st.one_of(st.none(), numbers), st.one_of(st.none(), numbers))
def test_everything_lies_inside_the_picture(points, watch, breach):
    """No point, threshold or tick leaves the drawing."""
    drawn = plot(points, watch, breach)
    assert len(points) == len(drawn.dots)
    places = [dot.y for dot in drawn.dots] + [mark.at for mark in (*drawn.limits, *drawn.y_ticks)]
    assert all(0 <= place <= drawn.height for place in places)
    assert all(0 <= dot.x <= drawn.width for dot in drawn.dots)


@given(series())
def test_gaps_are_never_drawn_through(points):
    """A missing number is hollow on the axis, and no line joins its neighbours."""
    drawn = plot(points, None, None)
    assert [point.value is None for point in points] == [dot.hollow for dot in drawn.dots]
    joined = sum(path.count("L") for path in drawn.lines)
    pairs = pairwise(points)
    assert joined == sum(a.value is not None and b.value is not None for a, b in pairs)


@given(numbers, numbers)
def test_ticks_embrace_the_numbers_and_are_few(one, other):
    """Ticks rise, begin at or below the lowest number and end at or above the highest."""
    low, high = sorted((one, other))
    ticks = nice_ticks(low, high)
    slack = 1e-6 * max(1.0, abs(low), abs(high))
    assert ticks[0] <= low + slack
    assert ticks[-1] >= high - slack
    assert list(ticks) == sorted(set(ticks))
    assert 2 <= len(ticks) <= 8


@pytest.mark.parametrize(("watch", "breach"), [(0.1, 0.25), (0.25, 0.1), (0.1, 0.1)])
def test_crowded_thresholds_share_one_label(watch, breach):
    """Two thresholds within a line's height are named once, together, and both lines stay."""
    drawn = plot([Point(at=START, value=10.0)], watch, breach)
    assert len(drawn.limits) == 2
    assert abs(drawn.limits[0].at - drawn.limits[1].at) < LABEL_HEIGHT
    assert sorted(drawn.limits[0].text.split(", ")) == sorted([f"watch {watch:g}", f"breach {breach:g}"])
    assert drawn.limits[1].text == ""


def test_an_interval_is_a_closed_band():
    """The outline goes along the upper bounds and back along the lower ones."""
    points = [Point(at=START + timedelta(days=day), value=0.5, low=0.4, high=0.6) for day in range(3)]
    band = plot(points, None, None).band
    assert (band.count("L"), band[0], band[-1]) == (5, "M", "Z")


def test_a_series_without_numbers_has_a_picture():
    """Nothing measured: no line, no spark, and the thresholds still show."""
    points = [Point(at=START, value=None, status="not-measurable", reason="no labels")]
    drawn = plot(points, 0.1, 0.25)
    assert (drawn.lines, len(drawn.dots), len(drawn.limits), spark(points)) == ((), 1, 2, "")
    assert plot([], 0.1, 0.25).dots == ()


def test_a_quiet_series_looks_quiet():
    """The threshold is inside a small line's scale, so that noise does not fill it."""
    points = [Point(at=START + timedelta(days=day), value=0.01 * (day % 2)) for day in range(6)]
    heights = [float(part.split()[1]) for part in spark(points, 0.25)[1:].replace("L", "M").split("M")]
    assert max(heights) - min(heights) < 2
