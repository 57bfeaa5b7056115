"""`probative respond inquiry`: an authority's letter, answered with evidence.

**Promise**: every command is one call of the inquiries' front class; nothing is stated without a cited fact.
**Not here**: the package for the authority (`probative prove`).
"""

from datetime import datetime
from pathlib import Path

import click
import msgspec

from probative.cli.output import columns, json_option, print_json
from probative.cli.respond_legal.options import FILE, OUT, read_toml, responder, say
from probative.cli.session import Instant, current_actor, open_workspace, show_instant
from probative.kernel.canon import parse_strict
from probative.kernel.clock import format_instant, parse_instant
from probative.kernel.errors import UsageError


@click.group()
def inquiry() -> None:
    """Inquiries: an authority's letter answered with evidence that it can verify.

    \b
    Examples:
      probative respond inquiry open inq-1 credit-scoring --letter letter.pdf --sender "BaFin" \\
          --power "Art. 58(1)(a) GDPR" --received-at 2026-12-18T09:00:00Z --questions questions.toml
      probative respond inquiry freeze inq-1 --since 2026-11-01T00:00:00Z --until 2026-12-01T00:00:00Z \\
          --where "decision==1"
      probative respond inquiry answer inq-1 1 --state "412 applications were rejected." --cite "#118"
      probative respond inquiry matrix inq-1
    """


@inquiry.command("open")
@click.argument("name")
@click.argument("system")
@click.option("--letter", type=FILE, required=True, help="The letter exactly as it came.")
@click.option("--sender", required=True, help="The authority.")
@click.option("--power", required=True, help="The provision that it invokes.")
@click.option("--received-at", type=Instant(), required=True, help="When it arrived.")
@click.option(
    "--questions", "file", type=FILE, required=True, help="TOML: [[question]] number, text, due_at."
)
@click.option("--incident", help="An incident that it is about.")
@json_option
def open_inquiry(
    name: str,
    system: str,
    letter: Path,
    sender: str,
    power: str,
    received_at: datetime,
    file: Path,
    incident: str | None,
    as_json: bool,
) -> None:
    """Receive a letter: hash it, start a clock for each question, hold everything of the system."""
    from probative.respond.inquiry import Letter, Question

    asked = read_toml(file, dict[str, tuple[Question, ...]]).get("question", ())
    received = Letter(
        content=letter.read_bytes(), sender=sender, power=power, received_at=received_at, questions=asked
    )
    say(responder().inquiries.open(name, system, received, current_actor(), incident), as_json)


@inquiry.command("list")
@json_option
def list_inquiries(as_json: bool) -> None:
    """List the inquiries and how far each is."""
    found = responder().inquiries.all()
    if as_json:
        print_json(found)
        return
    rows = [
        (
            p.opened.inquiry,
            p.opened.system,
            p.opened.sender,
            f"{len(p.answers)}/{len(p.opened.questions)}",
            "sent" if p.answered else "cleared" if p.cleared else "open",
        )
        for p in found
    ]
    click.echo(columns(rows, ("inquiry", "system", "from", "answered", "state")))


@inquiry.command("verify-sender")
@click.argument("name")
@click.option("--genuine/--doubtful", required=True, help="What the check showed.")
@click.option("--method", required=True, help="How it was checked, for example a call to a published number.")
@json_option
def verify_sender(name: str, genuine: bool, method: str, as_json: bool) -> None:
    """Record whether the letter really comes from its sender."""
    say([responder().inquiries.verify_sender(name, genuine, method, current_actor())], as_json)


@inquiry.command()
@click.argument("name")
@click.option("--since", type=Instant(), required=True, help="From this instant on.")
@click.option("--until", type=Instant(), required=True, help="Until before this instant.")
@click.option(
    "--where", "tests", multiple=True, metavar="TEST", help="For example 'decision==1'; all must hold."
)
@click.option("--cohort", default="main", show_default=True, help="The cohort's name.")
@json_option
def freeze(
    name: str, since: datetime, until: datetime, tests: tuple[str, ...], cohort: str, as_json: bool
) -> None:
    """Fix the decisions that the inquiry is about, by digest and count."""
    from probative.respond.inquiry import CohortDefinition
    from probative.respond.inquiry.cohort import parse_condition

    room = responder()
    definition = CohortDefinition(
        system=room.inquiries.progress(name).opened.system,
        since=format_instant(since),
        until=format_instant(until),
        where=tuple(parse_condition(test) for test in tests),
    )
    fact = room.inquiries.freeze_cohort(name, definition, current_actor(), cohort)
    if as_json:
        print_json(fact)
        return
    click.echo(f"Froze cohort '{cohort}': {fact.body['rows']:,} decisions, digest {fact.body['ids']}.")
    click.echo(f"{fact.body['query']}; ledger size {fact.body['ledger_size']}; fact {fact.id[:12]}.")


@inquiry.command()
@click.argument("name")
@click.option("--cohort", default="main", show_default=True, help="The cohort's name.")
@json_option
def recheck(name: str, cohort: str, as_json: bool) -> int:
    """Ask a frozen cohort's definition again; ends with 1 if it gives other decisions now."""
    found = responder().inquiries.recheck_cohort(name, cohort)
    if as_json:
        print_json(found)
    else:
        click.echo(f"{found.rows:,} frozen, {found.added:,} came late, {found.missing:,} not found now.")
    return 0 if found.same else 1


@inquiry.command()
@click.argument("name")
@click.argument("question", type=int)
@click.option("--state", "texts", multiple=True, required=True, help="One plain sentence.")
@click.option(
    "--cite", "cites", multiple=True, required=True, metavar="FACT,...", help="Its evidence, in order."
)
@json_option
def answer(name: str, question: int, texts: tuple[str, ...], cites: tuple[str, ...], as_json: bool) -> None:
    """Answer a question; each --state takes the --cite at the same place."""
    from probative.respond.inquiry import Statement

    if len(texts) != len(cites):
        raise UsageError(
            "answer.pairs",
            f"{len(texts)} statements come with {len(cites)} citations.",
            "Give one --cite a --state.",
        )
    statements = [
        Statement(text=text, evidence=tuple(part.strip() for part in cite.split(",") if part.strip()))
        for text, cite in zip(texts, cites, strict=True)
    ]
    say([responder().inquiries.record_answer(name, question, statements, current_actor())], as_json)


@inquiry.command()
@click.argument("name")
@json_option
def matrix(name: str, as_json: bool) -> None:
    """Show the evidence matrix: what is stated on which facts, and what is open."""
    rows = responder().inquiries.matrix(name)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"{row.number}. [{row.state}, due {show_instant(parse_instant(row.due_at))}] {row.text}")
        for statement in row.statements:
            click.echo(f"     - {statement.text}  [{', '.join(fact[:12] for fact in statement.evidence)}]")


@inquiry.command()
@click.argument("name")
@click.argument("decision")
@click.option("--reasons", type=FILE, help="Reasons as JSON: method, unit, baseline, contributions.")
@click.option("--out", type=OUT, help="Write the dossier here as JSON.")
@json_option
def dossier(name: str, decision: str, reasons: Path | None, out: Path | None, as_json: bool) -> None:
    """Build the dossier of one decision, every value taken from its proof."""
    from probative.respond.inquiry import Reasons

    given = msgspec.convert(parse_strict(reasons.read_bytes()), Reasons) if reasons else None
    workspace = open_workspace()
    fact = workspace.responder.inquiries.dossier(name, decision, current_actor(), given)
    content = workspace.recorder.get(fact.body["dossier"])
    if out is not None:
        out.write_bytes(content)
    if as_json:
        print_json({"fact": fact, "dossier": parse_strict(content)})
        return
    click.echo(f"Built the dossier of {decision} ({len(content):,} bytes), fact {fact.id[:12]}.")
    for missing in fact.body["missing"]:
        click.echo(f"missing: {missing}")


@inquiry.command("draft")
@click.argument("name")
@json_option
def draft_response(name: str, as_json: bool) -> None:
    """Put the answers together as a letter, with their evidence."""
    workspace = open_workspace()
    fact = workspace.responder.inquiries.draft_response(name, current_actor())
    if as_json:
        print_json(fact)
    else:
        click.echo(workspace.recorder.get(fact.body["response"]).decode())


@inquiry.command()
@click.argument("name")
@click.option("--agree/--object", "agrees", required=True, help="Your judgement on the latest draft.")
@click.option("--remark", default="", help="Why.")
@json_option
def review(name: str, agrees: bool, remark: str, as_json: bool) -> None:
    """Review the drafted response; two who did not write it clear it."""
    say([responder().inquiries.review(name, agrees, current_actor(), remark)], as_json)


@inquiry.command()
@click.argument("name")
@click.option("--at", "sent_at", type=Instant(), required=True, help="When it went out.")
@click.option("--receipt", type=FILE, help="The acknowledgement that came back.")
@json_option
def sent(name: str, sent_at: datetime, receipt: Path | None, as_json: bool) -> None:
    """Record that the cleared response went out; the clocks of its questions are met."""
    content = receipt.read_bytes() if receipt else None
    say(responder().inquiries.mark_sent(name, sent_at, current_actor(), content), as_json)


@inquiry.command()
@click.argument("name")
@json_option
def status(name: str, as_json: bool) -> int:
    """Say how far an inquiry is; ends with 0 when the response is cleared, 1 before."""
    progress = responder().inquiries.progress(name)
    if as_json:
        print_json({"progress": progress, "objections": progress.objections})
        return 0 if progress.cleared else 1
    click.echo(
        f"{progress.opened.sender}: {len(progress.answers)} of {len(progress.opened.questions)} answered."
    )
    for frozen in progress.cohorts.values():
        click.echo(f"cohort {frozen.cohort}: {frozen.rows:,} decisions, {frozen.query}")
    for objection in progress.objections:
        click.echo(f"open: {objection}")
    click.echo("The response is cleared." if progress.cleared else "The response is not cleared.")
    if progress.answered is not None:
        click.echo(f"Sent to {progress.answered.recipient} at {progress.answered.sent_at}.")
    return 0 if progress.cleared else 1
