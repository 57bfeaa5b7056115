"""A published tree: created once, listed without what is not published, one publisher at a time."""

import multiprocessing
from pathlib import Path

import pytest

from probative.adapters.files import durable
from probative.adapters.files.tree import FileTree
from probative.kernel.errors import TamperError, UnavailableError, UsageError


@pytest.fixture
def tree(tmp_path: Path) -> FileTree:
    """An empty tree."""
    return FileTree(tmp_path / "public")


def test_files_are_created_once_and_the_checkpoint_is_replaced(tree: FileTree) -> None:
    """The same bytes again are no change; other bytes are refused; one file may change."""
    tree.create("tile/0/000.p/3", b"hashes")
    tree.create("tile/0/000.p/3", b"hashes")
    with pytest.raises(TamperError, match="other bytes"):
        tree.create("tile/0/000.p/3", b"others")
    tree.replace("checkpoint", b"1")
    tree.replace("checkpoint", b"2")
    assert (tree.read("tile/0/000.p/3"), tree.read("checkpoint"), tree.read("tile/0/001")) == (
        b"hashes",
        b"2",
        None,
    )


def test_locks_and_unfinished_files_are_not_published(tree: FileTree, tmp_path: Path) -> None:
    """Only whole files are listed, sorted by path."""
    with tree.locked():
        tree.create("tile/1/000.p/1", b"b")
        tree.create("tile/0/000.p/1", b"a")
        (tmp_path / "public/tile/0/.001.123.abcd").write_bytes(b"half")
        assert list(tree.paths()) == ["tile/0/000.p/1", "tile/1/000.p/1"]


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x", "", "a//b", "."])
def test_no_path_leads_out(tree: FileTree, path: str) -> None:
    """Reading and writing refuse it alike."""
    for act in (lambda: tree.read(path), lambda: tree.create(path, b""), lambda: tree.replace(path, b"")):
        with pytest.raises(UsageError, match="not a path inside"):
            act()


def test_a_file_where_a_folder_should_be(tree: FileTree, tmp_path: Path) -> None:
    """Reading finds nothing there; writing says what is in the way."""
    (tmp_path / "public").mkdir()
    (tmp_path / "public/tile").write_bytes(b"in the way")
    assert tree.read("tile/0/000") is None
    with pytest.raises(UnavailableError, match="cannot be written"):
        tree.create("tile/0/000", b"")


def hold(folder: Path, held: "multiprocessing.Event", done: "multiprocessing.Event") -> None:  # type: ignore[valid-type]
    """Hold the publisher's lock until told to let go."""
    with FileTree(folder).locked():
        held.set()  # type: ignore[attr-defined]
        done.wait(30)  # type: ignore[attr-defined]


def test_a_publisher_that_hangs_is_not_waited_for_for_ever(tree: FileTree, tmp_path: Path) -> None:
    """The wait for another process is bounded, and ends in words. Defence: `durable.locked`."""
    spawn = multiprocessing.get_context("spawn")
    held, done = spawn.Event(), spawn.Event()
    other = spawn.Process(target=hold, args=(tmp_path / "public", held, done))
    other.start()
    assert held.wait(30)
    with pytest.raises(UnavailableError) as caught, durable.locked(tmp_path / "public/.lock", wait_ms_max=50):
        pass
    assert caught.value.hint
    done.set()
    other.join(30)
    with tree.locked():
        assert other.exitcode == 0
