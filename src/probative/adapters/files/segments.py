"""Files of sealed segments on the local disk, protected ones in a folder of their own.

**Promise**: a file is staged, fsync'd, renamed and its folder fsync'd before `write` ends; a block that ends
with an error leaves nothing. No name leaves the two folders. Payloads are private (0600), and so is the
protected folder (0700).
**Not here**: what is in the files (`record.decisions.segment`), and encryption (`adapters.files.vault`).

Layout: `ROOT/SEGMENT/NAME`, and `PROTECTED_ROOT/SEGMENT/NAME` for names that begin with `protected.`.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from probative.adapters.files import durable
from probative.kernel.errors import NotFoundError, UsageError
from probative.kernel.ids import check_name

_SEGMENT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_PROTECTED = "protected."
_SHARED = ("facts.", "tree.")  # hold no value about a person; every other file is private
_WORDS = durable.Words(
    "segment.unavailable",
    "'{path.name}' of segment {path.parent.name} cannot be used",
    "Check free space and permissions; nothing is lost, sealing begins again from the journal.",
)


class FileSegments:
    """A `SegmentFiles` in two folders; `sync` is the system call; tests make it fail."""

    def __init__(self, root: Path, protected_root: Path, *, sync: durable.Sync = os.fsync) -> None:
        """Use the two folders; they are made when first written to."""
        self._root = root
        self._protected_root = protected_root
        self._sync = sync

    @contextlib.contextmanager
    def write(self, segment: str, name: str) -> Iterator[BinaryIO]:
        """Stage `name` of `segment`; it replaces an earlier one in one step (sealing may begin again)."""
        path = self._path(segment, name)
        private = not name.startswith(_SHARED)
        with durable.translated(path, _WORDS):
            durable.make_folder(path.parent, 0o700 if name.startswith(_PROTECTED) else 0o755, self._sync)
            with durable.staged(path.parent, 0o600 if private else 0o644, self._sync) as draft:
                yield draft.file
                draft.replace(path)

    def open(self, segment: str, name: str) -> BinaryIO:
        """Open a file to read."""
        path = self._path(segment, name)
        with durable.translated(path, _WORDS):
            try:
                return path.open("rb")
            except FileNotFoundError as error:
                raise NotFoundError(
                    "segment.file-missing",
                    f"Segment {segment} has no file '{name}'.",
                    "Restore it from a copy, then run 'probative record verify'.",
                ) from error

    def _path(self, segment: str, name: str) -> Path:
        if not _SEGMENT.match(segment):
            raise UsageError("segment.name", f"'{segment[:40]}' is not a segment.", "Give its id.")
        root = self._protected_root if name.startswith(_PROTECTED) else self._root
        return root / segment / check_name(name, "segment file")
