"""Texts in their one spelling: JSON, base64, digests, and the failure that names what is wrong.

**Promise**: a text that could have been written in two ways is refused, so that every byte counts.
**Not here**: what the texts mean.
"""

import base64
import hashlib
import json
from typing import Any

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
