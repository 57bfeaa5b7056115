"""Write `row-be-1.json`: test vectors of the row codec, for implementers in other languages.

Run: python tests/vectors/make_row_be_1.py
Each case is a row of one column: its type, whether it is nullable, the value (JSON; bytes and the bits of
floats in hex), the codec bytes and the leaf hash, both in hex. The bytes are made here with `struct` alone,
not with the product.
"""

import hashlib
import json
import struct
from pathlib import Path

HERE = Path(__file__).parent


def sized(data):
    """Return bytes after their length."""
    return struct.pack(">I", len(data)) + data


def number(layout, value):
    """Return a number, big-endian."""
    return struct.pack(">" + layout, value)


CASES = [
    ("int8", False, -128, number("b", -128)),
    ("int16", False, -2, number("h", -2)),
    ("int32", False, 2**31 - 1, number("i", 2**31 - 1)),
    ("int64", False, -(2**63), number("q", -(2**63))),
    ("uint8", False, 255, number("B", 255)),
    ("uint16", False, 65535, number("H", 65535)),
    ("uint32", False, 2**32 - 1, number("I", 2**32 - 1)),
    ("uint64", False, 2**64 - 1, number("Q", 2**64 - 1)),
    ("int32", True, None, b"\x00"),
    ("int32", True, 7, b"\x01" + number("i", 7)),
    ("float64", False, "3ff8000000000000", number("d", 1.5)),
    ("float64", False, "8000000000000000", number("d", -0.0)),
    ("float64", False, "7ff8000000000000", bytes.fromhex("7ff8000000000000")),
    ("float64", False, "fff0000000000000", number("d", float("-inf"))),
    ("float32", False, "7fc00000", bytes.fromhex("7fc00000")),
    ("float32", False, "80000000", number("f", -0.0)),
    ("bool", False, True, b"\x01"),
    ("bool", True, False, b"\x01\x00"),
    ("date", False, "1969-12-31", number("i", -1)),
    ("timestamp", False, "2026-11-21T09:00:00.000001Z", number("q", 1795251600000001)),
    ("timestamp", False, "1969-12-31T23:59:59.999999Z", number("q", -1)),
    ("decimal(10,8)", False, "0.00000001", sized(b"0.00000001")),
    ("decimal(5,2)", False, "-0.05", sized(b"-0.05")),
    ("decimal(2,2)", False, "0.50", sized(b"0.50")),
    ("decimal(3,0)", False, "-7", sized(b"-7")),
    ("text", False, "", sized(b"")),
    ("text", False, "h\u00e9 \U0001f600", sized("h\u00e9 \U0001f600".encode())),
    ("text", True, None, b"\x00"),
    ("text", True, "", b"\x01" + sized(b"")),
    ("binary", False, "00ff", sized(b"\x00\xff")),
    ("binary(3)", False, "010203", b"\x01\x02\x03"),
    ("binary(3)", True, "010203", b"\x01\x01\x02\x03"),
]


def document():
    """Return the vectors as text."""
    cases = [
        {
            "type": kind,
            "nullable": nullable,
            "value": value,
            "row": row.hex(),
            "leaf": hashlib.sha256(b"\x00" + row).hexdigest(),
        }
        for kind, nullable, value, row in CASES
    ]
    return json.dumps({"codec": "row-be/1", "cases": cases}, indent=1) + "\n"


if __name__ == "__main__":
    (HERE / "row-be-1.json").write_text(document())
