"""A monitor: what is watched, against what, how seriously, and who owns it; data, never code.

**Promise**: a declared monitor holds every number it judges by, so that a reading can be recomputed years
later even if defaults have changed; its digest is in every reading.
**Not here**: computing (`watch.measures`) and silencing (a fact of its own, with an owner and an expiry).
"""

import re
import tomllib
from datetime import date, timedelta
from typing import Any, NoReturn

import msgspec

from probative.kernel.canon import canonical
from probative.kernel.clock import parse_instant
from probative.kernel.digest import check_digest, sha256_hex
from probative.kernel.errors import UsageError
from probative.kernel.ids import check_name
from probative.watch.counting.profile import Attribute
from probative.watch.measures.catalogue import FAIRNESS, known, needs_groups
from probative.watch.measures.measured import MeasureSpec
from probative.watch.pack import template, thresholds

WINDOWS_MAX = 100
ROWS_N_MIN, GROUP_N_MIN = 200, 30
_PERIOD = re.compile(r"([1-9]\d{0,4})(m|h|d|w)\Z")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class WindowSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How decisions are cut: by `period` ("1d", "6h"; aligned to UTC, weeks to Mondays) or by `rows`.

    `settle` is how long after its end a window is read again when late outcomes or rows have come.
    """

    period: str | None = None
    rows: int | None = None
    settle: str = ""

    def __post_init__(self) -> None:
        """Refuse a window that is neither or both, or of no length."""
        if (self.period is None) == (self.rows is None):
            _refuse("window", "A window has either a period or a number of rows.", 'Write period = "1d".')
        if self.rows is not None and self.rows < 1:
            _refuse("window", f"A window of {self.rows} rows cannot be read.", "Write rows = 1000.")
        if self.period is not None:
            duration(self.period)
        if self.settle:
            duration(self.settle)

    @property
    def settling(self) -> timedelta:
        """How long a window may still change."""
        return duration(self.settle) if self.settle else timedelta(0)


class Persistence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often a breach must repeat before anybody is woken: `breaches` of the last `windows`."""

    breaches: int = 2
    windows: int = 3

    def __post_init__(self) -> None:
        """Refuse counts that can never be reached."""
        if not 1 <= self.breaches <= self.windows <= WINDOWS_MAX:
            _refuse(
                "persistence",
                f"{self.breaches} breaches of {self.windows} windows can never be.",
                "Write breaches = 2, windows = 3.",
            )


class Monitor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A declared monitor. `severity` is 1 (worst) to 4, as for incidents; `reference` names a reference blob.

    `attributes` (and each of `intersections` of them) are looked at by fairness measures, under the recorded
    authorisation `audit`. `since` limits how far back windows are read.
    """

    system: str
    monitor: str
    title: str
    owner: str
    severity: int
    reference: str
    window: WindowSpec
    measures: tuple[MeasureSpec, ...]
    persistence: Persistence = Persistence()
    false_discovery_rate: float = 0.05
    attributes: tuple[Attribute, ...] = ()
    intersections: tuple[tuple[str, ...], ...] = ()
    audit: str | None = None
    since: str | None = None

    def __post_init__(self) -> None:
        """Refuse what could never be evaluated."""
        check_name(self.system, "system")
        check_name(self.monitor, "monitor")
        check_name(self.owner, "owner")
        check_digest(self.reference)
        if self.since is not None:
            parse_instant(self.since)
        if not 1 <= self.severity <= 4:
            _refuse("severity", f"Severity {self.severity} is not 1 to 4.", "1 is the worst.")
        if not self.measures:
            _refuse("measures", f"Monitor '{self.monitor}' measures nothing.", "Add a [[measures]] table.")
        if not 0 < self.false_discovery_rate < 1:
            _refuse(
                "rate", f"A false discovery rate of {self.false_discovery_rate} is not a share.", "Use 0.05."
            )
        self._check_measures()

    def _check_measures(self) -> None:
        for spec in self.measures:
            known(spec.measure)
        if needs_groups(self.measures) and not (self.attributes and self.audit):
            _refuse(
                "audit",
                f"Monitor '{self.monitor}' reads protected attributes without an authorisation.",
                "Name the attributes and the audit, the id of a record.audit-authorised fact.",
            )
        names = {attribute.name for attribute in self.attributes}
        for name in (name for names_of in self.intersections for name in names_of):
            if name not in names:
                _refuse("intersection", f"'{name}' is not among the attributes.", "List it as an attribute.")

    @property
    def groups(self) -> tuple[tuple[Attribute, ...], ...]:
        """Every attribute by itself, then the intersections."""
        return group_sets(self.attributes, self.intersections)

    def digest(self) -> str:
        """Return the SHA-256 of the monitor's canonical JSON."""
        return sha256_hex(canonical(msgspec.to_builtins(self)))


def group_sets(
    attributes: tuple[Attribute, ...], intersections: tuple[tuple[str, ...], ...]
) -> tuple[tuple[Attribute, ...], ...]:
    """Return each attribute alone, then each intersection by name.

    >>> sets = group_sets((Attribute(name="sex"), Attribute(name="race")), (("sex", "race"),))
    >>> [[attribute.name for attribute in each] for each in sets]
    [['sex'], ['race'], ['sex', 'race']]
    """
    by_name = {attribute.name: attribute for attribute in attributes}
    alone = tuple((attribute,) for attribute in attributes)
    return (*alone, *(tuple(by_name[name] for name in names) for names in intersections))


def duration(text: str) -> timedelta:
    """Read a duration such as "30m", "6h", "1d" or "2w"; anything else raises `UsageError`.

    >>> duration("6h").total_seconds()
    21600.0
    """
    match = _PERIOD.match(text)
    if match is None:
        _refuse("duration", f"'{text[:40]}' is not a duration.", "Write 30m, 6h, 1d or 2w.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def parse_monitor(text: str, on: date, given: dict[str, Any] | None = None) -> Monitor:
    """Read a monitor from TOML, filled from its `template` and from default thresholds valid `on` that day.

    Keys in `given` (the command line) win over the file, the file over the template. Unknown keys, and
    measures without any threshold, raise `UsageError`.

    >>> monitor = parse_monitor('template = "tabular-drift"', date(2026, 11, 21), {"system": "loans",
    ...     "monitor": "drift", "owner": "p-017", "reference": "ab" * 32})
    >>> monitor.measures[0].breach, monitor.window.period
    (0.25, '1d')
    """
    try:
        plain = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        _refuse("toml", f"The monitor file cannot be read: {error}.", "probative watch declare --help")
    start = template(str(plain.pop("template"))).monitor if "template" in plain else {}
    merged = {**start, **plain, **(given or {})}
    specs = merged.get("measures", [])
    if not isinstance(specs, list) or not all(isinstance(spec, dict) for spec in specs):
        _refuse("measures", "The measures are not a list of tables.", "Write [[measures]] before each.")
    merged["measures"] = [_complete(spec, merged.get("monitor", ""), on) for spec in specs]
    try:
        return msgspec.convert(merged, Monitor)
    except msgspec.ValidationError as error:
        _refuse(
            "field",
            f"The monitor file does not describe a monitor: {error}.",
            "probative watch declare --help",
        )


def _complete(spec: dict[str, Any], monitor: str, on: date) -> dict[str, Any]:
    """Resolve a measure's threshold: the owner's own values, or a default by id."""
    if "watch" in spec and "breach" in spec:
        smallest = GROUP_N_MIN if spec.get("measure") in FAIRNESS else ROWS_N_MIN
        return {"threshold": f"{monitor}/{spec.get('measure', '')}", "n_min": smallest, **spec}
    if "threshold" not in spec:
        _refuse(
            "threshold",
            f"Measure '{str(spec.get('measure', ''))[:40]}' has no watch and breach values or threshold.",
            'Write watch = 0.8 and breach = 0.75, or threshold = "psi-convention".',
        )
    default = thresholds().get(str(spec["threshold"]), on)
    if default.measure != spec.get("measure"):
        _refuse(
            "threshold",
            f"Threshold '{default.id}' is for '{default.measure}', not for '{spec.get('measure')}'.",
            "Choose a threshold of that measure.",
        )
    return {"watch": default.watch, "breach": default.breach, "n_min": default.n_min, **spec}


def _refuse(code: str, sentence: str, hint: str) -> NoReturn:
    raise UsageError(f"watch.monitor-{code}", sentence, hint)
