"""`probative prove`: evidence packages, made, looked at before, verified by anybody.

**Promise**: `verify` needs no workspace and ends with 0 (verified), 7 (contradicted) or 8 (issuer unknown).
**Not here**: what a package holds and how it is checked (`prove`).
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from probative.cli.output import columns, json_option, print_json
from probative.cli.session import current_actor, open_workspace, show_instant

if TYPE_CHECKING:
    from probative.prove.disclosure import Disclosure, Withheld
    from probative.prove.verification import Verification

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)
_SHOWN_MAX = 20
_COLOURS = {0: "green", 7: "red", 8: "yellow"}


@click.group()
def group() -> None:
    """Evidence packages that a stranger verifies offline.

    \b
    Examples:
      probative prove preview incident/inc-1
      probative prove package incident/inc-1 --out evidence.zip
      probative prove package release/loans@1.4.0 --out release.zip --recipient supervisor
      probative record trust --out trust.json
      probative prove verify evidence.zip --trust trust.json
    """


def _disclosure_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what is shown."""
    for option in (
        click.option("--withhold", multiple=True, metavar="SHA256", help="Keep this blob back, but name it."),
        click.option("--personal", is_flag=True, help="Show personal blobs too."),
        click.option("--open", "groups", multiple=True, metavar="GROUP", help="Open this group of each row."),
        click.option(
            "--decision", "decisions", multiple=True, metavar="ID", help="Prove this decision's row."
        ),
    ):
        command = option(command)
    return command


@group.command()
@click.argument("about")
@_disclosure_options
@json_option
def preview(
    about: str,
    decisions: tuple[str, ...],
    groups: tuple[str, ...],
    personal: bool,
    withhold: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show what a package about ABOUT would hold and withhold; nothing is recorded.

    ABOUT is incident/ID, inquiry/ID or release/SYSTEM@REL.
    """
    shown = _disclosure(groups, personal, withhold)
    contents = open_workspace().prover.preview(about, decisions=decisions, shown=shown)
    if as_json:
        facts = [{"index": fact.index, "id": fact.id, "kind": fact.kind} for fact in contents.facts]
        blobs = {digest: len(data) for digest, data in contents.blobs.items()}
        print_json({"about": about, "facts": facts, "blobs": blobs, "withheld": contents.withheld})
        return
    rows = [
        (str(fact.index), show_instant(fact.recorded_at), fact.kind, fact.id[:12]) for fact in contents.facts
    ]
    click.echo(columns(rows, ("#", "recorded", "kind", "fact")))
    for digest, data in contents.blobs.items():
        click.echo(f"shows     {digest}  {len(data):,} bytes")
    _say_withheld(contents.withheld)


@group.command()
@click.argument("about")
@click.option("--out", type=_OUT, required=True, help="The zip to write; an existing file is refused.")
@click.option(
    "--recipient", default="", help="To whom it goes: a pseudonym or an authority, kept in the ledger."
)
@_disclosure_options
@json_option
def package(
    about: str,
    out: Path,
    recipient: str,
    decisions: tuple[str, ...],
    groups: tuple[str, ...],
    personal: bool,
    withhold: tuple[str, ...],
    as_json: bool,
) -> None:
    """Issue an evidence package about ABOUT and record that it was issued.

    ABOUT is incident/ID, inquiry/ID or release/SYSTEM@REL. Personal blobs and erasable groups of decision
    rows stay out unless you ask for them.

    \b
    Examples:
      probative prove package incident/inc-1 --out evidence.zip
      probative prove package inquiry/inq-7 --out dossier.zip --decision 01a1... --open inputs
    """
    made = open_workspace().prover.package(
        about,
        out,
        actor=current_actor(),
        decisions=decisions,
        shown=_disclosure(groups, personal, withhold),
        recipient=recipient,
    )
    if as_json:
        print_json({"path": str(out), "issued": made.issued, "withheld": made.withheld})
        return
    held = made.issued.body
    click.echo(
        f"Wrote '{out}': {held['facts']} facts with proofs, {held['documents']} documents, "
        f"{held['decisions']} decisions; issued as entry {made.issued.index}."
    )
    _say_withheld(made.withheld)
    click.echo(f"Verify it anywhere: probative prove verify {out} --trust trust.json")


@group.command()
@click.argument("file", metavar="PACKAGE", type=click.Path(path_type=Path))
@click.option("--trust", "trust_file", type=_FILE, help="The issuer's trust file, got by another way.")
@json_option
def verify(file: Path, trust_file: Path | None, as_json: bool) -> int:
    """Verify a package (a zip, or the folder it was unpacked to); needs no workspace.

    Ends with 0 if nothing was changed and the trust file vouches for the issuer, 7 if anything contradicts,
    8 if all is consistent but the issuer is unknown.
    """
    # Only these: a stranger's machine need not load the record to verify a package.
    from probative.prove.verification import verify as verify_package
    from probative.record.proofs.trust import parse_trust

    trust = parse_trust(trust_file.read_bytes()) if trust_file else None
    answer = verify_package(file, trust, trust_file)
    if as_json:
        print_json(answer)
    else:
        _say_verification(answer)
    return answer.status


@group.command()
@click.argument("about", required=False)
@json_option
def issued(about: str | None, as_json: bool) -> None:
    """List the packages issued so far, or those about ABOUT."""
    facts = open_workspace().prover.issued(about)
    if as_json:
        print_json(facts)
        return
    rows = [
        (
            str(fact.index),
            show_instant(fact.recorded_at),
            str(fact.body["about"]),
            str(fact.body["recipient"]) or "-",
            "personal" if fact.body["personal"] else "-",
            str(fact.body["package"]),
        )
        for fact in facts
    ]
    click.echo(columns(rows, ("#", "issued", "about", "recipient", "shows", "package")))


@group.command()
@click.option("--out", type=_OUT, required=True, help="Where to write verify.py.")
def verifier(out: Path) -> None:
    """Write verify.py, the verifier that packages carry, and print its SHA-256."""
    from probative.kernel.digest import sha256_hex
    from probative.prove.bundling import verifier_source

    source = verifier_source()
    out.write_bytes(source)
    click.echo(f"{sha256_hex(source)}  {out}")


def _disclosure(groups: tuple[str, ...], personal: bool, withhold: tuple[str, ...]) -> "Disclosure":
    from probative.prove.disclosure import Disclosure

    return Disclosure(groups=groups, personal=personal, withhold=withhold)


def _say_withheld(withheld: "tuple[Withheld, ...]") -> None:
    for item in withheld[:_SHOWN_MAX]:
        click.echo(f"withholds {item.sha256}  {item.reason}")
    if len(withheld) > _SHOWN_MAX:
        click.echo(f"... and {len(withheld) - _SHOWN_MAX} more (--json lists all)")


def _say_verification(answer: "Verification") -> None:
    """Print an answer; text that a package brings along is shown without control characters."""
    bad = click.style("BAD", fg="red", bold=True)
    for failure in answer.failures[:_SHOWN_MAX]:
        click.echo(f"{bad} {_visible(f'{failure.file}: {failure.check}: {failure.detail}')}")
    if len(answer.failures) > _SHOWN_MAX:
        click.echo(f"... and {len(answer.failures) - _SHOWN_MAX} more (--json lists all)")
    issuer = answer.origin if answer.trusted and not answer.failures else "unknown"
    click.echo(
        f"{click.style(answer.answer, fg=_COLOURS[answer.status])}: "
        + _visible(
            f"{answer.about or 'a package'}, {answer.facts} facts, {len(answer.decisions)} decisions, "
            f"{answer.files} files, {answer.withheld} blobs withheld; issuer {issuer}"
        )
    )


def _visible(text: str) -> str:
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
