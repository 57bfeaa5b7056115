"""What inquiries need from the decision log.

**Promise**: one narrow port, which `record.decisions.log.DecisionLog` fits as it is.
**Not here**: implementations (`record.decisions`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import pyarrow as pa

from probative.record.decisions.proof import DecisionProof
from probative.record.decisions.schema import DecisionSchema
from probative.record.facts import Fact


class DecisionSource(Protocol):
    """Decisions as recorded. What it proves is checked again against the ledger's manifest fact."""

    def schema(self, system: str, version: int | None = None) -> DecisionSchema:
        """Return the schema of a system; `NotFoundError` without one."""
        ...

    def seal(self, system: str | None = None, *, force: bool = False) -> list[Fact]:
        """Seal open segments, so that their rows can be proved."""
        ...

    def read(
        self,
        system: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        stream: str = "decisions",
        columns: Sequence[str] | None = None,
    ) -> pa.Table:
        """Return rows with `since <= time < until`, without protected columns."""
        ...

    def prove(self, decision_id: str, groups: Sequence[str] = ()) -> DecisionProof:
        """Return the proof of a sealed decision with the values of `groups` opened."""
        ...
