"""Matters: the incident or inquiry that a clock, a notice or an answer belongs to, and who may decide in it.

**Promise**: a matter exists in the record before anything is said about it; a role that the register gives
to one person is not exercised by another.
**Not here**: opening incidents (`respond.responder`) and inquiries (`respond.inquiry`).
"""

import msgspec

from probative.kernel.actor import Actor
from probative.kernel.errors import DeniedError, NotFoundError
from probative.record.facts import Subject, subject
from probative.record.recorder import Recorder

_OPENED = {"incident": "respond.incident-declared", "inquiry": "respond.inquiry-opened"}


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """An open incident or inquiry: its `name`, the `system` it is about, and who holds which role there."""

    name: str
    kind: str
    system: str
    opened: str
    body: dict[str, object]
    roles: dict[str, str]

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What every fact in this matter is about."""
        return subject(f"{self.kind}/{self.name}"), subject(f"system/{self.system}")

    def check_entitled(self, actor: Actor, roles: tuple[str, ...], what: str) -> None:
        """Let `actor` do `what` if one of `roles` is theirs; `DeniedError` says who may.

        Where the register names the holder of a role, only that person acts in it.
        """
        if actor.role not in roles:
            raise DeniedError(
                "role.not-entitled",
                f"'{actor.id}' acts as {actor.role}, which may not {what}.",
                f"Entitled: {', '.join(roles)}.",
            )
        holder = self.roles.get(actor.role)
        if holder is not None and holder != actor.id:
            raise DeniedError(
                "role.held-by-other",
                f"The {actor.role} of system '{self.system}' is '{holder}', not '{actor.id}'.",
                f"Ask '{holder}', or record the change of roles first.",
            )


def find_matter(recorder: Recorder, name: str) -> Matter:
    """Return the incident or inquiry called `name`; `NotFoundError` if the record has neither."""
    for kind, opened in _OPENED.items():
        fact = next(recorder.facts(kind=opened, subject=f"{kind}/{name}"), None)
        if fact is None:
            continue
        system = str(fact.body["system"])
        roles = {**_registered_roles(recorder, system), **fact.body.get("roles", {})}
        return Matter(name=name, kind=kind, system=system, opened=fact.id, body=fact.body, roles=roles)
    raise NotFoundError(
        "matter.unknown",
        f"There is no incident or inquiry '{name[:80]}'.",
        "List them: probative record log --kind respond.incident-declared (or respond.inquiry-opened).",
    )


def _registered_roles(recorder: Recorder, system: str) -> dict[str, str]:
    roles: dict[str, str] = {}
    for fact in recorder.facts(kind="record.system-registered", subject=f"system/{system}"):
        roles = dict(fact.body["roles"])
    return roles
