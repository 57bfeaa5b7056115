"""Fairness: every group shown, three states for a ratio, and few false alarms among equal groups."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from probative.watch.counting.plan import Plan, scan
from probative.watch.counting.profile import Attribute, Meaning, Profile
from probative.watch.measures.catalogue import group_measures
from probative.watch.measures.fairness import equal_opportunity, equalised_odds, groups_of, selection_ratio
from probative.watch.measures.measured import Status, judge
from probative.watch.measures.stats import rounded, wilson


def by_group(measures, name):
    """Return one measure's numbers by group."""
    return {m.group: m for m in measures if m.measure == name}


def ratio(spec, state, n_min=30):
    """Return the judged selection ratio of a state."""
    return judge(group_measures(spec("selection-ratio", 0.9, 0.8, n_min), state))


def test_the_ratio_is_to_the_highest_rate(spec, grouped):
    """The group with the highest rate is the benchmark; others are divided by its rate."""
    found = by_group(ratio(spec, grouped({"F": (0, 300, 0, 700), "M": (0, 600, 0, 400)})), "selection-ratio")
    assert found["F"].value == pytest.approx(0.5)
    assert (found["M"].value, found["M"].low) == (1.0, None)
    assert "600/1000" in found["F"].note
    assert "screening heuristic" in found["F"].note


@pytest.mark.parametrize(
    ("favourable", "n", "status"),
    [
        (300, 1000, Status.BREACH),
        (590, 1000, Status.OK),
        (530, 1000, Status.WATCH),
        (9, 30, Status.UNDETERMINED),
    ],
)
def test_three_states_and_a_watch(spec, grouped, favourable, n, status):
    """Clearly below, clearly above, between the limits, and too few to tell."""
    state = grouped({"F": (0, favourable, 0, n - favourable), "M": (0, 6000, 0, 4000)})
    assert by_group(ratio(spec, state), "selection-ratio")["F"].status is status


def test_a_small_group_is_shown_with_its_reason(spec, grouped):
    """Twelve people are counted and shown, and nothing is concluded about them."""
    found = ratio(spec, grouped({"F": (0, 500, 0, 500), "M": (0, 500, 0, 500), "X": (0, 3, 0, 9)}))
    small = by_group(found, "selection-ratio")["X"]
    assert (small.status, small.value, small.n) == (Status.NOT_MEASURABLE, None, 12)
    assert small.reason == "3 of 12 favourable; 30 decisions are needed"
    rate = by_group(found, "selection-rate")["X"]
    assert (rate.value, rate.low, rate.high) == (0.25, *(rounded(x) for x in wilson(3, 12)))


def test_the_unknown_are_a_group_but_no_benchmark(spec, grouped):
    """People of unknown attribute are compared, and never compared with."""
    found = by_group(
        ratio(spec, grouped({"(unknown)": (0, 900, 0, 100), "F": (0, 300, 0, 700), "M": (0, 600, 0, 400)})),
        "selection-ratio",
    )
    assert found["M"].value == 1.0
    assert found["(unknown)"].value == 1.5


@pytest.mark.parametrize("groups", [{}, {"F": (0, 300, 0, 700)}, {"F": (0, 0, 0, 500), "M": (0, 0, 0, 500)}])
def test_nothing_to_compare_is_said(spec, grouped, groups):
    """One group, or nobody selected: no ratio, and a reason."""
    found = by_group(ratio(spec, grouped(groups)), "selection-ratio")
    assert found[""].status is Status.NOT_MEASURABLE
    assert "fewer than two groups" in found[""].reason


def test_equal_groups_are_rarely_accused(spec, grouped):
    """With equal rates of 30 %, four-fifths alone accuses half of small minorities; this, almost none."""
    rng = np.random.default_rng(1)
    naive = accused = 0
    for _ in range(300):
        few, many = int(rng.binomial(20, 0.3)), int(rng.binomial(5000, 0.3))
        found = by_group(
            ratio(spec, grouped({"F": (0, few, 0, 20 - few), "M": (0, many, 0, 5000 - many)}), n_min=1),
            "selection-ratio",
        )
        naive += any(m.value < 0.8 for m in found.values())
        accused += any(m.status is Status.BREACH for m in found.values())
    assert naive > 0.4 * 300
    assert accused <= 0.03 * 300


def test_seven_equal_groups_are_rarely_accused(spec, grouped):
    """The largest of seven is chosen by chance; correction for the choice keeps the accusations down."""
    rng = np.random.default_rng(2)
    naive = accused = 0
    for _ in range(200):
        groups = {f"g{i}": (0, int(k), 0, 50 - int(k)) for i, k in enumerate(rng.binomial(50, 0.3, 7))}
        found = by_group(ratio(spec, grouped(groups)), "selection-ratio")
        naive += any(m.value is not None and m.value < 0.8 for m in found.values())
        accused += any(m.status is Status.BREACH for m in found.values())
    assert naive > 0.95 * 200
    assert accused <= 0.04 * 200


def test_equal_opportunity_is_the_largest_gap(spec, grouped):
    """Differences of true positive rates among those who merited it, between the extreme groups."""
    state = grouped({"F": (400, 50, 100, 450), "M": (450, 50, 50, 450), "X": (300, 50, 200, 450)})
    found = judge(equal_opportunity(spec("equal-opportunity", 0.05, 0.1, 30), groups_of(state, "sex"), "sex"))
    gap = by_group(found, "equal-opportunity")[""]
    assert gap.value == pytest.approx(0.3)
    assert gap.status is Status.BREACH
    assert "M 450/500 against X 300/500" in gap.note
    assert by_group(found, "true-positive-rate")["F"].value == 0.8


def test_equalised_odds_takes_the_worse_side(spec, grouped):
    """When false positives differ more than true ones, they are the answer."""
    state = grouped({"F": (400, 50, 100, 450), "M": (400, 250, 100, 250)})
    found = judge(equalised_odds(spec("equalised-odds", 0.05, 0.1, 30), groups_of(state, "sex"), "sex"))
    gap = by_group(found, "equalised-odds")[""]
    assert gap.value == pytest.approx(0.4)
    assert "not merited" in gap.note


def test_each_denominator_must_be_large_enough(spec, grouped):
    """Many decisions with few merited ones do not make a true positive rate."""
    state = grouped({"F": (5, 400, 5, 590), "M": (400, 50, 100, 450)})
    found = equal_opportunity(spec("equal-opportunity", 0.05, 0.1, 30), groups_of(state, "sex"), "sex")
    assert by_group(found, "equal-opportunity")[""].status is Status.NOT_MEASURABLE
    assert by_group(found, "true-positive-rate")["F"].reason == "5 of 10; 30 are needed"


def test_gaps_of_equal_groups_are_rarely_breaches(spec, grouped):
    """Five equal groups of 60 have a large gap by chance; it is not called a breach."""
    rng = np.random.default_rng(3)
    large = breaches = 0
    for _ in range(200):
        hits = rng.binomial(60, 0.7, 5)
        state = grouped({f"g{i}": (int(k), 0, 60 - int(k), 0) for i, k in enumerate(hits)})
        found = judge(
            equal_opportunity(spec("equal-opportunity", 0.05, 0.1, 30), groups_of(state, "sex"), "sex")
        )
        gap = by_group(found, "equal-opportunity")[""]
        large += gap.value > 0.1
        breaches += gap.status is Status.BREACH
    assert large > 0.6 * 200
    assert breaches <= 0.04 * 200


def test_adult_census(data_folder, spec):
    """On the 1994 census, women pass 50k at 0.36 of the rate of men: checked with Polars."""
    frame = pl.read_parquet(data_folder / "decisions" / "adult_census.parquet")
    frame = frame.select("sex", "race", decision=pl.col("class").cast(pl.String).str.contains(">50K"))
    plan = Plan(
        profile=Profile(system="census", meaning=Meaning(prediction="decision", favourable=True)),
        groups=((Attribute(name="sex"),), (Attribute(name="sex"), Attribute(name="race"))),
    )
    found = ratio(spec, scan(frame.to_arrow(), plan))
    rates = frame.group_by("sex").agg(rate=pl.col("decision").mean())["rate"]
    women = next(m for m in found if m.measure == "selection-ratio" and m.group.startswith("Fem"))
    assert women.value == pytest.approx(rates.min() / rates.max())
    assert women.status is Status.BREACH
    crossed = [m for m in found if m.column == "sex x race" and m.measure == "selection-rate"]
    assert len(crossed) == 10
    assert sum(m.n for m in crossed) == frame.height


@pytest.mark.parametrize("year", ["2015_reference", "2016"])
def test_employment_of_disabled_people(data_folder, spec, year):
    """The model selects disabled people at 0.15 of the rate of others, in both years."""
    frame = pl.read_parquet(data_folder / "decisions" / f"employment_ma_{year}.parquet")
    meaning = Meaning(prediction="prediction", favourable=1, merited=1)
    table = frame.select("prediction", pl.col("DIS").cast(pl.String), outcome="employed").to_arrow()
    plan = Plan(profile=Profile(system="jobs", meaning=meaning), groups=((Attribute(name="DIS"),),))
    found = by_group(ratio(spec, scan(table, plan)), "selection-ratio")
    low = min(found.values(), key=lambda m: m.value)
    assert low.value == pytest.approx(0.15, abs=0.02)
    assert low.status is Status.BREACH


def test_rates_are_numpys_on_census(data_folder):
    """True positive rates by group equal those computed from the rows one by one."""
    frame = pl.read_parquet(data_folder / "decisions" / "employment_ma_2016.parquet")
    meaning = Meaning(prediction="prediction", favourable=1, merited=1)
    table = frame.select("prediction", pl.col("SEX").cast(pl.String), outcome="employed").to_arrow()
    state = scan(
        table, Plan(profile=Profile(system="j", meaning=meaning), groups=((Attribute(name="SEX"),),))
    )
    rows = pa.Table.to_pydict(table)
    y, d, g = (np.array(rows[name]) for name in ("outcome", "prediction", "SEX"))
    for group in groups_of(state, "SEX"):
        here = g == group.name
        assert group.merited_favourable / group.merited == d[here & (y == 1)].mean()
        assert group.other_favourable / group.other == d[here & (y == 0)].mean()


def test_selection_ratio_of_no_groups(spec):
    """An attribute that nobody has is not fine, it is not measurable."""
    assert selection_ratio(spec("selection-ratio", 0.9, 0.8), [], "sex")[0].status is Status.NOT_MEASURABLE
