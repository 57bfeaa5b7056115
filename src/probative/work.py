"""The work that waits: reactions, sealing, clock warnings, publishing.

**Promise**: each piece is safe to repeat and to interrupt; what one process leaves, the next one finishes;
one worker at a time, the others go on without waiting.
**Not here**: the pieces (rooms), and when a process runs them (`probative serve`, `run`, any verb).
"""

from typing import TYPE_CHECKING

import msgspec

from probative.reactions import ENGINE, follow, waiting

if TYPE_CHECKING:
    from probative.workspace import Workspace

POSITION_FILE = "record/reactions.position"


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What one round of work did."""

    followed: int
    sealed: int
    warned: int
    published: int


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """What waits: facts not yet followed, entries not yet published, open rows, failures holding up lanes."""

    unfollowed: int
    unpublished: int
    failures: tuple[str, ...]


def catch_up(workspace: "Workspace") -> None:
    """Do what any verb owes: react to facts that nobody followed yet. Costs one read when there are none."""
    recorder = workspace.recorder
    since = read_position(workspace)
    if since >= recorder.head().size:
        return
    with workspace.only_worker() as mine:
        if mine:
            write_position(workspace, follow(workspace, read_position(workspace)))


def work(workspace: "Workspace") -> Done:
    """Do one full round: catch up, seal what is due, warn of legal clocks, publish."""
    before = read_position(workspace)
    catch_up(workspace)
    sealed = len(workspace.decisions.seal())
    warned = len(workspace.responder.run_due(ENGINE).warned)
    catch_up(workspace)
    size = workspace.recorder.head().size
    workspace.recorder.checkpoint()
    return Done(followed=read_position(workspace) - before, sealed=sealed, warned=warned, published=size)


def lag(workspace: "Workspace") -> Lag:
    """Return what waits now."""
    size = workspace.recorder.head().size
    return Lag(
        unfollowed=size - read_position(workspace),
        unpublished=size - workspace.published_size(),
        failures=tuple(fact.body["sentence"] for fact in waiting(workspace)),
    )


def read_position(workspace: "Workspace") -> int:
    """Return the ledger size up to which reactions have followed; 0 where it was never saved.

    Losing it is harmless: effects are keyed by the fact that caused them.
    """
    try:
        return int((workspace.folder / POSITION_FILE).read_text())
    except (FileNotFoundError, ValueError):
        return 0


def write_position(workspace: "Workspace", size: int) -> None:
    """Save the position; a newer one replaces it in one step."""
    workspace.write_file(POSITION_FILE, str(size).encode())
