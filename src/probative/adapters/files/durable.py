"""Durable file operations: bytes are on the disk under their name, or not there at all.

**Promise**: data is fsync'd before it gets its name, and the name is fsync'd before the call returns; a
failed fsync raises and is never tried again on the same file. Whole operations (`read`, `replace`, `create`,
`locked`, `try_locked`) tell a failure in `Words`; the parts they are made of raise `OSError`, for a caller
that puts them in words with `translated`.
**Not here**: appending (`adapters.files.journals`), and what is in a file.
"""

import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from probative.kernel.errors import TamperError, UnavailableError, UsageError
from probative.kernel.limits import LOCK_WAIT_MS_MAX

_BUFFER_BYTES = 1 << 20
_POLL_MS = 2

Sync = Callable[[int], None]


class Words(NamedTuple):
    """What a user reads when the disk fails: a stable code, what cannot be done to `{path}`, a hint."""

    code: str
    what: str
    hint: str

    def error(self, path: Path, cause: OSError) -> UnavailableError:
        """Return the error that tells `cause` at `path`.

        >>> words = Words("flags.unavailable", "'{path.name}' cannot be used", "Check free space.")
        >>> print(words.error(Path("/srv/flags.json"), OSError("disk full")))
        'flags.json' cannot be used: disk full.
        """
        text = f"{self.what.format(path=path)}: {cause.strerror or cause}."
        return UnavailableError(self.code, text, self.hint)


_HINT = "Check free space and permissions, then run the same command again."
READING = Words("disk.unavailable", "'{path}' cannot be read", _HINT)
WRITING = Words("disk.unavailable", "'{path}' cannot be written", _HINT)


@contextlib.contextmanager
def translated(path: Path, words: Words = WRITING) -> Iterator[None]:
    """Raise what the operating system raises in the block as an `UnavailableError` in `words`."""
    try:
        yield
    except OSError as error:
        raise words.error(path, error) from error


def inside(root: Path, relative: str) -> Path:
    """Return `root/relative`; a path that would leave `root` raises `UsageError`.

    >>> inside(Path("/srv/tree"), "tile/0/000").as_posix()
    '/srv/tree/tile/0/000'
    """
    parts = relative.split("/")
    if not relative or "\x00" in relative or any(part in ("", ".", "..") for part in parts):
        raise UsageError(
            "path.unsafe", f"'{relative[:80]}' is not a path inside the store.", "Use plain names."
        )
    return root.joinpath(*parts)


def read(path: Path, words: Words = READING) -> bytes | None:
    """Return the bytes at `path`, or `None` if nothing is there; `UnavailableError` if it cannot be read."""
    with translated(path, words):
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None


def replace(path: Path, data: bytes, mode: int = 0o644, words: Words = WRITING) -> None:
    """Put `data` at `path` in one step: readers see the old bytes or the new ones, also after a power cut."""
    with translated(path, words):
        make_folder(path.parent)
        with staged(path.parent, mode) as draft:
            draft.file.write(data)
            draft.replace(path)


def create(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Create `path` once and for ever; the same bytes again change nothing, others are a `TamperError`."""
    with translated(path):
        make_folder(path.parent)
        with staged(path.parent, mode) as draft:
            draft.file.write(data)
            try:
                draft.create(path)
            except FileExistsError:
                if path.read_bytes() != data:
                    raise TamperError(
                        "file.differs",
                        f"'{path}' is there already with other bytes.",
                        "Run 'probative record verify' before anything else is written.",
                    ) from None


@contextlib.contextmanager
def locked(path: Path, wait_ms_max: int = LOCK_WAIT_MS_MAX) -> Iterator[None]:
    """Hold an exclusive lock on the file at `path`; it falls with the process that holds it.

    A holder that does not let go within `wait_ms_max` is an `UnavailableError`: nobody waits for ever.
    """
    with try_locked(path, wait_ms_max) as mine:
        if not mine:
            raise UnavailableError(
                "disk.locked",
                f"Another process has held '{path}' for {wait_ms_max} ms.",
                "Wait for it to end, or stop it, then run the same command again.",
            )
        yield


@contextlib.contextmanager
def try_locked(path: Path, wait_ms_max: int = 0, words: Words = WRITING) -> Iterator[bool]:
    """Yield True while holding the lock on `path`, or False when another process keeps it too long."""
    with translated(path, words):
        make_folder(path.parent)
        handle = take_lock(path, wait_ms_max)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            os.close(handle)


class Staged(NamedTuple):
    """A new file that has no name of its own yet; write to `file`, then call `replace` or `create`."""

    path: Path
    file: BinaryIO
    sync: Sync

    def replace(self, path: Path) -> None:
        """Give the file the name `path`, from whatever had it before; durable on return."""
        self._finish()
        self.path.replace(path)
        sync_folder(path.parent, self.sync)

    def create(self, path: Path) -> None:
        """Give the file the name `path` unless that is taken (`FileExistsError`); durable on return."""
        self._finish()
        try:
            # A hard link refuses to replace: two writers cannot both win.
            os.link(self.path, path)
        finally:
            # Also for the one who was late: the name is durable before anybody builds on it.
            self.path.unlink()
            sync_folder(path.parent, self.sync)

    def _finish(self) -> None:
        self.file.flush()
        self.sync(self.file.fileno())


@contextlib.contextmanager
def staged(folder: Path, mode: int = 0o644, sync: Sync = os.fsync) -> Iterator[Staged]:
    """Open a new file in `folder`; without a name at the end of the block, it is gone. Raises `OSError`."""
    path = folder / f".{os.getpid()}.{os.urandom(4).hex()}"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(handle, "wb", _BUFFER_BYTES) as file:
            yield Staged(path, file, sync)
    finally:
        path.unlink(missing_ok=True)


def make_folder(folder: Path, mode: int = 0o777, sync: Sync = os.fsync) -> None:
    """Make `folder`, and what is missing above it, each name durable; one that is there stays as it is.

    A folder whose name could not be made durable is taken away again, so that the next try makes it anew.
    Raises `OSError`.
    """
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=mode, exist_ok=True)
        try:
            sync_folder(each.parent, sync)
        except OSError:
            with contextlib.suppress(OSError):
                each.rmdir()
            raise


def sync_folder(folder: Path, sync: Sync = os.fsync) -> None:
    """Make the names in `folder` durable. Raises `OSError`."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sync(handle)
    finally:
        os.close(handle)


def read_private(path: Path, bytes_max: int) -> tuple[bytes, int]:
    """Return at most `bytes_max` bytes of a secret's file, and its permissions for the caller to judge.

    Both come through one descriptor, so what was judged is what was read; a link is not followed. Raises
    `OSError`.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        return file.read(bytes_max), stat.S_IMODE(os.fstat(handle).st_mode)


def take_lock(path: Path, wait_ms_max: int = 0) -> int | None:
    """Return a handle that holds the lock on the file at `path` until it is closed or the process ends.

    `None` when another one keeps it longer than `wait_ms_max`. Raises `OSError`.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    mine = False
    try:
        mine = _wait_for(handle, wait_ms_max)
    finally:
        if not mine:
            os.close(handle)
    return handle if mine else None


def _wait_for(handle: int, wait_ms_max: int) -> bool:
    # Waiting is the one thing here that needs a stopwatch; no decision or fact sees it.
    give_up_at = time.monotonic() + wait_ms_max / 1000
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up_at:
                return False
            time.sleep(_POLL_MS / 1000)
        else:
            return True
