"""Approval statements: what an approver signs with their own key, made and taken apart.

**Promise**: the signed text says everything that it is taken to mean (system, release, model digest,
evaluation, role, approver, ledger size), so that no signature can be carried over to another model or
role.
**Not here**: DSSE itself (`record.proofs.envelope`), model signatures (`record.artifacts`), and whether the
signer was entitled (`gate.rules.approvals`).
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from probative.kernel.canon import parse_strict
from probative.kernel.errors import UsageError
from probative.record.facts import STATEMENT_TYPE
from probative.record.ports import Signer
from probative.record.proofs.envelope import encode_statement, sign_envelope, verify_envelope

APPROVAL_TYPE = "urn:probative:approval:1"


class Approval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an approver states: this release of this model, on this evidence, in this role."""

    system: str
    release: str
    model: str
    evaluation_run: str
    role: str
    approver: str
    ledger_size: int


def sign_approval(approval: Approval, signer: Signer) -> bytes:
    """Return the DSSE envelope of an in-toto statement about the model digest, signed by the approver."""
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [
            {
                "name": f"release/{approval.system}@{approval.release}",
                "digest": {"sha256": approval.model},
            }
        ],
        "predicateType": APPROVAL_TYPE,
        "predicate": msgspec.to_builtins(approval),
    }
    return sign_envelope(encode_statement(statement), signer)


def open_approval(envelope: bytes, keys: Mapping[str, bytes]) -> Approval:
    """Return the approval that one of `keys` signed.

    A wrong signature raises `TamperError`; a signed text that is no approval of its own subject `UsageError`.
    """
    statement = open_statement(envelope, keys, APPROVAL_TYPE)
    try:
        approval = msgspec.convert(statement["predicate"], Approval)
    except msgspec.ValidationError as error:
        raise _malformed(str(error)) from error
    if subject_digests(statement) != {approval.model}:
        raise _malformed("its subject is not the model that it approves")
    return approval


def open_statement(envelope: bytes, keys: Mapping[str, bytes], predicate_type: str) -> dict[str, Any]:
    """Verify an envelope and return its in-toto statement, which must have this predicate type."""
    payload = parse_strict(verify_envelope(envelope, keys).payload)
    shape = {"_type", "subject", "predicateType", "predicate"}
    if not isinstance(payload, dict) or set(payload) != shape or payload["_type"] != STATEMENT_TYPE:
        raise _malformed("it is not an in-toto statement")
    if payload["predicateType"] != predicate_type:
        raise _malformed(f"it says '{str(payload['predicateType'])[:80]}', not '{predicate_type}'")
    return payload


def subject_digests(statement: Mapping[str, Any]) -> set[str]:
    """Return the SHA-256 digests that a statement is about."""
    found: set[str] = set()
    subjects = statement["subject"]
    for item in subjects if isinstance(subjects, list) else ():
        digest = item.get("digest") if isinstance(item, dict) else None
        if isinstance(digest, dict) and isinstance(digest.get("sha256"), str):
            found.add(digest["sha256"])
    return found


def _malformed(why: str) -> UsageError:
    return UsageError(
        "statement.malformed", f"The signed statement cannot be used: {why}.", "Sign it again with probative."
    )
