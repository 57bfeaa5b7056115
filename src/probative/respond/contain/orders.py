"""Standing orders: the permission, given in advance by a named person, to stop a system without asking.

**Promise**: an order that has expired, was withdrawn, or does not cover the signal stops nothing; the rules
are pure functions.
**Not here**: the stop itself (`respond.contain.killswitch`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from probative.kernel.actor import Actor
from probative.kernel.clock import format_instant, parse_instant
from probative.kernel.errors import DeniedError, NotFoundError, UsageError
from probative.kernel.ids import check_name
from probative.record.facts import Draft, Fact, subject
from probative.record.recorder import Recorder
from probative.respond.facts import StandingOrderGiven, StandingOrderWithdrawn, Trigger

ORDER_ROLES = ("business-owner", "model-owner", "incident-commander", "chief-risk-officer", "executive")
ORDER_DAYS_MAX = 366
_KINDS = ("respond.standing-order-given", "respond.standing-order-withdrawn")


class Orders:
    """The standing orders of all systems."""

    def __init__(self, recorder: Recorder) -> None:
        """Read and write `recorder`."""
        self._recorder = recorder

    def give(
        self,
        system: str,
        order: str,
        trigger: Trigger,
        expires_at: datetime,
        actor: Actor,
        fallback: str | None = None,
    ) -> Fact:
        """Allow the machine to stop `system` by itself when `trigger` holds, until `expires_at`.

        `actor` signs it, in a role that may (`DeniedError` otherwise), for a year at most. `fallback` names
        the release that persons will want to serve then; the order itself only stops.
        """
        body = StandingOrderGiven(
            system=system,
            order=check_name(order, "standing order"),
            trigger=trigger,
            scope="all",
            action="stop",
            fallback=fallback,
            signer=actor.id,
            expires_at=format_instant(expires_at),
        )
        check_order(body, actor.role, self._recorder.clock.now())
        return self._append(body, actor, f"respond/order/{system}/{order}")

    def withdraw(self, system: str, order: str, reason: str, actor: Actor) -> Fact:
        """Take a standing order back; anybody who may sign one may take one back."""
        check_signer(actor.role)
        if order not in {found.order for found in self.live(system)}:
            raise NotFoundError(
                "order.unknown",
                f"There is no live order '{order[:80]}' for '{system}'.",
                "It may have expired: probative respond order list SYSTEM",
            )
        body = StandingOrderWithdrawn(system=system, order=order, reason=reason)
        return self._append(body, actor, f"respond/order/{system}/{order}/withdrawn")

    def live(self, system: str) -> list[StandingOrderGiven]:
        """Return the orders of a system that stand now, oldest first."""
        facts = self._recorder.facts(kind=_KINDS, subject=f"system/{system}")
        return live_orders(facts, self._recorder.clock.now())

    def _append(self, body: StandingOrderGiven | StandingOrderWithdrawn, actor: Actor, key: str) -> Fact:
        about = (subject(f"system/{body.system}"),)
        return self._recorder.append(Draft(body=body, subjects=about, actor=actor, key=key))[0]


def check_order(order: StandingOrderGiven, role: str, now: datetime) -> None:
    """Refuse an order that no one in `role` may sign, or that does not end within a year of `now`."""
    check_signer(role)
    expires_at = parse_instant(order.expires_at)
    if not now < expires_at or (expires_at - now).days > ORDER_DAYS_MAX:
        raise UsageError(
            "order.expiry",
            f"A standing order cannot run until {order.expires_at}.",
            f"Choose an instant within the next {ORDER_DAYS_MAX} days.",
        )


def check_signer(role: str) -> None:
    """Refuse with `DeniedError` a role that may neither sign a standing order nor take one back."""
    if role not in ORDER_ROLES:
        raise DeniedError(
            "order.role",
            f"A standing order cannot be signed as '{role}'.",
            f"Have it signed by one of: {', '.join(ORDER_ROLES)}.",
        )


def live_orders(facts: Iterable[Fact], now: datetime) -> list[StandingOrderGiven]:
    """Return the orders that stand at `now`, oldest first, from all order facts of one system."""
    given: dict[str, StandingOrderGiven] = {}
    for fact in facts:
        if fact.kind == "respond.standing-order-given":
            order = fact.read(StandingOrderGiven)
            given[order.order] = order
        elif fact.kind == "respond.standing-order-withdrawn":
            given.pop(fact.read(StandingOrderWithdrawn).order, None)
    return [order for order in given.values() if now < parse_instant(order.expires_at)]


def covering(
    orders: Sequence[StandingOrderGiven], severity: int, measures: Sequence[str]
) -> StandingOrderGiven | None:
    """Return the first order whose trigger covers an incident of `severity` raised by these `measures`.

    Severity 1 is the worst: an order for severity 2 covers 1 and 2. An order without measures covers any.
    """
    for order in orders:
        trigger = order.trigger
        named = not trigger.measures or not set(trigger.measures).isdisjoint(measures)
        if severity <= trigger.severity_max and named:
            return order
    return None
