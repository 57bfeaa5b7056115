"""What the decision log needs from the world: journals, segment files, and a vault for protected values.

**Promise**: none of these is trusted with integrity: what is read is hashed again. Journals and segment
files are trusted with durability, the vault with secrecy.
**Not here**: implementations (`adapters`).
"""

from contextlib import AbstractContextManager
from typing import BinaryIO, NamedTuple, Protocol


class JournalName(NamedTuple):
    """A journal: the writer that it belongs to and the open segment that it holds."""

    writer: str
    segment: str


class JournalFile(Protocol):
    """A journal that its writer appends to."""

    def append(self, data: bytes) -> None:
        """Append `data`, durable on return.

        After `UnavailableError` the data is not acknowledged, and if the disk is in doubt nothing is again.
        """
        ...

    def close(self) -> None:
        """Let go of the file; what was appended stays."""
        ...


class WriterClaim(Protocol):
    """The right to write and remove the journals of one writer; it falls with the process that holds it."""

    @property
    def writer(self) -> str:
        """The writer's name."""
        ...

    def check(self) -> None:
        """Raise `UnavailableError` if another process made the claim (this one was forked from it)."""
        ...

    def create(self, segment: str, first: bytes) -> JournalFile:
        """Make the journal of `segment`, beginning with `first`, durable on return."""
        ...

    def remove(self, segment: str) -> None:
        """Remove a journal whose rows are sealed; one that is gone already is no error."""
        ...

    def release(self) -> None:
        """Let others have the writer."""
        ...


class JournalStore(Protocol):
    """The journals of all writers."""

    def claim(self, writer: str | None = None) -> WriterClaim | None:
        """Claim `writer`, or any that nobody holds (a new one if all are held); `None` if it is held."""
        ...

    def names(self) -> list[JournalName]:
        """Return all journals, oldest segment first."""
        ...

    def open(self, name: JournalName, *, durable: bool = False) -> BinaryIO:
        """Open a journal to read; `durable` makes what is in it durable first. `NotFoundError` when gone."""
        ...


class SegmentFiles(Protocol):
    """The files of sealed segments. A file appears whole or not at all."""

    def write(self, segment: str, name: str) -> AbstractContextManager[BinaryIO]:
        """Stage a file and, when the block ends well, make it durable and give it its name."""
        ...

    def open(self, segment: str, name: str) -> BinaryIO:
        """Open a file to read; `NotFoundError` without it."""
        ...


class Vault(Protocol):
    """Encrypts protected values. Each segment has its own key; a sealed piece opens only in its own place."""

    def seal(self, data: bytes, segment: str, place: str) -> bytes:
        """Return `data` encrypted and bound to `segment` and `place`."""
        ...

    def open(self, sealed: bytes, segment: str, place: str) -> bytes:
        """Return what was sealed there; anything else raises `TamperError`."""
        ...
