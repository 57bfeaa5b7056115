"""Decision rows: from the bytes of one row to the fact that sealed its segment.

**Promise**: a row counts if its leaf leads to the sealed root, its schema is the one that the seal names, it
decodes without a byte left over (`row-be/1`), and what is disclosed of a person opens its commitment.
**Not here**: rows in bulk (the product reads Parquet).
"""

import re
import struct
from datetime import datetime, timedelta
from typing import Any

from probative.prove.verifier.entries import Fact
from probative.prove.verifier.forms import FailureError, canonical, read_json, sha256
from probative.prove.verifier.tree import root_of_path

DECISION_FORMAT = "probative-decision/1"
_CODEC = "row-be/1"
_NUMBERS = {
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
_NAN = {"float32": "7fc00000", "float64": "7ff8000000000000"}
_SIZED = re.compile(r"binary\((\d{1,4})\)\Z")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # only ever printed, with a Z


def read_decision(file: str, data: bytes, facts: dict[str, Fact]) -> dict[str, Any]:
    """Check one decision file against the facts of its package and return what it discloses."""
    value = read_json(file, data)
    try:
        if value["format"] != DECISION_FORMAT:
            raise ValueError(f"its format is not {DECISION_FORMAT}")
        sealed, declared = (_stands_on(file, facts, value[part]) for part in ("sealed_fact", "schema_fact"))
        row, path = bytes.fromhex(value["row"]), [bytes.fromhex(item) for item in value["path"]]
        if (value["system"], value["segment"]) != (sealed.body["system"], sealed.body["segment"]):
            raise ValueError("it names another system or segment than its seal")
        _check_segment(file, sealed, declared)
        _check_leaf(file, row, value["index"], path, sealed)
        columns = declared.body["columns" if sealed.body["stream"] == "decisions" else "outcomes"]
        shown = _open_row(columns, row, value["groups"])
        if shown["decision_id"] != value["decision_id"]:
            raise ValueError(f"the row is decision {shown['decision_id']}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FailureError(file, "row", f"the row does not fit its facts: {error}"[:200]) from error
    return shown


def decode_row(columns: list[dict[str, Any]], row: bytes) -> dict[str, Any]:
    """Decode `row-be/1` bytes; anything but exactly one row of `columns` raises `ValueError`.

    >>> decode_row([{"name": "n", "type": "int16", "nullable": True}], bytes.fromhex("01fffe"))
    {'n': -2}
    """
    values: dict[str, Any] = {}
    at = 0
    for column in columns:
        if column["nullable"]:
            presence, at = _take(row, at, 1)
            if presence not in (b"\x00", b"\x01"):
                raise ValueError(f"column {column['name']} has presence byte {presence.hex()}")
            if presence == b"\x00":
                values[column["name"]] = None
                continue
        values[column["name"]], at = _value(column["type"], row, at)
    if at != len(row):
        raise ValueError(f"{len(row) - at} bytes follow the last column")
    return values


def _stands_on(file: str, facts: dict[str, Fact], fact_id: str) -> Fact:
    if fact_id not in facts:
        raise FailureError(file, "row", f"fact {str(fact_id)[:64]}, on which it stands, is not verified here")
    return facts[fact_id]


def _check_segment(file: str, sealed: Fact, declared: Fact) -> None:
    """The seal names the schema by digest, and both are the kinds of fact that they must be."""
    kinds = (sealed.kind, declared.kind, sealed.body["codec"])
    if kinds != ("record.segment-sealed", "record.schema-declared", _CODEC):
        raise FailureError(file, "row", f"a row needs a sealed segment and its schema, not {kinds}")
    if sha256(canonical(declared.body)).hex() != sealed.body["schema"]:
        raise FailureError(file, "schema", f"segment {sealed.body['segment']} was sealed with another schema")


def _check_leaf(file: str, row: bytes, index: int, path: list[bytes], sealed: Fact) -> None:
    root = root_of_path(sha256(b"\x00", row), index, sealed.body["rows"], path)
    if root is None or root.hex() != sealed.body["root"]:
        raise FailureError(
            file, "row inclusion", f"the row does not lead to the root of {sealed.body['segment']}"
        )


def _open_row(columns: list[dict[str, Any]], row: bytes, opened: dict[str, Any]) -> dict[str, Any]:
    """Decode the row and every disclosed group, each after it has opened its commitment."""
    groups = dict.fromkeys(column["group"] for column in columns if column["group"] is not None)
    committed = [{"name": f"commitment_{name}", "type": "binary(32)", "nullable": False} for name in groups]
    shown = decode_row([column for column in columns if column["group"] is None] + committed, row)
    for name in groups:
        commitment = shown.pop(f"commitment_{name}")
        if name in opened:
            salt, values = (bytes.fromhex(opened[name][part]) for part in ("salt", "values"))
            if len(salt) != 16 or sha256(salt, values).hex() != commitment:
                raise ValueError(f"the values of group {name} do not open their commitment")
            shown.update(decode_row([column for column in columns if column["group"] == name], values))
    if not set(opened) <= set(groups):
        raise ValueError("it opens a group that the schema does not have")
    return shown


def _value(kind: str, row: bytes, at: int) -> tuple[Any, int]:
    if kind in _NUMBERS:
        raw, at = _take(row, at, struct.calcsize(_NUMBERS[kind]))
        return _number(kind, raw), at
    sized = _SIZED.match(kind)
    if sized:
        raw, at = _take(row, at, int(sized[1]))
        return raw.hex(), at
    length, at = _take(row, at, 4)
    raw, at = _take(row, at, int.from_bytes(length, "big"))
    return (raw.hex() if kind == "binary" else raw.decode()), at


def _number(kind: str, raw: bytes) -> Any:
    value = struct.unpack(_NUMBERS[kind], raw)[0]
    if value != value and raw.hex() != _NAN[kind]:
        raise ValueError(f"a NaN is spelled {raw.hex()}")
    if kind == "bool":
        if value > 1:
            raise ValueError(f"a bool is spelled {raw.hex()}")
        return value == 1
    if kind in ("date", "timestamp"):
        return _instant(kind, value)
    return value if value == value else "NaN"


def _instant(kind: str, value: int) -> Any:
    """Return a date or an instant as text; beyond the years that Python knows, the number itself."""
    try:
        if kind == "date":
            return (_EPOCH + timedelta(days=value)).date().isoformat()
        return (_EPOCH + timedelta(microseconds=value)).isoformat(timespec="microseconds") + "Z"
    except OverflowError:
        return value


def _take(row: bytes, at: int, count: int) -> tuple[bytes, int]:
    if at + count > len(row):
        raise ValueError(f"the row ends after {len(row)} bytes")
    return row[at : at + count], at + count
