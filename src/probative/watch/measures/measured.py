"""What a measure says: a number with its n, interval, method and threshold, and what is concluded from it.

**Promise**: "not measurable" and "undetermined" are conclusions of their own and never look like "ok"; a
conclusion needs effect and significance together, after correction for the number of columns looked at.
**Not here**: computing the numbers (the sibling modules) and persistence over windows (`watch.signal`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec

from probative.watch.measures.stats import benjamini_hochberg, rounded

ALPHA = 0.05


class Status(StrEnum):
    """The five conclusions, most serious first."""

    BREACH = "breach"
    WATCH = "watch"
    UNDETERMINED = "undetermined"
    NOT_MEASURABLE = "not-measurable"
    OK = "ok"


class Family(StrEnum):
    """What moved: the cause that signals are grouped by."""

    INPUTS = "inputs"
    PREDICTIONS = "predictions"
    PERFORMANCE = "performance"
    FAIRNESS = "fairness"
    DATA = "data"


class MeasureSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One measure asked for: on which columns, against which threshold (its id, and its values).

    `columns` are names, or `@features` and `@predictions`. `n_min` is the smallest denominator judged.
    """

    measure: str
    threshold: str
    watch: float
    breach: float
    n_min: int
    columns: tuple[str, ...] = ()


class Measured(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One number and everything needed to judge it.

    `column` is the column or the attributes; `effect` is what is held against `watch` and `breach` where that
    is not `value` itself; `low` and `high` are a 95 % interval; `p` is the chance under "no change" or
    "threshold met", `q` the same after Benjamini-Hochberg over the columns of the measure; `reason` says why
    there is no conclusion, `note` what a person should also see.
    """

    measure: str
    family: Family
    n: int
    method: str
    status: Status = Status.UNDETERMINED
    column: str = ""
    group: str = ""
    value: float | None = None
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    reference: float | None = None
    p: float | None = None
    q: float | None = None
    threshold: str = ""
    watch: float | None = None
    breach: float | None = None
    reason: str = ""
    note: str = ""

    @property
    def against(self) -> float | None:
        """The number that thresholds are held against."""
        return self.value if self.effect is None else self.effect

    @property
    def name(self) -> str:
        """Measure, column and group as one short text."""
        where = " ".join(part for part in (self.column, self.group and f"[{self.group}]") if part)
        return f"{self.measure} {where}".strip()


class Rule(NamedTuple):
    """How a measure is judged: which side is worse, and whether its test is of change or of the threshold.

    A test of "change" asks whether anything moved at all, so it needs an effect beside it; a "level" is held
    against its threshold with the whole interval, which leaves a third state: the data cannot tell.
    """

    worse: str
    test: str


class Limits(NamedTuple):
    """The two thresholds of a measure."""

    watch: float
    breach: float


RULES = {
    "psi": Rule("above", "change"),
    "js": Rule("above", "change"),
    "null-rate": Rule("above", "change"),
    "new-categories": Rule("above", "change"),
    "out-of-range": Rule("above", "change"),
    "calibration-error": Rule("above", "change"),
    "accuracy": Rule("below", "level"),
    "auc": Rule("below", "level"),
    "brier": Rule("above", "level"),
    "selection-ratio": Rule("below", "level"),
    "equal-opportunity": Rule("above", "level"),
    "equalised-odds": Rule("above", "level"),
}


def not_measurable(
    spec: MeasureSpec, family: Family, method: str, n: int, reason: str, *, column: str = "", group: str = ""
) -> Measured:
    """Say that a measure has no answer, and why."""
    return Measured(
        measure=spec.measure,
        family=family,
        n=n,
        method=method,
        status=Status.NOT_MEASURABLE,
        column=column,
        group=group,
        threshold=spec.threshold,
        watch=spec.watch,
        breach=spec.breach,
        reason=reason,
    )


def judge(measures: Iterable[Measured], alpha: float = ALPHA) -> tuple[Measured, ...]:
    """Conclude: correct the p-values of each measure over its columns and groups, then set every status.

    >>> psi = {"measure": "psi", "family": Family.INPUTS, "n": 9, "method": "", "watch": 0.1, "breach": 0.2}
    >>> found = judge([Measured(**psi, value=0.3, p=1e-9), Measured(**psi, value=0.3, p=0.2)])
    >>> [each.status.value for each in found]
    ['breach', 'undetermined']
    """
    found = [_rounded(measured) for measured in measures]
    tested: dict[str, list[int]] = defaultdict(list)
    for index, measured in enumerate(found):
        if measured.p is not None and measured.status is not Status.NOT_MEASURABLE:
            tested[measured.measure].append(index)
    for indices in tested.values():
        chances = benjamini_hochberg([found[i].p or 0.0 for i in indices])
        for index, q in zip(indices, chances, strict=True):
            found[index] = msgspec.structs.replace(found[index], q=rounded(q))
    return tuple(msgspec.structs.replace(each, status=_status(each, alpha)) for each in found)


def worst(statuses: Sequence[Status]) -> Status:
    """Return the most serious status; nothing measured is "not measurable", never "ok".

    >>> worst([Status.OK, Status.NOT_MEASURABLE]).value, worst([]).value
    ('not-measurable', 'not-measurable')
    """
    return min(statuses, key=list(Status).index, default=Status.NOT_MEASURABLE)


def seriousness(measured: Measured) -> tuple[int, float, str]:
    """Sort key: most serious status first, then the largest effect in units of its breach threshold.

    >>> base = {"measure": "psi", "family": Family.INPUTS, "n": 9, "method": "", "breach": 0.25}
    >>> small, large = Measured(**base, value=0.3, column="a"), Measured(**base, value=3.0, column="b")
    >>> [m.column for m in sorted([small, large], key=seriousness)]
    ['b', 'a']
    """
    rule = RULES.get(measured.measure)
    size = 0.0
    if rule and measured.against is not None and measured.breach is not None:
        size = measured.against / measured.breach if measured.breach else measured.against
        size = -size if rule.worse == "below" else size
    return list(Status).index(measured.status), -size, measured.name


def headline(ordered: Sequence[Measured]) -> Measured:
    """Return the measure that tells most about the worst column: a distance says how the mean moved.

    >>> share = Measured(measure="out-of-range", family=Family.INPUTS, n=9, method="", column="x", value=1.0)
    >>> index = Measured(measure="psi", family=Family.INPUTS, n=9, method="", column="x", note="mean 5 -> 50")
    >>> headline([share, index]).measure
    'psi'
    """
    first = ordered[0]
    same = (each for each in ordered if (each.column, each.status) == (first.column, first.status))
    return next((each for each in same if each.note.startswith("mean")), first)


def shown(number: float) -> str:
    """Write a number for a person.

    >>> shown(31091234.5), shown(0.0123456), shown(-41000.0)
    ('31,091,234', '0.01235', '-41,000')
    """
    large = 1000 <= abs(number) < 1e12
    return f"{number:,.0f}" if large else f"{number:.4g}"


def _rounded(measured: Measured) -> Measured:
    """Round every float, so that the same counts give the same bytes on another machine."""
    floats = {
        field: rounded(value)
        for field in ("value", "effect", "low", "high", "reference", "p")
        if isinstance(value := getattr(measured, field), float)
    }
    return msgspec.structs.replace(measured, **floats)


def _status(measured: Measured, alpha: float) -> Status:
    rule, against = RULES.get(measured.measure), measured.against
    if measured.status is Status.NOT_MEASURABLE:
        return Status.NOT_MEASURABLE
    if rule is None or against is None or measured.breach is None or measured.watch is None:
        return Status.OK
    sure = measured.q is not None and measured.q <= alpha
    if rule.test == "level":
        if measured.low is None or measured.high is None:  # the benchmark of a ratio has no interval
            return Status.OK
        limits = Limits(measured.watch, measured.breach)
        return _level(against, (measured.low, measured.high), limits, rule, sure=sure)
    if not _beyond(against, measured.watch, rule):
        return Status.OK
    if not sure:
        return Status.UNDETERMINED
    return Status.BREACH if _beyond(against, measured.breach, rule) else Status.WATCH


def _level(
    against: float, interval: tuple[float, float], limits: Limits, rule: Rule, *, sure: bool
) -> Status:
    """Three states: the whole interval is past the breach threshold, none of it is, or nobody can tell."""
    nearest, farthest = reversed(interval) if rule.worse == "below" else interval
    if _beyond(nearest, limits.breach, rule) and sure:
        return Status.BREACH
    if _beyond(farthest, limits.breach, rule):
        return Status.UNDETERMINED
    return Status.WATCH if _beyond(against, limits.watch, rule) else Status.OK


def _beyond(number: float, threshold: float, rule: Rule) -> bool:
    return number < threshold if rule.worse == "below" else number >= threshold
