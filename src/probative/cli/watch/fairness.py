"""Fairness audits: leave to read protected attributes, and audits of a cohort under it.

**Promise**: no protected attribute is read without a recorded authorisation.
**Not here**: monitors of fairness (`monitors`).
"""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from probative.cli.output import json_option, print_json
from probative.cli.session import Instant, current_actor, open_workspace
from probative.cli.watch.files import attribute_of, meaning_of, paint, pair_of, say
from probative.kernel.clock import format_instant

_EPOCH = "1970-01-01T00:00:00.000000Z"

if TYPE_CHECKING:
    pass


@click.command()
@click.argument("system")
@click.option("--audit", required=True, metavar="NAME", help="A name for the audit, for example inquiry-7.")
@click.option("--purpose", required=True, help="What the audit is for.")
@click.option("--legal-basis", required=True, help="What allows it.")
@click.option(
    "--column", "columns", multiple=True, required=True, help="A protected column; can be repeated."
)
@json_option
def authorise(
    system: str, audit: str, purpose: str, legal_basis: str, columns: tuple[str, ...], as_json: bool
) -> None:
    """Record leave to read protected attributes.

    Audits and fairness monitors name the fact id that is printed.
    """
    from probative.record.decisions.facts import AuditAuthorised

    body = AuditAuthorised(
        system=system, audit=audit, purpose=purpose, legal_basis=legal_basis, columns=columns
    )
    fact = open_workspace().decisions.authorise(body, current_actor())
    say(
        fact,
        as_json,
        f"{fact.id}\nName it in an audit: probative watch audit {system} --audit {fact.id[:12]} ...",
    )


@click.command()
@click.argument("system")
@click.option(
    "--audit", "audit_fact", required=True, metavar="FACT", help="The authorisation (watch authorise)."
)
@click.option(
    "--by", "attributes", multiple=True, required=True, help="sex, or age:30,45,60; can be repeated."
)
@click.option("--cross", "crossings", multiple=True, help="Attributes to cross: sex,age; can be repeated.")
@click.option("--since", type=Instant(), help="Decisions from this instant; from the first otherwise.")
@click.option("--until", type=Instant(), help="Until before this one; until now otherwise.")
@click.option("--where", "conditions", multiple=True, metavar="COLUMN=VALUE", help="Only these decisions.")
@click.option("--prediction", help="The prediction column; the reference's otherwise.")
@click.option("--favourable", help="The prediction that favours a person; the reference's otherwise.")
@click.option("--merited", help="The outcome for which that was right.")
@json_option
def audit(
    system: str,
    audit_fact: str,
    attributes: tuple[str, ...],
    crossings: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    conditions: tuple[str, ...],
    as_json: bool,
    **meaning: str | None,
) -> None:
    """Audit outcomes by protected group. Not legal advice.

    The cohort is frozen by the digest of its decisions; the result has all that is needed to do it again.

    \b
    Example:
      probative watch audit loans --audit 1f2e3d4c5b6a --by sex --by age:30,60 --cross sex,age \\
        --since 2026-10-01T00:00:00Z --until 2026-11-01T00:00:00Z
    """
    from probative.kernel.canon import parse_strict
    from probative.watch import terminal
    from probative.watch.facts import Cohort, FairnessAudited
    from probative.watch.reading import measures_in

    workspace = open_workspace()
    cohort = Cohort(
        since=format_instant(since) if since else _EPOCH,
        until=format_instant(until or workspace.clock.now()),
        where=dict(pair_of(text) for text in conditions),
    )
    fact = workspace.watcher.audit_fairness(
        system,
        cohort,
        workspace.recorder.fact(audit_fact).id,
        [attribute_of(text) for text in attributes],
        actor=current_actor(),
        meaning=meaning_of(meaning) if any(meaning.values()) else None,
        intersections=[names.split(",") for names in crossings],
    )
    body = fact.read(FairnessAudited)
    result = workspace.recorder.get(body.result)
    if as_json:
        print_json({"fact": fact, "result": parse_strict(result)})
        return
    click.echo(terminal.audit(body, measures_in(result), paint))
