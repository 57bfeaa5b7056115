"""A scoring system in a real workspace, with decisions, releases and a flag: what incidents happen to."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from probative.adapters.files.flags import FlagFile, SpoolFolder
from probative.kernel.actor import Actor
from probative.kernel.clock import ManualClock
from probative.kernel.ids import uuid7
from probative.record.decisions.schema import decision_schema
from probative.record.facts import Draft, ReleaseDeployed, ReleaseProposed, SystemRegistered, subject
from probative.respond.declaring import Opening
from probative.respond.responder import Responder
from probative.respond.severity import Dimensions
from probative.testing import fresh_workspace
from probative.workspace import Workspace

SYSTEM = "loans"
START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
ONSET = datetime(2026, 11, 15, 9, 0, tzinfo=UTC)
COMMANDER = Actor(id="p-commander", role="incident-commander")
OWNER = Actor(id="p-owner", role="business-owner")
MODELLER = Actor(id="p-modeller", role="model-owner")
SCIENTIST = Actor(id="p-scientist", role="data-science")
COUNSEL = Actor(id="p-counsel", role="legal")
SUPPORT = Actor(id="p-support", role="support")
ADVISER = Actor(id="p-adviser", role="data-protection-officer")
MACHINE = Actor(id="monitor", role="sre")
MODEL = "ab" * 32
FALLBACK_MODEL = "cd" * 32


class Scene(NamedTuple):
    """The parts a test works with."""

    workspace: Workspace
    responder: Responder
    flags: FlagFile
    spool: SpoolFolder
    clock: ManualClock

    @property
    def recorder(self):
        """The record."""
        return self.workspace.recorder

    def kinds(self, **query):
        """Return the kinds of matching facts, in ledger order."""
        return [fact.kind for fact in self.recorder.facts(**query)]

    def bodies(self, kind, **query):
        """Return the bodies of matching facts, in ledger order."""
        return [fact.body for fact in self.recorder.facts(kind=kind, **query)]


def responder_in(workspace: Workspace) -> tuple[Responder, FlagFile, SpoolFolder]:
    """Join a responder in a workspace as the composition root does."""
    flags = FlagFile(workspace.folder / "flags" / "flags.json")
    spool = SpoolFolder(workspace.folder / "record" / "spool")
    return Responder(workspace.recorder, workspace.decisions, flags, spool), flags, spool


def scene(folder, *, decisions: int = 0, armed: bool = True) -> Scene:
    """Make a workspace with a registered system, two releases and, if asked for, hourly decisions."""
    clock = ManualClock(START)
    workspace = fresh_workspace(folder, clock)
    responder, flags, spool = responder_in(workspace)
    made = Scene(workspace, responder, flags, spool, clock)
    _register(workspace)
    if decisions:
        workspace.decisions.declare(decision_schema(SYSTEM), MODELLER)
        record_decisions(made, ONSET - timedelta(hours=decisions // 2), decisions)
    if armed:
        responder.switch.arm(SYSTEM, "2", "1", MODELLER)
    clock.turn_to(max(clock.now(), ONSET + timedelta(hours=1)))
    return made


def record_decisions(made: Scene, since: datetime, count: int, every: timedelta = timedelta(hours=1)) -> None:
    """Record `count` decisions, one `every` so often from `since`, about five people in turn."""
    rows = [
        {
            "decision_id": str(uuid7(since + every * number, number.to_bytes(10, "big"))),
            "decided_at": since + every * number,
            "subject": f"person-{number % 5}",
        }
        for number in range(count)
    ]
    made.workspace.decisions.record(SYSTEM, rows)


def declare(made: Scene, **changes):
    """Declare an incident with its onset at `ONSET`, detected now."""
    opening = {
        "system": SYSTEM,
        "title": "Accuracy fell by a fifth",
        "kind": "performance",
        "onset_at": ONSET,
        "detected_at": made.clock.now(),
        "dimensions": Dimensions(legal_effect=True),
    }
    return made.responder.declare(Opening(**{**opening, **changes}), COMMANDER)


def _register(workspace: Workspace) -> None:
    about = subject(f"system/{SYSTEM}")
    system = SystemRegistered(
        system=SYSTEM,
        title="Loan scoring",
        purpose="Decide on loans",
        owner="p-owner",
        sector="banking",
        jurisdictions=("EU",),
        legal_roles={"EU": "provider"},
        impact="high",
        lifecycle="production",
        data_sources=("applications",),
        roles={"business-owner": "p-owner", "legal": "p-counsel"},
    )
    drafts = [Draft(body=system, subjects=(about,), actor=MODELLER)]
    for release, model in (("1", FALLBACK_MODEL), ("2", MODEL)):
        proposed = ReleaseProposed(
            system=SYSTEM,
            release=release,
            model=model,
            training_run=f"t{release}",
            evaluation_run=f"e{release}",
            fallback="1" if release == "2" else None,
        )
        drafts.append(Draft(body=proposed, subjects=(about,), actor=MODELLER))
    deployed = ReleaseDeployed(system=SYSTEM, release="2", model=MODEL, endpoint="loans.serve")
    drafts.append(Draft(body=deployed, subjects=(about,), actor=MODELLER))
    workspace.recorder.append(*drafts)
