"""Files of sealed segments on the local disk, protected ones in a folder of their own.

**Promise**: a file is staged, fsync'd, renamed and its folder fsync'd before `write` ends; a block that ends
with an error leaves nothing. No name leaves the two folders. Payloads are private (0600), and so is the
protected folder (0700).
**Not here**: what is in the files (`record.decisions.segment`), and encryption (`adapters.vault`).

Layout: `ROOT/SEGMENT/NAME`, and `PROTECTED_ROOT/SEGMENT/NAME` for names that begin with `protected.`.
"""

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from probative.kernel.errors import NotFoundError, UnavailableError, UsageError
from probative.kernel.ids import check_name

_SEGMENT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_PROTECTED = "protected."
_SHARED = ("facts.", "tree.")  # hold no value about a person; every other file is private
_BUFFER_BYTES = 1 << 20

Sync = Callable[[int], None]


class FileSegments:
    """A `SegmentFiles` in two folders; `sync` is the system call; tests make it fail."""

    def __init__(self, root: Path, protected_root: Path, *, sync: Sync = os.fsync) -> None:
        """Use the two folders; they are made when first written to."""
        self._root = root
        self._protected_root = protected_root
        self._sync = sync

    @contextlib.contextmanager
    def write(self, segment: str, name: str) -> Iterator[BinaryIO]:
        """Stage `name` of `segment`; it replaces an earlier one in one step (sealing may begin again)."""
        path = self._path(segment, name)
        private = not name.startswith(_SHARED)
        staged = path.with_name(f".{name}.{os.getpid()}.{os.urandom(4).hex()}")
        with _translated(path):
            self._make_folders(path.parent, name.startswith(_PROTECTED))
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
            handle = os.open(staged, flags, 0o600 if private else 0o644)
            try:
                with os.fdopen(handle, "wb", _BUFFER_BYTES) as file:
                    yield file
                    file.flush()
                    self._sync(handle)
                staged.replace(path)
                self._sync_folder(path.parent)
            finally:
                staged.unlink(missing_ok=True)

    def open(self, segment: str, name: str) -> BinaryIO:
        """Open a file to read."""
        path = self._path(segment, name)
        try:
            return path.open("rb")
        except FileNotFoundError as error:
            raise NotFoundError(
                "segment.file-missing",
                f"Segment {segment} has no file '{name}'.",
                "Restore it from a copy, then run 'probative record verify'.",
            ) from error
        except OSError as error:
            raise _unavailable(path, error) from error

    def _path(self, segment: str, name: str) -> Path:
        if not _SEGMENT.match(segment):
            raise UsageError("segment.name", f"'{segment[:40]}' is not a segment.", "Give its id.")
        root = self._protected_root if name.startswith(_PROTECTED) else self._root
        return root / segment / check_name(name, "segment file")

    def _make_folders(self, folder: Path, private: bool) -> None:
        if not folder.is_dir():
            folder.parent.mkdir(mode=0o700 if private else 0o755, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700 if private else 0o755, exist_ok=True)
            self._sync_folder(folder.parent)
            self._sync_folder(folder.parent.parent)

    def _sync_folder(self, folder: Path) -> None:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._sync(handle)
        finally:
            os.close(handle)


def _unavailable(path: Path, error: OSError) -> UnavailableError:
    return UnavailableError(
        "segment.unavailable",
        f"'{path.name}' of segment {path.parent.name} cannot be used: {error.strerror or error}.",
        "Check free space and permissions; nothing is lost, sealing begins again from the journal.",
    )


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unavailable(path, error) from error
