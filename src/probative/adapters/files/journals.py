"""Journals of open segments as files: appended and fsync'd, one writer a process.

**Promise**: `append` returns when the bytes are on the disk; a write that failed halfway is cut off again;
after a failed fsync the journal takes nothing more. A writer's name is locked by the process that uses it,
and the lock falls with that process, however it ends.
**Not here**: frames and their hashes (`record.decisions.segment.journal`).

Layout: `ROOT/WRITER.lock` and `ROOT/WRITER.SEGMENT.journal`.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from probative.adapters.files.durable import Sync, Words, make_folder, sync_folder, take_lock, translated
from probative.kernel.errors import NotFoundError, UnavailableError, UsageError
from probative.record.decisions.ports import JournalName

_WRITER = re.compile(r"w[0-9a-f]{12}\Z")
_SEGMENT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_FILE = re.compile(r"(w[0-9a-f]{12})\.([0-9a-f-]{36})\.journal\Z")

_NEW_NAMES_MAX = 64
_WORDS = Words(
    "journal.unavailable",
    "Journal '{path.name}' cannot be used",
    "Check free space and permissions of its folder, then send the batch again.",
)

Write = Callable[[int, memoryview], int]


class FileJournals:
    """A `JournalStore` in one folder (0700). `write` and `sync` are the system calls, failed by tests."""

    def __init__(self, root: Path, *, write: Write = os.write, sync: Sync = os.fsync) -> None:
        """Use the folder `root`; it is made by the first claim."""
        self._root = root
        self._write = write
        self._sync = sync

    def claim(self, writer: str | None = None) -> "FileClaim | None":
        """Lock a writer's name: `writer`, or the first free one, or a new one."""
        with translated(self._root, _WORDS):
            make_folder(self._root, 0o700, self._sync)
            if writer is not None:
                return self._lock(writer)
            for path in sorted(self._root.glob("w*.lock")):
                if _WRITER.match(path.stem) and (held := self._lock(path.stem)):
                    return held
            for _ in range(_NEW_NAMES_MAX):
                # Another process may find the new file and lock it first: then that one has a writer.
                if held := self._lock(f"w{os.urandom(6).hex()}"):
                    return held
            return None

    def names(self) -> list[JournalName]:
        """Return all journals; segment ids are time-ordered, so the oldest comes first."""
        if not self._root.is_dir():
            return []
        with translated(self._root, _WORDS):
            matches = [match for path in self._root.iterdir() if (match := _FILE.match(path.name))]
        found = [JournalName(match[1], match[2]) for match in matches]
        return sorted(found, key=lambda name: (name.segment, name.writer))

    def open(self, name: JournalName, *, durable: bool = False) -> BinaryIO:
        """Open a journal to read; `durable` fsyncs it first, for its writer may be about to."""
        path = _path(self._root, name)
        with translated(path, _WORDS):
            try:
                file = path.open("rb")
            except FileNotFoundError as error:
                raise NotFoundError(
                    "journal.unknown", f"There is no journal '{path.name}'.", "It may be sealed by now."
                ) from error
            if durable:
                self._sync(file.fileno())
        return file

    def _lock(self, writer: str) -> "FileClaim | None":
        if not _WRITER.match(writer):
            raise UsageError(
                "journal.writer", f"'{writer[:40]}' is not a writer.", "Let the product name it."
            )
        if (handle := take_lock(self._root / f"{writer}.lock")) is None:
            return None
        return FileClaim(self._root, writer, handle, self._write, self._sync)


class FileClaim:
    """A locked writer's name (fulfils `WriterClaim`)."""

    def __init__(self, root: Path, writer: str, handle: int, write: Write, sync: Sync) -> None:
        """Hold the lock behind `handle`."""
        self._root = root
        self._writer = writer
        self._handle: int | None = handle
        self._write = write
        self._sync = sync
        self._process = os.getpid()

    @property
    def writer(self) -> str:
        """The writer's name."""
        return self._writer

    def check(self) -> None:
        """Raise `UnavailableError` in a forked child: it would share the lock, and the journals, unseen."""
        if os.getpid() != self._process:
            raise UnavailableError(
                "journal.forked",
                f"Writer {self._writer} belongs to process {self._process}, which forked this one.",
                "Open the workspace again after forking.",
            )

    def create(self, segment: str, first: bytes) -> "AppendedFile":
        """Make the journal of `segment`, its first bytes and its name on the disk."""
        self.check()
        path = _path(self._root, JournalName(self._writer, segment))
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        with translated(path, _WORDS):
            file = AppendedFile(path, os.open(path, flags, 0o600), self._write, self._sync)
        try:
            file.append(first)
            with translated(path, _WORDS):
                sync_folder(self._root, self._sync)
        except UnavailableError:
            file.close()
            path.unlink(missing_ok=True)
            raise
        return file

    def remove(self, segment: str) -> None:
        """Remove a journal, durably."""
        self.check()
        path = _path(self._root, JournalName(self._writer, segment))
        with translated(path, _WORDS):
            path.unlink(missing_ok=True)
            sync_folder(self._root, self._sync)

    def release(self) -> None:
        """Unlock the writer's name."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class AppendedFile:
    """A file that only grows (fulfils `JournalFile`)."""

    def __init__(self, path: Path, handle: int, write: Write, sync: Sync) -> None:
        """Append behind `handle`, which is empty."""
        self._path = path
        self._handle: int | None = handle
        self._size = 0
        self._write = write
        self._sync = sync

    def append(self, data: bytes) -> None:
        """Write and fsync `data`.

        When writing fails (a full disk), what was written of it is cut off and the file can go on. When fsync
        fails, nobody knows what the disk has: the file is closed for good.
        """
        if self._handle is None:
            raise UnavailableError(
                "journal.closed",
                f"Journal '{self._path.name}' takes no more after a failure of the disk.",
                "Start the process again: what was acknowledged is sealed then.",
            )
        with translated(self._path, _WORDS):
            try:
                self._write_all(self._handle, data)
            except OSError:
                self._cut_back(self._handle)
                raise
            try:
                self._sync(self._handle)
            except OSError:
                self.close()
                raise
        self._size += len(data)

    def close(self) -> None:
        """Let go of the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _write_all(self, handle: int, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._write(handle, rest) :]

    def _cut_back(self, handle: int) -> None:
        try:
            os.ftruncate(handle, self._size)
            os.lseek(handle, self._size, os.SEEK_SET)
        except OSError:
            self.close()


def _path(root: Path, name: JournalName) -> Path:
    """Return the file of a journal; names that could leave the folder are refused."""
    if not _WRITER.match(name.writer) or not _SEGMENT.match(name.segment):
        raise UsageError("journal.name", f"'{name.writer[:40]}.{name.segment[:40]}' is not a journal.", "")
    return root / f"{name.writer}.{name.segment}.journal"
