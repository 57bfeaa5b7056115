"""DSSE envelopes: the specification's example, and everything that must not pass."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from probative.adapters.files.keys import FileSigner
from probative.kernel.errors import TamperError, UsageError
from probative.record.proofs.envelope import (
    encode_statement,
    pae,
    parse_envelope,
    sign_envelope,
    verify_envelope,
)

SIGNER = FileSigner(Ed25519PrivateKey.from_private_bytes(bytes(32)))
OTHER = FileSigner(Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32))
KEYS = {SIGNER.key_id: SIGNER.public_key}
PAYLOAD = encode_statement({"_type": "https://in-toto.io/Statement/v1", "subject": []})


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        (
            "http://example.com/HelloWorld",
            b"hello world",
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world",
        ),
        ("", b"", b"DSSEv1 0  0 "),
        (
            "http://example.com/HelloWorld",
            "ಠ".encode(),
            "DSSEv1 29 http://example.com/HelloWorld 3 ಠ".encode(),
        ),
    ],
)
def test_pae_is_the_specifications(kind, payload, expected):
    """The example of the DSSE protocol, and two cases of its reference tests: lengths count bytes."""
    assert expected == pae(kind, payload)


def test_the_specifications_envelope_is_parsed():
    """The example envelope of the DSSE protocol (its signature is ECDSA, so it is only taken apart)."""
    example = {
        "payload": "aGVsbG8gd29ybGQ=",
        "payloadType": "http://example.com/HelloWorld",
        "signatures": [
            {
                "keyid": "66301bbf",
                "sig": "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTV"
                "eCUjW2JIZA==",
            }
        ],
    }
    envelope = parse_envelope(json.dumps(example).encode())
    assert (
        envelope.payload,
        envelope.signatures[0].keyid,
        len(envelope.signatures[0].sig),
    ) == (b"hello world", "66301bbf", 64)


@given(st.binary(max_size=200))
def test_signed_payloads_come_back(payload):
    """What is signed is verified and comes back as it was."""
    assert payload == verify_envelope(sign_envelope(payload, SIGNER), KEYS).payload


@given(st.data())
def test_any_flipped_bit_is_noticed(data):
    """No bit of a stored envelope can change unnoticed, not even in its JSON."""
    envelope = bytearray(sign_envelope(PAYLOAD, SIGNER))
    bit = data.draw(st.integers(min_value=0, max_value=len(envelope) * 8 - 1))
    envelope[bit // 8] ^= 1 << bit % 8
    with pytest.raises((TamperError, UsageError)):
        verify_envelope(bytes(envelope), KEYS)


def test_strangers_do_not_count():
    """A stranger's signature is neither trusted nor in the way."""
    with pytest.raises(TamperError, match="No trusted key"):
        verify_envelope(sign_envelope(PAYLOAD, OTHER), KEYS)
    assert verify_envelope(sign_envelope(PAYLOAD, OTHER, SIGNER), KEYS).payload == PAYLOAD


def test_a_key_id_is_only_a_hint():
    """Putting a trusted key id on another key's signature refuses the envelope."""
    envelope = json.loads(sign_envelope(PAYLOAD, OTHER))
    envelope["signatures"][0]["keyid"] = SIGNER.key_id
    with pytest.raises(TamperError, match="does not fit"):
        verify_envelope(json.dumps(envelope).encode(), KEYS)


def test_another_payload_type_is_refused():
    """The type is signed with the payload, and a fact is only what says that it is one."""
    signed = sign_envelope(PAYLOAD, SIGNER, payload_type="text/plain")
    with pytest.raises(TamperError, match="text/plain"):
        verify_envelope(signed, KEYS)
    relabelled = signed.replace(b"text/plain", b"application/vnd.in-toto+json")
    with pytest.raises(TamperError, match="does not fit"):
        verify_envelope(relabelled, KEYS)


def test_an_envelope_fits_an_entry():
    """A payload that would not fit a ledger entry is refused before it is stored."""
    with pytest.raises(UsageError, match="65535"):
        sign_envelope(bytes(50_000), SIGNER)


def bent():
    """Envelopes that differ from a good one in one respect."""
    good = json.loads(sign_envelope(PAYLOAD, SIGNER))
    signature = good["signatures"][0]
    yield b"[]"
    yield b"not json"
    yield json.dumps({**good, "more": 1}).encode()
    yield json.dumps({key: good[key] for key in ("payload", "payloadType")}).encode()
    yield json.dumps({**good, "payload": 1}).encode()
    yield json.dumps({**good, "payloadType": None}).encode()
    yield json.dumps({**good, "payload": base64.urlsafe_b64encode(b"\xff\xfe\xfd").decode()}).encode()
    yield json.dumps({**good, "payload": "QQ=="[:-1]}).encode()
    yield json.dumps({**good, "payload": "QR=="}).encode()
    yield json.dumps({**good, "payload": "é"}).encode()
    yield json.dumps({**good, "signatures": []}).encode()
    yield json.dumps({**good, "signatures": [signature] * 17}).encode()
    yield json.dumps({**good, "signatures": ["x"]}).encode()
    yield json.dumps({**good, "signatures": [{**signature, "keyid": 7}]}).encode()
    yield json.dumps({**good, "signatures": [{**signature, "cert": ""}]}).encode()
    yield json.dumps(good).replace('{"payload"', '{"payload": "", "payload"', 1).encode()
    yield b"[" * 60_000
    yield b" " * 70_000


@pytest.mark.parametrize("data", list(bent()))
def test_bent_envelopes_are_refused(data):
    """Unknown fields, second spellings of base64, duplicate keys and oversized texts are refused."""
    with pytest.raises(UsageError):
        parse_envelope(data)
