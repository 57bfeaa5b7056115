"""Playbook commands: validate, adopt, exercise, start, follow, answer; and the sweep of waiting work.

**Promise**: every command is one call; a drill never answers for people: unanswered steps wait.
**Not here**: the legal commands (`probative.cli.respond_legal`).
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from probative.cli.output import columns, json_option, print_json
from probative.cli.respond.words import pairs, responder
from probative.cli.session import current_actor

if TYPE_CHECKING:
    from probative.respond.playbooks.playbook import Loaded
    from probative.respond.playbooks.view import Execution

_BOOK = click.argument("playbook", metavar="NAME|FILE")


@click.group()
def playbook() -> None:
    """Playbooks: validate, adopt, exercise, start, follow.

    \b
    Examples:
      probative respond playbook validate our-playbook.json
      probative --as p-007:incident-commander respond playbook adopt loans p01
      probative --as p-007:incident-commander respond playbook start inc-2026-0001 p01
    """


@playbook.command("list")
@click.argument("system", required=False)
@json_option
def list_playbooks(system: str | None, as_json: bool) -> None:
    """List shipped playbooks, or those that a system has adopted."""
    from probative.respond.playbooks.playbook import shipped_names, shipped_playbook

    if system is None:
        books = [shipped_playbook(name) for name in shipped_names()]
        rows = [(b.playbook.slug, b.playbook.modified, b.sha256[:12], b.playbook.name) for b in books]
    else:
        adopted = responder().playbooks.adopted(system).values()
        rows = [(a.playbook, a.version, a.sha256[:12], a.title) for a in adopted]
    heads = ("playbook", "version", "sha256", "title")
    if as_json:
        print_json([dict(zip(heads, row, strict=True)) for row in rows])
    else:
        click.echo(
            columns(rows, heads) if rows else "None adopted: probative respond playbook adopt SYSTEM NAME"
        )


@playbook.command()
@_BOOK
@json_option
def validate(playbook: str, as_json: bool) -> int:
    """Check a CACAO 2.0 playbook beyond its schema. Ends with 1 when it has defects."""
    from probative.respond.playbooks.actions import TRAITS
    from probative.respond.playbooks.validation import defects

    loaded = _load(playbook)
    found = defects(loaded.playbook, TRAITS)
    if as_json:
        print_json({"playbook": loaded.playbook.name, "sha256": loaded.sha256, "defects": found})
    else:
        for defect in found:
            click.echo(f"{defect.code}  {defect.where}\n    {defect.sentence}")
        click.echo(
            f"'{loaded.playbook.name}': {len(found)} defects." if found else "No defects: it can be run."
        )
    return 1 if found else 0


@playbook.command()
@click.argument("system")
@_BOOK
@json_option
def adopt(system: str, playbook: str, as_json: bool) -> None:
    """Take a playbook for a system; its text is kept in the record."""
    source = f"file {Path(playbook).name}" if Path(playbook).is_file() else "shipped"
    fact = responder().playbooks.adopt(system, _load(playbook), source, current_actor())
    if as_json:
        print_json(fact)
    else:
        click.echo(f"{system} has adopted {fact.body['playbook']}, version {fact.body['version']}.")


@playbook.command()
@click.argument("system")
@click.argument("playbook")
@json_option
def exercise(system: str, playbook: str, as_json: bool) -> None:
    """Begin a drill: the same engine, simulated acts; people answer the steps as in an incident.

    The result is recorded when the last step was answered: probative respond step answer RUN STEP.
    """
    _say_run(responder().playbooks.exercise(system, playbook, (), current_actor()), as_json)


@playbook.command()
@click.argument("incident")
@click.argument("playbook")
@click.option("--set", "inputs", multiple=True, metavar="NAME=VALUE", help="An external variable.")
@json_option
def start(incident: str, playbook: str, inputs: tuple[str, ...], as_json: bool) -> None:
    """Start an adopted playbook; its automated steps run by your authority."""
    given = {name if name.startswith("__") else f"__{name}__": value for name, value in pairs(inputs).items()}
    _say_run(responder().playbooks.start(incident, playbook, current_actor(), given), as_json)


@playbook.command()
@click.option("--incident", help="Only runs of this incident.")
@json_option
def runs(incident: str | None, as_json: bool) -> None:
    """List runs, oldest first."""
    found = responder().playbooks.executions(incident)
    if as_json:
        print_json(found)
    else:
        rows = [(r.id, r.mode, r.state, ", ".join(s.name for s in r.waiting)) for r in found]
        click.echo(columns(rows, ("run", "mode", "state", "waits for")) if rows else "No runs.")


@playbook.command()
@click.argument("run")
@json_option
def show(run: str, as_json: bool) -> None:
    """Show a run: every step, how it ended, what waits for whom."""
    _say_run(responder().playbooks.execution(run), as_json)


@playbook.command()
@click.argument("run")
@json_option
def advance(run: str, as_json: bool) -> None:
    """Carry a run on as far as it goes without a person, for example after a crash."""
    _say_run(responder().playbooks.advance(run), as_json)


@click.group()
def step() -> None:
    """Steps that wait for a person: see them, answer them.

    \b
    Example:
      probative --as p-011:data-science respond step answer inc-2026-0001-p01-1 "Find the cause" \\
        --set cause="unit changed upstream"
    """


@step.command("list")
@json_option
def list_steps(as_json: bool) -> None:
    """List every step that waits, of all runs."""
    waiting = [(run, step) for run in responder().playbooks.running() for step in run.waiting]
    if as_json:
        print_json([{"run": run.id, "mode": run.mode, "step": step} for run, step in waiting])
        return
    rows = [
        (run.id, step.name, " or ".join((*step.roles, *step.escalated_to)), (step.due_at or "")[:19])
        for run, step in waiting
    ]
    click.echo(columns(rows, ("run", "step", "asks", "due")) if rows else "Nothing waits.")


@step.command()
@click.argument("run")
@click.argument("step")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="A result the step asks for.")
@click.option("--note", default="", help="Words for the record; kept apart, as they may name people.")
@json_option
def answer(run: str, step: str, values: tuple[str, ...], note: str, as_json: bool) -> None:
    """Answer a waiting step, in a role that it asks; the run then goes on."""
    from probative.respond.playbooks.keeper import Answer

    told = Answer(step, current_actor(), pairs(values), note)
    _say_run(responder().playbooks.answer(run, told), as_json)


@click.command("run-due")
@json_option
def run_due(as_json: bool) -> None:
    """Do what waits: open changes, runs, escalations, clock warnings."""
    due = responder().run_due(current_actor())
    if as_json:
        print_json(due._asdict())
        return
    click.echo(
        f"{len(due.changes)} changes resolved, {len(due.runs)} runs carried on,"
        f" {len(due.escalated)} questions escalated, {len(due.warned)} clocks warned of."
    )
    for hold in due.overdue_holds:
        click.echo(f"  {hold.placed.hold} waits for legal since {(hold.placed.confirm_by or '')[:19]}Z.")


def _load(text: str) -> "Loaded":
    from probative.respond.playbooks.playbook import load_playbook, shipped_playbook

    path = Path(text)
    return load_playbook(path.read_bytes()) if path.is_file() else shipped_playbook(text)


def _say_run(run: "Execution", as_json: bool) -> None:
    if as_json:
        print_json(run)
        return
    click.echo(f"{run.id}  {run.title} ({run.mode}): {run.state}")
    for item in run.steps:
        ended = f" = {item.outcome}" if item.outcome in ("true", "false") or item.state == "failed" else ""
        why = f"  {item.reason}" if item.state == "failed" else ""
        click.echo(f"  {item.state:8} {item.name or item.type}{ended}{why}")
    for item in run.waiting:
        asked = " or ".join((*item.roles, *item.escalated_to))
        results = " ".join(f"--set {name.strip('_')}=…" for name in item.results)
        click.echo(f"\n{item.name} (asks {asked})\n  {item.asks}")
        click.echo(f'  probative respond step answer {run.id} "{item.name}" {results}'.rstrip())
    for reason in run.stalled:
        click.echo(f"  stalled: {reason}")
