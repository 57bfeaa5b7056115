"""Model signatures and approvals: real Ed25519 over stored bytes, by keys registered beforehand."""

import json

import msgspec
import pytest

from probative.gate.statements import Approval, open_approval, sign_approval
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import TamperError, UsageError
from probative.kernel.outcome import Outcome
from probative.record.artifacts import SIGNATURE_TYPE
from probative.record.facts import STATEMENT_TYPE
from probative.record.proofs.envelope import encode_statement, sign_envelope
from tests.gate.evidence import PEOPLE, RELEASE, SYSTEM, also, changed, result, without

SIGNED, APPROVED = "PB-LIN-02", "PB-APP-01"


def with_blob(dossier, data):
    """Return the dossier with one more fetched statement, and that statement's digest."""
    blobs = {**dossier.blobs, sha256_hex(data): data}
    return msgspec.structs.replace(dossier, blobs=blobs), sha256_hex(data)


def key_of(dossier, role):
    """Return the place of a role's key among the registered keys."""
    return next(
        at for at, fact in enumerate(dossier.facts["record.key-registered"]) if role in fact.body["roles"]
    )


def test_a_changed_signature_fails(frozen):
    """One changed byte of the signed statement is a failure, not a gap."""
    digest = frozen.dossier.facts["record.model-signed"][0].body["statement"]
    envelope = json.loads(frozen.dossier.blobs[digest])
    envelope["payload"] = envelope["payload"][:-8] + "AAAAAAA="
    forged = json.dumps(envelope).encode()
    blobs = {**frozen.dossier.blobs, digest: forged}
    found = result(msgspec.structs.replace(frozen.dossier, blobs=blobs), SIGNED)
    assert (found.outcome, "does not fit the payload" in found.reason) == (Outcome.FAIL, True)


@pytest.mark.parametrize("control", [SIGNED, APPROVED])
def test_an_erased_statement_is_not_assessable(frozen, control):
    """What cannot be fetched cannot be verified."""
    found = result(msgspec.structs.replace(frozen.dossier, blobs={}), control)
    assert (found.outcome, "cannot be read" in found.reason) == (Outcome.NOT_ASSESSABLE, True)


def test_a_signature_over_another_training_set_fails(frozen):
    """The signature binds the model to what it was made from; another set contradicts it."""
    inputs = frozen.dossier.facts["record.run-started"][0].body["inputs"]
    other = changed(frozen.dossier, "record.run-started", 0, inputs={**inputs, "training-set": "ab" * 32})
    found = result(other, SIGNED)
    assert (found.outcome, "but the training run used abababababab" in found.reason) == (Outcome.FAIL, True)


def test_a_key_for_another_role_does_not_sign_models(frozen):
    """An approver's key is no model signer's key."""
    at = key_of(frozen.dossier, "model-signer")
    found = result(changed(frozen.dossier, "record.key-registered", at, roles=["legal"]), SIGNED)
    assert (found.outcome, "not for model-signer" in found.reason) == (Outcome.FAIL, True)


def test_a_key_registered_afterwards_does_not_count(frozen):
    """A key must be known before what it signs; registering it later heals nothing."""
    at = key_of(frozen.dossier, "model-signer")
    body = frozen.dossier.facts["record.key-registered"][at].body
    bare = without(frozen.dossier, "record.key-registered", key_id=body["key_id"])
    found = result(also(bare, "record.key-registered", body), SIGNED)
    assert (found.outcome, "was not registered before" in found.reason) == (Outcome.NOT_ASSESSABLE, True)


def test_a_key_registered_by_its_owner_does_not_count(frozen):
    """Only security or compliance register keys: nobody makes himself an approver."""
    at = key_of(frozen.dossier, "business-owner")
    keys = list(frozen.dossier.facts["record.key-registered"])
    keys[at] = msgspec.structs.replace(keys[at], actor=PEOPLE["business-owner"])
    facts = {**frozen.dossier.facts, "record.key-registered": tuple(keys)}
    found = result(msgspec.structs.replace(frozen.dossier, facts=facts), APPROVED)
    assert found.outcome is Outcome.NOT_ASSESSABLE
    assert "1 of 2 people" in found.reason


def test_a_key_id_with_two_keys_is_no_evidence(frozen):
    """Registering another key under a known id breaks what it signed, instead of taking it over."""
    at = key_of(frozen.dossier, "model-signer")
    body = {**frozen.dossier.facts["record.key-registered"][at].body, "public_key": "A" * 43 + "="}
    keys = frozen.dossier.facts["record.key-registered"]
    twin = msgspec.structs.replace(keys[at], body=body)
    facts = {**frozen.dossier.facts, "record.key-registered": (*keys, twin)}
    found = result(msgspec.structs.replace(frozen.dossier, facts=facts), SIGNED)
    assert (found.outcome, "different keys or owners" in found.reason) == (Outcome.FAIL, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("release", "1.0.9"),
        ("role", "legal"),
        ("approver", "p-099"),
        ("model", "ab" * 32),
        ("evaluation_run", "e9"),
    ],
)
def test_a_signed_approval_means_only_what_it_says(frozen, complete, field, value):
    """A statement signed for another release, role, person, model or evaluation cannot be carried over."""
    signer = complete.workspace.keys.load("business-owner")
    approval = Approval(
        system=SYSTEM,
        release=RELEASE,
        model=complete.digests["model"],
        evaluation_run="evaluation-1",
        role="business-owner",
        approver=PEOPLE["business-owner"].id,
        ledger_size=20,
    )
    other = msgspec.structs.replace(approval, **{field: value})
    dossier, digest = with_blob(frozen.dossier, sign_approval(other, signer))
    found = result(changed(dossier, "gate.approval-given", 0, statement=digest), APPROVED)
    assert found.outcome is Outcome.NOT_ASSESSABLE
    assert "1 of 2 people" in found.reason


def test_an_approval_before_the_evaluation_ended_does_not_count(frozen):
    """Nobody can have approved what was not yet measured."""
    early = list(frozen.dossier.facts["gate.approval-given"])
    finish = frozen.dossier.facts["record.run-finished"][-1].index
    early[0] = msgspec.structs.replace(early[0], index=finish - 1)
    facts = {**frozen.dossier.facts, "gate.approval-given": tuple(early)}
    found = result(msgspec.structs.replace(frozen.dossier, facts=facts), APPROVED)
    assert "was given before the evaluation ended" in found.reason


def test_the_owner_alone_does_not_suffice(frozen):
    """One approval is enough in the tier minimal, but not the owner's own."""
    tier = frozen.dossier.facts["gate.tier-assigned"][0].body | {"tier": "minimal"}
    owned = changed(
        changed(frozen.dossier, "gate.tier-assigned", **tier), "record.system-registered", owner="p-002"
    )
    alone = without(owned, "gate.approval-given", role="chief-risk-officer")
    minimal = msgspec.structs.replace(alone, tier="minimal")
    found = result(minimal, APPROVED)
    assert (found.outcome, "the owner alone does not suffice" in found.reason) == (
        Outcome.NOT_ASSESSABLE,
        True,
    )


def test_statements_of_another_kind_are_refused(complete):
    """A signed text that is no approval, or is about another digest, is not read as one."""
    signer = complete.workspace.keys.load("business-owner")
    keys = {signer.key_id: signer.public_key}
    other = sign_envelope(encode_statement({"_type": "other"}), signer)
    with pytest.raises(UsageError, match="not an in-toto statement"):
        open_approval(other, keys)
    with pytest.raises(TamperError, match="No trusted key"):
        open_approval(other, {"somebody": signer.public_key})


def test_an_approval_with_somebody_elses_key_does_not_count(frozen):
    """The key must belong to the approver, whatever its roles."""
    at = key_of(frozen.dossier, "business-owner")
    found = result(changed(frozen.dossier, "record.key-registered", at, owner="p-099"), APPROVED)
    assert "is signed with a key of 'p-099'" in found.reason


def test_an_approval_whose_bytes_changed_does_not_count(frozen):
    """A forged approval is refused with the reason, and the other one alone is not enough."""
    digest = frozen.dossier.facts["gate.approval-given"][0].body["statement"]
    envelope = json.loads(frozen.dossier.blobs[digest])
    envelope["signatures"][0]["sig"] = "A" * 86 + "=="
    blobs = {**frozen.dossier.blobs, digest: json.dumps(envelope).encode()}
    found = result(msgspec.structs.replace(frozen.dossier, blobs=blobs), APPROVED)
    assert (found.outcome, "does not fit the payload" in found.reason) == (Outcome.NOT_ASSESSABLE, True)


@pytest.mark.parametrize("data", [b"not json", b"{}", b'{"payload": 1}'])
@pytest.mark.parametrize(
    ("control", "kind"), [(SIGNED, "record.model-signed"), (APPROVED, "gate.approval-given")]
)
def test_statements_that_are_no_envelopes_are_not_assessable(frozen, data, control, kind):
    """Whatever the blob holds, it is answered, not tripped over."""
    dossier, digest = with_blob(frozen.dossier, data)
    found = result(changed(dossier, kind, 0, statement=digest), control)
    assert (found.outcome, "cannot be read" in found.reason) == (Outcome.NOT_ASSESSABLE, True)


def test_a_statement_about_another_model_fails(frozen, complete):
    """A genuine signature over another model's digest contradicts the fact that quotes it."""
    signer = complete.workspace.keys.load("model-signer")
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": "model/other", "digest": {"sha256": "ab" * 32}}],
        "predicateType": SIGNATURE_TYPE,
        "predicate": {"system": SYSTEM, "training_set": {"sha256": complete.digests["training"]}},
    }
    dossier, digest = with_blob(frozen.dossier, sign_envelope(encode_statement(statement), signer))
    found = result(changed(dossier, "record.model-signed", 0, statement=digest), SIGNED)
    assert (found.outcome, "is about something else" in found.reason) == (Outcome.FAIL, True)


@pytest.mark.parametrize("public_key", ["?", "AAAA", ""])
def test_a_key_that_is_no_key_is_not_assessable(frozen, public_key):
    """What cannot be a public key verifies nothing."""
    at = key_of(frozen.dossier, "model-signer")
    found = result(changed(frozen.dossier, "record.key-registered", at, public_key=public_key), SIGNED)
    assert (found.outcome, "is not an Ed25519 public key" in found.reason) == (Outcome.NOT_ASSESSABLE, True)
