"""What the legal commands share: reading their options, and saying what was recorded.

**Promise**: what cannot be read is refused with the value; nothing here decides anything.
**Not here**: the commands.
"""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from probative.cli.output import print_json
from probative.cli.session import open_workspace
from probative.kernel.errors import UsageError

if TYPE_CHECKING:
    from probative.record.facts import Fact
    from probative.respond.responder import Responder

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OUT = click.Path(dir_okay=False, path_type=Path)


def responder() -> "Responder":
    """Return the workspace's responder."""
    return open_workspace().responder


def say(facts: "list[Fact]", as_json: bool) -> None:
    """Print what was recorded."""
    if as_json:
        print_json(facts)
        return
    for fact in facts:
        click.echo(f"Recorded {fact.kind} as entry {fact.index}, fact {fact.id[:12]}.")
    if not facts:
        click.echo("Nothing changed.")


def read_pairs(values: tuple[str, ...], option: str) -> dict[str, str]:
    """Read repeated NAME=VALUE options."""
    found: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or name in found:
            raise UsageError(
                "option.pair",
                f"'{value[:80]}' is not NAME=VALUE, or its name came before.",
                f"Mend {option}.",
            )
        found[name] = text
    return found


def read_toml(file: Path, shape: Any) -> Any:
    """Read a TOML file into `shape`; what does not fit raises `UsageError`."""
    try:
        return msgspec.convert(tomllib.loads(file.read_text("utf-8")), shape)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise UsageError("file.malformed", f"'{file}' cannot be read: {error}.", "Mend the file.") from error
