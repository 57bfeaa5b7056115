"""Files and words that `probative watch` is given, read strictly.

**Promise**: what cannot be read ends in one sentence that names the file or the word.
**Not here**: what they mean (`watch`).
"""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from probative.cli.output import print_json
from probative.kernel.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from probative.record.facts import Fact
    from probative.watch.counting.profile import Attribute, Meaning

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_COLOURS = {"good": "green", "bad": "red", "doubt": "yellow", "quiet": "bright_black"}


def say(fact: "Fact", as_json: bool, sentence: str) -> None:
    """Print a fact as JSON, or the sentence about it."""
    if as_json:
        print_json(fact)
    else:
        click.echo(sentence)


def paint(text: str, tone: str) -> str:
    """Colour a text on a terminal; statuses are words, so nothing is lost without."""
    # click leaves colours out where the output is no terminal.
    return click.style(text, fg=_COLOURS[tone])


def meaning_of(given: dict[str, str | None]) -> "Meaning":
    """Put together what the options say about predictions and outcomes."""
    from probative.watch.counting.profile import Meaning

    return Meaning(**{name: value for name, value in given.items() if value is not None})


def attribute_of(text: str) -> "Attribute":
    """Read `sex` or `age:30,45,60`."""
    from probative.watch.counting.profile import Attribute

    name, _, limits = text.partition(":")
    try:
        return Attribute(name=name, bands=tuple(float(limit) for limit in limits.split(",") if limit))
    except ValueError:
        raise UsageError(
            "watch.bands-malformed", f"'{text[:80]}' is no attribute.", "Write sex, or age:30,45,60."
        ) from None


def pair_of(text: str) -> tuple[str, str]:
    """Read `decision=decline`."""
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(
            "watch.where-malformed", f"'{text[:80]}' is not COLUMN=VALUE.", "Write decision=decline."
        )
    return name.strip(), value.strip()


def read_text(file: Path) -> str:
    """Read a UTF-8 file."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(
            "watch.not-text", f"'{file}' is not UTF-8 text at byte {error.start}.", "Give a TOML file."
        ) from error


def read_toml(file: Path) -> dict[str, Any]:
    """Read a TOML file."""
    try:
        return tomllib.loads(read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            "watch.not-toml", f"'{file}' cannot be read: {error}.", "Mend the TOML file."
        ) from error


def sha256_of(file: Path) -> str:
    """Return the digest of a file's bytes."""
    import hashlib

    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def read_table(file: Path) -> "pa.Table":
    """Read a whole file of rows as an Arrow table."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.json
    import pyarrow.parquet

    from probative.record.decisions.ingest import form_of

    readers = {
        "parquet": pyarrow.parquet.read_table,
        "csv": pyarrow.csv.read_csv,
        "ndjson": pyarrow.json.read_json,
    }
    try:
        return readers[form_of(file.name)](file)
    except (pa.ArrowException, OSError) as error:
        first = str(error).splitlines()[0][:200]
        raise UsageError(
            "watch.file-unreadable",
            f"'{file}' cannot be read: {first}.",
            "Give a Parquet, CSV or NDJSON file.",
        ) from error
