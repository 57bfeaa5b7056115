"""Dossiers are plain JSON, whatever the columns hold, and say how far reasons add up."""

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.canon import parse_strict
from probative.record.decisions.schema import Column, decision_schema
from probative.respond.inquiry.dossier import (
    Contribution,
    Reasons,
    build_dossier,
    dossier_bytes,
    missing_parts,
    plain,
    shown,
)

SCHEMA = decision_schema(
    "loans",
    Column(name="income", type="float64", role="feature"),
    Column(name="rejected", type="int8", role="prediction"),
    Column(name="score", type="float64", role="probability"),
)
VALUES = {"decision_id": "d", "decided_at": 0, "subject": "s-1", "income": 1.0, "rejected": 1, "score": 0.8}


@given(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=("Cs",)))
    | st.binary()
    | st.datetimes(timezones=st.just(UTC))
    | st.dates()
)
def test_every_value_a_column_can_hold_becomes_canonical_json(value):
    """Big integers, bytes, instants and odd floats all have one text; nothing breaks the dossier."""
    assert parse_strict(dossier_bytes({"value": plain(value)})).keys() == {"value"}


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (1_000_000, "timestamp", "1970-01-01T00:00:01.000000Z"),
        (20_789, "date", "2026-12-02"),
        (7, "int32", 7),
        (None, "timestamp", None),
    ],
)
def test_codec_values_are_shown_as_a_person_reads_them(value, kind, text):
    """Microseconds and days of the row codec become an instant and a date."""
    assert text == shown(value, Column(name="x", type=kind, role="meta"))


def test_instants_and_dates_have_one_form():
    """The form of facts: UTC with six decimals; dates as in ISO 8601."""
    assert plain(datetime(2026, 12, 1, tzinfo=UTC)) == "2026-12-01T00:00:00.000000Z"
    assert plain(date(2026, 12, 1)) == "2026-12-01"


@pytest.mark.parametrize(
    ("unit", "baseline", "values", "gap"),
    [
        ("probability", 0.5, (0.2, 0.1), 0.0),
        ("probability", 0.5, (0.2,), 0.1),
        ("log-odds", 0.0, (1.3862943611198906,), 0.0),
    ],
)
def test_reasons_say_how_far_they_add_up(unit, baseline, values, gap):
    """The distance from the recorded probability is computed, not claimed."""
    reasons = Reasons(
        method="m",
        unit=unit,
        baseline=baseline,
        contributions=tuple(Contribution(feature="income", value=value) for value in values),
    )
    dossier = build_dossier(VALUES, SCHEMA, {"rows": 1}, [], reasons)
    assert dossier["reasons"]["adds_up_within"] == pytest.approx(gap, abs=1e-12)
    assert json.loads(dossier_bytes(dossier)) == dossier


def test_erased_and_undeclared_parts_are_missing():
    """A reader learns what they look for in vain, and why."""
    hidden = {name: value for name, value in VALUES.items() if name != "income"}
    assert missing_parts(hidden, SCHEMA, []) == (
        "the schema records no model",
        "the schema records no release",
        "erased or not opened: income",
        "no outcome, label or human override is recorded",
    )
