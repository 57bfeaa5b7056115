"""What notices need from the world.

**Promise**: one narrow port, satisfied by the published-tree adapter on a folder.
**Not here**: implementations (`adapters`), and senders to portals or mail.
"""

from typing import Protocol


class Outbox(Protocol):
    """Where outgoing files wait for a person or a sender. Not trusted: what was written is read back."""

    def create(self, path: str, data: bytes) -> None:
        """Keep `data` durably under `path`; the same bytes again change nothing, others are an error."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return what lies under `path`, or `None`."""
        ...
