"""Digests: lower-case hexadecimal SHA-256, always over stored bytes.

**Promise**: one spelling (`64 hex characters`) everywhere inside; `check_digest` refuses any other.
**Not here**: Merkle hashing (`record.proofs.merkle`) and reading files (`adapters.files`).
"""

import hashlib
import re

from probative.kernel.errors import UsageError

_HEX_64 = re.compile(r"[0-9a-f]{64}\Z")


def sha256_hex(data: bytes | bytearray | memoryview) -> str:
    """Return the SHA-256 of `data` as 64 lower-case hex characters (FIPS 180-4).

    >>> sha256_hex(b"")[:16]
    'e3b0c44298fc1c14'
    """
    return hashlib.sha256(data).hexdigest()


def check_digest(text: str) -> str:
    """Return `text` if it is a SHA-256 in our one spelling, else raise `UsageError`.

    Digests become file names, so a lax check here would be a path trick elsewhere.

    >>> check_digest("ab" * 32) == "ab" * 32
    True
    """
    if not _HEX_64.match(text):
        raise UsageError(
            "digest.malformed",
            f"'{text[:80]}' is not a SHA-256 digest.",
            "Give 64 lower-case hexadecimal characters.",
        )
    return text
