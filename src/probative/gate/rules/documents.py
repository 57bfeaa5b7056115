"""Rules on documents: the model card is complete and agrees with what was measured; datasets have datasheets.

**Promise**: a claimed number is compared with the evaluation of the very model digest, and both are
shown; a claim that was never measured is not assessable.
**Not here**: templates and drafting (`record`); the documents themselves are blobs.
"""

from probative.gate.dossier import Case, Finding, Gap, number, place, read, short
from probative.gate.rules.lineage import ASSET_KINDS, Graph
from probative.gate.rules.runs import RUN_KINDS, evaluation_run, training_set
from probative.gate.rules.shape import Parameters, Rule
from probative.kernel.outcome import Outcome
from probative.record.facts import DocumentRecorded, Fact, RunStarted

CLAIM_PREFIXES = ("metric.", "metrics.")


class ModelCardParameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields that must be filled, and how far a claimed metric may be from the measured one (rounding)."""

    required: tuple[str, ...]
    tolerance: float = 0.005


class DatasheetParameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields that the datasheet of every raw dataset must fill."""

    required: tuple[str, ...]


def model_card(case: Case, parameters: ModelCardParameters) -> Finding:
    """The newest card of this model digest is complete and claims what was measured."""
    fact = case.latest(
        "record.document-recorded",
        f"no model card describes model {short(case.release.model)}",
        document_kind="model-card",
        about=case.release.model,
    )
    card = _complete(fact, parameters.required)
    run = evaluation_run(case)
    claims = _claims(card, set(run.finished.metrics))
    if not claims:
        raise Gap(f"{place(fact)} claims no metric that could be compared with the evaluation")
    wrong = []
    for name, claimed in claims.items():
        measured = run.finished.metrics.get(name)
        if measured is None:
            raise Gap(f"{place(fact)} claims {name} {number(claimed)}, which no evaluation measured")
        if abs(claimed - measured) > parameters.tolerance:
            wrong.append(f"{name}: card says {number(claimed)}, evaluation measured {number(measured)}")
    if wrong:
        return Finding(outcome=Outcome.FAIL, reason="; ".join(wrong))
    return Finding(
        outcome=Outcome.PASS,
        reason=f"#{fact.index} is complete; {len(claims)} claimed metrics agree with run '{run.started.run}'",
    )


def datasheets(case: Case, parameters: DatasheetParameters) -> Finding:
    """Every raw dataset behind training and test data has a complete datasheet."""
    graph = Graph(case)
    used = [training_set(case), *_test_set(case)]
    raw = dict.fromkeys(asset.sha256 for digest in used for asset in graph.raw_datasets(digest))
    if not raw:
        raise Gap(f"no raw dataset is recorded behind training set {short(used[0])}", "lineage")
    for digest in raw:
        fact = case.latest(
            "record.document-recorded",
            f"no datasheet describes dataset {short(digest)}",
            document_kind="datasheet",
            about=digest,
        )
        _complete(fact, parameters.required)
    return Finding(
        outcome=Outcome.PASS,
        reason=f"{len(raw)} raw datasets have complete datasheets ({', '.join(parameters.required)})",
    )


def _complete(fact: Fact, required: tuple[str, ...]) -> DocumentRecorded:
    document = read(fact, DocumentRecorded)
    empty = [name for name in required if document.fields.get(name) in (None, "")]
    missing = list(dict.fromkeys((*document.missing, *empty)))
    if missing:
        raise Gap(f"{place(fact)} '{document.document}' leaves empty: {', '.join(missing)}")
    return document


def _claims(card: DocumentRecorded, measured: set[str]) -> dict[str, float]:
    """Return claimed metrics by name: fields `metric.NAME`, and fields named like something measured."""
    claims: dict[str, float] = {}
    for field, value in card.fields.items():
        prefix = next((item for item in CLAIM_PREFIXES if field.startswith(item)), "")
        name = field.removeprefix(prefix)
        if prefix or name in measured:
            try:
                claims[name] = float(value)
            except ValueError as error:
                raise Gap(f"the card's {name} '{str(value)[:40]}' is not a number") from error
    return claims


def _test_set(case: Case) -> list[str]:
    for start in case.of("record.run-started", run=case.release.evaluation_run):
        digest = read(case.stand_on(start), RunStarted).inputs.get("test-set")
        return [digest] if digest else []
    return []


RULES = (
    Rule(
        name="model-card",
        parameters=ModelCardParameters,
        reads=("record.document-recorded", *RUN_KINDS),
        decide=model_card,
    ),
    Rule(
        name="datasheets",
        parameters=DatasheetParameters,
        reads=("record.document-recorded", "record.run-started", *ASSET_KINDS),
        decide=datasheets,
    ),
)
