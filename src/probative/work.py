"""The work that waits: sealing, readings, reactions, clock warnings, publishing.

**Promise**: each piece is safe to repeat and to interrupt; what one process leaves, the next one finishes;
one worker at a time, the others go on without waiting.
**Not here**: the pieces (rooms), and when a process runs them (`probative serve`, `run`, any verb).
"""

from typing import TYPE_CHECKING

import msgspec

from probative.reactions import ENGINE, HELD, follow, waiting

if TYPE_CHECKING:
    from probative.workspace import Workspace

POSITION_FILE = "record/reactions.position"


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What one round of work did."""

    followed: int
    sealed: int
    read: int
    warned: int
    published: int


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A reaction that failed and holds up its lane: the fact that says so, and why."""

    fact: str
    sentence: str


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """What waits: facts not yet followed, entries not yet published, failures that hold up others."""

    unfollowed: int
    unpublished: int
    failures: tuple[Failure, ...]


def catch_up(workspace: "Workspace") -> None:
    """Do what any verb owes: react to facts that nobody followed yet. Costs one read when there are none."""
    recorder = workspace.recorder
    # Asked again after the turn is given back: whoever recorded a fact meanwhile got no turn and went on.
    while read_position(workspace) < recorder.head().size:
        with workspace.only_worker() as mine:
            if not mine:
                return
            write_position(workspace, follow(workspace, read_position(workspace)))


def work(workspace: "Workspace") -> Done:
    """Do one full round: seal what is due, take due readings, react, warn of legal clocks, publish."""
    before = read_position(workspace)
    sealed = len(workspace.decisions.seal())
    read = _take_readings(workspace)
    catch_up(workspace)
    warned = len(workspace.responder.run_due(ENGINE).warned)
    catch_up(workspace)
    size = workspace.recorder.head().size
    workspace.recorder.checkpoint()
    return Done(
        followed=read_position(workspace) - before, sealed=sealed, read=read, warned=warned, published=size
    )


def _take_readings(workspace: "Workspace") -> int:
    """Read every monitored window that is due; return how many facts that made."""
    declared = workspace.recorder.facts(kind="watch.monitor-declared")
    systems = sorted({str(fact.body["system"]) for fact in declared})
    return sum(len(workspace.watcher.evaluate(system)) for system in systems)


def lag(workspace: "Workspace") -> Lag:
    """Return what waits now."""
    size = workspace.recorder.head().size
    return Lag(
        unfollowed=size - read_position(workspace),
        unpublished=size - workspace.published_size(),
        failures=tuple(
            Failure(fact=fact.id, sentence=fact.body["sentence"])
            for fact in waiting(workspace)
            if fact.body["code"] != HELD
        ),
    )


def read_position(workspace: "Workspace") -> int:
    """Return the ledger size up to which reactions have followed; 0 where it was never saved.

    Losing it is harmless: effects are keyed by the fact that caused them. One that the ledger has not
    reached belongs to another copy of it, and is lost.
    """
    text = workspace.read_file(POSITION_FILE) or b""
    position = int(text) if text.isdigit() else 0
    return position if position <= workspace.recorder.head().size else 0


def write_position(workspace: "Workspace", size: int) -> None:
    """Save the position; a newer one replaces it in one step."""
    workspace.write_file(POSITION_FILE, str(size).encode())
