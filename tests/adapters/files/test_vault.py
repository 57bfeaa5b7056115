"""The vault: opens in its own place with its own key only, and keeps that key to itself."""

import pytest

from probative.adapters.files.vault import FileVault
from probative.kernel.errors import DeniedError, NotFoundError, TamperError, UnavailableError


@pytest.fixture
def path(tmp_path):
    """Return where the key is going to be."""
    return tmp_path / "keys" / "protected.key"


def test_what_is_sealed_opens_in_its_place(path):
    """Another process with the same key file opens it; another segment, place or byte does not."""
    sealed = FileVault(path).seal(b"sex: f", "segment-1", "file/0")
    vault = FileVault(path)
    assert vault.open(sealed, "segment-1", "file/0") == b"sex: f"
    assert b"sex" not in sealed
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for data, segment, place in (
        (sealed, "segment-2", "file/0"),
        (sealed, "segment-1", "file/1"),
        (changed, "segment-1", "file/0"),
        (sealed[:10], "segment-1", "file/0"),
        (b"", "segment-1", "file/0"),
    ):
        with pytest.raises(TamperError):
            vault.open(data, segment, place)


def test_no_two_sealings_are_alike(path):
    """The same values sealed twice cannot be compared from outside."""
    vault = FileVault(path)
    assert vault.seal(b"f", "s", "0") != vault.seal(b"f", "s", "0")


def test_another_key_opens_nothing(path, tmp_path):
    """A vault with another key is refused, not given garbage."""
    sealed = FileVault(path).seal(b"x", "s", "0")
    other = FileVault(tmp_path / "other.key")
    other.seal(b"x", "s", "0")
    with pytest.raises(TamperError):
        other.open(sealed, "s", "0")


def test_the_key_file_is_private_and_made_once(path):
    """The key is 0600, never overwritten, refused when others could read it, and shown nowhere."""
    vault = FileVault(path)
    with pytest.raises(NotFoundError):
        vault.open(b"x" * 40, "s", "0")
    assert not path.exists()
    vault.seal(b"x", "s", "0")
    key = path.read_bytes()
    assert (len(key), path.stat().st_mode & 0o777) == (32, 0o600)
    FileVault(path).seal(b"x", "s", "0")
    assert (path.read_bytes(), sorted(path.parent.iterdir())) == (key, [path])
    assert key.hex() not in repr(vault)
    path.chmod(0o640)
    with pytest.raises(DeniedError, match="0640"):
        FileVault(path).seal(b"x", "s", "0")


def test_a_damaged_key_is_named(path):
    """A key of another length is no key; a folder instead of it is the world failing."""
    path.parent.mkdir(mode=0o700)
    path.write_bytes(b"short")
    path.chmod(0o600)
    with pytest.raises(TamperError):
        FileVault(path).seal(b"x", "s", "0")
    path.unlink()
    path.symlink_to(path.parent / "elsewhere")
    (path.parent / "elsewhere").write_bytes(bytes(32))
    with pytest.raises(UnavailableError):
        FileVault(path).seal(b"x", "s", "0")
