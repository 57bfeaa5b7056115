"""Checkpoints (C2SP tlog-checkpoint v1.0.0): a log's signed statement of its size and root.

**Promise**: exactly three lines (origin, size, root), no extension lines; what is parsed formats back to the
same bytes; only a checkpoint signed by a trusted key of that origin is returned by `verify_checkpoint`.
**Not here**: deciding when one may be signed (`record.recorder`): never two roots for one size.
"""

import base64
import binascii
from collections.abc import Iterable

import msgspec

from probative.kernel.errors import TamperError, UsageError
from probative.record.ports import Signer
from probative.record.proofs.merkle import HASH_BYTES
from probative.record.proofs.note import VerifierKey, sign_note, verify_note

SIZE_MAX = (1 << 63) - 1


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A tree head: whose log, how many entries, and the RFC 6962 root over them.

    >>> print(Checkpoint(origin="example.com/log", size=0, root=bytes(32)).text(), end="")
    example.com/log
    0
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        """Refuse what the three lines could not carry."""
        if not self.origin or any(character < " " for character in self.origin):
            raise _malformed(f"the origin {self.origin[:80]!r} is empty or has control characters")
        if not 0 <= self.size <= SIZE_MAX:
            raise _malformed(f"the size {self.size} is out of range")
        if len(self.root) != HASH_BYTES:
            raise _malformed(f"the root has {len(self.root)} bytes, not {HASH_BYTES}")

    def text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the three lines of a checkpoint's text; anything else raises `UsageError`.

    The text is not trusted by this: use `verify_checkpoint` on the signed note.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise _malformed(f"it has {max(len(lines) - 1, 0)} lines, not three")
    origin, size, encoded = lines[:3]
    if not (size.isascii() and size.isdecimal() and len(size) <= 19) or str(int(size)) != size:
        raise _malformed(f"{size[:40]!r} is not a tree size")
    try:
        root = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed(f"{encoded[:60]!r} is not a root in base64") from error
    checkpoint = Checkpoint(origin=origin, size=int(size), root=root)
    if checkpoint.text() != text:
        raise _malformed(f"{encoded[:60]!r} is not the one spelling of its root")
    return checkpoint


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """Return the signed note of `checkpoint`; the key's name is the origin."""
    return sign_note(checkpoint.text(), checkpoint.origin, signer)


def verify_checkpoint(data: bytes, origin: str, keys: Iterable[VerifierKey]) -> Checkpoint:
    """Return the checkpoint in note `data` if a trusted key signed it for `origin`.

    A malformed note raises `UsageError`; another origin, or no good signature, raises `TamperError`.
    """
    checkpoint = parse_checkpoint(verify_note(data, keys).text)
    if checkpoint.origin != origin:
        raise TamperError(
            "checkpoint.other-origin",
            f"This checkpoint is of log '{checkpoint.origin[:80]}', not of '{origin}'.",
            "Use the trust file of that log.",
        )
    return checkpoint


def _malformed(why: str) -> UsageError:
    return UsageError(
        "checkpoint.malformed", f"This is not a checkpoint: {why}.", "Fetch it again from its log."
    )
