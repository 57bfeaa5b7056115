"""How commands print: JSON for machines, aligned columns for people, colours only on a terminal.

**Promise**: `--json` prints one JSON document and nothing else on standard output.
**Not here**: what is printed (each verb's file).
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import click
import msgspec

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def columns(rows: Sequence[Sequence[str]], heads: Sequence[str]) -> str:
    """Return rows as columns as wide as their widest cell.

    >>> print(columns([("loans", "high")], ("system", "tier")))
    system  tier
    loans   high
    """
    lines = [heads, *rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def progress(label: str) -> Callable[[str, int], None]:
    """Return a function that shows `what count` on a terminal's error stream, and nothing elsewhere."""
    if not sys.stderr.isatty():
        return lambda _what, _count: None

    def show(what: str, count: int) -> None:
        click.echo(f"\r\x1b[K{label}: {what} {count:,}", nl=False, err=True)

    click.get_current_context().call_on_close(lambda: click.echo("\r\x1b[K", nl=False, err=True))
    return show
