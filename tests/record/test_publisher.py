"""Publishing: tiles before checkpoints, one history, resumed after a stop."""

import shutil
from pathlib import Path

import pytest

from probative.kernel.errors import TamperError, UnavailableError
from probative.record.facts import Draft, RunStarted, subject
from probative.record.proofs.checkpoint import verify_checkpoint
from probative.record.proofs.merkle import leaf_hash, root_of
from probative.record.proofs.proof import verify_proof
from probative.record.proofs.tiles import HashReader, decode_bundle
from probative.testing import fresh_workspace
from probative.workspace import Workspace


def fill(workspace: Workspace, count: int, word: str = "r") -> None:
    """Append `count` small facts in one transaction."""
    workspace.recorder.append(
        *[
            Draft(
                body=RunStarted(run=f"{word}{n}", run_kind="t", system="s", inputs={}, parameters={}),
                subjects=(subject("system/s"),),
                actor=workspace.actor,
            )
            for n in range(count)
        ]
    )


@pytest.mark.parametrize("steps", [(1,), (254, 1, 1), (300, 700, 5)])
def test_the_published_tree_proves_the_entries(tmp_path: Path, steps: tuple[int, ...]) -> None:
    """A stranger with the public tree and the bundles recomputes the signed root, however it grew."""
    workspace = fresh_workspace(tmp_path)
    for count in steps:
        fill(workspace, count)
        note = workspace.recorder.checkpoint()
    keys = workspace.trust().verifier_keys()
    checkpoint = verify_checkpoint(note, "example.com/test-log", keys)
    public = workspace.folder / "record/public"
    reader = HashReader(checkpoint.size, lambda tile: (public / tile.path).read_bytes())
    leaves = [reader(0, index) for index in range(checkpoint.size)]
    assert checkpoint.size == 1 + sum(steps)
    assert checkpoint.root == root_of(leaves)
    width = checkpoint.size % 256
    last = workspace.folder / f"record/entries/tile/entries/{checkpoint.size // 256:03d}.p/{width}"
    assert [leaf_hash(entry) for entry in decode_bundle(last.read_bytes(), width)] == leaves[-width:]


def test_a_proof_convinces_with_the_trust_file_alone(tmp_path: Path) -> None:
    """Entry, proof and pinned keys are enough."""
    workspace = fresh_workspace(tmp_path)
    fill(workspace, 270)
    entry = workspace.recorder.entry(133)
    keys = workspace.trust().verifier_keys()
    (proof,) = workspace.recorder.prove(133)
    assert verify_proof(proof, leaf_hash(entry), "example.com/test-log", keys).size == 271
    with pytest.raises(TamperError):
        verify_proof(proof, leaf_hash(entry + b" "), "example.com/test-log", keys)


def test_an_old_copy_of_the_ledger_is_refused(tmp_path: Path) -> None:
    """Putting a backup back behind the published checkpoint stops the workspace before it writes."""
    workspace = fresh_workspace(tmp_path)
    backup = tmp_path / "backup.sqlite"
    source = workspace.folder / "record/ledger.sqlite"
    workspace._stores.ledger.close()  # type: ignore[attr-defined]
    shutil.copy(source, backup)
    workspace = Workspace.open(workspace.folder, workspace.clock)
    fill(workspace, 3)
    workspace.recorder.checkpoint()
    workspace._stores.ledger.close()  # type: ignore[attr-defined]
    shutil.copy(backup, source)
    with pytest.raises(TamperError, match="has 1 entries, but 4 were published"):
        Workspace.open(workspace.folder, workspace.clock).recorder.head()


def test_two_histories_of_one_size_are_refused(tmp_path: Path) -> None:
    """Another ledger of the published size and other content is a split, and no second root is signed."""
    workspace = fresh_workspace(tmp_path)
    source = workspace.folder / "record/ledger.sqlite"
    workspace._stores.ledger.close()  # type: ignore[attr-defined]
    shutil.copy(source, tmp_path / "twin.sqlite")
    workspace = Workspace.open(workspace.folder, workspace.clock)
    fill(workspace, 2)
    note = workspace.recorder.checkpoint()
    workspace._stores.ledger.close()  # type: ignore[attr-defined]
    (workspace.folder / "record/public/checkpoint").rename(tmp_path / "checkpoint")
    shutil.copy(tmp_path / "twin.sqlite", source)
    twin = Workspace.open(workspace.folder, workspace.clock)
    fill(twin, 2, "other")
    shutil.copy(tmp_path / "checkpoint", workspace.folder / "record/public/checkpoint")
    with pytest.raises(TamperError, match="not the published one"):
        twin.recorder.checkpoint()
    assert (workspace.folder / "record/public/checkpoint").read_bytes() == note


def test_an_interrupted_publication_is_resumed(tmp_path: Path) -> None:
    """Tiles written without their checkpoint (a kill in between) are found equal and completed."""
    workspace = fresh_workspace(tmp_path)
    before = workspace.recorder.checkpoint()
    fill(workspace, 10)
    after = workspace.recorder.checkpoint()
    (workspace.folder / "record/public/checkpoint").write_bytes(before)
    assert Workspace.open(workspace.folder, workspace.clock).recorder.checkpoint() == after


def test_a_disk_that_refuses_leaves_the_old_checkpoint(tmp_path: Path) -> None:
    """When tiles cannot be written the checkpoint stays as it was, and a later run completes."""
    workspace = fresh_workspace(tmp_path)
    before = workspace.recorder.checkpoint()
    fill(workspace, 10)
    blocker = workspace.folder / "record/public/tile/0/000.p"
    kept = tmp_path / "kept"
    blocker.rename(kept)
    blocker.write_bytes(b"in the way")
    with pytest.raises(UnavailableError):
        workspace.recorder.checkpoint()
    assert (workspace.folder / "record/public/checkpoint").read_bytes() == before
    blocker.unlink()
    kept.rename(blocker)
    assert workspace.recorder.checkpoint() != before
    assert workspace.verify().problems == ()
