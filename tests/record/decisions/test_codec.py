"""The row codec: Arrow, standard library and SQL agree, and its bytes are the published ones."""

import hashlib
import json
import math
import struct
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probative.kernel.errors import TamperError
from probative.record.decisions.codec.arrow import encode, fixed_array, fixed_bytes, leaf_hashes
from probative.record.decisions.codec.plain import decode_row, encode_row
from probative.record.decisions.codec.sql import leaf_sql
from probative.record.decisions.schema import Column
from tests.record.decisions import strategies
from tests.vectors import make_row_be_1

VECTORS = Path(__file__).parents[2] / "vectors" / "row-be-1.json"


def same(left, right):
    """Tell whether two plain values are the same, NaN and the sign of zero included."""
    if isinstance(left, float) and isinstance(right, float):
        return struct.pack(">d", left) == struct.pack(">d", right) or (math.isnan(left) and math.isnan(right))
    return type(left) is type(right) and left == right


@given(strategies.tables())
def test_arrow_and_standard_library_agree(table):
    """The vectorised codec gives the reference's bytes for every row."""
    columns, rows = table
    encoded = encode(columns, strategies.to_batch(columns, rows))
    expected = [encode_row(columns, row) for row in rows]
    assert [encoded.row(at) for at in range(len(rows))] == expected
    assert encoded.data == b"".join(expected)


@given(strategies.tables())
def test_decoding_gives_the_values_back(table):
    """A row decodes to what was encoded."""
    columns, rows = table
    for row in rows:
        decoded = decode_row(columns, encode_row(columns, row))
        assert all(same(a, b) for a, b in zip(decoded, row, strict=True)), (decoded, row)


@given(table=strategies.tables(), data=st.data())
def test_slices_encode_as_their_rows(table, data):
    """A slice of a batch has the same bytes as its rows alone: offsets into buffers are respected."""
    columns, rows = table
    start = data.draw(st.integers(0, len(rows)))
    batch = strategies.to_batch(columns, rows).slice(start)
    assert encode(columns, batch).data == b"".join(encode_row(columns, row) for row in rows[start:])


@settings(max_examples=25)
@given(strategies.tables())
def test_sql_agrees(tmp_path_factory, table):
    """Plain DuckDB over the Parquet file gives the same leaves."""
    columns, rows = table
    batch = strategies.to_batch(columns, rows)
    path = tmp_path_factory.mktemp("sql") / "facts.parquet"
    pq.write_table(pa.Table.from_batches([batch]), path)
    with duckdb.connect() as database:
        found = [row[0] for row in database.execute(leaf_sql(columns, str(path))).fetchall()]
    assert found == [hashlib.sha256(b"\x00" + encode_row(columns, row)).hexdigest() for row in rows]
    assert found == [leaf.hex() for leaf in leaf_hashes(columns, batch)]


def test_published_vectors():
    """The vectors that we publish hold for both implementations."""
    cases = json.loads(VECTORS.read_text())["cases"]
    assert len(cases) >= 15
    for case in cases:
        column = Column(name="value", type=case["type"], role="meta", nullable=case["nullable"])
        row = bytes.fromhex(case["row"])
        (value,) = decode_row([column], row)
        assert encode_row([column], [value]) == row, case
        assert encode([column], strategies.to_batch([column], [(value,)])).data == row, case
        assert hashlib.sha256(b"\x00" + row).hexdigest() == case["leaf"], case


def test_published_vectors_are_what_the_script_makes():
    """The file of vectors is generated, not edited."""
    assert VECTORS.read_text() == make_row_be_1.document()


def test_every_nan_has_one_spelling():
    """A NaN with a payload is encoded as the canonical one, in both widths."""
    odd64 = np.frombuffer(bytes.fromhex("fff8000000000001"), ">f8").astype("<f8")
    odd32 = np.frombuffer(bytes.fromhex("ffc00001"), ">f4").astype("<f4")
    columns = [Column(name="a", type="float64", role="meta"), Column(name="b", type="float32", role="meta")]
    batch = pa.RecordBatch.from_arrays([pa.array(odd64), pa.array(odd32)], names=["a", "b"])
    assert encode(columns, batch).data.hex() == "7ff80000000000007fc00000"


def test_bytes_under_a_null_do_not_matter():
    """What lies in a buffer under a null leaves no trace."""
    values = pa.array([b"xx", b"secret", b"yy"], pa.binary())
    mask = pa.py_buffer(bytes([0b101]))
    hidden = pa.Array.from_buffers(pa.binary(), 3, [mask, *values.buffers()[1:]])
    column = Column(name="a", type="binary", role="meta", nullable=True)
    batch = pa.RecordBatch.from_arrays([hidden], names=["a"])
    assert encode([column], batch).data == b"".join(encode_row([column], [v]) for v in (b"xx", None, b"yy"))


@pytest.mark.parametrize(
    ("type_text", "nullable", "row"),
    [
        ("int8", False, ""),
        ("int8", False, "0000"),
        ("int8", True, "02"),
        ("int8", True, "0000"),
        ("bool", False, "02"),
        ("float64", False, "7ff8000000000001"),
        ("float32", False, "ffc00000"),
        ("text", False, "00000001"),
        ("text", False, "00000001ff"),
        ("text", False, "000000"),
        ("binary(2)", False, "00"),
        ("decimal(4,2)", False, "00000003312e30"),
        ("decimal(4,2)", False, "000000052d302e3030"),
        ("decimal(4,2)", False, "00000006313233342e3536"),
        ("decimal(4,2)", False, "0000000530312e3030"),
    ],
)
def test_malformed_rows_are_refused(type_text, nullable, row):
    """Bytes that no row of these columns has are tampering: every row has one spelling."""
    column = Column(name="value", type=type_text, role="meta", nullable=nullable)
    with pytest.raises(TamperError) as refused:
        decode_row([column], bytes.fromhex(row))
    assert refused.value.code == "codec.row-malformed"


@given(st.binary(max_size=40))
def test_any_bytes_decode_or_are_refused(data):
    """Hostile bytes never do more than raise, and what decodes encodes to the same bytes."""
    columns = [
        Column(name="a", type="text", role="meta", nullable=True),
        Column(name="b", type="decimal(5,2)", role="meta", nullable=True),
        Column(name="c", type="float32", role="meta"),
        Column(name="d", type="bool", role="meta"),
    ]
    try:
        values = decode_row(columns, data)
    except TamperError:
        return
    assert encode_row(columns, values) == data


def test_fixed_arrays_share_their_bytes():
    """Fixed binary goes to and fro without conversion, slices included."""
    array = fixed_array(bytes(range(12)), 3)
    assert fixed_bytes(array.slice(1, 2), 3).tobytes() == bytes(range(3, 9))
    assert fixed_bytes(array.slice(4), 3).shape == (0, 3)
