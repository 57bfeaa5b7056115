"""Rules on operations: a drift monitor is live, and a playbook has been exercised.

**Promise**: "declared" suffices only until the release is deployed; then a recent reading is needed. A
playbook counts in the version that was exercised, by its latest exercise.
**Not here**: measuring (`watch`) and responding (`respond`): only their facts are read.
"""

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from probative.gate.dossier import Case, Contradiction, Finding, Gap, Unmet, place, view
from probative.gate.rules.shape import Parameters, Rule
from probative.kernel.clock import format_instant
from probative.kernel.outcome import Outcome
from probative.record.facts import Fact


class MonitorParameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which measures count as drift measures, and how old the last reading of a live release may be.

    A daily window is read after it ended, so its last reading is up to two days old.
    """

    measures: tuple[str, ...]
    reading_age_h_max: int = 48


class PlaybookParameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many adopted playbooks must have been exercised successfully."""

    playbooks_min: int = 1


class _Reading(msgspec.Struct, frozen=True):
    """The part of `watch.reading-taken` that matters here."""

    monitor: str
    n: int


class _Measure(msgspec.Struct, frozen=True):
    measure: str


class _Spec(msgspec.Struct, frozen=True):
    measures: tuple[_Measure, ...]


class _Declared(msgspec.Struct, frozen=True):
    """The part of `watch.monitor-declared` that matters here."""

    monitor: str
    spec: _Spec


class _Adopted(msgspec.Struct, frozen=True):
    """The part of `respond.playbook-adopted` that matters here."""

    playbook: str
    version: str | int


class _Exercised(msgspec.Struct, frozen=True):
    """The part of `respond.playbook-exercised` that matters here."""

    playbook: str
    version: str | int
    passed: bool


def monitor_live(case: Case, parameters: MonitorParameters) -> Finding:
    """A monitor with a drift measure is declared, and read recently once the release is deployed."""
    declared = {view(fact, _Declared).monitor: fact for fact in case.of("watch.monitor-declared")}
    if not declared:
        raise Gap("no monitor is declared")
    wanted = set(parameters.measures)
    drifting = {
        name: fact
        for name, fact in declared.items()
        if any(item.measure in wanted for item in view(fact, _Declared).spec.measures)
    }
    if not drifting:
        case.stand_on(*declared.values())
        raise Gap(f"no declared monitor has a drift measure ({', '.join(parameters.measures)})")
    names = ", ".join(f"'{name}'" for name in drifting)
    deployed = case.of("record.release-deployed", release=case.release.release)
    if not deployed:
        case.stand_on(*drifting.values())
        return Finding(outcome=Outcome.PASS, reason=f"monitor {names} is declared; not deployed yet")
    case.stand_on(deployed[-1], *drifting.values())
    last = _last_reading(case, drifting)
    if last is None:
        raise Gap(f"deployed at #{deployed[-1].index}, but monitor {names} has taken no reading", "reading")
    age = case.dossier.at - min(last.occurred_at, last.recorded_at)
    if age > timedelta(hours=parameters.reading_age_h_max):
        hours = age // timedelta(hours=1)
        raise Gap(
            f"the last reading of {names} is {hours} h old, at most {parameters.reading_age_h_max} h count",
            "reading",
        )
    return Finding(
        outcome=Outcome.PASS,
        reason=f"monitor {names} is live, last reading {format_instant(last.recorded_at)}",
    )


def _last_reading(case: Case, monitors: Mapping[str, Fact]) -> Fact | None:
    """Return the newest reading of any of the monitors that counted at least one decision."""
    for fact in reversed(case.of("watch.reading-taken")):
        reading = view(fact, _Reading)
        if reading.monitor in monitors and reading.n > 0:
            return case.stand_on(fact)
    return None


def playbook_exercised(case: Case, parameters: PlaybookParameters) -> Finding:
    """Enough adopted playbooks passed their latest exercise, in the adopted version."""
    adopted = {view(fact, _Adopted).playbook: fact for fact in case.of("respond.playbook-adopted")}
    if not adopted:
        raise Gap("no playbook is adopted", "adopt")
    passed: list[str] = []
    refusals: list[Unmet] = []
    for name, fact in adopted.items():
        case.stand_on(fact)
        try:
            passed.append(_exercise(case, name, view(fact, _Adopted).version))
        except Unmet as refusal:
            refusals.append(refusal)
    if len(passed) >= parameters.playbooks_min:
        return Finding(outcome=Outcome.PASS, reason="; ".join(passed))
    if refusals:
        raise refusals[0]
    raise Gap(f"{len(passed)} playbooks are exercised, {parameters.playbooks_min} are needed", "adopt")


def _exercise(case: Case, name: str, version: str | int) -> str:
    exercises = case.of("respond.playbook-exercised", playbook=name)
    if not exercises:
        raise Gap(f"playbook '{name}' version {version} has no exercise that counts")
    last = case.stand_on(exercises[-1])
    exercise = view(last, _Exercised)
    if exercise.version != version:
        raise Gap(f"playbook '{name}' is adopted in version {version}, exercised in {exercise.version}")
    if not exercise.passed:
        raise Contradiction(f"{place(last)}: the latest exercise of playbook '{name}' was not passed")
    when = format_instant(min(last.occurred_at, last.recorded_at))[:10]
    return f"playbook '{name}' version {version} was exercised on {when}, passed"


RULES = (
    Rule(
        name="monitor-live",
        parameters=MonitorParameters,
        reads=("watch.monitor-declared", "watch.reading-taken", "record.release-deployed"),
        decide=monitor_live,
    ),
    Rule(
        name="playbook-exercised",
        parameters=PlaybookParameters,
        reads=("respond.playbook-adopted", "respond.playbook-exercised"),
        decide=playbook_exercised,
    ),
)
