"""Column types of a schema as Arrow types.

**Promise**: one Arrow type for each column type, the same in journals, Parquet files and tables returned.
**Not here**: converting values (`batch`).
"""

from collections.abc import Iterable

import pyarrow as pa

from probative.record.decisions.schema import Column, parse_type

_ARROW = {
    "float32": pa.float32(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "text": pa.string(),
    "binary": pa.binary(),
} | {f"{sign}int{bits}": getattr(pa, f"{sign}int{bits}")() for sign in ("", "u") for bits in (8, 16, 32, 64)}


def arrow_type(text: str) -> pa.DataType:
    """Return the Arrow type of a column type.

    >>> str(arrow_type("timestamp")), str(arrow_type("decimal(9,2)"))
    ('timestamp[us, tz=UTC]', 'decimal128(9, 2)')
    """
    kind, size, scale = parse_type(text)
    if kind == "fixed":
        return pa.binary(size)
    if kind == "decimal":
        return pa.decimal128(size, scale)
    return _ARROW[kind]


def arrow_schema(columns: Iterable[Column], *, nullable: bool = False) -> pa.Schema:
    """Return the Arrow schema of `columns`; `nullable` makes every field so (erased rows have no values)."""
    return pa.schema(
        pa.field(column.name, arrow_type(column.type), nullable=nullable or column.nullable)
        for column in columns
    )
