"""A published tree of files in a folder: tiles, entry bundles, and one mutable checkpoint.

**Promise**: files are created once; only `replace` changes one, in a single step.
**Not here**: what is published and when (`record.publisher`).
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from probative.adapters.files import durable


class FileTree:
    """A `TreeStore` in the folder `root`."""

    def __init__(self, root: Path) -> None:
        """Use `root`; it is made when first written to."""
        self._root = root

    def read(self, path: str) -> bytes | None:
        """Return a published file, or `None`."""
        return durable.read(durable.inside(self._root, path))

    def create(self, path: str, data: bytes) -> None:
        """Publish a file that never changes."""
        durable.create(durable.inside(self._root, path), data)

    def replace(self, path: str, data: bytes) -> None:
        """Publish the next checkpoint."""
        durable.replace(durable.inside(self._root, path), data)

    def paths(self) -> Iterator[str]:
        """Yield every published path, sorted; locks and staged files are not published."""
        for path in sorted(self._root.rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                yield path.relative_to(self._root).as_posix()

    def locked(self) -> AbstractContextManager[None]:
        """Hold the lock of the one publisher."""
        return durable.locked(self._root / ".lock")
