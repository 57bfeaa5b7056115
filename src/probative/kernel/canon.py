"""Canonical JSON out (RFC 8785), strict JSON in.

**Promise**: `canonical` gives the same bytes for equal values; `parse_strict` refuses what JSON parsers
disagree about: duplicate keys, non-finite numbers, lone surrogates, control characters in keys, nesting
and sizes beyond the limits.
**Not here**: typed decoding (`msgspec`), which must only ever see text that passed `parse_strict`.
"""

import json
import re
from typing import Any, NoReturn

import rfc8785

from probative.kernel.errors import UsageError
from probative.kernel.limits import JSON_BYTES_MAX, JSON_DEPTH_MAX

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


def canonical(value: object) -> bytes:
    """Encode plain JSON values as RFC 8785 canonical bytes; unencodable values raise `UsageError`.

    Integers beyond 2^53 cannot be told apart by every reader, so they are refused: write them as text.

    >>> canonical({"b": 1, "a": [True, None, "é"]})
    b'{"a":[true,null,"\\xc3\\xa9"],"b":1}'
    """
    try:
        return rfc8785.dumps(value)  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeEncodeError) as error:
        raise UsageError(
            "json.not-canonical", f"This value has no canonical JSON: {error}.", "Use plain JSON values."
        ) from error


def parse_strict(data: bytes | str, bytes_max: int = JSON_BYTES_MAX) -> Any:
    """Decode JSON from outside, refusing everything ambiguous or oversized with `UsageError`.

    >>> parse_strict('{"a": 1}')
    {'a': 1}
    >>> parse_strict('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    probative.kernel.errors.UsageError: The JSON key 'a' occurs twice.
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else bytes(data)
    if len(raw) > bytes_max:
        _refuse("json.too-large", f"The JSON text has {len(raw)} bytes; at most {bytes_max} are taken.")
    _check_depth(raw)
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        _refuse("json.not-utf8", f"The JSON text is not UTF-8 at byte {error.start}.")
    except ValueError as error:
        _refuse("json.malformed", f"The JSON text cannot be read: {error}.")
    _check_text(value)
    return value


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            _refuse("json.duplicate-key", f"The JSON key '{key[:80]}' occurs twice.")
        if any(ord(character) < 0x20 for character in key):
            _refuse("json.control-character", f"The JSON key {key[:80]!r} has a control character.")
        found[key] = value
    return found


def _no_constant(text: str) -> NoReturn:
    _refuse("json.not-finite", f"'{text}' is not a JSON number.")


def _check_depth(raw: bytes) -> None:
    """Count nesting before parsing: a deep text must never reach a recursive parser."""
    if raw.count(b"[") + raw.count(b"{") <= JSON_DEPTH_MAX:
        return
    depth = 0
    for mark in _BRACKET.findall(_STRING.sub(b"", raw)):
        depth += 1 if mark in b"[{" else -1
        if depth > JSON_DEPTH_MAX:
            _refuse("json.too-deep", f"The JSON text nests deeper than {JSON_DEPTH_MAX} levels.")


def _check_text(value: Any) -> None:
    """Refuse lone surrogates and infinite floats (1e999) anywhere in the value."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(item.keys())
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, str) and not item.isascii():
            try:
                item.encode("utf-8")
            except UnicodeEncodeError:
                _refuse("json.lone-surrogate", f"The JSON text {item[:40]!r} has half a surrogate pair.")
        elif isinstance(item, float) and item in (float("inf"), float("-inf")):
            _refuse("json.not-finite", "A JSON number is too large for a float.")


def _refuse(code: str, sentence: str) -> NoReturn:
    raise UsageError(code, sentence, "Mend the text at its source and send it again.")
