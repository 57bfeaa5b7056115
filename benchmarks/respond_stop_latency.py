"""Claims: a stop seals its pointer and turns the flag off within 100 ms, whatever state the ledger is in.

**Promise**: a real workspace with a ledger of 2,000 entries and a real flag file; the time is from the call
until somebody else reads `off`, with the ledger idle, with its write lock held by another process, and with
the ledger away; the worst of all runs counts. The guard is timed beside flagd's own file provider.
**Not here**: starting the command line (`startup`).
"""

import json
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext

from probative.adapters.files.flags import FlagFile, SpoolFolder
from probative.client.guard import Guard
from probative.kernel.actor import Actor
from probative.kernel.clock import ManualClock
from probative.kernel.errors import UnavailableError
from probative.record.facts import Draft, ReleaseDeployed, RunStarted, subject
from probative.respond.contain.killswitch import KillSwitch
from probative.respond.contain.switch import switched
from probative.testing import START, fresh_workspace
from probative.workspace import Workspace

ENTRIES = 2_000
STOPS = 15
QUESTIONS = 5_000
ACTOR = Actor(id="p-1", role="incident-commander")
FLAG = "loans.serve"


class Away:
    """A recorder out of reach."""

    def __init__(self, clock: ManualClock) -> None:
        """Keep the clock, the one thing a stop needs of it."""
        self.clock = clock

    def head(self) -> None:
        """Fail as an unusable ledger does."""
        raise UnavailableError("ledger.unavailable", "The ledger cannot be used now.", "")

    def facts(self, **_query: object) -> None:
        """Fail."""
        self.head()

    def append(self, *_drafts: object) -> None:
        """Fail."""
        self.head()


def fill(workspace: Workspace) -> None:
    """Record a ledger's worth of facts, the deployed release among them."""
    about = subject("system/loans")
    deployed = ReleaseDeployed(system="loans", release="2", model="ab" * 32, endpoint=FLAG)
    workspace.recorder.append(Draft(body=deployed, subjects=(about,), actor=ACTOR))
    for start in range(0, ENTRIES, 250):
        bodies = [
            RunStarted(run=f"r{number}", run_kind="t", system="loans", inputs={}, parameters={})
            for number in range(start, start + 250)
        ]
        workspace.recorder.append(*(Draft(body=body, subjects=(about,), actor=ACTOR) for body in bodies))


def turn_on(switch: KillSwitch, flags: FlagFile) -> None:
    """Put the system back to serving, past the rules that a benchmark need not wait for."""
    switch.recover()
    switch.arm("loans", "2", "1", ACTOR)
    flags.edit(lambda document: switched(document, FLAG, "on"))


def until_off(stop: Callable[[], object], flags: FlagFile, after: Callable[[], object]) -> float:
    """Return the milliseconds from the call of `stop` until the flag reads `off` from outside."""
    thread = threading.Thread(target=stop)
    begun = time.perf_counter()
    thread.start()
    while flags.evaluate(FLAG).variant != "off":
        time.sleep(0.000_2)
    taken = (time.perf_counter() - begun) * 1000
    after()
    thread.join()
    return taken


def under_lock(workspace: Workspace, stop: Callable[[], object], flags: FlagFile) -> float:
    """Stop while another connection holds the ledger's write lock, and let it go once the flag is off."""
    path = workspace.folder / "record" / "ledger.sqlite"
    writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    taken = until_off(stop, flags, lambda: writer.execute("ROLLBACK"))
    writer.close()
    return taken


def each(work: Callable[[], object], times: int) -> float:
    """Return the microseconds that one call takes."""
    begun = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - begun) / times * 1e6


def claim(text: str, value: float, unit: str, bar: float, **peer: float) -> None:
    """Print one claim."""
    peers = {name: round(number, 3) for name, number in peer.items()}
    numbers = {"value": round(value, 3), "unit": unit, "bar": bar, "ok": value <= bar}
    print(json.dumps({"claim": text, **numbers, "peer": peers}))


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workspace = fresh_workspace(folder, ManualClock(START + timedelta(days=1)))
        fill(workspace)
        flags, spool = FlagFile(folder / "flags.json"), SpoolFolder(folder / "spool")
        switch = KillSwitch(workspace.recorder, flags, spool)
        away = KillSwitch(Away(workspace.clock), flags, spool)  # type: ignore[arg-type]
        times: dict[str, list[float]] = {"ledger idle": [], "another process writing": [], "no ledger": []}
        for _ in range(STOPS):
            for state, found in times.items():
                turn_on(switch, flags)
                stopper = away if state == "no ledger" else switch
                stop = partial(stopper.stop, "loans", "benchmark", ACTOR)
                if state == "another process writing":
                    found.append(under_lock(workspace, stop, flags))
                else:
                    found.append(until_off(stop, flags, lambda: None))
        writes = [each(lambda: flags.edit(lambda text: text + b" "), 1) / 1000 for _ in range(STOPS)]
        for state, found in times.items():
            text = f"stop: pointer sealed and flag off, {state} (worst of {STOPS})"
            claim(text, max(found), "ms", 100, one_durable_write=statistics.median(writes))
        turn_on(switch, flags)
        ask(folder / "flags.json")


def ask(path: Path) -> None:
    """Time the guard's question beside the flagd provider's."""
    guard = Guard("loans", path)
    peer = FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=str(path))
    peer.initialize(EvaluationContext())
    resolve = each(lambda: peer.resolve_string_details(FLAG, ""), QUESTIONS)
    peer.shutdown()
    question = each(guard.ask, QUESTIONS)
    claim("guard: one question, through OpenFeature", question, "us", 500, flagd_provider_alone=resolve)


if __name__ == "__main__":
    main()
