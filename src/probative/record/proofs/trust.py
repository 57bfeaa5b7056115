"""The trust file: whose record this is, handed over outside the evidence it is used on.

**Promise**: one small JSON file with the log's origin, the keys that may sign its checkpoints and its facts,
and the keys that were retired; read strictly, written canonically, with one fingerprint to compare.
**Not here**: deciding whom to trust: a person does, by taking the file from someone they know.
"""

import base64
import binascii
from typing import Literal

import msgspec

from probative.kernel.canon import canonical, parse_strict
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import UsageError
from probative.record.proofs.note import VerifierKey, parse_verifier_key

_BYTES_MAX = 256 * 1024


class WriterKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key that may sign facts: its id and its 32 bytes in base64.

    `retired_at_size` is the ledger size from which on it may sign no more; `None` while it is in use.
    """

    key_id: str
    public_key: str
    retired_at_size: int | None = None


class TrustFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a verifier must know from elsewhere: `log_keys` are C2SP verifier keys (`name+hash+base64`)."""

    format: Literal["probative-trust/1"] = "probative-trust/1"
    origin: str
    log_keys: tuple[str, ...]
    writer_keys: tuple[WriterKey, ...]

    def __post_init__(self) -> None:
        """Refuse a file that trusts nobody, or whose keys cannot be read."""
        if not self.origin or not self.log_keys or not self.writer_keys:
            raise _malformed("it must name an origin, a log key and a writer key")
        for line in self.log_keys:
            parse_verifier_key(line)
        for key in self.writer_keys:
            _decode_key(key)
        if len({key.key_id for key in self.writer_keys}) != len(self.writer_keys):
            raise _malformed("a key id occurs twice")

    def verifier_keys(self) -> tuple[VerifierKey, ...]:
        """Return the keys that may sign checkpoints, ready for `verify_checkpoint`."""
        return tuple(parse_verifier_key(line) for line in self.log_keys)

    def writers(self, index: int | None = None) -> dict[str, bytes]:
        """Return key ids and public keys that may sign facts, at ledger place `index` where it is given."""
        return {
            key.key_id: _decode_key(key)
            for key in self.writer_keys
            if index is None or key.retired_at_size is None or index < key.retired_at_size
        }

    def fingerprint(self) -> str:
        """Return the SHA-256 of the file's canonical bytes, to be compared over another channel."""
        return sha256_hex(write_trust(self))


def build_trust(origin: str, log_key: bytes, writers: dict[str, bytes]) -> TrustFile:
    """Make the trust file of a record from its public keys (32 bytes each).

    >>> trust = build_trust("example.com/log", bytes(32), {"k1": bytes(32)})
    >>> parse_trust(write_trust(trust)) == trust
    True
    """
    return TrustFile(
        origin=origin,
        log_keys=(str(VerifierKey(name=origin, public_key=log_key)),),
        writer_keys=tuple(
            WriterKey(key_id=key_id, public_key=base64.b64encode(key).decode())
            for key_id, key in sorted(writers.items())
        ),
    )


def write_trust(trust: TrustFile) -> bytes:
    """Return the file's bytes: canonical JSON and a newline."""
    return canonical(msgspec.to_builtins(trust)) + b"\n"


def parse_trust(data: bytes) -> TrustFile:
    """Read a trust file strictly; anything else raises `UsageError`."""
    try:
        return msgspec.convert(parse_strict(data, bytes_max=_BYTES_MAX), TrustFile)
    except msgspec.ValidationError as error:
        raise _malformed(str(error).lower()) from error


def _decode_key(key: WriterKey) -> bytes:
    try:
        raw = base64.b64decode(key.public_key, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32 or base64.b64encode(raw).decode() != key.public_key:
        raise _malformed(f"the public key of '{key.key_id[:80]}' is not 32 bytes in base64")
    return raw


def _malformed(why: str) -> UsageError:
    return UsageError(
        "trust.malformed",
        f"This is not a trust file: {why}.",
        "Ask the issuer to run: probative record trust --out trust.json",
    )
