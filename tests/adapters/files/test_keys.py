"""Key files: private by mode, never overwritten, never shown."""

import pickle

import pytest

from probative.adapters.files.keys import KeyRing
from probative.kernel.errors import ConflictError, DeniedError, NotFoundError, TamperError, UsageError
from probative.record.proofs.note import is_signature

RSA_LIKE = b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0LXNlY3JldC1zZWNyZXQ=\n-----END PRIVATE KEY-----\n"


@pytest.fixture
def ring(tmp_path):
    """A key ring in a new directory."""
    return KeyRing(tmp_path / "keys")


def test_a_key_signs_after_it_is_loaded_again(ring):
    """The loaded key is the created one."""
    created, loaded = ring.create("writer"), ring.load("writer")
    assert created.key_id == loaded.key_id
    assert is_signature(created.public_key, loaded.sign(b"data"), b"data")
    assert not is_signature(created.public_key, loaded.sign(b"data"), b"other")
    assert ring.names() == ("writer",)


def test_files_are_private(ring, tmp_path):
    """Directory 0700, file 0600, whatever the umask."""
    ring.create("log")
    assert (
        (tmp_path / "keys").stat().st_mode & 0o777,
        (tmp_path / "keys/log.pem").stat().st_mode & 0o777,
    ) == (0o700, 0o600)


def test_a_key_is_never_overwritten(ring, tmp_path):
    """Creating the same name again is a conflict and leaves the first key as it was."""
    ring.create("log")
    before = (tmp_path / "keys/log.pem").read_bytes()
    with pytest.raises(ConflictError, match="'log'"):
        ring.create("log")
    assert before == (tmp_path / "keys/log.pem").read_bytes()
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["log.pem"]


@pytest.mark.parametrize(
    ("place", "mode"), [("keys/log.pem", 0o640), ("keys/log.pem", 0o604), ("keys", 0o750)]
)
def test_loose_permissions_are_refused(ring, tmp_path, place, mode):
    """A key that others could read is not used, and the hint says how to mend it."""
    ring.create("log")
    (tmp_path / place).chmod(mode)
    with pytest.raises(DeniedError, match=f"{mode:04o}") as refused:
        ring.load("log")
    assert refused.value.hint.startswith("chmod 0")


def test_a_linked_key_is_refused(ring, tmp_path):
    """A key file is a file: a link planted in its place is not followed."""
    ring.create("log")
    (tmp_path / "keys/other.pem").symlink_to(tmp_path / "keys/log.pem")
    with pytest.raises(DeniedError, match="'other' is a link"):
        ring.load("other")


def test_no_key_and_no_name(ring):
    """A missing key and a path as a name are told apart."""
    assert ring.names() == ()
    with pytest.raises(NotFoundError, match="'log'"):
        ring.load("log")
    with pytest.raises(UsageError, match="cannot name a key"):
        ring.load("../log")


@pytest.mark.parametrize("content", [b"", b"garbage", RSA_LIKE, bytes(5000)])
def test_a_damaged_key_is_named_but_not_shown(ring, tmp_path, content):
    """The error names the key and quotes nothing of the file."""
    ring.create("log")
    (tmp_path / "keys/log.pem").write_bytes(content)
    with pytest.raises(TamperError, match="'log'") as refused:
        ring.load("log")
    assert "secret" not in f"{refused.value}{refused.value.__cause__}"


def test_the_private_key_stays_inside(ring):
    """Neither repr nor pickling gives the key away."""
    signer = ring.create("log")
    assert f"FileSigner(key_id='{signer.key_id}')" == repr(signer)
    with pytest.raises(DeniedError, match="cannot be copied"):
        pickle.dumps(signer)
