"""Facts of the decision log: schemas, heads of open segments, sealed segments, protected reads.

**Promise**: together with the files they name by digest, these facts are all that is needed to check every
row; none of them holds a value about a person.
**Not here**: the rows.
"""

import msgspec

from probative.kernel.canon import canonical
from probative.kernel.digest import sha256_hex
from probative.record.decisions.schema import CODEC, Column, DecisionSchema
from probative.record.facts import Body, fact_kind


@fact_kind("record.schema-declared")
class SchemaDeclared(Body, frozen=True, kw_only=True):
    """The columns that decisions and outcomes of a system have from now on, and the codec of their rows."""

    system: str
    schema_version: int
    columns: tuple[Column, ...]
    outcomes: tuple[Column, ...]
    codec: str = CODEC

    def schema(self) -> DecisionSchema:
        """Return the schema that was declared."""
        return DecisionSchema(
            system=self.system, version=self.schema_version, columns=self.columns, outcomes=self.outcomes
        )


@fact_kind("record.segment-head")
class SegmentHead(Body, frozen=True, kw_only=True):
    """How far an open segment had grown: later it can be longer, never shorter or different up to here."""

    system: str
    stream: str
    segment: str
    writer: str
    rows: int
    root: str


class SealedFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of a segment: its SHA-256 and its size in bytes."""

    sha256: str
    bytes: int


@fact_kind("record.segment-sealed")
class SegmentSealed(Body, frozen=True, kw_only=True):
    """A segment's manifest, the commit point of sealing.

    `root` is the RFC 6962 root over the rows of `facts.parquet` in file order, encoded by `codec` with the
    columns of schema `schema` (its digest). `previous` is the segment that the same writer sealed before,
    for the same system and stream ("" for its first); `unrecorded` counts decisions the caller let
    through without a record.
    """

    system: str
    stream: str
    segment: str
    codec: str
    schema: str
    schema_version: int
    rows: int
    root: str
    first_time: str
    last_time: str
    first_id: str
    last_id: str
    writer: str
    previous: str
    unrecorded: int
    files: dict[str, SealedFile]


@fact_kind("record.audit-authorised")
class AuditAuthorised(Body, frozen=True, kw_only=True):
    """Leave to read protected attributes (`columns`) of a system for one audit, and on what legal basis."""

    system: str
    audit: str
    purpose: str
    legal_basis: str
    columns: tuple[str, ...]


@fact_kind("record.protected-read")
class ProtectedRead(Body, frozen=True, kw_only=True):
    """Protected attributes were read: which columns, how many rows, under which authorisation (a fact id)."""

    system: str
    authorised_by: str
    columns: tuple[str, ...]
    rows: int
    since: str
    until: str


def declared(schema: DecisionSchema) -> SchemaDeclared:
    """Return the body that declares `schema`."""
    return SchemaDeclared(
        system=schema.system,
        schema_version=schema.version,
        columns=schema.columns,
        outcomes=schema.outcomes,
    )


def schema_digest(schema: DecisionSchema) -> str:
    """Return the SHA-256 of the schema's canonical JSON, the name by which manifests bind it.

    >>> from probative.record.decisions.schema import decision_schema
    >>> schema_digest(decision_schema("loans"))[:8]
    'f35a383e'
    """
    return sha256_hex(canonical(msgspec.to_builtins(declared(schema))))
