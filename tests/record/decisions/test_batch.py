"""Batches: what fits comes out exactly as meant; what does not is refused, with the value and a hint."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.errors import UsageError
from probative.kernel.ids import uuid7
from probative.kernel.limits import BATCH_ROWS_MAX, LINE_BYTES_MAX
from probative.record.decisions.batch import conform
from probative.record.decisions.codec.types import arrow_type
from probative.record.decisions.ids import IdIndex, id_text, parse_ids
from probative.record.decisions.schema import Column
from probative.testing import START
from tests.record.decisions.strategies import TYPES, to_batch, values_of


def column(type_text, nullable=False, role="meta"):
    """Return a column `a`."""
    return Column(name="a", type=type_text, role=role, nullable=nullable)


def arrow(type_text, array):
    """Return what a column of one type makes of an Arrow array."""
    return conform([column(type_text)], pa.table({"a": array})).column(0)


@given(st.data())
def test_what_fits_comes_out_unchanged(data):
    """A batch of the schema's own types is taken as it is."""
    type_text = data.draw(TYPES)
    values = data.draw(st.lists(values_of(type_text), min_size=1, max_size=5))
    batch = to_batch([column(type_text)], [(value,) for value in values])
    assert conform([column(type_text)], batch).column(0).equals(batch.column(0)) or "float" in type_text
    assert conform([column(type_text)], batch).column(0).type == arrow_type(type_text)


@pytest.mark.parametrize(
    ("type_text", "array"),
    [
        ("int8", pa.array([1, -128], pa.int64())),
        ("uint8", pa.array([255], pa.int32())),
        ("float64", pa.array([0.5], pa.float32())),
        ("float64", pa.array([3], pa.int64())),
        ("text", pa.array(["x"], pa.large_string())),
        ("text", pa.array(["x"]).dictionary_encode()),
        ("text", pa.array(["x"], pa.string_view())),
        ("binary(2)", pa.array([b"ab"], pa.binary())),
        ("timestamp", pa.array([START], pa.timestamp("ms", "Europe/Paris"))),
        ("decimal(9,4)", pa.array([Decimal("1.50")])),
        ("date", pa.array([date(2026, 11, 1)], pa.date64())),
    ],
)
def test_lossless_conversions_are_made(type_text, array):
    """Other types are taken where no value can change."""
    found = arrow(type_text, array)
    assert found.type == arrow_type(type_text)
    assert found.to_pylist() == array.to_pylist()


@pytest.mark.parametrize(
    ("type_text", "array", "shown"),
    [
        ("int8", pa.array([300]), "300"),
        ("uint8", pa.array([-1]), "-1"),
        ("int8", pa.array([1.0]), "double"),
        ("int8", pa.array(["1"]), "string"),
        ("int8", pa.array([True]), "bool"),
        ("bool", pa.array([1]), "int64"),
        ("float32", pa.array([0.1]), "double"),
        ("float64", pa.array([2**53 + 1]), "9007199254740993"),
        ("text", pa.array([b"x"]), "binary"),
        ("text", pa.array([1]), "int64"),
        ("binary(3)", pa.array([b"ab"], pa.binary()), "widths"),
        ("timestamp", pa.array([START.replace(tzinfo=None)]), "timestamp[us]"),
        ("timestamp", pa.array([1001], pa.timestamp("ns", "UTC")), "lose data"),
        ("decimal(9,1)", pa.array([Decimal("1.23")]), "data loss"),
        ("date", pa.array(["2026-11-01"]), "string"),
        ("int8", pa.array([[1]]), "list"),
        ("text", pa.array([{"x": 1}]), "struct"),
    ],
)
def test_values_that_would_change_are_refused(type_text, array, shown):
    """Nothing is rounded, cut or guessed."""
    with pytest.raises(UsageError) as refused:
        arrow(type_text, array)
    assert refused.value.code == "decisions.wrong-type"
    assert "'a'" in str(refused.value)
    assert shown in str(refused.value)
    assert refused.value.hint


def test_bytes_that_are_not_text_are_refused():
    """Text is UTF-8, also when the sender's library did not check."""
    offsets, data = pa.py_buffer(np.array([0, 1], "<i4")), pa.py_buffer(b"\xff")
    broken = pa.Array.from_buffers(pa.string(), 1, [None, offsets, data])
    with pytest.raises(UsageError, match="UTF8"):
        arrow("text", broken)


@pytest.mark.parametrize("micros", [-62_135_596_800_000_001, 253_402_300_800_000_000, 2**63 - 1])
def test_times_outside_the_calendar_are_refused(micros):
    """A wrong unit puts times outside the years 1 to 9999; it is noticed at once."""
    with pytest.raises(UsageError, match=str(micros)):
        arrow("timestamp", pa.array([micros], pa.timestamp("us", "UTC")))
    with pytest.raises(UsageError, match="1000000000"):
        arrow("date", pa.array([1_000_000_000], pa.int32()).cast(pa.date32()))


def test_names_must_be_the_schemas():
    """Unknown, missing and doubled columns are named, with the nearest known one."""
    columns = [
        Column(name="amount", type="int8", role="meta"),
        Column(name="years", type="int8", role="meta"),
    ]
    for table, code, word in (
        (pa.table({"amuont": [1], "years": [1]}), "decisions.unknown-column", "'amount'"),
        (pa.table({"amount": [1]}), "decisions.missing-column", "years"),
        (
            pa.Table.from_arrays([[1], [1], [1]], ["amount", "years", "years"]),
            "decisions.column-twice",
            "one",
        ),
    ):
        with pytest.raises(UsageError) as refused:
            conform(columns, table)
        assert refused.value.code == code
        assert word in refused.value.hint
    assert conform(columns, pa.table({"years": pa.array([2]), "amount": pa.array([1])})).to_pylist() == [
        {"amount": 1, "years": 2}
    ]


def test_nulls_need_a_nullable_column():
    """A null is refused with its row unless the column may be null."""
    with pytest.raises(UsageError, match="row 2") as refused:
        arrow("int8", pa.array([1, 2, None]))
    assert refused.value.code == "decisions.null"
    assert conform([column("int8", nullable=True)], pa.table({"a": pa.nulls(2)})).column(0).null_count == 2
    with pytest.raises(UsageError, match="row 1"):
        conform([column("int8")], [{"a": 1}, {"a": None}])


def test_sizes_are_bounded():
    """Empty batches, batches too long and values too long are refused."""
    for rows, code in (
        (pa.table({"a": pa.array([], pa.int8())}), "decisions.empty"),
        ([], "decisions.empty"),
        (pa.table({"a": pa.array(np.zeros(BATCH_ROWS_MAX + 1, np.int8))}), "decisions.batch-too-long"),
    ):
        with pytest.raises(UsageError) as refused:
            conform([column("int8")], rows)
        assert refused.value.code == code
    long = "x" * (LINE_BYTES_MAX + 1)
    with pytest.raises(UsageError, match=str(LINE_BYTES_MAX)):
        arrow("text", pa.array([long]))
    with pytest.raises(UsageError):
        conform([column("text")], [{"a": long}])


def test_several_chunks_are_one_batch():
    """A table in chunks, sliced or not, is one batch."""
    chunked = pa.chunked_array([[1, 2], [3], [], [4]], pa.int64())
    assert arrow("int8", chunked.slice(1)).to_pylist() == [2, 3, 4]


@pytest.mark.parametrize(
    ("type_text", "value", "expected"),
    [
        ("int8", -128, -128),
        ("uint64", 2**64 - 1, 2**64 - 1),
        ("float64", 1, 1.0),
        ("float32", 0.1, float(np.float32(0.1))),
        ("bool", False, False),
        ("date", "2026-11-01", date(2026, 11, 1)),
        ("date", date(2026, 11, 1), date(2026, 11, 1)),
        ("timestamp", "2026-11-01T10:00:00+01:00", datetime(2026, 11, 1, 9, tzinfo=UTC)),
        ("timestamp", START, START),
        ("text", "é", "é"),
        ("binary", "AP8=", b"\x00\xff"),
        ("binary(2)", b"ab", b"ab"),
        ("decimal(5,2)", "1.5", Decimal("1.50")),
        ("decimal(5,2)", -1, Decimal("-1.00")),
        ("decimal(38,38)", "0." + "9" * 38, Decimal("0." + "9" * 38)),
    ],
)
def test_plain_values_are_taken_as_meant(type_text, value, expected):
    """Dictionaries hold Python values, or what JSON has for them."""
    assert conform([column(type_text)], [{"a": value}]).column(0).to_pylist() == [expected]


@pytest.mark.parametrize(
    ("type_text", "value"),
    [
        ("int8", 128), ("int8", True), ("int8", 1.0), ("int8", "1"), ("uint8", -1),
        ("float64", "1"), ("float64", True), ("float32", 1e39), ("bool", 1), ("bool", "true"),
        ("date", START), ("date", "2026-13-01"), ("date", 3),
        ("timestamp", START.replace(tzinfo=None)), ("timestamp", "2026-11-01T10:00:00"), ("timestamp", 3),
        ("text", 1), ("text", "\ud800"), ("text", b"x"),
        ("binary", "not base64!"), ("binary", 3), ("binary(2)", b"abc"),
        ("decimal(5,2)", 1.5), ("decimal(5,2)", "1.505"), ("decimal(5,2)", "1000"), ("decimal(5,2)", "NaN"),
        ("decimal(5,2)", "1e1"), ("decimal(5,2)", "1_0"), ("decimal(5,2)", Decimal("1e999999")),
        ("decimal(5,2)", Decimal("-Infinity")),
    ],
)  # fmt: skip
def test_plain_values_that_do_not_fit_are_refused(type_text, value):
    """One sentence with column, value and row; nothing is coerced."""
    with pytest.raises(UsageError, match="row 0") as refused:
        conform([column(type_text)], [{"a": value}])
    assert refused.value.code == "decisions.wrong-type"
    assert type_text in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "", "7", "01A1FB67-1800-7000-8000-000000000000", "01a1fb67-1800-4000-8000-000000000000",
        "01a1fb67-1800-7000-0000-000000000000", "01a1fb67018000700008000-000000000000",
        "01a1fb67-1800-7000-8000-00000000000g", "01a1fb67-1800-7000-8000-00000000000é", None,
    ],
)  # fmt: skip
def test_ids_are_uuids_of_version_7(text):
    """Any other id is refused with its row, from Arrow and from dictionaries alike."""
    good = str(uuid7(START))
    with pytest.raises(UsageError, match=r"row 1\b"):
        conform([column("text", role="id")], pa.table({"a": pa.array([good, text], pa.string())}))
    with pytest.raises(UsageError, match=r"row 1\b"):
        conform([column("text", role="id")], [{"a": good}, {"a": text}])
    assert conform([column("text", role="id")], [{"a": UUID(good)}]).column(0).to_pylist() == [good]


@given(st.lists(st.binary(min_size=10, max_size=10), min_size=1, max_size=20), st.integers(0, 5))
def test_ids_are_packed_and_unpacked(entropies, start):
    """Ids become 16 bytes and come back, slices included."""
    texts = [str(uuid7(START, entropy)) for entropy in entropies]
    array = pa.array(texts).slice(min(start, len(texts) - 1))
    assert [id_text(packed) for packed in parse_ids(array)] == array.to_pylist()


@given(
    st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=30), max_size=8), st.lists(st.integers(0, 70))
)
def test_the_id_index_finds_every_row(batches, asked):
    """Whatever was added in whatever order is found, all rows of an id included."""
    index, rows = IdIndex(), []
    for batch in batches:
        index.add(np.array([n.to_bytes(16, "big") for n in batch], "S16"), len(rows))
        rows.extend(batch)
    found = index.find(np.array([n.to_bytes(16, "big") for n in asked], "S16"))
    assert found == sorted((at, row) for at, n in enumerate(asked) for row, m in enumerate(rows) if m == n)
    assert len(index) == len(rows)
