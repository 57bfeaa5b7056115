"""The proof of one decision: holds against the manifest alone, and breaks when anything in it is changed."""

from datetime import timedelta

import msgspec
import pytest

from probative.kernel.errors import ConflictError, DeniedError, NotFoundError, TamperError, UsageError
from probative.record.decisions.facts import SegmentSealed
from probative.record.decisions.proof import DecisionProof, check_proof
from probative.testing import START


@pytest.fixture
def sealed(bench):
    """Return rows of a sealed segment longer than two tree nodes, and its manifest."""
    rows = bench.sealed(700)
    return rows, next(bench.recorder.facts(kind="record.segment-sealed")).read(SegmentSealed)


@pytest.mark.parametrize("row", [0, 255, 256, 511, 512, 699])
def test_a_proof_shows_the_values(bench, sealed, row):
    """Plain values are shown, groups only where opened; the proof survives being written as JSON."""
    rows, manifest = sealed
    expected = rows.slice(row, 1).to_pylist()[0]
    proof = bench.log.prove(expected["decision_id"], ("inputs", "notes"))
    values = check_proof(msgspec.json.decode(msgspec.json.encode(proof), type=DecisionProof), manifest)
    assert (proof.index, proof.rows, values["amount"], values["note"]) == (
        row,
        700,
        expected["amount"],
        expected["note"],
    )
    assert "subject" not in values
    assert "sex" not in values
    assert check_proof(bench.log.prove(expected["decision_id"]), manifest).keys() == {
        "decision_id",
        "decided_at",
        "approve",
        "p",
        "release",
        "commitment_subject",
        "commitment_inputs",
        "commitment_notes",
        "commitment_protected",
    }


def test_any_change_breaks_the_proof(bench, sealed):
    """Each part of a proof is bound: changed, it no longer holds."""
    rows, manifest = sealed
    proof = bench.log.prove(rows["decision_id"][300].as_py(), ("inputs",))
    (opening,) = proof.opened
    replace = msgspec.structs.replace
    flipped = bytes([proof.row[60] ^ 1])
    # The same bytes under swapped names would tell another story: the schema is bound by its digest.
    names = {"approve": "years2", "amount": "limit"}
    columns = tuple(replace(c, name=names.get(c.name, c.name)) for c in proof.schema.columns)
    renamed = replace(proof.schema, columns=columns)
    forged = [
        replace(proof, row=proof.row[:60] + flipped + proof.row[61:]),
        replace(proof, index=301),
        replace(proof, rows=701),
        replace(proof, path=proof.path[:-1]),
        replace(proof, path=(*proof.path, bytes(32))),
        replace(proof, root=bytes(32)),
        replace(proof, segment="other"),
        replace(proof, system="cars"),
        replace(proof, schema=renamed),
        replace(proof, schema=renamed, columns=renamed.schema().layout("decisions").facts),
        replace(proof, codec="row-be/2"),
        replace(proof, columns=proof.columns[:-1]),
        replace(proof, opened=(replace(opening, columns=opening.columns[:1]),)),
        replace(proof, decision_id=rows["decision_id"][301].as_py()),
        replace(proof, opened=(replace(opening, salt=bytes(16)),)),
        replace(proof, opened=(replace(opening, salt=b""),)),
        replace(proof, opened=(replace(opening, row=opening.row[:-1] + b"x"),)),
        replace(proof, opened=(replace(opening, group="notes"),)),
        replace(proof, opened=(replace(opening, group="unknown"),)),
    ]
    for forgery in forged:
        with pytest.raises(TamperError):
            check_proof(forgery, manifest)
    for lie in ({"root": "0" * 64}, {"codec": "row-be/2"}, {"stream": "outcomes"}, {"schema": "0" * 64}):
        with pytest.raises(TamperError):
            check_proof(proof, replace(manifest, **lie))


def test_what_cannot_be_proved_says_why(bench, sealed):
    """Unknown, still open, unknown group, protected group: each has its own answer."""
    rows, _ = sealed
    known = rows["decision_id"][0].as_py()
    later = bench.rows(1, START + timedelta(hours=1))
    with pytest.raises(NotFoundError):
        bench.log.prove(later["decision_id"][0].as_py())
    bench.log.record("loans", later)
    with pytest.raises(ConflictError) as refused:
        bench.log.prove(later["decision_id"][0].as_py())
    assert refused.value.code == "decisions.not-sealed"
    with pytest.raises(UsageError, match="no group 'salary'"):
        bench.log.prove(known, ("salary",))
    with pytest.raises(DeniedError):
        bench.log.prove(known, ("protected",))


def test_changed_files_give_no_proof(bench, sealed):
    """A segment whose tree was changed proves nothing."""
    rows, _ = sealed
    path = next(bench.segments.rglob("tree.bin"))
    path.write_bytes(bytes(len(path.read_bytes())))
    with pytest.raises(TamperError):
        bench.log.prove(rows["decision_id"][0].as_py())
