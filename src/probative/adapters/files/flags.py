"""What a stop needs from the machine it runs on: the flagd file, the spool, and the latch.

**Promise**: a flag file is replaced in one durable step under a lock, so that two editors never undo each
other; an urgent edit does not wait for an editor that hangs; locks fall with the process that held them.
**Not here**: what the flag document means (`respond.contain.switch`), and who may change it.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from probative.adapters.files import durable
from probative.kernel.errors import UnavailableError, UsageError
from probative.kernel.ids import check_name
from probative.respond.contain.switch import evaluate
from probative.respond.ports import Edit, Reading

EDIT_WAIT_MS_MAX = 5_000
URGENT_WAIT_MS_MAX = 20
FLAG_BYTES_MAX = 4 * 1024 * 1024

_WORDS = durable.Words(
    "flags.unavailable",
    "'{path}' cannot be used",
    "Check the folder, free space and permissions, then try again.",
)


class FlagFile:
    """A `FlagStore` in a flagd JSON file, which flagd and OpenFeature file providers read."""

    def __init__(self, path: Path) -> None:
        """Use the file at `path`; it is made by the first edit."""
        self._path = path
        self._lock = path.with_name(f".{path.name}.lock")

    @property
    def path(self) -> Path:
        """Where the file lies: what production services are pointed at."""
        return self._path

    def read(self) -> bytes:
        """Return the file's bytes, empty if it is not there; an unreadable file is an `UnavailableError`."""
        with durable.translated(self._path, _WORDS):
            try:
                with self._path.open("rb") as file:
                    data = file.read(FLAG_BYTES_MAX + 1)
            except FileNotFoundError:
                return b""
        if len(data) > FLAG_BYTES_MAX:
            raise UsageError(
                "flags.too-large",
                f"The flag file '{self._path}' has more than {FLAG_BYTES_MAX} bytes.",
                "Check that this is the flag file.",
            )
        return data

    def edit(self, change: Callable[[bytes], bytes], *, urgent: bool = False) -> Edit:
        """Replace the file by `change(bytes)` under the lock, and return both texts.

        An urgent edit passes an unobtainable lock after 20 ms: a hung editor must not keep a system running.
        Other edits wait five seconds and then raise `UnavailableError`.
        """
        wait_ms_max = URGENT_WAIT_MS_MAX if urgent else EDIT_WAIT_MS_MAX
        _make_private(self._path.parent)
        with durable.try_locked(self._lock, wait_ms_max, _WORDS) as alone:
            if not alone and not urgent:
                raise UnavailableError(
                    "flags.busy",
                    f"Somebody else is changing '{self._path}'.",
                    "Wait for the other command to end, then try again.",
                )
            before = self.read()
            after = change(before)
            if after != before:
                durable.replace(self._path, after, words=_WORDS)
            return Edit(before, after)

    def evaluate(self, flag: str) -> Reading:
        """Read the file afresh and evaluate `flag` as flagd does; never raises for what the file says."""
        try:
            return evaluate(self.read(), flag)
        except (UnavailableError, UsageError) as error:
            return Reading(None, "", "ERROR", str(error))


class SpoolFolder:
    """A `Spool` in a local folder: one file an entry, each written durably before the call returns."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, private to the user; it is made when first needed."""
        self._folder = folder

    def write(self, name: str, data: bytes) -> None:
        """Keep `data` under `name`: fsync'd, replaced in one step."""
        path = self._path(name)
        _make_private(self._folder)
        durable.replace(path, data, 0o600, _WORDS)

    def entries(self) -> Iterator[tuple[str, bytes]]:
        """Yield every entry by name; half-written ones have no such name and are passed over."""
        for path in sorted(self._folder.glob("*.json")):
            if path.name.startswith("."):
                continue
            if (data := durable.read(path, _WORDS)) is not None:
                yield path.stem, data

    def remove(self, name: str) -> None:
        """Forget an entry."""
        path = self._path(name)
        with durable.translated(path, _WORDS):
            path.unlink(missing_ok=True)

    def latch(self, name: str) -> AbstractContextManager[bool]:
        """Try to be the only process doing `name`, without waiting; the kernel drops it when we die."""
        path = self._folder / f".{check_name(name, 'latch')}.latch"
        _make_private(self._folder)
        return durable.try_locked(path, words=_WORDS)

    def _path(self, name: str) -> Path:
        return self._folder / f"{check_name(name, 'spool entry')}.json"


def _make_private(folder: Path) -> None:
    with durable.translated(folder, _WORDS):
        durable.make_folder(folder, 0o700)
