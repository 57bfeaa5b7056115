"""Checkpoints: the C2SP example, strict lines, and trust by origin."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from probative.adapters.files.keys import FileSigner
from probative.kernel.errors import TamperError, UsageError
from probative.record.proofs.checkpoint import (
    Checkpoint,
    parse_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)
from probative.record.proofs.note import VerifierKey, parse_note

ORIGIN = "example.com/behind-the-sofa"
ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

# The example of c2sp.org/tlog-checkpoint.
EXAMPLE = (
    f"{ORIGIN}\n20852163\n{ROOT}\n\n— {ORIGIN} Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcy"
    "v2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
).encode()

SIGNER = FileSigner(Ed25519PrivateKey.from_private_bytes(bytes(32)))
KEY = VerifierKey(name=ORIGIN, public_key=SIGNER.public_key)


def test_the_c2sp_example_is_read():
    """The standard's example gives origin, size and root."""
    expected = Checkpoint(origin=ORIGIN, size=20852163, root=base64.b64decode(ROOT))
    assert expected == parse_checkpoint(parse_note(EXAMPLE).text)
    with pytest.raises(TamperError, match="No trusted key"):
        verify_checkpoint(EXAMPLE, ORIGIN, [KEY])


@given(st.integers(min_value=0, max_value=(1 << 63) - 1), st.binary(min_size=32, max_size=32))
def test_signed_checkpoints_come_back(size, root):
    """What is signed is read back as it was."""
    checkpoint = Checkpoint(origin=ORIGIN, size=size, root=root)
    assert checkpoint == verify_checkpoint(sign_checkpoint(checkpoint, SIGNER), ORIGIN, [KEY])


def test_another_origin_is_refused():
    """A checkpoint of another log does not pass, whoever signed it."""
    signed = sign_checkpoint(Checkpoint(origin="other.example", size=1, root=bytes(32)), SIGNER)
    with pytest.raises(TamperError, match="No trusted key"):
        verify_checkpoint(signed, ORIGIN, [KEY])
    with pytest.raises(TamperError, match=r"not of 'example\.com/behind-the-sofa'"):
        verify_checkpoint(signed, ORIGIN, [VerifierKey(name="other.example", public_key=SIGNER.public_key)])


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{ORIGIN}\n1\n{ROOT}",
        f"{ORIGIN}\n1\n{ROOT}\nextension\n",
        f"{ORIGIN}\n1\n{ROOT}\n\n",
        f"\n1\n{ROOT}\n",
        f"{ORIGIN}\n01\n{ROOT}\n",
        f"{ORIGIN}\n-1\n{ROOT}\n",
        f"{ORIGIN}\n+1\n{ROOT}\n",
        f"{ORIGIN}\n\n{ROOT}\n",
        f"{ORIGIN}\n١\n{ROOT}\n",
        f"{ORIGIN}\n{1 << 63}\n{ROOT}\n",
        f"{ORIGIN}\n{'9' * 5000}\n{ROOT}\n",
        f"{ORIGIN}\n1\n{ROOT[:-1]}\n",
        f"{ORIGIN}\n1\n{ROOT[:-2]}J=\n",
        f"{ORIGIN}\n1\nAAAA\n",
        f"{ORIGIN}\n1\né\n",
        f"{ORIGIN}\r\n1\n{ROOT}\n",
    ],
)
def test_bent_checkpoints_are_refused(text):
    """Extensions, other numbers of lines, and second spellings of size or root are refused."""
    with pytest.raises(UsageError, match="not a checkpoint"):
        parse_checkpoint(text)
