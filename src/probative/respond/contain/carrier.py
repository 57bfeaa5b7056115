"""Carrying one change outside through: act, probe, write down, and resolve what a crash left open.

**Promise**: the probe reads the switch afresh after every act; the result is written even when the act
failed; what the ledger cannot take now waits on local disk.
**Not here**: whether the change is allowed (`respond.contain.rules`).
"""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Overdue
from typing import Literal, NamedTuple, TypeVar

import msgspec

from probative.kernel.clock import format_instant
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import ConflictError, NotFoundError, ProbativeError
from probative.record.facts import Draft, ReleaseDeployed, ReleaseProposed, subject
from probative.record.recorder import Recorder
from probative.respond.contain import switch
from probative.respond.contain.intent import Intent, subjects_of
from probative.respond.facts import ActionDone, ActionIntended
from probative.respond.ports import FlagStore, Reading, Spool

_UNSURE = "the instant of the act is not known: it lies between the intent and the recovery"
_NOT_ACTED = "found open after a crash, its effect is not there: repeat it if it is still wanted"

T = TypeVar("T")


class Change(NamedTuple):
    """A change as it came out; `spooled` says that the ledger does not have it yet (`recover` brings it)."""

    done: ActionDone
    spooled: bool = False


class Carrier:
    """Makes the changes that the kill switch decided on."""

    def __init__(self, recorder: Recorder, flags: FlagStore, spool: Spool) -> None:
        """Act on `flags`, write to `recorder`, or to `spool` while the recorder is out of reach."""
        self._recorder = recorder
        self._flags = flags
        self._spool = spool

    @contextlib.contextmanager
    def alone(self, system: str) -> Iterator[None]:
        """Be the only one changing `system`; somebody else at it is a `ConflictError`."""
        with self._spool.latch(latch_of(system)) as alone:
            if not alone:
                raise ConflictError(
                    "switch.busy", f"Somebody else is changing '{system}' now.", "Look again in a moment."
                )
            yield

    @contextlib.contextmanager
    def at_once(self, system: str) -> Iterator[None]:
        """Mark `system` as being changed if that can be had at once; go on either way."""
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(ProbativeError):
                stack.enter_context(self._spool.latch(latch_of(system)))
            yield

    def within(self, wait_ms_max: int, call: Callable[[], T]) -> T | None:
        """Return what `call` returns within `wait_ms_max`, `None` if it fails or takes longer.

        A call that takes longer goes on behind: appends are idempotent, so it does no harm.
        """
        pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="stop")
        try:
            return pool.submit(call).result(timeout=wait_ms_max / 1000)
        except (Overdue, ProbativeError):
            return None
        finally:
            pool.shutdown(wait=False)

    def keep(self, intent: Intent) -> tuple[str, ...]:
        """Keep an intent on local disk; return what went wrong, for a stop goes on regardless."""
        try:
            self._spool.write(intent.intended.action, intent.to_bytes())
        except ProbativeError as error:
            return (f"the pointer could not be kept on local disk either: {error}",)
        return ()

    def act(self, intent: Intent, *, captured_first: bool, gaps: tuple[str, ...] = ()) -> Intent:
        """Make the intended change, probe its effect, and return the intent with its result; never raises."""
        urgent = intent.intended.kind == "stop"
        try:
            self._flags.edit(_edit(intent.intended), urgent=urgent)
        except ProbativeError as error:
            gaps = (*gaps, f"the flag could not be changed: {error}")
        return self._probed(intent, gaps, captured_first=captured_first)

    def write_down(self, intent: Intent, *, kept: bool) -> Change:
        """Write intent and result to the ledger; what it cannot take now stays on local disk."""
        done = _result(intent)
        try:
            self._recorder.append(*intent.drafts(), *self._deployment(intent))
        except ConflictError as error:
            # Somebody resolved this change before us: what they observed stands.
            known = self.recorded(intent.intended.action) if error.code == "fact.key-taken" else None
            if known is None:
                self.keep(intent)
                return Change(done, spooled=True)
            self._spool.remove(intent.intended.action)
            return Change(known)
        except ProbativeError:
            self.keep(intent)
            return Change(done, spooled=True)
        if kept:
            self._spool.remove(intent.intended.action)
        return Change(done)

    def seen(self, intent: Intent) -> bool:
        """Tell whether the switch answers now what was intended."""
        return _shows(intent.intended, self._flags.evaluate(intent.intended.flag), self._flags)

    def resolve(self, intent: Intent) -> Change:
        """Bring a change that was found open to its end, and write it down."""
        if known := self.recorded(intent.intended.action):
            self._spool.remove(intent.intended.action)
            return Change(known)
        if intent.done is None:
            intent = self._resolved(intent)
        return self.write_down(intent, kept=True)

    def _resolved(self, intent: Intent) -> Intent:
        if self.seen(intent):
            found = self._probed(intent, (_UNSURE,), captured_first=True)
            return _amended(found, acted_at=intent.intended_at, recovered=True)
        if intent.intended.kind == "stop":
            return _amended(self.act(intent, captured_first=True), recovered=True)
        found = self._probed(intent, (_NOT_ACTED,), captured_first=True)
        return _amended(found, outcome="abandoned", acted_at=None, recovered=True)

    def _probed(self, intent: Intent, gaps: tuple[str, ...], *, captured_first: bool) -> Intent:
        intended = intent.intended
        reading = self._flags.evaluate(intended.flag)
        seen = _shows(intended, reading, self._flags)
        if not seen:
            said = reading.variant or reading.error or reading.reason
            gaps = (*gaps, f"the probe saw '{said}' where '{intended.variant}' was intended")
        now = format_instant(self._recorder.clock.now())
        outcome: Literal["done", "failed"] = "done" if seen else "failed"
        done = ActionDone(
            action=intended.action,
            kind=intended.kind,
            incident=intended.incident,
            system=intended.system,
            flag=intended.flag,
            outcome=outcome,
            acted_at=now if seen else None,
            observed_variant=reading.variant,
            observed_value=reading.value,
            observed_reason=reading.reason,
            after_sha256=self._digest(),
            captured_first=captured_first,
            gaps=gaps,
        )
        return intent.finished(done, now)

    def _digest(self) -> str | None:
        with contextlib.suppress(ProbativeError):
            return sha256_hex(self._flags.read())
        return None

    def recorded(self, action: str) -> ActionDone | None:
        """Return the recorded result of an action, `None` if it has none."""
        for fact in self._recorder.facts(key=f"respond/action/{action}/done"):
            return fact.read(ActionDone)
        return None

    def _deployment(self, intent: Intent) -> list[Draft]:
        """Return the fact that a release went live, for a change that made one do so."""
        intended, done = intent.intended, intent.done
        if intended.release is None or done is None or done.outcome != "done":
            return []
        proposed = proposal(self._recorder, intended.system, intended.release)
        body = ReleaseDeployed(
            system=intended.system,
            release=intended.release,
            model=proposed.model,
            endpoint=intended.flag,
            reason=f"{intended.kind}: {intended.reason}",
        )
        subjects = (
            *subjects_of(intended.system, intended.incident),
            subject(f"release/{intended.system}@{intended.release}"),
        )
        key = f"respond/action/{intended.action}/deployed"
        return [Draft(body=body, subjects=subjects, actor=intent.actor, key=key)]


def proposal(recorder: Recorder, system: str, release: str) -> ReleaseProposed:
    """Return how `release` was proposed last; raises `NotFoundError` for a release nobody recorded."""
    found = None
    for fact in recorder.facts(kind="record.release-proposed", subject=f"system/{system}"):
        if fact.body["release"] == release:
            found = fact.read(ReleaseProposed)
    if found is None:
        raise NotFoundError(
            "release.unknown",
            f"There is no release '{release}' of '{system}' in the record.",
            "Record it first, or name another fallback.",
        )
    return found


def latch_of(system: str) -> str:
    """Return the name of the latch of whoever changes `system`."""
    return f"switch-{system}"


def _edit(intended: ActionIntended) -> Callable[[bytes], bytes]:
    if intended.kind == "arm":
        on, fallback = intended.variants["on"], intended.variants.get("fallback")
        return lambda document: switch.armed(document, intended.flag, on, fallback)
    return lambda document: switch.switched(document, intended.flag, intended.variant)


def _shows(intended: ActionIntended, reading: Reading, flags: FlagStore) -> bool:
    """Tell whether the switch answers what was intended."""
    if intended.kind == "arm":
        document = flags.read()
        return all(
            switch.release_of(document, intended.flag, name) == release
            for name, release in (
                (key, intended.variants[key]) for key in switch.VARIANTS if key in intended.variants
            )
        )
    if reading.variant != intended.variant:
        return False
    return intended.release is None or reading.value == intended.release


def _amended(intent: Intent, **changes: object) -> Intent:
    """Return the intent with parts of its result changed."""
    return msgspec.structs.replace(intent, done=msgspec.structs.replace(_result(intent), **changes))


def _result(intent: Intent) -> ActionDone:
    if intent.done is None:
        raise ConflictError(
            "action.no-result",
            f"The change '{intent.intended.action}' has no result yet.",
            "Resolve it: probative respond run-due",
        )
    return intent.done
