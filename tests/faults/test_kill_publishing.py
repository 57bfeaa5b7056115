"""SIGKILL while the record is published: at every step the old tree or the new one is there, and whole.

Defences: tiles and bundles before the checkpoint (`Publisher.publish`; writing the checkpoint first makes
the stranger's view fail), files that get their name only when they are whole (`durable.create`,
`durable.replace`), and a publisher that takes up what it finds.
"""

import shutil
import signal as signals
from collections.abc import Iterator
from pathlib import Path

import pytest

from probative.kernel.clock import ManualClock, SystemClock
from probative.record.facts import Draft, RunStarted, subject
from probative.record.proofs.checkpoint import verify_checkpoint
from probative.record.proofs.merkle import leaf_hash, root_of
from probative.record.proofs.tiles import Tile, bundles_between, decode_bundle, tiles_between
from probative.testing import fresh_workspace
from probative.workspace import Workspace
from tests.faults.nursery import Nursery, nursery

FACTS = 300


@pytest.fixture(scope="module")
def children() -> Iterator[Nursery]:
    """A nursery for all tests of this file."""
    with nursery() as found:
        yield found


@pytest.fixture(scope="module")
def unpublished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with more facts than were published, enough for full tiles and partial ones."""
    folder = tmp_path_factory.mktemp("unpublished")
    workspace = fresh_workspace(folder, ManualClock(SystemClock().now()))
    workspace.recorder.append(
        *[
            Draft(
                body=RunStarted(run=f"r{n}", run_kind="t", system="s", inputs={}, parameters={}),
                subjects=(subject("system/s"),),
                actor=workspace.actor,
            )
            for n in range(FACTS)
        ]
    )
    return workspace.folder


def test_publishing_is_killed_at_every_step(tmp_path: Path, children: Nursery, unpublished: Path) -> None:
    """A stranger can always check what is there; the next publisher completes it; nothing is left over."""
    steps = boundaries(children, "publish", Path(shutil.copytree(unpublished, tmp_path / "whole")))
    seen = set()
    for step in range(1, steps + 1):
        folder = Path(shutil.copytree(unpublished, tmp_path / str(step)))
        children.start("publish", folder, step)
        assert children.ended() == -signals.SIGKILL
        seen.add(strangers_view(folder))
        workspace = Workspace.open(folder)
        assert workspace.verify().problems == ()
        workspace.recorder.checkpoint()
        assert strangers_view(folder) == FACTS + 1
    assert steps > 10
    assert seen == {1, FACTS + 1}


def test_keeping_a_blob_is_killed_at_every_step(tmp_path: Path, children: Nursery) -> None:
    """A fact never names a blob that is not there: the blob is durable before the fact is recorded."""
    empty = fresh_workspace(tmp_path, ManualClock(SystemClock().now())).folder
    steps = boundaries(children, "blob", Path(shutil.copytree(empty, tmp_path / "whole")))
    named = set()
    for step in range(1, steps + 1):
        folder = Path(shutil.copytree(empty, tmp_path / str(step)))
        children.start("blob", folder, step)
        assert children.ended() == -signals.SIGKILL
        workspace = Workspace.open(folder)
        facts = list(workspace.recorder.facts(since=1))
        for fact in facts:
            assert workspace.recorder.get(fact.body["inputs"]["data"]) == b"evidence"
        named.add(len(facts))
        assert workspace.verify().problems == ()
    assert named == {0, 1}


def boundaries(children: Nursery, work: str, folder: Path) -> int:
    """Let the work live once and return how many steps it took."""
    children.start(work, folder)
    steps = int(children.said("burnt"))
    assert children.ended() == 0
    return steps


def strangers_view(folder: Path) -> int:
    """Check the published trees as somebody does who has nothing else, and return the size they prove."""
    workspace = Workspace.open(folder)
    public, entries = folder / "record/public", folder / "record/entries"
    keys = workspace.trust().verifier_keys()
    checkpoint = verify_checkpoint((public / "checkpoint").read_bytes(), workspace.config.origin, keys)
    bundles = [
        entry
        for tile in bundles_between(0, checkpoint.size)
        for entry in decode_bundle((entries / tile.path).read_bytes(), tile.width)
    ]
    leaves = [leaf_hash(entry) for entry in bundles]
    assert root_of(leaves) == checkpoint.root
    assert [
        tile.path for tile in tiles_between(0, checkpoint.size) if not (public / tile.path).is_file()
    ] == []
    lowest = [tile for tile in tiles_between(0, checkpoint.size) if tile.level == 0]
    assert b"".join(published(public, tile) for tile in lowest) == b"".join(leaves)
    return checkpoint.size


def published(public: Path, tile: Tile) -> bytes:
    """Return a published tile's bytes."""
    return (public / tile.path).read_bytes()
