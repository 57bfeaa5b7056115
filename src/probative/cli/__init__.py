"""The command line: one group per verb, loaded when it is called.

**Promise**: `--help` imports no room; a user's mistake ends in one sentence and a hint, with the exit status
of the error table, never in a traceback.
**Not here**: rules; a command parses, calls one method of a front class, and renders.
"""

import importlib
import json
import os
import sys
import traceback

import click

from probative import __version__
from probative.cli.session import Session
from probative.kernel.errors import ProbativeError, UnavailableError, UsageError

_BUG_STATUS = 70
_INTERRUPTED_STATUS = 130

_COMMANDS = {
    "demo": "See it all in two minutes, on real data, in a new folder.",
    "record": "The record: systems, artifacts, facts, proofs, verification.",
    "gate": "Release authority: tiers, controls, verdicts, approvals, waivers.",
    "watch": "Monitors: ingest decisions, measure, raise signals.",
    "respond": "Incidents: playbooks, stop, clocks, notices, inquiries.",
    "prove": "Evidence packages that a stranger verifies offline.",
    "run": "Do the work that waits: sealing, reactions, clocks, publishing.",
    "serve": "Show the record as web pages on this machine.",
    "doctor": "Say what lags or is out of order, and what to do.",
}

_EPILOG = """\b
Examples:
  probative demo                        the whole story on real data
  probative record init                 make a workspace in this folder
  probative gate check loans@1.4.0      may this release go live?
  probative record verify               recompute every hash and signature
"""


class _Verbs(click.Group):
    """Loads a verb's module when the verb is called, and lists verbs without loading any."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = "probative.demo" if cmd_name == "demo" else f"probative.cli.{cmd_name}"
        command = importlib.import_module(module).group
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(
    cls=_Verbs,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="probative")
@click.option(
    "--workspace",
    "-w",
    type=click.Path(file_okay=False),
    envvar="PROBATIVE_WORKSPACE",
    default=".",
    show_default="this folder",
    help="The folder that holds the record.",
)
@click.option(
    "--as",
    "as_actor",
    metavar="ID:ROLE",
    envvar="PROBATIVE_ACTOR",
    help="Who acts, and in which role, for example p-017:model-owner.",
)
@click.pass_context
def cli(context: click.Context, workspace: str, as_actor: str | None) -> None:
    """Probative: a flight recorder and a release authority for AI systems."""
    context.obj = Session(workspace, as_actor)


def main() -> None:
    """Run the command line and leave with the exit status of the error table."""
    sys.exit(call(sys.argv[1:]))


def call(arguments: list[str]) -> int:
    """Run one command and return its exit status; errors are printed here and nowhere else."""
    as_json = "--json" in arguments
    try:
        status = cli.main(arguments, prog_name="probative", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except ProbativeError as error:
        _complain(as_json, error.code, str(error), error.hint)
        return error.exit_status
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        hint = f"{context.command_path} --help" if context else "probative --help"
        _complain(as_json, "usage", error.format_message(), hint)
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo(
            "Stopped. What was acknowledged is recorded; run the same command again to go on.", err=True
        )
        return _INTERRUPTED_STATUS
    except BrokenPipeError:
        # The reader of a pipe has gone (`| head`): nothing more to say, and nothing went wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"'{error.filename}'" if error.filename else "The system"
        _complain(
            as_json,
            "system.unavailable",
            f"{where} cannot be used: {error.strerror or error}.",
            "Check the path, permissions and free space, then run the same command again.",
        )
        return UnavailableError.exit_status
    except RecursionError:
        # Only input from outside nests that deeply; readers that know the file say its name.
        _complain(as_json, "input.too-deep", "What was given nests too deeply to be read.", "Mend the file.")
        return UsageError.exit_status
    except Exception as error:  # noqa: BLE001  # the last line of defence: a bug of ours gets its own status
        _complain(
            as_json, "bug", f"This is a bug of ours: {type(error).__name__}: {error}.", "Please report it."
        )
        traceback.print_exc()
        return _BUG_STATUS


def _complain(as_json: bool, code: str, sentence: str, hint: str) -> None:
    if as_json:
        click.echo(json.dumps({"error": {"code": code, "message": sentence, "hint": hint}}), err=True)
        return
    click.echo(f"{click.style('error', fg='red', bold=True)}: {sentence}", err=True)
    if hint:
        click.echo(f" {click.style('hint', fg='cyan')}: {hint}", err=True)
