"""Signed notes (C2SP signed-note v1.0.0): text with signatures that people can read and tools can check.

**Promise**: strict parsing within limits; signatures by unknown keys are ignored, a wrong one by a known key
refuses the whole note, and a note that no known key signed is refused.
**Not here**: what the text means (`record.proofs.checkpoint`), and signature types other than Ed25519 (0x01).
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from probative.kernel.errors import TamperError, UsageError
from probative.kernel.limits import NOTE_BYTES_MAX
from probative.record.ports import Signer

SIGNATURES_MAX = 64  # the standard asks for at least 16
_ED25519 = b"\x01"
_DASH = "— "


class VerifierKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key that may sign notes: `name` (an origin) and the 32 bytes of an Ed25519 key."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        """Refuse names that a signature line could not carry, and keys of another length."""
        check_key_name(self.name)
        if len(self.public_key) != 32:
            raise UsageError(
                "note.key-length",
                f"The key of '{self.name[:80]}' has {len(self.public_key)} bytes, not 32.",
                "Give an Ed25519 public key.",
            )

    @property
    def key_hash(self) -> bytes:
        """The four bytes that mark this key's signatures: SHA-256(name, newline, 0x01, key), cut short."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public_key).digest()[:4]

    def __str__(self) -> str:
        """Return the one-line form `name+hash+base64`, which `parse_verifier_key` reads."""
        encoded = base64.b64encode(_ED25519 + self.public_key).decode()
        return f"{self.name}+{self.key_hash.hex()}+{encoded}"


class NoteSignature(msgspec.Struct, frozen=True, kw_only=True):
    """One signature line: who says to have signed, the key's four-byte mark, and the signature bytes."""

    name: str
    key_hash: bytes
    signature: bytes


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed note. Do not use `text` before `verify_note` has accepted it."""

    text: str
    signatures: tuple[NoteSignature, ...]


def check_key_name(name: str) -> str:
    """Return `name` if a signature line can carry it (a log's origin is such a name), else `UsageError`.

    >>> check_key_name("example.com/credit")
    'example.com/credit'
    """
    if not _is_key_name(name):
        raise UsageError(
            "note.key-name", f"'{name[:80]}' cannot name a key.", "Use no spaces and no plus sign."
        )
    return name


def parse_verifier_key(line: str) -> VerifierKey:
    """Read `name+hash+base64`; a key of another type, or whose hash does not fit, raises `UsageError`.

    >>> line = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    >>> str(parse_verifier_key(line)) == line
    True
    """
    name, _, rest = line.partition("+")
    marked, _, encoded = rest.partition("+")
    raw = _decode_base64(encoded)
    if raw is not None and len(raw) == 33 and raw[:1] == _ED25519 and _is_key_name(name):
        key = VerifierKey(name=name, public_key=raw[1:])
        if key.key_hash.hex() == marked:
            return key
    raise UsageError(
        "note.key-malformed",
        f"'{line[:120]}' is not an Ed25519 verifier key.",
        "Write it as name+hash+base64, the way 'probative record trust' prints it.",
    )


def sign_note(text: str, name: str, signer: Signer) -> bytes:
    """Return the note of `text` (which ends in a newline) with one signature, under key name `name`."""
    if not text.endswith("\n") or not _is_clean(text):
        raise UsageError(
            "note.text-malformed",
            f"The text {text[:40]!r} cannot be signed as a note.",
            "End it with a newline and use no other control characters.",
        )
    return text.encode() + b"\n" + signature_line(text, name, signer)


def signature_line(text: str, name: str, signer: Signer) -> bytes:
    """Return one more signature line for `text`, to be put at the end of its note (a rotated key)."""
    key = VerifierKey(name=name, public_key=signer.public_key)
    encoded = base64.b64encode(key.key_hash + signer.sign(text.encode())).decode()
    return f"{_DASH}{name} {encoded}\n".encode()


def parse_note(data: bytes) -> Note:
    """Take a note apart without trusting it; a text that is no note raises `UsageError`."""
    if len(data) > NOTE_BYTES_MAX:
        raise _malformed(f"it has {len(data)} bytes, at most {NOTE_BYTES_MAX} are taken")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed(f"it is not UTF-8 at byte {error.start}") from error
    if not _is_clean(whole):
        raise _malformed("it has control characters")
    text, gap, lines = whole.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise _malformed("it has no signatures after an empty line")
    signatures = lines.removesuffix("\n").split("\n")
    if len(signatures) > SIGNATURES_MAX:
        raise _malformed(f"it has {len(signatures)} signatures, at most {SIGNATURES_MAX} are taken")
    return Note(text=text + "\n", signatures=tuple(_parse_signature(line) for line in signatures))


def verify_note(data: bytes, keys: Iterable[VerifierKey]) -> Note:
    """Return the note if at least one of `keys` signed it and no signature of theirs is wrong.

    A note that is malformed raises `UsageError`, one that is not vouched for `TamperError`.
    """
    note = parse_note(data)
    known = {(key.name, key.key_hash): key for key in keys}
    verified = 0
    for line in note.signatures:
        key = known.get((line.name, line.key_hash))
        if key is None:
            continue
        if not is_signature(key.public_key, line.signature, note.text.encode()):
            raise TamperError(
                "note.signature-wrong",
                f"The signature of '{line.name}' ({line.key_hash.hex()}) does not fit the note.",
                "The text or the signature was changed.",
            )
        verified += 1
    if not verified:
        names = ", ".join(sorted({f"'{line.name[:80]}'" for line in note.signatures}))
        raise TamperError(
            "note.no-known-signature",
            f"No trusted key signed this note; it names {names}.",
            "Check that the trust file belongs to this log.",
        )
    return note


def is_signature(public_key: bytes, signature: bytes, data: bytes) -> bool:
    """Say whether `signature` is a valid Ed25519 signature of `data` (RFC 8032, section 5.1.7)."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _parse_signature(line: str) -> NoteSignature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    raw = _decode_base64(encoded)
    if not line.startswith(_DASH) or not _is_key_name(name) or raw is None or len(raw) < 5:
        raise _malformed(f"{line[:80]!r} is no signature line")
    return NoteSignature(name=name, key_hash=raw[:4], signature=raw[4:])


def _is_clean(text: str) -> bool:
    return all(character >= " " or character == "\n" for character in text)


def _is_key_name(name: str) -> bool:
    return bool(name) and not any(
        character.isspace() or character == "+" or character < " " for character in name
    )


def _decode_base64(text: str) -> bytes | None:
    """Decode standard base64 in its one spelling (RFC 4648, section 4), else `None`."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
    return raw if base64.b64encode(raw).decode() == text else None


def _malformed(why: str) -> UsageError:
    return UsageError("note.malformed", f"This is not a signed note: {why}.", "Fetch it again from its log.")
