"""A system with a kill switch and a standing order, waiting for a signal: for reactions and crashes."""

from datetime import timedelta
from pathlib import Path

from probative.kernel.actor import Actor
from probative.kernel.clock import ManualClock, format_instant
from probative.record.facts import Draft, Fact, ReleaseDeployed, ReleaseProposed, SystemRegistered, subject
from probative.respond.facts import Trigger
from probative.testing import fresh_workspace
from probative.watch.facts import SignalRaised
from probative.work import catch_up
from probative.workspace import Workspace

SYSTEM = "loans"
OWNER = Actor(id="p-owner", role="business-owner")
MONITOR = Actor(id="monitor", role="sre")
ABOUT = (subject(f"system/{SYSTEM}"),)


def armed(folder: Path, clock: ManualClock | None = None) -> Workspace:
    """Make a workspace whose one system serves release 2, may fall back to 1, and may be stopped unasked."""
    workspace = fresh_workspace(folder, clock)
    workspace.recorder.append(*[Draft(body=body, subjects=ABOUT, actor=OWNER) for body in _known()])
    workspace.responder.switch.arm(SYSTEM, "2", "1", OWNER)
    expires = workspace.clock.now() + timedelta(days=60)
    workspace.responder.orders.give(SYSTEM, "stop-on-drift", Trigger(severity_max=2), expires, OWNER)
    catch_up(workspace)
    return workspace


def signal(workspace: Workspace, name: str = "drift-1") -> Fact:
    """Record a signal as a monitor does, and do nothing about it."""
    until = workspace.clock.now()
    body = SignalRaised(
        system=SYSTEM,
        monitor="drift",
        signal=name,
        severity=2,
        owner="p-sre",
        cause="inputs",
        summary="psi amount 4.75 (limit 0.25)",
        columns=("amount",),
        measures=(),
        window_from=format_instant(until - timedelta(days=1)),
        window_until=format_instant(until),
        first_window_from=format_instant(until - timedelta(days=1)),
    )
    draft = Draft(body=body, subjects=ABOUT, actor=MONITOR, key=f"watch.signal/{name}")
    return workspace.recorder.append(draft)[0]


def _known() -> tuple[SystemRegistered | ReleaseProposed | ReleaseDeployed, ...]:
    system = SystemRegistered(
        system=SYSTEM,
        title="Loan scoring",
        purpose="Decide on loans",
        owner=OWNER.id,
        sector="banking",
        jurisdictions=("EU",),
        legal_roles={"EU": "provider"},
        impact="high",
        lifecycle="production",
        data_sources=("applications",),
        roles={"business-owner": OWNER.id},
    )
    releases = [
        ReleaseProposed(
            system=SYSTEM, release=name, model=name * 64, training_run="t", evaluation_run="e", fallback=None
        )
        for name in ("1", "2")
    ]
    live = ReleaseDeployed(system=SYSTEM, release="2", model="2" * 64, endpoint="loans.serve")
    return (system, *releases, live)
