"""Blobs: content-addressed files in two folders, one readable by auditors, one private and erasable.

**Promise**: a blob's file always hashes to its name; files are created once.
**Not here**: which blobs are personal (the caller says), salting (`record.recorder`).
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from blake3 import blake3

from probative.adapters.files import durable
from probative.kernel.digest import check_digest
from probative.kernel.errors import NotFoundError, UsageError

_CHUNK_BYTES = 1024 * 1024
_COPYING = durable.Words("disk.unavailable", "'{path}' could not be copied in", "Check space and rights.")
_JUDGING = durable.Words(
    "disk.unavailable",
    "'{path}' cannot be read",
    "Check permissions and the disk; nothing is judged by what cannot be read.",
)


class FileBlobs:
    """A `BlobStore` in two folders: `shared` for evidence, `private` (0700) for erasable bytes."""

    def __init__(self, shared: Path, private: Path) -> None:
        """Use the two folders; they are made when first written to."""
        self._shared = shared
        self._private = private

    def put(self, digest: str, data: bytes, *, private: bool) -> None:
        """Keep `data` under `digest`, durably."""
        path = _place(self._private if private else self._shared, digest)
        if private:
            with durable.translated(path):
                durable.make_folder(self._private, 0o700)
        durable.create(path, data, 0o600 if private else 0o444)

    def put_file(self, path: Path) -> tuple[str, str, int]:
        """Copy a file of any size in, hashing SHA-256 and BLAKE3 in the same read."""
        with durable.translated(path, _COPYING), _opened(path) as source:
            durable.make_folder(self._shared)
            with durable.staged(self._shared) as draft:
                sha256, other, count = _copy(source, draft.file)
                final = _place(self._shared, sha256)
                durable.make_folder(final.parent)
                os.fchmod(draft.file.fileno(), 0o444)
                draft.replace(final)
        return sha256, other, count

    def get(self, digest: str) -> tuple[bytes, bool]:
        """Return the stored bytes and whether they lie in the private folder."""
        for root, private in ((self._shared, False), (self._private, True)):
            if (data := durable.read(_place(root, digest))) is not None:
                return data, private
        raise NotFoundError(
            "blob.missing",
            f"Blob {digest} is not in this workspace.",
            "It may have been erased or not copied along.",
        )

    def names(self) -> Iterator[str]:
        """Yield the digest of every stored blob."""
        for root in (self._shared, self._private):
            yield from sorted(path.name for path in _files(root))

    def problems(self) -> Iterator[tuple[str, str]]:
        """Hash every blob again; yield those that are not what their name says."""
        for root in (self._shared, self._private):
            for path in sorted(_files(root)):
                with durable.translated(path, _JUDGING), path.open("rb") as file:
                    found = hashlib.file_digest(file, "sha256").hexdigest()
                if found != path.name:
                    yield f"blob {path.name}", f"its bytes hash to {found}"
                elif path.parent.name != found[:2]:
                    yield f"blob {path.name}", f"it lies in '{path.parent.name}', where nobody looks for it"


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise UsageError(
            "file.missing", f"'{path}' is not a file that can be read.", "Check the path."
        ) from error


def _copy(source: BinaryIO, target: BinaryIO) -> tuple[str, str, int]:
    """Copy a file and return its SHA-256, BLAKE3 and size, hashed on the way."""
    sha256, other, count = hashlib.sha256(), blake3(), 0
    while chunk := source.read(_CHUNK_BYTES):
        sha256.update(chunk)
        other.update(chunk)
        count += len(chunk)
        target.write(chunk)
    return sha256.hexdigest(), other.hexdigest(), count


def _files(root: Path) -> Iterator[Path]:
    """Yield the blobs' files; a name with a dot before it is a write that never finished."""
    return (path for path in root.glob("*/*") if not path.name.startswith("."))


def _place(root: Path, digest: str) -> Path:
    check_digest(digest)
    return root / digest[:2] / digest
