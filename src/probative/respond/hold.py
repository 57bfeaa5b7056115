"""Legal holds: what may neither be erased nor pruned, however long it takes.

**Promise**: several holds may cover the same thing, and it is held until legal has lifted the last; when
the record cannot answer, everything counts as held.
**Not here**: erasing and pruning (`record`), which ask `is_held` first.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from probative.kernel.actor import Actor
from probative.kernel.clock import format_instant, parse_instant
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import ConflictError, NotFoundError, ProbativeError
from probative.record.facts import Body, Draft, Fact, Subject, subject
from probative.record.recorder import Recorder
from probative.respond.facts import HoldConfirmed, HoldLifted, HoldPlaced, HoldScope
from probative.respond.matters import find_matter

PROVISIONAL = timedelta(days=7)
LEGAL_ROLES = ("legal",)
HOLD_KINDS = ("respond.hold-placed", "respond.hold-confirmed", "respond.hold-lifted")


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A hold as it stands. An overdue provisional hold still holds; legal is late, evidence is not lost."""

    placed: HoldPlaced
    placed_at: datetime
    confirmed: bool

    @property
    def scope(self) -> HoldScope:
        """What it covers."""
        return self.placed.scope

    def overdue(self, now: datetime) -> bool:
        """Tell whether legal should have confirmed or lifted it by `now`."""
        limit = self.placed.confirm_by
        return not self.confirmed and limit is not None and parse_instant(limit) < now


class Holds:
    """Places, confirms, lifts and asks for legal holds."""

    def __init__(self, recorder: Recorder) -> None:
        """Read and write `recorder`."""
        self._recorder = recorder

    def place(
        self, matter: str, scope: HoldScope, reason: str, actor: Actor, *, key: str | None = None
    ) -> Fact:
        """Hold `scope` for an incident or inquiry: provisional unless legal places it.

        The hold takes effect at once and is asked for again after it was written. A second call with the same
        `key` returns the first hold.
        """
        if key and (known := next(self._recorder.facts(key=key), None)):
            return known
        found = find_matter(self._recorder, matter)
        now = self._recorder.clock.now()
        provisional = actor.role not in LEGAL_ROLES
        name = f"hold-{found.name}-{sha256_hex(key.encode())[:8] if key else self._number(found.name)}"
        body = HoldPlaced(
            hold=name,
            system=found.system,
            incident=found.name if found.kind == "incident" else None,
            inquiry=found.name if found.kind == "inquiry" else None,
            scope=scope,
            provisional=provisional,
            confirm_by=format_instant(now + PROVISIONAL) if provisional else None,
            reason=reason,
        )
        fact = self._append(body, found.subjects, actor, key or f"respond/hold/{name}")
        if not self.is_held(scope):
            raise ConflictError("hold.not-seen", f"The hold '{name}' does not hold.", "Place it again.")
        return fact

    def confirm(self, hold: str, reason: str, actor: Actor) -> Fact:
        """Confirm a provisional hold, as legal."""
        placed = self._standing(hold)
        self._check_legal(placed, actor, "confirm a legal hold")
        body = HoldConfirmed(hold=hold, system=placed.system, reason=reason)
        return self._append(body, _subjects(placed), actor, f"respond/hold/{hold}/confirmed")

    def lift(self, hold: str, reason: str, actor: Actor) -> Fact:
        """Lift a hold, as legal; what another hold covers stays held."""
        placed = self._standing(hold)
        self._check_legal(placed, actor, "lift a legal hold")
        body = HoldLifted(hold=hold, system=placed.system, reason=reason)
        return self._append(body, _subjects(placed), actor, f"respond/hold/{hold}/lifted")

    def standing(self, system: str | None = None) -> list[Hold]:
        """Return the holds that stand, oldest first, of one system or of all."""
        return standing_holds(self._facts(system))

    def is_held(self, scope: HoldScope) -> bool:
        """Tell whether anything in `scope` is held; a record that cannot answer counts as a hold."""
        try:
            return any(overlaps(hold.scope, scope) for hold in self.standing(scope.system))
        except ProbativeError:
            return True

    def overdue(self) -> list[Hold]:
        """Return the provisional holds that legal should have confirmed or lifted by now."""
        now = self._recorder.clock.now()
        return [hold for hold in self.standing() if hold.overdue(now)]

    def _number(self, matter: str) -> int:
        """Return the number of a matter's next hold; two at once meet at the key, and one is refused."""
        placed = self._recorder.facts(kind="respond.hold-placed")
        return 1 + sum(matter in (fact.body["incident"], fact.body["inquiry"]) for fact in placed)

    def _standing(self, name: str) -> HoldPlaced:
        for hold in self.standing():
            if hold.placed.hold == name:
                return hold.placed
        raise NotFoundError(
            "hold.unknown",
            f"There is no standing hold '{name[:80]}'.",
            "List them: probative respond hold list",
        )

    def _check_legal(self, placed: HoldPlaced, actor: Actor, what: str) -> None:
        matter = find_matter(self._recorder, placed.incident or placed.inquiry or "")
        matter.check_entitled(actor, LEGAL_ROLES, what)

    def _facts(self, system: str | None) -> Iterable[Fact]:
        return self._recorder.facts(kind=HOLD_KINDS, subject=f"system/{system}" if system else None)

    def _append(self, body: Body, subjects: tuple[Subject, ...], actor: Actor, key: str) -> Fact:
        return self._recorder.append(Draft(body=body, subjects=subjects, actor=actor, key=key))[0]


def standing_holds(facts: Iterable[Fact]) -> list[Hold]:
    """Fold hold facts into the holds that stand."""
    found: dict[str, Hold] = {}
    for fact in facts:
        if fact.kind == "respond.hold-placed":
            placed = fact.read(HoldPlaced)
            found[placed.hold] = Hold(
                placed=placed, placed_at=fact.recorded_at, confirmed=not placed.provisional
            )
        elif fact.kind == "respond.hold-confirmed":
            hold = found.get(fact.read(HoldConfirmed).hold)
            if hold is not None:
                found[hold.placed.hold] = msgspec.structs.replace(hold, confirmed=True)
        else:
            found.pop(fact.read(HoldLifted).hold, None)
    return list(found.values())


def overlaps(one: HoldScope, other: HoldScope) -> bool:
    """Tell whether two scopes share anything: the same system, a common span, a common stream.

    >>> held = HoldScope(system="loans", since="2026-11-01T00:00:00.000000Z")
    >>> overlaps(held, HoldScope(system="loans", since="2026-12-01T00:00:00.000000Z", streams=("outcomes",)))
    True
    >>> overlaps(held, HoldScope(system="loans", since="2026-10-01T00:00:00.000000Z",
    ...                          until="2026-10-31T00:00:00.000000Z"))
    False
    """
    if one.system != other.system:
        return False
    if one.streams and other.streams and set(one.streams).isdisjoint(other.streams):
        return False
    starts_in_time = not one.until or parse_instant(other.since) < parse_instant(one.until)
    ends_in_time = not other.until or parse_instant(one.since) < parse_instant(other.until)
    return starts_in_time and ends_in_time


def _subjects(placed: HoldPlaced) -> tuple[Subject, ...]:
    matter = f"incident/{placed.incident}" if placed.incident else f"inquiry/{placed.inquiry}"
    return subject(matter), subject(f"system/{placed.system}")
