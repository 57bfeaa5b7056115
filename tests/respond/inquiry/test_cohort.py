"""Cohorts: the same definition over the same rows is the same cohort, whatever their order."""

import random
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.errors import UsageError
from probative.record.decisions.schema import Column, decision_schema
from probative.respond.inquiry.cohort import (
    check_definition,
    columns_of,
    ids_text,
    parse_condition,
    query_text,
    select_ids,
)
from probative.respond.inquiry.facts import CohortDefinition, Condition

SCHEMA = decision_schema(
    "loans",
    Column(name="rejected", type="int8", role="prediction"),
    Column(name="score", type="float64", role="probability", nullable=True),
    Column(name="state", type="text", role="feature"),
    Column(name="sex", type="text", role="protected"),
)
SINCE, UNTIL = "2026-11-01T00:00:00.000000Z", "2026-12-01T00:00:00.000000Z"


def defined(*where):
    """Return a definition over November with these conditions."""
    return CohortDefinition(system="loans", since=SINCE, until=UNTIL, where=where)


def table(rows):
    """Return rows of (rejected, score, state) as the decision log would, ids by place."""
    return pa.table(
        {
            "decision_id": [f"d{at:04}" for at in range(len(rows))],
            "decided_at": pa.array(
                [datetime(2026, 11, 2, tzinfo=UTC)] * len(rows), pa.timestamp("us", "UTC")
            ),
            "rejected": pa.array([row[0] for row in rows], pa.int8()),
            "score": pa.array([row[1] for row in rows], pa.float64()),
            "state": [row[2] for row in rows],
        }
    )


rows_of = st.lists(
    st.tuples(
        st.integers(0, 1), st.none() | st.floats(0, 1, allow_nan=False), st.sampled_from(["AT", "DE", "FR"])
    ),
    max_size=30,
)


@given(rows_of, st.floats(0, 1, allow_nan=False), st.randoms(use_true_random=False))
def test_a_cohort_is_what_plain_python_would_pick_in_any_order(rows, bound, shuffler):
    """Every condition holds, a missing value fails each test, and the order of the rows does not matter."""
    expected = [
        f"d{at:04}"
        for at, (rejected, score, state) in enumerate(rows)
        if rejected == 1 and score is not None and score >= bound and state != "FR"
    ]
    where = (
        Condition(column="rejected", op="==", value=1),
        Condition(column="score", op=">=", value=bound),
        Condition(column="state", op="!=", value="FR"),
    )
    found = table(rows)
    order = list(range(len(rows)))
    shuffler.shuffle(order)
    assert expected == select_ids(defined(*where), found)
    assert expected == select_ids(defined(*where), found.take(pa.array(order, pa.int64())))


def test_without_conditions_it_is_everyone_in_the_span():
    """A definition with a span only takes every row that was read."""
    assert select_ids(defined(), table([(1, None, "DE"), (0, 0.2, "AT")])) == ["d0000", "d0001"]


def test_the_digest_is_over_sorted_lines():
    """Anybody can recompute it: sorted ids, one a line, nothing else."""
    ids = [f"{random.Random(7).random()}" for _ in range(3)]
    assert "\n".join(ids).encode() + b"\n" == ids_text(ids)


def test_protected_attributes_cannot_define_a_cohort():
    """Asking by sex is refused with the way that exists; a misspelt column names the nearest."""
    with pytest.raises(UsageError, match="protected"):
        check_definition(defined(Condition(column="sex", op="==", value="f")), SCHEMA)
    with pytest.raises(UsageError) as refused:
        check_definition(defined(Condition(column="rejectd", op="==", value=1)), SCHEMA)
    assert refused.value.hint == "Did you mean 'rejected'?"


def test_a_span_that_holds_nothing_is_refused():
    """The end lies after the start."""
    with pytest.raises(UsageError, match="holds nothing"):
        check_definition(CohortDefinition(system="loans", since=UNTIL, until=SINCE), SCHEMA)


@pytest.mark.parametrize(("column", "value"), [("rejected", "yes"), ("rejected", 1.5), ("score", "high")])
def test_values_of_another_type_are_refused(column, value):
    """A comparison that cannot be meant is refused instead of finding nobody."""
    with pytest.raises(UsageError, match=column):
        select_ids(defined(Condition(column=column, op="==", value=value)), table([(1, 0.5, "DE")]))


@pytest.mark.parametrize(
    ("text", "column", "op", "value"),
    [
        ("rejected==1", "rejected", "==", 1),
        ("score >= 0.5", "score", ">=", 0.5),
        ("state != FR", "state", "!=", "FR"),
        ("state=='07'", "state", "==", "07"),
        ("flag==true", "flag", "==", True),
    ],
)
def test_conditions_as_people_type_them(text, column, op, value):
    """Column, operator and value come out with the value's type."""
    read = parse_condition(text)
    assert (column, op, value, type(value)) == (read.column, read.op, read.value, type(read.value))


@pytest.mark.parametrize("text", ["", "rejected", "rejected=1", "== 1", "a b == 1"])
def test_what_is_no_condition_is_refused(text):
    """Half a test is refused with an example."""
    with pytest.raises(UsageError, match="COLUMN OP VALUE"):
        parse_condition(text)


def test_a_definition_reads_as_a_sentence_and_names_its_columns():
    """What was asked can be read without the program."""
    definition = defined(parse_condition("rejected==1"), parse_condition("state=='DE'"))
    assert query_text(definition).endswith("rejected == 1, state == 'DE'")
    assert columns_of(definition) == ["decision_id", "decided_at", "rejected", "state"]
