"""What the watch room writes to the ledger.

**Promise**: a reading names its monitor's digest, its reference and the digest of its counts, so anyone can
recompute it; no fact here holds a row or a person.
**Not here**: deciding what to write (`window`, `signal`, `audit`).
"""

import msgspec

from probative.record.facts import Body, fact_kind
from probative.watch.counting.profile import Attribute, Meaning
from probative.watch.measures.coverage import Coverage, Defect
from probative.watch.measures.measured import Measured, MeasureSpec, Status
from probative.watch.monitor import Monitor


@fact_kind("watch.reference-taken")
class ReferenceTaken(Body, frozen=True, kw_only=True):
    """A cohort was frozen to compare with: the blob holds its bins and its own counts.

    `source` says which rows these were (a file's digest, a span of the decision log).
    """

    system: str
    reference: str
    profile: str
    rows: int
    columns: int
    source: str


@fact_kind("watch.monitor-declared")
class MonitorDeclared(Body, frozen=True, kw_only=True):
    """A monitor, complete; a later declaration of the same name is its next version."""

    system: str
    monitor: str
    version: int
    spec: Monitor
    spec_sha256: str


@fact_kind("watch.reading-taken")
class ReadingTaken(Body, frozen=True, kw_only=True):
    """One window measured. A window is read again when outcomes or rows come later: the last reading counts.

    `measures` are the most serious ones; where that is not all (`measured`), `report` names the blob with
    every one. `state_sha256` is the blob of counts they follow from. `watermark` is the latest outcome
    counted; `settled` says that no later one is waited for. `after` and `last` bound a window of rows.
    """

    system: str
    monitor: str
    version: int
    spec_sha256: str
    measures_version: int
    reference: str
    window_from: str
    window_until: str
    after: str = ""
    last: str = ""
    settled: bool
    n: int
    status: Status
    measured: int
    measures: tuple[Measured, ...]
    report: str | None = None
    state_sha256: str
    coverage: Coverage | None = None
    defects: tuple[Defect, ...] = ()
    watermark: str | None = None


@fact_kind("watch.signal-raised")
class SignalRaised(Body, frozen=True, kw_only=True):
    """Something is worth waking somebody for: effect, significance and persistence together, one per cause.

    `severity` is 1 (worst) to 4; `columns` and `measures` lead with what contributes most;
    `first_window_from` is when it began, the onset of an incident.
    """

    system: str
    monitor: str
    signal: str
    severity: int
    owner: str
    cause: str
    summary: str
    columns: tuple[str, ...]
    measures: tuple[Measured, ...]
    window_from: str
    window_until: str
    first_window_from: str


@fact_kind("watch.signal-cleared")
class SignalCleared(Body, frozen=True, kw_only=True):
    """What a signal was about has been quiet for as many windows as persistence looks at."""

    system: str
    monitor: str
    signal: str
    window_until: str
    summary: str


@fact_kind("watch.monitor-silenced")
class MonitorSilenced(Body, frozen=True, kw_only=True):
    """Signals of a monitor (or of some of its columns) are held back: by whom, why, and until when."""

    system: str
    monitor: str
    columns: tuple[str, ...]
    owner: str
    reason: str
    expires_at: str


class Cohort(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The decisions of `[since, until)` whose columns have the values in `where`.

    Frozen, it also has its `count` and `sha256`: over the sorted decision ids, each followed by a line feed.
    """

    since: str
    until: str
    where: dict[str, str | int | float | bool] = {}
    count: int | None = None
    sha256: str | None = None


@fact_kind("watch.fairness-audited")
class FairnessAudited(Body, frozen=True, kw_only=True):
    """A frozen cohort was audited for fairness under a recorded authorisation (`audit`, a fact id).

    `measures` are the most serious ones; the blob `result` has all of them with everything that is needed to
    do it again. `notice` says what the numbers are not.
    """

    system: str
    audit: str
    cohort: Cohort
    meaning: Meaning
    attributes: tuple[Attribute, ...]
    intersections: tuple[tuple[str, ...], ...] = ()
    specs: tuple[MeasureSpec, ...]
    status: Status
    measured: int
    measures: tuple[Measured, ...]
    result: str
    state_sha256: str
    coverage: Coverage
    notice: str
