"""Incident commands: open, list, show, take, assess, task, corrective action, close.

**Promise**: every command is one call of the responder or its journal.
**Not here**: acts on systems and evidence (`acts`).
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click
import msgspec

from probative.cli.output import columns, json_option, print_json
from probative.cli.respond.words import pairs, responder, say_fact
from probative.cli.session import Instant, current_actor, open_workspace, show_instant

if TYPE_CHECKING:
    from probative.respond.incident import Incident
    from probative.respond.severity import Dimensions

_HARM = click.Choice(["none", "minor", "serious", "death"])
_DATA = click.Choice(["none", "suspected", "confirmed", "special"])
_KIND = click.Choice(["performance", "fairness", "safety", "privacy", "security", "misuse", "vendor"])


def _dimension_options(command: Any) -> Any:
    """Add the options from which severity is assessed."""
    for option in (
        click.option("--harm", type=_HARM, help="Harm to persons.", default="none", show_default=True),
        click.option("--legal-effect", is_flag=True, help="Decisions with legal or like effect."),
        click.option("--disparity", is_flag=True, help="Groups are treated differently."),
        click.option("--people", type=int, default=0, help="How many people are affected."),
        click.option("--data", type=_DATA, default="none", show_default=True, help="Personal data exposed."),
        click.option("--letter", is_flag=True, help="An authority has sent a letter."),
        click.option("--public", is_flag=True, help="It is publicly known."),
    ):
        command = option(command)
    return command


def _dimensions(told: dict[str, Any]) -> "Dimensions":
    from probative.respond.severity import Dimensions

    return Dimensions(
        harm=told["harm"],
        legal_effect=told["legal_effect"],
        disparity=told["disparity"],
        people=told["people"],
        data=told["data"],
        regulator="letter" if told["letter"] else "none",
        publicity="national" if told["public"] else "none",
    )


@click.command()
@click.argument("system")
@click.option("--title", required=True, help="The failure in one line; no names of people.")
@click.option("--kind", type=_KIND, default="performance", show_default=True)
@click.option("--onset", type=Instant(), required=True, help="The first affected decision.")
@click.option("--detected", type=Instant(), help="When it was seen; now otherwise.")
@click.option("--severity", type=click.IntRange(1, 4), help="Worse than the dimensions say: 1 is the worst.")
@click.option("--technique", "techniques", multiple=True, metavar="AML.T…", help="MITRE ATLAS technique.")
@click.option("--role", "roles", multiple=True, metavar="ROLE=ID", help="Who holds a role in this incident.")
@_dimension_options
@json_option
def declare(
    system: str,
    title: str,
    kind: str,
    onset: datetime,
    detected: datetime | None,
    severity: int | None,
    techniques: tuple[str, ...],
    roles: tuple[str, ...],
    as_json: bool,
    **told: Any,
) -> None:
    """Open an incident by hand.

    \b
    Example:
      probative respond declare loans --title "Accuracy fell by a fifth" --legal-effect \\
        --onset 2026-11-15T09:00:00Z --role incident-commander=p-007
    """
    from probative.respond.declaring import Opening

    opening = Opening(
        system=system,
        title=title,
        kind=kind,
        onset_at=onset,
        detected_at=detected or open_workspace().clock.now(),
        dimensions=_dimensions(told),
        severity=severity,
        techniques=techniques,
        roles=pairs(roles),
    )
    incident = responder().declare(opening, current_actor())
    if as_json:
        print_json(_plain(incident))
        return
    click.echo(f"Opened {incident.id}, severity {incident.severity} (floor {incident.floor}).")
    click.echo(f"Next: probative respond stop {incident.id} --reason WHY")


@click.command("list")
@click.option("--system", help="Only incidents of this system.")
@click.option("--drills", is_flag=True, help="Drills instead of live incidents.")
@json_option
def list_(system: str | None, drills: bool, as_json: bool) -> None:
    """List incidents, newest first."""
    found = responder().incidents(system, drills=drills)
    if as_json:
        print_json([_plain(incident) for incident in found])
    elif not found:
        click.echo("No incidents.")
    else:
        rows = [
            (i.id, i.system, str(i.severity), i.status, show_instant(i.detected_at), i.declared.title)
            for i in found
        ]
        click.echo(columns(rows, ("incident", "system", "severity", "status", "detected", "title")))


@click.command()
@click.argument("incident")
@click.option("--at", "size", type=int, metavar="SIZE", help="As the ledger of this size knew it.")
@json_option
def show(incident: str, size: int | None, as_json: bool) -> None:
    """Show an incident: how it stands, its open points, its timeline."""
    room = responder()
    found = room.incident(incident, until=size)
    points = room.open_points(incident) if size is None and found.closed_at is None else []
    if as_json:
        print_json({**_plain(found), "timeline": found.timeline, "open_points": points})
        return
    click.echo(f"{found.id}  {found.declared.title}")
    level = f"severity {found.severity} (floor {found.floor})"
    click.echo(f"{found.system}, {found.declared.kind}, {level}, {found.status}")
    click.echo(f"onset {show_instant(found.onset_at)}, detected {show_instant(found.detected_at)}\n")
    for entry in found.timeline:
        late = (
            "" if entry.recorded_at == entry.occurred_at else f" (recorded {show_instant(entry.recorded_at)})"
        )
        click.echo(f"{show_instant(entry.occurred_at)}  {entry.text}  [{entry.actor}, {entry.role}]{late}")
    if points:
        click.echo("\nOpen:")
        for point in points:
            click.echo(f"  {point.sentence}\n    {point.hint}")


@click.command()
@click.argument("incident")
@json_option
def take(incident: str, as_json: bool) -> None:
    """Take an incident: the time to acknowledge ends."""
    actor = current_actor()
    say_fact(responder().journal.acknowledge(incident, actor), f"{incident} is taken by {actor.id}.", as_json)


@click.command()
@click.argument("incident")
@click.option("--severity", type=click.IntRange(1, 4), help="Another level than the dimensions give.")
@click.option("--approver", default="", help="Who approves that it is lowered; never you.")
@click.option("--reason", default="", help="Why.")
@_dimension_options
@json_option
def assess(
    incident: str, severity: int | None, approver: str, reason: str, as_json: bool, **told: Any
) -> None:
    """Assess the severity anew; lowering needs another person and a reason.

    \b
    Example:
      probative respond assess inc-2026-0001 --legal-effect --people 412
    """
    fact = responder().journal.assess(
        incident, _dimensions(told), current_actor(), severity=severity, approver=approver, reason=reason
    )
    if fact is not None:
        say_fact(fact, f"Severity {fact.body['before']} -> {fact.body['after']}.", as_json)
    elif as_json:
        print_json(None)
    else:
        click.echo("Nothing changed.")


@click.command()
@click.argument("incident")
@click.argument("task")
@click.option("--title", required=True, help="What is to be done, in one line.")
@click.option("--owner", required=True, metavar="ID", help="Who does it.")
@click.option("--due", type=Instant(), help="Until when.")
@click.option("--days", type=click.IntRange(1, 3650), help="Within so many days, instead of --due.")
@click.option("--state", type=click.Choice(["open", "done", "dropped"]), default="open", show_default=True)
@json_option
def task(
    incident: str,
    task: str,
    title: str,
    owner: str,
    due: datetime | None,
    days: int | None,
    state: Any,
    as_json: bool,
) -> None:
    """Set a task with an owner; the last word counts."""
    fact = responder().journal.task(
        incident, task, title, owner, current_actor(), due_at=_due(due, days), state=state
    )
    say_fact(fact, f"Task {task} of {incident} is {state}, owned by {owner}.", as_json)


@click.command()
@click.argument("incident")
@click.argument("corrective")
@click.option("--title", help="What will be changed for good, in one line.")
@click.option("--owner", metavar="ID", help="Who sees to it.")
@click.option("--due", type=Instant(), help="Until when.")
@click.option("--days", type=click.IntRange(1, 3650), help="Within so many days, instead of --due.")
@click.option("--done", "evidence", multiple=True, metavar="FACT|DIGEST", help="It was done; this shows it.")
@json_option
def corrective(
    incident: str,
    corrective: str,
    title: str | None,
    owner: str | None,
    due: datetime | None,
    days: int | None,
    evidence: tuple[str, ...],
    as_json: bool,
) -> None:
    """Agree a corrective action, or record that it was done.

    \b
    Example:
      probative respond corrective inc-2026-0001 c1 --title "Check units at the door" \\
        --owner p-007 --days 30
      probative respond corrective inc-2026-0001 c1 --done 9f86d081884c
    """
    journal = responder().journal
    if evidence:
        say_fact(
            journal.settle(incident, corrective, evidence, current_actor()), f"{corrective} is done.", as_json
        )
        return
    due_at = _due(due, days)
    if title is None or owner is None or due_at is None:
        raise click.UsageError("Give --title, --owner and --days (or --due), or --done with what shows it.")
    fact = journal.agree(incident, corrective, title, owner, due_at, current_actor())
    say_fact(fact, f"Agreed {corrective}, owned by {owner}, due {show_instant(due_at)}.", as_json)


@click.command()
@click.argument("incident")
@click.option("--stop-not-needed", default="", metavar="WHY", help="Why nothing was stopped (or verified).")
@json_option
def close(incident: str, stop_not_needed: str, as_json: bool) -> None:
    """Close an incident; refused while anything is open."""
    closed = responder().close(incident, current_actor(), stop_not_needed)
    if as_json:
        print_json(_plain(closed))
    else:
        click.echo(
            f"Closed {closed.id}. Its metrics are in the last entry: probative respond show {closed.id}"
        )


@click.command()
@click.argument("signal", metavar="FACT")
@json_option
def react(signal: str, as_json: bool) -> None:
    """React to a signal by hand, as the engine does by itself."""
    found = responder().react(signal, current_actor())
    if as_json:
        print_json({**_plain(found.incident), "stopped": found.stop is not None, "proposed": found.proposed})
        return
    did = "stopped by standing order" if found.stop else "stop proposed" if found.proposed else "as it was"
    click.echo(f"{found.incident.id}, severity {found.incident.severity}: {did}.")


def _due(due: datetime | None, days: int | None) -> datetime | None:
    """Return the due date that was given as an instant or as a number of days."""
    if due is not None and days is not None:
        raise click.UsageError("Give either --due or --days.")
    return open_workspace().clock.now() + timedelta(days=days) if days is not None else due


def _plain(incident: "Incident") -> dict[str, Any]:
    """Return an incident as JSON values, without the timeline."""
    plain: dict[str, Any] = msgspec.to_builtins(incident)
    plain.pop("timeline")
    return plain
