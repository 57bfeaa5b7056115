"""The one table that lets a fact in one room cause an act in another: a signal opens an incident.

**Promise**: facts are followed in ledger order from a saved position; what was carried out, or failed, is
recorded under a key of the fact, so that following twice acts once; a failure holds up only its own lane (one
reaction, one system) until somebody retries or skips it with a reason.
**Not here**: the acts themselves (each room's front class), and when to look (`probative.work`).
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

import msgspec

from probative.kernel.actor import Actor
from probative.kernel.errors import ConflictError, ProbativeError, UsageError
from probative.record.facts import Body, Draft, Fact, fact_kind, subject

if TYPE_CHECKING:
    from probative.workspace import Workspace

ENGINE = Actor(id="probative", role="sre", authority="reactions")
_DONE = "work.reaction-done"
_FAILED = "work.reaction-failed"
_RESOLVED = "work.reaction-resolved"
HELD = "work.lane-held"

Choice = Literal["retry", "skip"]


@fact_kind(_DONE)
class ReactionDone(Body, frozen=True, kw_only=True):
    """A reaction to a fact was carried out; it is never carried out again, whatever has changed since."""

    reaction: str
    system: str
    fact: str


@fact_kind(_FAILED)
class ReactionFailed(Body, frozen=True, kw_only=True):
    """A reaction to a fact failed; its lane waits until this is resolved."""

    reaction: str
    system: str
    fact: str
    code: str
    sentence: str


@fact_kind(_RESOLVED)
class ReactionResolved(Body, frozen=True, kw_only=True):
    """It was decided what happens to a failed reaction; the failure is what caused this fact."""

    reaction: str
    system: str
    fact: str
    choice: Choice
    reason: str


class Reaction(msgspec.Struct, frozen=True):
    """When a fact of `kind` is recorded, `act` is called with the workspace and the fact."""

    name: str
    kind: str
    act: Callable[["Workspace", Fact], object]


def _answer(workspace: "Workspace", signal: Fact) -> None:
    """Open an incident, and stop what a standing order covers."""
    # A stop that was intended when a process died is ended first: begun once more, it would be another one.
    workspace.responder.switch.recover(signal.body["system"])
    workspace.responder.react(signal.id, ENGINE)


REACTIONS: tuple[Reaction, ...] = (Reaction("signal-opens-incident", "watch.signal-raised", _answer),)


def follow(workspace: "Workspace", since: int, reactions: tuple[Reaction, ...] = REACTIONS) -> int:
    """React to every fact recorded since ledger size `since`; return the size to follow from next time.

    Facts that an act appends are followed too, until nothing new is there.
    """
    recorder = workspace.recorder
    by_kind: dict[str, list[Reaction]] = {}
    for reaction in reactions:
        by_kind.setdefault(reaction.kind, []).append(reaction)
    while since < (size := recorder.head().size):
        for fact in recorder.facts(kind=(*by_kind, _RESOLVED), since=since, until=size):
            if fact.kind == _RESOLVED:
                _resume(workspace, by_kind, fact)
            for reaction in by_kind.get(fact.kind, ()):
                _react(workspace, reaction, fact)
        since = size
    return since


def waiting(workspace: "Workspace") -> Iterator[Fact]:
    """Yield the failures that nobody has resolved, oldest first: each holds up its lane."""
    resolved = {cause for fact in workspace.recorder.facts(kind=_RESOLVED) for cause in fact.caused_by}
    for fact in workspace.recorder.facts(kind=_FAILED):
        if fact.id not in resolved:
            yield fact


def resolve(workspace: "Workspace", failure: Fact, choice: Choice, reason: str, actor: Actor) -> Fact:
    """Record that a failed reaction is to be tried again (`retry`) or left (`skip`), and why.

    What was held up behind it follows by itself when the decision is followed. Raises `ConflictError` when
    the failure is resolved already, `UsageError` without a reason.
    """
    failed = failure.read(ReactionFailed)
    if not reason.strip():
        raise UsageError("work.no-reason", "A failed reaction is not resolved without a reason.", "Say why.")
    if failure not in waiting(workspace):
        raise ConflictError(
            "work.resolved", f"The failure in entry {failure.index} is resolved already.", "probative doctor"
        )
    body = ReactionResolved(
        reaction=failed.reaction, system=failed.system, fact=failed.fact, choice=choice, reason=reason
    )
    return workspace.recorder.append(_draft(body, failure.id, actor, f"resolved:{failure.id}"))[0]


def _react(workspace: "Workspace", reaction: Reaction, fact: Fact, cause: str = "") -> None:
    """Act once; a failure, or a lane that is already held up, is recorded instead.

    `cause` is the decision that lets a reaction be tried again: what fails then is a failure of its own.
    """
    recorder = workspace.recorder
    system = str(fact.body.get("system", ""))
    done, failed = f"done:{reaction.name}:{fact.id}", f"failed:{reaction.name}:{cause or fact.id}"
    if any(next(recorder.facts(key=key), None) is not None for key in (done, failed)):
        return
    try:
        if any(place < fact.index for place, _ in _held_up(workspace, reaction.name, system)):
            raise ConflictError(HELD, "An earlier reaction in this lane is unresolved.")
        reaction.act(workspace, fact)
    except ProbativeError as error:
        code, sentence = error.code, str(error)
    except Exception as error:  # noqa: BLE001  # a bug of ours in one lane must not stop the others
        code, sentence = "bug", f"This is a bug of ours: {type(error).__name__}: {error}."
    else:
        carried_out = ReactionDone(reaction=reaction.name, system=system, fact=fact.id)
        recorder.append(_draft(carried_out, cause or fact.id, ENGINE, done))
        return
    body = ReactionFailed(reaction=reaction.name, system=system, fact=fact.id, code=code, sentence=sentence)
    recorder.append(_draft(body, cause or fact.id, ENGINE, failed))


def _resume(workspace: "Workspace", by_kind: dict[str, list[Reaction]], resolution: Fact) -> None:
    """Try again what was decided to be, then free the next one that was held up behind it."""
    decided = resolution.read(ReactionResolved)
    if decided.choice == "retry":
        fact = workspace.recorder.fact(decided.fact)
        for reaction in by_kind.get(fact.kind, ()):
            if reaction.name == decided.reaction:
                _react(workspace, reaction, fact, resolution.id)
    for _, failure in _held_up(workspace, decided.reaction, decided.system)[:1]:
        if failure.body["code"] == HELD:
            resolve(workspace, failure, "retry", "the reaction before it is resolved", ENGINE)


def _held_up(workspace: "Workspace", reaction: str, system: str) -> list[tuple[int, Fact]]:
    """Return the unresolved failures of a lane, each with the place of the fact it is about, in order."""
    lane = [
        (workspace.recorder.fact(failure.body["fact"]).index, failure)
        for failure in waiting(workspace)
        if (failure.body["reaction"], failure.body["system"]) == (reaction, system)
    ]
    return sorted(lane, key=lambda held: held[0])


def _draft(
    body: ReactionDone | ReactionFailed | ReactionResolved, cause: str, actor: Actor, key: str
) -> Draft:
    about = (subject(f"system/{body.system}"),)
    return Draft(body=body, subjects=about, actor=actor, caused_by=(cause,), key=key)
