"""Paths, checkpoints and trust as the verifier reads them, against the record's own code."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from probative.adapters.files.keys import FileSigner
from probative.kernel.errors import TamperError
from probative.prove.verifier.forms import FailureError
from probative.prove.verifier.tree import read_checkpoint, read_keys, read_proof, root_of_path
from probative.record.proofs.checkpoint import Checkpoint, sign_checkpoint
from probative.record.proofs.merkle import inclusion_proof, leaf_hash, root_of, verify_inclusion
from probative.record.proofs.note import signature_line
from probative.record.proofs.trust import build_trust, write_trust

ORIGIN = "example.com/log"
LEAVES = [leaf_hash(b"%d" % number) for number in range(40)]
SIGNER = FileSigner(Ed25519PrivateKey.from_private_bytes(bytes(32)))
OTHER = FileSigner(Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
TRUST = build_trust(ORIGIN, SIGNER.public_key, {SIGNER.key_id: SIGNER.public_key})
KEYS = read_keys("trust.json", write_trust(TRUST))


def hash_at(level, index):
    """Perfect subtrees of LEAVES."""
    return root_of(LEAVES[index << level : (index + 1) << level])


@given(
    st.integers(min_value=1, max_value=40),
    st.integers(min_value=-1, max_value=41),
    st.integers(min_value=-1, max_value=3),
)
def test_paths_lead_where_the_record_says(size, index, change):
    """Right, shortened, prolonged and misplaced paths are judged as `record.proofs.merkle` judges them."""
    path = inclusion_proof(min(max(index, 0), size - 1), size, hash_at)
    path = path[:change] if change < 0 else path + LEAVES[:change]
    root, leaf = root_of(LEAVES[:size]), LEAVES[min(max(index, 0), size - 1)]
    try:
        verify_inclusion(leaf, index, size, path, root)
        good = True
    except TamperError:
        good = False
    assert good == (root_of_path(leaf, index, size, path) == root)


def test_a_checkpoint_of_the_log():
    """A checkpoint that the log signed is read with its size and root."""
    note = sign_checkpoint(Checkpoint(origin=ORIGIN, size=7, root=bytes(32)), SIGNER)
    assert (7, bytes(32), note) == read_checkpoint("checkpoint", note, KEYS)


@given(st.data())
def test_any_flipped_bit_of_a_checkpoint_is_noticed(data):
    """No bit of it can change unnoticed."""
    note = bytearray(sign_checkpoint(Checkpoint(origin=ORIGIN, size=7, root=bytes(32)), SIGNER))
    bit = data.draw(st.integers(min_value=0, max_value=len(note) * 8 - 1))
    note[bit // 8] ^= 1 << bit % 8
    with pytest.raises(FailureError):
        read_checkpoint("checkpoint", bytes(note), KEYS)


def test_a_stranger_beside_the_log_is_refused():
    """In a package every signature counts: one by an unknown key would be a byte that nobody checks."""
    checkpoint = Checkpoint(origin=ORIGIN, size=7, root=bytes(32))
    note = sign_checkpoint(checkpoint, SIGNER) + signature_line(checkpoint.text(), "stranger", OTHER)
    with pytest.raises(FailureError, match="issuer: 'stranger'"):
        read_checkpoint("checkpoint", note, KEYS)
    with pytest.raises(FailureError, match="issuer"):
        read_checkpoint("checkpoint", sign_checkpoint(checkpoint, OTHER), KEYS)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "probative-trust/2"},
        {"more": 1},
        {"log_keys": []},
        {"writer_keys": []},
        {"log_keys": ["x"]},
        {"log_keys": [1]},
        {"log_keys": 1},
        {"log_keys": [f"{ORIGIN}+00000000+{base64.b64encode(bytes(33)).decode()}"]},
        {"writer_keys": [{"key_id": "a", "public_key": "AAAA"}]},
        {"writer_keys": [{"key_id": "a"}]},
        {"writer_keys": ["a"]},
        {"writer_keys": [{"key_id": "a", "public_key": "A" * 43 + "=", "retired_at_size": "soon"}]},
    ],
)
def test_bent_trust_files_are_failures(change):
    """A trust file of another shape trusts nobody."""
    value = {**json.loads(write_trust(TRUST)), **change}
    with pytest.raises(FailureError, match=r"^trust\.json: form: this is no trust file"):
        read_keys("trust.json", json.dumps(value).encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"c2sp.org/tlog-proof@v1\nindex 01\n\nnote",
        b"c2sp.org/tlog-proof@v1\nextra AA==\nindex 1\n\nnote",
        b"c2sp.org/tlog-proof@v2\nindex 1\n\nnote",
        b"c2sp.org/tlog-proof@v1\nindex 1\nQR==\n\nnote",
        b"c2sp.org/tlog-proof@v1\nindex \xff\n\nnote",
    ],
)
def test_bent_proofs_are_failures(data):
    """Second spellings and extra data that nobody signs are refused."""
    with pytest.raises(FailureError, match="this is no tlog-proof"):
        read_proof("p", data)
