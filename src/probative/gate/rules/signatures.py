"""Rule on the model's signature, and the lookup of registered keys that approvals use too.

**Promise**: the signature is verified over the stored bytes, with a key that was registered before it for
that role, and binds the very model and training-set digests of the release.
**Not here**: making signatures (`record.artifacts`, `gate.statements`).
"""

import base64
import binascii

import msgspec

from probative.gate.dossier import Case, Contradiction, Finding, Gap, Unmet, place, read, short
from probative.gate.rules.runs import training_set
from probative.gate.rules.shape import Parameters, Rule
from probative.gate.statements import open_statement, subject_digests
from probative.kernel.errors import ProbativeError, TamperError
from probative.kernel.outcome import Outcome
from probative.record.artifacts import SIGNATURE_TYPE
from probative.record.facts import Fact, KeyRegistered, ModelSigned

KEY_BYTES = 32


class SignatureParameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The role that a key must be registered for to sign models."""

    key_role: str = "model-signer"


class _Hash(msgspec.Struct, frozen=True):
    sha256: str


class _Signed(msgspec.Struct, frozen=True):
    """The predicate of a model signature."""

    system: str
    training_set: _Hash


def registered_key(case: Case, key_id: str, role: str, before: int) -> tuple[KeyRegistered, bytes]:
    """Return a key registered for `role` before ledger index `before`, and its 32 bytes.

    A key id that was registered with two different keys is no evidence of anything.
    """
    found = [fact for fact in case.of("record.key-registered", key_id=key_id) if fact.index < before]
    if not found:
        raise Gap(f"key {short(key_id)} was not registered before #{before}", "key")
    keys = [read(fact, KeyRegistered) for fact in found]
    if len({key.public_key for key in keys}) > 1 or len({key.owner for key in keys}) > 1:
        raise Contradiction(f"key {short(key_id)} was registered for different keys or owners", "key")
    key = keys[-1]
    if role not in key.roles:
        raise Contradiction(
            f"key {short(key_id)} is registered for {', '.join(key.roles)}, not for {role}", "key"
        )
    case.stand_on(found[-1])
    return key, _public_bytes(key)


def blob(case: Case, digest: str, what: str) -> bytes:
    """Return the bytes of a signed statement; one that cannot be fetched is a `Gap`."""
    try:
        return case.dossier.blobs[digest]
    except KeyError as error:
        raise Gap(f"the blob {short(digest)} of {what} cannot be read") from error


def signed_model(case: Case, parameters: SignatureParameters) -> Finding:
    """A signature by a model signer binds this model to the training set that it was made from."""
    found = case.of("record.model-signed", model=case.release.model)
    if not found:
        raise Gap(f"model {short(case.release.model)} is not signed")
    trained_on = training_set(case)
    refusals: list[Unmet] = []
    for fact in reversed(found):
        try:
            key = _verify(case, fact, trained_on, parameters.key_role)
        except Unmet as refusal:
            refusals.append(refusal)
            continue
        case.stand_on(fact)
        return Finding(
            outcome=Outcome.PASS,
            reason=f"{place(fact)}: Ed25519 signature by '{key.owner}' (key {short(key.key_id)}) binds model"
            f" {short(case.release.model)} to training set {short(trained_on)}",
        )
    case.stand_on(*found)
    raise refusals[0]


def _verify(case: Case, fact: Fact, trained_on: str, key_role: str) -> KeyRegistered:
    signed = read(fact, ModelSigned)
    key, public = registered_key(case, signed.key_id, key_role, fact.index)
    envelope = blob(case, signed.statement, place(fact))
    try:
        statement = open_statement(envelope, {signed.key_id: public}, SIGNATURE_TYPE)
        predicate = msgspec.convert(statement["predicate"], _Signed)
    except TamperError as error:
        raise Contradiction(f"{place(fact)}: {error}") from error
    except (ProbativeError, msgspec.ValidationError) as error:
        raise Gap(f"{place(fact)} cannot be read: {error}") from error
    if subject_digests(statement) != {signed.model} or predicate.system != signed.system:
        raise Contradiction(f"{place(fact)}: the signed statement is about something else")
    if predicate.training_set.sha256 != trained_on:
        raise Contradiction(
            f"{place(fact)} binds training set {short(predicate.training_set.sha256)},"
            f" but the training run used {short(trained_on)}"
        )
    return key


def _public_bytes(key: KeyRegistered) -> bytes:
    try:
        raw = base64.b64decode(key.public_key, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if key.algorithm != "ed25519" or len(raw) != KEY_BYTES:
        raise Gap(f"key {short(key.key_id)} is not an Ed25519 public key", "key")
    return raw


RULES = (
    Rule(
        name="signed-model",
        parameters=SignatureParameters,
        reads=("record.model-signed", "record.run-started", "record.key-registered"),
        decide=signed_model,
    ),
)
