"""What the demo's acts share: the workspace, the clock they turn, and how they print.

**Promise**: lines are short and plain without a terminal; colours only on one.
**Not here**: the acts.
"""

from datetime import timedelta
from pathlib import Path

import click

from probative.kernel.actor import Actor
from probative.kernel.clock import ManualClock
from probative.workspace import Workspace

SYSTEM = "credit-scoring"
RELEASE = "1.1.0"
FALLBACK = "1.0.0"
ENDPOINT = "scoring-api"

# Pseudonymous people, each in the role they act in.
PEOPLE = {
    role: Actor(id=f"p-{number:03d}", role=role)
    for number, role in enumerate(
        (
            "model-owner",
            "business-owner",
            "compliance",
            "chief-risk-officer",
            "incident-commander",
            "data-protection-officer",
            "data-science",
            "sre",
            "legal",
            "support",
            "communications",
            "ai-ethics-officer",
            "scribe",
        ),
        start=1,
    )
}


class Stage:
    """One run of the demo: everything that an act needs from the acts before it."""

    def __init__(self, workspace: Workspace, clock: ManualClock, seed: int) -> None:
        """Play in `workspace`, on `clock`, with `seed` for every choice that chance makes."""
        self.workspace = workspace
        self.clock = clock
        self.seed = seed

    @property
    def folder(self) -> Path:
        """Where files that a user would have lie."""
        return self.workspace.folder / "inputs"

    def file(self, name: str, data: bytes) -> Path:
        """Write an input file as a user would have it, and return its path."""
        self.folder.mkdir(exist_ok=True)
        path = self.folder / name
        path.write_bytes(data)
        return path

    def later(self, **by: float) -> None:
        """Turn the demo's clock forward."""
        self.clock.advance(timedelta(**by))


def act(number: int, title: str) -> None:
    """Begin an act."""
    click.echo()
    click.secho(f"{number}  {title}", bold=True)


def command(text: str) -> None:
    """Show what a user would type for what happens next."""
    click.secho(f"   $ probative {text}", fg="cyan")


def say(text: str, *, good: bool | None = None) -> None:
    """Print one line of what happened; `good` colours it on a terminal."""
    colour = None if good is None else "green" if good else "red"
    click.secho(f"   {text}", fg=colour)
