"""`probative serve`: the record as web pages on this machine, and the work that waits beside them.

**Promise**: 127.0.0.1 unless told otherwise; the pages only read; waiting work that fails is said once and
tried again, and never takes the pages down.
**Not here**: the pages (`probative.web`), and the work itself (`probative.work`).
"""

import importlib
import threading
from typing import TYPE_CHECKING

import click

from probative.cli.session import session
from probative.kernel.errors import ProbativeError

if TYPE_CHECKING:
    from probative.workspace import Workspace

PORT = 8470
WORK_PERIOD_S = 10


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True)
@click.option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="Answer to this name too, for example behind a proxy that signs people in.",
)
@click.option("--no-work", is_flag=True, help="Only show pages; leave waiting work to 'probative run'.")
def group(host: str, port: int, hosts: tuple[str, ...], no_work: bool) -> None:
    """Show the record as web pages on this machine, and do the work that waits.

    \b
    Examples:
      probative serve                                  http://127.0.0.1:8470/
      probative -w probative-demo serve --port 9000    another workspace, another port
    """
    workspace = session().workspace()
    stop = threading.Event()
    worker = threading.Thread(target=_work, args=(workspace, stop), daemon=True, name="waiting-work")
    if not no_work:
        worker.start()
    # Doors are strangers to each other: the web door is found by name, as verbs are.
    serve = importlib.import_module("probative.web.serving").serve
    try:
        serve(workspace, host, port, hosts, ready=_say)
    finally:
        stop.set()
        if worker.is_alive():
            worker.join()


def _say(address: str) -> None:
    click.echo(f"The record is on {address} (Ctrl-C ends this).")


def _work(workspace: "Workspace", stop: threading.Event) -> None:
    """Do a round of waiting work every few seconds; a failure is said when it is new."""
    from probative.work import work

    said = ""
    while not stop.is_set():
        try:
            work(workspace)
            said = ""
        except ProbativeError as error:
            if str(error) != said:
                said = str(error)
                click.echo(f"Waiting work failed and will be tried again: {said} {error.hint}", err=True)
        stop.wait(WORK_PERIOD_S)
