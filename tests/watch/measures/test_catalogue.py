"""All measures together: which columns they take, and what they say of real data, quiet and drifting."""

from datetime import date

import polars as pl
import pyarrow as pa
import pytest

from probative.kernel.errors import UsageError
from probative.watch.counting.plan import Plan, scan
from probative.watch.counting.profile import Meaning, Role
from probative.watch.counting.reference import take_reference
from probative.watch.measures.catalogue import columns_of, known, measure_all, needs_groups, needs_labels
from probative.watch.measures.measured import MeasureSpec, Status
from probative.watch.pack import thresholds

MEANING = Meaning(
    prediction="prediction", favourable=1, merited=1, probability="predicted_probability", positive=1
)


def default(*names):
    """Return the default specs with these ids, on features and predictions."""
    found = (thresholds().get(name, date(2026, 11, 21)) for name in names)
    return [
        MeasureSpec(
            measure=t.measure,
            threshold=t.id,
            watch=t.watch,
            breach=t.breach,
            n_min=t.n_min,
            columns=("@features", "@predictions"),
        )
        for t in found
    ]


DRIFT = default(
    "psi-convention", "js-convention", "null-rate-ours", "new-categories-ours", "out-of-range-ours"
)


def own(measure, watch, breach):
    """Return a spec with the owner's limits."""
    return MeasureSpec(measure=measure, threshold="own", watch=watch, breach=breach, n_min=200)


def people(path):
    """Return a year of the employment stream, protected attributes left out."""
    frame = pl.read_parquet(path).rename({"employed": "outcome"})
    return frame.drop("id", "year", "SEX", "RAC1P", "AGEP", "DIS").to_arrow()


def test_a_quiet_year_is_quiet(data_folder):
    """Massachusetts 2015 to 2016: no drift in any of 14 columns, and the model's AUC is 0.902."""
    folder = data_folder / "decisions"
    before = people(folder / "employment_ma_2015_reference.parquet")
    roles = {name: Role.FEATURE for name in before.column_names if name not in ("outcome", "prediction")}
    roles |= {"predicted_probability": Role.PROBABILITY, "prediction": Role.PREDICTION}
    reference = take_reference(before, "jobs", roles, MEANING, source="2015")
    state = scan(people(folder / "employment_ma_2016.parquet"), Plan(profile=reference.profile))
    specs = [*DRIFT, own("auc", 0.85, 0.8), own("accuracy", 0.8, 0.75), own("brier", 0.15, 0.2)]
    found = measure_all(specs, reference.profile, reference.state, state)
    assert [m.name for m in found if m.status is not Status.OK] == []
    assert next(m.value for m in found if m.measure == "auc") == pytest.approx(0.902, abs=0.002)
    assert min(m.p for m in found if m.measure == "psi") < 1e-6, (
        "with 69,126 rows something is always significant"
    )


def test_a_drifting_market_is_seen(data_folder):
    """Bank calls of 2008 and 2009: how, when and whom they called has moved, and so have the answers."""
    calls = pl.read_csv(data_folder / "decisions" / "bank_marketing_2008_2009.csv")
    calls = calls.with_columns(prediction=(pl.col("y") == "yes").cast(pl.Int8))
    first, later = (calls.filter(pl.col("call_ym").str.starts_with(year)) for year in ("2008", "2009"))
    features = [
        name for name in calls.columns if name not in ("y", "call_ym", "prediction", "age", "marital")
    ]
    roles = dict.fromkeys(features, Role.FEATURE) | {"prediction": Role.PREDICTION}
    reference = take_reference(first.to_arrow(), "bank", roles, MEANING, source="2008")
    state = scan(later.to_arrow(), Plan(profile=reference.profile))
    found = measure_all(DRIFT, reference.profile, reference.state, state)
    breached = {m.column for m in found if m.measure == "psi" and m.status is Status.BREACH}
    assert {"contact", "month", "previous"} <= breached
    assert "education" not in breached
    answers = next(m for m in found if m.measure == "psi" and m.column == "prediction")
    assert answers.status in (Status.WATCH, Status.BREACH)
    assert sum(state.columns["prediction"].counts[1:]) / state.rows == pytest.approx(0.171, abs=0.01)


def test_one_class_of_outcomes_is_no_success():
    """Perfect accuracy because nobody has defaulted yet is not reported as performance."""
    table = pa.table({"prediction": [1] * 300, "outcome": [1] * 300, "predicted_probability": [0.9] * 300})
    roles = {"prediction": Role.PREDICTION, "predicted_probability": Role.PROBABILITY}
    reference = take_reference(table, "s", roles, MEANING, source="test")
    specs = [own("accuracy", 0.8, 0.7), own("brier", 0.2, 0.3), own("auc", 0.8, 0.7)]
    found = measure_all(specs, reference.profile, reference.state, reference.state)
    assert {m.status for m in found} == {Status.NOT_MEASURABLE}
    assert all("one class" in m.reason for m in found)


def test_columns_are_chosen_by_fit():
    """`@features` leaves out what a measure cannot judge; a column named outright is answered for."""
    table = pa.table(
        {"x": [0.5 * i for i in range(300)], "c": ["a", "b", "c"] * 100, "prediction": [1, 0, 1] * 100}
    )
    roles = {"x": Role.FEATURE, "c": Role.FEATURE, "prediction": Role.PREDICTION}
    reference = take_reference(table, "s", roles, Meaning(), source="test")

    def names(measure, *columns):
        spec = MeasureSpec(measure=measure, threshold="t", watch=0.1, breach=0.2, n_min=1, columns=columns)
        return [column.name for column in columns_of(spec, reference.profile)]

    assert names("psi") == ["x", "c"]
    assert names("out-of-range", "@features", "@predictions") == ["x"]
    assert names("new-categories", "@features", "@predictions", "c") == ["c", "prediction"]
    with pytest.raises(UsageError, match="has no column 'income'"):
        names("psi", "income")
    misfit = MeasureSpec(
        measure="new-categories", threshold="t", watch=0.1, breach=0.2, n_min=1, columns=("x",)
    )
    found = measure_all([misfit], reference.profile, reference.state, reference.state)
    assert "does not fit" in found[0].reason


def test_what_measures_need():
    """Outcomes and protected attributes are read only where a measure asks for them."""
    assert not needs_labels(DRIFT)
    assert needs_labels([own("auc", 0.8, 0.7)])
    assert needs_labels([own("equal-opportunity", 0.1, 0.2)])
    assert not needs_groups([own("auc", 0.8, 0.7)])
    assert needs_groups([own("selection-ratio", 0.9, 0.8)])


def test_an_unknown_measure_is_refused():
    """The error lists the measures there are."""
    with pytest.raises(UsageError, match="no measure 'vibes'") as caught:
        known("vibes")
    assert "psi" in caught.value.hint
