"""A reading: from the counts of one window to what is recorded about it, and back again to check it.

**Promise**: pure; the same monitor, reference and state give the same reading, byte for byte.
**Not here**: which windows are due (`window`) and where the counts come from (`evaluation`).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec

from probative.kernel.canon import canonical
from probative.kernel.clock import format_instant
from probative.kernel.digest import sha256_hex
from probative.watch.counting.profile import parse_object
from probative.watch.counting.reference import Reference
from probative.watch.counting.state import State
from probative.watch.facts import ReadingTaken
from probative.watch.measures.catalogue import VERSION, measure_all, needs_labels
from probative.watch.measures.coverage import coverage, defects
from probative.watch.measures.measured import Measured, seriousness, worst
from probative.watch.monitor import Monitor
from probative.watch.window import Window, instant_of, is_settled

MEASURES_BYTES_MAX = 36_000  # an entry holds 65,535 bytes, and base64 adds a third


class Taken(NamedTuple):
    """A reading and the blob with all of its measures, where they do not fit into the fact."""

    reading: ReadingTaken
    report: bytes | None


def take(
    monitor: Monitor, version: int, reference: Reference, window: Window, state: State, until: datetime
) -> Taken:
    """Measure one window as of `until`."""
    measures = measure(monitor, reference, state)
    listed = fitting(measures)
    report = None if len(listed) == len(measures) else report_of(measures)
    settled = is_settled(monitor.window, window, until)
    late = needs_labels(monitor.measures)
    reading = ReadingTaken(
        system=monitor.system,
        monitor=monitor.monitor,
        version=version,
        spec_sha256=monitor.digest(),
        measures_version=VERSION,
        reference=monitor.reference,
        window_from=format_instant(window.start),
        window_until=format_instant(window.end),
        after=window.after,
        last=window.last,
        settled=settled,
        n=state.rows,
        status=worst([measured.status for measured in measures]),
        measured=len(measures),
        measures=listed,
        report=None if report is None else sha256_hex(report),
        state_sha256=state.digest(),
        coverage=coverage(state) if late else None,
        defects=defects(state, needs_labels=late, settled=settled),
        watermark=instant_of(state.observed_us),
    )
    return Taken(reading, report)


def measure(monitor: Monitor, reference: Reference, state: State) -> tuple[Measured, ...]:
    """Compute every measure of a monitor from a state, the most serious first; without rows there is none."""
    if state.rows == 0:
        return ()
    found = measure_all(
        monitor.measures, reference.profile, reference.state, state, monitor.false_discovery_rate
    )
    return tuple(sorted(found, key=seriousness))


def report_of(measures: Iterable[Measured]) -> bytes:
    """Return the canonical JSON of all measures of a reading."""
    return canonical(msgspec.to_builtins({"format": "probative-measures/1", "measures": list(measures)}))


def measures_in(data: bytes) -> tuple[Measured, ...]:
    """Read the measures back from a report or from the result of an audit.

    >>> measures_in(report_of([]))
    ()
    """
    return msgspec.convert(parse_object(data, "report of measures").get("measures"), tuple[Measured, ...])


def fitting(measures: Iterable[Measured], bytes_max: int = MEASURES_BYTES_MAX) -> tuple[Measured, ...]:
    """Return the leading measures that fit into a fact."""
    kept, size = [], 0
    for measured in measures:
        size += len(canonical(msgspec.to_builtins(measured))) + 1
        if size > bytes_max:
            break
        kept.append(measured)
    return tuple(kept)


def differs(reading: ReadingTaken, monitor: Monitor, reference: Reference, state: State) -> str:
    """Compute a reading again from its counts; return what differs, or an empty text."""
    if state.digest() != reading.state_sha256:
        return "the counts are not those the reading names"
    if monitor.digest() != reading.spec_sha256:
        return "the monitor is not the version the reading names"
    measures = measure(monitor, reference, state)
    if fitting(measures) != reading.measures or len(measures) != reading.measured:
        return "the measures are not those that follow from the counts"
    if reading.report is not None and sha256_hex(report_of(measures)) != reading.report:
        return "the report is not the one that follows from the counts"
    return ""
