"""tlog-proof texts: read, written, verified and refused."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from probative.adapters.files.keys import FileSigner
from probative.kernel.errors import TamperError, UsageError
from probative.record.proofs.checkpoint import Checkpoint, sign_checkpoint
from probative.record.proofs.merkle import inclusion_proof, leaf_hash, root_of
from probative.record.proofs.note import VerifierKey
from probative.record.proofs.proof import TlogProof, parse_proof, verify_proof, write_proof

ORIGIN = "example.com/fancylog"
LEAVES = [leaf_hash(b"%d" % number) for number in range(11)]
SIGNER = FileSigner(Ed25519PrivateKey.from_private_bytes(bytes(32)))
KEYS = [VerifierKey(name=ORIGIN, public_key=SIGNER.public_key)]
CHECKPOINT = sign_checkpoint(Checkpoint(origin=ORIGIN, size=11, root=root_of(LEAVES)), SIGNER)


def proof_of(index, extra=None):
    """The proof text of leaf `index`."""
    path = inclusion_proof(index, 11, lambda level, at: root_of(LEAVES[at << level : (at + 1) << level]))
    return write_proof(TlogProof(index=index, path=tuple(path), checkpoint=CHECKPOINT, extra=extra))


# The layout of the example in c2sp.org/tlog-proof: extra line, index, hashes, empty line, checkpoint.
LAYOUT = (
    b"c2sp.org/tlog-proof@v1\nextra AAEC\nindex 73894\n"
    b"gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\nB95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n\n"
    b"example.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n\n"
)


def test_the_standards_layout_is_read_and_written():
    """The published layout is taken apart and put together again byte for byte."""
    proof = parse_proof(LAYOUT)
    assert (proof.index, proof.extra, len(proof.path)) == (73894, b"\x00\x01\x02", 2)
    assert proof.checkpoint.startswith(b"example.com/fancylog\n")
    assert write_proof(proof) == LAYOUT


@given(st.integers(min_value=0, max_value=10), st.one_of(st.none(), st.binary(max_size=40)))
def test_every_entry_is_proved_offline(index, extra):
    """Every entry's text proves it under the checkpoint, with or without extra data."""
    text = proof_of(index, extra)
    assert text == write_proof(parse_proof(text))
    assert verify_proof(text, LEAVES[index], ORIGIN, KEYS).size == 11


def test_a_proof_of_another_entry_is_refused():
    """A proof holds for its own entry and its own place only."""
    with pytest.raises(TamperError, match="inclusion"):
        verify_proof(proof_of(3), LEAVES[4], ORIGIN, KEYS)
    with pytest.raises(TamperError, match="inclusion"):
        verify_proof(proof_of(3).replace(b"index 3", b"index 2"), LEAVES[3], ORIGIN, KEYS)


@given(st.data())
def test_any_flipped_bit_is_noticed(data):
    """No bit of a proof without extra data can change unnoticed."""
    text = bytearray(proof_of(5))
    bit = data.draw(st.integers(min_value=0, max_value=len(text) * 8 - 1))
    text[bit // 8] ^= 1 << bit % 8
    with pytest.raises((TamperError, UsageError)):
        verify_proof(bytes(text), LEAVES[5], ORIGIN, KEYS)


HASH = base64.b64encode(bytes(32))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"c2sp.org/tlog-proof@v1\nindex 0\n",
        b"c2sp.org/tlog-proof@v2\nindex 0\n\ncheckpoint",
        b"c2sp.org/tlog-proof@v1\n\ncheckpoint",
        b"c2sp.org/tlog-proof@v1\nindex 01\n\ncheckpoint",
        b"c2sp.org/tlog-proof@v1\nindex -1\n\ncheckpoint",
        b"c2sp.org/tlog-proof@v1\nindex \n\ncheckpoint",
        b"c2sp.org/tlog-proof@v1\nindex " + b"9" * 5000 + b"\n\ncheckpoint",
        b"c2sp.org/tlog-proof@v1\nindex 0\nextra AA==\n\ncheckpoint",
        b"c2sp.org/tlog-proof@v1\nextra A\nindex 0\n\ncheckpoint",
        b"c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\ncheckpoint",
        b"c2sp.org/tlog-proof@v1\nindex 0\n" + HASH[:-2] + b"B=\n\ncheckpoint",
        b"c2sp.org/tlog-proof@v1\nindex 0\n" + (HASH + b"\n") * 65 + b"\ncheckpoint",
        b"c2sp.org/tlog-proof@v1\r\nindex 0\n\ncheckpoint",
        b"c2sp.org/tlog-proof@v1\nindex 0\n\xc3\xa9\n\ncheckpoint",
        b"c2sp.org/tlog-proof@v1\n" + bytes(200_000),
    ],
)
def test_bent_proofs_are_refused(text):
    """Second spellings, wrong order and oversized proofs are refused."""
    with pytest.raises(UsageError, match="not a tlog-proof"):
        parse_proof(text)
