"""Thresholds as people write them: `accuracy>=0.75`, `selection_rate_ratio[sex]>=0.8`.

**Promise**: a threshold that cannot be judged later (unknown comparison, no finite value, said twice) is
refused when it is declared.
**Not here**: judging measured values (`declared`, `fairness`).
"""

import math
import operator
import re
from collections.abc import Callable, Iterable

from probative.gate.facts import Threshold
from probative.kernel.errors import UsageError

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}
THRESHOLDS_MAX = 64
_TEXT = re.compile(
    r"\s*(?P<measure>[A-Za-z0-9_.-]{1,64})\s*(?:\[(?P<attribute>[A-Za-z0-9_. -]{1,64})\])?"
    r"\s*(?P<op>>=|<=|>|<)\s*(?P<value>[-+0-9.eE]{1,32})\s*\Z"
)


def parse_threshold(text: str) -> Threshold:
    """Read one threshold as people write it.

    >>> parse_threshold("selection_rate_ratio[sex]>=0.8")
    Threshold(measure='selection_rate_ratio', op='>=', value=0.8, attribute='sex')
    """
    match = _TEXT.match(text)
    try:
        value = float(match["value"]) if match else math.nan
    except ValueError:
        value = math.nan
    if match is None or not math.isfinite(value):
        raise UsageError(
            "threshold.malformed",
            f"'{text[:80]}' is not a threshold.",
            "Write it as accuracy>=0.75 or selection_rate_ratio[sex]>=0.8.",
        )
    return Threshold(measure=match["measure"], op=match["op"], value=value, attribute=match["attribute"])


def check_thresholds(thresholds: Iterable[Threshold]) -> tuple[Threshold, ...]:
    """Return thresholds that can be judged later; none, too many, or two on one measure are refused."""
    checked = tuple(thresholds)
    if not 0 < len(checked) <= THRESHOLDS_MAX:
        raise UsageError(
            "threshold.count",
            f"{len(checked)} thresholds cannot be declared at once.",
            f"Declare between one and {THRESHOLDS_MAX}.",
        )
    seen: set[tuple[str, str | None, str]] = set()
    for item in checked:
        if item.op not in OPERATORS or not math.isfinite(item.value) or not item.measure:
            raise UsageError(
                "threshold.malformed",
                f"'{item.measure} {item.op} {item.value}' is not a threshold.",
                f"Compare with one of {', '.join(OPERATORS)} and a finite number.",
            )
        place = (item.measure, item.attribute, item.op[0])
        if place in seen:
            raise UsageError(
                "threshold.twice", f"Two thresholds bound '{item.measure}' from one side.", "Keep one."
            )
        seen.add(place)
    return checked
