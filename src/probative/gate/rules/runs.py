"""Runs of a release: finding its training and evaluation run, with start receipt and result.

**Promise**: a run counts once, from its start receipt to its one result, and only for the model digest
that the release names.
**Not here**: judging what was measured (`gate.rules.evaluation`).
"""

from typing import NamedTuple

from probative.gate.dossier import Case, Contradiction, Gap, place, read, short
from probative.record.facts import Fact, RunFinished, RunStarted

RUN_KINDS = ("record.run-started", "record.run-finished")


class Run(NamedTuple):
    """A finished run: its start receipt, its result, and the ledger facts of both."""

    started: RunStarted
    finished: RunFinished
    start: Fact
    finish: Fact


def training_run(case: Case) -> Run:
    """Return the release's training run; it must have ended well and have given the release's model."""
    run = _run(case, case.release.training_run, "training")
    if case.release.model not in run.finished.outputs.values():
        raise Contradiction(
            f"training run '{run.started.run}' gave {_digests(run.finished.outputs)},"
            f" not this release's model {short(case.release.model)}",
            "training",
        )
    return run


def evaluation_run(case: Case) -> Run:
    """Return the release's evaluation run; one that measured another model digest does not count."""
    run = _run(case, case.release.evaluation_run, "evaluation")
    measured = run.started.inputs.get("model")
    if measured != case.release.model:
        raise Gap(
            f"evaluation run '{run.started.run}' measured model {short(measured or 'unnamed')},"
            f" not this release's model {short(case.release.model)}: it does not count",
            "evaluation",
        )
    return run


def training_set(case: Case) -> str:
    """Return the digest of the training set that the training run was started with."""
    start = case.one(
        "record.run-started",
        f"training run '{case.release.training_run}' has no start receipt",
        "training",
        run=case.release.training_run,
    )
    digest = read(start, RunStarted).inputs.get("training-set")
    if digest is None:
        raise Gap(f"{place(start)} names no training-set among its inputs", "training")
    return digest


def _run(case: Case, name: str, kind: str) -> Run:
    start = case.one("record.run-started", f"{kind} run '{name}' has no start receipt", kind, run=name)
    finish = case.one("record.run-finished", f"{kind} run '{name}' has no result that counts", kind, run=name)
    started, finished = read(start, RunStarted), read(finish, RunFinished)
    if {started.run_kind, finished.run_kind} != {kind}:
        raise Gap(f"run '{name}' is recorded as {started.run_kind}, not as {kind}", kind)
    if finish.index < start.index:
        raise Gap(f"the result of run '{name}' (#{finish.index}) precedes its start (#{start.index})", kind)
    if finished.status != "ok":
        raise Gap(f"{kind} run '{name}' ended with status '{finished.status}'", kind)
    return Run(started, finished, start, finish)


def _digests(outputs: dict[str, str]) -> str:
    return ", ".join(f"{role} {short(digest)}" for role, digest in sorted(outputs.items())) or "nothing"
