"""The trust file: written once, read strictly."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probative.adapters.files.keys import FileSigner
from probative.kernel.errors import UsageError
from probative.record.proofs.checkpoint import Checkpoint, sign_checkpoint, verify_checkpoint
from probative.record.proofs.trust import TrustFile, WriterKey, build_trust, parse_trust, write_trust

SIGNER = FileSigner(Ed25519PrivateKey.from_private_bytes(bytes(32)))
ORIGIN = "probative.example/unit"


def trust():
    """The trust file of a record with one key."""
    return build_trust(ORIGIN, SIGNER.public_key, {SIGNER.key_id: SIGNER.public_key})


def test_a_trust_file_comes_back_and_verifies():
    """The file read back trusts the same log key and writer key."""
    read = parse_trust(write_trust(trust()))
    assert (trust(), trust().fingerprint()) == (read, read.fingerprint())
    signed = sign_checkpoint(Checkpoint(origin=ORIGIN, size=3, root=bytes(32)), SIGNER)
    assert verify_checkpoint(signed, read.origin, read.verifier_keys()).size == 3
    assert {SIGNER.key_id: SIGNER.public_key} == read.writers()


def test_a_retired_key_counts_before_its_end_only():
    """A retired writer key is still trusted for the entries that it signed in its time."""
    old = trust().writer_keys[0]
    file = TrustFile(
        origin=ORIGIN,
        log_keys=trust().log_keys,
        writer_keys=(WriterKey(key_id=old.key_id, public_key=old.public_key, retired_at_size=10),),
    )
    assert [len(file.writers(9)), len(file.writers(10)), len(file.writers())] == [1, 0, 1]


def bent():
    """Trust files that differ from a good one in one respect."""
    good = json.loads(write_trust(trust()))
    key = good["writer_keys"][0]
    yield {**good, "format": "probative-trust/2"}
    yield {**good, "more": 1}
    yield {**good, "origin": ""}
    yield {**good, "log_keys": []}
    yield {**good, "log_keys": ["x"]}
    yield {**good, "writer_keys": []}
    yield {**good, "writer_keys": [key, key]}
    yield {**good, "writer_keys": [{**key, "public_key": "AAAA"}]}
    yield {**good, "writer_keys": [{**key, "public_key": "é"}]}
    yield {**good, "writer_keys": [{**key, "retired_at_size": "soon"}]}
    yield []


@pytest.mark.parametrize("value", list(bent()))
def test_bent_trust_files_are_refused(value):
    """A file that trusts nobody, or says more than it may, is refused."""
    with pytest.raises(UsageError, match=r"trust file|verifier key"):
        parse_trust(json.dumps(value).encode())
