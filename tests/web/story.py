"""A record with something of everything, made of real facts: what the pages are tested on.

The gate and the legal clocks speak for themselves; the other rooms' facts are written as they write them.
"""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

from probative.gate.facts import ApprovalGiven, TierAssigned, TierReason, WaiverGranted
from probative.kernel.actor import Actor
from probative.kernel.clock import ManualClock, format_instant
from probative.record.facts import (
    AssetRecorded,
    Body,
    DocumentRecorded,
    Draft,
    Fact,
    ReleaseDeployed,
    ReleaseProposed,
    RunFinished,
    RunStarted,
    SystemRegistered,
    subject,
)
from probative.respond.deadlines.circumstances import Circumstances
from probative.respond.deadlines.history import ClockKey
from probative.respond.deadlines.keeper import Deadlines
from probative.respond.facts import (
    ActionDone,
    ActionIntended,
    AffectedFrozen,
    CorrectiveAgreed,
    CustodyRecorded,
    HoldPlaced,
    HoldScope,
    IncidentAcknowledged,
    IncidentDeclared,
    SnapshotItem,
    SnapshotSealed,
    StandingOrderGiven,
    StopPointed,
    StopVerified,
    TaskSet,
    Trigger,
)
from probative.respond.inquiry.facts import AnswerRecorded, InquiryOpened, QuestionDue, SenderVerified
from probative.respond.severity import Dimensions
from probative.testing import fresh_workspace
from probative.watch.facts import MonitorDeclared, ReadingTaken, SignalRaised
from probative.watch.measures.measured import Family, Measured, MeasureSpec, Status
from probative.watch.monitor import Monitor, WindowSpec
from probative.workspace import Workspace

SYSTEM = "credit-scoring"
INCIDENT = "inc-2026-001"
START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
OWNER = Actor(id="p-017", role="model-owner")
OFFICER = Actor(id="p-044", role="chief-risk-officer")
LEGAL = Actor(id="p-031", role="legal")
ENGINE = Actor(id="probative", role="sre", authority="standing order so-1")
DAY = timedelta(days=1)
MODEL, FALLBACK, DATASET, SPLIT = ("5a" * 32, "7c" * 32, "1d" * 32, "2e" * 32)
FAULT_DAY, DAYS = 15, 22


class Story:
    """Writes facts into a fresh workspace on a clock that it turns."""

    def __init__(self, folder: Path) -> None:
        """Open a workspace whose clock stands at the beginning."""
        self.clock = ManualClock(START)
        self.workspace: Workspace = fresh_workspace(folder, self.clock)
        self.recorder = self.workspace.recorder

    def say(self, body: Body, *about: str, actor: Actor = OWNER, after: timedelta = DAY / 24, **more) -> Fact:
        """Turn the clock and record one fact about the system and `about`."""
        self.clock.advance(after)
        system = f"system/{getattr(body, 'system', SYSTEM)}"
        subjects = (*(subject(name) for name in about), subject(system))
        return self.recorder.append(Draft(body=body, subjects=subjects, actor=actor, **more))[0]


def tell(folder: Path) -> Story:
    """Write the whole story and return it."""
    story = Story(folder)
    _register(story)
    _build(story)
    _release(story)
    signal = _watch(story)
    _respond(story, signal)
    _inquire(story)
    return story


def _register(story: Story) -> None:
    roles = {
        "model-owner": "p-017",
        "business-owner": "p-008",
        "compliance": "p-021",
        "chief-risk-officer": "p-044",
        "incident-commander": "p-052",
        "data-protection-officer": "p-060",
        "legal": "p-031",
    }
    story.say(
        SystemRegistered(
            system=SYSTEM,
            title="Credit scoring",
            purpose="Decides whether a card client's limit may be raised, from twelve months of payments.",
            owner="p-008",
            sector="banking",
            jurisdictions=("DE", "US-NY"),
            legal_roles={"DE": "provider and deployer", "US-NY": "creditor"},
            impact="high",
            lifecycle="production",
            data_sources=("card ledger", "payment history"),
            roles=roles,
        )
    )
    story.say(
        SystemRegistered(
            system="letter-sorting",
            title="Letter sorting",
            purpose="Suggests a department for incoming letters.",
            owner="p-009",
            sector="banking",
            jurisdictions=("DE",),
            legal_roles={"DE": "deployer"},
            impact="low",
            lifecycle="pilot",
            data_sources=("mailroom",),
            roles={"model-owner": "p-009"},
        )
    )
    story.say(
        TierAssigned(
            system=SYSTEM,
            tier="high-risk",
            could_be="high-risk",
            reasons=(
                TierReason(
                    rule="annex-iii-5b",
                    tier="high-risk",
                    text="It evaluates the creditworthiness of natural persons.",
                    citation="EU AI Act, Annex III, point 5(b)",
                    applies_from="2027-12-02",
                    confidence="high",
                ),
                TierReason(
                    rule="art-6-3-profiling",
                    tier=None,
                    text="It profiles natural persons, so no derogation applies.",
                    citation="EU AI Act, Art. 6(3), last subparagraph",
                    applies_from="2027-12-02",
                    confidence="high",
                ),
            ),
            duties=(),
            open_questions=("substantial_modification",),
            needs_lawyer=True,
            lawyer_points=("Whether the fallback model is the same AI system.",),
            applies_from="2027-12-02",
            answers="0a" * 32,
            law="0b" * 32,
            law_edition="2026.11",
        ),
        actor=Actor(id="p-021", role="compliance"),
    )


def _build(story: Story) -> None:
    for name, kind, digest, origin in (
        ("card-clients", "dataset", DATASET, ()),
        ("card-clients-train", "split", SPLIT, (DATASET,)),
        ("training-code", "code", "3f" * 32, ()),
        ("scorecard-1", "model", MODEL, (SPLIT, "3f" * 32)),
        ("rules-fallback", "model", FALLBACK, ()),
    ):
        story.say(
            AssetRecorded(
                asset=name,
                asset_kind=kind,
                system=SYSTEM,
                sha256=digest,
                bytes=2_862_000,
                media_type="application/octet-stream",
                derived_from=origin,
                description="30,000 card clients, CC BY 4.0" if kind == "dataset" else "",
            ),
            f"{kind}/{name}",
        )
    story.say(
        RunStarted(
            run="train-1",
            run_kind="training",
            system=SYSTEM,
            inputs={"training-set": SPLIT},
            parameters={"seed": 7, "depth": 4},
        ),
        "run/train-1",
    )
    story.say(
        RunFinished(
            run="train-1",
            run_kind="training",
            system=SYSTEM,
            status="ok",
            outputs={"model": MODEL},
            metrics={"auc": 0.7712},
        ),
        "run/train-1",
    )
    story.say(
        DocumentRecorded(
            document="model-card-1",
            document_kind="model-card",
            system=SYSTEM,
            sha256="4a" * 32,
            about=MODEL,
            fields={"auc": 0.7712, "intended_use": "limit decisions"},
            missing=("caveats",),
        ),
        "document/model-card-1",
    )


def _release(story: Story) -> None:
    release = f"release/{SYSTEM}@1.4.0"
    story.say(
        ReleaseProposed(
            system=SYSTEM,
            release="1.4.0",
            model=MODEL,
            training_run="train-1",
            evaluation_run="eval-1",
            fallback="1.3.2",
        ),
        release,
    )
    story.workspace.gatekeeper.check(SYSTEM, "1.4.0")
    for role, who in (("chief-risk-officer", "p-044"), ("business-owner", "p-008")):
        story.say(
            ApprovalGiven(
                system=SYSTEM,
                release="1.4.0",
                role=role,
                approver=who,
                model=MODEL,
                statement="9c" * 32,
                key_id="ed25519:" + "6b" * 8,
            ),
            release,
            actor=Actor(id=who, role=role),
        )
    story.say(
        WaiverGranted(
            waiver="w-1",
            control="PB-RES-01",
            system=SYSTEM,
            release="1.4.0",
            reason="The drill is planned for the week after the release.",
            compensating="A person watches the first month's decisions daily.",
            requester="p-017",
            approver="p-044",
            approver_role="chief-risk-officer",
            expires_at=format_instant(START + 30 * DAY),
        ),
        release,
        actor=OFFICER,
    )
    story.workspace.gatekeeper.check(SYSTEM, "1.4.0")
    story.say(
        ReleaseDeployed(system=SYSTEM, release="1.4.0", model=MODEL, endpoint="scoring.bank.example"), release
    )
    story.say(
        StandingOrderGiven(
            system=SYSTEM,
            order="so-1",
            trigger=Trigger(severity_max=2),
            scope="all traffic",
            action="stop",
            fallback="1.3.2",
            signer="p-044",
            expires_at=format_instant(START + 180 * DAY),
        ),
        actor=OFFICER,
    )


def _watch(story: Story) -> Fact:
    monitor = Monitor(
        system=SYSTEM,
        monitor="drift",
        title="Drift of inputs and predictions",
        owner="p-017",
        severity=2,
        reference="ab" * 32,
        window=WindowSpec(period="1d"),
        measures=(MeasureSpec(measure="psi", threshold="psi/1", watch=0.1, breach=0.25, n_min=200),),
    )
    about = f"monitor/{SYSTEM}/drift"
    story.say(
        MonitorDeclared(
            system=SYSTEM, monitor="drift", version=1, spec=monitor, spec_sha256=monitor.digest()
        ),
        about,
    )
    raised = None
    begin = story.clock.now().replace(hour=0, minute=0) + DAY
    for day in range(DAYS):
        window = begin + day * DAY
        story.clock.turn_to(window + DAY)
        measures = _measures(day)
        story.say(
            ReadingTaken(
                system=SYSTEM,
                monitor="drift",
                version=1,
                spec_sha256=monitor.digest(),
                measures_version=1,
                reference=monitor.reference,
                window_from=format_instant(window),
                window_until=format_instant(window + DAY),
                settled=True,
                n=960 + 7 * (day % 5),
                status=Status.BREACH if day >= FAULT_DAY else Status.OK,
                measured=len(measures),
                measures=measures,
                state_sha256="cd" * 32,
            ),
            about,
            actor=ENGINE,
            after=timedelta(minutes=5),
        )
        if day == FAULT_DAY + 1:
            raised = _signal(story, measures, window - DAY, window + DAY)
    assert raised is not None
    return raised


def _signal(story: Story, measures: tuple[Measured, ...], begun: datetime, until: datetime) -> Fact:
    return story.say(
        SignalRaised(
            system=SYSTEM,
            monitor="drift",
            signal="sig-1",
            severity=2,
            owner="p-017",
            cause="inputs",
            summary="psi of pay_amt1 is 3.1 (breach at 0.25) in 2 of 3 windows",
            columns=("pay_amt1",),
            measures=measures[:1],
            window_from=format_instant(begun),
            window_until=format_instant(until),
            first_window_from=format_instant(begun),
        ),
        f"monitor/{SYSTEM}/drift",
        actor=ENGINE,
        after=timedelta(minutes=1),
    )


def _measures(day: int) -> tuple[Measured, ...]:
    """Return one day's numbers: a column that jumps, quiet ones, accuracy, at last without labels."""
    faulty = day >= FAULT_DAY
    found = []
    for number, column in enumerate(("pay_amt1", "limit_bal", "bill_amt1", "pay_0", "score")):
        jumps = faulty and column in ("pay_amt1", "score")
        value = 0.02 + 0.012 * (1 + math.sin(day * 1.7 + number))
        value += (3.05 if column == "pay_amt1" else 0.14) if jumps else 0.0
        found.append(
            Measured(
                measure="psi",
                family=Family.PREDICTIONS if column == "score" else Family.INPUTS,
                n=960 + 7 * (day % 5),
                method="psi, ten bins of the reference",
                status=(Status.BREACH if column == "pay_amt1" else Status.WATCH) if jumps else Status.OK,
                column=column,
                value=round(value, 6),
                p=1e-12 if jumps else 0.4,
                threshold="psi/1",
                watch=0.1,
                breach=0.25,
            )
        )
    labelled = day < DAYS - 4
    accuracy = (0.81 if not faulty else 0.66) + 0.01 * math.cos(day)
    found.append(
        Measured(
            measure="accuracy",
            family=Family.PERFORMANCE,
            n=700 if labelled else 0,
            method="share of decisions whose outcome came true, Wilson interval",
            status=(Status.BREACH if faulty else Status.OK) if labelled else Status.NOT_MEASURABLE,
            value=round(accuracy, 6) if labelled else None,
            low=round(accuracy - 0.03, 6) if labelled else None,
            high=round(accuracy + 0.03, 6) if labelled else None,
            threshold="accuracy/1",
            watch=0.78,
            breach=0.72,
            reason="" if labelled else "no outcome is known yet",
        )
    )
    return tuple(found)


def _respond(story: Story, signal: Fact) -> None:
    about, started = f"incident/{INCIDENT}", story.clock.now()
    mine = {"incident": INCIDENT, "system": SYSTEM}
    minute = timedelta(minutes=1)

    def say(body: Body, after: timedelta = minute, actor: Actor = ENGINE) -> Fact:
        return story.say(body, about, actor=actor, after=after)

    say(
        IncidentDeclared(
            **mine,
            title="Inputs of credit scoring jumped: payments in another unit",
            kind="performance",
            severity=2,
            floor=2,
            dimensions=Dimensions(legal_effect=True, decisions=1_934, people=1_934),
            signal=signal.id,
            onset_at=format_instant(started - 7 * DAY),
            detected_at=format_instant(started),
            roles={"incident-commander": "p-052", "legal": "p-031", "model-owner": "p-017"},
        )
    )
    say(
        StopPointed(
            action="a-1",
            **mine,
            flag="credit-scoring",
            ledger_size=60,
            ledger_root="ee" * 32,
            release="1.4.0",
            model=MODEL,
            flag_sha256="ef" * 32,
        )
    )
    action = {"action": "a-1", "kind": "stop", **mine, "flag": "credit-scoring"}
    say(
        ActionIntended(
            **action, scope="all traffic", variant="off", undo="resume", order="so-1", reason="signal sig-1"
        ),
        timedelta(seconds=1),
    )
    say(
        ActionDone(
            **action,
            outcome="done",
            acted_at=format_instant(story.clock.now()),
            observed_variant="off",
            captured_first=True,
        ),
        timedelta(seconds=1),
    )
    say(
        SnapshotSealed(
            **mine,
            manifest="ca" * 32,
            items=(
                SnapshotItem(name="model", sha256=MODEL),
                SnapshotItem(name="decisions", sha256="cb" * 32, count=1_934),
            ),
            window_from=format_instant(started - 8 * DAY),
            window_until=format_instant(started),
            ledger_size=63,
            ledger_root="ed" * 32,
            gaps=("no access log was configured",),
        )
    )
    say(
        HoldPlaced(
            hold="hold-1",
            **mine,
            scope=HoldScope(system=SYSTEM, since=format_instant(started - 8 * DAY)),
            provisional=True,
            confirm_by=format_instant(started + 7 * DAY),
            reason="provisional hold at declaration",
        )
    )
    say(
        StopVerified(
            **mine,
            action="a-1",
            outcome="pass",
            reason="0 decisions after the stop, 41 in the same span before",
            window_from=format_instant(started),
            window_until=format_instant(started + 10 * minute),
            decisions=0,
            in_flight=0,
            baseline=41,
        ),
        10 * minute,
    )
    say(
        IncidentAcknowledged(**mine, role="incident-commander"),
        actor=Actor(id="p-052", role="incident-commander"),
    )
    say(
        CustodyRecorded(
            **mine,
            item="snapshot manifest",
            act="collected",
            reason="sealed at declaration",
            sha256_before="ca" * 32,
            sha256_after="ca" * 32,
        )
    )
    say(
        AffectedFrozen(
            **mine,
            window_from=format_instant(started - 7 * DAY),
            window_until=format_instant(started),
            decisions=1_934,
            people=1_934,
            list="cc" * 32,
            query="decided_at >= onset and release = 1.4.0",
        )
    )
    _clocks(story)
    say(
        TaskSet(
            **mine,
            task="t-1",
            title="Tell support what to say",
            owner="p-070",
            due_at=format_instant(started + DAY),
        ),
        actor=OWNER,
    )
    say(
        CorrectiveAgreed(
            **mine,
            corrective="c-1",
            title="Check units at the feed's door",
            owner="p-017",
            due_at=format_instant(started + 14 * DAY),
        ),
        actor=OWNER,
    )


def _clocks(story: Story) -> None:
    deadlines = Deadlines(story.recorder)
    circumstances = Circumstances(
        jurisdictions=("DE",),
        roles=("provider", "deployer", "controller"),
        tier="high-risk",
        annex="annex-iii",
    )
    deadlines.select(INCIDENT, circumstances, LEGAL)
    deadlines.propose_start(
        INCIDENT, "awareness", story.clock.now() - timedelta(hours=2), "signal sig-1", ENGINE
    )
    deadlines.fix(
        INCIDENT,
        ClockKey("insurer-notice", "first"),
        title="Tell the insurer",
        due_at=story.clock.now() + 3 * DAY,
        basis="insurer",
        recipient="insurer",
        source="bb" * 32,
        actor=LEGAL,
    )


def _inquire(story: Story) -> None:
    asked = {"inquiry": "inq-1", "system": SYSTEM}
    now = story.clock.now()
    story.say(
        InquiryOpened(
            **asked,
            sender="Banking supervisor",
            power="Art. 58(1)(a) GDPR",
            received_at=format_instant(now),
            letter="dd" * 32,
            letter_bytes=2_048,
            questions=(
                QuestionDue(number=1, due_at=format_instant(now + 3 * DAY)),
                QuestionDue(number=2, due_at=format_instant(now + 10 * DAY)),
            ),
            questions_text="de" * 32,
        ),
        "inquiry/inq-1",
        actor=LEGAL,
    )
    story.say(
        SenderVerified(**asked, genuine=True, method="call to the published number"),
        "inquiry/inq-1",
        actor=LEGAL,
    )
    story.say(
        AnswerRecorded(
            **asked, question=1, statements="df" * 32, count=1, evidence=(story.recorder.fact("#1").id,)
        ),
        "inquiry/inq-1",
        actor=OWNER,
    )
