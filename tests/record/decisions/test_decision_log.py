"""The decision log: recorded once, read back whole, sealed, followed by other processes."""

import threading
from datetime import timedelta

import pyarrow as pa
import pytest

from probative.adapters.files.journals import FileJournals
from probative.kernel.errors import ConflictError, DeniedError, NotFoundError, TamperError, UsageError
from probative.kernel.ids import uuid7
from probative.record.decisions.facts import AuditAuthorised, SegmentHead, SegmentSealed
from probative.record.decisions.schema import Column, DecisionSchema, decision_schema
from probative.record.decisions.segment.writer import Limits
from probative.record.proofs.merkle import root_of
from probative.testing import START
from tests.record.decisions.conftest import ACTOR, SCHEMA

OPEN_COLUMNS = [c.name for c in SCHEMA.columns if c.role != "protected"]


def test_what_was_recorded_is_read_back(bench):
    """Open and sealed rows read the same, protected attributes left out."""
    rows = bench.rows(500)
    receipt = bench.log.record("loans", rows)
    assert (receipt.first_row, receipt.rows, receipt.duplicates) == (0, 500, 0)
    expected = rows.select(OPEN_COLUMNS).to_pylist()
    assert bench.log.read("loans").to_pylist() == expected
    (fact,) = bench.log.seal(force=True)
    assert bench.log.read("loans").to_pylist() == expected
    assert bench.log.verify() == []
    manifest = fact.read(SegmentSealed)
    assert (manifest.rows, manifest.root, manifest.segment) == (500, receipt.root, receipt.segment)
    ids = sorted(rows["decision_id"].to_pylist())
    assert (manifest.first_id, manifest.last_id) == (ids[0], ids[-1])


def test_receipts_give_the_leaves_of_the_segment(bench):
    """The leaf hashes of all receipts hash to the sealed root."""
    receipts = [bench.log.record("loans", bench.rows(n, START + timedelta(hours=n))) for n in (1, 255, 300)]
    leaves = b"".join(receipt.leaves for receipt in receipts)
    root = root_of(leaves[at : at + 32] for at in range(0, len(leaves), 32))
    assert root.hex() == receipts[-1].root
    (fact,) = bench.log.seal(force=True)
    assert fact.body["root"] == root.hex()


def test_several_row_groups_and_streams(bench):
    """A segment longer than a row group reads back in order; outcomes are a stream of their own."""
    parts = [bench.rows(20_000, START + timedelta(days=day)) for day in range(2)]
    for part in parts:
        bench.log.record("loans", part)
    observed = pa.table(
        {
            "decision_id": parts[0]["decision_id"][:5],
            "observed_at": pa.array([START] * 5, pa.timestamp("us", "UTC")),
            "outcome": pa.array([1, 0, 1, 0, 1], pa.int8()),
        }
    )
    assert bench.log.record_outcomes("loans", observed).rows == 5
    assert len(bench.log.seal(force=True)) == 2
    expected = pa.concat_tables(parts)["decision_id"].to_pylist()
    assert bench.log.read("loans", columns=["decision_id"]).column(0).to_pylist() == expected
    assert bench.log.read("loans", stream="outcomes").to_pylist() == observed.to_pylist()
    assert bench.log.verify() == []


def test_times_and_columns_select(bench):
    """`since` is taken in and `until` left out, over sealed and open segments."""
    bench.sealed(10)
    bench.clock.advance(timedelta(hours=1))
    bench.log.record("loans", bench.rows(10))
    later = START + timedelta(hours=1)
    assert bench.log.read("loans", until=later).num_rows == 10
    assert bench.log.read("loans", since=later, until=later + timedelta(seconds=3)).num_rows == 3
    assert bench.log.read("loans", columns=["p", "amount"]).schema.names == ["p", "amount"]
    assert bench.log.read("loans", since=later + timedelta(days=1)).num_rows == 0
    with pytest.raises(UsageError, match="no timezone"):
        bench.log.read("loans", since=START.replace(tzinfo=None))
    with pytest.raises(UsageError) as refused:
        bench.log.read("loans", columns=["amout"])
    assert "amount" in refused.value.hint
    with pytest.raises(DeniedError):
        bench.log.read("loans", columns=["sex"])


def test_the_same_batch_again_is_accepted_once(bench):
    """Sent again, open or sealed, whole or in part, rows are recorded once."""
    rows = bench.rows(50)
    bench.log.record("loans", rows)
    again = bench.log.record("loans", rows)
    assert (again.rows, again.duplicates, again.segment) == (0, 50, "")
    bench.log.seal(force=True)
    more = pa.concat_tables([rows.slice(40), bench.rows(5)]).combine_chunks()
    third = bench.log.record("loans", more)
    assert (third.rows, third.duplicates) == (5, 10)
    assert bench.log.read("loans").num_rows == 55
    assert bench.log.verify() == []


@pytest.mark.parametrize(
    ("column", "value"), [("amount", 1.5), ("p", 0.25), ("sex", "x"), ("subject", "s-9"), ("note", None)]
)
@pytest.mark.parametrize("state", ["open", "sealed", "batch"])
def test_the_same_id_with_other_values_is_a_conflict(bench, changed, column, value, state):
    """One other value in any column, erasable and protected too, is a conflict; nothing is written."""
    rows = bench.rows(6)
    other = changed(rows, column, value)
    if state == "batch":
        other = pa.concat_tables([rows, other])
    else:
        bench.log.record("loans", rows)
    if state == "sealed":
        bench.log.seal(force=True)
    before = bench.log.read("loans").num_rows
    with pytest.raises(ConflictError) as refused:
        bench.log.record("loans", other)
    assert refused.value.code == "decisions.id-taken"
    assert rows["decision_id"][0].as_py() in str(refused.value)
    assert bench.log.read("loans").num_rows == before


def test_outcomes_may_be_corrected(bench):
    """The same outcome counts once; another one for the same decision is a row more."""
    first = {"decision_id": str(uuid7(START)), "observed_at": START, "outcome": 1}
    assert bench.log.record_outcomes("loans", [first]).rows == 1
    assert bench.log.record_outcomes("loans", [first, {**first, "outcome": 0}]).rows == 1
    bench.log.seal(force=True)
    assert bench.log.record_outcomes("loans", [first]).duplicates == 1
    assert bench.log.read("loans", stream="outcomes")["outcome"].to_pylist() == [1, 0]


def test_segments_are_sealed_when_full_or_old(bench):
    """A batch that would not fit seals the segment first; so does age; the chain names each predecessor."""
    log = bench.again(Limits(rows_max=100))
    log.record("loans", bench.rows(60))
    log.record("loans", bench.rows(60, START + timedelta(hours=1)))
    assert log.read("loans").num_rows == 120
    bench.clock.advance(timedelta(minutes=14))
    assert log.seal() == []
    bench.clock.advance(timedelta(minutes=1))
    (fact,) = log.seal()
    first, second = (f.read(SegmentSealed) for f in bench.recorder.facts(kind="record.segment-sealed"))
    assert (first.rows, second.rows, second.previous) == (60, 60, first.segment)
    assert fact.body["segment"] == second.segment
    assert log.verify() == []


def test_heads_are_recorded_while_a_segment_is_open(bench):
    """The head of older rows is in the ledger before newer rows are acknowledged, ten seconds apart."""
    receipts = []
    for _ in range(3):
        receipts.append(bench.log.record("loans", bench.rows(10)))
        bench.clock.advance(timedelta(seconds=10))
    heads = [fact.read(SegmentHead) for fact in bench.recorder.facts(kind="record.segment-head")]
    assert [(head.rows, head.root) for head in heads] == [(10, receipts[0].root), (20, receipts[1].root)]
    bench.log.seal()
    assert len(list(bench.recorder.facts(kind="record.segment-head"))) == 3
    bench.log.seal()
    assert len(list(bench.recorder.facts(kind="record.segment-head"))) == 3


def test_two_writers_share_nothing_but_the_ledger(bench):
    """Two logs on one folder have their own segments, see each other's rows, and refuse each other's ids."""
    other = bench.again()
    mine, theirs = bench.rows(20), bench.rows(20)
    first, second = bench.log.record("loans", mine), other.record("loans", theirs)
    assert first.segment != second.segment
    assert bench.log.read("loans").num_rows == other.read("loans").num_rows == 40
    assert other.record("loans", mine).duplicates == 20
    with pytest.raises(ConflictError):
        other.record("loans", [{**mine.to_pylist()[3], "amount": 0.0}])
    assert len(other.seal(force=True)) == 1
    assert bench.log.record("loans", theirs).duplicates == 20
    assert len(bench.log.seal(force=True)) == 1
    manifests = [fact.read(SegmentSealed) for fact in bench.recorder.facts(kind="record.segment-sealed")]
    assert {m.writer for m in manifests} == {m.writer for m in manifests[:1]} | {
        m.writer for m in manifests[1:]
    }
    assert len({m.writer for m in manifests}) == 2
    assert bench.log.verify() == []


def test_a_log_that_was_let_go_is_taken_over(bench):
    """Journals of a closed log are sealed by the next one, with the same root."""
    receipt = bench.log.record("loans", bench.rows(30))
    bench.log.close()
    other = bench.again()
    (fact,) = other.seal()
    assert (fact.body["segment"], fact.body["root"]) == (receipt.segment, receipt.root)
    assert list(bench.journals.glob("*.journal")) == []
    assert other.verify() == []


def test_the_chain_holds_when_a_writer_changes_hands(bench):
    """What others sealed for a writer just before it was claimed is its previous segment all the same."""
    bench.log.record("loans", bench.rows(3))
    bench.log.close()

    class Late(FileJournals):
        """Journals that are claimed only after somebody else has sealed what was left."""

        def claim(self, writer=None):
            if writer is None:
                other = bench.again()
                other.seal()
                other.close()
            return super().claim(writer)

    log = bench.again(journals=Late(bench.journals))
    log.record("loans", bench.rows(3, START + timedelta(hours=1)))
    log.seal(force=True)
    first, second = (f.read(SegmentSealed) for f in bench.recorder.facts(kind="record.segment-sealed"))
    assert (first.writer, second.previous) == (second.writer, first.segment)
    assert log.verify() == []


def test_threads_share_one_log(bench):
    """Several threads record at once; every row is there once."""
    batches = [bench.rows(40, START + timedelta(hours=n)) for n in range(8)]
    threads = [threading.Thread(target=bench.log.record, args=("loans", rows)) for rows in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bench.log.seal(force=True)
    assert bench.log.read("loans").num_rows == 320
    assert bench.log.verify() == []


def test_unrecorded_decisions_are_counted(bench):
    """What callers let through without a record is added up in the manifest."""
    bench.log.record("loans", bench.rows(2), unrecorded=3)
    bench.log.record("loans", bench.rows(2, START + timedelta(hours=1)), unrecorded=4)
    (fact,) = bench.log.seal(force=True)
    assert fact.body["unrecorded"] == 7


def test_schema_versions_read_as_one_table(bench):
    """A column that is new is null in older rows; one that is gone is null in newer rows."""
    old = bench.sealed(3)
    columns = [c for c in SCHEMA.columns if c.name != "note"]
    channel = Column(name="channel", type="text", role="meta", personal=False)
    bench.log.declare(
        DecisionSchema(system="loans", version=2, columns=(*columns, channel), outcomes=SCHEMA.outcomes),
        ACTOR,
    )
    new = (
        bench.rows(2, START + timedelta(hours=1))
        .drop_columns("note")
        .append_column("channel", [["web", "web"]])
    )
    bench.log.record("loans", new)
    table = bench.log.read("loans")
    assert table["channel"].to_pylist() == [None, None, None, "web", "web"]
    assert table["note"].to_pylist() == [*old["note"].to_pylist(), None, None]
    bench.log.seal(force=True)
    assert bench.log.read("loans").to_pylist() == table.to_pylist()
    assert bench.log.verify() == []


def test_a_new_schema_seals_the_open_segment(bench):
    """Rows of two schema versions never share a segment."""
    bench.log.record("loans", bench.rows(3))
    bench.log.declare(
        DecisionSchema(system="loans", version=2, columns=SCHEMA.columns[:-1], outcomes=SCHEMA.outcomes),
        ACTOR,
    )
    bench.log.record("loans", bench.rows(3, START + timedelta(hours=1)).drop_columns("age"))
    assert len(list(bench.recorder.facts(kind="record.segment-sealed"))) == 1


def test_schemas_are_declared_in_turn(bench):
    """The same schema again is its fact; versions out of turn, new types and unknown systems are refused."""
    fact = bench.log.declare(SCHEMA, ACTOR)
    assert fact.index == bench.log.declare(SCHEMA, ACTOR).index
    with pytest.raises(ConflictError):
        bench.log.declare(DecisionSchema(system="loans", version=3, columns=SCHEMA.columns), ACTOR)
    other = tuple(
        Column(name="p", type="float64", role="probability") if c.name == "p" else c for c in SCHEMA.columns
    )
    with pytest.raises(UsageError, match="was float32 and cannot become float64"):
        bench.log.declare(DecisionSchema(system="loans", version=2, columns=other), ACTOR)
    with pytest.raises(NotFoundError, match="no system 'cars'"):
        bench.log.declare(decision_schema("cars"), ACTOR)
    with pytest.raises(NotFoundError, match="cars"):
        bench.log.record("cars", bench.rows(1))
    with pytest.raises(NotFoundError, match="version 9"):
        bench.log.schema("loans", 9)


def test_protected_attributes_need_an_authorisation(bench):
    """Without an authorisation nothing is read; with one, only its columns, and the read is recorded."""
    rows = bench.sealed(20)
    bench.log.record("loans", bench.rows(5, START + timedelta(hours=2)))
    audit = AuditAuthorised(
        system="loans", audit="a-1", purpose="fairness", legal_basis="AI Act Art. 10(5)", columns=("sex",)
    )
    with pytest.raises(NotFoundError):
        bench.log.read_protected("loans", "ab" * 32)
    sealed = next(bench.recorder.facts(kind="record.segment-sealed"))
    with pytest.raises(DeniedError):
        bench.log.read_protected("loans", sealed.id)
    with pytest.raises(UsageError, match="'amount' is no protected column"):
        bench.log.authorise(AuditAuthorised(**{**_fields(audit), "columns": ("amount",)}), ACTOR)
    fact = bench.log.authorise(audit, ACTOR)
    with pytest.raises(DeniedError):
        bench.log.read_protected("cars", fact.id)
    table = bench.log.read_protected("loans", fact.id, until=START + timedelta(hours=1))
    assert table.to_pylist() == rows.select(["decision_id", "sex"]).to_pylist()
    assert bench.log.read_protected("loans", fact.id).num_rows == 25
    reads = list(bench.recorder.facts(kind="record.protected-read"))
    assert [(read.body["rows"], read.body["columns"], read.caused_by) for read in reads] == [
        (20, ["sex"], (fact.id,)),
        (25, ["sex"], (fact.id,)),
    ]


def _fields(struct):
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def test_protected_values_are_nowhere_in_the_clear(bench, changed):
    """No journal or file holds a protected value in the clear; payloads hold subjects, facts do not."""
    rows = changed(bench.rows(4), "sex", "a-rare-protected-word")
    rows = changed(rows, "subject", "a-rare-subject")
    bench.log.record("loans", rows)
    journal = b"".join(path.read_bytes() for path in bench.files())
    assert b"a-rare-subject" in journal
    assert b"a-rare-protected-word" not in journal
    bench.log.seal(force=True)
    found = {path.name: path.read_bytes() for path in bench.files()}
    assert sorted(found) == ["facts.parquet", "payload.parquet", "protected.sealed", "tree.bin"]
    assert [name for name, data in found.items() if b"a-rare-subject" in data] == ["payload.parquet"]
    assert not any(b"a-rare-protected-word" in data for data in found.values())
    modes = {path.name: path.stat().st_mode & 0o777 for path in bench.files()}
    assert (modes["payload.parquet"], modes["protected.sealed"]) == (0o600, 0o600)


def test_a_changed_file_is_never_read(bench):
    """Reading refuses a file that is not what was sealed, before any filter sees it."""
    bench.sealed(10)
    path = next(bench.segments.rglob("payload.parquet"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(TamperError, match=r"payload\.parquet"):
        bench.log.read("loans")
    assert bench.log.read("loans", columns=["p"]).num_rows == 10


def test_a_system_without_protected_attributes(bench):
    """A schema without protected columns has no protected file and no vault key."""
    bench.register("ads")
    bench.log.declare(decision_schema("ads", Column(name="click", type="bool", role="prediction")), ACTOR)
    row = {"decision_id": str(uuid7(START)), "decided_at": START, "subject": "s", "click": True}
    bench.log.record("ads", [row])
    bench.log.seal(force=True)
    assert sorted(path.name for path in bench.files()) == ["facts.parquet", "payload.parquet", "tree.bin"]
    assert not (bench.folder / "vault").exists()
    assert bench.log.read("ads").to_pylist() == [row]
    assert bench.log.verify() == []


def test_check_writes_nothing(bench):
    """A dry run counts duplicates and raises conflicts, and leaves no file and no fact behind."""
    rows = bench.rows(5)
    assert bench.log.check("loans", rows) == 0
    assert bench.files() == []
    bench.log.record("loans", rows)
    before = bench.recorder.head()
    assert bench.log.check("loans", rows) == 5
    assert bench.recorder.head() == before
