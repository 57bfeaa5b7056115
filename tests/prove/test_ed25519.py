"""Pure-Python Ed25519 against RFC 8032, Wycheproof, and the library that signs."""

import json
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from probative.prove.verifier.ed25519 import ed25519_verify
from probative.record.proofs.note import is_signature

ORDER = 2**252 + 27742317777372353535851937790883648493

# RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc): public key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
        "454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
        "3dca179c138ac17ad9bef1177331a704",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_the_vectors_of_rfc_8032(key, message, signature):
    """The standard's own signatures verify, and not for another message."""
    public_key, signed = bytes.fromhex(key), bytes.fromhex(message)
    assert ed25519_verify(public_key, bytes.fromhex(signature), signed)
    assert not ed25519_verify(public_key, bytes.fromhex(signature), signed + b"\x00")


@pytest.mark.parametrize("check", [ed25519_verify, is_signature])
def test_the_wycheproof_vectors(check):
    """All published valid and invalid signatures come out as published, here and in the product's library."""
    folder = os.environ.get("PROBATIVE_TEST_DATA")
    if folder is None:
        pytest.skip("PROBATIVE_TEST_DATA is not set: Wycheproof vectors were not run")
    file = Path(folder, "standards/crypto/wycheproof_ed25519_test.json")
    wrong, count = [], 0
    for group in json.loads(file.read_bytes())["testGroups"]:
        key = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            count += 1
            good = check(key, bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
            if good != (case["result"] == "valid"):
                wrong.append(case["tcId"])
    assert (wrong, count) == ([], 151)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.integers(min_value=0, max_value=511))
def test_it_agrees_with_the_library(seed, message, bit):
    """What the library signs verifies; with one bit flipped both refuse it."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public_key = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = key.sign(message)
    assert ed25519_verify(public_key, signature, message)
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not ed25519_verify(public_key, bytes(flipped), message)
    assert not is_signature(public_key, bytes(flipped), message)


def test_only_one_spelling_of_a_signature_passes():
    """S plus the group order is the same number and another spelling: refused."""
    key, message, signature = (bytes.fromhex(part) for part in RFC_8032[1])
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    assert not ed25519_verify(key, signature[:32] + scalar.to_bytes(32, "little"), message)


@pytest.mark.parametrize(
    ("key", "signature"),
    [
        (b"", bytes(64)),
        (bytes(31), bytes(64)),
        (bytes(32), b""),
        (bytes(32), bytes(63)),
        (bytes(32), bytes(65)),
        (b"\xff" * 32, bytes(64)),
        ((2**255 - 18).to_bytes(32, "little"), bytes(64)),
        ((1 | 1 << 255).to_bytes(32, "little"), bytes(64)),
        ((2).to_bytes(32, "little"), bytes(64)),
    ],
)
def test_keys_that_are_no_points_and_wrong_lengths(key, signature):
    """A key off the curve, beyond the field, or of another length verifies nothing."""
    assert not ed25519_verify(key, signature, b"")
