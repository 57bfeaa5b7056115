"""What the respond room writes to the ledger: incidents, stops, snapshots, holds, custody and playbook steps.

**Promise**: bodies name people by pseudonym only; narrative and lists of people are personal blobs that
the facts name by digest; every body carries its `system`.
**Not here**: clocks, notices and inquiries (their sub-rooms have their own kinds).
"""

from typing import Literal

import msgspec

from probative.kernel.outcome import Outcome
from probative.record.facts import Body, fact_kind
from probative.respond.severity import Dimensions

Mode = Literal["live", "drill"]
Variant = Literal["on", "off", "fallback"]


@fact_kind("respond.incident-declared")
class IncidentDeclared(Body, frozen=True, kw_only=True):
    """An incident opens: `onset_at` is the first affected decision, `detected_at` when it was seen.

    `kind` is the failure kind (performance, fairness, safety, privacy, security, misuse, vendor);
    `techniques` are MITRE ATLAS ids where there is an adversary. `roles` maps RACI roles to actor ids.
    """

    incident: str
    system: str
    title: str
    kind: Literal["performance", "fairness", "safety", "privacy", "security", "misuse", "vendor"]
    techniques: tuple[str, ...] = ()
    severity: int
    floor: int
    dimensions: Dimensions
    signal: str | None = None
    onset_at: str
    detected_at: str
    roles: dict[str, str] = msgspec.field(default_factory=dict)
    mode: Mode = "live"


@fact_kind("respond.signal-linked")
class SignalLinked(Body, frozen=True, kw_only=True):
    """A further signal belongs to an incident that is already open."""

    incident: str
    system: str
    signal: str


@fact_kind("respond.incident-acknowledged")
class IncidentAcknowledged(Body, frozen=True, kw_only=True):
    """A person took the incident: the clock of "time to acknowledge" ends here."""

    incident: str
    system: str
    role: str


@fact_kind("respond.severity-changed")
class SeverityChanged(Body, frozen=True, kw_only=True):
    """The severity was raised, or lowered with an approver and a reason; no legal clock cares."""

    incident: str
    system: str
    before: int
    after: int
    floor: int
    dimensions: Dimensions
    reason: str
    approver: str | None = None


@fact_kind("respond.task-set")
class TaskSet(Body, frozen=True, kw_only=True):
    """A task of an incident as it now stands; the latest fact about a task wins."""

    incident: str
    system: str
    task: str
    title: str
    owner: str
    due_at: str | None = None
    state: Literal["open", "done", "dropped"] = "open"


@fact_kind("respond.statement-noted")
class StatementNoted(Body, frozen=True, kw_only=True):
    """One shared fact of an incident: known, believed or found wrong. The words are a personal blob."""

    incident: str
    system: str
    statement: str
    status: Literal["known", "believed", "wrong"]
    text: str
    evidence: tuple[str, ...] = ()


class Trigger(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a standing order applies: severity `severity_max` or worse, and one of `measures` (empty: any)."""

    severity_max: int = 2
    measures: tuple[str, ...] = ()


@fact_kind("respond.standing-order-given")
class StandingOrderGiven(Body, frozen=True, kw_only=True):
    """A named person allows the machine to stop a system by itself, until `expires_at`."""

    system: str
    order: str
    trigger: Trigger
    scope: str
    action: Literal["stop"]
    fallback: str | None = None
    signer: str
    expires_at: str


@fact_kind("respond.standing-order-withdrawn")
class StandingOrderWithdrawn(Body, frozen=True, kw_only=True):
    """The permission to stop by itself is taken back before it expires."""

    system: str
    order: str
    reason: str


@fact_kind("respond.stop-proposed")
class StopProposed(Body, frozen=True, kw_only=True):
    """No live standing order covers an automatic stop: a person must decide."""

    incident: str
    system: str
    scope: str
    reason: str


@fact_kind("respond.stop-pointed")
class StopPointed(Body, frozen=True, kw_only=True):
    """The constant-size pointer sealed before a stop: where the record and the switch stood at that instant.

    It is written before the stop, on local disk where the ledger does not answer at once, and says so in
    `gaps`, as it does of everything else that could not be read in time.
    """

    action: str
    incident: str | None
    system: str
    flag: str
    ledger_size: int | None
    ledger_root: str | None
    release: str | None
    model: str | None
    flag_sha256: str | None
    gaps: tuple[str, ...] = ()


@fact_kind("respond.action-intended")
class ActionIntended(Body, frozen=True, kw_only=True):
    """A change outside is about to be made: what, on which flag, from which bytes, and how to undo it.

    `kind` is arm, stop, rollback or resume. `variant` is what the flag shall answer afterwards;
    `variants` (arm only) are the releases that the flag's variants will name.
    """

    action: str
    kind: Literal["arm", "stop", "rollback", "resume"]
    incident: str | None
    system: str
    scope: str
    flag: str
    variant: Variant
    release: str | None = None
    before_variant: Variant | None = None
    before_sha256: str | None = None
    undo: str
    order: str | None = None
    reason: str = ""
    variants: dict[str, str] = msgspec.field(default_factory=dict)


@fact_kind("respond.action-done")
class ActionDone(Body, frozen=True, kw_only=True):
    """What was observed after an intended action: done only when the probe saw the effect.

    `outcome` is done, failed, or abandoned (found open after a crash and not carried on).
    """

    action: str
    kind: Literal["arm", "stop", "rollback", "resume"]
    incident: str | None
    system: str
    flag: str
    outcome: Literal["done", "failed", "abandoned"]
    acted_at: str | None
    observed_variant: Variant | None
    observed_value: str = ""
    observed_reason: str = ""
    after_sha256: str | None = None
    captured_first: bool
    recovered: bool = False
    gaps: tuple[str, ...] = ()


@fact_kind("respond.stop-verified")
class StopVerified(Body, frozen=True, kw_only=True):
    """What the decision log says about a stop: the window after it, against as long a window before.

    `outcome` is pass (silence where there was traffic), fail (decisions went on) or not-assessable.
    """

    incident: str
    system: str
    action: str
    outcome: Outcome
    reason: str
    window_from: str
    window_until: str
    decisions: int
    in_flight: int
    baseline: int


@fact_kind("respond.reenable-approved")
class ReenableApproved(Body, frozen=True, kw_only=True):
    """One of the two persons agrees that the system may answer again, with this variant."""

    incident: str
    system: str
    action: str
    variant: Variant
    reason: str


@fact_kind("respond.lock-overridden")
class LockOverridden(Body, frozen=True, kw_only=True):
    """The commander lets the system be changed before its evidence is captured, and says why."""

    incident: str
    system: str
    reason: str


class SnapshotItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing a snapshot holds: its name, the digest of its bytes, and how many records it covers."""

    name: str
    sha256: str
    count: int = 0


@fact_kind("respond.snapshot-sealed")
class SnapshotSealed(Body, frozen=True, kw_only=True):
    """The evidence as it was before anything else was changed: a manifest (blob) and what it names."""

    incident: str
    system: str
    manifest: str
    items: tuple[SnapshotItem, ...]
    window_from: str
    window_until: str
    ledger_size: int
    ledger_root: str
    gaps: tuple[str, ...] = ()


class HoldScope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a legal hold covers: a system, a span of time (`until` empty: still running), and streams.

    No stream means every stream. A hold always covers whole spans: it never names people.
    """

    system: str
    since: str
    until: str = ""
    streams: tuple[str, ...] = ()


@fact_kind("respond.hold-placed")
class HoldPlaced(Body, frozen=True, kw_only=True):
    """Nothing in the scope may be erased or pruned. A provisional hold waits for legal until `confirm_by`."""

    hold: str
    system: str
    incident: str | None = None
    inquiry: str | None = None
    scope: HoldScope
    provisional: bool
    confirm_by: str | None = None
    reason: str


@fact_kind("respond.hold-confirmed")
class HoldConfirmed(Body, frozen=True, kw_only=True):
    """Legal confirmed a provisional hold."""

    hold: str
    system: str
    reason: str


@fact_kind("respond.hold-lifted")
class HoldLifted(Body, frozen=True, kw_only=True):
    """Legal lifted a hold; retention and erasure go on where no other hold applies."""

    hold: str
    system: str
    reason: str


@fact_kind("respond.custody-recorded")
class CustodyRecorded(Body, frozen=True, kw_only=True):
    """Somebody handled a piece of evidence: what, why, and its digest before and after."""

    incident: str
    system: str
    item: str
    act: Literal["collected", "copied", "examined", "transferred", "returned", "sealed"]
    reason: str
    sha256_before: str
    sha256_after: str


@fact_kind("respond.affected-frozen")
class AffectedFrozen(Body, frozen=True, kw_only=True):
    """The affected decisions and people between onset and stop: counts here, the list in a personal blob."""

    incident: str
    system: str
    window_from: str
    window_until: str
    decisions: int
    people: int
    list: str
    query: str


@fact_kind("respond.corrective-agreed")
class CorrectiveAgreed(Body, frozen=True, kw_only=True):
    """A corrective action with an owner and a due date; the incident cannot close without one."""

    incident: str
    system: str
    corrective: str
    title: str
    owner: str
    due_at: str


@fact_kind("respond.corrective-done")
class CorrectiveDone(Body, frozen=True, kw_only=True):
    """A corrective action was carried out; `evidence` are fact ids or digests that show it."""

    incident: str
    system: str
    corrective: str
    evidence: tuple[str, ...]


@fact_kind("respond.incident-closed")
class IncidentClosed(Body, frozen=True, kw_only=True):
    """The incident is closed with nothing left open; `metrics` are seconds, counts and shares."""

    incident: str
    system: str
    severity: int
    stop_not_needed: str = ""
    metrics: dict[str, float]
    mode: Mode = "live"
