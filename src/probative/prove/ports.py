"""What the prove room needs from the world and from the decision log.

**Promise**: narrow; none of it is trusted with integrity, for a finished package is verified once more.
**Not here**: implementations (`adapters`, `record.decisions`).
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # Only the type: the decision log brings a data stack that verifying a package has no use for.
    from probative.record.decisions.proof import DecisionProof


class PackageFiles(Protocol):
    """Puts finished packages where they were asked for. Trusted with durability only."""

    def reserve(self, path: Path) -> None:
        """Refuse, before anything is recorded, a `path` that is taken or cannot be written."""
        ...

    def create(self, path: Path, chunks: Iterable[bytes]) -> None:
        """Write `chunks` to a new file at `path`: complete and durable, or not there at all."""
        ...

    def discard(self, path: Path) -> None:
        """Remove a package that turned out not to verify."""
        ...


class DecisionProofs(Protocol):
    """Proves single decisions (`record.decisions.log.DecisionLog` does)."""

    def prove(self, decision_id: str, groups: Sequence[str] = ()) -> "DecisionProof":
        """Return the proof of a sealed decision with `groups` opened.

        Raises `NotFoundError` without the decision, `ConflictError` while its segment is still open.
        """
        ...
