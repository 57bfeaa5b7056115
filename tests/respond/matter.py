"""A real incident in a real record, for the tests of clocks, notices and inquiries."""

from probative.kernel.actor import Actor
from probative.kernel.clock import format_instant
from probative.record.facts import Draft, SystemRegistered, subject
from probative.respond.deadlines import Circumstances
from probative.respond.facts import IncidentDeclared
from probative.respond.severity import Dimensions

SYSTEM = "credit-scoring"
INCIDENT = "inc-1"
COUNSEL = Actor(id="p-legal", role="legal")
COMPLIANCE = Actor(id="p-compliance", role="compliance")
COMMANDER = Actor(id="p-commander", role="incident-commander")
SCRIBE = Actor(id="p-scribe", role="scribe")

TOLD = Circumstances(
    jurisdictions=("DE",),
    roles=("provider", "deployer", "controller", "financial-entity", "credit-institution"),
    tier="high-risk",
    annex="annex-iii",
    facts={"personal-data-breach": False, "ict-incident-major": True, "client-interests-affected": True},
    basis={"personal-data-breach": "security triage"},
)


def open_incident(recorder):
    """Register the system with its roles and declare the incident; return the recorder's present instant."""
    now = recorder.clock.now()
    system = SystemRegistered(
        system=SYSTEM,
        title="Credit card default scoring",
        purpose="Decide on credit limits",
        owner="p-owner",
        sector="banking",
        jurisdictions=("EU",),
        legal_roles={"EU": "provider"},
        impact="high",
        lifecycle="production",
        data_sources=("card-history",),
        roles={"legal": COUNSEL.id},
    )
    incident = IncidentDeclared(
        incident=INCIDENT,
        system=SYSTEM,
        title="Accuracy collapse after a feed changed its unit",
        kind="performance",
        severity=2,
        floor=2,
        dimensions=Dimensions(legal_effect=True),
        onset_at=format_instant(now),
        detected_at=format_instant(now),
    )
    about = subject(f"system/{SYSTEM}")
    recorder.append(
        Draft(body=system, subjects=(about,), actor=COMMANDER),
        Draft(body=incident, subjects=(subject(f"incident/{INCIDENT}"), about), actor=COMMANDER),
    )
    return now
