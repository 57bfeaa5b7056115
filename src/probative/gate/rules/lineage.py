"""Rule on lineage: from the model back to raw data, code, environment, evaluation and approval, by digests.

**Promise**: only digests join; names never do. The first gap is named.
**Not here**: impact questions over the whole record (`record.lineage`).
"""

from probative.gate.dossier import Case, Contradiction, Finding, Gap, read, short
from probative.gate.facts import ApprovalGiven
from probative.gate.rules.runs import RUN_KINDS, evaluation_run, training_run, training_set
from probative.gate.rules.shape import Parameters, Rule
from probative.kernel.outcome import Outcome
from probative.record.facts import AssetRecorded

ASSET_KINDS = ("record.asset-recorded",)
DEPTH_MAX = 10_000


class LineageParameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which inputs of the training run must be recorded assets; whether an approval closes the chain."""

    inputs: tuple[str, ...] = ("training-set", "code", "environment")
    approval: bool = True


class Graph:
    """The recorded assets of a case, by digest, and what they were derived from."""

    def __init__(self, case: Case) -> None:
        """Read every asset of the system once."""
        self._case = case
        self._assets: dict[str, AssetRecorded] = {}
        self._facts = {str(fact.body.get("sha256")): fact for fact in case.of("record.asset-recorded")}

    def asset(self, digest: str, what: str) -> AssetRecorded:
        """Return the asset with this digest; one that is not recorded is a `Gap` naming `what` it was for."""
        if digest not in self._assets:
            fact = self._facts.get(digest)
            if fact is None:
                raise Gap(f"{what} {short(digest)} is not a recorded asset", "asset")
            self._assets[digest] = read(self._case.stand_on(fact), AssetRecorded)
        return self._assets[digest]

    def ancestry(self, digest: str, what: str) -> list[AssetRecorded]:
        """Return the asset and everything it was derived from, each of them recorded."""
        found: dict[str, AssetRecorded] = {}
        waiting = [(digest, what)]
        while waiting and len(found) < DEPTH_MAX:
            current, role = waiting.pop()
            if current not in found:
                asset = found[current] = self.asset(current, role)
                waiting += [(parent, f"parent of {asset.asset}") for parent in asset.derived_from]
        return list(found.values())

    def raw_datasets(self, digest: str) -> list[AssetRecorded]:
        """Return the datasets at the roots of an asset's ancestry: derived from nothing."""
        ancestry = self.ancestry(digest, "data")
        return [asset for asset in ancestry if asset.asset_kind == "dataset" and not asset.derived_from]


def lineage(case: Case, parameters: LineageParameters) -> Finding:
    """The chain from the release's model to raw data, code, evaluation and approval has no gap."""
    graph, model = Graph(case), case.release.model
    graph.asset(model, "model")
    training = training_run(case)
    for role in parameters.inputs:
        if role not in training.started.inputs:
            raise Gap(f"training run '{training.started.run}' names no {role}", "training")
        graph.asset(training.started.inputs[role], role)
    trained_on = training_set(case)
    raw = _data(graph, trained_on, "training set")
    evaluation = evaluation_run(case)
    tested_on = evaluation.started.inputs.get("test-set")
    if tested_on is None:
        raise Gap(f"evaluation run '{evaluation.started.run}' names no test-set", "evaluation")
    if tested_on == trained_on:
        raise Contradiction(f"the model was tested on its training set {short(trained_on)}", "evaluation")
    _data(graph, tested_on, "test set")
    if parameters.approval:
        _approval(case, model)
    return Finding(
        outcome=Outcome.PASS,
        reason=f"model {short(model)} <- run '{training.started.run}' <- training set {short(trained_on)}"
        f" <- raw dataset {', '.join(short(asset.sha256) for asset in raw)};"
        f" {', '.join(parameters.inputs)}, evaluation '{evaluation.started.run}'"
        f"{' and approval' if parameters.approval else ''} join by digest",
    )


def _data(graph: Graph, digest: str, what: str) -> list[AssetRecorded]:
    """Follow data from a set over its split to the raw dataset it came from."""
    ancestry = graph.ancestry(digest, what)
    if not any(asset.asset_kind == "split" for asset in ancestry):
        raise Gap(f"{what} {short(digest)} comes from no recorded split", "asset")
    raw = graph.raw_datasets(digest)
    if not raw:
        raise Gap(f"{what} {short(digest)} leads back to no recorded raw dataset", "asset")
    return raw


def _approval(case: Case, model: str) -> None:
    for fact in case.of("gate.approval-given", release=case.release.release):
        if read(fact, ApprovalGiven).model == model:
            case.stand_on(fact)
            return
    raise Gap(f"no approval names model {short(model)}", "approval")


RULES = (
    Rule(
        name="lineage-closed",
        parameters=LineageParameters,
        reads=(*ASSET_KINDS, *RUN_KINDS, "gate.approval-given"),
        decide=lineage,
    ),
)
