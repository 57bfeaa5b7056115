"""Durable file operations: whole or not there, first one wins, every name synced, failures told in words."""

import errno
import os

import pytest

from probative.adapters.files import durable
from probative.kernel.errors import TamperError, UnavailableError, UsageError


class Failing:
    """An fsync that fails on the given calls, counted from one."""

    def __init__(self, *numbers):
        self.numbers, self.count = numbers, 0

    def __call__(self, handle):
        self.count += 1
        if self.count in self.numbers:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        os.fsync(handle)


def put(folder, name, data, sync=os.fsync):
    """Create a file by the parts."""
    with durable.staged(folder, 0o600, sync) as draft:
        draft.file.write(data)
        draft.create(folder / name)


def test_replacing_changes_bytes_and_mode_in_one_step(tmp_path):
    """The new file has the new bytes and mode, and nothing else is left; its folder is made."""
    path = tmp_path / "a" / "b" / "file"
    durable.replace(path, b"old", 0o644)
    durable.replace(path, b"new", 0o600)
    assert (durable.read(path), path.stat().st_mode & 0o777) == (b"new", 0o600)
    assert [path] == list(path.parent.iterdir())


def test_creating_is_once_and_for_ever(tmp_path):
    """The same bytes again are fine; others are refused, and leave the first."""
    path = tmp_path / "file"
    for _ in range(2):
        durable.create(path, b"one", 0o444)
    with pytest.raises(TamperError, match="other bytes"):
        durable.create(path, b"two")
    assert ([path], b"one") == (list(tmp_path.iterdir()), path.read_bytes())


def test_of_two_creators_one_wins_and_the_other_may_build_on_it(tmp_path):
    """The late one hears of it, after the folder with the winner's name was synced for both."""
    put(tmp_path, "key", b"first")
    sync = Failing()
    with pytest.raises(FileExistsError):
        put(tmp_path, "key", b"second", sync)
    assert (sync.count, (tmp_path / "key").read_bytes()) == (2, b"first")
    assert [tmp_path / "key"] == list(tmp_path.iterdir())


def test_a_staged_file_without_a_name_is_gone(tmp_path):
    """Neither an error nor forgetting to name it leaves a file."""
    with durable.staged(tmp_path) as draft:
        draft.file.write(b"x")
    with pytest.raises(ZeroDivisionError), durable.staged(tmp_path):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [1, 2])
def test_a_failed_fsync_is_never_success(tmp_path, number):
    """Whether the file or its folder could not be synced, the caller hears of it; no draft is left."""
    with pytest.raises(OSError, match="Input/output"):
        put(tmp_path, "file", b"x", Failing(number))
    assert number == 1 + len(list(tmp_path.iterdir()))


def test_every_folder_made_is_synced_into_the_one_above(tmp_path):
    """Three folders take three syncs; one that is there takes none."""
    sync = Failing()
    durable.make_folder(tmp_path / "a" / "b" / "c", 0o700, sync)
    durable.make_folder(tmp_path / "a" / "b" / "c", 0o755, sync)
    assert (sync.count, (tmp_path / "a" / "b" / "c").stat().st_mode & 0o777) == (3, 0o700)


def test_a_folder_whose_name_was_not_synced_is_made_again(tmp_path):
    """After a failure the next try does not find a folder that may vanish, but makes it and syncs it."""
    sync = Failing(2)
    with pytest.raises(OSError, match="Input/output"):
        durable.make_folder(tmp_path / "a" / "b", sync=sync)
    assert [path.name for path in tmp_path.rglob("*")] == ["a"]
    durable.make_folder(tmp_path / "a" / "b", sync=sync)
    assert sync.count == 3


def test_a_lock_is_held_by_one(tmp_path):
    """The second is told no, or waits in vain and is told who is asked to let go; then it is free."""
    path = tmp_path / "locks" / "one"
    with durable.locked(path):
        with durable.try_locked(path) as mine:
            assert not mine
        assert durable.take_lock(path) is None
        with pytest.raises(UnavailableError, match="for 5 ms"), durable.locked(path, wait_ms_max=5):
            pass
    with durable.try_locked(path) as mine:
        assert mine


def test_a_linked_lock_is_refused(tmp_path):
    """A link in the place of a lock would make its file somewhere else."""
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnavailableError), durable.locked(tmp_path / "lock"):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_secret_is_read_through_one_descriptor(tmp_path):
    """Bytes up to the limit and the permissions come together; a link is not followed."""
    put(tmp_path, "key", b"secret")
    assert durable.read_private(tmp_path / "key", 4) == (b"secr", 0o600)
    (tmp_path / "link").symlink_to(tmp_path / "key")
    with pytest.raises(OSError, match="symbolic"):
        durable.read_private(tmp_path / "link", 4)


@pytest.mark.parametrize("relative", ["", ".", "..", "a/../b", "/a", "a//b", "a/", "a\x00b"])
def test_no_path_leaves_its_folder(tmp_path, relative):
    """Only plain names joined by slashes are paths inside."""
    with pytest.raises(UsageError):
        durable.inside(tmp_path, relative)


def test_a_failure_is_told_in_the_callers_words(tmp_path):
    """The code is the caller's, the sentence has the path and the cause; braces in a path are only a name."""
    path = tmp_path / "{0}"
    path.mkdir()
    words = durable.Words("x.unavailable", "'{path.name}' cannot be used", "Look.")
    with pytest.raises(UnavailableError, match=r"'\{0\}' cannot be used: Is a directory") as refused:
        durable.read(path, words)
    assert (refused.value.code, refused.value.hint) == ("x.unavailable", "Look.")
    with pytest.raises(UnavailableError, match="cannot be written"):
        durable.replace(path, b"")
    assert [path] == list(tmp_path.iterdir())


def test_nothing_there_is_no_failure(tmp_path):
    """Neither a missing file nor a file in a folder's place holds anything at the path."""
    (tmp_path / "file").write_bytes(b"")
    assert (durable.read(tmp_path / "none"), durable.read(tmp_path / "file" / "below")) == (None, None)
