"""Durable writes: bytes are on the disk under their name, or not there at all.

**Promise**: data is fsync'd before it gets its name, and the name is fsync'd before the call returns; a
failed fsync raises and is never tried again on the same file.
**Not here**: appending (journals do that).
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from probative.kernel.errors import TamperError, UnavailableError, UsageError


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


def replace(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Put `data` at `path` in one step: readers see the old bytes or the new ones."""
    with _translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
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
        path.parent.mkdir(parents=True, exist_ok=True)
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


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on the file at `path`; it falls with the process that holds it."""
    with _translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def try_locked(path: Path) -> Iterator[bool]:
    """Yield True while holding the lock on `path`, or False at once when another process holds it."""
    with _translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        mine = True
    except BlockingIOError:
        mine = False
    try:
        yield mine
    finally:
        os.close(handle)


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
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            "disk.unavailable",
            f"'{path}' cannot be written: {error.strerror or error}.",
            "Check free space and permissions, then run the same command again.",
        ) from error
