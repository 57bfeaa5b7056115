"""Standing orders and legal holds.

**Promise**: every command is one call.
**Not here**: stopping (`acts`).
"""

from datetime import datetime, timedelta

import click

from probative.cli.output import columns, json_option, print_json
from probative.cli.respond.words import responder, say_fact
from probative.cli.session import Instant, current_actor, open_workspace, show_instant


@click.group()
def order() -> None:
    """Standing orders: leave to stop a system without asking.

    \b
    Examples:
      probative --as p-002:business-owner respond order give loans stop-on-drift --severity 2 --days 60
      probative respond order list loans
    """


@order.command()
@click.argument("system")
@click.argument("name")
@click.option(
    "--severity", type=click.IntRange(1, 4), default=2, show_default=True, help="This bad or worse."
)
@click.option("--measure", "measures", multiple=True, help="Only for signals of this measure.")
@click.option("--fallback", help="The release that persons will want to serve then.")
@click.option("--days", type=click.IntRange(1, 366), required=True, help="For so many days.")
@json_option
def give(
    system: str,
    name: str,
    severity: int,
    measures: tuple[str, ...],
    fallback: str | None,
    days: int,
    as_json: bool,
) -> None:
    """Sign an order: an incident that it covers stops the system by itself."""
    from probative.respond.facts import Trigger

    end = open_workspace().clock.now() + timedelta(days=days)
    trigger = Trigger(severity_max=severity, measures=measures)
    fact = responder().orders.give(system, name, trigger, end, current_actor(), fallback)
    say_fact(fact, f"'{name}' stops {system} at severity {severity}, until {show_instant(end)}.", as_json)


@order.command("list")
@click.argument("system")
@json_option
def list_orders(system: str, as_json: bool) -> None:
    """List the orders of a system that stand now."""
    found = responder().orders.live(system)
    if as_json:
        print_json(found)
    elif not found:
        click.echo("No live order: a signal only proposes a stop.")
    else:
        rows = [
            (
                o.order,
                str(o.trigger.severity_max),
                ", ".join(o.trigger.measures) or "any",
                o.signer,
                o.expires_at[:19],
            )
            for o in found
        ]
        click.echo(columns(rows, ("order", "severity", "measures", "signer", "until")))


@order.command()
@click.argument("system")
@click.argument("name")
@click.option("--reason", required=True, help="Why.")
@json_option
def withdraw(system: str, name: str, reason: str, as_json: bool) -> None:
    """Take an order back."""
    fact = responder().orders.withdraw(system, name, reason, current_actor())
    say_fact(fact, f"'{name}' is withdrawn.", as_json)


@click.group()
def hold() -> None:
    """Legal holds: what may neither be erased nor pruned.

    \b
    Examples:
      probative respond hold place inc-2026-0001 --since 2026-11-15T09:00:00Z --reason "incident"
      probative --as p-003:legal respond hold confirm hold-inc-2026-0001-1 --reason "litigation expected"
    """


@hold.command()
@click.argument("matter", metavar="INCIDENT|INQUIRY")
@click.option("--since", type=Instant(), required=True, help="From when.")
@click.option("--until", type=Instant(), help="Until when; still running otherwise.")
@click.option("--stream", "streams", multiple=True, help="Only this stream, for example decisions.")
@click.option("--reason", required=True, help="Why.")
@json_option
def place(
    matter: str,
    since: datetime,
    until: datetime | None,
    streams: tuple[str, ...],
    reason: str,
    as_json: bool,
) -> None:
    """Place a hold at once; provisional for seven days unless legal places it."""
    from probative.kernel.clock import format_instant
    from probative.respond.facts import HoldScope
    from probative.respond.matters import find_matter

    workspace = open_workspace()
    scope = HoldScope(
        system=find_matter(workspace.recorder, matter).system,
        since=format_instant(since),
        until=format_instant(until) if until else "",
        streams=streams,
    )
    fact = workspace.responder.holds.place(matter, scope, reason, current_actor())
    legal = " Legal confirms or lifts it within seven days." if fact.body["provisional"] else ""
    say_fact(fact, f"Held as {fact.body['hold']}.{legal}", as_json)


@hold.command()
@click.argument("name", metavar="HOLD")
@click.option("--reason", required=True, help="Why it stands.")
@json_option
def confirm(name: str, reason: str, as_json: bool) -> None:
    """Confirm a provisional hold, as legal."""
    say_fact(responder().holds.confirm(name, reason, current_actor()), f"{name} is confirmed.", as_json)


@hold.command()
@click.argument("name", metavar="HOLD")
@click.option("--reason", required=True, help="Why it may go.")
@json_option
def lift(name: str, reason: str, as_json: bool) -> None:
    """Lift a hold, as legal; what another hold covers stays held."""
    say_fact(responder().holds.lift(name, reason, current_actor()), f"{name} is lifted.", as_json)


@hold.command("list")
@click.option("--system", help="Only holds of this system.")
@json_option
def list_holds(system: str | None, as_json: bool) -> None:
    """List the holds that stand."""
    found = responder().holds.standing(system)
    now = open_workspace().clock.now()
    if as_json:
        print_json(found)
    elif not found:
        click.echo("Nothing is held.")
    else:
        rows = [
            (
                h.placed.hold,
                h.placed.system,
                f"{h.scope.since[:19]} to {h.scope.until[:19] or 'now'}",
                "confirmed" if h.confirmed else "OVERDUE for legal" if h.overdue(now) else "provisional",
            )
            for h in found
        ]
        click.echo(columns(rows, ("hold", "system", "span", "state")))
