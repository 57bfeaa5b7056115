"""What a stop needs from the machine it runs on: the flagd file, the spool, and the latch.

**Promise**: a flag file is replaced in one durable step under a lock, so that two editors never undo each
other; an urgent edit does not wait for an editor that hangs; locks fall with the process that held them.
**Not here**: what the flag document means (`respond.contain.switch`), and who may change it.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from probative.kernel.errors import UnavailableError, UsageError
from probative.kernel.ids import check_name
from probative.respond.contain.switch import evaluate
from probative.respond.ports import Edit, Reading

EDIT_WAIT_MS_MAX = 5_000
URGENT_WAIT_MS_MAX = 20
_POLL_MS = 2
FLAG_BYTES_MAX = 4 * 1024 * 1024


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
        with _translated(self._path):
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
        with _locked(self._lock, URGENT_WAIT_MS_MAX if urgent else EDIT_WAIT_MS_MAX) as alone:
            if not alone and not urgent:
                raise UnavailableError(
                    "flags.busy",
                    f"Somebody else is changing '{self._path}'.",
                    "Wait for the other command to end, then try again.",
                )
            before = self.read()
            after = change(before)
            if after != before:
                _replace(self._path, after)
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
        _replace(self._path(name), data, mode=0o600)

    def entries(self) -> Iterator[tuple[str, bytes]]:
        """Yield every entry by name; half-written ones have no such name and are passed over."""
        for path in sorted(self._folder.glob("*.json")):
            if path.name.startswith("."):
                continue
            with _translated(path), contextlib.suppress(FileNotFoundError):
                yield path.stem, path.read_bytes()

    def remove(self, name: str) -> None:
        """Forget an entry."""
        path = self._path(name)
        with _translated(path):
            path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def latch(self, name: str) -> Iterator[bool]:
        """Try to be the only process doing `name`, without waiting; the kernel drops it when we die."""
        path = self._folder / f".{check_name(name, 'latch')}.latch"
        with _locked(path, 0) as alone:
            yield alone

    def _path(self, name: str) -> Path:
        return self._folder / f"{check_name(name, 'spool entry')}.json"


@contextlib.contextmanager
def _locked(path: Path, wait_ms_max: int) -> Iterator[bool]:
    """Hold an exclusive lock on the file at `path`, trying for `wait_ms_max`; yields whether it was got."""
    with _translated(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield _take(handle, wait_ms_max)
    finally:
        os.close(handle)


def _take(handle: int, wait_ms_max: int) -> bool:
    # Waiting is the one thing here that needs a stopwatch; no decision or fact sees it.
    give_up_at = time.monotonic() + wait_ms_max / 1000
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up_at:
                return False
            time.sleep(_POLL_MS / 1000)
        else:
            return True


def _replace(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Put `data` at `path` in one step: readers see the old bytes or the new ones, also after a power cut."""
    staged = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    with _translated(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            staged.replace(path)
        except OSError:
            staged.unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            "flags.unavailable",
            f"'{path}' cannot be used: {error.strerror or error}.",
            "Check the folder, free space and permissions, then try again.",
        ) from error
