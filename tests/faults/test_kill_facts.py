"""SIGKILL while facts are written: what was acknowledged is there, and everything verifies."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from probative.testing import fresh_workspace
from probative.workspace import Workspace

ROUNDS = int(os.environ.get("PROBATIVE_FAULT_ROUNDS", "25"))

WRITER = """
import sys
from pathlib import Path
from probative.record.facts import Draft, RunStarted, subject
from probative.workspace import Workspace

workspace = Workspace.open(Path(sys.argv[1]))
number = 0
print("ready", flush=True)
while True:
    body = RunStarted(run=f"{sys.argv[2]}-{number}", run_kind="t", system="s", inputs={}, parameters={})
    subjects, key = (subject("system/s"),), f"{sys.argv[2]}-{number}"
    draft = Draft(body=body, subjects=subjects, actor=workspace.actor, key=key)
    fact = workspace.recorder.append(draft)[0]
    print(fact.id, flush=True)
    number += 1
    if number % 5 == 0:
        workspace.recorder.checkpoint()
"""


def test_acknowledged_facts_survive_sigkill(tmp_path: Path) -> None:
    """Two writers at a time, killed at random moments; the parent keeps the acknowledgements."""
    workspace = fresh_workspace(tmp_path)
    chance = random.Random(20261121)
    acknowledged: set[str] = set()
    kills = 0
    for turn in range(ROUNDS):
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, str(workspace.folder), f"w{turn}-{twin}"],
                stdout=subprocess.PIPE,
                text=True,
            )
            for twin in range(2)
        ]
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.0, 0.06))
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
        for writer in writers:
            output, _ = writer.communicate()
            # The last line may be cut by the kill: then nobody was told.
            acknowledged.update(line for line in output.splitlines(keepends=True) if len(line) == 65)
            assert writer.returncode == -signal.SIGKILL
            kills += 1
    survivor = Workspace.open(workspace.folder)
    recorded = {f"{fact.id}\n" for fact in survivor.recorder.facts(kind="record.run-started")}
    assert kills >= 50
    assert len(acknowledged) > kills
    assert acknowledged - recorded == set()
    survivor.recorder.checkpoint()
    assert survivor.verify().problems == ()
