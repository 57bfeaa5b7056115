"""Verification: any changed byte is found and its place named; so are missing, cut and doubled parts."""

import random
from datetime import timedelta

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from probative.kernel.digest import sha256_hex
from probative.record.decisions.facts import SegmentSealed
from probative.record.decisions.segment.writer import Limits
from probative.record.decisions.verify import Sources, problems
from probative.record.facts import Draft, subject
from probative.testing import START
from tests.record.decisions.conftest import ACTOR

FLIPS_A_FILE = 40


def places(found):
    """Return places and checks of problems."""
    return [(problem.place, problem.check) for problem in found]


def flip(path, at):
    """Change one bit of one byte."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << (at % 8)
    path.write_bytes(data)


def test_every_flipped_byte_is_found_and_located(bench):
    """One changed bit anywhere in any file of segments and journals is a problem that names the file."""
    bench.sealed(600)
    bench.log.record("loans", bench.rows(50, START + timedelta(hours=1)))
    bench.log.record("loans", bench.rows(50, START + timedelta(hours=2)))
    assert bench.log.verify() == []
    chance = random.Random(5)
    flips = 0
    for path in bench.files():
        data = path.read_bytes()
        ends = [0, 1, len(data) - 1]
        for at in [*ends, *(chance.randrange(len(data)) for _ in range(FLIPS_A_FILE))]:
            flip(path, at)
            found = places(bench.log.verify())
            name = path.stem if path.suffix == ".journal" else f"{path.parent.name} {path.name}"
            assert found, f"byte {at} of {path}"
            assert all(name in place for place, _ in found), f"byte {at} of {path}: {found}"
            path.write_bytes(data)
            flips += 1
    assert flips >= 200
    assert bench.log.verify() == []


def test_missing_files_and_journals_are_found(bench):
    """A file that is gone, and an open segment that is gone, are named."""
    bench.sealed(10)
    tree = next(bench.segments.rglob("tree.bin"))
    tree.rename(tree.with_suffix(".away"))
    assert places(bench.log.verify()) == [(f"segment {tree.parent.name} tree.bin", "segment.file-missing")]
    tree.with_suffix(".away").rename(tree)
    receipt = bench.log.record("loans", bench.rows(5))
    bench.clock.advance(timedelta(seconds=10))
    bench.log.seal()
    next(bench.journals.glob("*.journal")).unlink()
    assert places(bench.again().verify()) == [(f"segment {receipt.segment}", "segment-missing")]


def test_a_journal_cut_back_below_its_head_is_found(bench):
    """Whole frames cut off the end of a journal are missed if a head had counted them."""
    bench.log.record("loans", bench.rows(5))
    path = next(bench.journals.glob("*.journal"))
    before = path.read_bytes()
    receipt = bench.log.record("loans", bench.rows(5, START + timedelta(hours=1)))
    bench.clock.advance(timedelta(seconds=10))
    bench.log.seal()
    path.write_bytes(before)
    (problem,) = bench.log.verify()
    assert (problem.place, problem.check) == (f"journal {path.stem}", "segment.cut-back")
    assert receipt.segment in problem.detail


def test_rows_are_recomputed_against_the_manifest(bench):
    """Files that hold together but are not what the manifest says are found by their rows."""
    rows = bench.sealed(400)
    fact = next(bench.recorder.facts(kind="record.segment-sealed"))
    manifest = fact.read(SegmentSealed)
    facts = next(bench.segments.rglob("facts.parquet"))
    table = pq.read_table(facts)

    def found(change):
        """Verify with rewritten facts whose digest the manifest is made to have."""
        pq.write_table(change(table), facts, store_schema=True)
        data = facts.read_bytes()
        files = {
            **manifest.files,
            "facts.parquet": msgspec.structs.replace(
                manifest.files["facts.parquet"], sha256=sha256_hex(data), bytes=len(data)
            ),
        }
        catalog = bench.log._catalog
        sealed = catalog.sealed(manifest.segment)
        catalog._sealed[manifest.segment] = sealed._replace(
            manifest=msgspec.structs.replace(manifest, files=files)
        )
        return [problem.check for problem in bench.log.verify()]

    assert found(lambda t: t) == []
    assert "root" in found(lambda t: pa.concat_tables([t.slice(1), t.slice(0, 1)]))
    assert "rows-unreadable" in found(lambda t: t.slice(1))
    swapped = table.set_column(
        2, "approve", pa.array([1 - v for v in table["approve"].to_pylist()], pa.int8())
    )
    assert found(lambda t: swapped) == ["root", "stored-level"]
    assert rows.num_rows == 400


def test_values_that_were_not_committed_to_are_found(bench):
    """A rewritten payload is located by row and group."""
    bench.sealed(20)
    manifest = next(bench.recorder.facts(kind="record.segment-sealed")).read(SegmentSealed)
    payload = next(bench.segments.rglob("payload.parquet"))
    table = pq.read_table(payload)
    at = table.schema.get_field_index("amount")
    values = table["amount"].to_pylist()
    values[7] += 1
    pq.write_table(table.set_column(at, table.schema.field(at), pa.array(values)), payload)
    data = payload.read_bytes()
    catalog = bench.log._catalog
    sealed = catalog.sealed(manifest.segment)
    changed = msgspec.structs.replace(
        manifest.files["payload.parquet"], sha256=sha256_hex(data), bytes=len(data)
    )
    catalog._sealed[manifest.segment] = sealed._replace(
        manifest=msgspec.structs.replace(manifest, files={**manifest.files, "payload.parquet": changed})
    )
    (problem,) = bench.log.verify()
    assert (problem.place, problem.check) == (f"segment {manifest.segment} row 7", "commitment")
    assert "inputs" in problem.detail


def test_erased_rows_contradict_nothing(bench):
    """Rows whose salts and values are gone are read as nulls and break no commitment."""
    bench.sealed(20)
    manifest = next(bench.recorder.facts(kind="record.segment-sealed")).read(SegmentSealed)
    payload = next(bench.segments.rglob("payload.parquet"))
    table = pq.read_table(payload)
    gone = pa.array([n == 3 for n in range(20)])
    blank = [pa.compute.if_else(gone, pa.scalar(None, f.type), table[f.name]) for f in table.schema]
    pq.write_table(pa.Table.from_arrays(blank, schema=table.schema), payload)
    data = payload.read_bytes()
    catalog = bench.log._catalog
    sealed = catalog.sealed(manifest.segment)
    rewritten = msgspec.structs.replace(
        manifest.files["payload.parquet"], sha256=sha256_hex(data), bytes=len(data)
    )
    catalog._sealed[manifest.segment] = sealed._replace(
        manifest=msgspec.structs.replace(manifest, files={**manifest.files, "payload.parquet": rewritten})
    )
    assert bench.log.verify() == []
    row = bench.log.read("loans").to_pylist()[3]
    assert (row["subject"], row["amount"], row["release"]) == (None, None, "r1")
    assert bench.log.prove(row["decision_id"], ("inputs",)).opened == ()


def test_manifests_that_lie_are_found(bench):
    """A manifest with a wrong bound, chain or file list is named, whoever signed it."""
    bench.sealed(20)
    good = next(bench.recorder.facts(kind="record.segment-sealed")).read(SegmentSealed)
    for field, value, check in (
        ("last_time", "2027-01-01T00:00:00.000000Z", "last-time"),
        ("first_id", "00000000-0000-7000-8000-000000000000", "first-id"),
        ("rows", 21, "rows"),
        ("previous", "00000000-0000-7000-8000-000000000000", "previous"),
        ("schema", "0" * 64, "schema"),
        ("files", {"facts.parquet": good.files["facts.parquet"]}, "manifest-files"),
    ):
        catalog = bench.log._catalog
        sealed = catalog.sealed(good.segment)
        catalog._sealed[good.segment] = sealed._replace(
            manifest=msgspec.structs.replace(good, **{field: value})
        )
        assert check in [problem.check for problem in bench.log.verify()]
        catalog._sealed[good.segment] = sealed
    assert bench.log.verify() == []


def test_a_decision_in_two_segments_is_found(bench, monkeypatch):
    """Should two processes accept the same id at the same moment, verification names both segments."""
    other = bench.again()
    rows = bench.rows(5)
    bench.log.record("loans", rows)
    monkeypatch.setattr(other._admission, "_open_places", lambda *_: [])
    other.record("loans", rows)
    bench.log.seal(force=True)
    other.seal(force=True)
    (problem,) = bench.log.verify()
    assert problem.check == "decision-twice"
    assert rows["decision_id"][0].as_py() in problem.detail
    assert {f.body["segment"] for f in bench.recorder.facts(kind="record.segment-sealed")} == {
        problem.place.split()[1],
        problem.detail.split()[-2],
    }


def test_a_head_for_another_segment_state_is_found(bench):
    """A sealed segment whose rows are not those of a recorded head is a problem."""
    receipt = bench.log.record("loans", bench.rows(20))
    from probative.record.decisions.facts import SegmentHead

    head = SegmentHead(
        system="loans", stream="decisions", segment=receipt.segment, writer="w0", rows=10, root="0" * 64
    )
    about = (subject("system/loans"), subject(f"segment/{receipt.segment}"))
    bench.recorder.append(Draft(body=head, subjects=about, actor=ACTOR))
    bench.log.seal(force=True)
    assert [problem.check for problem in bench.log.verify()] == ["segment.head-differs"]


def test_memory_stays_bounded_by_row_groups(bench):
    """Rows are recomputed one row group at a time, whatever the size of the segment."""
    log = bench.again(Limits(rows_max=100_000))
    for day in range(3):
        log.record("loans", bench.rows(30_000, START + timedelta(days=day)))
    log.seal(force=True)
    parquet = pq.ParquetFile(next(bench.segments.rglob("facts.parquet")))
    groups = [parquet.metadata.row_group(n).num_rows for n in range(parquet.num_row_groups)]
    parquet.close()
    assert groups == [32_768, 32_768, 24_464]
    sources = Sources(bench.recorder, log._catalog, log._journals, log._store)
    assert list(problems(sources)) == []


@pytest.mark.parametrize("kind", ["record.segment-head", "record.segment-sealed"])
def test_an_empty_log_has_no_problems(bench, kind):
    """Nothing recorded is nothing wrong (doors say that nothing was there to check)."""
    assert list(bench.recorder.facts(kind=kind)) == []
    assert bench.log.verify() == []
