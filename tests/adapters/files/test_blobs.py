"""Blobs: created once, found by digest, private ones apart, and every change of a file seen."""

import hashlib
import os
from pathlib import Path

import pytest

from probative.adapters.files.blobs import FileBlobs
from probative.kernel.errors import NotFoundError, TamperError, UnavailableError, UsageError

DATA = b"evidence"
DIGEST = hashlib.sha256(DATA).hexdigest()
BIG = bytes(range(256)) * 20_000


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    """An empty store."""
    return FileBlobs(tmp_path / "shared", tmp_path / "private")


def place(folder: Path, digest: str = DIGEST) -> Path:
    """Return where a blob's file lies."""
    return folder / digest[:2] / digest


@pytest.mark.parametrize(("private", "folder", "mode"), [(False, "shared", 0o444), (True, "private", 0o600)])
def test_a_blob_lies_where_it_belongs(
    blobs: FileBlobs, tmp_path: Path, private: bool, folder: str, mode: int
) -> None:
    """Shared ones are read-only for all, private ones readable by their owner in a folder of mode 0700."""
    blobs.put(DIGEST, DATA, private=private)
    assert blobs.get(DIGEST) == (DATA, private)
    assert list(blobs.names()) == [DIGEST]
    assert place(tmp_path / folder).stat().st_mode & 0o777 == mode
    if private:
        assert (tmp_path / "private").stat().st_mode & 0o777 == 0o700


def test_the_same_blob_again_changes_nothing(blobs: FileBlobs, tmp_path: Path) -> None:
    """It is created once; its file is the same file afterwards."""
    blobs.put(DIGEST, DATA, private=False)
    before = place(tmp_path / "shared").stat()
    blobs.put(DIGEST, DATA, private=False)
    assert os.path.samestat(before, place(tmp_path / "shared").stat())


def test_a_changed_blob_is_not_put_right_in_silence(blobs: FileBlobs, tmp_path: Path) -> None:
    """Keeping the same evidence again notices that the file has other bytes."""
    blobs.put(DIGEST, DATA, private=False)
    path = place(tmp_path / "shared")
    path.chmod(0o600)
    path.write_bytes(b"evidenze")
    with pytest.raises(TamperError, match="other bytes"):
        blobs.put(DIGEST, DATA, private=False)
    (found,) = blobs.problems()
    assert (found[0], "hash to" in found[1]) == (f"blob {DIGEST}", True)


def test_a_moved_blob_is_a_problem(blobs: FileBlobs, tmp_path: Path) -> None:
    """Sound bytes in a folder where nobody looks are as good as gone."""
    blobs.put(DIGEST, DATA, private=False)
    (tmp_path / "shared/zz").mkdir()
    place(tmp_path / "shared").rename(tmp_path / "shared/zz" / DIGEST)
    with pytest.raises(NotFoundError):
        blobs.get(DIGEST)
    assert [name for name, _ in blobs.problems()] == [f"blob {DIGEST}"]


def test_a_file_of_any_size_is_copied_in_by_pieces(blobs: FileBlobs, tmp_path: Path) -> None:
    """Both digests and the size come from one read, and nothing is left beside the blob."""
    (tmp_path / "source").write_bytes(BIG)
    sha256, _, size = blobs.put_file(tmp_path / "source")
    assert (sha256, size) == (hashlib.sha256(BIG).hexdigest(), len(BIG))
    assert blobs.get(sha256) == (BIG, False)
    files = [path for path in (tmp_path / "shared").rglob("*") if path.is_file()]
    assert files == [place(tmp_path / "shared", sha256)]


@pytest.mark.parametrize("name", ["missing", "folder"])
def test_what_cannot_be_read_leaves_nothing(blobs: FileBlobs, tmp_path: Path, name: str) -> None:
    """A mistake in the path is the caller's, and no staged file stays behind."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match=name):
        blobs.put_file(tmp_path / name)
    assert [path for path in (tmp_path / "shared").rglob("*") if path.is_file()] == []


def test_a_write_that_never_finished_is_no_blob(blobs: FileBlobs, tmp_path: Path) -> None:
    """What a killed process left half-written is neither listed nor judged."""
    blobs.put(DIGEST, DATA, private=False)
    (place(tmp_path / "shared").parent / f".{DIGEST}.123.abcd").write_bytes(b"half")
    assert (list(blobs.names()), list(blobs.problems())) == ([DIGEST], [])


@pytest.mark.parametrize("digest", ["../../etc/passwd", "ab", "AB" * 32, "zz" * 32, ""])
def test_only_digests_name_blobs(blobs: FileBlobs, digest: str) -> None:
    """No name leads out of the folders."""
    with pytest.raises(UsageError):
        blobs.get(digest)
    with pytest.raises(UsageError):
        blobs.put(digest, DATA, private=False)


def test_a_folder_in_the_way_is_the_worlds_failure(blobs: FileBlobs, tmp_path: Path) -> None:
    """A blob that is there and cannot be read is not called missing."""
    place(tmp_path / "shared").mkdir(parents=True)
    with pytest.raises(UnavailableError, match="cannot be read"):
        blobs.get(DIGEST)
    with pytest.raises(UnavailableError, match="cannot be read"):
        list(blobs.problems())
