"""`probative doctor`: what lags or is out of order, and the next command.

**Promise**: reads only; ends with 0 when nothing needs doing, 1 when something does.
**Not here**: verification of content (`probative record verify`).
"""

import click

from probative.cli.output import json_option, print_json
from probative.cli.session import session


@click.command()
@json_option
def group(as_json: bool) -> int:
    """Say what lags or is out of order, and what to do.

    \b
    Example:
      probative doctor --json
    """
    from probative.work import lag

    found = lag(session().workspace())
    if as_json:
        print_json(found)
    advice = []
    if found.unfollowed:
        advice.append(f"{found.unfollowed} facts wait for reactions: probative run --once")
    if found.unpublished:
        advice.append(f"{found.unpublished} entries are not published: probative run --once")
    advice += [
        f"a reaction failed and holds up its lane: {failure.sentence} "
        f'probative run --retry {failure.fact[:12]} --reason "..."'
        for failure in found.failures
    ]
    if not as_json:
        click.echo("\n".join(advice) if advice else "Nothing waits.")
    return 1 if advice else 0
