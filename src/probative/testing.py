"""What tests and drills start from: a real workspace in a folder of their own, on a clock they turn.

**Promise**: the real stores, keys and checks; only the clock is manual.
**Not here**: imitations of anything.
"""

from datetime import UTC, datetime
from pathlib import Path

from probative.kernel.clock import ManualClock
from probative.record.recorder import Recorder
from probative.workspace import Workspace

START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


def fresh_workspace(folder: Path, clock: ManualClock | None = None) -> Workspace:
    """Make a workspace in `folder` whose clock stands at 1 November 2026, nine o'clock UTC."""
    return Workspace.create(folder / "workspace", "example.com/test-log", clock or ManualClock(START))


def fresh_recorder(folder: Path, clock: ManualClock | None = None) -> Recorder:
    """Make a workspace in `folder` and return its recorder; `recorder.clock` is the manual clock."""
    return fresh_workspace(folder, clock).recorder
