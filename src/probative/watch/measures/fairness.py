"""Fairness by group: selection rates and their ratio, equal opportunity, equalised odds.

**Promise**: every group is shown with its counts, unknown values as a group of their own; a group below the
minimum is "not measurable", with the reason; a ratio has three states, not two.
**Not here**: whether a disparity is lawful: the four-fifths ratio is a screening heuristic, nothing more.
"""

import json
import math
from collections.abc import Callable
from typing import NamedTuple

from probative.watch.counting.profile import UNKNOWN
from probative.watch.counting.state import State
from probative.watch.measures.measured import Family, Measured, MeasureSpec, Status, not_measurable
from probative.watch.measures.stats import (
    Z_95,
    katz,
    log_ratio_error,
    newcombe,
    normal_quantile,
    normal_tail,
    two_shares,
    wilson,
)

RATE_METHOD, RATIO_METHOD, GAP_METHOD = "wilson", "katz/log-normal", "newcombe/agresti-caffo"
SCREENING = "four-fifths is a screening heuristic, not a legal test"


class Group(NamedTuple):
    """One group's counts: favourable among all decided, and among merited and other known outcomes."""

    name: str
    unknown: bool
    decided: int
    favourable: int
    merited: int
    merited_favourable: int
    other: int
    other_favourable: int


Rate = Callable[[Group], tuple[int, int]]


def groups_of(state: State, attributes: str) -> list[Group]:
    """Read the groups of one combination of attributes from a state, in a fixed order.

    >>> state = State(profile="ab" * 32, groups={"sex": {'["F"]': (3, 1, 0, 1, 2, 0, 0, 0, 0)}})
    >>> group = groups_of(state, "sex")[0]
    >>> group.name, group.favourable, group.decided, group.merited_favourable, group.merited
    ('F', 4, 7, 3, 4)
    """
    return [_group(json.loads(key), cells) for key, cells in state.groups.get(attributes, {}).items()]


def selection_rates(spec: MeasureSpec, groups: list[Group], attributes: str) -> list[Measured]:
    """Share of decided cases that got the favourable decision, per group, with Wilson intervals."""
    return [_rate("selection-rate", spec, group, attributes, selected(group)) for group in groups]


def selection_ratio(spec: MeasureSpec, groups: list[Group], attributes: str) -> list[Measured]:
    """Each group's selection rate over the highest group's (29 CFR 1607.4(D)), with a Katz interval.

    Three states: breach (interval below the threshold), compliant (above it), undetermined. The benchmark is
    the highest rate among known groups that are large enough.
    """
    large = [group for group in groups if group.decided >= spec.n_min]
    known = [group for group in large if not group.unknown]
    if not known or len(large) < 2 or not any(group.favourable for group in known):
        return [_alone(spec, groups, attributes, RATIO_METHOD)]
    best = max(known, key=lambda group: group.favourable / group.decided)
    return [_ratio(spec, group, best, attributes) for group in groups]


def equal_opportunity(spec: MeasureSpec, groups: list[Group], attributes: str) -> list[Measured]:
    """Largest difference between groups of the favourable share among those who merited it."""
    return [
        *_rates("true-positive-rate", spec, groups, attributes, hits),
        _gap(spec, groups, attributes, (hits,)),
    ]


def equalised_odds(spec: MeasureSpec, groups: list[Group], attributes: str) -> list[Measured]:
    """The larger of that difference and the same among those who did not merit it (Hardt et al. 2016)."""
    rates = _rates("false-positive-rate", spec, groups, attributes, slips)
    return [*rates, _gap(spec, groups, attributes, (hits, slips))]


def selected(group: Group) -> tuple[int, int]:
    """Favourable decisions and all decisions."""
    return group.favourable, group.decided


def hits(group: Group) -> tuple[int, int]:
    """Favourable decisions among those who merited one."""
    return group.merited_favourable, group.merited


def slips(group: Group) -> tuple[int, int]:
    """Favourable decisions among those who did not merit one."""
    return group.other_favourable, group.other


def _group(names: list[str], cells: tuple[int, ...]) -> Group:
    yes, no = sum(cells[0:3]), sum(cells[3:6])
    return Group(
        name=" x ".join(names),
        unknown=UNKNOWN in names,
        decided=yes + no,
        favourable=yes,
        merited=cells[0] + cells[3],
        merited_favourable=cells[0],
        other=cells[1] + cells[4],
        other_favourable=cells[1],
    )


def _rates(name: str, spec: MeasureSpec, groups: list[Group], attributes: str, rate: Rate) -> list[Measured]:
    return [_rate(name, spec, group, attributes, rate(group)) for group in groups]


def _rate(name: str, spec: MeasureSpec, group: Group, attributes: str, counts: tuple[int, int]) -> Measured:
    """Show one group's rate; it is information, so it has no threshold of its own."""
    count, n = counts
    low, high = wilson(count, n)
    enough = n >= spec.n_min
    return Measured(
        measure=name,
        family=Family.FAIRNESS,
        column=attributes,
        group=group.name,
        value=count / n if n else None,
        low=low if n else None,
        high=high if n else None,
        n=n,
        method=RATE_METHOD,
        status=Status.OK if enough else Status.NOT_MEASURABLE,
        reason="" if enough else f"{count} of {n}; {spec.n_min} are needed",
    )


def _ratio(spec: MeasureSpec, group: Group, best: Group, attributes: str) -> Measured:
    if group.decided < spec.n_min:
        reason = f"{group.favourable} of {group.decided} favourable; {spec.n_min} decisions are needed"
        return not_measurable(
            spec, Family.FAIRNESS, RATIO_METHOD, group.decided, reason, column=attributes, group=group.name
        )
    ratio, low, high = katz(*selected(group), *selected(best))
    log_ratio, error = log_ratio_error(*selected(group), *selected(best))
    chance = (
        normal_tail((math.log(spec.breach) - log_ratio) / error) if error else float(ratio >= spec.breach)
    )
    top = group is best
    shares = two_shares(*selected(group), *selected(best))
    rate = f"{best.favourable}/{best.decided}"
    versus = f"against {best.name} ({rate}); equal rates p = {shares:.2g}; {SCREENING}"
    return Measured(
        measure=spec.measure,
        family=Family.FAIRNESS,
        column=attributes,
        group=group.name,
        value=ratio,
        low=None if top else low,
        high=None if top else high,
        n=group.decided,
        p=None if top else chance,
        method=RATIO_METHOD,
        threshold=spec.threshold,
        watch=spec.watch,
        breach=spec.breach,
        note="the highest rate, which the others are held against" if top else versus,
    )


def _gap(spec: MeasureSpec, groups: list[Group], attributes: str, rates: tuple[Rate, ...]) -> Measured:
    """Return the largest difference of any of `rates` between two groups that are large enough.

    Picking the extremes of k groups makes chance look large, so the interval and the p-value are corrected
    for all pairs that could have been picked (Bonferroni).
    """
    found = [
        (rate, [group for group in groups if rate(group)[1] >= spec.n_min and not group.unknown])
        for rate in rates
    ]
    pairs = sum(len(large) * (len(large) - 1) // 2 for _, large in found)
    if any(len(large) < 2 for _, large in found):  # one group cannot differ from itself
        sizes = [rate(group)[1] for rate in rates for group in groups]
        return _alone(spec, groups, attributes, GAP_METHOD, sizes)
    rate, top, bottom = max(
        ((rate, *_extremes(rate, large)) for rate, large in found),
        key=lambda each: _share(each[0], each[1]) - _share(each[0], each[2]),
    )
    (a, n), (b, m) = rate(top), rate(bottom)
    low, high = newcombe(a, n, b, m, normal_quantile(1 - 0.025 / pairs) if pairs > 1 else Z_95)
    chance = min(1.0, pairs * _chance_of_gap(a, n, b, m, spec.breach))
    side = "merited" if rate is hits else "not merited"
    choice = f", the largest of {pairs} gaps" if pairs > 1 else ""
    return Measured(
        measure=spec.measure,
        family=Family.FAIRNESS,
        column=attributes,
        value=a / n - b / m,
        low=max(0.0, low),
        high=high,
        n=min(n, m),
        p=chance,
        method=GAP_METHOD,
        threshold=spec.threshold,
        watch=spec.watch,
        breach=spec.breach,
        note=f"{top.name} {a}/{n} against {bottom.name} {b}/{m}, outcome {side}{choice}",
    )


def _extremes(rate: Rate, groups: list[Group]) -> tuple[Group, Group]:
    ordered = sorted(groups, key=lambda group: (_share(rate, group), group.name))
    return ordered[-1], ordered[0]


def _share(rate: Rate, group: Group) -> float:
    count, n = rate(group)
    return count / n


def _chance_of_gap(a: int, n: int, b: int, m: int, threshold: float) -> float:
    """One-sided chance that the true difference is below `threshold` (Agresti and Caffo 2000)."""
    p, q = (a + 1) / (n + 2), (b + 1) / (m + 2)
    return normal_tail((p - q - threshold) / math.sqrt(p * (1 - p) / (n + 2) + q * (1 - q) / (m + 2)))


def _alone(
    spec: MeasureSpec, groups: list[Group], attributes: str, method: str, sizes: list[int] | None = None
) -> Measured:
    counts = sizes if sizes is not None else [group.decided for group in groups]
    sizes_text = ", ".join(map(str, counts[:8])) or "no"
    reason = (
        f"fewer than two groups can be compared: {len(groups)} groups with {sizes_text} cases; "
        f"{spec.n_min} are needed in each, and one favourable decision"
    )
    return not_measurable(spec, Family.FAIRNESS, method, sum(counts), reason, column=attributes)
