"""Rule on fairness: selection-rate ratios by group against declared thresholds, in three states.

**Promise**: each ratio carries its interval and the sizes behind it; an interval that spans the
threshold, a group that is too small, or an attribute without measurement is undetermined, never
compliant. The four-fifths rule (29 CFR 1607.4(D)) is a screening heuristic, not a finding of
discrimination, and is labelled so.
**Not here**: production fairness (`watch`), and choosing thresholds: they are declared.
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from probative.gate.dossier import Case, Finding, Gap, number, view
from probative.gate.facts import Threshold
from probative.gate.rules.evaluation.declared import declared_before
from probative.gate.rules.evaluation.intervals import Interval, katz, wilson
from probative.gate.rules.runs import RUN_KINDS, evaluation_run
from probative.gate.rules.shape import Parameters, Rule
from probative.kernel.outcome import Outcome
from probative.record.facts import GroupMetric

RATIO = "_ratio"
HEURISTIC = "ratio of rates: a screening heuristic"
SHOWN_MAX = 3


class State(StrEnum):
    """What a ratio says about its threshold, given its interval."""

    BREACH = "breach"
    COMPLIANT = "compliant"
    UNDETERMINED = "undetermined"


class FairnessParameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many people a group needs to be judged, and the confidence of the intervals."""

    n_min: int = 100
    confidence: float = 0.95


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One group against the group with the highest rate: the state and the sentence that shows why."""

    attribute: str
    group: str
    state: State
    ratio: float
    shown: str


class _Column(msgspec.Struct, frozen=True):
    name: str
    role: str = ""


class _Schema(msgspec.Struct, frozen=True):
    """The part of a decision schema that matters here: which columns are protected."""

    columns: tuple[_Column, ...]


def fairness(case: Case, parameters: FairnessParameters) -> Finding:
    """Every audit attribute keeps its declared ratio, in every group."""
    run = evaluation_run(case)
    declaration, fact = declared_before(case, run)
    declared = [item for item in declaration.thresholds if item.attribute is not None]
    _check_covered(case, run.finished.groups, declared)
    results = [
        result for threshold in declared for result in compare(threshold, run.finished.groups, parameters)
    ]
    order = f"declared at #{fact.index}, run began at #{run.start.index}; {HEURISTIC}"
    for state, outcome in ((State.BREACH, Outcome.FAIL), (State.UNDETERMINED, Outcome.NOT_ASSESSABLE)):
        hit = [result for result in results if result.state is state]
        if hit:
            reason = f"{state}: {_worst_of(hit)} ({order})"
            return Finding(outcome=outcome, reason=reason, step="evaluation")
    lowest = [
        min((item for item in results if item.attribute == name), key=lambda item: item.ratio)
        for name in dict.fromkeys(result.attribute for result in results)
    ]
    return Finding(outcome=Outcome.PASS, reason=f"{'; '.join(item.shown for item in lowest)} ({order})")


def _worst_of(results: list[Compared]) -> str:
    worst = sorted(results, key=lambda result: result.ratio)
    more = len(worst) - SHOWN_MAX
    tail = f"; and {more} more" if more > 0 else ""
    return "; ".join(result.shown for result in worst[:SHOWN_MAX]) + tail


def _check_covered(case: Case, groups: Iterable[GroupMetric], declared: list[Threshold]) -> None:
    """Refuse to judge while an attribute that is measured or kept for audit has no declared threshold."""
    if not declared:
        raise Gap("no threshold by group is declared", "thresholds")
    protected: set[str] = set()
    for schema in case.of("record.schema-declared")[-1:]:
        columns = view(case.stand_on(schema), _Schema).columns
        protected = {column.name for column in columns if column.role == "protected"}
    known = {str(item.attribute).casefold() for item in declared}
    wanted = protected | {metric.attribute for metric in groups}
    missing = sorted(name for name in wanted if name.casefold() not in known)
    if missing:
        raise Gap(f"audit attributes without a declared threshold: {', '.join(missing)}", "thresholds")


def compare(
    threshold: Threshold, groups: Iterable[GroupMetric], parameters: FairnessParameters
) -> list[Compared]:
    """Compare every group of the threshold's attribute with the group of the highest rate.

    Groups smaller than `n_min` can neither be judged nor serve as the base; they are shown, not dropped.
    """
    attribute = str(threshold.attribute)
    if not threshold.measure.endswith(RATIO) or threshold.op not in (">=", ">"):
        raise Gap(
            f"threshold '{threshold.measure} {threshold.op}' by {attribute} has no rule: declare"
            " 'selection_rate_ratio' with '>='",
            "thresholds",
        )
    metric = threshold.measure.removesuffix(RATIO)
    rows = [
        row for row in groups if row.attribute.casefold() == attribute.casefold() and row.metric == metric
    ]
    large = [row for row in rows if row.n >= parameters.n_min]
    if any(not 0 <= row.value <= 1 or row.n < 0 for row in rows):
        raise Gap(f"{metric} by {attribute} is not a rate with a group size", "evaluation")
    if len(rows) < 2 or not large:
        raise Gap(f"{metric} was not measured for two groups of {attribute}", "evaluation")
    base = max(large, key=lambda row: (row.value, row.n, row.group))
    others = [row for row in rows if row is not base]
    return [_compare_one(row, base, threshold, parameters) for row in others]


def _compare_one(
    row: GroupMetric, base: GroupMetric, threshold: Threshold, parameters: FairnessParameters
) -> Compared:
    def compared(state: State, shown: str, value: float = 0.0) -> Compared:
        return Compared(attribute=row.attribute, group=row.group, state=state, ratio=value, shown=shown)

    name = f"{row.attribute} {row.group}"
    if row.n < parameters.n_min:
        return compared(
            State.UNDETERMINED, f"{name}: n={row.n}, fewer than {parameters.n_min} cannot be judged"
        )
    hits, base_hits = round(row.value * row.n), round(base.value * base.n)
    if base_hits == 0:
        return compared(State.UNDETERMINED, f"{name}: nobody was selected in any group")
    ratio = katz(hits, row.n, base_hits, base.n, parameters.confidence)
    shown = (
        f"{name} against {base.group}: ratio {_show(ratio)}, limit {number(threshold.value)};"
        f" rates {_show(wilson(hits, row.n, parameters.confidence))} of {row.n}"
        f" and {_show(wilson(base_hits, base.n, parameters.confidence))} of {base.n}"
    )
    if ratio.low >= threshold.value:
        return compared(State.COMPLIANT, shown, ratio.value)
    state = State.BREACH if ratio.high < threshold.value else State.UNDETERMINED
    return compared(state, shown, ratio.value)


def _show(interval: Interval) -> str:
    return f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


RULES = (
    Rule(
        name="fairness-by-group",
        parameters=FairnessParameters,
        reads=("gate.thresholds-declared", "record.schema-declared", *RUN_KINDS),
        decide=fairness,
    ),
)
