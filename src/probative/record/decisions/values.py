"""Plain Python values against a schema: what a row of dictionaries or a JSON line may hold.

**Promise**: a value is taken exactly as meant or refused; nothing is rounded, truncated or guessed, except
that a number for a float column becomes the nearest float.
**Not here**: Arrow batches (`batch`); this module is light, so the client can check a row at once.
"""

import base64
import binascii
import re
import struct
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Context, Decimal, InvalidOperation
from functools import cache
from typing import Any, NoReturn

from probative.kernel.clock import parse_instant, to_utc
from probative.kernel.errors import UsageError
from probative.kernel.limits import LINE_BYTES_MAX
from probative.record.decisions.schema import Column, nearest, parse_type

ID_TAKEN = "decisions.id-taken"  # the code of the error about an id that is recorded with other values
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")
_DECIMAL = re.compile(r"-?\d{1,40}(?:\.\d{1,40})?\Z")
_EXACT = Context(prec=128)


def check_row(columns: Sequence[Column], row: Mapping[str, Any], place: str = "the row") -> list[Any]:
    """Return the values of `row` in the order of `columns`; anything that does not fit raises `UsageError`.

    >>> check_row([Column(name="n", type="int8", role="meta")], {"n": 300})
    Traceback (most recent call last):
    probative.kernel.errors.UsageError: Column 'n' takes int8, not 300 (the row).
    """
    known = [column.name for column in columns]
    check_names(known, list(row), place)
    return [check_value(column, row[column.name], place) for column in columns]


def check_names(known: list[str], given: list[str], place: str) -> None:
    """Refuse columns that the schema does not have, and columns that are missing or occur twice."""
    expected = set(known)
    for name in given:
        if name not in expected:
            raise UsageError(
                "decisions.unknown-column",
                f"The schema has no column '{name[:80]}' ({place}).",
                nearest(name, known),
            )
    missing = [name for name in known if name not in set(given)]
    if missing:
        raise UsageError(
            "decisions.missing-column",
            f"Column '{missing[0]}' is missing ({place}).",
            f"Give every column, null where there is no value; missing: {', '.join(missing)[:400]}.",
        )
    if len(given) != len(expected):
        twice = next(name for name in given if given.count(name) > 1)
        raise UsageError("decisions.column-twice", f"Column '{twice}' occurs twice ({place}).", "Drop one.")


def refuse_null(column: Column, place: str) -> NoReturn:
    """Say that a column without nulls was given one."""
    raise UsageError(
        "decisions.null",
        f"Column '{column.name}' cannot be null ({place}).",
        "Give a value, or declare the column nullable in the next schema version.",
    )


def refuse_id(text: str, place: str) -> NoReturn:
    """Say that an id is not a UUID version 7 in its canonical text form."""
    raise UsageError(
        "decisions.id-malformed",
        f"'{text[:80]}' is not a decision id ({place}).",
        "Use a UUID version 7 in lower-case text, for example from probative.kernel.ids.uuid7.",
    )


def check_value(column: Column, value: Any, place: str) -> Any:
    """Return one value as Arrow takes it; a value that does not fit the column raises `UsageError`."""
    if value is None:
        if not column.nullable:
            refuse_null(column, place)
        return None
    if column.role == "id":
        text = str(value) if isinstance(value, uuid.UUID) else value
        if not isinstance(text, str) or not _UUID7.match(text):
            refuse_id(repr(value) if not isinstance(text, str) else text, place)
        return text
    try:
        return _converter(column.type)(value)
    except (ValueError, TypeError, OverflowError, InvalidOperation, UsageError) as error:
        shown = repr(value)
        raise UsageError(
            "decisions.wrong-type",
            f"Column '{column.name}' takes {column.type}, not {shown[:80]} ({place}).",
            error.hint if isinstance(error, UsageError) else "Send the value with the type of the schema.",
        ) from error


@cache
def _converter(type_text: str) -> Callable[[Any], Any]:
    kind, size, scale = parse_type(type_text)
    if "int" in kind:
        bits = int(kind.lstrip("uint"))
        low = 0 if kind.startswith("u") else -(1 << (bits - 1))
        return lambda value: _integer(value, low, low + (1 << bits) - 1)
    converters: dict[str, Callable[[Any], Any]] = {
        "float32": lambda value: struct.unpack(">f", struct.pack(">f", _real(value)))[0],
        "float64": _real,
        "bool": _boolean,
        "date": _date,
        "timestamp": _timestamp,
        "text": _text,
        "binary": _binary,
        "fixed": lambda value: _sized(_binary(value), size),
        "decimal": lambda value: _decimal(value, size, scale),
    }
    return converters[kind]


def _integer(value: Any, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise ValueError
    return value


def _real(value: Any) -> float:
    if type(value) not in (int, float):
        raise TypeError
    return float(value)


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise TypeError
    return value


def _date(value: Any) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise TypeError
    return value


def _timestamp(value: Any) -> datetime:
    if isinstance(value, str):
        return parse_instant(value)
    if not isinstance(value, datetime):
        raise TypeError
    return to_utc(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value.encode("utf-8")) > LINE_BYTES_MAX:
        raise ValueError
    return value


def _binary(value: Any) -> bytes:
    """Take bytes, or base64 text (the form that bytes have in JSON)."""
    if isinstance(value, str):
        try:
            value = base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise UsageError("decisions.base64", "This is not base64.", "Write bytes as base64.") from error
    if not isinstance(value, bytes | bytearray) or len(value) > LINE_BYTES_MAX:
        raise ValueError
    return bytes(value)


def _sized(value: bytes, size: int) -> bytes:
    if len(value) != size:
        raise ValueError
    return value


def _decimal(value: Any, digits: int, scale: int) -> Decimal:
    if type(value) not in (int, str, Decimal) or (isinstance(value, str) and not _DECIMAL.match(value)):
        raise TypeError
    number = Decimal(value)
    # The size is looked at first: '1e999999' must not become an integer with a million digits.
    if not number.is_finite() or (number and number.adjusted() >= digits - scale):
        raise ValueError
    unscaled = number.scaleb(scale, _EXACT)
    if unscaled != unscaled.to_integral_value():
        raise ValueError
    return Decimal(int(unscaled)).scaleb(-scale, _EXACT)
