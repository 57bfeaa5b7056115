"""Monitors: declare, run, read, and silence them.

**Promise**: nothing looked at is said, with status 8; it never looks like nothing found.
**Not here**: the rows they read (`rows`).
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from probative.cli.output import json_option, print_json
from probative.cli.session import Instant, current_actor, open_workspace
from probative.cli.watch.files import (
    FILE,
    paint,
    read_text,
    say,
)
from probative.kernel.clock import format_instant
from probative.kernel.errors import UsageError

if TYPE_CHECKING:
    pass

_NOTHING_TO_RUN = 8


@click.command()
@click.argument("file", type=FILE)
@click.option("--system", help="The system, if the file does not name it.")
@click.option(
    "--reference", "reference_digest", metavar="SHA256", help="The reference, if the file names none."
)
@json_option
def declare(file: Path, system: str | None, reference_digest: str | None, as_json: bool) -> None:
    """Declare a monitor from a TOML file.

    A monitor of the same name gets its next version; old readings keep theirs.

    \b
    Example file:
      template = "tabular-drift"     # or tabular-performance, tabular-fairness; its values can be replaced
      system = "loans"
      monitor = "drift"
      owner = "p-017"
      reference = "<digest that watch reference printed>"
      [[measures]]                   # replaces the template's measures
      measure = "psi"
      columns = ["@features"]
      threshold = "psi-convention"   # or watch = 0.1 and breach = 0.25 of your own
    """
    from probative.watch.monitor import parse_monitor

    workspace = open_workspace()
    given = {"system": system, "reference": reference_digest}
    monitor = parse_monitor(
        read_text(file), workspace.clock.now().date(), {name: value for name, value in given.items() if value}
    )
    fact = workspace.watcher.declare(monitor, current_actor())
    version = fact.body["version"]
    say(
        fact,
        as_json,
        f"Monitor '{monitor.monitor}' of {monitor.system}, version {version}, is entry {fact.index}.",
    )


@click.command()
@click.argument("system", required=False)
@click.option("--monitor", help="Only this monitor.")
@click.option("--until", type=Instant(), help="As of this instant instead of now.")
@json_option
def run(system: str | None, monitor: str | None, until: datetime | None, as_json: bool) -> int:
    """Read the windows that are due, and raise signals.

    Windows missed in a pause are caught up; late outcomes lead to new readings of old windows.

    Ends with 8 when there is no monitor to run: nothing looked at is not the same as nothing found.
    """
    from probative.watch import terminal
    from probative.watch.facts import ReadingTaken, SignalRaised

    watcher = open_workspace().watcher
    systems = [system] if system else sorted({name for name, _ in watcher.monitors()})
    facts = [fact for name in systems for fact in watcher.evaluate(name, monitor, until)]
    if as_json:
        print_json(facts)
    elif facts:
        found = [fact.read(ReadingTaken) for fact in facts if fact.kind == "watch.reading-taken"]
        click.echo(terminal.readings(found, paint))
        for fact in facts:
            if fact.kind == "watch.signal-raised":
                click.echo(f"\n{terminal.signal(fact.read(SignalRaised), None, paint)}")
    declared = any(watcher.monitors(name) for name in systems)
    if not as_json and not facts:
        click.echo(
            "Nothing new: every window that has ended is read." if declared else "No monitor is declared."
        )
    return 0 if declared else _NOTHING_TO_RUN


@click.command()
@click.argument("system")
@click.option("--monitor", help="Only this monitor.")
@click.option("--last", type=click.IntRange(1), default=30, show_default=True, help="How many, newest last.")
@click.option("--every", is_flag=True, help="Also readings that a later one of the same window replaced.")
@click.option("--measures", "in_full", is_flag=True, help="Show the listed measures of each reading.")
@click.option(
    "--recompute", is_flag=True, help="Compute each again from the counts it names; 7 if it differs."
)
@json_option
def readings(
    system: str, monitor: str | None, last: int, every: bool, in_full: bool, recompute: bool, as_json: bool
) -> None:
    """Show what monitors have read, by window."""
    from probative.watch import terminal
    from probative.watch.facts import ReadingTaken

    watcher = open_workspace().watcher
    found = watcher.readings(system, monitor, latest=not every)[-last:]
    bodies = [watcher.recompute(fact) if recompute else fact.read(ReadingTaken) for fact in found]
    if as_json:
        print_json(found)
        return
    if not in_full:
        click.echo(terminal.readings(bodies, paint))
    for body in bodies if in_full else ():
        click.echo(terminal.readings([body], paint))
        click.echo(f"{terminal.measures(body.measures, paint)}\n")
    if recompute:
        click.echo(f"{len(bodies)} readings computed again from their counts: all the same.")


@click.command()
@click.argument("system")
@click.option("--open", "only_open", is_flag=True, help="Only signals that have not cleared.")
@json_option
def signals(system: str, only_open: bool, as_json: bool) -> None:
    """Show the signals of a system."""
    from probative.watch import terminal

    found = [each for each in open_workspace().watcher.signals(system) if not (only_open and each.cleared_at)]
    if as_json:
        print_json([{"fact": each.fact, "cleared_at": each.cleared_at} for each in found])
        return
    texts = [terminal.signal(each.raised, each.cleared_at, paint) for each in found]
    click.echo("\n\n".join(texts) or f"No {'open ' if only_open else ''}signal of {system}.")


@click.command()
@click.argument("system")
@click.argument("monitor")
@click.option("--owner", required=True, help="Who answers for the silence.")
@click.option("--reason", required=True, help="Why nobody needs to be woken.")
@click.option("--until", type=Instant(), help="Until when,")
@click.option("--days", type=click.IntRange(1, 30), help="or for how many days (30 at most).")
@click.option("--column", "columns", multiple=True, help="Only signals about this column; can be repeated.")
@json_option
def silence(
    system: str,
    monitor: str,
    owner: str,
    reason: str,
    until: datetime | None,
    days: int | None,
    columns: tuple[str, ...],
    as_json: bool,
) -> None:
    """Hold back a monitor's new signals for a while.

    Readings go on and show what they find; a signal that still stands at the end is raised then.
    """
    workspace = open_workspace()
    if until is None:
        if days is None:
            raise UsageError("watch.silence-expiry", "The silence has no end.", "Give --days or --until.")
        until = workspace.clock.now() + timedelta(days=days)
    fact = workspace.watcher.silence(
        system,
        monitor,
        owner=owner,
        reason=reason,
        expires_at=until,
        actor=current_actor(),
        columns=columns,
    )
    say(fact, as_json, f"Monitor '{monitor}' of {system} is silent until {format_instant(until)[:16]}Z.")
