"""Commands of `probative record` that take artifacts in: systems, assets, runs, documents, keys, releases.

**Promise**: digests are computed from the bytes kept; a run's start is recorded before its command begins.
**Not here**: reading and verifying the record (`cli.record`).
"""

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from probative.cli.output import json_option, print_json
from probative.cli.reading import read_bytes, read_toml
from probative.cli.session import current_actor, open_workspace
from probative.kernel.errors import UsageError
from probative.kernel.limits import JSON_BYTES_MAX

if TYPE_CHECKING:
    from probative.record.facts import Fact

T = TypeVar("T")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_system_option = click.option("--system", "system_name", required=True, help="The system it belongs to.")


@click.command()
@click.argument("file", type=_FILE)
@json_option
def system(file: Path, as_json: bool) -> None:
    """Put an AI system into the inventory from a TOML file.

    \b
    Example file:
      system = "credit-scoring"
      title = "Credit card default scoring"
      purpose = "Decide on credit limits"
      owner = "p-001"
      sector = "banking"
      jurisdictions = ["EU"]
      impact = "high"
      lifecycle = "development"
      data_sources = ["card-history"]
      [legal_roles]
      EU = "provider"
      [roles]
      model-owner = "p-001"
    """
    from probative.record.artifacts import system_draft
    from probative.record.facts import SystemRegistered

    body = convert(read_toml(file), SystemRegistered, file)
    say_fact(open_workspace().recorder.append(system_draft(body, current_actor()))[0], as_json)


@click.command()
@click.argument("file", type=_FILE)
@_system_option
@click.option("--name", help="The asset's name; the file's name otherwise.")
@click.option("--kind", required=True, help="dataset, split, code, environment, model, document, ...")
@click.option("--from", "derived_from", multiple=True, metavar="SHA256", help="What it was made from.")
@click.option("--description", default="", help="One line for people.")
@json_option
def asset(
    file: Path,
    system_name: str,
    name: str | None,
    kind: str,
    derived_from: tuple[str, ...],
    description: str,
    as_json: bool,
) -> None:
    """Take a file into the record: hashed twice, kept as a blob, named by a fact."""
    from probative.record.artifacts import record_asset

    fact = record_asset(
        open_workspace().recorder,
        file,
        system=system_name,
        name=name or file.stem.lower(),
        kind=kind,
        actor=current_actor(),
        derived_from=derived_from,
        description=description,
    )
    say_fact(fact, as_json)


@click.command()
@click.argument("file", type=_FILE)
@_system_option
@json_option
def run(file: Path, system_name: str, as_json: bool) -> int:
    """Run a training or an evaluation between its start receipt and its finish.

    The start is recorded first; then COMMAND runs; then its results file is read and recorded.

    \b
    Example file:
      run = "evaluation-7"
      kind = "evaluation"
      command = ["python", "evaluate.py"]
      results = "results.json"
      [inputs]
      model = "4f1c..."
      test-set = "9a0e..."
      [parameters]
      threshold = 0.3
    """
    from probative.record.runs import Plan, finish_run, parse_results, start_run

    plan = read_toml(file)
    command, results_file = plan.pop("command", None), plan.pop("results", None)
    if not isinstance(command, list) or not isinstance(results_file, str):
        raise UsageError(
            "run.malformed", f"'{file}' names no command and results file.", "probative record run --help"
        )
    workspace, actor = open_workspace(), current_actor()
    start = start_run(workspace.recorder, system_name, convert(plan, Plan, file), actor)
    say_fact(start, as_json)
    status = workspace.execute([str(word) for word in command])
    results, wrong = None, None
    try:
        results = parse_results(read_bytes(Path(results_file), JSON_BYTES_MAX)) if status == 0 else None
    except UsageError as error:
        wrong = error
    say_fact(finish_run(workspace.recorder, start, results, actor), as_json)
    if wrong is not None:
        # After the finish: a run without readable results is recorded as failed, never left out.
        raise wrong
    return 0 if status == 0 else 1


@click.command()
@click.argument("file", type=_FILE)
@_system_option
@json_option
def document(file: Path, system_name: str, as_json: bool) -> None:
    """Record a model card or a datasheet, drafted from a TOML file.

    \b
    Example file:
      kind = "model-card"
      name = "credit-card-1"
      about = "4f1c..."          the digest of the model or dataset
      [fields]
      intended_use = "..."
      "metric.accuracy" = 0.81   compared with the evaluation by the gate
    """
    from probative.record.documents import draft, record_document

    given = read_toml(file)
    try:
        drafted = draft(given["kind"], given["about"], given.get("fields", {}))
        name, about = given["name"], given["about"]
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            "document.malformed", f"'{file}' lacks {error}.", "probative record document --help"
        ) from error
    fact = record_document(
        open_workspace().recorder, drafted, system=system_name, name=name, about=about, actor=current_actor()
    )
    say_fact(fact, as_json)
    if drafted.missing and not as_json:
        click.echo(f"Still empty: {', '.join(drafted.missing)}")


@click.command()
@click.argument("model", metavar="MODEL_SHA256")
@_system_option
@click.option("--training-set", required=True, metavar="SHA256", help="What the model was trained on.")
@click.option("--name", default="model", show_default=True, help="The model's name.")
@click.option("--key", "key_name", default="model-signer", show_default=True, help="Which key signs.")
@json_option
def sign(model: str, system_name: str, training_set: str, name: str, key_name: str, as_json: bool) -> None:
    """Sign a model's digest together with its training set's."""
    from probative.record.artifacts import sign_model

    workspace = open_workspace()
    fact = sign_model(
        workspace.recorder,
        system=system_name,
        name=name,
        model=model,
        training_set=training_set,
        signer=workspace.keys.load(key_name),
        actor=current_actor(),
    )
    say_fact(fact, as_json)


@click.command()
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, help="A role the key may sign in.")
@click.option("--owner", required=True, help="The person who signs with it.")
@json_option
def key(name: str, roles: tuple[str, ...], owner: str, as_json: bool) -> None:
    """Make a signing key and record its public half."""
    workspace = open_workspace()
    signer = workspace.register_key(name, roles, owner, current_actor())
    if as_json:
        print_json({"name": name, "key_id": signer.key_id, "roles": roles, "owner": owner})
    else:
        click.echo(f"Made key '{name}' ({signer.key_id}); {owner} signs with it as {', '.join(roles)}.")


@click.command()
@click.argument("release", metavar="SYSTEM@RELEASE")
@click.option("--model", required=True, metavar="SHA256", help="Which model would go live.")
@click.option("--training", required=True, metavar="RUN", help="The run that made it.")
@click.option("--evaluation", required=True, metavar="RUN", help="The run that judged it.")
@click.option("--fallback", metavar="RELEASE", help="The known-good release to go back to.")
@json_option
def release(
    release: str, model: str, training: str, evaluation: str, fallback: str | None, as_json: bool
) -> None:
    """Propose a release; the gate decides about it."""
    from probative.record.artifacts import propose_release

    system_name, _, number = release.partition("@")
    fact = propose_release(
        open_workspace().recorder,
        system=system_name,
        release=number,
        model=model,
        training_run=training,
        evaluation_run=evaluation,
        fallback=fallback,
        actor=current_actor(),
    )
    say_fact(fact, as_json)


COMMANDS = (system, asset, run, document, sign, key, release)


def convert(value: object, kind: type[T], file: Path) -> T:
    """Check a value read from `file` against `kind`."""
    import msgspec

    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise UsageError(
            "file.malformed", f"'{file}' does not fit: {error}.", "See the example under --help."
        ) from error


def say_fact(fact: "Fact", as_json: bool) -> None:
    """Say that a fact was recorded."""
    if as_json:
        print_json(fact)
    else:
        click.echo(f"Recorded {fact.kind} as entry {fact.index}, fact {fact.id[:12]}.")
        if "sha256" in fact.body:
            click.echo(f"sha256 {fact.body['sha256']}")
