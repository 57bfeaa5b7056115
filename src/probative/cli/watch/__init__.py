"""`probative watch`: schemas, ingestion, references, monitors, readings, signals, silences, fairness audits.

**Promise**: every command is one call of the watcher or the decision log; `--help` loads neither.
**Not here**: measures and windows (`watch`), and how they are written (`watch.terminal`).
"""

import click

from probative.cli.watch.fairness import audit, authorise
from probative.cli.watch.monitors import declare, readings, run, signals, silence
from probative.cli.watch.rows import ingest, reference, schema


@click.group()
def group() -> None:
    """Monitors: ingest decisions, measure, raise signals.

    \b
    Examples:
      probative watch schema loans schema.toml
      probative watch ingest loans may.parquet
      probative watch reference loans evaluation.parquet --favourable approve --merited 0
      probative watch declare monitor.toml
      probative watch run loans
      probative watch signals loans
    """


for command in (schema, ingest, reference, declare, run, readings, signals, silence, authorise, audit):
    group.add_command(command)
