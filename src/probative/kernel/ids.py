"""Ids: time-ordered unique ids (UUIDv7) and the names people give to things.

**Promise**: names are safe in paths, URLs and logs; UUIDv7 ids sort by creation time.
**Not here**: fact ids (a fact's id is its leaf hash, see `record.ledger`).
"""

import os
import re
import uuid
from datetime import datetime

from probative.kernel.errors import UsageError
from probative.kernel.limits import NAME_CHARS_MAX

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\Z")


def uuid7(at: datetime, entropy: bytes | None = None) -> uuid.UUID:
    """Make a version 7 UUID (RFC 9562, section 5.7) for the instant `at`, millisecond precision.

    `entropy` is ten bytes of randomness; give it only to make ids repeatable (the demo, tests).

    >>> from datetime import UTC
    >>> str(uuid7(datetime(2026, 11, 21, tzinfo=UTC), bytes(10)))
    '01a1fb67-1800-7000-8000-000000000000'
    """
    random = os.urandom(10) if entropy is None else entropy
    milliseconds = int(at.timestamp() * 1000)
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76
    value |= (int.from_bytes(random[:2], "big") & 0x0FFF) << 64
    value |= 0b10 << 62
    value |= int.from_bytes(random[2:10], "big") & 0x3FFF_FFFF_FFFF_FFFF
    return uuid.UUID(int=value)


def check_name(text: str, what: str = "name") -> str:
    """Return `text` if it can name a `what` (system, release, control, ...), else raise `UsageError`.

    A name is lower-case ASCII letters, digits, dots, dashes and underscores, and begins and ends with a
    letter or digit: it can never be `..`, a hidden file or an option.

    >>> check_name("credit-scoring", "system")
    'credit-scoring'
    """
    if len(text) > NAME_CHARS_MAX or not _NAME.match(text) or ".." in text:
        raise UsageError(
            "name.malformed",
            f"'{text[:80]}' cannot name a {what}.",
            "Use lower-case letters, digits, '.', '-' and '_', for example 'credit-scoring'.",
        )
    return text
