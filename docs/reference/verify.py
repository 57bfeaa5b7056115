#!/usr/bin/env python3
"""Verify a Probative evidence package offline: python3 verify.py --trust trust.json [package.zip]

Without a package it checks the folder that it lies in. It ends with 0 when nothing was changed and the keys
of the trust file vouch for it, 7 when something contradicts, 8 when all is consistent but no trust file was
given. It needs Python 3.8 or later, nothing else, and no network. Take it from the project's pages and
compare its SHA-256 with the published one: a verifier that came with the evidence is as trustworthy as it.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import argparse
import base64
import functools
import hashlib
import json
import os
import re
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

# ---- forms ----
# Texts in their one spelling: JSON, base64, digests, and the failure that names what is wrong.


JSON_BYTES_MAX = 16 * 1024 * 1024
_NUMBER_DIGITS_MAX = 20


class FailureError(Exception):
    """One property (`check`) of one `file` that does not hold, and what was seen instead."""

    def __init__(self, file: str, check: str, detail: str) -> None:
        """Keep the three parts."""
        super().__init__(f"{file}: {check}: {detail}")
        self.file, self.check, self.detail = file, check, detail


def sha256(*parts: bytes) -> bytes:
    """Return the SHA-256 of `parts`, joined."""
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value: Any) -> bytes:
    """Return the RFC 8785 JSON of a value that has no floats and only ASCII keys.

    >>> canonical({"b": [1, None], "a": "é"}).decode()
    '{"a":"é","b":[1,null]}'
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_json(file: str, data: bytes, exact: bool = True) -> dict[str, Any]:
    """Read a JSON object strictly; `exact` asks for canonical bytes (what has no floats is written so)."""
    try:
        value = json.loads(
            data.decode(), object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=small_int
        )
        if not isinstance(value, dict) or (exact and canonical(value) != data):
            raise ValueError("no object in canonical spelling")
    except (ValueError, RecursionError) as error:
        raise FailureError(file, "form", f"this is not the JSON that was written: {error}"[:200]) from error
    return value


def read_base64(text: str) -> bytes:
    """Decode standard base64 (RFC 4648, section 4) in its one spelling, else `ValueError`."""
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError("base64 in a second spelling")
    return raw


def small_int(text: str) -> int:
    """Read a decimal integer of at most twenty characters in its one spelling, else `ValueError`."""
    if len(text) > _NUMBER_DIGITS_MAX or str(int(text)) != text:
        raise ValueError(f"'{text[:24]}' is no number in its one spelling")
    return int(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is not a JSON number")


# ---- ed25519 ----
# Ed25519 signatures checked in pure Python (RFC 8032, section 5.1.7).


_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_BASE = (4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little")
_NEUTRAL = (0, 1, 1, 0)
_WINDOW_BITS = 4


def ed25519_verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether `signature` (64 bytes) of `message` was made with the key of `public_key` (32 bytes)."""
    scalar = int.from_bytes(signature[32:], "little")
    if len(public_key) != 32 or len(signature) != 64 or scalar >= _ORDER:
        return False
    base, key = _multiples(_BASE, False), _multiples(public_key, True)
    if base is None or key is None:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    challenge = int.from_bytes(digest, "little") % _ORDER
    total = _NEUTRAL
    for row in range(256 // _WINDOW_BITS):
        total = _add(_add(total, base[row][scalar & 15]), key[row][challenge & 15])
        scalar, challenge = scalar >> _WINDOW_BITS, challenge >> _WINDOW_BITS
    return _compress(total) == signature[:32]


@functools.lru_cache(maxsize=16)
def _multiples(encoded: bytes, negate: bool) -> list[list[tuple[int, int, int, int]]] | None:
    """Return 64 rows of 16 multiples of a point: with them, multiplying is adding, without doublings."""
    point = _decompress(encoded)
    if point is None:
        return None
    step = (_P - point[0], point[1], 1, _P - point[3]) if negate else point
    rows = []
    for _ in range(256 // _WINDOW_BITS):
        row = [_NEUTRAL]
        for _ in range(1 << _WINDOW_BITS):
            row.append(_add(row[-1], step))
        step = row.pop()
        rows.append(row)
    return rows


def _add(one: tuple[int, int, int, int], two: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Add two points in extended coordinates (RFC 8032, section 5.1.4)."""
    a = (one[1] - one[0]) * (two[1] - two[0])
    b = (one[1] + one[0]) * (two[1] + two[0])
    c = one[3] * two[3] * 2 * _D
    d = one[2] * two[2] * 2
    e, f, g, h = (b - a) % _P, (d - c) % _P, (d + c) % _P, (b + a) % _P
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _decompress(encoded: bytes) -> tuple[int, int, int, int] | None:
    """Decode a point (RFC 8032, section 5.1.3); `None` for what is no point or a second spelling of one."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= _P:
        return None
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    if (v * x * x - u) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (v * x * x - u) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


def _compress(point: tuple[int, int, int, int]) -> bytes:
    inverse = pow(point[2], _P - 2, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


# ---- tree ----
# Whose tree it is and what stands in it: trust files, checkpoints, inclusion proofs.


TRUST_FORMAT = "probative-trust/1"
PATH_HASHES_MAX = 64
_DASH = "\u2014"


class Keys(NamedTuple):
    """Whom to believe: the log's origin, its keys by name and mark, and writers' keys by id.

    With a writer's key stands the ledger size at which it was retired, or `None`.
    """

    origin: str
    log: dict[tuple[str, bytes], bytes]
    writers: dict[str, tuple[bytes, int | None]]


class Checkpoint(NamedTuple):
    """A signed tree head, and the exact bytes of its note."""

    size: int
    root: bytes
    note: bytes


class Proof(NamedTuple):
    """An entry's place in the log, the path from it to the root, and the note of the checkpoint it is for."""

    place: int
    path: list[bytes]
    note: bytes


def read_keys(file: str, data: bytes) -> Keys:
    """Read a trust file, or an issuer's claim about itself, which has the same form."""
    value = read_json(file, data, exact=False)
    try:
        if set(value) != {"format", "log_keys", "origin", "writer_keys"} or value["format"] != TRUST_FORMAT:
            raise ValueError(f"its format is not {TRUST_FORMAT}")
        log = dict(_log_key(line) for line in value["log_keys"])
        writers = {key["key_id"]: _writer_key(key) for key in value["writer_keys"]}
        if not log or not writers:
            raise ValueError("it names no key")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FailureError(file, "form", f"this is no trust file: {error}"[:200]) from error
    return Keys(str(value["origin"]), log, writers)


def read_checkpoint(file: str, note: bytes, keys: Keys) -> Checkpoint:
    """Read a checkpoint (C2SP tlog-checkpoint in a signed note) that the log of `keys` has signed."""
    try:
        text, _, lines = note.decode().rpartition("\n\n")
        origin, size, root = text.split("\n")
        checkpoint = Checkpoint(small_int(size), read_base64(root), note)
        if not lines.endswith("\n") or len(checkpoint.root) != 32:
            raise ValueError("it has no signature or no root")
        signatures = [_signature(line) for line in lines[:-1].split("\n")]
    except ValueError as error:
        raise FailureError(file, "form", f"this is no checkpoint: {error}"[:200]) from error
    for name, raw in signatures:
        key = keys.log.get((name, raw[:4]))
        if origin != keys.origin or key is None:
            detail = f"'{name[:60]}' {raw[:4].hex()} is no known key of the log '{keys.origin[:60]}'"
            raise FailureError(file, "issuer", detail)
        if not ed25519_verify(key, raw[4:], f"{text}\n".encode()):
            raise FailureError(file, "signature", f"the signature of '{name[:60]}' does not fit")
    return checkpoint


def read_proof(file: str, data: bytes) -> Proof:
    """Read a c2sp.org/tlog-proof@v1 (without extra data) in its one spelling."""
    try:
        head, _, note = data.partition(b"\n\n")
        first, index_line, *hashes = head.decode("ascii").split("\n")
        if first != "c2sp.org/tlog-proof@v1" or index_line[:6] != "index ":
            raise ValueError("its first two lines are others")
        return Proof(small_int(index_line[6:]), [read_base64(line) for line in hashes], note)
    except ValueError as error:
        raise FailureError(file, "form", f"this is no tlog-proof: {error}"[:200]) from error


def check_inclusion(file: str, leaf: bytes, proof: Proof, checkpoint: Checkpoint) -> None:
    """Refuse a proof that does not show `leaf` under `checkpoint`."""
    if proof.note != checkpoint.note:
        raise FailureError(file, "checkpoint", "the proof is for another checkpoint than the package's")
    if root_of_path(leaf, proof.place, checkpoint.size, proof.path) != checkpoint.root:
        raise FailureError(file, "inclusion", "entry and proof do not lead to the root of the checkpoint")


def root_of_path(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """Return the root that an inclusion path leads to, or `None` if it has another length than it must."""
    first, last, root = index, size - 1, leaf
    if not 0 <= index < size or len(path) > PATH_HASHES_MAX:
        return None
    for sibling in path:
        if last == 0 or len(sibling) != 32:
            return None
        if first & 1 or first == last:
            root = sha256(b"\x01", sibling, root)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            root = sha256(b"\x01", root, sibling)
        first, last = first >> 1, last >> 1
    return None if last else root


def _log_key(line: str) -> tuple[tuple[str, bytes], bytes]:
    name, mark, encoded = line.split("+", 2)
    raw = read_base64(encoded)
    key_hash = sha256(name.encode(), b"\n", raw)[:4]
    if len(raw) != 33 or raw[:1] != b"\x01" or key_hash.hex() != mark:
        raise ValueError(f"'{line[:80]}' is no Ed25519 verifier key")
    return (name, key_hash), raw[1:]


def _writer_key(key: dict[str, Any]) -> tuple[bytes, int | None]:
    raw, retired = read_base64(key["public_key"]), key.get("retired_at_size")
    if len(raw) != 32 or not (retired is None or isinstance(retired, int)):
        raise ValueError("a writer key has not 32 bytes")
    return raw, retired


def _signature(line: str) -> tuple[str, bytes]:
    dash, name, encoded = line.split(" ")
    if dash != _DASH:
        raise ValueError("a signature line begins otherwise")
    return name, read_base64(encoded)


# ---- entries ----
# Ledger entries: a DSSE v1 envelope around an in-toto statement is a fact once both and its place hold.


_PAYLOAD_TYPE = "application/vnd.in-toto+json"
_STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
_KIND_PREFIX = "urn:probative:fact:"


@dataclass(frozen=True)
class Fact:
    """What verification needs to know of a fact; `id` is its leaf hash in hex."""

    id: str
    index: int
    kind: str
    recorded_at: str
    body: dict[str, Any]


def read_fact(file: str, entry: bytes, proof: bytes, checkpoint: Checkpoint, keys: Keys) -> Fact:
    """Return the fact in `entry` after checking its place under `checkpoint`, its signature and its form."""
    leaf = sha256(b"\x00", entry)
    payload, signatures = _open_envelope(file, entry)
    claimed = read_proof(proof_name(file), proof)
    _check_signatures(file, payload, signatures, claimed.place, keys)
    check_inclusion(proof_name(file), leaf, claimed, checkpoint)
    statement = read_json(file, payload, exact=False)
    try:
        kind, _, _ = str(statement["predicateType"])[len(_KIND_PREFIX) :].rpartition(":")
        if statement["_type"] != _STATEMENT_TYPE or _KIND_PREFIX not in statement["predicateType"]:
            raise ValueError("another type of statement")
        predicate = statement["predicate"]
        if predicate["entry"] != claimed.place:
            raise ValueError(f"it was written as entry {predicate['entry']}")
        return Fact(leaf.hex(), claimed.place, kind, str(predicate["recorded_at"]), dict(predicate["body"]))
    except (ValueError, KeyError, TypeError) as error:
        raise FailureError(file, "form", f"the entry holds no fact: {error}"[:200]) from error


def proof_name(file: str) -> str:
    """Return the name of the proof that lies beside entry `file`."""
    return file[: -len(".json")] + ".tlog-proof"


def _open_envelope(file: str, entry: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    value = read_json(file, entry)
    try:
        if value["payloadType"] != _PAYLOAD_TYPE:
            raise ValueError("another payload type")
        signatures = [(str(item["keyid"]), read_base64(item["sig"])) for item in value["signatures"]]
        return read_base64(value["payload"]), signatures
    except (ValueError, KeyError, TypeError) as error:
        raise FailureError(file, "form", f"this is no DSSE envelope: {error}"[:200]) from error


def _check_signatures(
    file: str, payload: bytes, signatures: list[tuple[str, bytes]], index: int, keys: Keys
) -> None:
    """Ask for at least one signature by a writer who was in office at `index`, and for no wrong one.

    A stranger counts as a writer whose time was over before it began: ignored, but never enough.
    """
    signed = b"DSSEv1 %d %s %d %s" % (len(_PAYLOAD_TYPE), _PAYLOAD_TYPE.encode(), len(payload), payload)
    good = 0
    for key_id, signature in signatures:
        key, retired = keys.writers.get(key_id, (b"", 0))
        if retired is not None and index >= retired:
            continue
        if not ed25519_verify(key, signature, signed):
            raise FailureError(file, "signature", f"the signature of key '{key_id[:60]}' does not fit")
        good += 1
    if not good:
        names = ", ".join(key_id[:60] for key_id, _ in signatures)
        raise FailureError(file, "issuer", f"no known writer of '{keys.origin[:60]}' signed it, but {names}")


# ---- rows ----
# Decision rows: from the bytes of one row to the fact that sealed its segment.


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


# ---- container ----
# Where a package lies: a zip as Probative writes it, or the folder that it was unpacked to.


FILES_MAX = 65_534
ZIP_BYTES_MAX = 0xFFFF_FFFE
_CHUNK_BYTES = 1 << 20
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*\Z")
_NAME_CHARS_MAX = 200
_LEFT_BY_DESKTOPS = frozenset([".DS_Store", "Thumbs.db", "desktop.ini"])
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s4B4H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_DATE_1980_01_01 = 0x21
_REGULAR_0644 = 0o100644 << 16
_MADE_ON_UNIX = 3
_ZIP_2_0 = 20


class Stored(NamedTuple):
    """One file of a zip: its name, CRC-32, size in bytes, and where its local header begins."""

    name: str
    crc: int
    size: int
    offset: int

    def local_header(self) -> bytes:
        """Return the one local header that this file can have."""
        name = self.name.encode()
        fields = (_ZIP_2_0, 0, 0, 0, _DATE_1980_01_01, self.crc, self.size, self.size, len(name), 0)
        return _LOCAL.pack(b"PK\x03\x04", *fields) + name

    def central_header(self) -> bytes:
        """Return the one entry in the central directory that this file can have."""
        name = self.name.encode()
        fields = (_ZIP_2_0, _MADE_ON_UNIX, _ZIP_2_0, 0, 0, 0, 0, _DATE_1980_01_01, self.crc, self.size)
        rest = (self.size, len(name), 0, 0, 0, 0, _REGULAR_0644, self.offset)
        return _CENTRAL.pack(b"PK\x01\x02", *fields, *rest) + name

    @property
    def after(self) -> int:
        """Where the next file begins."""
        return self.offset + _LOCAL.size + len(self.name) + self.size


def end_record(count: int, directory_bytes: int, offset: int) -> bytes:
    """Return the end of a zip with `count` files whose central directory begins at `offset`."""
    return _END.pack(b"PK\x05\x06", 0, 0, count, count, directory_bytes, offset, 0)


def is_safe_name(name: str) -> bool:
    """Say whether `name` can be a file of a package: relative, plain ASCII, no hidden or upward part.

    >>> [is_safe_name(name) for name in ("facts/1.json", "../x", "/x", "a//b", ".x", "a\\\\b")]
    [True, False, False, False, False, False]
    """
    return len(name) <= _NAME_CHARS_MAX and bool(_SAFE_NAME.match(name))


class Archive:
    """A package as one zip file."""

    def __init__(self, path: Path) -> None:
        """Read the directory of the zip at `path`; a zip of any other form than ours is a failure."""
        self._path = path
        with path.open("rb") as file:
            self._files = {stored.name: stored for stored in _read_directory(path.name, file)}
        self.names = frozenset(self._files)

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of file `name`; a wrong checksum is a failure at the end."""
        stored, crc = self._files[name], 0
        with self._path.open("rb") as file:
            file.seek(stored.after - stored.size)
            for data in _pieces(file, stored.size):
                crc = zlib.crc32(data, crc)
                yield data
        if crc != stored.crc:
            raise FailureError(name, "checksum", f"its bytes have CRC {crc:08x}, not {stored.crc:08x}")


class Folder:
    """A package as the folder that its zip was unpacked to."""

    def __init__(self, path: Path, beside: Path | None = None) -> None:
        """List the files under `path`; `beside` is a file of the reader's own that may lie there too."""
        self._path = path
        own = beside.resolve() if beside else None
        self.names = frozenset(name for name in _walk(path) if (path / name).resolve() != own)

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of file `name`."""
        with (self._path / name).open("rb") as file:
            yield from iter(lambda: file.read(_CHUNK_BYTES), b"")


def _read_directory(archive: str, file: BinaryIO) -> list[Stored]:
    """Read the central directory and every local header, and compare each byte with what we would write."""
    size = file.seek(0, os.SEEK_END)
    if not _END.size <= size <= ZIP_BYTES_MAX:
        raise FailureError(archive, "zip", "this is no zip that Probative wrote")
    file.seek(size - _END.size)
    end = file.read(_END.size)
    _, _, _, _, count, directory_bytes, offset, _ = _END.unpack(end)
    if end != end_record(count, directory_bytes, offset) or offset + directory_bytes + _END.size != size:
        raise FailureError(archive, "zip", "it does not end as Probative ends one")
    file.seek(offset)
    files = _parse_directory(archive, file.read(directory_bytes), count)
    at = 0
    for stored in files:
        file.seek(at)
        header = stored.local_header()
        if stored.offset != at or file.read(len(header)) != header:
            raise FailureError(stored.name, "zip", "its header is not as it was written")
        at = stored.after
    if at != offset:
        raise FailureError(archive, "zip", "it holds bytes that belong to no file")
    return files


def _parse_directory(archive: str, data: bytes, count: int) -> list[Stored]:
    files: list[Stored] = []
    at = 0
    while at < len(data):
        fields = _CENTRAL.unpack_from(data.ljust(at + _CENTRAL.size, b"\0"), at)
        raw = data[at + _CENTRAL.size : at + _CENTRAL.size + fields[12]]
        stored = Stored(raw.decode("ascii", "replace"), fields[9], fields[10], fields[18])
        entry = stored.central_header()
        if not is_safe_name(stored.name) or data[at : at + len(entry)] != entry:
            raise FailureError(
                archive, "zip", f"entry {len(files)} of its directory is not as it was written"
            )
        if files and files[-1].name >= stored.name:
            raise FailureError(archive, "zip", f"'{stored.name}' is out of order or occurs twice")
        files.append(stored)
        at += len(entry)
    if len(files) != count:
        raise FailureError(archive, "zip", f"its directory holds {len(files)} files, not {count}")
    return files


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0:
        data = file.read(min(size, _CHUNK_BYTES))
        if not data:
            return
        size -= len(data)
        yield data


def _walk(root: Path) -> Iterator[str]:
    """Yield the names of all files under `root`; links and strange files are failures, not followed."""
    count = 0
    for folder, folders, files in os.walk(root):
        for name in sorted([*folders, *files]):
            path = Path(folder, name)
            inside = path.relative_to(root).as_posix()
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise FailureError(inside[:_NAME_CHARS_MAX], "name", "it is a link or a special file")
            count += 1
            if count > FILES_MAX:
                raise FailureError(str(root), "name", f"the folder holds more than {FILES_MAX} files")
            if name in files and name not in _LEFT_BY_DESKTOPS:
                yield inside


# ---- package ----
# A whole package: each file against its proof or digest, all of it bound to one fact in the ledger.


GOOD, TAMPERED, UNKNOWN = 0, 7, 8
FORMAT = "probative-package/1"
ISSUED_KIND = "prove.package-issued"
CHECKPOINT = "checkpoint"
ISSUED = "issued.json"
ISSUER = "issuer.json"
MANIFEST = "manifest.json"
VERIFIER = "verify.py"
_BAD_VALUE = (ValueError, KeyError, TypeError, AttributeError)


class Failure(NamedTuple):
    """What is wrong: in which file, which property, and what was seen."""

    file: str
    check: str
    detail: str


class Report(NamedTuple):
    """The answer: `status` 0 good, 7 something was changed, 8 consistent but the issuer is unknown.

    `size` and `root` (hex) are the checkpoint's; `decisions` are the disclosed values of each decision row.
    """

    status: int
    package: str
    about: str
    origin: str
    size: int
    root: str
    files: int
    facts: list[Fact]
    decisions: list[dict[str, Any]]
    withheld: int
    failures: list[Failure]


def verify_package(place: Path, keys: Keys | None, beside: Path | None = None) -> Report:
    """Check the package at `place` (zip or folder) and say what holds; `keys` come from the trust file.

    Without `keys` the package is checked against the keys that it claims itself: that can show that it was
    changed, never that it is genuine. `beside` is the reader's trust file, which may lie in the folder.
    """
    check = _Check(place.name)
    check.run(place, keys, beside)
    status = TAMPERED if check.failures else UNKNOWN if keys is None else GOOD
    return Report(
        status=status,
        package=str(check.manifest.get("package", "")),
        about=str(check.manifest.get("about", "")),
        origin=check.keys.origin if check.keys else "",
        size=check.checkpoint.size if check.checkpoint else 0,
        root=check.checkpoint.root.hex() if check.checkpoint else "",
        files=len(check.manifest.get("files", ())),
        facts=list(check.facts.values()),
        decisions=check.decisions,
        withheld=len(check.manifest.get("withheld", ())),
        failures=check.failures,
    )


class _Check:
    """One package under examination; after a failure it goes on, to find the others."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.files: Archive | Folder | None = None
        self.keys: Keys | None = None
        self.checkpoint: Checkpoint | None = None
        self.manifest: dict[str, Any] = {}
        self.facts: dict[str, Fact] = {}
        self.decisions: list[dict[str, Any]] = []
        self.failures: list[Failure] = []

    def run(self, place: Path, keys: Keys | None, beside: Path | None) -> None:
        """Work from the outside in: container, keys, checkpoint, issuing fact, manifest, what it lists."""
        self._attempt(self._open, place, beside)
        self._attempt(self._take_keys, keys)
        self._attempt(self._take_checkpoint)
        self._attempt(self._take_manifest)
        self._attempt(self._check_names)
        for name in sorted(self.manifest.get("files", ())):
            self._attempt(self._check_file, name)
        for listed in self.manifest.get("facts", ()):
            self._attempt(self._check_fact, listed)
        for listed in self.manifest.get("decisions", ()):
            self._attempt(self._check_decision, listed)

    def _attempt(self, step: Callable[..., None], *arguments: Any) -> None:
        """Run one step; of each file only the first failure is kept, for the others follow from it."""
        try:
            step(*arguments)
        except FailureError as error:
            self._keep(Failure(error.file, error.check, error.detail))
        except OSError as error:
            self._keep(Failure(self.name, "reading", f"it cannot be read: {error}"))
        except _BAD_VALUE as error:
            self._keep(Failure(MANIFEST, "form", f"this is no manifest of a package: {error!r}"[:200]))

    def _keep(self, failure: Failure) -> None:
        if all(failure.file != known.file for known in self.failures):
            self.failures.append(failure)

    def _open(self, place: Path, beside: Path | None) -> None:
        self.files = Folder(place, beside) if place.is_dir() else Archive(place)

    def _take_keys(self, keys: Keys | None) -> None:
        if self.files is not None:
            self.keys = keys or read_keys(ISSUER, self._read(ISSUER))

    def _take_checkpoint(self) -> None:
        if self.keys is not None:
            self.checkpoint = read_checkpoint(CHECKPOINT, self._read(CHECKPOINT), self.keys)

    def _take_manifest(self) -> None:
        """Read the manifest; if the issuing fact holds, it must be the one that the fact binds."""
        if self.keys is None:
            return
        data = self._read(MANIFEST)
        self._attempt(self._check_binding, hashlib.sha256(data).hexdigest())
        manifest = read_json(MANIFEST, data)
        shape = {"files": dict, "facts": list, "decisions": list, "withheld": list}
        if manifest["format"] != FORMAT or any(type(manifest[key]) is not shape[key] for key in shape):
            raise FailureError(MANIFEST, "form", f"its format is not {FORMAT}")
        self.manifest = manifest

    def _check_binding(self, digest: str) -> None:
        issued = self._fact(ISSUED)
        if issued is None:
            return
        if issued.kind != ISSUED_KIND:
            raise FailureError(ISSUED, "kind", f"fact {issued.index} is '{issued.kind[:60]}', no package")
        if issued.body["sha256"] != digest:
            detail = (
                f"its SHA-256 is {digest}, but fact {issued.index} issued {str(issued.body['sha256'])[:64]}"
            )
            raise FailureError(MANIFEST, "binding", detail)

    def _check_names(self) -> None:
        """No file may be there that nothing covers."""
        if not self.manifest or self.files is None:
            return
        covered = {CHECKPOINT, ISSUED, proof_name(ISSUED), MANIFEST, VERIFIER}
        covered.update(self.manifest["files"])
        covered.update(proof_name(listed["file"]) for listed in self.manifest["facts"])
        for name in sorted(self.files.names - covered):
            self._keep(Failure(name, "listed", "the package does not list this file"))
        if VERIFIER in self.files.names:
            self._attempt(self._check_digest, VERIFIER, self.manifest["verifier"])

    def _check_file(self, name: str) -> None:
        listed = self.manifest["files"][name]
        if not is_safe_name(name):
            raise FailureError(MANIFEST, "name", f"it lists {name[:80]!r}, which no package can hold")
        self._check_digest(name, listed["sha256"])
        if name.startswith("blobs/") and name != f"blobs/{listed['sha256']}":
            raise FailureError(name, "digest", "a blob is named by its own SHA-256")

    def _check_digest(self, name: str, expected: str) -> None:
        digest = hashlib.sha256()
        for data in self._chunks(name):
            digest.update(data)
        if digest.hexdigest() != expected:
            detail = f"its SHA-256 is {digest.hexdigest()}, listed is {str(expected)[:64]}"
            raise FailureError(name, "digest", detail)

    def _check_fact(self, listed: dict[str, Any]) -> None:
        fact = self._fact(listed["file"])
        if fact is None:
            return
        if (fact.id, fact.index, fact.kind) != (listed["id"], listed["index"], listed["kind"]):
            raise FailureError(
                listed["file"], "listed", f"it holds fact {fact.index} of kind '{fact.kind[:60]}'"
            )
        self.facts[fact.id] = fact

    def _check_decision(self, listed: dict[str, Any]) -> None:
        shown = read_decision(listed["file"], self._read(listed["file"]), self.facts)
        if shown["decision_id"] != listed["decision_id"]:
            raise FailureError(listed["file"], "listed", f"it holds decision {shown['decision_id']}")
        self.decisions.append(shown)

    def _fact(self, file: str) -> Fact | None:
        """Return the fact in `file`, or nothing where there is no checkpoint to prove it under."""
        if self.checkpoint is None or self.keys is None:
            return None
        entry, proof = self._read(file), self._read(proof_name(file))
        return read_fact(file, entry, proof, self.checkpoint, self.keys)

    def _read(self, name: str) -> bytes:
        data = bytearray()
        for piece in self._chunks(name):
            data += piece
            if len(data) > JSON_BYTES_MAX:
                raise FailureError(name, "size", f"it is larger than {JSON_BYTES_MAX} bytes")
        return bytes(data)

    def _chunks(self, name: str) -> Iterator[bytes]:
        if self.files is None or name not in self.files.names:
            raise FailureError(name, "listed", "the file is missing")
        return self.files.chunks(name)


# ---- command ----
# The command line of `verify.py`: what was checked, what failed, and what that means.


_MISUSED = 2
_SHOWN_MAX = 50
_VERDICTS = {
    GOOD: "VERIFIED: nothing was changed, and the keys of the trust file vouch for it.",
    TAMPERED: "CONTRADICTED: do not rely on this package.",
}
_UNKNOWN = (
    "CONSISTENT, ISSUER UNKNOWN: nothing contradicts itself, but anybody could have made it.\n"
    "Get the trust file from someone you know, not from the package: verify.py --trust trust.json"
)


def main(arguments: list[str], home: Path) -> int:
    """Verify the package that `arguments` name, or the folder `home`, print the answer, return the status."""
    parser = argparse.ArgumentParser(
        prog="verify.py", description="Verify a Probative evidence package offline."
    )
    parser.add_argument("package", nargs="?", type=Path, help="a zip or folder; default: this file's folder")
    parser.add_argument("--trust", type=Path, metavar="FILE", help="the issuer's trust file")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    options = parser.parse_args(arguments)
    place = options.package or home
    try:
        trust = options.trust.read_bytes() if options.trust else None
        keys = read_keys(str(options.trust), trust) if trust is not None else None
        place.stat()
    except (OSError, FailureError) as error:
        sys.stderr.write(f"error: {error}\n")
        return _MISUSED
    report = verify_package(place, keys, options.trust)
    if options.json:
        value = {**report._asdict(), "facts": len(report.facts)}
        value["failures"] = [failure._asdict() for failure in report.failures]
        sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=True) + "\n")
    else:
        sys.stdout.write(_text(report, keys, trust))
    return report.status


def _text(report: Report, keys: Keys | None, trust: bytes | None) -> str:
    """Return the report for a person; control characters from the package never reach the terminal."""
    issuer = "unknown"
    if keys is not None and trust is not None:
        issuer = f"{keys.origin}, trust file {hashlib.sha256(trust).hexdigest()}"
    lines = [
        f"Package   {report.package or '?'} about {report.about or '?'}",
        f"Issuer    {issuer}",
        f"Log       {report.origin or '?'} at size {report.size}, root {report.root or '?'}",
        f"Checked   {report.files} files, {len(report.facts)} facts, {len(report.decisions)} decisions; "
        f"{report.withheld} blobs are withheld (index.html says why)",
    ]
    lines += [f"FAILED    {item.file}: {item.check}: {item.detail}" for item in report.failures[:_SHOWN_MAX]]
    if len(report.failures) > _SHOWN_MAX:
        lines.append(f"FAILED    and {len(report.failures) - _SHOWN_MAX} more files (--json lists all)")
    safe = [
        "".join(character if character.isprintable() else "?" for character in line)
        .encode(sys.stdout.encoding or "ascii", "replace")
        .decode(sys.stdout.encoding or "ascii")
        for line in lines
    ]
    return "\n".join([*safe, _VERDICTS.get(report.status, _UNKNOWN), ""])


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main(sys.argv[1:], Path(__file__).resolve().parent))
