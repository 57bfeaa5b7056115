"""The gatekeeper, front class of the gate: tiers, thresholds, verdicts, approvals, waivers, features.

**Promise**: every method reads, decides purely, and appends; a verdict names the ledger size, root,
instant and packs that it stands on, and asking again on those gives the same bytes.
**Not here**: the rules (`gate.rules`), the law (`gate.tiering`), and printing (`gate.outputs`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from probative.gate import gathering
from probative.gate.controls import Control, Controls, shipped_controls
from probative.gate.dossier import Facts, holder
from probative.gate.facts import (
    FeaturePermitted,
    FeatureRefused,
    Threshold,
    ThresholdsDeclared,
    VerdictGiven,
    WaiverGranted,
)
from probative.gate.features import PERMITTED_BY, SchemaAnswer, judge_features, permits
from probative.gate.ports import Signer
from probative.gate.rules import approvals
from probative.gate.rules.evaluation.thresholds import check_thresholds
from probative.gate.statements import Approval, sign_approval
from probative.gate.sufficiency import evaluate, overall
from probative.gate.tiering.assess import assess, read_answers, tier_body
from probative.gate.tiering.law import Law, load_law
from probative.gate.verdict import Replay, Verdict, build_verdict, compare, stood_on, verdict_body
from probative.gate.waiver import covering, objection
from probative.kernel.actor import Actor
from probative.kernel.canon import canonical
from probative.kernel.clock import format_instant, to_utc
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import DeniedError, NotFoundError, UsageError
from probative.kernel.ids import check_name
from probative.record.facts import Body, Draft, Fact, Subject, subject
from probative.record.recorder import Recorder

GATE = Actor(id="gate", role="audit", authority="the gate itself")


class Gatekeeper:
    """What every door asks before a release goes live."""

    def __init__(self, recorder: Recorder, controls: Controls | None = None) -> None:
        """Judge what `recorder` holds by `controls`, the shipped ones unless others are given."""
        self._recorder = recorder
        self._given = controls

    @property
    def controls(self) -> Controls:
        """The controls that this gate judges by today."""
        return self._given or shipped_controls()

    @property
    def law(self) -> Law:
        """The tiering law with its questions, for a questionnaire."""
        return load_law()[0]

    def explain(self, control: str) -> Control:
        """Return a control with its statement, evidence, test, remediation and mappings."""
        return self.controls.control(control)

    def tier(self, system: str, answers: Mapping[str, str | Iterable[str]], actor: Actor) -> Fact:
        """Assign a risk tier from answers to the questionnaire; returns the `gate.tier-assigned` fact.

        Unknown questions and answers raise `UsageError`; an actor in a role that the controls do not accept
        raises `DeniedError`. Questions may stay open; then the gate stays closed.
        """
        self._facts_of(system)
        self._check_issuer("gate.tier-assigned", actor)
        law, pack = load_law()
        today = self._recorder.clock.now().date()
        read = read_answers(law, answers, today)
        answered = self._recorder.put(canonical({name: list(given) for name, given in read.items()}))
        body = tier_body(system, assess(law, read, today), answered, self._recorder.put(pack), law.edition)
        return self._append(body, actor, f"system/{system}")

    def declare_thresholds(self, system: str, thresholds: Iterable[Threshold], actor: Actor) -> Fact:
        """Declare what evaluations must reach from now on; runs that already began are not judged by it."""
        self._facts_of(system)
        self._check_issuer("gate.thresholds-declared", actor)
        body = ThresholdsDeclared(system=system, thresholds=check_thresholds(thresholds))
        return self._append(body, actor, f"system/{system}")

    def check(
        self,
        system: str,
        release: str,
        *,
        as_of: int | None = None,
        at: datetime | None = None,
        dry_run: bool = False,
        actor: Actor = GATE,
    ) -> Verdict:
        """Judge a release and record the verdict.

        With `as_of` the question is about the past: the record is read as it was at that ledger size, and
        nothing is recorded. The instant is that of the first verdict given on exactly this size, with the
        packs of that verdict, so that the same bytes come out; without such a verdict it is the
        `recorded_at` of the last entry below that size. `at` asks for another instant and, like `dry_run`,
        is for questions only: a recorded verdict is always given at the clock's time.
        """
        if as_of is not None:
            given = gathering.verdict_on(self._recorder, system, release, as_of)
            return self._judge_past(system, release, as_of, at, given)
        if at is not None and not dry_run:
            raise UsageError(
                "gate.time-chosen",
                f"A recorded verdict cannot be given at a chosen time ({format_instant(at)}).",
                "Add --dry-run to ask what would be.",
            )
        head = self._recorder.head()
        instant = self._recorder.clock.now() if at is None else to_utc(at)
        verdict = self._judge(self.controls, system, release, head.size, instant, head.root.hex())
        if dry_run:
            return verdict
        self._recorder.put(self.controls.bundle)
        body = verdict_body(verdict, self._recorder.put(verdict.blob))
        about = (f"release/{system}@{release}", f"system/{system}")
        fact = self._append(body, actor, *about, model=verdict.model)
        return msgspec.structs.replace(verdict, fact=fact.id)

    def replay(self, system: str, release: str, size: int) -> Replay:
        """Compute again the verdict that was given on ledger `size`, and compare it byte for byte.

        `NotFoundError` when no verdict was given on exactly that size.
        """
        given = gathering.verdict_on(self._recorder, system, release, size)
        if given is None:
            raise NotFoundError(
                "verdict.unknown",
                f"No verdict on {system}@{release} was given at ledger size {size}.",
                f"probative record log --kind gate.verdict-given --subject release/{system}@{release}",
            )
        verdict = self._judge_past(system, release, size, None, given)
        return compare(given, given.read(VerdictGiven), verdict)

    def approve(self, system: str, release: str, role: str, approver: Actor, signer: Signer) -> Fact:
        """Approve a release in `role`, with a statement signed by the approver's own `signer`.

        `DeniedError` when the approval would not count: another holder of the role, the proposer himself, a
        key that is not the approver's, or an evaluation that has not ended.
        """
        head, now = self._recorder.head(), self._recorder.clock.now()
        frozen = gathering.freeze(
            self._recorder, self.controls, system, release, head.size, now, head.root.hex()
        )
        proposed = frozen.dossier.release
        statement = Approval(
            system=system,
            release=release,
            model=proposed.model,
            evaluation_run=proposed.evaluation_run,
            role=role,
            approver=approver.id,
            ledger_size=head.size,
        )
        actor = Actor(id=approver.id, role=role, authority=approver.authority)
        envelope = sign_approval(statement, signer)
        control = self.controls.tested_by(approvals.NAME)
        settings = control.test.settings(frozen.dossier.strict_tier)
        body = approvals.check_approval(
            frozen.dossier, control.evidence, settings, statement, envelope, signer.key_id, actor
        )
        self._recorder.put(envelope)
        about = (f"release/{system}@{release}", f"system/{system}")
        return self._append(body, actor, *about, model=proposed.model)

    def waive(
        self,
        control: str,
        system: str,
        release: str | None,
        *,
        reason: str,
        compensating: str,
        requester: str,
        approver: Actor,
        expires_at: datetime,
        renews: str | None = None,
    ) -> Fact:
        """Let a control be unmet until `expires_at`, for one release or (`None`) for the whole system.

        `DeniedError` when the approver is not entitled, is the requester, or the control's terms do not
        allow it: not waivable, too long, renewed too often.
        """
        asked = self.explain(control)
        facts, size = self._facts_of(system), self._recorder.head().size
        if release is not None:
            gathering.proposal(facts, system, release)
        now = self._recorder.clock.now()
        waiver = WaiverGranted(
            waiver=f"w-{sha256_hex(f'{system}/{asked.id}/{release}/{size}'.encode())[:10]}",
            control=asked.id,
            system=system,
            release=release,
            reason=reason,
            compensating=compensating,
            requester=check_name(requester, "requester"),
            approver=approver.id,
            approver_role=approver.role,
            expires_at=format_instant(expires_at),
            renews=renews,
        )
        earlier = covering(facts, asked.id, release)
        held_by = holder(facts, approver.role, size)
        refused = objection(waiver, asked.waiver, held_by, now, earlier)
        if refused:
            raise DeniedError(
                "waiver.denied", f"A waiver of {asked.id} {refused}.", f"probative gate explain {asked.id}"
            )
        about = (f"release/{system}@{release}",) if release is not None else ()
        return self._append(waiver, approver, *about, f"system/{system}")

    def check_schema(
        self, system: str, feature_columns: Iterable[str], protected_columns: Iterable[str], actor: Actor
    ) -> SchemaAnswer:
        """Refuse features that carry protected attributes, unless a recorded legal basis permits them.

        A refusal is recorded as `gate.feature-refused`. Systems of the tiers limited and minimal may use
        them; without a tier the stricter reading applies.
        """
        facts = self._facts_of(system)
        answer = judge_features(
            system,
            tuple(feature_columns),
            tuple(protected_columns),
            permits(facts, self._recorder.clock.now()),
            gathering.tier_of(facts),
        )
        if answer.accepted:
            return answer
        body = FeatureRefused(
            system=system,
            tier=answer.tier,
            features=answer.features,
            refused=answer.refused,
            reason="protected attributes are kept for audit, not fed to the model",
        )
        return msgspec.structs.replace(answer, fact=self._append(body, actor, f"system/{system}").id)

    def permit_features(
        self,
        system: str,
        attributes: Iterable[str],
        *,
        legal_basis: str,
        reason: str,
        approver: Actor,
        expires_at: datetime,
    ) -> Fact:
        """Record the legal basis on which protected attributes may be features, until `expires_at`."""
        facts = self._facts_of(system)
        held_by = holder(facts, approver.role, self._recorder.head().size)
        if approver.role not in PERMITTED_BY or held_by != approver.id:
            raise DeniedError(
                "features.denied",
                f"'{approver.id}' as {approver.role} may not permit protected features of '{system}'.",
                f"Ask the holder of: {', '.join(PERMITTED_BY)}.",
            )
        if not legal_basis.strip() or not reason.strip() or expires_at <= self._recorder.clock.now():
            raise UsageError(
                "features.no-basis",
                f"A permission until {format_instant(expires_at)} with basis '{legal_basis[:80]}' is empty.",
                "Name the provision and a reason, and an expiry in the future.",
            )
        body = FeaturePermitted(
            system=system,
            attributes=tuple(attributes),
            legal_basis=legal_basis,
            reason=reason,
            approver=approver.id,
            approver_role=approver.role,
            expires_at=format_instant(expires_at),
        )
        return self._append(body, approver, f"system/{system}")

    def _judge(
        self, controls: Controls, system: str, release: str, size: int, at: datetime, root: str
    ) -> Verdict:
        frozen = gathering.freeze(self._recorder, controls, system, release, size, at, root)
        results = evaluate(controls.controls, frozen.dossier)
        gathering.check_hashes(self._recorder, stood_on(frozen.dossier, results))
        return build_verdict(frozen, results, overall(results))

    def _judge_past(
        self, system: str, release: str, size: int, at: datetime | None, given: Fact | None
    ) -> Verdict:
        moment = gathering.moment(self._recorder, self.controls, given, size, at)
        return self._judge(moment.controls, system, release, size, moment.at, moment.root)

    def _facts_of(self, system: str) -> Facts:
        return gathering.system_facts(self._recorder, self.controls, system, self._recorder.head().size)

    def _check_issuer(self, kind: str, actor: Actor) -> None:
        """Refuse a fact that no control would count, because of the role that it is recorded in."""
        entitled = self.controls.issuers(kind)
        if entitled and actor.role not in entitled:
            raise DeniedError(
                "gate.role-not-entitled",
                f"'{actor.id}' as {actor.role} may not record {kind}.",
                f"Act in one of these roles: {', '.join(entitled)}.",
            )

    def _append(self, body: Body, actor: Actor, *about: str, model: str | None = None) -> Fact:
        subjects: list[Subject] = [subject(name) for name in about]
        if model is not None:
            subjects.append(subject(f"model/{about[-1].partition('/')[2]}", model))
        return self._recorder.append(Draft(body=body, subjects=tuple(subjects), actor=actor))[0]
