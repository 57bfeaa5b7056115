"""`probative demo`: the main job from end to end, on real data, in a new folder.

**Promise**: every number printed is computed in the run; everything is left behind to be looked at.
**Not here**: shortcuts: the demo calls what the commands call.
"""

from datetime import timedelta
from pathlib import Path

import click

from probative.kernel.errors import ConflictError, UnavailableError

DEFAULT_FOLDER = "probative-demo"
# A day and a half of preparing and thirty days of decisions, over a few hours before the demo is run.
STORY = timedelta(days=31, hours=12)
MARGIN = timedelta(hours=6)


@click.command()
@click.option(
    "--dir", "folder", type=click.Path(file_okay=False, path_type=Path), help="Keep the workspace here."
)
@click.option("--seed", type=int, default=7, show_default=True, help="Deals people, days and ids.")
@click.option("--serve", is_flag=True, help="Show the result as web pages afterwards.")
def group(folder: Path | None, seed: int, serve: bool) -> None:
    """See an AI system recorded, gated, watched, stopped, investigated and proved, on real data.

    Nothing is canned: a scikit-learn model is trained on 30,000 real people, and every number is computed
    in the run. Only the clock is not real: a month passes in a minute.

    \b
    Examples:
      probative demo                    in a new folder here
      probative demo --dir /tmp/story   keep the workspace there
      probative demo --seed 8 --serve   other people, and web pages at the end
    """
    place = _empty_folder(folder)
    _play(place, seed)
    if serve:
        from probative.cli import serve as door
        from probative.cli.session import session

        session().folder = place
        click.get_current_context().invoke(door.group)


def _empty_folder(folder: Path | None) -> Path:
    """Return the folder to play in: the one asked for, if it is empty, or a new one here."""
    if folder is None:
        number = 1
        folder = Path(DEFAULT_FOLDER)
        while folder.exists():
            number += 1
            folder = Path(f"{DEFAULT_FOLDER}-{number}")
    if folder.exists() and any(folder.iterdir()):
        raise ConflictError("demo.not-empty", f"'{folder}' is not empty.", "Name a new folder with --dir.")
    return folder


def _play(folder: Path, seed: int) -> None:
    """Play all acts in `folder`."""
    # Loaded here: --help must not wait for Arrow, Polars and scikit-learn.
    try:
        from probative.demo import gating, inquiry, opening, proof, watching
    except ModuleNotFoundError as error:
        raise UnavailableError(
            "demo.not-installed", f"The demo needs '{error.name}'.", "pip install 'probative[demo]'"
        ) from error
    from probative.demo.stage import Stage
    from probative.kernel.clock import ManualClock, SystemClock
    from probative.work import catch_up
    from probative.workspace import Workspace

    last_midnight = (SystemClock().now() - MARGIN).replace(hour=0, minute=0, second=0, microsecond=0)
    clock = ManualClock(last_midnight - STORY)
    click.secho("Probative demo", bold=True)
    click.echo(f"   workspace '{folder}', seed {seed}; its clock starts a month ago and runs fast")
    click.echo("   data: I-Cheng Yeh, Default of Credit Card Clients, UCI, CC BY 4.0")
    stage = Stage(Workspace.create(folder, f"localhost/{folder.name}", clock), clock, seed)
    opening.register(stage)
    built = opening.build(stage)
    refused = gating.refuse(stage)
    gating.mend(stage, built, refused)
    month = watching.stream(stage, built)
    incident = watching.go_wrong(stage, month)
    decision = inquiry.answer(stage, built, month)
    stage.workspace.decisions.seal(force=True)
    package, trust = proof.prove(stage, f"incident/{incident.id}", decision)
    catch_up(stage.workspace)
    stage.workspace.recorder.checkpoint()
    head = stage.workspace.recorder.head()
    click.echo()
    click.secho("Done", bold=True)
    click.echo(f"   {head.size:,} facts and {month.decisions:,} decisions in '{folder}'")
    click.echo(f"   package '{package}', trust file '{trust}'")
    click.echo("   next:")
    for line in (
        f"-w {folder} record verify",
        f"-w {folder} respond show {incident.id}",
        f"-w {folder} serve",
    ):
        click.secho(f"   $ probative {line}", fg="cyan")
