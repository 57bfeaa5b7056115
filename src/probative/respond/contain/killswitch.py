"""The kill switch: arm, stop, roll back, let answer again, and recover what a crash left open.

**Promise**: a stop waits for no ledger, lock or approval: a pointer is sealed (on local disk where the ledger
does not answer at once), the flag is turned off, and the rest is written down afterwards. Every other change
is refused until the evidence is captured, is intended before it is made, and counts once it was observed.
**Not here**: who decides to stop (`respond.responder`, `respond.contain.orders`), and the flag file.
"""

import contextlib
from collections.abc import Iterator
from typing import Literal

from probative.kernel.actor import Actor
from probative.kernel.clock import format_instant
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import ConflictError, NotFoundError, UnavailableError, UsageError
from probative.kernel.ids import uuid7
from probative.record.facts import Draft, Fact
from probative.record.recorder import Recorder
from probative.respond.contain import rules, switch
from probative.respond.contain.carrier import Carrier, Change, latch_of, proposal
from probative.respond.contain.intent import Intent, open_intents, subjects_of
from probative.respond.contain.pointer import LEDGER_READ_MS_MAX, pointed_stop, take_pointer
from probative.respond.facts import ActionDone, ActionIntended, LockOverridden, ReenableApproved, Variant
from probative.respond.matters import find_matter
from probative.respond.ports import FlagStore, Reading, Spool

SEAL_WAIT_MS_MAX = 50
ATTEMPTS_MAX = 20
_LATE = "the ledger did not answer at once: pointer and intent were kept on local disk first"
_INTENT_KINDS = ("respond.action-intended", "respond.action-done")
_SERVES: dict[str, Variant] = {"rollback": "fallback", "resume": "on"}


class KillSwitch:
    """Turns systems off and on through their flags, and keeps the record of it."""

    def __init__(self, recorder: Recorder, flags: FlagStore, spool: Spool) -> None:
        """Act on `flags`, write to `recorder`, and to `spool` while the recorder is out of reach."""
        self._recorder = recorder
        self._flags = flags
        self._spool = spool
        self._carrier = Carrier(recorder, flags, spool)

    def reading(self, system: str) -> Reading:
        """Return what the system's flag answers now."""
        return self._flags.evaluate(switch.flag_of(system))

    def arm(self, system: str, release: str, fallback: str | None, actor: Actor) -> Change:
        """Prepare the system's flag: `on` serves `release`, `fallback` the release to fall back to.

        Arming never starts or stops anything. Raises `ConflictError` while an incident is uncaptured.
        """
        flag = switch.flag_of(system)
        with self._changing(system, "new release on the switch"):
            document = self._flags.read()
            wanted = switch.evaluate(switch.armed(document, flag, release, fallback), flag)
            intended = ActionIntended(
                action=self._new_action("arm"),
                kind="arm",
                incident=None,
                system=system,
                scope="all",
                flag=flag,
                variant=wanted.variant or "off",
                before_variant=switch.evaluate(document, flag).variant,
                before_sha256=sha256_hex(document),
                undo="arm the former releases again",
                variants={"on": release} | ({"fallback": fallback} if fallback else {}),
            )
            return self._carry_out(Intent(intended=intended, intended_at=self._now(), actor=actor))

    def stop(
        self,
        system: str,
        reason: str,
        actor: Actor,
        *,
        incident: str | None = None,
        order: str | None = None,
        action: str | None = None,
    ) -> Change:
        """Turn the system off now, whatever else fails; what failed is named in the result's `gaps`.

        Give `action` to make a repeated call the same stop. A flag that did not turn off, as seen by the
        probe, raises `UnavailableError` after that was recorded.
        """
        named = self._new_action("stop")
        if action:
            within = self._carrier.within
            named = within(LEDGER_READ_MS_MAX, lambda: self._untried(action)) or action
            if known := within(LEDGER_READ_MS_MAX, lambda: self._done(named)):
                return Change(known)
        pointer = take_pointer(self._recorder, self._flags, system, self._carrier.within)
        intent = pointed_stop(
            pointer, action=named, incident=incident, order=order, reason=reason, actor=actor, at=self._now()
        )
        with self._carrier.at_once(system):
            sealed = self._carrier.within(SEAL_WAIT_MS_MAX, lambda: self._recorder.append(*intent.drafts()))
            lost = () if sealed else self._carrier.keep(intent)
            gaps = () if sealed else (_LATE, *lost)
            intent = self._carrier.act(intent, captured_first=not lost, gaps=gaps)
            change = self._carrier.write_down(intent, kept=not sealed)
        if change.done.outcome != "done":
            raise UnavailableError(
                "stop.failed",
                f"The system '{system}' was NOT stopped: {'; '.join(change.done.gaps)}.",
                f"Stop it by hand now, then mend the flag '{intent.intended.flag}'.",
            )
        return change

    def approve(self, system: str, incident: str, variant: Variant, reason: str, actor: Actor) -> Fact:
        """Record that `actor` agrees to let the system answer `variant` again; somebody else must do it."""
        matter = find_matter(self._recorder, incident)
        matter.check_entitled(actor, rules.REENABLE_ROLES, "approve serving again")
        # An approval counts from the last change on, so what a crash left open is ended before it is given.
        self.recover(system)
        last = self.standing(system).last
        body = ReenableApproved(
            incident=incident,
            system=system,
            action=last.action if last else "",
            variant=variant,
            reason=reason,
        )
        key = f"respond/reenable/{body.action}/{variant}/{actor.id}"
        return self._recorder.append(
            Draft(body=body, subjects=subjects_of(system, incident), actor=actor, key=key)
        )[0]

    def override_lock(self, system: str, incident: str, reason: str, actor: Actor) -> Fact:
        """Let the system be changed before its evidence is captured: the commander's call, with a reason.

        The reason stays in the record for the authority that asks later (EU AI Act Art. 73(6)).
        """
        matter = find_matter(self._recorder, incident)
        matter.check_entitled(actor, rules.COMMANDER_ROLES, "override the alteration lock")
        if not reason.strip():
            raise UsageError("lock.no-reason", "The lock is not overridden without a reason.", "Say why.")
        body = LockOverridden(incident=incident, system=system, reason=reason)
        return self._recorder.append(Draft(body=body, subjects=subjects_of(system, incident), actor=actor))[0]

    def rollback(
        self, system: str, incident: str, reason: str, actor: Actor, *, action: str | None = None
    ) -> Change:
        """Serve the fallback release: from a running system at once, from a stopped one with a second person.

        Needs the evidence captured (`ConflictError`) and a fallback that is armed and recorded
        (`NotFoundError`), and records the release as deployed.
        """
        return self._serve(system, incident, "rollback", reason, actor, action)

    def resume(
        self, system: str, incident: str, reason: str, actor: Actor, *, action: str | None = None
    ) -> Change:
        """Serve the armed release again: two persons, evidence captured, a gate verdict since the stop."""
        return self._serve(system, incident, "resume", reason, actor, action)

    def recover(self, system: str | None = None) -> list[Change]:
        """Bring spooled stops into the ledger and resolve every change that a crash left open.

        A stop is carried through: off is the safe side. Any other change is recorded as done if its effect
        is seen, else as abandoned, for a person to repeat. Changes still being made are left alone.
        """
        changes = []
        found = {intent.intended.system for intent in self._open()}
        for name in sorted(found if system is None else found & {system}):
            with self._spool.latch(latch_of(name)) as alone:
                if alone:
                    changes += self._resolve_open(name)
        return changes

    def standing(self, system: str) -> rules.Standing:
        """Return how the system stands by the record."""
        return rules.standing(self._recorder.facts(kind=rules.STANDING_KINDS, subject=f"system/{system}"))

    @contextlib.contextmanager
    def _changing(self, system: str, what: str, action: str | None = None) -> Iterator[rules.Standing]:
        """Be alone with the system, with nothing uncaptured and nothing left open but `action` itself."""
        with self._carrier.alone(system):
            self._resolve_open(system, but=action)
            now = self.standing(system)
            rules.check_captured(now, what)
            yield now

    def _serve(
        self,
        system: str,
        incident: str,
        kind: Literal["rollback", "resume"],
        reason: str,
        actor: Actor,
        action: str | None,
    ) -> Change:
        named = self._untried(action) if action else self._new_action(kind)
        if known := self._done(named):
            return Change(known)
        matter = find_matter(self._recorder, incident)
        matter.check_entitled(actor, rules.REENABLE_ROLES, "let a system serve again")
        flag, variant = switch.flag_of(system), _SERVES[kind]
        with self._changing(system, kind, named) as now:
            begun = next((intent for intent in self._open() if intent.intended.action == named), None)
            if begun is not None and self._carrier.seen(begun):
                return self._carrier.resolve(begun)
            document = self._flags.read()
            release = switch.release_of(document, flag, variant)
            if not release:
                raise NotFoundError(
                    "switch.not-armed",
                    f"The flag '{flag}' names no release for '{variant}'.",
                    f"Arm it: probative respond switch arm {system} RELEASE --fallback RELEASE",
                )
            proposal(self._recorder, system, release)
            before = switch.evaluate(document, flag)
            rules.check_reenable(now, before.variant, variant, release, actor)
            intended = ActionIntended(
                action=named,
                kind=kind,
                incident=incident,
                system=system,
                scope="all",
                flag=flag,
                variant=variant,
                release=release,
                before_variant=before.variant,
                before_sha256=sha256_hex(document),
                undo=f"switch back to '{before.variant or 'off'}'",
                reason=reason,
            )
            return self._carry_out(begun or Intent(intended=intended, intended_at=self._now(), actor=actor))

    def _carry_out(self, intent: Intent) -> Change:
        intended = intent.intended
        self._recorder.append(*intent.drafts())
        captured = intended.incident is None or self._captured(intended.incident)
        change = self._carrier.write_down(self._carrier.act(intent, captured_first=captured), kept=False)
        if change.done.outcome != "done":
            raise UnavailableError(
                "switch.failed",
                f"The {intended.kind} of '{intended.system}' failed: {'; '.join(change.done.gaps)}.",
                "Look at the flag file, then try again.",
            )
        return change

    def _open(self) -> list[Intent]:
        spooled = [Intent.from_bytes(data) for _, data in self._spool.entries()]
        known = {intent.intended.action for intent in spooled}
        recorded = open_intents(self._recorder.facts(kind=_INTENT_KINDS))
        return [*spooled, *(intent for intent in recorded if intent.intended.action not in known)]

    def _resolve_open(self, system: str, but: str | None = None) -> list[Change]:
        """Resolve what is open of `system`, which the caller is alone with, except for one action."""
        return [
            self._carrier.resolve(intent)
            for intent in self._open()
            if intent.intended.system == system and intent.intended.action != but
        ]

    def _untried(self, action: str) -> str:
        """Return the name under which `action` is to be tried: a new one after each try without effect."""
        for attempt in range(1, ATTEMPTS_MAX + 1):
            name = action if attempt == 1 else f"{action}.{attempt}"
            known = self._done(name)
            if known is None or known.outcome == "done":
                return name
        raise ConflictError(
            "switch.tries",
            f"'{action}' was tried {ATTEMPTS_MAX} times without effect.",
            "Change the flag by hand.",
        )

    def _captured(self, incident: str) -> bool:
        sealed = self._recorder.facts(kind="respond.snapshot-sealed", subject=f"incident/{incident}")
        return next(sealed, None) is not None

    def _done(self, action: str) -> ActionDone | None:
        return self._carrier.recorded(action)

    def _new_action(self, kind: str) -> str:
        return f"{kind}-{uuid7(self._recorder.clock.now())}"

    def _now(self) -> str:
        return format_instant(self._recorder.clock.now())
