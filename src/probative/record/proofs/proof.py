"""Transparency-log proofs (c2sp.org/tlog-proof@v1): one small text that proves an entry offline.

**Promise**: written and read in the one spelling of the standard; `verify_proof` trusts nothing but the keys
and the origin that the caller hands in.
**Not here**: collecting the hashes (`record.proofs.merkle`), and fetching checkpoints.
"""

import base64
import binascii
from collections.abc import Iterable

import msgspec

from probative.kernel.errors import UsageError
from probative.kernel.limits import NOTE_BYTES_MAX, PROOF_HASHES_MAX
from probative.record.proofs.checkpoint import SIZE_MAX, Checkpoint, verify_checkpoint
from probative.record.proofs.merkle import HASH_BYTES, verify_inclusion
from probative.record.proofs.note import VerifierKey

_FIRST_LINE = "c2sp.org/tlog-proof@v1"
_BYTES_MAX = 2 * NOTE_BYTES_MAX


class TlogProof(msgspec.Struct, frozen=True, kw_only=True):
    """The entry's `index`, the `path` of sibling hashes (leaf first), and the signed `checkpoint`.

    `extra` is carried along for applications and is authenticated by nobody.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def write_proof(proof: TlogProof) -> bytes:
    """Return the text of `proof` (keep it in a file ending in `.tlog-proof`)."""
    lines = [_FIRST_LINE]
    if proof.extra is not None:
        lines.append(f"extra {base64.b64encode(proof.extra).decode()}")
    lines.append(f"index {proof.index}")
    lines += [base64.b64encode(item).decode() for item in proof.path]
    return "\n".join(lines).encode() + b"\n\n" + proof.checkpoint


def parse_proof(data: bytes) -> TlogProof:
    """Take a proof apart without trusting it; any other text raises `UsageError`."""
    if len(data) > _BYTES_MAX:
        raise _malformed(f"it has {len(data)} bytes, at most {_BYTES_MAX} are taken")
    head, gap, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise _malformed(f"its byte {error.start} is not ASCII") from error
    if not gap or lines.pop(0) != _FIRST_LINE:
        raise _malformed(f"it does not begin with '{_FIRST_LINE}' or has no checkpoint")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = _decode(lines.pop(0).removeprefix("extra "))
    if not lines or not lines[0].startswith("index "):
        raise _malformed("it has no index line")
    index = lines.pop(0).removeprefix("index ")
    if not index.isdecimal() or len(index) > 19 or str(int(index)) != index or int(index) > SIZE_MAX:
        raise _malformed(f"{index[:40]!r} is not an index")
    if len(lines) > PROOF_HASHES_MAX:
        raise _malformed(f"it has {len(lines)} hashes, at most {PROOF_HASHES_MAX} are possible")
    path = tuple(_decode(line, HASH_BYTES) for line in lines)
    return TlogProof(index=int(index), path=path, checkpoint=checkpoint, extra=extra)


def verify_proof(data: bytes, leaf: bytes, origin: str, keys: Iterable[VerifierKey]) -> Checkpoint:
    """Return the checkpoint under which leaf hash `leaf` is proved to be in the log of `origin`.

    A malformed proof raises `UsageError`; one that does not hold raises `TamperError`.
    """
    proof = parse_proof(data)
    checkpoint = verify_checkpoint(proof.checkpoint, origin, keys)
    verify_inclusion(leaf, proof.index, checkpoint.size, proof.path, checkpoint.root)
    return checkpoint


def _decode(text: str, length: int | None = None) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed(f"{text[:60]!r} is not base64") from error
    if base64.b64encode(raw).decode() != text or (length is not None and len(raw) != length):
        raise _malformed(f"{text[:60]!r} is not a hash in its one spelling")
    return raw


def _malformed(why: str) -> UsageError:
    return UsageError(
        "proof.malformed", f"This is not a tlog-proof: {why}.", "Ask the log for the proof again."
    )
