"""The proof of one decision: its row, the path to the segment's root, and the groups that are opened.

**Promise**: `check_proof` needs nothing but the manifest; it accepts exactly the rows that were sealed, and
values exactly as they were committed to.
**Not here**: that the manifest is in the ledger (`record.proofs.proof` shows that), and packages (`prove`).
"""

import hashlib
from collections.abc import Iterable

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from probative.kernel.errors import DeniedError, TamperError, UsageError
from probative.record.decisions.codec.arrow import encode, leaf_hashes
from probative.record.decisions.codec.plain import Plain, decode_row
from probative.record.decisions.facts import SchemaDeclared, SegmentSealed, declared, schema_digest
from probative.record.decisions.schema import CODEC, DECISIONS, SALT_BYTES, Column, Group, Layout
from probative.record.decisions.segment.catalog import Sealed
from probative.record.decisions.segment.files import opened
from probative.record.decisions.segment.parts import FACTS, PAYLOAD, TREE
from probative.record.decisions.segment.sealing import Store
from probative.record.decisions.segment.tree import WIDTH, row_path
from probative.record.proofs.merkle import leaf_hash, verify_inclusion


class Opening(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One erasable group of a row, disclosed: SHA-256(`salt`, `row`) is the commitment in the row's facts.

    `row` is the codec bytes of `columns`.
    """

    group: str
    columns: tuple[Column, ...]
    salt: bytes
    row: bytes


class DecisionProof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What shows that one decision was recorded, to somebody who trusts the ledger's manifest fact only.

    `row` is the codec bytes of `columns` (they follow from `schema`), `index` its place among the `rows` of
    the segment, `path` the RFC 6962 inclusion path to `root`, `manifest` the id of the fact that holds this
    root and the digest of `schema`.
    """

    decision_id: str
    system: str
    segment: str
    manifest: str
    schema: SchemaDeclared
    codec: str
    columns: tuple[Column, ...]
    index: int
    rows: int
    row: bytes
    path: tuple[bytes, ...]
    root: bytes
    opened: tuple[Opening, ...] = ()

    def layout(self) -> Layout:
        """Return the columns of the row and of the groups."""
        return self.schema.schema().layout(DECISIONS)


def check_proof(proof: DecisionProof, manifest: SegmentSealed) -> dict[str, Plain]:
    """Return the values that the proof shows; one that does not hold raises `TamperError`.

    `manifest` is the body of the fact `proof.manifest`, taken from a ledger that the caller trusts.
    """
    _check_bound(proof, manifest)
    layout = proof.layout()
    if proof.columns != layout.facts:
        raise _failed("its columns are not those of its schema")
    verify_inclusion(leaf_hash(proof.row), proof.index, proof.rows, list(proof.path), proof.root)
    facts = dict(zip((c.name for c in proof.columns), decode_row(proof.columns, proof.row), strict=True))
    if facts.get("decision_id") != proof.decision_id:
        raise _failed(f"the row is decision {facts.get('decision_id')!r}")
    values = dict(facts)
    groups = {group.name: group for group in layout.groups}
    for opening in proof.opened:
        group = groups.get(opening.group)
        found = hashlib.sha256(opening.salt + opening.row).digest()
        if group is None or opening.columns != group.columns:
            raise _failed(f"group '{opening.group}' has not the columns of the schema")
        if len(opening.salt) != SALT_BYTES or found != facts[group.commitment]:
            raise _failed(f"group '{opening.group}' does not open to its commitment")
        names = (column.name for column in group.columns)
        values.update(zip(names, decode_row(group.columns, opening.row), strict=True))
    return values


def _check_bound(proof: DecisionProof, manifest: SegmentSealed) -> None:
    """Check that the proof is about the manifest's segment, and its schema the manifest's."""
    expected = (manifest.segment, manifest.system, manifest.rows, manifest.root, manifest.schema)
    digest = schema_digest(proof.schema.schema())
    if expected != (proof.segment, proof.system, proof.rows, proof.root.hex(), digest):
        raise _failed("it is about another segment or schema than the manifest")
    if (manifest.codec, manifest.stream, proof.codec) != (CODEC, DECISIONS, CODEC):
        raise _failed(f"its rows are '{manifest.stream}' in codec '{manifest.codec}'")


def prove_in(sealed: Sealed, store: Store, decision_id: str, groups: Iterable[str]) -> DecisionProof | None:
    """Return the proof of a decision if this segment has it; its files are checked before they are read."""
    manifest, layout = sealed.manifest, sealed.layout
    chosen = [_group(sealed, name) for name in groups]
    with opened(store.files, manifest.segment, FACTS, manifest.files[FACTS]) as file:
        parquet = pq.ParquetFile(pa.PythonFile(file, "r"))
        place = _find(parquet, decision_id)
        if place is None:
            return None
        group, before, at = place
        facts = _row_group(parquet, group)
    first = at // WIDTH * WIDTH
    leaves = leaf_hashes(layout.facts, facts.slice(first, WIDTH))
    with opened(store.files, manifest.segment, TREE, manifest.files[TREE]) as file:
        stored = file.read()
    proof = DecisionProof(
        decision_id=decision_id,
        system=manifest.system,
        segment=manifest.segment,
        manifest=sealed.fact_id,
        schema=declared(sealed.schema),
        codec=manifest.codec,
        columns=layout.facts,
        index=before + at,
        rows=manifest.rows,
        row=encode(layout.facts, facts.slice(at, 1)).row(0),
        path=tuple(row_path(before + at, manifest.rows, leaves, stored)),
        root=bytes.fromhex(manifest.root),
        opened=_openings(sealed, store, chosen, group, at),
    )
    check_proof(proof, manifest)
    return proof


def _find(parquet: pq.ParquetFile, decision_id: str) -> tuple[int, int, int] | None:
    """Return row group, rows before it, and row in it; bounds are believed, for the file was checked."""
    column = parquet.schema_arrow.get_field_index("decision_id")
    before = 0
    for number in range(parquet.num_row_groups):
        group = parquet.metadata.row_group(number)
        bounds = group.column(column).statistics
        if bounds is None or not bounds.has_min_max or bounds.min <= decision_id <= bounds.max:
            ids = parquet.read_row_group(number, ["decision_id"]).column(0)
            at = ids.index(pa.scalar(decision_id)).as_py()
            if at >= 0:
                return number, before, at
        before += group.num_rows
    return None


def _row_group(parquet: pq.ParquetFile, number: int, columns: list[str] | None = None) -> pa.RecordBatch:
    return parquet.read_row_group(number, columns).combine_chunks().to_batches()[0]


def _group(sealed: Sealed, name: str) -> Group:
    found = next((group for group in sealed.layout.groups if group.name == name), None)
    if found is None:
        raise UsageError(
            "proof.group-unknown",
            f"Decisions of '{sealed.manifest.system}' have no group '{name[:40]}'.",
            f"The groups are {', '.join(group.name for group in sealed.layout.groups)}.",
        )
    if found.protected:
        raise DeniedError(
            "proof.group-protected",
            f"Group '{name}' holds protected attributes and is not opened in proofs.",
            "Read them under a recorded audit authorisation.",
        )
    return found


def _openings(sealed: Sealed, store: Store, groups: list[Group], number: int, at: int) -> tuple[Opening, ...]:
    """Open groups of one row; an erased group has nothing to open."""
    if not groups:
        return ()
    manifest = sealed.manifest
    names = [name for group in groups for name in (group.salt, *(c.name for c in group.columns))]
    with opened(store.files, manifest.segment, PAYLOAD, manifest.files[PAYLOAD]) as file:
        row = _row_group(pq.ParquetFile(pa.PythonFile(file, "r")), number, names).slice(at, 1)
    return tuple(
        Opening(group=group.name, columns=group.columns, salt=salt, row=encode(group.columns, row).row(0))
        for group in groups
        if (salt := row.column(group.salt)[0].as_py()) is not None
    )


def _failed(why: str) -> TamperError:
    return TamperError(
        "proof.failed", f"The proof of the decision does not hold: {why}.", "Ask for the proof again."
    )
