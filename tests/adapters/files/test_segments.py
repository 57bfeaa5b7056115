"""Segment files on disk: whole or not at all, private where they hold values, inside their folders."""

import errno
import os

import pytest

from probative.adapters.files.segments import FileSegments
from probative.kernel.errors import NotFoundError, UnavailableError, UsageError

SEGMENT = "01a19656-4a80-7b96-8a44-5005604c44dd"


@pytest.fixture
def store(tmp_path):
    """Return segment files in two folders."""
    return FileSegments(tmp_path / "segments", tmp_path / "protected")


def put(store, name, data):
    """Write a file."""
    with store.write(SEGMENT, name) as file:
        file.write(data)


def files(tmp_path):
    """Return every file by its path below the folder."""
    return sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())


def test_files_appear_whole(store, tmp_path):
    """A file has its name only after its block; a second one replaces it in one step."""
    with store.write(SEGMENT, "facts.parquet") as file:
        file.write(b"half")
        with pytest.raises(NotFoundError):
            store.open(SEGMENT, "facts.parquet")
    put(store, "facts.parquet", b"whole")
    with store.open(SEGMENT, "facts.parquet") as file:
        assert file.read() == b"whole"
    assert files(tmp_path) == [f"segments/{SEGMENT}/facts.parquet"]


def test_a_block_that_fails_leaves_nothing(store, tmp_path):
    """Whatever ends the block early, no file and no staged rest is left."""
    with pytest.raises(TypeError), store.write(SEGMENT, "facts.parquet") as file:
        file.write(3)
    with pytest.raises(UnavailableError, match="No space"), store.write(SEGMENT, "facts.parquet"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert files(tmp_path) == []


@pytest.mark.parametrize("number", range(1, 6))
def test_a_failing_fsync_is_never_success(tmp_path, number):
    """Whichever fsync fails (file or folder), the write is not acknowledged."""
    count = 0

    def sync(handle):
        nonlocal count
        count += 1
        if count == number:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        os.fsync(handle)

    store = FileSegments(tmp_path / "segments", tmp_path / "protected", sync=sync)
    if number <= 4:
        with pytest.raises(UnavailableError, match="Input/output"):
            put(store, "facts.parquet", b"x")
    else:
        put(store, "facts.parquet", b"x")
        assert count == 4


def test_values_are_private(store, tmp_path):
    """Facts and tree may be read by others; payloads, protected files and their folder may not."""
    for name in ("facts.parquet", "tree.bin", "payload.parquet", "protected.sealed"):
        put(store, name, b"x")
    modes = {p.name: p.stat().st_mode & 0o777 for p in tmp_path.rglob("*") if p.is_file()}
    assert modes == {
        "facts.parquet": 0o644, "tree.bin": 0o644, "payload.parquet": 0o600, "protected.sealed": 0o600,
    }  # fmt: skip
    assert (tmp_path / "protected").stat().st_mode & 0o777 == 0o700
    assert f"protected/{SEGMENT}/protected.sealed" in files(tmp_path)


@pytest.mark.parametrize(
    ("segment", "name"),
    [
        ("../x", "facts.parquet"),
        ("", "facts.parquet"),
        (SEGMENT, "../facts"),
        (SEGMENT, ".hidden"),
        (SEGMENT, ""),
    ],
)
def test_no_name_leaves_the_folders(store, segment, name):
    """Only the product's own names are names."""
    with pytest.raises(UsageError):
        store.open(segment, name)
    with pytest.raises(UsageError), store.write(segment, name):
        pass


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    """A file where the folder should be is the world failing, not a traceback."""
    (tmp_path / "segments").write_text("x")
    store = FileSegments(tmp_path / "segments", tmp_path / "protected")
    with pytest.raises(UnavailableError):
        put(store, "facts.parquet", b"x")
    with pytest.raises(UnavailableError):
        store.open(SEGMENT, "facts.parquet")
