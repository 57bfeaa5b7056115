"""The one table that lets a fact in one room cause an act in another: a signal opens an incident.

**Promise**: facts are followed in ledger order from a saved position; an effect carries the key
`reaction:fact`, so that following twice acts once; a failure is recorded and holds up only its own lane
(one reaction, one system) until somebody retries or skips it with a reason.
**Not here**: the acts themselves (each room's front class), and when to look (`probative.work`).
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec

from probative.kernel.actor import Actor
from probative.kernel.errors import ConflictError, ProbativeError
from probative.record.facts import Body, Draft, Fact, fact_kind, subject

if TYPE_CHECKING:
    from probative.workspace import Workspace

ENGINE = Actor(id="probative", role="sre", authority="reactions")
_FAILED = "work.reaction-failed"
_RESOLVED = "work.reaction-resolved"


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
    """Somebody decided what happens to a failed reaction: `choice` is retry or skip."""

    reaction: str
    system: str
    fact: str
    choice: str
    reason: str


class Reaction(msgspec.Struct, frozen=True):
    """When a fact of `kind` is recorded, `act` is called with the workspace and the fact."""

    name: str
    kind: str
    act: Callable[["Workspace", Fact], object]


REACTIONS: tuple[Reaction, ...] = (
    Reaction(
        "signal-opens-incident",
        "watch.signal-raised",
        lambda workspace, fact: workspace.responder.react(fact.id, ENGINE),
    ),
)


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
    """Yield the failures that nobody has resolved: each holds up its lane."""
    resolved = {
        (fact.body["reaction"], fact.body["fact"]) for fact in workspace.recorder.facts(kind=_RESOLVED)
    }
    for fact in workspace.recorder.facts(kind=_FAILED):
        if (fact.body["reaction"], fact.body["fact"]) not in resolved:
            yield fact


def resolve(workspace: "Workspace", failure: Fact, choice: str, reason: str, actor: Actor) -> Fact:
    """Record that a failed reaction is to be tried again (`retry`) or left (`skip`), and why."""
    failed = failure.read(ReactionFailed)
    body = ReactionResolved(
        reaction=failed.reaction, system=failed.system, fact=failed.fact, choice=choice, reason=reason
    )
    subjects = (subject(f"system/{failed.system}"),)
    return workspace.recorder.append(
        Draft(body=body, subjects=subjects, actor=actor, caused_by=(failure.id,))
    )[0]


def _react(workspace: "Workspace", reaction: Reaction, fact: Fact) -> None:
    """Act once; a failure, or a lane that is already held up, is recorded instead."""
    system = str(fact.body.get("system", ""))
    try:
        if any(_lane(held) == (reaction.name, system) for held in waiting(workspace)):
            raise ConflictError("work.lane-held", "An earlier reaction in this lane is unresolved.")
        reaction.act(workspace, fact)
    except ProbativeError as error:
        body = ReactionFailed(
            reaction=reaction.name, system=system, fact=fact.id, code=error.code, sentence=str(error)
        )
        workspace.recorder.append(
            Draft(
                body=body,
                subjects=(subject(f"system/{system}"),),
                actor=ENGINE,
                caused_by=(fact.id,),
                key=f"failed:{reaction.name}:{fact.id}",
            )
        )


def _resume(workspace: "Workspace", by_kind: dict[str, list[Reaction]], resolution: Fact) -> None:
    if resolution.body["choice"] != "retry":
        return
    fact = workspace.recorder.fact(resolution.body["fact"])
    for reaction in by_kind.get(fact.kind, ()):
        if reaction.name == resolution.body["reaction"]:
            reaction.act(workspace, fact)


def _lane(failure: Fact) -> tuple[str, str]:
    return failure.body["reaction"], failure.body["system"]
