"""A verdict can be asked again: same release, same ledger size, same bytes, whoever asks and whenever.

Defence: every read of the gate is bounded by `until=size`, and its instant and packs come from the verdict
that was given then (`gate.gathering.moment`). Take either away and these tests fail.
"""

import os
import subprocess
import sys
from pathlib import Path

from probative.cli import call
from probative.demo.stage import RELEASE, SYSTEM
from probative.gate.facts import VerdictGiven
from probative.record.facts import AssetRecorded, Draft, subject
from probative.workspace import Workspace

ASK = """
import sys
from pathlib import Path
from probative.workspace import Workspace

gate = Workspace.open(Path(sys.argv[1])).gatekeeper
for size in sys.argv[2:]:
    print(gate.check("credit-scoring", "1.1.0", as_of=int(size)).blob.hex())
"""


def test_another_process_gets_the_same_bytes(workspace_copy: Path) -> None:
    """Each recorded verdict, asked again after months of other facts, in processes with other hash seeds."""
    workspace = Workspace.open(workspace_copy)
    given = [fact.read(VerdictGiven) for fact in workspace.recorder.facts(kind="gate.verdict-given")]
    recorded = [workspace.recorder.get(verdict.blob).hex() for verdict in given]
    spoil(workspace)
    sizes = [str(verdict.ledger_size) for verdict in given]
    answers = [ask(workspace_copy, sizes, seed) for seed in ("1", "2")]
    assert answers == [recorded, recorded]
    assert {verdict.outcome for verdict in given} == {"not-assessable", "pass"}


def test_the_command_line_says_so_too(workspace_copy: Path) -> None:
    """`gate replay` ends with 0 for every recorded verdict, before and after the index is rebuilt."""
    workspace = Workspace.open(workspace_copy)
    sizes = [fact.body["ledger_size"] for fact in workspace.recorder.facts(kind="gate.verdict-given")]
    for _ in range(2):
        for size in sizes:
            words = ["gate", "replay", f"{SYSTEM}@{RELEASE}", "--size", str(size)]
            assert call(["-w", str(workspace_copy), *words]) == 0
        assert call(["-w", str(workspace_copy), "record", "rebuild"]) == 0
    assert len(sizes) >= 2


def ask(folder: Path, sizes: list[str], seed: str) -> list[str]:
    """Ask in a process of its own; return the verdicts' bytes in hex."""
    words = [sys.executable, "-c", ASK, str(folder), *sizes]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=True)
    return done.stdout.split()


def spoil(workspace: Workspace) -> None:
    """Record what would change the answer if later facts could be seen: the model is taken in again."""
    asset = next(
        fact.read(AssetRecorded)
        for fact in workspace.recorder.facts(kind="record.asset-recorded")
        if fact.body["asset_kind"] == "model"
    )
    about = (subject(f"model/{SYSTEM}", asset.sha256), subject(f"system/{SYSTEM}"))
    workspace.recorder.append(Draft(body=asset, subjects=about, actor=workspace.actor))
