"""Finished packages as files where the user asked for them.

**Promise**: a package appears complete and durable, or not at all; a file that is there is never overwritten.
**Not here**: what is in a package (`prove`).
"""

import os
from collections.abc import Iterable
from pathlib import Path

from probative.adapters.files import durable
from probative.kernel.errors import ConflictError, UsageError

_WRITING = durable.Words(
    "package.unwritable",
    "'{path}' could not be written",
    "Check free space and permissions, then make the package again.",
)
_REMOVING = durable.Words(
    "package.not-removed", "'{path}' could not be removed", "Remove it yourself: it does not verify."
)


class PackageFolder:
    """Writes packages to any folder of this machine (fulfils `prove.ports.PackageFiles`)."""

    def reserve(self, path: Path) -> None:
        """Refuse a `path` that is taken (`ConflictError`) or lies in no writable folder (`UsageError`)."""
        if path.exists() or path.is_symlink():
            raise _taken(path)
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
        with durable.translated(path, _WRITING), durable.staged(path.parent, 0o600) as draft:
            for chunk in chunks:
                draft.file.write(chunk)
            try:
                draft.create(path)
            except FileExistsError as error:
                raise _taken(path) from error

    def discard(self, path: Path) -> None:
        """Remove the package at `path`; one that is gone already is no error."""
        with durable.translated(path, _REMOVING):
            path.unlink(missing_ok=True)


def _taken(path: Path) -> ConflictError:
    return ConflictError(
        "package.exists", f"'{path}' is there already.", "Name a new file: packages are not replaced."
    )
