"""A small record with an incident, a verdict and decisions, and one package about each."""

from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from probative.gate.facts import ControlOutcome, VerdictGiven
from probative.kernel.actor import Actor
from probative.kernel.clock import format_instant
from probative.kernel.ids import uuid7
from probative.prove.disclosure import Disclosure
from probative.prove.prover import Package, Prover
from probative.record.decisions.schema import Column, decision_schema
from probative.record.facts import (
    DocumentRecorded,
    Draft,
    ReleaseProposed,
    SystemRegistered,
    subject,
)
from probative.record.proofs.trust import TrustFile
from probative.respond.facts import CustodyRecorded, IncidentDeclared
from probative.respond.severity import Dimensions
from probative.testing import fresh_workspace
from probative.workspace import Workspace

ACTOR = Actor(id="p-017", role="model-owner")
SYSTEM = subject("system/loans")
INCIDENT = "incident/inc-1"
RELEASE = "release/loans@1.4.0"


class House(NamedTuple):
    """A workspace with its prover, and what the tests ask about."""

    workspace: Workspace
    prover: Prover
    trust: TrustFile
    card: str
    personal: str
    decision_ids: list[str]


class Issued(NamedTuple):
    """A package and where things about it are."""

    package: Package
    path: Path
    data: bytes
    house: House


def append(house_or_workspace: Any, body: Any, *names: str, caused_by: tuple[str, ...] = ()) -> Any:
    """Record one fact about the system and `names`, a minute after the last."""
    workspace = getattr(house_or_workspace, "workspace", house_or_workspace)
    workspace.clock.advance(timedelta(minutes=1))
    about = (SYSTEM, *(subject(name) for name in names))
    return workspace.recorder.append(Draft(body=body, subjects=about, actor=ACTOR, caused_by=caused_by))[0]


def build_house(folder: Path) -> House:
    """Make the record: a system, a model card, a release with a verdict, decisions, an incident."""
    workspace = fresh_workspace(folder)
    recorder = workspace.recorder
    registered = SystemRegistered(
        system="loans",
        title="Loan <scoring> & pricing",
        purpose="Decides on small loans.",
        owner="p-017",
        sector="finance",
        jurisdictions=("EU",),
        legal_roles={"EU": "deployer"},
        impact="high",
        lifecycle="live",
        data_sources=("applications",),
        roles={"model-owner": "p-017"},
    )
    append(workspace, registered)
    card = recorder.put(b"# Model card\n\nTrained on real loans.\n")
    personal = recorder.put(b"The applicant Jane Roe called on Monday.", personal=True)
    document = append(
        workspace,
        DocumentRecorded(
            document="card", document_kind="model-card", system="loans", sha256=card, about=card, fields={}
        ),
    )
    proposed = append(
        workspace,
        ReleaseProposed(
            system="loans", release="1.4.0", model=card, training_run="train-1", evaluation_run="eval-1"
        ),
        RELEASE,
    )
    verdict = append(workspace, verdict_on(workspace, document.id, card), RELEASE, caused_by=(proposed.id,))
    ids = record_decisions(workspace)
    declared = append(workspace, incident(), INCIDENT, caused_by=(verdict.id,))
    custody = CustodyRecorded(
        incident="inc-1",
        system="loans",
        item="call-note",
        act="collected",
        reason="the caller's account",
        sha256_before=personal,
        sha256_after=personal,
    )
    append(workspace, custody, INCIDENT, caused_by=(declared.id,))
    return House(workspace, workspace.prover, workspace.trust(), card, personal, ids)


def verdict_on(workspace: Workspace, document_id: str, card: str) -> VerdictGiven:
    """A verdict that stands on the model card's fact."""
    head = workspace.recorder.head()
    control = ControlOutcome(
        control="R09-model-card", outcome="pass", mandatory=True, reason="complete", facts=(document_id,)
    )
    missing = ControlOutcome(
        control="R31-fairness", outcome="not-assessable", mandatory=True, reason="no evaluation", facts=()
    )
    return VerdictGiven(
        system="loans",
        release="1.4.0",
        model=card,
        tier="high-risk",
        outcome="not-assessable",
        ledger_size=head.size,
        ledger_root=head.root.hex(),
        evaluated_at=format_instant(workspace.clock.now()),
        evaluator="probative",
        packs="ab" * 32,
        controls=(control, missing),
        blob=card,
    )


def incident() -> IncidentDeclared:
    """An incident's opening."""
    return IncidentDeclared(
        incident="inc-1",
        system="loans",
        title="Income arrives in cents",
        kind="performance",
        severity=2,
        floor=2,
        dimensions=Dimensions(),
        onset_at="2026-11-01T09:00:00.000000Z",
        detected_at="2026-11-01T10:00:00.000000Z",
    )


def record_decisions(workspace: Workspace) -> list[str]:
    """Record and seal twenty decisions with inputs and a protected attribute."""
    schema = decision_schema(
        "loans",
        Column(name="income", type="float64", role="feature", nullable=True),
        Column(name="approved", type="bool", role="prediction", personal=False),
        Column(name="model", type="text", role="model"),
        Column(name="sex", type="text", role="protected"),
    )
    workspace.decisions.declare(schema, ACTOR)
    at = workspace.clock.now()
    rows = [
        {
            "decision_id": str(uuid7(at + timedelta(seconds=number), bytes([number]) * 10)),
            "decided_at": at + timedelta(seconds=number),
            "subject": f"person-{number}",
            "income": None if number == 3 else 1000.5 * number,
            "approved": number % 2 == 0,
            "model": "m-1",
            "sex": "f" if number % 3 else "m",
        }
        for number in range(20)
    ]
    workspace.decisions.record("loans", rows)
    workspace.clock.advance(timedelta(minutes=1))
    workspace.decisions.seal("loans", force=True)
    return [str(row["decision_id"]) for row in rows]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Return the record that most tests share; they only read it or add to it."""
    return build_house(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="session")
def issued(house: House, tmp_path_factory: pytest.TempPathFactory) -> Issued:
    """Return a package about the incident, with two decisions, one of them opened."""
    path = tmp_path_factory.mktemp("package") / "evidence.zip"
    package = house.prover.package(
        INCIDENT,
        path,
        actor=ACTOR,
        decisions=house.decision_ids[2:4],
        shown=Disclosure(groups=("inputs",)),
    )
    return Issued(package, path, path.read_bytes(), house)
