"""The spool: batches on this machine's disk until the record can be reached again.

**Promise**: a batch is on the disk when `append` returns; a torn last write is cut off, any other damage
raises `TamperError`; one process uses a spool at a time. The file is private (0600) and bounded.
**Not here**: when to spool (`client.decisions`).

Each frame (`record.decisions.framing`) holds one batch as MessagePack, every column in the clear: a spool is
as confidential as the service that writes it.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from probative.kernel.errors import ConflictError, UnavailableError
from probative.record.decisions.framing import START, frame, read_frames

SPOOL_BYTES_MAX = 256 * 1024 * 1024

Row = dict[str, Any]


class Spool:
    """Batches of rows in one file."""

    def __init__(self, path: Path, bytes_max: int = SPOOL_BYTES_MAX) -> None:
        """Open the spool at `path`; `ConflictError` when another process uses it."""
        self._path = path
        self._bytes_max = bytes_max
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._file = os.fdopen(os.open(path, flags, 0o600), "r+b", 0)
        except OSError as error:
            raise self._unavailable(error) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise ConflictError(
                "spool.in-use", f"Another process uses the spool '{path}'.", "Give each process its own."
            ) from error
        self._size, self._digest = 0, START
        try:
            for found in read_frames(self._file, str(path)):
                self._size, self._digest = found.end, found.digest
            self._file.truncate(self._size)
        except BaseException:
            self._file.close()
            raise

    def append(self, rows: list[Row]) -> None:
        """Add a batch, durably; a full spool or disk raises `UnavailableError` and keeps nothing of it."""
        data, digest = frame(self._digest, msgspec.msgpack.encode(rows))
        if self._size + len(data) > self._bytes_max:
            raise UnavailableError(
                "spool.full",
                f"The spool '{self._path}' holds {self._size} of {self._bytes_max} bytes.",
                "Refuse decisions until the record can be reached again.",
            )
        try:
            self._file.seek(self._size)
            rest = memoryview(data)
            while rest:
                rest = rest[self._file.write(rest) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):
                self._file.truncate(self._size)
            raise self._unavailable(error) from error
        self._size, self._digest = self._size + len(data), digest

    def batches(self) -> Iterator[list[Row]]:
        """Yield the batches, oldest first."""
        for found in read_frames(self._file, str(self._path)):
            yield msgspec.msgpack.decode(found.payload)

    def clear(self) -> None:
        """Forget everything: it is recorded now."""
        if not self._size:
            return
        try:
            self._file.truncate(0)
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._unavailable(error) from error
        self._size, self._digest = 0, START

    def set_aside(self) -> None:
        """Keep the content under another name, for a person to look at, and begin anew."""
        aside = self._path.with_name(f"{self._path.name}.refused.{os.urandom(4).hex()}")
        try:
            self._file.seek(0)
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                while chunk := self._file.read(1 << 20):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise self._unavailable(error) from error
        self.clear()

    def close(self) -> None:
        """Let others use the spool."""
        self._file.close()

    def _unavailable(self, error: OSError) -> UnavailableError:
        return UnavailableError(
            "spool.unavailable",
            f"The spool '{self._path}' cannot be written: {error.strerror or error}.",
            "Check free space and permissions; refuse decisions meanwhile.",
        )
