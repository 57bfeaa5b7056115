"""SIGKILL while decisions are written and sealed: what was acknowledged is there once, and all verifies."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from probative.kernel.clock import SystemClock
from probative.testing import fresh_workspace
from probative.workspace import Workspace
from tests.record.decisions.conftest import ACTOR, SCHEMA, Bench

ROUNDS = 400 if os.environ.get("PROBATIVE_CAMPAIGN") == "long" else 25

# One process imports everything and forks a writer for each name it reads: a round costs no import.
NURSERY = """
import os, signal, sys, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from probative.adapters.files.journals import FileJournals
from probative.adapters.files.segments import FileSegments
from probative.adapters.files.vault import FileVault
from probative.kernel.actor import Actor
from probative.kernel.ids import uuid7
from probative.record.decisions.log import DecisionLog
from probative.record.decisions.segment.writer import Limits
from probative.workspace import Workspace
import pyarrow.parquet

def say(*words):
    os.write(1, (" ".join(words) + "\\n").encode())

def write(folder, name):
    workspace = Workspace.open(folder / "workspace")
    record = workspace.folder / "record"
    log = DecisionLog(
        workspace.recorder,
        FileJournals(record / "journal"),
        FileSegments(record / "segments", record / "protected"),
        FileVault(workspace.folder / "keys" / "protected.key"),
        Actor(id="p-1", role="data-science"),
        Limits(rows_max=60, head_period=timedelta(milliseconds=30)),
    )
    number = 0
    while True:
        at = datetime.now(UTC)
        rows = [
            {
                "decision_id": str(uuid7(at)), "decided_at": at, "subject": f"{name}-{number}-{n}",
                "amount": 0.5, "years": None, "approve": 1, "p": 0.25, "release": "r1", "note": None,
                "sex": "f", "age": 40,
            }
            for n in range(5)
        ]
        receipt = log.record("loans", rows)
        say("ack", str(receipt.rows), *(row["decision_id"] for row in rows))
        number += 1

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
folder = Path(sys.argv[1])
say("ready")
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        try:
            write(folder, line.strip())
        except BaseException as error:
            say("error", repr(error))
        os._exit(1)
    say("pid", str(child))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a workspace on the real clock, a system and its schema."""
    workspace = fresh_workspace(tmp_path)
    Bench.register(workspace, "loans")
    workspace.decisions.declare(SCHEMA, ACTOR)
    return tmp_path


def read_words(nursery: subprocess.Popen[str], acknowledged: Counter[str], until: str) -> list[str]:
    """Take in what writers say until a line that begins with `until`; return its words."""
    while True:
        words = nursery.stdout.readline().split()
        assert words, "the nursery ended"
        assert words[0] != "error", words
        if words[0] == "ack":
            acknowledged.update(words[2:])
        if words[0] == until:
            return words


@pytest.fixture
def nursery(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Return the process that forks writers; it and what it forked end with the test."""
    command = [sys.executable, "-c", NURSERY, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        yield process
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def test_acknowledged_decisions_survive_sigkill(folder: Path, nursery: subprocess.Popen[str]) -> None:
    """Two writers at a time, killed at random moments of writing, sealing and recovering."""
    chance = random.Random(20261121)
    acknowledged: Counter[str] = Counter()
    kills = 0
    read_words(nursery, acknowledged, "ready")
    for turn in range(ROUNDS):
        pids = []
        for twin in range(2):
            nursery.stdin.write(f"{turn}-{twin}\n")
            nursery.stdin.flush()
            pids.append(int(read_words(nursery, acknowledged, "pid")[1]))
        if turn % 5 == 0:
            read_words(nursery, acknowledged, "ack")
        time.sleep(chance.uniform(0.02, 0.25))
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            kills += 1
    nursery.stdin.close()
    for line in nursery.stdout.read().splitlines(keepends=True):
        words = line.split()
        assert words[:1] != ["error"], words
        if line.endswith("\n") and words[0] == "ack":
            acknowledged.update(words[2:])
    nursery.wait()

    survivor = Workspace.open(folder / "workspace", SystemClock())
    log = survivor.decisions
    log.seal(force=True)
    recorded = Counter(log.read("loans", columns=["decision_id"]).column(0).to_pylist())
    assert kills >= 50
    assert len(acknowledged) > 5 * kills
    assert set(acknowledged) - set(recorded) == set()
    assert [decision for decision, count in recorded.items() if count > 1] == []
    assert list((survivor.folder / "record" / "journal").glob("*.journal")) == []
    assert log.verify() == []
    assert survivor.verify().problems == ()
    log.close()
