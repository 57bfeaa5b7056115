"""Hypothesis strategies for columns and rows, and rows as Arrow batches."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
from hypothesis import strategies as st

from probative.record.decisions.codec.types import arrow_schema, arrow_type
from probative.record.decisions.schema import Column, parse_type

EPOCH = dt.date(1970, 1, 1)
MICROSECOND = dt.timedelta(microseconds=1)
FIRST = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
LAST = dt.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC)
START = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def micros(at):
    """Return an instant as microseconds since 1970."""
    return (at - START) // MICROSECOND


def integers(signed, bits):
    """Return integers of a width, the ends of the range included."""
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    return st.one_of(st.integers(low, high), st.sampled_from([low, 0, high]))


@st.composite
def decimals(draw, precision, scale):
    """Return the one text of a decimal."""
    unscaled = draw(st.integers(-(10**precision) + 1, 10**precision - 1))
    sign = "-" if unscaled < 0 else ""
    digits = str(abs(unscaled)).rjust(scale + 1, "0")
    return (
        f"{sign}{digits[: len(digits) - scale]}.{digits[len(digits) - scale :]}" if scale else sign + digits
    )


TEXT = st.text(st.characters(codec="utf-8"), max_size=12)


def values_of(type_text):
    """Return a strategy for plain values of a column type."""
    kind, size, scale = parse_type(type_text)
    if "int" in kind:
        return integers(not kind.startswith("u"), int(kind.lstrip("uint")))
    return {
        "float32": lambda: st.floats(width=32),
        "float64": lambda: st.floats(),
        "bool": st.booleans,
        "date": lambda: st.dates().map(lambda day: (day - EPOCH).days),
        "timestamp": lambda: st.integers(micros(FIRST), micros(LAST)),
        "text": lambda: TEXT,
        "binary": lambda: st.binary(max_size=12),
        "fixed": lambda: st.binary(min_size=size, max_size=size),
        "decimal": lambda: decimals(size, scale),
    }[kind]()


TYPES = st.one_of(
    st.sampled_from(
        [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
        + ["float32", "float64", "bool", "date", "timestamp", "text", "binary"]
    ),
    st.integers(1, 9).map(lambda size: f"binary({size})"),
    st.integers(1, 38).flatmap(lambda p: st.integers(0, p).map(lambda s: f"decimal({p},{s})")),
)


@st.composite
def columns(draw):
    """Return one to five columns."""
    found = draw(st.lists(st.tuples(TYPES, st.booleans()), min_size=1, max_size=5))
    return [
        Column(name=f"c{at}", type=kind, role="meta", nullable=nullable)
        for at, (kind, nullable) in enumerate(found)
    ]


@st.composite
def tables(draw):
    """Return columns and up to eight rows of plain values."""
    chosen = draw(columns())
    row = st.tuples(*(st.none() | values_of(c.type) if c.nullable else values_of(c.type) for c in chosen))
    return chosen, draw(st.lists(row, max_size=8))


def to_arrow(type_text, values):
    """Return plain values as an Arrow array."""
    kind = parse_type(type_text).kind
    if kind == "decimal":
        values = [None if value is None else Decimal(value) for value in values]
    plain = {"date": pa.int32(), "timestamp": pa.int64()}.get(kind)
    return (
        pa.array(values, plain).cast(arrow_type(type_text))
        if plain
        else pa.array(values, arrow_type(type_text))
    )


def to_batch(chosen, rows):
    """Return plain rows as a batch of `chosen` columns."""
    arrays = [to_arrow(c.type, [row[at] for row in rows]) for at, c in enumerate(chosen)]
    return pa.RecordBatch.from_arrays(arrays, schema=arrow_schema(chosen))
