"""Artifacts: digests are ours, names are safe, a model signature binds model and training set."""

import hashlib
from pathlib import Path

import msgspec
import pytest
from blake3 import blake3

from probative.kernel.actor import Actor
from probative.kernel.errors import NotFoundError, UsageError
from probative.record.artifacts import (
    SIGNATURE_TYPE,
    propose_release,
    record_asset,
    sign_model,
    system_draft,
)
from probative.record.facts import AssetRecorded, ModelSigned, ReleaseProposed, SystemRegistered
from probative.record.proofs.envelope import verify_envelope
from probative.testing import fresh_recorder, fresh_workspace

ACTOR = Actor(id="p-1", role="data-science")
BODY = SystemRegistered(
    system="loans",
    title="Loans",
    purpose="Decide on loans",
    owner="p-1",
    sector="banking",
    jurisdictions=("EU",),
    legal_roles={},
    impact="high",
    lifecycle="production",
    data_sources=(),
    roles={},
)


def test_an_asset_is_hashed_here_and_kept(tmp_path: Path) -> None:
    """Both digests and the size are those of the bytes, whatever anybody claims."""
    recorder, content = fresh_recorder(tmp_path), b"rows" * 500_000
    (tmp_path / "train.parquet").write_bytes(content)
    fact = record_asset(
        recorder,
        tmp_path / "train.parquet",
        system="loans",
        name="train",
        kind="dataset",
        actor=ACTOR,
        derived_from=("ab" * 32,),
        metadata={"rows": 3},
    )
    body = fact.read(AssetRecorded)
    expected = (hashlib.sha256(content).hexdigest(), blake3(content).hexdigest(), len(content))
    assert (body.sha256, body.blake3, body.bytes) == expected
    assert recorder.get(body.sha256) == content
    assert [item.name for item in fact.subjects] == ["dataset/train", "system/loans"]
    assert next(recorder.facts(digest=body.sha256)) == fact


def test_the_same_file_twice_is_one_blob_and_two_facts(tmp_path: Path) -> None:
    """Recording again is allowed: it says that the same bytes were used again."""
    workspace = fresh_workspace(tmp_path)
    (tmp_path / "f").write_bytes(b"x")
    given = {"system": "s", "name": "f", "kind": "code", "actor": ACTOR}
    facts = [record_asset(workspace.recorder, tmp_path / "f", **given) for _ in range(2)]  # type: ignore[arg-type]
    assert facts[0].body == facts[1].body
    assert len([path for path in (workspace.folder / "record/blobs").rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize(("name", "kind"), [("../x", "code"), ("x", "../code"), ("X", "code"), ("", "code")])
def test_unsafe_names_keep_nothing(tmp_path: Path, name: str, kind: str) -> None:
    """The names are checked before the file is taken in."""
    workspace = fresh_workspace(tmp_path)
    (tmp_path / "f").write_bytes(b"x")
    with pytest.raises(UsageError, match="cannot name"):
        record_asset(workspace.recorder, tmp_path / "f", system="s", name=name, kind=kind, actor=ACTOR)
    assert not (workspace.folder / "record/blobs").exists()
    assert workspace.recorder.head().size == 1


@pytest.mark.parametrize("name", ["missing", "folder"])
def test_what_is_no_file_is_a_usage_error(tmp_path: Path, name: str) -> None:
    """A path that cannot be read is named, and no half-copied file is left."""
    workspace = fresh_workspace(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match=name):
        record_asset(workspace.recorder, tmp_path / name, system="s", name="x", kind="code", actor=ACTOR)
    assert [path for path in (workspace.folder / "record").rglob(".*.*") if path.is_file()] == []


def test_a_model_signature_binds_model_and_training_set(tmp_path: Path) -> None:
    """The statement is kept, is signed with the named key, and names both digests."""
    workspace = fresh_workspace(tmp_path)
    signer = workspace.register_key("model-signer", ("model-signer",), "p-1", ACTOR)
    model, training = "ab" * 32, "cd" * 32
    fact = sign_model(
        workspace.recorder,
        system="loans",
        name="score",
        model=model,
        training_set=training,
        signer=signer,
        actor=ACTOR,
    )
    body = fact.read(ModelSigned)
    envelope = workspace.recorder.get(body.statement)
    statement = msgspec.json.decode(
        verify_envelope(envelope, {signer.key_id: signer.public_key}).payload, type=dict
    )
    assert statement["predicateType"] == SIGNATURE_TYPE
    assert statement["subject"] == [{"name": "model/score", "digest": {"sha256": model}}]
    assert statement["predicate"] == {"system": "loans", "training_set": {"sha256": training}}
    assert (body.model, body.training_set, body.key_id) == (model, training, signer.key_id)


@pytest.mark.parametrize("model", ["ab", "AB" * 32, "zz" * 32, "", "../" * 10])
def test_a_digest_in_any_other_spelling_is_refused(tmp_path: Path, model: str) -> None:
    """A release and a signature name the one lower-case form, so that looking up a digest finds them."""
    workspace = fresh_workspace(tmp_path)
    with pytest.raises(UsageError):
        propose_release(
            workspace.recorder,
            system="loans",
            release="1",
            model=model,
            training_run="t",
            evaluation_run="e",
            fallback=None,
            actor=ACTOR,
        )
    signer = workspace.keys.create("k")
    for model_digest, training in ((model, "cd" * 32), ("cd" * 32, model)):
        with pytest.raises(UsageError):
            sign_model(
                workspace.recorder,
                system="loans",
                name="m",
                model=model_digest,
                training_set=training,
                signer=signer,
                actor=ACTOR,
            )
    assert workspace.recorder.head().size == 1


def test_a_release_is_found_by_system_release_and_model(tmp_path: Path) -> None:
    """A proposal carries all three subjects."""
    recorder = fresh_recorder(tmp_path)
    fact = propose_release(
        recorder,
        system="loans",
        release="1.4.0",
        model="ab" * 32,
        training_run="t",
        evaluation_run="e",
        fallback="1.3.0",
        actor=ACTOR,
    )
    assert fact.read(ReleaseProposed).fallback == "1.3.0"
    for about in ("system/loans", "release/loans@1.4.0", "model/loans"):
        assert list(recorder.facts(subject=about)) == [fact]
    assert list(recorder.facts(digest="ab" * 32)) == [fact]


def test_a_system_needs_a_name_that_is_safe_anywhere() -> None:
    """It will be in paths, flags and URLs."""
    assert system_draft(BODY, ACTOR).subjects[0].name == "system/loans"
    with pytest.raises(UsageError, match="cannot name a system"):
        system_draft(msgspec.structs.replace(BODY, system="Loans & more"), ACTOR)


def test_a_blob_that_changed_is_neither_returned_nor_overwritten(tmp_path: Path) -> None:
    """Defence: the digest is checked on every read, and blobs are created once."""
    from probative.kernel.errors import TamperError

    workspace = fresh_workspace(tmp_path)
    digest = workspace.recorder.put(b"evidence")
    path = workspace.folder / "record/blobs" / digest[:2] / digest
    path.chmod(0o600)
    path.write_bytes(b"evidenze")
    with pytest.raises(TamperError, match="does not hash"):
        workspace.recorder.get(digest)
    with pytest.raises(TamperError, match="other bytes"):
        workspace.recorder.put(b"evidence")
    with pytest.raises(NotFoundError):
        workspace.recorder.get("ab" * 32)
