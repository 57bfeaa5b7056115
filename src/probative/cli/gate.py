"""`probative gate`: tiers, thresholds, verdicts, approvals, waivers, features.

**Promise**: every command is one call of the gatekeeper and ends with 0 (open), 1 (closed) or 8 (not
assessable) where it asks the gate.
**Not here**: rules (`gate`), and how verdicts are written (`gate.outputs`).
"""

import shutil
import sys
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from probative.cli.output import json_option, print_json
from probative.cli.session import Instant, current_actor, open_workspace
from probative.kernel.canon import parse_strict
from probative.kernel.errors import UsageError
from probative.kernel.limits import LINE_BYTES_MAX

if TYPE_CHECKING:
    from probative.gate.gatekeeper import Gatekeeper

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)
_COLOURS = {"good": "green", "bad": "red", "doubt": "yellow"}


@click.group()
def group() -> None:
    """Release authority: tiers, controls, verdicts, approvals, waivers.

    \b
    Examples:
      probative gate tier loans --template > answers.toml
      probative gate tier loans --answers answers.toml
      probative gate thresholds loans --set "accuracy>=0.75" --set "selection_rate_ratio[sex]>=0.8"
      probative gate check loans@1.4.0
      probative gate check loans@1.4.0 --as-of 120
      probative --as p-004:chief-risk-officer gate approve loans@1.4.0 --key chief-risk-officer
      probative gate explain PB-EVA-01
    """


@group.command()
@click.argument("system")
@click.option("--answers", "file", type=_FILE, help="Answers as TOML or JSON: question id to answer.")
@click.option("--template", is_flag=True, help="Print the questionnaire as a TOML file to fill in.")
@json_option
def tier(system: str, file: Path | None, template: bool, as_json: bool) -> None:
    """Assign a risk tier from answers to the questionnaire (EU AI Act). Not legal advice."""
    from probative.gate.facts import TierAssigned
    from probative.gate.outputs import tiers

    if template:
        from probative.gate.tiering.law import load_law

        law, _ = load_law()
        click.echo(tiers.render_questions(law, law.questions))
        return
    if file is None:
        raise UsageError(
            "tier.no-answers",
            f"No answers for '{system}' are given.",
            f"probative gate tier {system} --template",
        )
    gate = _gatekeeper()
    fact = gate.tier(system, _read_answers(file), current_actor())
    if as_json:
        print_json(fact)
        return
    click.echo(tiers.render_tier(fact.read(TierAssigned), gate.law.notice, _paint))


@group.command()
@click.argument("system")
@click.option("--set", "texts", multiple=True, required=True, metavar="THRESHOLD", help="accuracy>=0.75")
@json_option
def thresholds(system: str, texts: tuple[str, ...], as_json: bool) -> None:
    """Declare what evaluations must reach from now on, before they run.

    \b
    Examples:
      probative gate thresholds loans --set "accuracy>=0.75" --set "brier<=0.2"
      probative gate thresholds loans --set "accuracy>=0.75" --set "selection_rate_ratio[sex]>=0.8"
    """
    from probative.gate.rules.evaluation.thresholds import parse_threshold

    declared = tuple(parse_threshold(text) for text in texts)
    fact = _gatekeeper().declare_thresholds(system, declared, current_actor())
    if as_json:
        print_json(fact)
    else:
        click.echo(f"Declared {len(declared)} thresholds as entry {fact.index}, for runs that start later.")


@group.command()
@click.argument("target", metavar="SYSTEM@RELEASE")
@click.option("--as-of", type=int, metavar="SIZE", help="Ask the record as it was at this ledger size.")
@click.option("--at", type=Instant(), metavar="INSTANT", help="Judge at this time (with --dry-run).")
@click.option("--dry-run", is_flag=True, help="Record nothing.")
@click.option("--junit", type=_OUT, metavar="FILE", help="Write JUnit XML for CI as well.")
@json_option
def check(
    target: str,
    as_of: int | None,
    at: datetime | None,
    dry_run: bool,
    junit: Path | None,
    as_json: bool,
) -> int:
    """Ask whether a release may go live. Ends with 0 open, 1 closed, 8 not assessable."""
    from probative.gate.outputs import terminal

    system, release = _target(target)
    gate = _gatekeeper()
    actor = current_actor()
    verdict = gate.check(system, release, as_of=as_of, at=at, dry_run=dry_run, actor=actor)
    if junit is not None:
        from probative.gate.outputs import junit as writer

        junit.write_bytes(writer.render(verdict, gate.controls))
    if as_json:
        from probative.gate.outputs import document

        print_json(document.render(verdict, gate.controls))
    else:
        click.echo(terminal.render(verdict, gate.controls, _paint, _width()))
    return verdict.exit_status


@group.command()
@click.argument("target", metavar="SYSTEM@RELEASE")
@click.option("--size", type=int, required=True, help="The ledger size that the verdict was given on.")
@json_option
def replay(target: str, size: int, as_json: bool) -> int:
    """Compute a recorded verdict again and compare it byte for byte. Ends with 0 if identical, else 1."""
    system, release = _target(target)
    found = _gatekeeper().replay(system, release, size)
    if as_json:
        print_json(
            {"identical": found.identical, "differences": found.differences, "fact": found.recorded.id}
        )
    elif found.identical:
        outcome = found.verdict.outcome.value
        click.echo(
            f"{_paint('identical', 'good')}: verdict #{found.recorded.index} ({outcome}) gives the same bytes"
        )
    else:
        click.echo(f"{_paint('different', 'bad')}: {'; '.join(found.differences)}")
    return 0 if found.identical else 1


@group.command()
@click.argument("target", metavar="SYSTEM@RELEASE")
@click.option("--role", help="The role you approve in; that of --as otherwise.")
@click.option("--key", "key_name", required=True, help="Your own key in this workspace.")
@json_option
def approve(target: str, role: str | None, key_name: str, as_json: bool) -> None:
    """Approve a release with your own key, in a role that you hold.

    \b
    Example:
      probative --as p-004:chief-risk-officer gate approve loans@1.4.0 --key chief-risk-officer
    """
    system, release = _target(target)
    workspace, actor = open_workspace(), current_actor()
    fact = workspace.gatekeeper.approve(
        system, release, role or actor.role, actor, workspace.keys.load(key_name)
    )
    if as_json:
        print_json(fact)
    else:
        click.echo(f"Approved {target} as {role or actor.role}, entry {fact.index}, fact {fact.id[:12]}.")


@group.command()
@click.argument("control")
@click.argument("target", metavar="SYSTEM[@RELEASE]")
@click.option("--reason", required=True, help="Why the control cannot be met now.")
@click.option("--compensating", required=True, help="What lowers the risk meanwhile.")
@click.option("--requester", required=True, metavar="PERSON", help="Who asked for it; never the approver.")
@click.option("--days", type=click.IntRange(min=1), help="For how many days.")
@click.option("--until", type=Instant(), metavar="INSTANT", help="Until when, instead of --days.")
@click.option("--renews", metavar="WAIVER", help="The waiver that this one renews.")
@json_option
def waive(
    control: str,
    target: str,
    reason: str,
    compensating: str,
    requester: str,
    days: int | None,
    until: datetime | None,
    renews: str | None,
    as_json: bool,
) -> None:
    """Let a control be unmet for a while; you, who approve, must hold an entitled role.

    \b
    Example:
      probative --as p-004:chief-risk-officer gate waive PB-MON-01 loans@1.4.0 \\
        --reason "feed not ready" --compensating "daily manual check" --requester p-001 --days 14
    """
    if (days is None) == (until is None):
        raise UsageError("waiver.no-expiry", "A waiver needs one expiry.", "Give either --days or --until.")
    workspace = open_workspace()
    system, _, release = target.partition("@")
    fact = workspace.gatekeeper.waive(
        control,
        system,
        release or None,
        reason=reason,
        compensating=compensating,
        requester=requester,
        approver=current_actor(),
        expires_at=until or workspace.clock.now() + timedelta(days=days or 0),
        renews=renews,
    )
    if as_json:
        print_json(fact)
    else:
        click.echo(
            f"Waived {fact.body['control']} as {fact.body['waiver']} until {fact.body['expires_at'][:19]}Z."
        )


@group.command()
@click.argument("system")
@click.option("--feature", "features", multiple=True, required=True, help="A column fed to the model.")
@click.option("--protected", multiple=True, required=True, help="An attribute kept for audit only.")
@json_option
def features(system: str, features: tuple[str, ...], protected: tuple[str, ...], as_json: bool) -> int:
    """Check that no protected attribute is fed to a high-risk model. Ends with 1 when refused."""
    answer = _gatekeeper().check_schema(system, features, protected, current_actor())
    if as_json:
        print_json({"accepted": answer.accepted, "refused": answer.refused, "fact": answer.fact})
    elif answer.accepted:
        click.echo(f"{_paint('accepted', 'good')}: {len(features)} features carry no protected attribute")
    else:
        found = ", ".join(f"{column} carries {name}" for column, name in answer.refused.items())
        click.echo(f"{_paint('refused', 'bad')}: {found}; fact {answer.fact[:12]}")
    return 0 if answer.accepted else 1


@group.command()
@click.argument("control")
@click.argument("target", metavar="[SYSTEM@RELEASE]", required=False)
@json_option
def explain(control: str, target: str | None, as_json: bool) -> None:
    """Show a control: what must hold, what shows it, who may waive it, how to mend it.

    With a release: how it stands there now, why, and the exact next command; nothing is recorded.
    """
    from probative.gate.controls import shipped_controls
    from probative.gate.outputs import terminal, tiers

    found = shipped_controls().control(control)
    verdict = None
    if target is not None:
        system, release = _target(target)
        verdict = _gatekeeper().check(system, release, dry_run=True)
    if as_json:
        results = verdict.results if verdict else ()
        print_json({"control": found, "here": next((r for r in results if r.control == found.id), None)})
        return
    click.echo(tiers.render_control(found, _paint))
    if verdict is not None:
        click.echo(f"\n{terminal.render_one(verdict, found, _paint, _width())}")


def _gatekeeper() -> "Gatekeeper":
    return open_workspace().gatekeeper


def _target(text: str) -> tuple[str, str]:
    system, at, release = text.partition("@")
    if not at or not system or not release:
        raise UsageError("gate.no-release", f"'{text[:80]}' is not SYSTEM@RELEASE.", "Write loans@1.4.0.")
    return system, release


def _read_answers(file: Path) -> dict[str, Any]:
    """Read answers from TOML or JSON; nested tables are joined with dots, so that `art5.a = "no"` works."""
    if file.stat().st_size > LINE_BYTES_MAX:
        raise UsageError(
            "tier.answers-large", f"'{file}' has over {LINE_BYTES_MAX} bytes.", "Answer briefly."
        )
    data = file.read_bytes()
    try:
        value = parse_strict(data) if file.suffix == ".json" else tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            "tier.answers-malformed",
            f"'{file}' is not TOML: {error}.",
            "probative gate tier SYSTEM --template",
        ) from error
    if not isinstance(value, dict):
        raise UsageError(
            "tier.answers-malformed", f"'{file}' holds no answers by question.", 'Write {"art5.a": "no"}.'
        )
    flat: dict[str, Any] = {}
    _flatten("", value, flat)
    return flat


def _flatten(prefix: str, value: Any, flat: dict[str, Any]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _flatten(f"{prefix}.{key}" if prefix else key, inner, flat)
    elif isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str) for item in value)):
        flat[prefix] = value
    else:
        raise UsageError(
            "tier.answer-malformed", f"The answer to '{prefix[:80]}' is not text.", 'Quote it: "yes".'
        )


def _paint(text: str, tone: str) -> str:
    """Colour a piece of text; click drops colours where there is no terminal."""
    return click.style(text, fg=_COLOURS.get(tone), bold=tone == "strong", dim=tone == "quiet")


def _width() -> int:
    """Return how wide text may be: the terminal's width up to 110, and 100 where there is no terminal."""
    return min(shutil.get_terminal_size((100, 24)).columns, 110) if sys.stdout.isatty() else 100
