"""What the respond room needs from the world, as narrow protocols.

**Promise**: each port says whether it is trusted and what it does when the world fails.
**Not here**: implementations (`adapters.files.flags`, the decision log).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from probative.respond.facts import Variant


class Reading(NamedTuple):
    """What a flag answered: the variant (`None` if it named none of ours), its value, and why.

    `reason` is OpenFeature's (STATIC, TARGETING_MATCH, DEFAULT, DISABLED, ERROR); `error` says what failed.
    """

    variant: Variant | None
    value: str
    reason: str
    error: str = ""


class Edit(NamedTuple):
    """The bytes of the flag document before and after a change."""

    before: bytes
    after: bytes


class FlagStore(Protocol):
    """The flag document that production obeys. Not trusted: what it answers is probed after every change."""

    def read(self) -> bytes:
        """Return the document's bytes, empty if there is none yet; `UnavailableError` if unreadable."""
        ...

    def edit(self, change: Callable[[bytes], bytes], *, urgent: bool = False) -> Edit:
        """Replace the document by `change(document)` in one durable step, one editor at a time.

        An urgent edit goes ahead when another editor does not let go within a moment.
        """
        ...

    def evaluate(self, flag: str) -> Reading:
        """Read the document afresh and return what `flag` answers now."""
        ...


class Spool(Protocol):
    """Local disk beside the process: what a stop writes when the ledger is out of reach. Not trusted."""

    def write(self, name: str, data: bytes) -> None:
        """Keep `data` durably under `name`, replacing what was there."""
        ...

    def entries(self) -> Iterator[tuple[str, bytes]]:
        """Yield every kept entry, by name."""
        ...

    def remove(self, name: str) -> None:
        """Forget an entry; one that is not there is no error."""
        ...

    def latch(self, name: str) -> AbstractContextManager[bool]:
        """Try to be the only process doing `name`; yields whether it is. Falls with the process."""
        ...


class Column(Protocol):
    """One column of rows."""

    def to_pylist(self) -> list[Any]:
        """Return the values."""
        ...


class Rows(Protocol):
    """A table as the decision log returns it (an Arrow table is one)."""

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        ...

    def column(self, name: str) -> Column:
        """Return one column."""
        ...


class Decisions(Protocol):
    """The decision log, for reading: sealed and open rows, without protected columns."""

    def read(
        self,
        system: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        columns: Sequence[str] | None = None,
    ) -> Rows:
        """Return decisions with `since <= decided_at < until`; `NotFoundError` without a schema."""
        ...
