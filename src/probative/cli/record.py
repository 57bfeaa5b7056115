"""`probative record`: the workspace, systems, artifacts, facts, proofs and verification.

**Promise**: every command is one call of the recorder or the workspace.
**Not here**: judging evidence (`probative gate`).
"""

from pathlib import Path

import click

from probative.cli import artifacts
from probative.cli.output import columns, json_option, print_json, progress
from probative.cli.reading import read_bytes
from probative.cli.session import open_workspace, session, show_instant

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)


@click.group()
def group() -> None:
    """The record: systems, artifacts, facts, proofs, verification.

    \b
    Examples:
      probative record init --origin example.com/credit
      probative record system credit-scoring.toml
      probative record asset training.parquet --system credit-scoring --kind dataset
      probative record log --subject system/credit-scoring
      probative record verify
    """


@group.command()
@click.option("--origin", help="The log's name in every checkpoint, for example example.com/credit.")
@json_option
def init(origin: str | None, as_json: bool) -> None:
    """Make a workspace: keys, settings, an empty ledger with its first fact."""
    from probative.workspace import Workspace

    folder = session().folder
    named = f"localhost/{folder.resolve().name}" if origin is None else origin
    workspace = Workspace.create(folder, named)
    head = workspace.recorder.head()
    if as_json:
        print_json({"workspace": str(folder), "origin": workspace.config.origin, "size": head.size})
        return
    click.echo(f"Made a workspace in '{folder}' for the log {workspace.config.origin}.")
    click.echo("Give verifiers its trust file now: probative record trust --out trust.json")


@group.command()
@click.option("--subject", help="Only facts about it, for example system/credit-scoring.")
@click.option("--kind", help="Only this kind, for example gate.verdict-given.")
@click.option("--as-of", type=int, metavar="SIZE", help="As the ledger was at this size.")
@click.option("--last", type=int, default=50, show_default=True, help="Show at most this many, the newest.")
@json_option
def log(subject: str | None, kind: str | None, as_of: int | None, last: int, as_json: bool) -> None:
    """List facts in ledger order."""
    found = list(open_workspace().recorder.facts(subject=subject, kind=kind, until=as_of))[-last:]
    if as_json:
        print_json(found)
        return
    rows = [
        (str(f.index), show_instant(f.recorded_at), f.kind, f.actor.id, f.subjects[0].name, f.id[:12])
        for f in found
    ]
    click.echo(columns(rows, ("#", "recorded", "kind", "actor", "about", "fact")))


@group.command()
@click.argument("fact_id", metavar="FACT")
@json_option
def show(fact_id: str, as_json: bool) -> None:
    """Show one fact by id, prefix or #index."""
    fact = open_workspace().recorder.fact(fact_id)
    if as_json:
        print_json(fact)
        return
    click.echo(f"fact      {fact.id}\nentry     {fact.index}\nkind      {fact.kind}:{fact.version}")
    click.echo(f"actor     {fact.actor.id} as {fact.actor.role}")
    click.echo(f"occurred  {show_instant(fact.occurred_at)}\nrecorded  {show_instant(fact.recorded_at)}")
    for item in fact.subjects:
        click.echo(f"about     {item.name}")
    print_json(fact.body)


@group.command()
@click.argument("fact_id", metavar="FACT")
@click.option("--out", type=_OUT, help="Write the proof here instead of printing it.")
def prove(fact_id: str, out: Path | None) -> None:
    """Write a c2sp.org/tlog-proof@v1 that a fact is in the ledger."""
    recorder = open_workspace().recorder
    (proof,) = recorder.prove(recorder.fact(fact_id).index)
    if out is None:
        click.echo(proof.decode(), nl=False)
    else:
        out.write_bytes(proof)


@group.command()
def checkpoint() -> None:
    """Publish up to the head and print the signed checkpoint."""
    click.echo(open_workspace().recorder.checkpoint().decode(), nl=False)


@group.command()
@click.option("--out", type=_OUT, required=True, help="Where to write the trust file.")
def trust(out: Path) -> None:
    """Write the trust file that verifiers pin; hand it over outside any package."""
    from probative.record.proofs.trust import write_trust

    trusted = open_workspace().trust()
    out.write_bytes(write_trust(trusted))
    click.echo(f"Wrote '{out}', fingerprint {trusted.fingerprint()}.")


@group.command()
@click.option(
    "--trust", "trust_file", type=_FILE, help="Check the issuer against this file, not our own keys."
)
@json_option
def verify(trust_file: Path | None, as_json: bool) -> int:
    """Recompute every hash and signature, and name each bad place.

    Ends with 0 if all is well, 7 if anything contradicts the record.
    """
    from probative.record.proofs.trust import parse_trust

    given = parse_trust(read_bytes(trust_file)) if trust_file else None
    workspace = session().workspace()
    report = workspace.verify(given, progress("verifying"))
    if as_json:
        print_json(report)
        return report.exit_status
    for problem in report.problems[:20]:
        click.echo(
            f"{click.style('BAD', fg='red', bold=True)} {problem.place}: {problem.check}: {problem.detail}"
        )
    if len(report.problems) > 20:
        click.echo(f"... and {len(report.problems) - 20} more (--json lists all)")
    verdict = (
        click.style("contradicted", fg="red") if report.problems else click.style("verified", fg="green")
    )
    click.echo(
        f"{verdict}: {report.entries:,} entries, {report.tiles:,} published files, {report.blobs:,} blobs, "
        f"{report.segments:,} segments with {report.decisions:,} decisions; "
        f"issuer {report.issuer or 'unknown'}"
    )
    return report.exit_status


@group.command()
def rebuild() -> None:
    """Compute the index again from the ledger, and published files that are gone."""
    workspace = session().workspace()
    click.echo(f"Rebuilt the index and the published files over {workspace.rebuild():,} entries.")


for command in artifacts.COMMANDS:
    group.add_command(command)
