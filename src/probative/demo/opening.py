"""Acts 1 and 2: the system is registered and tiered; data, training, evaluation and card are recorded.

**Promise**: what a team would have as files is written as files, and taken in from there.
**Not here**: what the gate makes of it (`demo.gating`).
"""

import io
import json
import platform
import sys
from importlib import metadata, resources

import click
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from probative.demo import data
from probative.demo.model import Model, measure, train
from probative.demo.stage import FALLBACK, PEOPLE, RELEASE, SYSTEM, Stage, act, command, say
from probative.record.artifacts import propose_release, record_asset, sign_model, system_draft
from probative.record.decisions.schema import Column, DecisionSchema, decision_schema
from probative.record.documents import draft, record_document
from probative.record.facts import Draft, Fact, ReleaseDeployed, RunFinished, SystemRegistered, subject
from probative.record.runs import Plan, Results, finish_run, parse_results, start_run

# Yes or no to every question of the questionnaire that has no other options.
_NO = (
    *(f"art5.{letter}" for letter in ("a", "b", "c", "d", "e", "f", "g", "h", "ba", "bb")),
    "art6.1",
    "annex3.2",
    "art50.interaction",
    "art50.synthetic",
    "art50.synthetic-legacy",
    "art50.biometric",
    "art50.deepfake",
    "gpai.provider",
    "gpai.systemic",
)
ANSWERS = {
    **dict.fromkeys(_NO, "no"),
    **{f"annex3.{point}": "none" for point in (1, 3, 4, 6, 7, 8)},
    "annex3.5": "b",
    "art6.3.ground": "none",
    "art6.3.profiling": "yes",
}


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """What act 2 leaves: the people, both models, and the digests that join them."""

    people: data.Split
    model: Model
    model_digest: str
    fallback: Model
    fallback_digest: str
    training_set: str
    test_set: str
    raw: str
    training_run: str


def register(stage: Stage) -> None:
    """Act 1: register the system, tier it, and have protected attributes refused as features."""
    act(1, "Register a credit-scoring system and find its risk tier")
    recorder, gate = stage.workspace.recorder, stage.workspace.gatekeeper
    body = SystemRegistered(
        system=SYSTEM,
        title="Credit card default scoring",
        purpose="Decide on applications for a higher credit limit",
        owner=PEOPLE["model-owner"].id,
        sector="banking",
        jurisdictions=("EU",),
        legal_roles={"EU": "provider"},
        impact="high",
        lifecycle="development",
        data_sources=("card-history", "billing-feed"),
        roles={role: person.id for role, person in PEOPLE.items()},
    )
    command(f"record init --origin {stage.workspace.config.origin}")
    say(f"keys, settings and an empty ledger in '{stage.workspace.folder}'")
    command(f"record system {SYSTEM}.toml")
    recorder.append(system_draft(body, PEOPLE["compliance"]))
    command(f"gate tier {SYSTEM} --answers answers.toml")
    tier = gate.tier(SYSTEM, ANSWERS, PEOPLE["compliance"])
    reason = next(item for item in tier.body["reasons"] if item["tier"] == tier.body["tier"])
    say(f"tier: {tier.body['tier']}: {reason['text']} ({reason['citation']})")
    say(f"its high-risk duties apply from {tier.body['applies_from']}")
    for name in PEOPLE:
        stage.workspace.register_key(name, (name,), PEOPLE[name].id, PEOPLE["compliance"])
    stage.workspace.register_key("model-signer", ("model-signer",), "p-014", PEOPLE["compliance"])
    answer = gate.check_schema(
        SYSTEM, (*data.FEATURES, *data.AUDIT), [name.lower() for name in data.AUDIT], PEOPLE["data-science"]
    )
    say(
        f"a schema with {', '.join(answer.refused)} as features is refused: audit attributes are kept apart",
        good=False,
    )
    gate.check_schema(SYSTEM, data.FEATURES, [name.lower() for name in data.AUDIT], PEOPLE["data-science"])
    stage.workspace.decisions.declare(_schema(), PEOPLE["data-science"])
    say(f"a schema of {len(data.FEATURES)} features, {len(data.AUDIT)} audit attributes apart, is declared")


def build(stage: Stage) -> Built:
    """Act 2: record data, split, training, evaluation, card and signature."""
    act(2, "Record data, training, evaluation and signature: lineage closes by hash")
    stage.later(hours=1)
    people = data.split(data.load(), stage.seed)
    raw = _asset(stage, "credit_default.parquet", _shipped(), "dataset")
    command(f"record asset credit_default.parquet --system {SYSTEM} --kind dataset")
    say(f"30,000 people, sha256 {raw[:16]}")
    deal = _asset(
        stage, "split.json", json.dumps({"seed": stage.seed, "parts": [0.4, 0.1, 0.5]}).encode(), "split", raw
    )
    training_set = _asset(stage, "training.parquet", _parquet(people.training), "dataset", deal, raw)
    test_set = _asset(stage, "evaluation.parquet", _parquet(people.evaluation), "dataset", deal, raw)
    code = _asset(stage, "model.py", _own_code(), "code")
    environment = _asset(stage, "environment.json", _environment(), "environment")
    command(f"record run training.toml --system {SYSTEM}")
    inputs = {"training-set": training_set, "code": code, "environment": environment}
    start = _start(stage, "training-1", "training", inputs)
    stage.later(minutes=4)
    with _waiting("training"):
        trained = train(people.training, data.FEATURES, stage.seed)
    digest = _asset(stage, "model.json", trained.to_bytes(), "model", training_set)
    finish_run(stage.workspace.recorder, start, Results(outputs={"model": digest}), PEOPLE["data-science"])
    simple, simple_digest = _fallback(stage, people, inputs, test_set)
    built = Built(
        people=people,
        model=trained,
        model_digest=digest,
        fallback=simple,
        fallback_digest=simple_digest,
        training_set=training_set,
        test_set=test_set,
        raw=raw,
        training_run="training-1",
    )
    measured = evaluate(stage, built, "evaluation-1")
    scores = f"accuracy {measured['accuracy']:.3f}, AUC {measured['auc']:.3f}"
    say(f"trained on {people.training.num_rows:,} people, tested on {people.evaluation.num_rows:,}: {scores}")
    record_card(stage, built, measured)
    command(f"record sign {digest[:12]}... --system {SYSTEM} --training-set {training_set[:12]}...")
    sign_model(
        stage.workspace.recorder,
        system=SYSTEM,
        name="credit-model",
        model=digest,
        training_set=training_set,
        signer=stage.workspace.keys.load("model-signer"),
        actor=PEOPLE["data-science"],
    )
    propose(stage, built, "evaluation-1")
    return built


def evaluate(stage: Stage, built: Built, name: str) -> dict[str, float]:
    """Evaluate the model between a start receipt and a finish, and return the metrics."""
    command(f"record run {name}.toml --system {SYSTEM}")
    start = _start(stage, name, "evaluation", {"model": built.model_digest, "test-set": built.test_set})
    stage.later(minutes=2)
    results = measure(built.model, built.people.evaluation)
    fact = finish_run(
        stage.workspace.recorder, start, parse_results(json.dumps(results).encode()), PEOPLE["data-science"]
    )
    return fact.read(RunFinished).metrics


def record_card(stage: Stage, built: Built, measured: dict[str, float]) -> None:
    """Draft the model card from what is known, claims included, and record it."""
    known: dict[str, str | float] = {
        "model_details": f"Logistic regression on {len(data.FEATURES)} features, seed {stage.seed}.",
        "intended_use": "A first answer to applications for a higher limit; a person handles appeals.",
        "factors": "Audited by sex, age, education and marriage, which are no inputs.",
        "metrics": "Accuracy against later default; AUC; Brier score; selection rate by group.",
        "training_data": f"{built.people.training.num_rows} card holders, sha256 {built.training_set}.",
        "evaluation_data": f"{built.people.evaluation.num_rows} others, sha256 {built.test_set}.",
        "ethical_considerations": "A wrong refusal withholds credit: refused people are told and may appeal.",
        "limitations": "One bank in Taiwan in 2005, not tested elsewhere; New Taiwan dollars only.",
        **{f"metric.{name}": round(measured[name], 4) for name in ("accuracy", "auc")},
    }
    card = draft("model-card", built.model_digest, known)
    command(f"record document model-card.toml --system {SYSTEM}")
    record_document(
        stage.workspace.recorder,
        card,
        system=SYSTEM,
        name="credit-model-card",
        about=built.model_digest,
        actor=PEOPLE["model-owner"],
    )
    say(f"model card drafted: {len(card.fields)} fields filled, {len(card.missing)} missing")


def propose(stage: Stage, built: Built, evaluation: str, release: str = RELEASE) -> Fact:
    """Propose the release that the gate will judge."""
    command(
        f"record release {SYSTEM}@{release} --model {built.model_digest[:12]}... "
        f"--training {built.training_run} --evaluation {evaluation}"
    )
    return propose_release(
        stage.workspace.recorder,
        system=SYSTEM,
        release=release,
        model=built.model_digest,
        training_run=built.training_run,
        evaluation_run=evaluation,
        fallback=FALLBACK,
        actor=PEOPLE["data-science"],
    )


def _fallback(stage: Stage, people: data.Split, inputs: dict[str, str], test_set: str) -> tuple[Model, str]:
    """Record the release that was live before: simpler, and free of the billing feed."""
    start = _start(stage, "training-0", "training", inputs)
    simple = train(people.training, data.FALLBACK_FEATURES, stage.seed)
    digest = _asset(stage, "fallback.json", simple.to_bytes(), "model", inputs["training-set"])
    recorder = stage.workspace.recorder
    finish_run(recorder, start, Results(outputs={"model": digest}), PEOPLE["data-science"])
    began = _start(stage, "evaluation-0", "evaluation", {"model": digest, "test-set": test_set})
    measured = measure(simple, people.evaluation)
    finish_run(recorder, began, parse_results(json.dumps(measured).encode()), PEOPLE["data-science"])
    propose_release(
        recorder,
        system=SYSTEM,
        release=FALLBACK,
        model=digest,
        training_run="training-0",
        evaluation_run="evaluation-0",
        fallback=None,
        actor=PEOPLE["data-science"],
    )
    deploy(stage, FALLBACK, digest, "live before this record began")
    return simple, digest


def deploy(stage: Stage, release: str, digest: str, reason: str = "") -> None:
    """Record that a release went live."""
    body = ReleaseDeployed(
        system=SYSTEM, release=release, model=digest, endpoint="scoring-api", reason=reason
    )
    subjects = (
        subject(f"release/{SYSTEM}@{release}"),
        subject(f"model/{SYSTEM}", digest),
        subject(f"system/{SYSTEM}"),
    )
    stage.workspace.recorder.append(Draft(body=body, subjects=subjects, actor=PEOPLE["sre"]))


def _schema() -> DecisionSchema:
    return decision_schema(
        SYSTEM,
        *[Column(name=name, type="int32", role="feature") for name in data.FEATURES],
        *[Column(name=name.lower(), type="text", role="protected") for name in data.AUDIT],
        Column(name="approved", type="bool", role="prediction", personal=False),
        Column(name="probability", type="float64", role="probability", personal=False),
        Column(name="release", type="text", role="release"),
        Column(name="model", type="text", role="model"),
    )


def _asset(stage: Stage, name: str, content: bytes, kind: str, *parents: str) -> str:
    fact = record_asset(
        stage.workspace.recorder,
        stage.file(name, content),
        system=SYSTEM,
        name=name.partition(".")[0].replace("_", "-"),
        kind=kind,
        actor=PEOPLE["data-science"],
        derived_from=parents,
    )
    return str(fact.body["sha256"])


def _start(stage: Stage, name: str, kind: str, inputs: dict[str, str]) -> Fact:
    plan = Plan(run=name, kind=kind, inputs=inputs, parameters={"seed": stage.seed})
    return start_run(stage.workspace.recorder, SYSTEM, plan, PEOPLE["data-science"])


def _shipped() -> bytes:
    return (resources.files("probative.demo") / "data" / "credit_default.parquet").read_bytes()


def _own_code() -> bytes:
    return (resources.files("probative.demo") / "model.py").read_bytes()


def _environment() -> bytes:
    names = ("numpy", "pyarrow", "scikit-learn", "scipy")
    versions = {name: metadata.version(name) for name in names}
    return json.dumps({"python": platform.python_version(), **versions}, sort_keys=True).encode()


def _parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


class _waiting:  # noqa: N801  # reads as a statement
    """Says on a terminal what takes a moment."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        if sys.stderr.isatty():
            click.echo(f"   ... {self._what}\r", nl=False, err=True)

    def __exit__(self, *_: object) -> None:
        if sys.stderr.isatty():
            click.echo("\r\x1b[K", nl=False, err=True)
