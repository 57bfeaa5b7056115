"""Whose tree it is and what stands in it: trust files, checkpoints, inclusion proofs.

**Promise**: a checkpoint counts only if every signature on it is right and by a key that the trust file
names; an inclusion path is followed exactly (RFC 9162, section 2.1.3.2).
**Not here**: what an entry says (`entries`).
"""

from typing import Any, NamedTuple

from probative.prove.verifier.ed25519 import ed25519_verify
from probative.prove.verifier.forms import FailureError, read_base64, read_json, sha256, small_int

TRUST_FORMAT = "probative-trust/1"
PATH_HASHES_MAX = 64
_DASH = "\u2014"


class Keys(NamedTuple):
    """Whom to believe: the log's origin, its keys by name and mark, and writers' keys by id.

    With a writer's key stands the ledger size at which it was retired, or `None`.
    """

    origin: str
    log: dict[tuple[str, bytes], bytes]
    writers: dict[str, tuple[bytes, int | None]]


class Checkpoint(NamedTuple):
    """A signed tree head, and the exact bytes of its note."""

    size: int
    root: bytes
    note: bytes


class Proof(NamedTuple):
    """An entry's place in the log, the path from it to the root, and the note of the checkpoint it is for."""

    place: int
    path: list[bytes]
    note: bytes


def read_keys(file: str, data: bytes) -> Keys:
    """Read a trust file, or an issuer's claim about itself, which has the same form."""
    value = read_json(file, data, exact=False)
    try:
        if set(value) != {"format", "log_keys", "origin", "writer_keys"} or value["format"] != TRUST_FORMAT:
            raise ValueError(f"its format is not {TRUST_FORMAT}")
        log = dict(_log_key(line) for line in value["log_keys"])
        writers = {key["key_id"]: _writer_key(key) for key in value["writer_keys"]}
        if not log or not writers:
            raise ValueError("it names no key")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FailureError(file, "form", f"this is no trust file: {error}"[:200]) from error
    return Keys(str(value["origin"]), log, writers)


def read_checkpoint(file: str, note: bytes, keys: Keys) -> Checkpoint:
    """Read a checkpoint (C2SP tlog-checkpoint in a signed note) that the log of `keys` has signed."""
    try:
        text, _, lines = note.decode().rpartition("\n\n")
        origin, size, root = text.split("\n")
        checkpoint = Checkpoint(small_int(size), read_base64(root), note)
        if not lines.endswith("\n") or len(checkpoint.root) != 32:
            raise ValueError("it has no signature or no root")
        signatures = [_signature(line) for line in lines[:-1].split("\n")]
    except ValueError as error:
        raise FailureError(file, "form", f"this is no checkpoint: {error}"[:200]) from error
    for name, raw in signatures:
        key = keys.log.get((name, raw[:4]))
        if origin != keys.origin or key is None:
            detail = f"'{name[:60]}' {raw[:4].hex()} is no known key of the log '{keys.origin[:60]}'"
            raise FailureError(file, "issuer", detail)
        if not ed25519_verify(key, raw[4:], f"{text}\n".encode()):
            raise FailureError(file, "signature", f"the signature of '{name[:60]}' does not fit")
    return checkpoint


def read_proof(file: str, data: bytes) -> Proof:
    """Read a c2sp.org/tlog-proof@v1 (without extra data) in its one spelling."""
    try:
        head, _, note = data.partition(b"\n\n")
        first, index_line, *hashes = head.decode("ascii").split("\n")
        if first != "c2sp.org/tlog-proof@v1" or index_line[:6] != "index ":
            raise ValueError("its first two lines are others")
        return Proof(small_int(index_line[6:]), [read_base64(line) for line in hashes], note)
    except ValueError as error:
        raise FailureError(file, "form", f"this is no tlog-proof: {error}"[:200]) from error


def check_inclusion(file: str, leaf: bytes, proof: Proof, checkpoint: Checkpoint) -> None:
    """Refuse a proof that does not show `leaf` under `checkpoint`."""
    if proof.note != checkpoint.note:
        raise FailureError(file, "checkpoint", "the proof is for another checkpoint than the package's")
    if root_of_path(leaf, proof.place, checkpoint.size, proof.path) != checkpoint.root:
        raise FailureError(file, "inclusion", "entry and proof do not lead to the root of the checkpoint")


def root_of_path(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """Return the root that an inclusion path leads to, or `None` if it has another length than it must."""
    first, last, root = index, size - 1, leaf
    if not 0 <= index < size or len(path) > PATH_HASHES_MAX:
        return None
    for sibling in path:
        if last == 0 or len(sibling) != 32:
            return None
        if first & 1 or first == last:
            root = sha256(b"\x01", sibling, root)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            root = sha256(b"\x01", root, sibling)
        first, last = first >> 1, last >> 1
    return None if last else root


def _log_key(line: str) -> tuple[tuple[str, bytes], bytes]:
    name, mark, encoded = line.split("+", 2)
    raw = read_base64(encoded)
    key_hash = sha256(name.encode(), b"\n", raw)[:4]
    if len(raw) != 33 or raw[:1] != b"\x01" or key_hash.hex() != mark:
        raise ValueError(f"'{line[:80]}' is no Ed25519 verifier key")
    return (name, key_hash), raw[1:]


def _writer_key(key: dict[str, Any]) -> tuple[bytes, int | None]:
    raw, retired = read_base64(key["public_key"]), key.get("retired_at_size")
    if len(raw) != 32 or not (retired is None or isinstance(retired, int)):
        raise ValueError("a writer key has not 32 bytes")
    return raw, retired


def _signature(line: str) -> tuple[str, bytes]:
    dash, name, encoded = line.split(" ")
    if dash != _DASH:
        raise ValueError("a signature line begins otherwise")
    return name, read_base64(encoded)
