"""Journals on disk: durable or refused, one writer a process, no name outside the folder."""

import errno
import os
import subprocess
import sys

import pytest

from probative.adapters.files.journals import FileJournals
from probative.kernel.errors import NotFoundError, UnavailableError, UsageError
from probative.record.decisions.ports import JournalName

SEGMENT = "01a19656-4a80-7b96-8a44-5005604c44dd"
OTHER = "01a19656-4a80-7b96-8a44-5005604c44de"


class Calls:
    """System calls that are counted, and fail when told to."""

    def __init__(self):
        self.synced = 0
        self.short = None
        self.failing_sync = None

    def write(self, handle, data):
        if self.short is None:
            return os.write(handle, data)
        if self.short == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        size, self.short = self.short, 0
        return os.write(handle, data[:size])

    def sync(self, handle):
        if self.failing_sync:
            raise OSError(self.failing_sync, os.strerror(self.failing_sync))
        self.synced += 1
        os.fsync(handle)


@pytest.fixture
def calls():
    """Return the calls that a store is made with."""
    return Calls()


@pytest.fixture
def store(tmp_path, calls):
    """Return journals in an empty folder."""
    return FileJournals(tmp_path / "journal", write=calls.write, sync=calls.sync)


def read(store, name):
    """Return a journal's bytes."""
    with store.open(name) as file:
        return file.read()


def test_what_was_appended_is_there(store, calls, tmp_path):
    """Each append is synced; a folder too, when something is made in it or removed; files are private."""
    assert store.names() == []
    claim = store.claim()
    assert calls.synced == 1
    file = claim.create(SEGMENT, b"first")
    assert calls.synced == 3
    file.append(b" second")
    assert calls.synced == 4
    name = JournalName(claim.writer, SEGMENT)
    assert (store.names(), read(store, name)) == ([name], b"first second")
    with store.open(name, durable=True) as again:
        assert (again.read(), calls.synced) == (b"first second", 5)
    path = tmp_path / "journal" / f"{claim.writer}.{SEGMENT}.journal"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    file.close()
    claim.remove(SEGMENT)
    claim.remove(SEGMENT)
    assert store.names() == []
    with pytest.raises(NotFoundError):
        store.open(name)
    claim.release()
    claim.release()


def test_a_write_that_failed_halfway_is_cut_off(store, calls):
    """After a full disk, the journal holds what it held before, and can go on."""
    claim = store.claim()
    file = claim.create(SEGMENT, b"first")
    calls.short = 3
    with pytest.raises(UnavailableError, match="No space left"):
        file.append(b"second")
    name = JournalName(claim.writer, SEGMENT)
    assert read(store, name) == b"first"
    calls.short = None
    file.append(b" third")
    assert read(store, name) == b"first third"
    file.close()
    claim.release()


def test_after_a_failed_fsync_nothing_is_taken(store, calls):
    """Nobody knows what the disk has after a failed fsync, so the journal is closed for good."""
    claim = store.claim()
    file = claim.create(SEGMENT, b"first")
    calls.failing_sync = errno.EIO
    with pytest.raises(UnavailableError, match="Input/output error"):
        file.append(b"second")
    calls.failing_sync = None
    with pytest.raises(UnavailableError, match="takes no more"):
        file.append(b"third")
    claim.release()


def test_a_journal_that_could_not_be_made_leaves_nothing(store, calls):
    """When the first write or its sync fails, there is no journal."""
    claim = store.claim()
    for fault in ("short", "failing_sync"):
        setattr(calls, fault, 2 if fault == "short" else errno.EIO)
        with pytest.raises(UnavailableError):
            claim.create(SEGMENT, b"first")
        setattr(calls, fault, None)
        assert store.names() == []
    claim.release()


def test_a_writer_is_held_by_one(store):
    """A name that is held cannot be claimed; one that was given back can."""
    first, second = store.claim(), store.claim()
    assert first.writer != second.writer
    assert store.claim(first.writer) is None
    first.release()
    again = store.claim()
    assert again.writer == first.writer
    again.release()
    second.release()


def test_the_claim_falls_with_its_process(store, tmp_path):
    """A process that holds a writer keeps others out while it lives, and no longer."""
    code = (
        "import sys; from pathlib import Path; from probative.adapters.files.journals import FileJournals\n"
        "claim = FileJournals(Path(sys.argv[1])).claim(); print(claim.writer, flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "journal")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    writer = process.stdout.readline().strip()
    assert store.claim(writer) is None
    process.kill()
    process.communicate()
    claim = store.claim(writer)
    assert claim.writer == writer
    claim.release()


def test_a_forked_child_cannot_use_the_claim(store):
    """A child would share its parent's lock unseen, so it is told to open the workspace again."""
    claim = store.claim()
    child = os.fork()
    if not child:
        try:
            claim.create(SEGMENT, b"first")
        except UnavailableError as error:
            os._exit(7 if error.code == "journal.forked" else 1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7
    claim.check()
    claim.release()


@pytest.mark.parametrize(
    "name",
    [("../../x", SEGMENT), ("w0", SEGMENT), ("w0123456789ab", "../x"), ("w0123456789ab", SEGMENT.upper())],
)
def test_no_name_leaves_the_folder(store, name):
    """Only names that the product makes are names."""
    with pytest.raises(UsageError):
        store.open(JournalName(*name))
    with pytest.raises(UsageError):
        store.claim("../x")
    claim = store.claim()
    with pytest.raises(UsageError):
        claim.create("../../x", b"")
    claim.release()


def test_other_files_are_no_journals(store, tmp_path):
    """What else lies in the folder is left alone; journals are listed oldest segment first."""
    claim = store.claim()
    for segment in (OTHER, SEGMENT):
        claim.create(segment, b"x").close()
    (tmp_path / "journal" / "notes.txt").write_text("x")
    assert store.names() == [JournalName(claim.writer, SEGMENT), JournalName(claim.writer, OTHER)]
    with pytest.raises(UnavailableError):
        claim.create(SEGMENT, b"again")
    claim.release()


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    """A file where the folder should be is the world failing, not a traceback."""
    (tmp_path / "journal").write_text("x")
    with pytest.raises(UnavailableError):
        FileJournals(tmp_path / "journal").claim()
