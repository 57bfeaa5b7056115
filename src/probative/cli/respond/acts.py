"""Commands that act on systems and evidence: stop, verify, capture, roll back, resume, the switch.

**Promise**: every command is one call; a stop that did not take effect ends with status 6, never 0.
**Not here**: what must have happened before (`probative.respond.contain.rules`).
"""

from datetime import datetime, timedelta

import click

from probative.cli.output import json_option, print_json
from probative.cli.respond.words import responder, say_change, say_fact
from probative.cli.session import Instant, current_actor

_VARIANT = click.Choice(["fallback", "on"])


@click.command()
@click.argument("incident")
@click.option("--reason", required=True, help="Why, for the record.")
@click.option("--system", help="The system, when the ledger is out of reach.")
@json_option
def stop(incident: str, reason: str, system: str | None, as_json: bool) -> None:
    """Stop the incident's system now; waits for nothing.

    No approval, no capture and no ledger is waited for: a pointer is sealed, the flag is turned off and
    looked at, and the rest is written down afterwards. Without an incident, declare one first: it takes
    one command.
    """
    say_change(responder().stop(incident, reason, current_actor(), system), as_json)


@click.command()
@click.argument("incident")
@click.option(
    "--window", type=int, default=60, show_default=True, metavar="S", help="At least so many seconds."
)
@json_option
def verify(incident: str, window: int, as_json: bool) -> int:
    """Verify a stop from the decision log.

    Ends with 0 when the log is silent where there was traffic, 1 when decisions went on, 8 when the log
    cannot tell.
    """
    found = responder().verify_stop(incident, current_actor(), timedelta(seconds=window))
    if as_json:
        print_json(found)
    else:
        click.echo(f"{found.outcome.value}: {found.reason}")
    return found.outcome.exit_status


@click.command()
@click.argument("incident")
@click.option(
    "--baseline", type=int, default=7, show_default=True, metavar="DAYS", help="Days before the onset."
)
@json_option
def capture(incident: str, baseline: int, as_json: bool) -> None:
    """Capture the evidence before anything else is changed."""
    fact = responder().evidence.capture(incident, current_actor(), baseline=timedelta(days=baseline))
    items, gaps = fact.body["items"], fact.body["gaps"]
    say_fact(fact, f"Sealed {len(items)} items, manifest {fact.body['manifest'][:12]}.", as_json)
    for gap in () if as_json else gaps:
        click.echo(f"  gap: {gap}")


@click.command()
@click.argument("incident")
@click.option("--until", type=Instant(), help="The end; the stop otherwise.")
@json_option
def affected(incident: str, until: datetime | None, as_json: bool) -> None:
    """Freeze the list of affected decisions and people."""
    fact = responder().evidence.freeze_affected(incident, current_actor(), until=until)
    counts = f"{fact.body['decisions']} decisions about {fact.body['people']} people"
    say_fact(fact, f"Frozen: {counts}; the list is blob {fact.body['list'][:12]}.", as_json)


@click.command()
@click.argument("incident")
@click.option("--variant", type=_VARIANT, required=True, help="What it may answer again.")
@click.option("--reason", required=True, help="Why it is safe.")
@json_option
def approve(incident: str, variant: str, reason: str, as_json: bool) -> None:
    """Approve, as one of two persons, that the system answers again.

    The other person then carries it out: probative respond rollback (or resume).
    """
    room = responder()
    fact = room.switch.approve(
        room.incident(incident).system,
        incident,
        "on" if variant == "on" else "fallback",
        reason,
        current_actor(),
    )
    say_fact(fact, f"Approved: '{variant}' may answer again.", as_json)


@click.command()
@click.argument("incident")
@click.option("--reason", required=True, help="Why, for the record.")
@json_option
def rollback(incident: str, reason: str, as_json: bool) -> None:
    """Serve the fallback release.

    From a running system at once; from a stopped one after another person approved it. The evidence must
    have been captured.
    """
    room = responder()
    system = room.incident(incident).system
    say_change(room.switch.rollback(system, incident, reason, current_actor()), as_json)


@click.command()
@click.argument("incident")
@click.option("--reason", required=True, help="Why, for the record.")
@json_option
def resume(incident: str, reason: str, as_json: bool) -> None:
    """Serve the armed release again, after the gate let it through."""
    room = responder()
    system = room.incident(incident).system
    say_change(room.switch.resume(system, incident, reason, current_actor()), as_json)


@click.group()
def switch() -> None:
    """The flag that production obeys: arm it, look at it.

    \b
    Examples:
      probative respond switch arm loans 2.1 --fallback 2.0
      probative respond switch show loans
    """


@switch.command()
@click.argument("system")
@click.argument("release")
@click.option("--fallback", help="The release to fall back to.")
@json_option
def arm(system: str, release: str, fallback: str | None, as_json: bool) -> None:
    """Name the releases that the flag's variants serve; never starts or stops anything."""
    say_change(responder().switch.arm(system, release, fallback, current_actor()), as_json)


@switch.command("show")
@click.argument("system")
@json_option
def show_switch(system: str, as_json: bool) -> None:
    """Show what the flag answers now, evaluated as production evaluates it."""
    found = responder().switch.reading(system)
    if as_json:
        print_json(found._asdict())
    else:
        serves = f", serving '{found.value}'" if found.value else ""
        click.echo(f"{found.variant or 'no answer'}{serves} ({found.reason}) {found.error}".rstrip())


@switch.command()
@click.argument("incident")
@click.option("--reason", required=True, help="Why the evidence cannot be captured first.")
@json_option
def override(incident: str, reason: str, as_json: bool) -> None:
    """Let the system be changed before its evidence is captured; the commander only."""
    room = responder()
    fact = room.switch.override_lock(room.incident(incident).system, incident, reason, current_actor())
    say_fact(fact, "The alteration lock is overridden.", as_json)
