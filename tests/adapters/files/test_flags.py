"""The flag file and the spool: whole files only, one editor at a time, locks that fall with their holder."""

import json
import multiprocessing
import os
import stat
from functools import partial
from pathlib import Path

import pytest

from probative.adapters.files import flags
from probative.adapters.files.flags import FlagFile, SpoolFolder
from probative.kernel.errors import UnavailableError, UsageError
from probative.respond.contain.switch import armed, switched

FLAG = "loans.serve"


@pytest.fixture
def store(tmp_path: Path) -> FlagFile:
    """Return an armed flag file."""
    found = FlagFile(tmp_path / "flags" / "flags.json")
    found.edit(lambda document: armed(document, FLAG, "2", "1"))
    return found


def test_an_edit_returns_both_texts_and_is_seen_by_the_probe(store: FlagFile) -> None:
    """The probe reads the file afresh."""
    before = store.read()
    edit = store.edit(lambda document: switched(document, FLAG, "off"))
    assert (before, store.read()) == edit
    assert store.evaluate(FLAG).variant == "off"


def test_a_missing_file_is_empty_and_evaluates_to_an_error(tmp_path: Path) -> None:
    """Nothing there is not an answer."""
    store = FlagFile(tmp_path / "flags.json")
    assert store.read() == b""
    assert (store.evaluate(FLAG).reason, store.evaluate(FLAG).variant) == ("ERROR", None)


def test_a_failed_change_leaves_the_file(store: FlagFile) -> None:
    """An error inside the change writes nothing and frees the lock."""
    before = store.read()
    with pytest.raises(UsageError):
        store.edit(lambda _: switched(b"{", FLAG, "on"))
    assert before == store.read()
    store.edit(lambda document: switched(document, FLAG, "off"))


def test_an_unreadable_file_is_unavailable(tmp_path: Path) -> None:
    """A folder in the file's place is the world's failure, said in our words."""
    (tmp_path / "flags.json").mkdir()
    store = FlagFile(tmp_path / "flags.json")
    with pytest.raises(UnavailableError, match="cannot be used"):
        store.read()
    assert store.evaluate(FLAG).reason == "ERROR"


def test_a_file_beyond_the_limit_is_refused(store: FlagFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something else than a flag file was put there."""
    monkeypatch.setattr(flags, "FLAG_BYTES_MAX", 10)
    with pytest.raises(UsageError, match="more than 10 bytes"):
        store.read()


def test_nothing_is_left_beside_the_file(store: FlagFile) -> None:
    """Staging files get their name or go."""
    store.edit(lambda document: switched(document, FLAG, "off"))
    assert {"flags.json", ".flags.json.lock"} == {path.name for path in store.path.parent.iterdir()}


def _edit_often(path: Path, name: str, count: int) -> None:
    for number in range(count):
        FlagFile(path).edit(partial(armed, flag=f"{name}-{number}.serve", release="1", fallback=None))


def test_two_processes_never_undo_each_others_edits(tmp_path: Path) -> None:
    """Both add flags to one file; every flag of both is there afterwards."""
    path = tmp_path / "flags.json"
    context = multiprocessing.get_context("fork")
    editors = [context.Process(target=_edit_often, args=(path, name, 15)) for name in ("a", "b")]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join()
    assert len(json.loads(path.read_bytes())["flags"]) == 30


def test_an_urgent_edit_passes_a_lock_that_is_not_let_go(
    store: FlagFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hung editor keeps nobody from stopping, and keeps everybody else from changing."""
    monkeypatch.setattr(flags, "EDIT_WAIT_MS_MAX", 30)
    with SpoolFolder(store.path.parent).latch("held"):
        (store.path.parent / ".held.latch").replace(store.path.parent / ".flags.json.lock")
        with pytest.raises(UnavailableError, match="Somebody else"):
            store.edit(lambda document: switched(document, FLAG, "fallback"))
        store.edit(lambda document: switched(document, FLAG, "off"), urgent=True)
    assert store.evaluate(FLAG).variant == "off"


def test_spooled_entries_come_back_in_order_and_go_once(tmp_path: Path) -> None:
    """The spool keeps bytes under names; removing twice is no error; files are private."""
    spool = SpoolFolder(tmp_path / "spool")
    assert list(spool.entries()) == []
    spool.write("b", b"2")
    spool.write("a", b"1")
    spool.write("b", b"3")
    assert list(spool.entries()) == [("a", b"1"), ("b", b"3")]
    assert stat.S_IMODE((tmp_path / "spool" / "a.json").stat().st_mode) == 0o600
    spool.remove("a")
    spool.remove("a")
    assert list(spool.entries()) == [("b", b"3")]


def test_spool_names_cannot_leave_the_folder(tmp_path: Path) -> None:
    """A name is a name, not a path."""
    with pytest.raises(UsageError):
        SpoolFolder(tmp_path).write("../evil", b"")


def test_a_latch_is_held_by_one_and_freed_at_the_end(tmp_path: Path) -> None:
    """The second one is told no at once; after the first has gone it gets it."""
    spool = SpoolFolder(tmp_path)
    with spool.latch("run") as first, spool.latch("run") as second, spool.latch("other") as other:
        assert (first, second, other) == (True, False, True)
    with spool.latch("run") as again:
        assert again


def test_a_latch_falls_with_its_process(tmp_path: Path) -> None:
    """A killed holder leaves nothing behind that would have to be cleaned up."""
    child = os.fork()
    if child == 0:
        with SpoolFolder(tmp_path).latch("run"):
            os.kill(os.getpid(), 9)
    assert os.waitpid(child, 0)[1] == 9
    with SpoolFolder(tmp_path).latch("run") as alone:
        assert alone
