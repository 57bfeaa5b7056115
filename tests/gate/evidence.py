"""The evidence of one credit-scoring release, recorded piece by piece through the real record."""

import json
from pathlib import Path
from typing import Any

import msgspec

from probative.gate.controls import shipped_controls
from probative.gate.dossier import Dossier
from probative.gate.facts import Threshold
from probative.gate.gatekeeper import Gatekeeper
from probative.gate.sufficiency import Result, evaluate
from probative.kernel.actor import Actor
from probative.kernel.clock import ManualClock
from probative.kernel.digest import sha256_hex
from probative.record.artifacts import record_asset, sign_model, system_draft
from probative.record.facts import (
    DocumentRecorded,
    Draft,
    Fact,
    GroupMetric,
    ReleaseDeployed,
    ReleaseProposed,
    SystemRegistered,
    subject,
)
from probative.record.runs import Plan, Results, finish_run, start_run
from probative.respond.playbooks.facts import PlaybookAdopted, PlaybookExercised
from probative.testing import fresh_workspace
from probative.watch.facts import MonitorDeclared
from probative.watch.measures.measured import MeasureSpec
from probative.watch.monitor import Monitor, WindowSpec

SYSTEM = "credit-scoring"
RELEASE = "1.1.0"
PEOPLE = {
    role: Actor(id=f"p-{number:03d}", role=role)
    for number, role in enumerate(
        (
            "model-owner",
            "business-owner",
            "compliance",
            "chief-risk-officer",
            "incident-commander",
            "data-protection-officer",
            "ai-ethics-officer",
            "legal",
            "data-science",
            "security",
        ),
        start=1,
    )
}
ANSWERS = {
    **{f"art5.{letter}": "no" for letter in ("a", "b", "c", "d", "e", "f", "g", "h", "ba", "bb")},
    **{f"annex3.{area}": "none" for area in (1, 3, 4, 6, 7, 8)},
    **{f"art50.{what}": "no" for what in ("interaction", "synthetic", "synthetic-legacy", "biometric")},
    "art50.deepfake": "no",
    "annex3.2": "no",
    "annex3.5": "b",
    "art6.1": "no",
    "art6.3.ground": "none",
    "art6.3.profiling": "yes",
    "gpai.provider": "no",
    "gpai.systemic": "no",
}
THRESHOLDS = (
    Threshold(measure="accuracy", op=">=", value=0.75),
    Threshold(measure="selection_rate_ratio", op=">=", value=0.8, attribute="sex"),
)
METRICS = {"accuracy": 0.8174, "auc": 0.7623}
GROUPS = (
    GroupMetric(attribute="sex", group="female", metric="selection_rate", value=0.80, n=1800),
    GroupMetric(attribute="sex", group="male", metric="selection_rate", value=0.77, n=1200),
)


SYSTEM_BODY = SystemRegistered(
    system=SYSTEM,
    title="Credit card default scoring",
    purpose="Decide on credit limits",
    owner=PEOPLE["model-owner"].id,
    sector="banking",
    jurisdictions=("EU",),
    legal_roles={"EU": "provider"},
    impact="high",
    lifecycle="development",
    data_sources=("card-history",),
    roles={role: person.id for role, person in PEOPLE.items()},
)
CARD = {"intended_use": "Credit limits", "limitations": "One bank, 2005", "metric.accuracy": 0.8174}
SHEET = {
    "source": "UCI",
    "licence": "CC BY 4.0",
    "purpose": "Default prediction",
    "legal_basis": "GDPR 6(1)(f)",
}


class Story:
    """One workspace, and a method for each piece of evidence; pieces return the fact that they recorded."""

    def __init__(self, folder: Path, clock: ManualClock | None = None) -> None:
        """Open a fresh workspace in `folder`, on the tests' usual clock unless another is given."""
        self.folder = folder
        self.workspace = fresh_workspace(folder, clock)
        self.recorder = self.workspace.recorder
        self.gatekeeper = Gatekeeper(self.recorder)
        self.digests: dict[str, str] = {}

    @property
    def clock(self) -> ManualClock:
        """The clock that the test turns."""
        clock = self.recorder.clock
        assert isinstance(clock, ManualClock)
        return clock

    def add(self, body: Any, role: str = "compliance", **subjects: str) -> Fact:
        """Append any body about the system."""
        about = [subject(f"system/{SYSTEM}"), *(subject(name, digest) for name, digest in subjects.items())]
        return self.recorder.append(Draft(body=body, subjects=tuple(about), actor=PEOPLE[role]))[0]

    def system(self, **changes: Any) -> Fact:
        """Register the system, perhaps with some fields changed."""
        body = msgspec.structs.replace(SYSTEM_BODY, **changes)
        return self.recorder.append(system_draft(body, PEOPLE["compliance"]))[0]

    def tier(self, **changes: Any) -> Fact:
        """Answer the questionnaire: high-risk, unless answers are changed."""
        return self.gatekeeper.tier(SYSTEM, {**ANSWERS, **changes}, PEOPLE["compliance"])

    def thresholds(self, *thresholds: Threshold) -> Fact:
        """Declare the thresholds."""
        return self.gatekeeper.declare_thresholds(SYSTEM, thresholds or THRESHOLDS, PEOPLE["compliance"])

    def asset(self, name: str, kind: str, *parents: str) -> Fact:
        """Record a small file as an asset, derived from assets recorded before."""
        file = self.folder / f"{name}.bin"
        file.write_text(f"the bytes of {name}")
        fact = record_asset(
            self.recorder,
            file,
            system=SYSTEM,
            name=name,
            kind=kind,
            actor=PEOPLE["data-science"],
            derived_from=tuple(self.digests[parent] for parent in parents),
        )
        self.digests[name] = fact.body["sha256"]
        return fact

    def assets(self) -> None:
        """Record raw data, its splits, code, environment and the model."""
        self.asset("raw", "dataset")
        for part in ("training", "evaluation"):
            self.asset(part, "split", "raw")
        self.asset("code", "code")
        self.asset("environment", "environment")
        self.asset("model", "model", "training", "code")

    def train(self, name: str = "training-1", model: str = "model") -> Fact:
        """Run the training, from start receipt to result."""
        inputs = {
            "training-set": self.digests["training"],
            "code": self.digests["code"],
            "environment": self.digests["environment"],
        }
        plan = Plan(run=name, kind="training", inputs=inputs)
        start = start_run(self.recorder, SYSTEM, plan, PEOPLE["data-science"])
        results = Results(outputs={"model": self.digests[model]}, metrics={"loss": 0.4})
        return finish_run(self.recorder, start, results, PEOPLE["data-science"])

    def evaluate(
        self,
        name: str = "evaluation-1",
        model: str = "model",
        metrics: dict[str, float] = METRICS,
        groups: tuple[GroupMetric, ...] = GROUPS,
    ) -> Fact:
        """Run the evaluation, from start receipt to result."""
        inputs = {"model": self.digests[model], "test-set": self.digests["evaluation"]}
        start = start_run(
            self.recorder, SYSTEM, Plan(run=name, kind="evaluation", inputs=inputs), PEOPLE["data-science"]
        )
        return finish_run(
            self.recorder, start, Results(metrics=metrics, groups=groups), PEOPLE["data-science"]
        )

    def document(self, kind: str, about: str, fields: dict[str, Any], missing: tuple[str, ...] = ()) -> Fact:
        """Record a document about an asset."""
        body = DocumentRecorded(
            document=f"{kind}-of-{about}",
            document_kind=kind,
            system=SYSTEM,
            sha256=self.recorder.put(json.dumps(fields).encode()),
            about=self.digests[about],
            fields=fields,
            missing=missing,
        )
        return self.add(body, "model-owner")

    def card(self, **changes: Any) -> Fact:
        """Record the model card, perhaps with other claims."""
        return self.document("model-card", "model", {**CARD, **changes})

    def sign(self) -> Fact:
        """Sign the model with a registered key."""
        signer = self.workspace.register_key(
            "model-signer", ("model-signer",), PEOPLE["security"].id, PEOPLE["security"]
        )
        return sign_model(
            self.recorder,
            system=SYSTEM,
            name="model",
            model=self.digests["model"],
            training_set=self.digests["training"],
            signer=signer,
            actor=PEOPLE["security"],
        )

    def propose(self, model: str = "model", evaluation: str = "evaluation-1", release: str = RELEASE) -> Fact:
        """Propose the release."""
        body = ReleaseProposed(
            system=SYSTEM,
            release=release,
            model=self.digests[model],
            training_run="training-1",
            evaluation_run=evaluation,
        )
        about = (subject(f"release/{SYSTEM}@{release}"), subject(f"system/{SYSTEM}"))
        return self.recorder.append(Draft(body=body, subjects=about, actor=PEOPLE["data-science"]))[0]

    def approve(self, role: str) -> Fact:
        """Approve the release in `role`, with the key of its holder (made when first needed)."""
        person = PEOPLE[role]
        if role not in self.workspace.keys.names():
            self.workspace.register_key(role, (role,), person.id, PEOPLE["security"])
        return self.gatekeeper.approve(SYSTEM, RELEASE, role, person, self.workspace.keys.load(role))

    def playbook(self, version: str = "2026-11-01", passed: bool = True) -> Fact:
        """Adopt a playbook and exercise it."""
        digest = sha256_hex(version.encode())
        adopted = {"playbook": "p01", "title": "Accuracy collapse", "version": version, "source": "shipped"}
        self.add(PlaybookAdopted(system=SYSTEM, sha256=digest, **adopted), "incident-commander")
        body = PlaybookExercised(
            system=SYSTEM,
            playbook="p01",
            version=version,
            sha256=digest,
            passed=passed,
            mode="drill",
            execution="drill-1",
            steps=12,
        )
        return self.add(body, "incident-commander")

    def monitor(self, measure: str = "psi") -> Fact:
        """Declare a monitor with one measure."""
        spec = Monitor(
            system=SYSTEM,
            monitor="inputs",
            title="Inputs",
            owner=PEOPLE["data-science"].id,
            severity=2,
            reference="ab" * 32,
            window=WindowSpec(period="1d"),
            measures=(
                MeasureSpec(
                    measure=measure, threshold="t", watch=0.1, breach=0.25, n_min=100, columns=("@features",)
                ),
            ),
        )
        body = MonitorDeclared(
            system=SYSTEM, monitor="inputs", version=1, spec=spec, spec_sha256=spec.digest()
        )
        return self.add(body, "data-science")

    def deploy(self) -> Fact:
        """Deploy the release."""
        model = self.digests["model"]
        body = ReleaseDeployed(system=SYSTEM, release=RELEASE, model=model, endpoint="scoring-api")
        return self.add(body, "security")

    def everything(self) -> None:
        """Record all evidence that a high-risk release needs, in an order that is proven."""
        self.system()
        self.tier()
        self.thresholds()
        self.assets()
        self.train()
        self.evaluate()
        self.card()
        self.document("datasheet", "raw", SHEET)
        self.sign()
        self.propose()
        self.playbook()
        self.monitor()
        self.approve("business-owner")
        self.approve("chief-risk-officer")

    def outcomes(self, **how: Any) -> dict[str, str]:
        """Return every control's outcome, as a dry run unless asked otherwise."""
        how = {"dry_run": True, **how} if "as_of" not in how else how
        verdict = self.gatekeeper.check(SYSTEM, RELEASE, **how)
        return {result.control: result.outcome.value for result in verdict.results}

    def reason(self, control: str, **how: Any) -> str:
        """Return the reason behind a control's outcome."""
        verdict = self.gatekeeper.check(SYSTEM, RELEASE, dry_run=True, **how)
        return next(result.reason for result in verdict.results if result.control == control)


def changed(dossier: Dossier, kind: str, at: int = -1, **body: Any) -> Dossier:
    """Return the dossier with one fact's body changed: what the same record would say if it said this."""
    found = list(dossier.facts[kind])
    found[at] = msgspec.structs.replace(found[at], body={**found[at].body, **body})
    return msgspec.structs.replace(dossier, facts={**dossier.facts, kind: tuple(found)})


def without(dossier: Dossier, kind: str, **body: Any) -> Dossier:
    """Return the dossier without the facts of a kind that have these fields."""
    kept = tuple(
        fact
        for fact in dossier.facts.get(kind, ())
        if not all(fact.body.get(name) == value for name, value in body.items())
    )
    return msgspec.structs.replace(dossier, facts={**dossier.facts, kind: kept})


def also(dossier: Dossier, kind: str, body: dict[str, Any], role: str = "compliance") -> Dossier:
    """Return the dossier with one more fact at its end, recorded at its instant."""
    index = 1 + max(fact.index for found in dossier.facts.values() for fact in found)
    fact = Fact(
        id=f"{index:064x}",
        index=index,
        kind=kind,
        version=1,
        subjects=(subject(f"system/{SYSTEM}"),),
        actor=PEOPLE[role],
        occurred_at=dossier.at,
        recorded_at=dossier.at,
        body=body,
    )
    found = (*dossier.facts.get(kind, ()), fact)
    return msgspec.structs.replace(dossier, facts={**dossier.facts, kind: found})


def result(dossier: Dossier, control: str) -> Result:
    """Return what the shipped controls make of one control."""
    results = evaluate(shipped_controls().controls, dossier)
    return next(item for item in results if item.control == control)
