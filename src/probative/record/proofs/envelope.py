"""DSSE v1 envelopes: how a fact's statement is signed, parsed and verified.

**Promise**: what is verified is the stored bytes (PAE over the decoded payload), never a re-encoding; an
envelope has one spelling, so two different entries never carry the same signed bytes by accident.
**Not here**: what the statement says (`record.facts`), and who is trusted (the caller hands in the keys).
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import msgspec

from probative.kernel.canon import canonical, parse_strict
from probative.kernel.errors import TamperError, UsageError
from probative.kernel.limits import ENTRY_BYTES_MAX
from probative.record.ports import Signer
from probative.record.proofs.note import is_signature

IN_TOTO = "application/vnd.in-toto+json"
SIGNATURES_MAX = 16


class EnvelopeSignature(msgspec.Struct, frozen=True, kw_only=True):
    """One signature; `keyid` is a hint where to look, never a claim to believe."""

    keyid: str
    sig: bytes


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed envelope. Do not use `payload` before `verify_envelope` has accepted it."""

    payload_type: str
    payload: bytes
    signatures: tuple[EnvelopeSignature, ...]


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding: the bytes that DSSE v1 signs.

    >>> pae("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def encode_statement(statement: Mapping[str, Any]) -> bytes:
    """Return an in-toto statement as canonical JSON (RFC 8785), ready to be signed."""
    return canonical(dict(statement))


def sign_envelope(payload: bytes, *signers: Signer, payload_type: str = IN_TOTO) -> bytes:
    """Return the canonical JSON of the envelope of `payload`, signed by each of `signers` in order.

    One that would not fit a ledger entry (65,535 bytes) raises `UsageError`: big things are blobs.
    """
    signed = pae(payload_type, payload)
    envelope = canonical(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": payload_type,
            "signatures": [
                {"keyid": signer.key_id, "sig": base64.b64encode(signer.sign(signed)).decode()}
                for signer in signers
            ],
        }
    )
    if len(envelope) > ENTRY_BYTES_MAX:
        raise UsageError(
            "envelope.too-large",
            f"The signed fact has {len(envelope)} bytes; an entry holds at most {ENTRY_BYTES_MAX}.",
            "Put the large part in a blob and name its digest.",
        )
    return envelope


def parse_envelope(data: bytes) -> Envelope:
    """Take an envelope apart without trusting it; one of another shape or size raises `UsageError`."""
    value = parse_strict(data, bytes_max=ENTRY_BYTES_MAX)
    if not isinstance(value, dict) or set(value) != {"payload", "payloadType", "signatures"}:
        raise _malformed("it has not exactly payload, payloadType and signatures")
    signatures = value["signatures"]
    if not isinstance(value["payloadType"], str):
        raise _malformed("its payloadType is not text")
    if not isinstance(signatures, list) or not 0 < len(signatures) <= SIGNATURES_MAX:
        raise _malformed(f"it has not between one and {SIGNATURES_MAX} signatures")
    return Envelope(
        payload_type=value["payloadType"],
        payload=_decode(value["payload"], "payload"),
        signatures=tuple(_parse_signature(item) for item in signatures),
    )


def verify_envelope(data: bytes, keys: Mapping[str, bytes], payload_type: str = IN_TOTO) -> Envelope:
    """Return the envelope if one of `keys` (key id to 32-byte public key) signed its payload.

    A malformed envelope raises `UsageError`; another payload type, or no signature by a trusted key, raises
    `TamperError`. A wrong signature under a trusted key id refuses the whole envelope.
    """
    envelope = parse_envelope(data)
    if envelope.payload_type != payload_type:
        raise TamperError(
            "envelope.other-type",
            f"The envelope holds '{envelope.payload_type[:80]}', not '{payload_type}'.",
            "Do not read it as a fact.",
        )
    signed = pae(envelope.payload_type, envelope.payload)
    verified = 0
    for signature in envelope.signatures:
        key = keys.get(signature.keyid)
        if key is None:
            continue
        if not is_signature(key, signature.sig, signed):
            raise TamperError(
                "envelope.signature-wrong",
                f"The signature by key '{signature.keyid[:80]}' does not fit the payload.",
                "The fact or its signature was changed.",
            )
        verified += 1
    if not verified:
        names = ", ".join(f"'{signature.keyid[:80]}'" for signature in envelope.signatures)
        raise TamperError(
            "envelope.no-known-signature",
            f"No trusted key signed this envelope; it names {names}.",
            "Check that the trust file belongs to this record.",
        )
    return envelope


def _parse_signature(item: Any) -> EnvelopeSignature:
    if not isinstance(item, dict) or set(item) != {"keyid", "sig"} or not isinstance(item["keyid"], str):
        raise _malformed("a signature has not exactly keyid and sig")
    return EnvelopeSignature(keyid=item["keyid"], sig=_decode(item["sig"], "sig"))


def _decode(text: Any, field: str) -> bytes:
    """Decode standard base64 in its one spelling: another spelling would be another entry, same fact."""
    if isinstance(text, str):
        try:
            raw = base64.b64decode(text.encode("ascii"), validate=True)
        except (UnicodeEncodeError, binascii.Error):
            raw = b""
        if base64.b64encode(raw).decode() == text:
            return raw
    raise _malformed(f"its {field} is not base64 in the standard spelling")


def _malformed(why: str) -> UsageError:
    return UsageError(
        "envelope.malformed", f"This is not a DSSE envelope: {why}.", "Give the stored bytes unchanged."
    )
