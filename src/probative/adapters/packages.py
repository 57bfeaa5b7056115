"""Finished packages as files where the user asked for them.

**Promise**: a package appears complete and durable, or not at all; a file that is there is never overwritten.
**Not here**: what is in a package (`prove`).
"""

import os
from collections.abc import Iterable
from pathlib import Path

from probative.kernel.errors import ConflictError, UnavailableError, UsageError


class PackageFolder:
    """Writes packages to any folder of this machine (fulfils `prove.ports.PackageFiles`)."""

    def reserve(self, path: Path) -> None:
        """Refuse a `path` that is taken (`ConflictError`) or lies in no writable folder (`UsageError`)."""
        if path.exists() or path.is_symlink():
            raise ConflictError(
                "package.exists", f"'{path}' is there already.", "Name a new file: packages are not replaced."
            )
        if not path.parent.is_dir() or not os.access(path.parent, os.W_OK | os.X_OK):
            raise UsageError(
                "package.folder",
                f"'{path.parent}' is not a folder that can be written to.",
                "Make the folder first, or name another one.",
            )

    def create(self, path: Path, chunks: Iterable[bytes]) -> None:
        """Write `chunks` to a new file at `path`, readable by its owner only.

        Raises `ConflictError` when somebody was faster, `UnavailableError` when the disk fails: then nothing
        is left at `path`.
        """
        draft = path.with_name(f".{path.name}.{os.getpid()}.new")
        try:
            _write(draft, chunks)
            # A hard link refuses to replace: of two writers one wins, and the other hears of it.
            os.link(draft, path)
            _sync_folder(path.parent)
        except FileExistsError as error:
            raise ConflictError(
                "package.exists", f"'{path}' is there already.", "Name a new file: packages are not replaced."
            ) from error
        except OSError as error:
            raise UnavailableError(
                "package.unwritable",
                f"'{path}' could not be written: {error.strerror or error}.",
                "Check free space and permissions, then make the package again.",
            ) from error
        finally:
            draft.unlink(missing_ok=True)

    def discard(self, path: Path) -> None:
        """Remove the package at `path`; one that is gone already is no error."""
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise UnavailableError(
                "package.not-removed",
                f"'{path}' could not be removed: {error.strerror}.",
                "Remove it yourself: it does not verify.",
            ) from error


def _write(draft: Path, chunks: Iterable[bytes]) -> None:
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
