"""Side by side: pages, waiting work and commands, each in a process of its own, on one workspace.

Defences: one transaction at a time with a bounded wait (`adapters.sqlite`), one publisher and one worker by
locks, journals that belong to one writer each, and compare-and-swap of the head. Without the last two, facts
fork or decisions are lost, and the verification at the end says so.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from probative.kernel.clock import ManualClock, SystemClock
from probative.record.decisions.schema import Column, decision_schema
from probative.testing import fresh_workspace
from probative.work import work
from probative.workspace import Workspace
from tests.faults.alarm import OWNER, SYSTEM, armed
from tests.faults.alarm import signal as raise_signal

ROUNDS = 60 if os.environ.get("PROBATIVE_CAMPAIGN") == "long" else 6
WRITERS = 2
ROWS = 20

# What a user types, again and again: keys, decisions, checkpoints, questions.
WRITER = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from probative.cli import call
from probative.kernel.ids import uuid7

folder, name, rounds, rows = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
file = Path(folder).parent / f"{name}.ndjson"
line = ["-w", folder, "--as", "p-1:model-owner"]
statuses = []
for turn in range(rounds):
    now = datetime.now(UTC)
    decided = [
        {"decision_id": str(uuid7(now)), "decided_at": now.isoformat(), "subject": f"{name}-{n}", "amount": n}
        for n in range(rows)
    ]
    file.write_text("".join(json.dumps(row) + "\\n" for row in decided))
    for words in (
        ["record", "key", f"{name}-{turn}", "--role", "audit", "--owner", "p-1"],
        ["watch", "ingest", "loans", str(file)],
        ["record", "checkpoint"],
        ["record", "log", "--subject", "system/loans"],
    ):
        statuses.append(call([*line, *words]))
print(json.dumps(statuses), file=sys.stderr)
"""


def test_pages_work_and_commands_share_a_workspace(tmp_path: Path) -> None:
    """No error anywhere; everything is there once, the signal is answered once, and all of it verifies."""
    workspace = armed(tmp_path, ManualClock(SystemClock().now() - timedelta(seconds=1)))
    workspace.decisions.declare(
        decision_schema(SYSTEM, Column(name="amount", type="int32", role="feature")), OWNER
    )
    folder, port = workspace.folder, free_port()
    with ExitStack() as stack:
        serve = stack.enter_context(running("-w", str(folder), "serve", "--port", str(port)))
        run = stack.enter_context(running("-w", str(folder), "run", "--every", "1"))
        assert serve.stdout is not None
        assert f":{port}/" in serve.stdout.readline()
        writers = [
            stack.enter_context(script(WRITER, str(folder), f"w{n}", str(ROUNDS), str(ROWS)))
            for n in range(WRITERS)
        ]
        raise_signal(Workspace.open(folder))
        while any(writer.poll() is None for writer in writers):
            assert pages(port) == [200, 200, 200]
            time.sleep(0.05)
        statuses = [json.loads(writer.communicate()[1].splitlines()[-1]) for writer in writers]
        assert statuses == [[0] * 4 * ROUNDS] * WRITERS
        assert ended(serve) == ended(run) == (0, "")
    check(folder)


def check(folder: Path) -> None:
    """Look at what the processes left together."""
    workspace = Workspace.open(folder)
    work(workspace)
    workspace.decisions.seal(force=True)
    report = workspace.verify()
    assert (report.exit_status, report.decisions) == (0, WRITERS * ROUNDS * ROWS)
    keys = [fact.body["key_id"] for fact in workspace.recorder.facts(kind="record.key-registered")]
    assert (len(keys), len(set(keys))) == (WRITERS * ROUNDS, WRITERS * ROUNDS)
    (incident,) = workspace.responder.incidents(SYSTEM)
    assert incident.status == "stopped"
    assert len([*workspace.recorder.facts(kind="work.reaction-done")]) == 1
    assert len([*workspace.recorder.facts(kind="work.reaction-failed")]) == 0


@contextmanager
def running(*words: str) -> Iterator["subprocess.Popen[str]"]:
    """Run the console script until the block ends."""
    with script("from probative.cli import main; main()", *words) as process:
        yield process


@contextmanager
def script(text: str, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a script in a process of its own; kill it if the test fails before it ends."""
    with subprocess.Popen(
        [sys.executable, "-c", text, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Ask a process to end, and return its status and what it complained about."""
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    return process.returncode, errors


def pages(port: int) -> list[int]:
    """Read three pages as a browser would."""
    found = []
    for path in ("", "api/systems", f"systems/{SYSTEM}"):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=30) as answer:
            found.append(answer.status)
    return found


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("openings", [4])
def test_openings_in_one_process_share_it_too(tmp_path: Path, openings: int) -> None:
    """Several openings of one folder take turns, see each other's facts, and publish one history."""
    folder = fresh_workspace(tmp_path, ManualClock(SystemClock().now())).folder
    opened = [Workspace.open(folder) for _ in range(openings)]
    for turn in range(20):
        workspace = opened[turn % openings]
        workspace.register_key(f"k-{turn}", ("audit",), "p-1", workspace.actor)
        opened[(turn + 1) % openings].recorder.checkpoint()
    assert {workspace.recorder.head() for workspace in opened} == {opened[0].recorder.head()}
    assert opened[0].verify().problems == ()
