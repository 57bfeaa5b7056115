"""`probative respond clocks`: which duties apply, when they fall due, and what was decided.

**Promise**: where a rule is shown, so are its source, its confidence and whether counsel has adopted it.
Not legal advice.
**Not here**: the rules (`probative.respond.deadlines`).
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from probative.cli.output import columns, json_option, print_json
from probative.cli.respond_legal.options import FILE, read_pairs, responder, say
from probative.cli.session import Instant, current_actor, show_instant
from probative.kernel.clock import parse_instant
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import UsageError

if TYPE_CHECKING:
    from probative.record.facts import Fact
    from probative.respond.deadlines import BoardRow

_COLOURS = {
    "running": "green",
    "met": "green",
    "overdue": "red",
    "met-late": "red",
    "proposed": "yellow",
    "needs-counsel": "yellow",
    "unconfirmed": "yellow",
}
_ANSWERS = {"yes": True, "no": False}
_BASES = click.Choice(["authority", "contract", "insurer", "internal"])


@click.group()
def clocks() -> None:
    """Legal clocks: which duties apply, when they fall due. Not legal advice.

    \b
    Examples:
      probative respond clocks rules --in DE
      probative respond clocks select inc-1 --in DE --role provider --role controller \\
          --tier high-risk --annex annex-iii --fact personal-data-breach=no
      probative respond clocks confirm inc-1 awareness --at 2026-12-16T09:17:00Z
      probative respond clocks board inc-1
    """


@clocks.command()
@click.option("--in", "place", help="Only rules of this place, for example DE or US-NY.")
@json_option
def rules(place: str | None, as_json: bool) -> None:
    """List the rules of the clock pack with status, confidence and source grade."""
    from probative.respond.deadlines.selection import lies_within

    pack = responder().deadlines.pack
    found = [o for o in pack.obligations.values() if place is None or lies_within(place, o.jurisdiction)]
    if as_json:
        print_json(found)
        return
    rows = [(o.id, o.jurisdiction, o.status, o.confidence, o.grade, o.citation[:60]) for o in found]
    click.echo(columns(rows, ("rule", "in", "status", "confidence", "source", "citation")))
    click.echo("Paraphrased rules with sources, not legal advice.")


@clocks.command()
@click.argument("name", metavar="RULE")
@json_option
def rule(name: str, as_json: bool) -> None:
    """Show one rule: trigger, clocks, exemptions, sources, and its digest."""
    pack = responder().deadlines.pack
    found = pack.obligation(name)
    if as_json:
        print_json({"rule": found, "sha256": found.sha256, "pack_sha256": pack.digest_of(name)})
        return
    click.echo(f"{found.id}  {found.citation}\n{pack.version_of(name)}, digest {found.sha256}")
    click.echo(
        f"{found.status}, {found.confidence}, source {found.grade}\n\nFor {found.who}, when: {found.trigger}"
    )
    for stage in found.stage:
        limit = f"{stage.n} {stage.unit} ({stage.rule})" if stage.n else "no number in the law"
        recalled = ", recalled: to be confirmed" if stage.recalled else ""
        click.echo(f"  {stage.id}: {limit}{recalled}, from {stage.starts}; {stage.primary}")
    click.echo(f"Notify: {'; '.join(found.notify)}\nExemptions: {found.exemptions}")
    for source in found.sources:
        click.echo(f"Source: {pack.sources[source].title} <{pack.sources[source].url}>")
    click.echo("Paraphrased, not legal advice.")


@clocks.command()
@json_option
def questions(as_json: bool) -> None:
    """List what a person must tell before rules can be chosen (for `select --fact`)."""
    asked = responder().deadlines.pack.questions
    if as_json:
        print_json(asked)
        return
    for name, question in asked.items():
        click.echo(f"{name}\n    {question.ask}")


@clocks.command()
@click.argument("incident")
@click.option(
    "--in", "places", multiple=True, required=True, help="Where, the competent authority's place first."
)
@click.option("--role", "roles", multiple=True, required=True, help="Each legal role held: provider, ...")
@click.option("--tier", required=True, help="The system's risk tier, for example high-risk.")
@click.option("--annex", type=click.Choice(["annex-i", "annex-iii"]), help="What makes it high-risk.")
@click.option("--fact", "facts", multiple=True, metavar="QUESTION=yes|no", help="What is known.")
@click.option("--basis", "bases", multiple=True, metavar="QUESTION=WHO", help="Who established it.")
@json_option
def select(
    incident: str,
    places: tuple[str, ...],
    roles: tuple[str, ...],
    tier: str,
    annex: str | None,
    facts: tuple[str, ...],
    bases: tuple[str, ...],
    as_json: bool,
) -> None:
    """Choose clocks for an incident from who we are, where, and what is known."""
    from probative.respond.deadlines import Circumstances

    known: dict[str, bool] = {}
    for name, value in read_pairs(facts, "--fact").items():
        if value not in _ANSWERS:
            raise UsageError(
                "fact.value", f"'{name}={value[:40]}' is neither yes nor no.", "Leave open ones out."
            )
        known[name] = _ANSWERS[value]
    told = msgspec.convert(
        {
            "jurisdictions": places,
            "roles": roles,
            "tier": tier,
            "annex": annex or "",
            "facts": known,
            "basis": read_pairs(bases, "--basis"),
        },
        Circumstances,
    )
    room = responder()
    fact = room.deadlines.select(incident, told, current_actor())
    _show_board(room.deadlines.board(incident), as_json, fact=fact, everything=False)


@clocks.command()
@click.argument("incident")
@click.argument("event")
@click.option("--at", type=Instant(), required=True, help="When it happened.")
@click.option("--whose", default="", help="Whose awareness it was, for example 'support, first line'.")
@click.option("--reason", default="", help="Why a known start is moved to a later instant.")
@json_option
def confirm(incident: str, event: str, at: datetime, whose: str, reason: str, as_json: bool) -> None:
    """Confirm as a named person that a start event happened; its clocks start or move."""
    say(responder().deadlines.confirm_start(incident, event, at, current_actor(), whose, reason), as_json)


@clocks.command()
@click.argument("incident", required=False)
@click.option("--at", type=Instant(), help="As of this instant; now otherwise.")
@click.option("--all", "everything", is_flag=True, help="Also what is addressed to others.")
@json_option
def board(incident: str | None, at: datetime | None, everything: bool, as_json: bool) -> None:
    """Show every clock, the earliest alert first."""
    _show_board(responder().deadlines.board(incident, at), as_json, everything=everything)


@clocks.command()
@click.argument("incident")
@click.argument("clock", metavar="RULE/STAGE")
@click.option("--sent-at", type=Instant(), required=True, help="When it was sent.")
@click.option("--to", "recipient", required=True, help="To whom.")
@click.option(
    "--proof", metavar="SHA256", help="The digest that proves it, for example a sent notice's text."
)
@click.option("--proof-file", type=FILE, help="A file that proves it: its SHA-256 is recorded.")
@json_option
def met(
    incident: str,
    clock: str,
    sent_at: datetime,
    recipient: str,
    proof: str | None,
    proof_file: Path | None,
    as_json: bool,
) -> None:
    """Record that what a clock asks for was sent, with its proof."""
    from probative.respond.deadlines import ClockKey

    if (proof is None) == (proof_file is None):
        raise UsageError("clock.proof", "Exactly one of --proof and --proof-file is needed.", "Give one.")
    digest = sha256_hex(proof_file.read_bytes()) if proof_file else proof or ""
    facts = responder().deadlines.met(
        incident,
        ClockKey(*_clock(clock)),
        sent_at=sent_at,
        recipient=recipient,
        proof=digest,
        actor=current_actor(),
    )
    say(facts, as_json)


@clocks.command()
@click.argument("incident")
@click.argument("clock", metavar="NAME/STAGE")
@click.option("--title", required=True, help="What is due.")
@click.option("--due", type=Instant(), required=True, help="Until when.")
@click.option("--basis", type=_BASES, required=True, help="Who set the date.")
@click.option("--to", "recipient", required=True, help="Who is to be told.")
@click.option("--source", required=True, metavar="DIGEST|FACT", help="The paper that says so.")
@json_option
def fix(
    incident: str,
    clock: str,
    title: str,
    due: datetime,
    basis: Any,
    recipient: str,
    source: str,
    as_json: bool,
) -> None:
    """Record a date from a letter, a contract or an insurer."""
    from probative.respond.deadlines import ClockKey

    fact = responder().deadlines.fix(
        incident,
        ClockKey(*_clock(clock)),
        title=title,
        due_at=due,
        basis=basis,
        recipient=recipient,
        source=source,
        actor=current_actor(),
    )
    say([fact], as_json)


@clocks.command("no-notify")
@click.argument("incident")
@click.argument("name", metavar="RULE")
@click.option("--reason", required=True, help="Why not, with the exemption relied on.")
@json_option
def no_notify(incident: str, name: str, reason: str, as_json: bool) -> None:
    """Record a decision not to notify; refused under a rule that counsel has not adopted."""
    say([responder().deadlines.decide_no_notify(incident, name, reason, current_actor())], as_json)


@clocks.command()
@click.argument("name", metavar="RULE")
@click.option("--statement", required=True, help="What was read and found.")
@click.option(
    "--confirm", "confirmed", multiple=True, metavar="STAGE", help="A recalled stage that was checked."
)
@json_option
def adopt(name: str, statement: str, confirmed: tuple[str, ...], as_json: bool) -> None:
    """Adopt a rule's present wording as counsel (--as ID:legal)."""
    say([responder().deadlines.adopt(name, statement, current_actor(), confirmed)], as_json)


@clocks.command()
@click.argument("incident")
@click.option("--reason", required=True, help="What changed: a rule, an adoption, a calendar.")
@json_option
def recalc(incident: str, reason: str, as_json: bool) -> None:
    """Compute every date again and record what moved."""
    say(responder().deadlines.recalc(incident, current_actor(), reason), as_json)


def _clock(text: str) -> tuple[str, str]:
    name, slash, stage = text.partition("/")
    if not slash or not stage:
        raise UsageError(
            "clock.name", f"'{text[:80]}' is not RULE/STAGE.", "For example eu-dora-19/final_report."
        )
    return name, stage


def _show_board(
    rows: "list[BoardRow]", as_json: bool, *, fact: "Fact | None" = None, everything: bool = False
) -> None:
    from probative.respond.deadlines import NOT_LEGAL_ADVICE

    if as_json:
        print_json({"selected": fact, "clocks": rows, "note": NOT_LEGAL_ADVICE})
        return
    shown = [row for row in rows if everything or row.near]
    for row in shown:
        _show_row(row)
    hidden = len(rows) - len(shown)
    click.echo(f"{NOT_LEGAL_ADVICE} {hidden} more are addressed to others (--all shows them).")


def _show_row(row: "BoardRow") -> None:
    state = click.style(row.state.ljust(14), fg=_COLOURS.get(row.state), bold=row.state == "overdue")
    due = f"  due {show_instant(parse_instant(row.alert_at))}" if row.alert_at else ""
    later = row.adjusted_due if row.adjusted_due != row.alert_at else None
    adjusted = f" (adjusted {show_instant(parse_instant(later))})" if later else ""
    hedge = ", if it applies" if row.alert_at and row.state == "needs-counsel" else ""
    click.echo(f"{state} {row.obligation}{'/' if row.stage else ''}{row.stage}{due}{adjusted}{hedge}")
    because = "because " if row.state == "not-applicable" else ""
    for reason in row.why:
        click.echo(f"               {because}{reason}")
    click.echo(f"               {row.citation}; {row.confidence}, source {row.grade}, {row.review}")
