"""One change outside, from intent to observed result: how it is spooled, written down and found open again.

**Promise**: the same change always gives the same facts under the same keys, so that writing it again after
a crash adds nothing twice.
**Not here**: carrying the change out (`respond.contain.killswitch`).
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from probative.kernel.actor import Actor
from probative.kernel.canon import canonical, parse_strict
from probative.kernel.clock import format_instant, parse_instant
from probative.kernel.errors import UsageError
from probative.record.facts import Body, Draft, Fact, Subject, subject
from probative.respond.facts import ActionDone, ActionIntended, StopPointed


class Intent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change about to be made, with the pointer taken before a stop, and its result once known."""

    intended: ActionIntended
    intended_at: str
    actor: Actor
    pointed: StopPointed | None = None
    done: ActionDone | None = None
    done_at: str | None = None

    def drafts(self) -> list[Draft]:
        """Return the facts of this change as far as it has come, each under its own key."""
        key = f"respond/action/{self.intended.action}"
        at = parse_instant(self.intended_at)
        found = [self._draft(self.intended, at, f"{key}/intended")]
        if self.pointed is not None:
            found.insert(0, self._draft(self.pointed, at, f"{key}/pointed"))
        if self.done is not None:
            done_at = parse_instant(self.done_at) if self.done_at else at
            found.append(self._draft(self.done, done_at, f"{key}/done"))
        return found

    def finished(self, done: ActionDone, done_at: str) -> "Intent":
        """Return this change with its result."""
        return msgspec.structs.replace(self, done=done, done_at=done_at)

    def to_bytes(self) -> bytes:
        """Return the spool entry."""
        return canonical(msgspec.to_builtins(self))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Intent":
        """Read a spool entry; one that does not fit raises `UsageError`."""
        try:
            return msgspec.convert(parse_strict(data), cls)
        except msgspec.ValidationError as error:
            raise UsageError(
                "spool.malformed",
                f"A spooled stop cannot be read: {error}.",
                "Look at it in the spool folder.",
            ) from error

    def _draft(self, body: Body, at: datetime, key: str) -> Draft:
        subjects = subjects_of(self.intended.system, self.intended.incident)
        return Draft(body=body, subjects=subjects, actor=self.actor, occurred_at=at, key=key)


def subjects_of(system: str, incident: str | None) -> tuple[Subject, ...]:
    """Return the subjects of a fact about a system and, where there is one, an incident."""
    found = (subject(f"system/{system}"),)
    return (*found, subject(f"incident/{incident}")) if incident else found


def open_intents(facts: Iterable[Fact]) -> list[Intent]:
    """Return the changes that were intended and have no result, oldest first: a crash left them so."""
    found: dict[str, Intent] = {}
    for fact in facts:
        if fact.kind == "respond.action-intended":
            intended = fact.read(ActionIntended)
            at = format_instant(fact.occurred_at)
            found[intended.action] = Intent(intended=intended, intended_at=at, actor=fact.actor)
        elif fact.kind == "respond.action-done":
            found.pop(fact.read(ActionDone).action, None)
    return list(found.values())
