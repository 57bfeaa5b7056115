"""Rule on evaluation: thresholds were declared before the run that they judge, and were met.

**Promise**: "before" is ledger order, not a clock: the declaration's index precedes the run's start
receipt.
**Not here**: thresholds by group (`gate.rules.evaluation.fairness`).
"""

from probative.gate.dossier import Case, Finding, Gap, number, read
from probative.gate.facts import Threshold, ThresholdsDeclared
from probative.gate.rules.evaluation.thresholds import OPERATORS
from probative.gate.rules.runs import RUN_KINDS, Run, evaluation_run
from probative.gate.rules.shape import Parameters, Rule
from probative.kernel.outcome import Outcome
from probative.record.facts import Fact


class ThresholdParameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many thresholds on the whole population there must be at least."""

    thresholds_min: int = 1


def declared_before(case: Case, run: Run) -> tuple[ThresholdsDeclared, Fact]:
    """Return the newest declaration that precedes the start of `run` in the ledger."""
    found = case.of("gate.thresholds-declared")
    if not found:
        raise Gap("no thresholds are declared", "thresholds")
    earlier = [fact for fact in found if fact.index < run.start.index]
    if not earlier:
        case.stand_on(found[0])
        raise Gap(
            f"order not proven: thresholds were declared at #{found[0].index}, after evaluation run"
            f" '{run.started.run}' began at #{run.start.index}",
            "order",
        )
    fact = case.stand_on(earlier[-1])
    return read(fact, ThresholdsDeclared), fact


def thresholds(case: Case, parameters: ThresholdParameters) -> Finding:
    """Every declared threshold on the whole population is met by the measured value."""
    run = evaluation_run(case)
    declaration, fact = declared_before(case, run)
    overall = [threshold for threshold in declaration.thresholds if threshold.attribute is None]
    if len(overall) < parameters.thresholds_min:
        raise Gap(f"#{fact.index} declares {len(overall)} thresholds on the whole population", "thresholds")
    order = f"declared at #{fact.index}, run began at #{run.start.index}"
    unmeasured = [item.measure for item in overall if item.measure not in run.finished.metrics]
    broken = [item for item in overall if item.measure not in unmeasured and not _met(item, run)]
    if broken:
        shown = "; ".join(_show(item, run) for item in broken)
        return Finding(outcome=Outcome.FAIL, reason=f"not met: {shown} ({order})", step="evaluation")
    if unmeasured:
        raise Gap(f"run '{run.started.run}' did not measure: {', '.join(unmeasured)}", "evaluation")
    shown = "; ".join(_show(item, run) for item in overall)
    return Finding(outcome=Outcome.PASS, reason=f"{shown} ({order})")


def _met(threshold: Threshold, run: Run) -> bool:
    if threshold.op not in OPERATORS:
        raise Gap(f"'{threshold.op}' is not a comparison", "thresholds")
    return OPERATORS[threshold.op](run.finished.metrics[threshold.measure], threshold.value)


def _show(threshold: Threshold, run: Run) -> str:
    measured = number(run.finished.metrics[threshold.measure])
    return f"{threshold.measure} {measured}, declared {threshold.op} {number(threshold.value)}"


RULES = (
    Rule(
        name="thresholds-before-run",
        parameters=ThresholdParameters,
        reads=("gate.thresholds-declared", *RUN_KINDS),
        decide=thresholds,
    ),
)
