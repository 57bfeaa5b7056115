"""`row-be/1` with the standard library alone: the reference, and what a stranger can copy.

**Promise**: `decode_row` accepts exactly what `encode_row` gives; anything else raises `TamperError`.
**Not here**: speed (`codec.arrow`).

Plain values: int for integers, for `date` (days since 1970-01-01) and for `timestamp` (microseconds since
1970, UTC); float; bool; str for `text` and `decimal`; bytes; `None` for a null.
"""

import re
import struct
from collections.abc import Sequence
from typing import cast

from probative.kernel.errors import TamperError
from probative.record.decisions.schema import Column, ColumnType, parse_type

Plain = int | float | bool | str | bytes | None

_FIXED = {
    "int8": ">b",
    "int16": ">h",
    "int32": ">i",
    "int64": ">q",
    "uint8": ">B",
    "uint16": ">H",
    "uint32": ">I",
    "uint64": ">Q",
    "float32": ">f",
    "float64": ">d",
    "date": ">i",
    "timestamp": ">q",
    "bool": ">B",
}
_NAN = {"float32": bytes.fromhex("7fc00000"), "float64": bytes.fromhex("7ff8000000000000")}
_U32 = struct.Struct(">I")
_DECIMAL = re.compile(r"(-?)(0|[1-9]\d*)(?:\.(\d+))?\Z")


def encode_row(columns: Sequence[Column], values: Sequence[Plain]) -> bytes:
    """Return the codec bytes of one row: `values` in the order of `columns`.

    >>> columns = [Column(name="n", type="int16", role="meta"), Column(name="t", type="text", role="meta")]
    >>> encode_row(columns, [-2, "é"]).hex()
    'fffe00000002c3a9'
    """
    out = []
    for column, value in zip(columns, values, strict=True):
        if column.nullable:
            out.append(b"\x00" if value is None else b"\x01")
        if value is not None:
            out.append(_encode(parse_type(column.type), value))
    return b"".join(out)


def decode_row(columns: Sequence[Column], row: bytes) -> list[Plain]:
    """Return the values of a row; bytes that are not a row of these columns raise `TamperError`."""
    values: list[Plain] = []
    at = 0
    for column in columns:
        if column.nullable:
            presence, at = _take(row, at, 1, column)
            if presence not in (b"\x00", b"\x01"):
                raise _malformed(column, f"presence byte {presence.hex()}")
            if presence == b"\x00":
                values.append(None)
                continue
        value, at = _decode(column, row, at)
        values.append(value)
    if at != len(row):
        raise TamperError(
            "codec.row-malformed", f"{len(row) - at} bytes follow the last column of a row.", _HINT
        )
    return values


def _encode(kind: ColumnType, value: int | float | str | bytes) -> bytes:
    if kind.kind in _FIXED:
        if value != value:
            return _NAN[kind.kind]
        return struct.pack(_FIXED[kind.kind], value)
    data = value.encode("utf-8") if isinstance(value, str) else cast(bytes, value)
    return data if kind.kind == "fixed" else _U32.pack(len(data)) + data


def _decode(column: Column, row: bytes, at: int) -> tuple[Plain, int]:
    kind = parse_type(column.type)
    if kind.kind in _FIXED:
        raw, at = _take(row, at, struct.calcsize(_FIXED[kind.kind]), column)
        return _number(kind.kind, raw, column), at
    if kind.kind == "fixed":
        return _take(row, at, kind.size, column)
    length, at = _take(row, at, _U32.size, column)
    data, at = _take(row, at, _U32.unpack(length)[0], column)
    return (data if kind.kind == "binary" else _text(kind, data, column)), at


def _number(kind: str, raw: bytes, column: Column) -> Plain:
    value = cast(int | float, struct.unpack(_FIXED[kind], raw)[0])
    if value != value and raw != _NAN[kind]:
        raise _malformed(column, f"NaN spelled {raw.hex()}")
    if kind == "bool":
        if value not in (0, 1):
            raise _malformed(column, f"bool byte {raw.hex()}")
        return bool(value)
    return value


def _text(kind: ColumnType, data: bytes, column: Column) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed(column, f"text that is not UTF-8 at byte {error.start}") from error
    if kind.kind == "decimal" and not _is_decimal(text, kind):
        raise _malformed(column, f"decimal '{text[:60]}'")
    return text


def _is_decimal(text: str, kind: ColumnType) -> bool:
    """Tell whether `text` is the one spelling: exactly `scale` decimals, no exponent, no '-0'."""
    match = _DECIMAL.match(text)
    if not match or len(match[3] or "") != kind.scale:
        return False
    digits = (match[2] + (match[3] or "")).lstrip("0")
    return len(digits) <= kind.size and not (match[1] and not digits)


def _take(row: bytes, at: int, count: int, column: Column) -> tuple[bytes, int]:
    if at + count > len(row):
        raise _malformed(column, f"only {len(row) - at} of {count} bytes")
    return row[at : at + count], at + count


def _malformed(column: Column, what: str) -> TamperError:
    return TamperError("codec.row-malformed", f"Column '{column.name}' of a row holds {what}.", _HINT)


_HINT = "Check that the row and its schema belong together, then run 'probative record verify'."
