"""Durable writes: bytes are on the disk under their name, or not there at all.

**Promise**: data is fsync'd before it gets its name, and the name is fsync'd before the call returns; a
failed fsync raises and is never tried again on the same file.
**Not here**: appending (journals do that).
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from probative.kernel.errors import TamperError, UnavailableError, UsageError
from probative.kernel.limits import LOCK_WAIT_MS_MAX

_POLL_MS = 5


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


def read(path: Path) -> bytes | None:
    """Return the bytes at `path`, or `None` if nothing is there; `UnavailableError` if it cannot be read."""
    with _translated(path, "read"):
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None


def replace(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Put `data` at `path` in one step: readers see the old bytes or the new ones."""
    with _translated(path):
        make_folder(path.parent)
        staged = _stage(path, data, mode)
        try:
            staged.replace(path)
        except OSError:
            staged.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def create(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Create `path` once and for ever; the same bytes again change nothing, others are a `TamperError`."""
    with _translated(path):
        make_folder(path.parent)
        staged = _stage(path, data, mode)
        try:
            # A hard link refuses to replace: two writers cannot both win.
            os.link(staged, path)
        except FileExistsError:
            if path.read_bytes() != data:
                raise TamperError(
                    "file.differs",
                    f"'{path}' is there already with other bytes.",
                    "Run 'probative record verify' before anything else is written.",
                ) from None
        finally:
            staged.unlink(missing_ok=True)
        sync_folder(path.parent)


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make `folder`, and what is missing above it, each name durable; one that is there stays as it is."""
    with _translated(folder):
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for each in reversed(missing):
            each.mkdir(mode=mode, exist_ok=True)
            sync_folder(each.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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
def try_locked(path: Path, wait_ms_max: int = 0) -> Iterator[bool]:
    """Yield True while holding the lock on `path`, or False when another process keeps it too long."""
    with _translated(path):
        make_folder(path.parent)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield _take(handle, wait_ms_max)
    finally:
        os.close(handle)


def _take(handle: int, wait_ms_max: int) -> bool:
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


def _stage(path: Path, data: bytes, mode: int) -> Path:
    staged = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        staged.unlink(missing_ok=True)
        raise
    return staged


@contextlib.contextmanager
def _translated(path: Path, what: str = "written") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            "disk.unavailable",
            f"'{path}' cannot be {what}: {error.strerror or error}.",
            "Check free space and permissions, then run the same command again.",
        ) from error
