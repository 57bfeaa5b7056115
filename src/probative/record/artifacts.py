"""Artifacts: drafts for systems and assets, files taken in by digest, models signed.

**Promise**: an asset's digest is computed here from the bytes that were kept, never taken from the caller; a
model signature binds the model to the training set it was made from.
**Not here**: whether lineage closes (`record.lineage`), and foreign formats.
"""

import mimetypes
from collections.abc import Mapping
from pathlib import Path

from probative.kernel.actor import Actor
from probative.kernel.digest import check_digest
from probative.kernel.ids import check_name
from probative.record.facts import (
    STATEMENT_TYPE,
    AssetRecorded,
    Draft,
    Fact,
    ModelSigned,
    ReleaseProposed,
    SystemRegistered,
    subject,
)
from probative.record.ports import Signer
from probative.record.proofs.envelope import encode_statement, sign_envelope
from probative.record.recorder import Recorder

SIGNATURE_TYPE = "urn:probative:model-signature:1"


def system_draft(body: SystemRegistered, actor: Actor) -> Draft:
    """Return the draft that registers a system; a malformed name raises `UsageError`."""
    check_name(body.system, "system")
    return Draft(body=body, subjects=(subject(f"system/{body.system}"),), actor=actor)


def record_asset(
    recorder: Recorder,
    file: Path,
    *,
    system: str,
    name: str,
    kind: str,
    actor: Actor,
    derived_from: tuple[str, ...] = (),
    description: str = "",
    metadata: Mapping[str, str | int | float | bool] | None = None,
) -> Fact:
    """Keep `file` as a blob and record it as an asset of `system`; return the fact."""
    check_name(name, "asset")
    check_name(kind, "asset kind")
    for parent in derived_from:
        check_digest(parent)
    sha256, blake3, size = recorder.put_file(file)
    body = AssetRecorded(
        asset=name,
        asset_kind=kind,
        system=system,
        sha256=sha256,
        blake3=blake3,
        bytes=size,
        media_type=mimetypes.guess_type(file.name)[0] or "application/octet-stream",
        derived_from=derived_from,
        description=description,
        metadata=dict(metadata or {}),
    )
    subjects = (subject(f"{kind}/{name}", sha256), subject(f"system/{system}"))
    return recorder.append(Draft(body=body, subjects=subjects, actor=actor))[0]


def propose_release(
    recorder: Recorder,
    *,
    system: str,
    release: str,
    model: str,
    training_run: str,
    evaluation_run: str,
    fallback: str | None,
    actor: Actor,
) -> Fact:
    """Record which model would go live as `release` of `system`; the newest proposal of a name counts."""
    check_name(system, "system")
    check_name(release, "release")
    body = ReleaseProposed(
        system=system,
        release=release,
        model=check_digest(model),
        training_run=training_run,
        evaluation_run=evaluation_run,
        fallback=fallback,
    )
    subjects = (
        subject(f"release/{system}@{release}"),
        subject(f"model/{system}", model),
        subject(f"system/{system}"),
    )
    return recorder.append(Draft(body=body, subjects=subjects, actor=actor))[0]


def sign_model(
    recorder: Recorder, *, system: str, name: str, model: str, training_set: str, signer: Signer, actor: Actor
) -> Fact:
    """Sign digest `model` together with the digest of its training set; return the fact.

    The signed text is an in-toto statement in a DSSE envelope, kept as a blob, so that it can be checked
    without this ledger.
    """
    check_name(name, "model")
    statement = encode_statement(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": f"model/{name}", "digest": {"sha256": check_digest(model)}}],
            "predicateType": SIGNATURE_TYPE,
            "predicate": {"system": system, "training_set": {"sha256": check_digest(training_set)}},
        }
    )
    body = ModelSigned(
        system=system,
        model=model,
        training_set=training_set,
        statement=recorder.put(sign_envelope(statement, signer)),
        key_id=signer.key_id,
    )
    subjects = (subject(f"model/{name}", model), subject(f"system/{system}"))
    return recorder.append(Draft(body=body, subjects=subjects, actor=actor))[0]
