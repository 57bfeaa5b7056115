"""The decision write path on a failing disk: every system call fails once, by error, crash or short write."""

import errno
import os
import resource
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from probative.adapters.files.journals import FileJournals
from probative.adapters.files.segments import FileSegments
from probative.kernel.errors import TamperError, UnavailableError
from probative.record.decisions.segment.writer import Limits
from probative.testing import START
from tests.record.decisions.conftest import Bench

CALLS_MAX = 200


class Crash(BaseException):
    """The process ends here: nothing that follows is run."""


class Disk:
    """System calls of which the `number`-th fails in one way; it knows what was synced."""

    def __init__(self, fault: str, number: int) -> None:
        self.fault, self.number = fault, number
        self.count, self.fired = 0, False
        self.synced: dict[str, int] = {}

    def write(self, handle: int, data: memoryview) -> int:
        """Write, or write half, or nothing."""
        if not self._now():
            return os.write(handle, data)
        if self.fault == "crash":
            os.write(handle, data[: len(data) // 2])
            raise Crash
        if self.fault == "short":
            self.number += 1  # the rest of it meets a full disk
            self.fault = "full"
            return os.write(handle, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def sync(self, handle: int) -> None:
        """Sync, or fail as a dying disk does."""
        if self._now():
            if self.fault == "crash":
                raise Crash
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        os.fsync(handle)
        self.synced[str(Path(f"/proc/self/fd/{handle}").readlink())] = os.fstat(handle).st_size

    def lose_unsynced(self, journals: Path) -> None:
        """Cut every journal to what was synced of it: what a power cut leaves of the page cache."""
        for path in journals.glob("*.journal"):
            os.truncate(path, self.synced.get(str(path), 0))

    def _now(self) -> bool:
        self.count += 1
        hit = self.count == self.number
        self.fired |= hit
        return hit


def run(bench: Bench, disk: Disk) -> Counter[str]:
    """Record and seal until done or the fault fires; return what was acknowledged."""
    acknowledged: Counter[str] = Counter()
    log = bench.again(
        Limits(rows_max=12, head_period=timedelta(0)),
        journals=FileJournals(bench.journals, write=disk.write, sync=disk.sync),
        files=FileSegments(bench.segments, bench.protected, sync=disk.sync),
    )
    try:
        for hour in range(4):
            rows = bench.rows(5, START + timedelta(hours=hour))
            log.record("loans", rows)
            acknowledged.update(rows["decision_id"].to_pylist())
        log.seal(force=True)
    except (UnavailableError, Crash):
        pass
    finally:
        log.close()
    return acknowledged


@pytest.mark.parametrize("fault", ["error", "short", "crash"])
@pytest.mark.parametrize("power_cut", [False, True])
def test_every_system_call_fails_once(tmp_path: Path, fault: str, power_cut: bool) -> None:
    """Whichever call fails, what was acknowledged is there once afterwards, and everything verifies."""
    fired = 0
    for number in range(1, CALLS_MAX):
        bench = Bench(tmp_path / str(number))
        disk = Disk(fault, number)
        acknowledged = run(bench, disk)
        if power_cut:
            disk.lose_unsynced(bench.journals)
        survivor = bench.again()
        survivor.seal(force=True)
        found = Counter(survivor.read("loans", columns=["decision_id"]).column(0).to_pylist())
        assert acknowledged - found == Counter(), f"call {number}"
        assert max(found.values(), default=1) == 1, f"call {number}"
        assert survivor.verify() == [], f"call {number}"
        survivor.close()
        if not disk.fired:
            break
        fired += 1
    assert fired > 20
    assert not disk.fired


def test_writing_goes_on_after_a_full_disk_but_not_after_a_failed_fsync(tmp_path: Path) -> None:
    """A full disk refuses one batch; a failed fsync stops the writer until it is started again."""
    bench = Bench(tmp_path)
    for fault, goes_on in (("full", True), ("error", False)):
        disk = Disk(fault, 0)
        log = bench.again(journals=FileJournals(bench.journals, write=disk.write, sync=disk.sync))
        log.record("loans", bench.rows(3))
        disk.number = disk.count + (1 if goes_on else 2)
        rows = bench.rows(3, START + timedelta(hours=1))
        with pytest.raises(UnavailableError):
            log.record("loans", rows)
        if goes_on:
            assert log.record("loans", rows).rows == 3
        else:
            with pytest.raises(UnavailableError, match="takes no more"):
                log.record("loans", bench.rows(3, START + timedelta(hours=2)))
        log.close()
    survivor = bench.again()
    survivor.seal()
    assert survivor.read("loans").num_rows >= 9
    assert survivor.verify() == []
    survivor.close()


def test_damage_in_the_middle_of_a_journal_stops_everything(tmp_path: Path) -> None:
    """A changed byte in acknowledged rows is never cut off as if it were a torn tail."""
    bench = Bench(tmp_path)
    for hour in range(3):
        bench.log.record("loans", bench.rows(4, START + timedelta(hours=hour)))
    bench.log.close()
    (path,) = bench.journals.glob("*.journal")
    data = path.read_bytes()
    for at in (len(data) // 2, len(data) - 1, 30):
        changed = bytearray(data)
        changed[at] ^= 4
        path.write_bytes(changed)
        survivor = bench.again()
        with pytest.raises(TamperError):
            survivor.seal(force=True)
        with pytest.raises(TamperError):
            survivor.record("loans", bench.rows(1, START + timedelta(days=1)))
        assert [problem.check for problem in survivor.verify()] == ["journal.damaged"]
        survivor.close()
        assert path.read_bytes() == bytes(changed)
    path.write_bytes(data)
    assert len(bench.again().seal()) == 1


LIMITED = """
import resource, signal, sys
from pathlib import Path
from tests.record.decisions.conftest import Bench
from probative.kernel.errors import UnavailableError

bench = Bench(Path(sys.argv[1]))
bench.log.record("loans", bench.rows(50))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
(path,) = bench.journals.glob("*.journal")
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 1000, hard))
try:
    bench.log.record("loans", bench.rows(50))
except UnavailableError as error:
    print(error.code, path.stat().st_size)
"""


def test_the_kernel_refuses_to_write_more(tmp_path: Path) -> None:
    """A real short write by the kernel (a file size limit) is refused, and the batch before it is intact."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    found = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    (path,) = (tmp_path / "journal").glob("*.journal")
    assert found.stdout.split() == ["journal.unavailable", str(path.stat().st_size)]
