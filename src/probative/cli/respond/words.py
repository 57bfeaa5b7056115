"""What the respond commands share: the responder, `NAME=VALUE` options, and saying what was recorded.

**Promise**: what cannot be read is refused with the value; nothing here decides anything.
**Not here**: the commands.
"""

from typing import TYPE_CHECKING

import click

from probative.cli.output import print_json
from probative.cli.session import open_workspace
from probative.kernel.errors import UsageError

if TYPE_CHECKING:
    from probative.record.facts import Fact
    from probative.respond.contain.carrier import Change
    from probative.respond.responder import Responder


def responder() -> "Responder":
    """Return the workspace's responder."""
    return open_workspace().responder


def say_fact(fact: "Fact", sentence: str, as_json: bool) -> None:
    """Print what was recorded."""
    if as_json:
        print_json(fact)
    else:
        click.echo(f"{sentence} Entry {fact.index}, fact {fact.id[:12]}.")


def say_change(change: "Change", as_json: bool) -> None:
    """Print what a change of the switch came to, gaps included."""
    if as_json:
        print_json({"done": change.done, "spooled": change.spooled})
        return
    done = change.done
    serves = f", serving '{done.observed_value}'" if done.observed_value else ""
    click.echo(
        f"{done.kind} {done.outcome}: the flag '{done.flag}' answers '{done.observed_variant}'{serves}"
        f" (probed after the change)."
    )
    for gap in done.gaps:
        click.echo(f"  gap: {gap}")
    if change.spooled:
        click.echo("  The ledger is away; recorded on local disk. Then: probative respond run-due")


def pairs(values: tuple[str, ...]) -> dict[str, str]:
    """Read repeated `NAME=VALUE` options.

    >>> pairs(("cause=data drift", "complaints=3"))
    {'cause': 'data drift', 'complaints': '3'}
    """
    found: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name or name in found:
            raise UsageError(
                "option.pair", f"'{value[:80]}' is not NAME=VALUE, or the name came before.", "Mend --set."
            )
        found[name] = text
    return found
