"""Rows in: the decision schema, decisions and outcomes from files, and references.

**Promise**: a bad file has written nothing.
**Not here**: monitors (`monitors`) and audits (`fairness`).
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from probative.cli.output import json_option, print_json, progress
from probative.cli.session import Instant, current_actor, open_workspace
from probative.cli.watch.files import FILE, meaning_of, read_table, read_toml, say, sha256_of
from probative.kernel.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa


@click.command()
@click.argument("system")
@click.argument("file", type=FILE)
@json_option
def schema(system: str, file: Path, as_json: bool) -> None:
    """Declare a system's decisions, from a TOML file.

    \b
    Example file (decision_id, decided_at and subject are always there):
      [[columns]]
      name = "income"
      type = "float64"      # int8..64, float32/64, bool, date, timestamp, text, ...
      role = "feature"      # prediction, probability, protected, model, flag, meta, ...
      nullable = true
      [outcome]
      type = "int8"
    """
    import msgspec

    from probative.record.decisions.schema import (
        DECISION_ID,
        OBSERVED_AT,
        Column,
        DecisionSchema,
        decision_schema,
    )

    plain = read_toml(file)
    try:
        columns = msgspec.convert(plain.pop("columns", []), list[Column])
        outcome = {"name": "outcome", "role": "meta", "group": "outcome", **plain.pop("outcome", {})}
        outcomes = (DECISION_ID, OBSERVED_AT, msgspec.convert(outcome, Column)) if "type" in outcome else ()
        version = msgspec.convert(plain.pop("version", 1), int)
    except msgspec.ValidationError as error:
        raise UsageError(
            "watch.schema-malformed",
            f"'{file}' describes no schema: {error}.",
            "probative watch schema --help",
        ) from error
    if plain:
        raise UsageError(
            "watch.schema-malformed",
            f"'{file}' has the unknown key '{next(iter(plain))}'.",
            "Use columns, outcome, version.",
        )
    made = decision_schema(system, *columns, version=version)
    fact = open_workspace().decisions.declare(
        DecisionSchema(system=system, version=version, columns=made.columns, outcomes=outcomes),
        current_actor(),
    )
    say(
        fact,
        as_json,
        f"Declared schema version {version} of {system}: {len(columns)} columns, entry {fact.index}.",
    )


@click.command()
@click.argument("system")
@click.argument("file", type=FILE)
@click.option("--outcomes", is_flag=True, help="The file holds outcomes (decision_id, observed_at, outcome).")
@json_option
def ingest(system: str, file: Path, outcomes: bool, as_json: bool) -> None:
    """Record decisions, or outcomes, from a file.

    Parquet, CSV or NDJSON; all of it is recorded or nothing.
    A file that was interrupted, or is sent again, is recorded once.
    """
    from probative.record.decisions.ingest import form_of, ingest

    log, form = open_workspace().decisions, form_of(file.name)
    with file.open("rb") as opened:
        done = ingest(
            log,
            system,
            opened,
            form,
            stream="outcomes" if outcomes else "decisions",
            progress=progress(file.name),
        )
    if as_json:
        print_json(done)
        return
    again = f", {done.duplicates:,} were recorded before" if done.duplicates else ""
    click.echo(f"Recorded {done.rows:,} {'outcomes' if outcomes else 'decisions'} of {system}{again}.")


@click.command()
@click.argument("system")
@click.argument("file", type=FILE, required=False)
@click.option("--since", type=Instant(), help="Without a file: decisions of the log from this instant,")
@click.option("--until", type=Instant(), help="until before this one.")
@click.option("--prediction", help="The prediction column, if the schema has several.")
@click.option("--probability", help="The probability column, if the schema has several.")
@click.option("--favourable", help="The prediction that favours a person, for example approve.")
@click.option("--merited", help="The outcome for which a favourable prediction was right.")
@click.option("--positive", help="The outcome that the probability is the probability of.")
@json_option
def reference(
    system: str,
    file: Path | None,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
    **meaning: str | None,
) -> None:
    """Freeze the rows that later windows are compared with.

    Prints the digest that monitors name.

    \b
    Examples:
      probative watch reference loans evaluation.parquet --favourable approve --merited 0 --positive 1
      probative watch reference loans --since 2026-10-01T00:00:00Z --until 2026-11-01T00:00:00Z
    """
    if file is not None:
        rows: pa.Table | tuple[datetime, datetime] = read_table(file)
        source = f"file {file.name}, sha256 {sha256_of(file)}"
    elif since is not None and until is not None:
        rows, source = (since, until), ""
    else:
        raise UsageError(
            "watch.no-reference-rows",
            f"No rows for the reference of '{system}' are given.",
            "Give a file, or --since and --until.",
        )
    digest = open_workspace().watcher.take_reference(
        system, rows, meaning=meaning_of(meaning), actor=current_actor(), source=source
    )
    if as_json:
        print_json({"system": system, "reference": digest})
    else:
        click.echo(f'{digest}\nName it in a monitor: reference = "{digest}"')
