"""`row-be/1` as DuckDB SQL: anyone with the Parquet file and its manifest can compute the leaves.

**Promise**: the SQL text is plain DuckDB without extensions, and the same for the same columns.
**Not here**: running it (the reader does, with their own DuckDB).
"""

from collections.abc import Sequence

from probative.record.decisions.schema import Column, parse_type

_ZERO, _ONE = "'\\x00'::BLOB", "'\\x01'::BLOB"
_NAN = {"float32": "'\\x7F\\xC0\\x00\\x00'::BLOB", "float64": "'\\x7F\\xF8" + "\\x00" * 6 + "'::BLOB"}
_INTEGERS = {
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "uint8": "UTINYINT",
    "uint16": "USMALLINT",
    "uint32": "UINTEGER",
    "uint64": "UBIGINT",
}


def row_sql(columns: Sequence[Column]) -> str:
    """Return a SQL expression for the codec bytes (a BLOB) of a row with `columns`.

    >>> print(row_sql([Column(name="n", type="uint8", role="meta")]))
    "n"::UTINYINT::BIT::BLOB
    """
    return " || ".join(_column(column) for column in columns) or "''::BLOB"


def leaf_sql(columns: Sequence[Column], parquet: str) -> str:
    """Return a query for the leaf hashes (lower-case hex) of a Parquet file, in file order."""
    path = parquet.replace("'", "''")
    return (
        f"SELECT sha256({_ZERO} || {row_sql(columns)}) AS leaf "  # noqa: S608  # names are checked, path quoted
        f"FROM read_parquet('{path}', file_row_number = true) ORDER BY file_row_number"
    )


def _column(column: Column) -> str:
    name = f'"{column.name}"'
    value = _value(column.type, name)
    if not column.nullable:
        return value
    return f"CASE WHEN {name} IS NULL THEN {_ZERO} ELSE {_ONE} || {value} END"


def _value(type_text: str, name: str) -> str:
    kind, size, scale = parse_type(type_text)
    if kind in _INTEGERS:
        return f"{name}::{_INTEGERS[kind]}::BIT::BLOB"
    if kind in _NAN:
        return f"CASE WHEN isnan({name}) THEN {_NAN[kind]} ELSE {name}::BIT::BLOB END"
    if kind == "decimal":
        text = f"{name}::VARCHAR"
        # DuckDB drops the zero before the point when every digit is a decimal.
        return _sized(
            f"encode(regexp_replace({text}, '^(-?)\\.', '\\10.'))" if size == scale else f"encode({text})"
        )
    return {
        "bool": f"CASE WHEN {name} THEN {_ONE} ELSE {_ZERO} END",
        "date": f"({name} - DATE '1970-01-01')::INTEGER::BIT::BLOB",
        "timestamp": f"epoch_us({name})::BIGINT::BIT::BLOB",
        "text": _sized(f"encode({name})"),
        "binary": _sized(name),
        "fixed": name,
    }[kind]


def _sized(blob: str) -> str:
    return f"octet_length({blob})::UINTEGER::BIT::BLOB || {blob}"
