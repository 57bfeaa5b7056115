"""Runs: a start receipt before the work, a finish after it, joined by the run's name.

**Promise**: the start is recorded before anything is computed, so that what was declared earlier is provably
earlier; a failed run is recorded as failed, never left out.
**Not here**: doing the work, and judging its numbers (`gate`).
"""

from collections.abc import Mapping

import msgspec

from probative.kernel.actor import Actor
from probative.kernel.canon import parse_strict
from probative.kernel.digest import check_digest
from probative.kernel.errors import UsageError
from probative.kernel.ids import check_name
from probative.record.facts import Draft, Fact, GroupMetric, RunFinished, RunStarted, Subject, subject
from probative.record.recorder import Recorder

_INPUT_NAMES = {"model": "model", "training-set": "dataset", "test-set": "dataset"}


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a run will do: its name and kind, inputs by role (digests), and parameters."""

    run: str
    kind: str
    inputs: dict[str, str]
    parameters: dict[str, str | int | float | bool] = {}


class Results(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a run gave: outputs by role (digests), metrics, and metrics by group."""

    outputs: dict[str, str] = {}
    metrics: dict[str, float] = {}
    groups: tuple[GroupMetric, ...] = ()


def start_run(recorder: Recorder, system: str, plan: Plan, actor: Actor) -> Fact:
    """Record the start receipt of `plan`; a run of that name is a `ConflictError` if it differs."""
    check_name(plan.run, "run")
    for digest in plan.inputs.values():
        check_digest(digest)
    body = RunStarted(
        run=plan.run, run_kind=plan.kind, system=system, inputs=plan.inputs, parameters=plan.parameters
    )
    draft = Draft(
        body=body,
        subjects=_subjects(system, plan.run, plan.inputs),
        actor=actor,
        key=f"run-started:{system}:{plan.run}",
    )
    return recorder.append(draft)[0]


def finish_run(recorder: Recorder, start: Fact, results: Results | None, actor: Actor) -> Fact:
    """Record how the run that `start` began has ended; no results means that it failed."""
    began = start.read(RunStarted)
    given = results or Results()
    body = RunFinished(
        run=began.run,
        run_kind=began.run_kind,
        system=began.system,
        status="failed" if results is None else "ok",
        outputs=given.outputs,
        metrics=given.metrics,
        groups=given.groups,
    )
    draft = Draft(
        body=body,
        subjects=_subjects(began.system, began.run, {**began.inputs, **given.outputs}),
        actor=actor,
        caused_by=(start.id,),
        key=f"run-finished:{began.system}:{began.run}",
    )
    return recorder.append(draft)[0]


def parse_results(text: bytes) -> Results:
    """Read a results file (JSON with `outputs`, `metrics`, `groups`); anything else raises `UsageError`."""
    try:
        results = msgspec.convert(parse_strict(text), Results)
    except msgspec.ValidationError as error:
        raise UsageError(
            "run.results-malformed",
            f"The results cannot be read: {error}.",
            'Write {"metrics": {"accuracy": 0.81}, "outputs": {"model": "SHA256"}, "groups": []}.',
        ) from error
    for digest in results.outputs.values():
        check_digest(digest)
    return results


def _subjects(system: str, run: str, digests: Mapping[str, str]) -> tuple[Subject, ...]:
    joined = [subject(f"{_INPUT_NAMES.get(role, role)}/{run}", digest) for role, digest in digests.items()]
    return (subject(f"run/{run}"), subject(f"system/{system}"), *joined)
