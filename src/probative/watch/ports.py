"""What the watch room needs from the world: the decisions of a system, read-only.

**Promise**: the log is trusted to return what was recorded; it is filtered to the window again all the same.
**Not here**: implementations (`record.decisions`), and writing decisions.
"""

from datetime import datetime
from typing import Protocol

import pyarrow as pa

from probative.record.decisions.schema import DecisionSchema


class Decisions(Protocol):
    """The decision log as the watch room sees it; instants are half-open spans `[since, until)` in UTC."""

    def schema(self, system: str, version: int | None = None) -> DecisionSchema:
        """Return a system's decision schema, the latest unless a version is named; `NotFoundError`."""
        ...

    def read(
        self,
        system: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        stream: str = "decisions",
        columns: tuple[str, ...] | None = None,
    ) -> pa.Table:
        """Return rows of a stream, without protected columns; outcomes are cut by `observed_at`."""
        ...

    def read_protected(
        self, system: str, audit_fact: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> pa.Table:
        """Return `decision_id` and protected columns under a recorded authorisation; `DeniedError`."""
        ...
