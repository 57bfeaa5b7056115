"""Package files: complete or not there, never overwritten."""

import pytest

from probative.adapters.files.packages import PackageFolder
from probative.kernel.errors import ConflictError, UnavailableError, UsageError


def failing():
    """Chunks whose source fails after the first one."""
    yield b"half"
    raise OSError(28, "No space left on device")


def test_a_package_is_written_privately(tmp_path):
    """The chunks are there, in order, for the owner only, and nothing else is."""
    PackageFolder().create(tmp_path / "p.zip", [b"one", b"two"])
    assert (tmp_path / "p.zip").read_bytes() == b"onetwo"
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]


def test_a_taken_name_is_refused(tmp_path):
    """Neither an existing file nor a dangling link is replaced, whoever was faster."""
    (tmp_path / "p.zip").write_bytes(b"mine")
    (tmp_path / "link.zip").symlink_to(tmp_path / "nowhere")
    for name in ("p.zip", "link.zip"):
        with pytest.raises(ConflictError, match="there already"):
            PackageFolder().reserve(tmp_path / name)
        with pytest.raises(ConflictError, match="there already"):
            PackageFolder().create(tmp_path / name, [b"theirs"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.zip", "p.zip"]
    assert (tmp_path / "p.zip").read_bytes() == b"mine"


def test_a_failing_disk_leaves_nothing(tmp_path):
    """Half a package never gets the name, and the draft is removed."""
    with pytest.raises(UnavailableError, match="No space left"):
        PackageFolder().create(tmp_path / "p.zip", failing())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path):
    """The folder is the caller's to make."""
    with pytest.raises(UsageError, match="not a folder"):
        PackageFolder().reserve(tmp_path / "none" / "p.zip")


def test_discarding_twice_is_no_error(tmp_path):
    """A package that does not verify is taken away."""
    PackageFolder().create(tmp_path / "p.zip", [b""])
    PackageFolder().discard(tmp_path / "p.zip")
    PackageFolder().discard(tmp_path / "p.zip")
    assert list(tmp_path.iterdir()) == []
