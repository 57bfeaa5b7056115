"""Statements: a draft becomes canonical in-toto JSON, stored JSON becomes a fact.

**Promise**: `write` and `read` are inverse; what is read is what was signed, byte for byte.
**Not here**: signatures and envelopes (`record.proofs.envelope`), places in the ledger (`record.ledger`).
"""

from datetime import datetime
from typing import Any

import msgspec

from probative.kernel.actor import Actor
from probative.kernel.canon import canonical
from probative.kernel.clock import format_instant, parse_instant
from probative.kernel.errors import TamperError, UsageError
from probative.record.facts import KIND_PREFIX, STATEMENT_TYPE, Draft, Fact, Subject, kind_of


class _Digest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sha256: str


class _Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    digest: _Digest


class _Predicate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    actor: Actor
    body: dict[str, Any]
    caused_by: tuple[str, ...]
    entry: int
    occurred_at: str
    recorded_at: str
    key: str | None = None


class _Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type_: str = msgspec.field(name="_type")
    subject: tuple[_Subject, ...]
    predicate_type: str = msgspec.field(name="predicateType")
    predicate: _Predicate


_decoder = msgspec.json.Decoder(_Statement)


def write(draft: Draft, recorded_at: datetime, index: int) -> bytes:
    """Return the in-toto Statement v1 of `draft` as RFC 8785 JSON, stamped with time and place.

    The place makes every entry unlike any other, so that a leaf hash names one fact only, and a fact cannot
    be moved. A draft about nothing cannot be found again, so it is refused (`UsageError`).
    """
    if not draft.subjects:
        raise UsageError("fact.no-subject", "A fact must be about something.", "Name at least one subject.")
    name, version = kind_of(draft.body)
    predicate: dict[str, Any] = {
        "actor": msgspec.to_builtins(draft.actor),
        "body": msgspec.to_builtins(draft.body),
        "caused_by": list(draft.caused_by),
        "entry": index,
        "occurred_at": format_instant(draft.occurred_at or recorded_at),
        "recorded_at": format_instant(recorded_at),
    }
    if draft.key is not None:
        predicate["key"] = draft.key
    return canonical(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": s.name, "digest": {"sha256": s.sha256}} for s in draft.subjects],
            "predicateType": f"{KIND_PREFIX}{name}:{version}",
            "predicate": predicate,
        }
    )


def read(statement: bytes, index: int, fact_id: str) -> Fact:
    """Read a statement stored at `index`; one that does not fit our form raises `TamperError`.

    Kinds unknown to this version are read all the same: their bodies stay plain JSON values.
    """
    try:
        parsed = _decoder.decode(statement)
        if parsed.predicate.entry != index:
            raise ValueError(f"it was written as entry {parsed.predicate.entry}")
        kind, _, version = parsed.predicate_type.removeprefix(KIND_PREFIX).rpartition(":")
        return Fact(
            id=fact_id,
            index=index,
            kind=kind,
            version=int(version),
            subjects=tuple(Subject(name=s.name, sha256=s.digest.sha256) for s in parsed.subject),
            actor=parsed.predicate.actor,
            occurred_at=parse_instant(parsed.predicate.occurred_at),
            recorded_at=parse_instant(parsed.predicate.recorded_at),
            caused_by=parsed.predicate.caused_by,
            key=parsed.predicate.key,
            body=parsed.predicate.body,
        )
    except (msgspec.MsgspecError, UsageError, ValueError) as error:
        raise TamperError(
            "ledger.statement",
            f"Entry {index} holds no statement of ours: {error}.",
            "Run 'probative record verify' for the extent of the damage.",
        ) from error


def same_draft(draft: Draft, fact: Fact) -> bool:
    """Tell whether `draft` says what `fact` already says (for idempotent appends)."""
    body = msgspec.json.decode(canonical(msgspec.to_builtins(draft.body)))
    return (fact.kind, fact.version) == kind_of(draft.body) and fact.body == body
