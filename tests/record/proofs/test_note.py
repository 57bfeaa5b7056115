"""Signed notes against the published examples, and against people who bend the format."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from probative.adapters.files.keys import FileSigner
from probative.kernel.errors import TamperError, UsageError
from probative.record.proofs.note import (
    VerifierKey,
    parse_note,
    parse_verifier_key,
    sign_note,
    signature_line,
    verify_note,
)

# golang.org/x/mod/sumdb/note, the first implementation of the format: its documentation's key and note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
PETER_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
PETER_NOTE = (
    PETER_TEXT + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
    "KvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()

# The example of c2sp.org/signed-note: its text has an empty line, so the last one separates.
POEM = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMc"
    "Xxj99ihAQwaqP3ZekRwNtIc=\n"
).encode()


def signer(seed=PETER_SEED):
    """The signer of a fixed key."""
    return FileSigner(Ed25519PrivateKey.from_private_bytes(seed))


def test_the_reference_note_is_reproduced_byte_for_byte():
    """Signing the reference text with the reference key gives the reference note, which verifies."""
    assert sign_note(PETER_TEXT, "PeterNeumann", signer()) == PETER_NOTE
    assert verify_note(PETER_NOTE, [parse_verifier_key(PETER)]).text == PETER_TEXT


def test_the_c2sp_example_is_parsed():
    """The standard's own example: text with an empty line, name, key hash."""
    note = parse_note(POEM)
    assert (
        note.text
        == "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n"
    )
    (line,) = note.signatures
    assert (
        line.name,
        line.key_hash.hex(),
        len(line.signature),
    ) == ("quasimodo.example/salvatore", "367ba04b", 64)


def test_verifier_keys_have_one_spelling():
    """The printed key is read back; every shortened or altered one is refused."""
    assert str(parse_verifier_key(PETER)) == PETER
    for end in range(len(PETER)):
        with pytest.raises(UsageError, match="verifier key"):
            parse_verifier_key(PETER[:end])
    for at in range(len(PETER)):
        with pytest.raises(UsageError, match="verifier key"):
            parse_verifier_key(PETER[:at] + chr(ord(PETER[at]) + 1) + PETER[at + 1 :])


def test_unknown_signatures_are_ignored():
    """A rotated key and a stranger may sign too; known name with unknown hash stays unknown."""
    other = signer(bytes(32))
    note = (
        PETER_NOTE
        + signature_line(PETER_TEXT, "other", other)
        + signature_line(PETER_TEXT, "PeterNeumann", other)
    )
    assert len(verify_note(note, [parse_verifier_key(PETER)]).signatures) == 3
    known = [parse_verifier_key(PETER), VerifierKey(name="other", public_key=other.public_key)]
    assert verify_note(note, known).text == PETER_TEXT


def test_a_wrong_signature_of_a_known_key_refuses_the_note():
    """One good signature does not excuse a bad one by another trusted key."""
    other = signer(bytes(32))
    note = PETER_NOTE + signature_line("another text\n", "other", other)
    known = [parse_verifier_key(PETER), VerifierKey(name="other", public_key=other.public_key)]
    with pytest.raises(TamperError, match="'other'"):
        verify_note(note, known)


def test_a_note_nobody_trusted_signed_is_refused():
    """No known signature is a refusal that names who did sign."""
    with pytest.raises(TamperError, match="'PeterNeumann'"):
        verify_note(PETER_NOTE, [VerifierKey(name="PeterNeumann", public_key=bytes(32))])


@given(st.integers(min_value=0, max_value=len(PETER_NOTE) * 8 - 1))
def test_any_flipped_bit_is_noticed(bit):
    """No single bit of a signed note can change unnoticed."""
    changed = bytearray(PETER_NOTE)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises((TamperError, UsageError)):
        verify_note(bytes(changed), [parse_verifier_key(PETER)])


EM_SPACE = "\u2003"
SIGNATURE = "— a " + base64.b64encode(bytes(68)).decode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        f"text\n\n{SIGNATURE}".encode(),
        f"text\n{SIGNATURE}\n".encode(),
        f"te\rxt\n\n{SIGNATURE}\n".encode(),
        f"te\0xt\n\n{SIGNATURE}\n".encode(),
        b"te\xffxt\n\n" + SIGNATURE.encode() + b"\n",
        f"text\n\n{SIGNATURE}\nmore\n".encode(),
        f"text\n\n{SIGNATURE.replace('—', '-')}\n".encode(),
        f"text\n\n{SIGNATURE.replace(' a ', ' a+b ')}\n".encode(),
        f"text\n\n{SIGNATURE.replace(' a ', f' a{EM_SPACE}b ')}\n".encode(),
        f"text\n\n{SIGNATURE.replace(' a ', '  ')}\n".encode(),
        "text\n\n— a AAAA\n".encode(),
        f"text\n\n{SIGNATURE.rstrip('=')}\n".encode(),
        f"text\n\n{SIGNATURE.replace('A=', 'B=')}\n".encode(),
        f"text\n\n{SIGNATURE} \n".encode(),
        ("text\n\n" + f"{SIGNATURE}\n" * 65).encode(),
        b"t" * 70_000 + f"\n\n{SIGNATURE}\n".encode(),
    ],
)
def test_bent_notes_are_refused(data):
    """Every deviation from the format is refused in one sentence."""
    with pytest.raises(UsageError, match="not a signed note"):
        parse_note(data)


def test_sixteen_signatures_are_taken():
    """The standard asks verifiers to accept at least sixteen signatures."""
    assert len(parse_note(("text\n\n" + f"{SIGNATURE}\n" * 16).encode()).signatures) == 16


def test_unsignable_texts_and_names_are_refused():
    """A text without its newline, control characters, and names with spaces cannot be signed."""
    for text in ("no newline", "tab\there\n"):
        with pytest.raises(UsageError, match="cannot be signed"):
            sign_note(text, "name", signer())
    for name in ("", "a b", "a+b", "a\nb"):
        with pytest.raises(UsageError, match="cannot name a key"):
            sign_note("text\n", name, signer())
    with pytest.raises(UsageError, match="31 bytes"):
        VerifierKey(name="a", public_key=bytes(31))
