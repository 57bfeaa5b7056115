"""`probative run`: the work that waits, without web pages.

**Promise**: runs until stopped, one round every few seconds; Ctrl-C and SIGTERM end it between two rounds.
**Not here**: the work (`probative.work`).
"""

import signal
import threading

import click

from probative.cli.output import json_option, print_json
from probative.cli.session import current_actor, session
from probative.kernel.errors import UnavailableError, UsageError


@click.command()
@click.option("--once", is_flag=True, help="Do one round and stop.")
@click.option(
    "--every", "period_s", type=click.IntRange(1, 3600), default=10, show_default=True, help="Seconds."
)
@click.option("--retry", metavar="FACT", help="Try a failed reaction again, then do one round.")
@click.option("--skip", metavar="FACT", help="Leave a failed reaction, then do one round.")
@click.option("--reason", default="", help="Why, with --retry or --skip.")
@json_option
def group(once: bool, period_s: int, retry: str | None, skip: str | None, reason: str, as_json: bool) -> None:
    """Do the work that waits: reactions, sealing, clock warnings, publishing.

    \b
    Examples:
      probative run --once        one round, for a scheduler
      probative run --every 30    until stopped, every half minute
      probative run --retry 4f1c09ab77e2 --reason "flag file mended"
    """
    from probative.reactions import resolve
    from probative.work import work

    workspace = session().workspace()
    if retry is not None and skip is not None:
        raise UsageError("run.both", "A reaction is retried or skipped, not both.", "Give one of the two.")
    if failed := retry or skip:
        failure = workspace.recorder.fact(failed)
        resolve(workspace, failure, "retry" if retry else "skip", reason, current_actor())
        once = True
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        try:
            done = work(workspace)
        except UnavailableError as error:
            # The world failed for now: say so and try again, unless a scheduler asked for one round.
            if once:
                raise
            click.echo(f"waiting: {error}", err=True)
        else:
            if as_json:
                print_json(done)
            else:
                click.echo(
                    f"sealed {done.sealed} segments, read {done.read} windows, followed {done.followed},"
                    f" warned of {done.warned} clocks, published {done.published} entries"
                )
        if once:
            return
        stop.wait(period_s)
