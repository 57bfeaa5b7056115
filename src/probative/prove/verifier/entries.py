"""Ledger entries: a DSSE v1 envelope around an in-toto statement is a fact once both and its place hold.

**Promise**: the stored bytes are checked (inclusion over the envelope, signature over its payload) and only
then read.
**Not here**: what the kinds of fact mean.
"""

from dataclasses import dataclass
from typing import Any

from probative.prove.verifier.ed25519 import ed25519_verify
from probative.prove.verifier.forms import FailureError, read_base64, read_json, sha256
from probative.prove.verifier.tree import Checkpoint, Keys, check_inclusion, read_proof

_PAYLOAD_TYPE = "application/vnd.in-toto+json"
_STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
_KIND_PREFIX = "urn:probative:fact:"


@dataclass(frozen=True)
class Fact:
    """What verification needs to know of a fact; `id` is its leaf hash in hex."""

    id: str
    index: int
    kind: str
    recorded_at: str
    body: dict[str, Any]


def read_fact(file: str, entry: bytes, proof: bytes, checkpoint: Checkpoint, keys: Keys) -> Fact:
    """Return the fact in `entry` after checking its place under `checkpoint`, its signature and its form."""
    leaf = sha256(b"\x00", entry)
    payload, signatures = _open_envelope(file, entry)
    claimed = read_proof(proof_name(file), proof)
    _check_signatures(file, payload, signatures, claimed.place, keys)
    check_inclusion(proof_name(file), leaf, claimed, checkpoint)
    statement = read_json(file, payload, exact=False)
    try:
        kind, _, _ = str(statement["predicateType"])[len(_KIND_PREFIX) :].rpartition(":")
        if statement["_type"] != _STATEMENT_TYPE or _KIND_PREFIX not in statement["predicateType"]:
            raise ValueError("another type of statement")
        predicate = statement["predicate"]
        if predicate["entry"] != claimed.place:
            raise ValueError(f"it was written as entry {predicate['entry']}")
        return Fact(leaf.hex(), claimed.place, kind, str(predicate["recorded_at"]), dict(predicate["body"]))
    except (ValueError, KeyError, TypeError) as error:
        raise FailureError(file, "form", f"the entry holds no fact: {error}"[:200]) from error


def proof_name(file: str) -> str:
    """Return the name of the proof that lies beside entry `file`."""
    return file[: -len(".json")] + ".tlog-proof"


def _open_envelope(file: str, entry: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    value = read_json(file, entry)
    try:
        if value["payloadType"] != _PAYLOAD_TYPE:
            raise ValueError("another payload type")
        signatures = [(str(item["keyid"]), read_base64(item["sig"])) for item in value["signatures"]]
        return read_base64(value["payload"]), signatures
    except (ValueError, KeyError, TypeError) as error:
        raise FailureError(file, "form", f"this is no DSSE envelope: {error}"[:200]) from error


def _check_signatures(
    file: str, payload: bytes, signatures: list[tuple[str, bytes]], index: int, keys: Keys
) -> None:
    """Ask for at least one signature by a writer who was in office at `index`, and for no wrong one.

    A stranger counts as a writer whose time was over before it began: ignored, but never enough.
    """
    signed = b"DSSEv1 %d %s %d %s" % (len(_PAYLOAD_TYPE), _PAYLOAD_TYPE.encode(), len(payload), payload)
    good = 0
    for key_id, signature in signatures:
        key, retired = keys.writers.get(key_id, (b"", 0))
        if retired is not None and index >= retired:
            continue
        if not ed25519_verify(key, signature, signed):
            raise FailureError(file, "signature", f"the signature of key '{key_id[:60]}' does not fit")
        good += 1
    if not good:
        names = ", ".join(key_id[:60] for key_id, _ in signatures)
        raise FailureError(file, "issuer", f"no known writer of '{keys.origin[:60]}' signed it, but {names}")
