"""`probative respond notice`: templates, drafts, approval by a second person, sending.

**Promise**: every command is one call of the notices' front class; templates are aids to writing, not legal
advice.
**Not here**: when a notice is due (`clocks`).
"""

from pathlib import Path

import click

from probative.cli.output import columns, json_option, print_json
from probative.cli.respond_legal.options import FILE, read_pairs, read_toml, responder, say
from probative.cli.session import current_actor


@click.group()
def notice() -> None:
    """Notices: drafted from the record, approved by a second person, sent with proof.

    \b
    Examples:
      probative respond notice template eu-dora-initial
      probative respond notice draft inc-1 eu-dora-initial --set entity="Example Bank AG" ...
      probative --as p-014:compliance respond notice approve inc-1.eu-dora-initial.1
      probative --as p-014:compliance respond notice send inc-1.eu-dora-initial.1 --to BaFin
    """


@notice.command("template")
@click.argument("name", required=False)
@json_option
def show_template(name: str | None, as_json: bool) -> None:
    """List the templates, or show one with its fields and source."""
    from probative.respond.notice.template import find_template

    templates = responder().notices.templates
    if name is None:
        if as_json:
            print_json(list(templates.values()))
        else:
            click.echo(
                columns(
                    [(t.id, t.obligation or "-", t.title) for t in templates.values()], ("id", "for", "title")
                )
            )
        return
    found = find_template(templates, name)
    if as_json:
        print_json(found)
        return
    click.echo(f"{found.title}\nTo: {found.recipient}\nSource: {found.source}\n")
    rows = [(f.name, "from the record" if f.record else "to be told", f.label) for f in found.field]
    click.echo(columns(rows, ("field", "value", "meaning")))


@notice.command()
@click.argument("incident")
@click.argument("name", metavar="TEMPLATE")
@click.option("--set", "values", multiple=True, metavar="FIELD=TEXT", help="A field's value.")
@click.option("--values", "file", type=FILE, help="Field values as a TOML file.")
@click.option(
    "--correct", "corrections", multiple=True, metavar="FIELD=REASON", help="Why a field differs now."
)
@json_option
def draft(
    incident: str,
    name: str,
    values: tuple[str, ...],
    file: Path | None,
    corrections: tuple[str, ...],
    as_json: bool,
) -> None:
    """Fill in a template; what the record knows is put in by itself."""
    told = {**_texts(file), **read_pairs(values, "--set")}
    room = responder()
    fact = room.notices.draft(incident, name, told, current_actor(), read_pairs(corrections, "--correct"))
    if as_json:
        print_json(fact)
        return
    click.echo(room.notices.text(fact.body["notice"]))
    click.echo(
        f"Drafted '{fact.body['notice']}'. Next: notice approve, by someone else of legal or compliance."
    )


@notice.command("list")
@click.argument("incident")
@json_option
def list_notices(incident: str, as_json: bool) -> None:
    """List the notices of an incident or inquiry."""
    found = responder().notices.of(incident)
    if as_json:
        print_json(found)
        return
    rows = [(n.name, n.status, n.drafted.drafter, n.approver or "-", n.drafted.recipient) for n in found]
    click.echo(columns(rows, ("notice", "status", "drafted by", "approved by", "to")))


@notice.command("show")
@click.argument("name", metavar="NOTICE")
def show_notice(name: str) -> None:
    """Print a notice's words."""
    click.echo(responder().notices.text(name), nl=False)


@notice.command()
@click.argument("name", metavar="NOTICE")
@json_option
def approve(name: str, as_json: bool) -> None:
    """Approve a draft of somebody else, as legal or compliance."""
    say([responder().notices.approve(name, current_actor())], as_json)


@notice.command()
@click.argument("name", metavar="NOTICE")
@click.option("--to", "recipient", default="", help="The authority or person, if not as in the template.")
@click.option("--receipt", type=FILE, help="An acknowledgement that came back.")
@json_option
def send(name: str, recipient: str, receipt: Path | None, as_json: bool) -> None:
    """Put an approved notice into the outbox and record it as sent."""
    content = receipt.read_bytes() if receipt else None
    fact = responder().notices.send(name, current_actor(), recipient=recipient, receipt=content)
    if as_json:
        print_json(fact)
        return
    click.echo(f"Sent '{name}' to {fact.body['recipient']}: file '{fact.body['file']}' in the outbox.")
    click.echo(f"Proof for the clock: probative respond clocks met ... --proof {fact.body['text']}")


def _texts(file: Path | None) -> dict[str, str]:
    return {} if file is None else dict(read_toml(file, dict[str, str]))
