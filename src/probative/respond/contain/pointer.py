"""The constant-size pointer that is sealed before a stop: where record, release and switch stood.

**Promise**: it takes the same short time however much evidence there is; what does not answer in time is
named as a gap instead of waited for.
**Not here**: the evidence itself, which is copied after the stop (`respond.evidence.snapshot`).
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from probative.kernel.actor import Actor
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import ProbativeError
from probative.record.ledger import Head
from probative.record.recorder import Recorder
from probative.respond.contain import switch
from probative.respond.contain.intent import Intent
from probative.respond.facts import ActionIntended, StopPointed
from probative.respond.ports import FlagStore

LEDGER_READ_MS_MAX = 20
_NO_HEAD = "the ledger's head could not be read in time"


class Within(Protocol):
    """Runs a call for at most so many milliseconds; `None` if it failed or took longer."""

    def __call__(self, wait_ms_max: int, call: Callable[[], Any]) -> Any:
        """Return what `call` returned in time."""
        ...


class Pointer(NamedTuple):
    """Where everything stood; `None` is what could not be read in time, named in `gaps`."""

    system: str
    flag: str
    head: Head | None
    release: str | None
    model: str | None
    document: bytes | None
    gaps: tuple[str, ...]


def take_pointer(recorder: Recorder, flags: FlagStore, system: str, within: Within) -> Pointer:
    """Read head, deployed release and flag document of `system`, each only if it answers in time."""
    gaps: tuple[str, ...] = ()
    record = within(LEDGER_READ_MS_MAX, lambda: (recorder.head(), *deployed(recorder, system)))
    if record is None:
        gaps = (_NO_HEAD,)
    try:
        document: bytes | None = flags.read()
    except ProbativeError as error:
        document, gaps = None, (*gaps, f"the flag could not be read: {error}")
    head, release, model = record or (None, None, None)
    return Pointer(system, switch.flag_of(system), head, release, model, document, gaps)


def deployed(recorder: Recorder, system: str) -> tuple[str | None, str | None]:
    """Return the release of `system` that went live last, and its model digest; `None` if none did."""
    release = model = None
    for fact in recorder.facts(kind="record.release-deployed", subject=f"system/{system}"):
        release, model = str(fact.body["release"]), str(fact.body["model"])
    return release, model


def pointed_stop(
    pointer: Pointer,
    *,
    action: str,
    incident: str | None,
    order: str | None,
    reason: str,
    actor: Actor,
    at: str,
) -> Intent:
    """Return the stop that is intended from here."""
    document = pointer.document
    flag_sha256 = None if document is None else sha256_hex(document)
    intended = ActionIntended(
        action=action,
        kind="stop",
        incident=incident,
        system=pointer.system,
        scope="all",
        flag=pointer.flag,
        variant="off",
        before_variant=None if document is None else switch.evaluate(document, pointer.flag).variant,
        before_sha256=flag_sha256,
        undo="let it answer again, by two persons",
        order=order,
        reason=reason,
    )
    pointed = StopPointed(
        action=action,
        incident=incident,
        system=pointer.system,
        flag=pointer.flag,
        ledger_size=pointer.head.size if pointer.head else None,
        ledger_root=pointer.head.root.hex() if pointer.head else None,
        release=pointer.release,
        model=pointer.model,
        flag_sha256=flag_sha256,
        gaps=pointer.gaps,
    )
    return Intent(intended=intended, intended_at=at, actor=actor, pointed=pointed)
