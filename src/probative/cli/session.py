"""What a command works on: the workspace and the actor that the command line names.

**Promise**: the workspace comes from `--workspace`, `PROBATIVE_WORKSPACE` or this folder; waiting work is
caught up after any command that opened it.
**Not here**: rules, and opening adapters (`probative.workspace`).
"""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from probative.kernel.clock import format_instant, parse_instant
from probative.kernel.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from probative.kernel.actor import Actor
    from probative.workspace import Workspace


class Session:
    """One run of the command line."""

    def __init__(self, workspace: str, as_actor: str | None) -> None:
        """Keep what the root options say; nothing is opened yet."""
        self.folder = Path(workspace)
        self._as = as_actor
        self._workspace: Workspace | None = None

    def workspace(self) -> "Workspace":
        """Open the workspace once."""
        if self._workspace is None:
            # Opening pulls in cryptography and SQLite: only commands that need them pay.
            from probative.workspace import Workspace

            self._workspace = Workspace.open(self.folder)
        return self._workspace

    def actor(self) -> "Actor":
        """Return who acts: `--as ID:ROLE`, else the workspace's default."""
        return parse_actor(self._as) if self._as else self.workspace().actor


def session() -> Session:
    """Return the session of the running command."""
    found = click.get_current_context().find_object(Session)
    return found if found is not None else Session(".", None)


def open_workspace() -> "Workspace":
    """Return the workspace that the command line names; after the command, waiting work is caught up."""
    workspace = session().workspace()
    context = click.get_current_context()
    root = context.find_root()
    if "caught-up" not in root.meta:
        root.meta["caught-up"] = True
        root.call_on_close(lambda: _catch_up(workspace))
    return workspace


def _catch_up(workspace: "Workspace") -> None:
    """Do what any verb owes; that it cannot be done now does not undo what the command did."""
    from probative.work import catch_up

    if sys.exc_info()[0] is not None:
        # The command failed: it leaves everything as it was, waiting work included.
        return
    try:
        catch_up(workspace)
    except UnavailableError as error:
        click.echo(f"waiting work is left for later: {error}", err=True)


def current_actor() -> "Actor":
    """Return who the running command acts as."""
    return session().actor()


def parse_actor(text: str) -> "Actor":
    """Read `ID:ROLE`; anything else raises `UsageError`.

    >>> parse_actor("p-017:model-owner").role
    'model-owner'
    """
    # Imported here because msgspec would double the time that --help takes.
    from probative.kernel.actor import Actor

    actor_id, colon, role = text.partition(":")
    if not colon:
        raise UsageError("actor.malformed", f"'{text[:80]}' is not ID:ROLE.", "Write --as p-017:model-owner.")
    return Actor(id=actor_id, role=role)


class Instant(click.ParamType[datetime]):
    """An option's value that is an RFC 3339 instant."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the instant; click shows the error with the option's name."""
        if isinstance(value, datetime):
            return value
        try:
            return parse_instant(str(value))
        except UsageError as error:
            self.fail(f"{error} {error.hint}", param, ctx)


def show_instant(at: datetime) -> str:
    """Return an instant for a person: UTC, to the second.

    >>> show_instant(parse_instant("2026-11-21T09:00:00Z"))
    '2026-11-21 09:00:00 UTC'
    """
    return f"{format_instant(at)[:19].replace('T', ' ')} UTC"
