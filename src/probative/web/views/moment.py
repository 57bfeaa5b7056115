"""The record at one moment: everything a page shows is read at one ledger size and one instant.

**Promise**: facts recorded later are invisible, so a page can be asked for as of any past size.
**Not here**: what the facts mean to a page (the other views).
"""

from collections import deque
from collections.abc import Iterator
from datetime import datetime

from probative.kernel.errors import NotFoundError, UsageError
from probative.record.facts import Fact
from probative.record.recorder import Recorder


class Moment:
    """Reads a recorder as it was at `size` entries; `now` is what dates are compared with."""

    def __init__(self, recorder: Recorder, size: int | None = None) -> None:
        """Stand at `size` entries, or at the head as committed now."""
        head = recorder.head()
        if size is not None and not 0 < size <= head.size:
            raise UsageError(
                "ledger.beyond-head",
                f"The ledger has {head.size} entries; there is no state at size {size}.",
                "Give a size that the ledger has reached.",
            )
        self.recorder = recorder
        self.size = head.size if size is None else size
        self.is_past = self.size < head.size
        # Only the head's root is stored; the root of a past size is in the checkpoints of its day.
        self.root = None if self.is_past else head.root.hex()
        self.now: datetime = recorder.clock.now()

    def facts(self, *kinds: str, about: str | None = None, since: int = 0) -> Iterator[Fact]:
        """Yield facts of these kinds (all, without any) about a subject, in ledger order."""
        return self.recorder.facts(kind=kinds or None, subject=about, since=since, until=self.size)

    def latest(self, *kinds: str, about: str | None = None) -> Fact | None:
        """Return the newest fact of these kinds about a subject, or `None`."""
        newest = deque(self.facts(*kinds, about=about), maxlen=1)
        return newest[0] if newest else None

    def system(self, name: str) -> Fact:
        """Return the registration that stands for system `name`; `NotFoundError` without one."""
        found = self.latest("record.system-registered", about=f"system/{name}")
        if found is None:
            raise NotFoundError(
                "system.unknown",
                f"There is no system '{name[:80]}'.",
                "The overview lists the systems of this record.",
            )
        return found
