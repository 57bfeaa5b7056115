"""The decision client: what became of each row is said, whatever happens to the record."""

import subprocess
import sys
from datetime import timedelta
from decimal import Decimal

import pytest

from probative.client.decisions import DecisionClient
from probative.client.spool import Spool
from probative.kernel.errors import ConflictError, NotFoundError, TamperError, UnavailableError, UsageError
from probative.kernel.ids import uuid7
from probative.record.decisions.schema import Column, decision_schema
from probative.testing import START
from tests.record.decisions.conftest import ACTOR, bench  # noqa: F401  # the fixture


class Line:
    """A real log behind a line that can be cut."""

    def __init__(self, log):
        self.log = log
        self.cut = False
        self.error = None
        self.sent = 0

    def schema(self, system, version=None):
        return self.log.schema(system, version)

    def record(self, system, rows, *, unrecorded=0):
        self.sent += 1
        if self.error:
            raise self.error
        if self.cut:
            raise UnavailableError("line.cut", "The record cannot be reached.", "Retry.")
        return self.log.record(system, rows, unrecorded=unrecorded)

    def record_outcomes(self, system, rows):
        return self.log.record_outcomes(system, rows)


@pytest.fixture
def line(bench):  # noqa: F811
    """Return a line to a log with a small schema, and a function that makes rows."""
    bench.register("ads")
    schema = decision_schema(
        "ads",
        Column(name="score", type="float64", role="feature"),
        Column(name="price", type="decimal(6,2)", role="feature", nullable=True),
        Column(name="day", type="date", role="feature", nullable=True),
        Column(name="key", type="binary", role="feature", nullable=True),
        Column(name="click", type="bool", role="prediction"),
    )
    bench.log.declare(schema, ACTOR)
    return Line(bench.log)


def row(number=0, **values):
    """Return a decision."""
    at = START + timedelta(seconds=number)
    fixed = {"decision_id": str(uuid7(at)), "decided_at": at, "subject": f"s-{number}"}
    return {**fixed, "score": 0.5, "price": None, "day": None, "key": None, "click": True, **values}


def count(line):
    """Return how many decisions are recorded."""
    return line.log.read("ads", columns=["decision_id"]).num_rows


def test_rows_are_recorded_in_batches(line):
    """Rows wait until a batch is full; closing records the rest."""
    with DecisionClient(line, "ads", batch_rows=4) as client:
        answers = [client.record(row(n)) for n in range(6)]
        assert [answer.state for answer in answers] == ["buffered"] * 3 + ["recorded"] + ["buffered"] * 2
        assert (answers[3].receipt.rows, client.buffered, line.sent) == (4, 2, 1)
    assert count(line) == 6


def test_wrong_rows_are_refused_at_once(line):
    """A row that does not fit never enters the buffer."""
    client = DecisionClient(line, "ads")
    for wrong in (
        row(score="high"),
        row(more=1),
        {},
        row(decision_id="7"),
        row(decided_at=START.replace(tzinfo=None)),
    ):
        with pytest.raises(UsageError):
            client.record(wrong)
    assert client.buffered == 0
    with pytest.raises(NotFoundError):
        DecisionClient(line, "cars")


def test_refuse_keeps_nothing_of_the_refused_row(line):
    """With "refuse" the caller hears that the record is away; the refused row is not recorded later."""
    client = DecisionClient(line, "ads", batch_rows=1)
    line.cut = True
    for _ in range(2):
        with pytest.raises(UnavailableError):
            client.record(row(1))
    line.cut = False
    assert client.record(row(2)).receipt.rows == 1
    assert line.log.read("ads")["subject"].to_pylist() == ["s-2"]


def test_refuse_bounds_the_buffer(line):
    """Rows that wait for a batch stay within the bound while the record is away."""
    client = DecisionClient(line, "ads", batch_rows=3, buffer_rows_max=4)
    line.cut = True
    assert [client.record(row(n)).state for n in range(2)] == ["buffered", "buffered"]
    for n in range(5):
        with pytest.raises(UnavailableError):
            client.record(row(n))
        assert client.buffered <= 4
    line.cut = False
    client.flush()
    assert sorted(line.log.read("ads")["subject"].to_pylist()) == ["s-0", "s-1"]


def test_allow_and_count_counts_the_gap(line):
    """With "allow_and_count" rows are dropped and the manifest says how many."""
    client = DecisionClient(line, "ads", batch_rows=2, on_unrecorded="allow_and_count")
    line.cut = True
    assert [client.record(row(n)).state for n in range(4)] == ["buffered", "counted"] * 2
    assert client.unrecorded == 4
    line.cut = False
    client.record(row(9))
    assert client.flush().state == "recorded"
    assert client.unrecorded == 0
    (fact,) = line.log.seal(force=True)
    assert (fact.body["rows"], fact.body["unrecorded"]) == (1, 4)


def test_spooled_rows_are_recorded_later(line, tmp_path):
    """With "spool" rows outlive the process and are recorded by the next one, every type intact."""
    values = {"score": float("nan"), "price": Decimal("1.50"), "day": START.date(), "key": b"\x00\xff"}
    first = DecisionClient(line, "ads", batch_rows=1, on_unrecorded="spool", spool=tmp_path / "spool" / "a")
    line.cut = True
    assert first.record(row(1, **values)).state == "spooled"
    assert first.record(row(2)).state == "spooled"
    with pytest.raises(ConflictError, match="Another process"):
        Spool(tmp_path / "spool" / "a")
    with pytest.raises(UnavailableError):
        first.close()
    assert count(line) == 0
    line.cut = False
    with DecisionClient(
        line, "ads", batch_rows=1, on_unrecorded="spool", spool=tmp_path / "spool" / "a"
    ) as second:
        assert second.record(row(3)).state == "recorded"
    found = line.log.read("ads").to_pylist()
    assert [item["subject"] for item in found] == ["s-1", "s-2", "s-3"]
    assert {name: found[0][name] for name in ("price", "day", "key")} == {
        "price": Decimal("1.50"),
        "day": START.date(),
        "key": b"\x00\xff",
    }
    assert found[0]["score"] != found[0]["score"]
    assert (tmp_path / "spool" / "a").stat().st_size == 0


def test_spooled_rows_that_are_refused_are_set_aside(line, tmp_path):
    """A spooled row that conflicts with the record is kept for a person, and does not block the others."""
    one = row(1)
    client = DecisionClient(line, "ads", batch_rows=1, on_unrecorded="spool", spool=tmp_path / "a")
    line.cut = True
    client.record({**one, "score": 9.0})
    line.cut = False
    line.log.record("ads", [one])
    with pytest.raises(ConflictError):
        client.flush()
    assert len(list(tmp_path.glob("a.refused.*"))) == 1
    assert client.record(row(2)).state == "recorded"
    client.close()


def test_a_conflict_does_not_hold_back_the_other_rows(line):
    """One conflicting row is named; the others of its batch are recorded."""
    one = row(1)
    line.log.record("ads", [one])
    client = DecisionClient(line, "ads", batch_rows=3)
    client.record(row(2))
    client.record({**one, "score": 9.0})
    with pytest.raises(ConflictError, match=one["decision_id"]):
        client.record(row(3))
    assert (client.buffered, sorted(line.log.read("ads")["subject"].to_pylist())) == (
        0,
        ["s-1", "s-2", "s-3"],
    )
    assert client.flush().state == "buffered"


def test_a_failing_record_costs_no_row_that_was_kept(line):
    """An error that is not about rows keeps what was buffered, and withdraws the row it was raised for."""
    client = DecisionClient(line, "ads", batch_rows=2)
    client.record(row(1))
    line.error = TamperError("ledger.leaf", "Entry 3 does not hash to its leaf.", "Verify.")
    with pytest.raises(TamperError):
        client.record(row(2))
    line.error = None
    assert client.record(row(3)).receipt.rows == 2
    assert line.log.read("ads")["subject"].to_pylist() == ["s-1", "s-3"]


def test_outcomes_have_the_same_client(line):
    """Late outcomes go through a client of their own stream."""
    with DecisionClient(line, "ads", stream="outcomes") as client:
        client.record({"decision_id": str(uuid7(START)), "observed_at": START, "outcome": False})
    assert line.log.read("ads", stream="outcomes")["outcome"].to_pylist() == [False]


def test_choices_that_make_no_sense_are_refused(line):
    """A spool without a file, and a batch larger than the buffer, are usage errors."""
    with pytest.raises(UsageError):
        DecisionClient(line, "ads", on_unrecorded="spool")
    with pytest.raises(UsageError):
        DecisionClient(line, "ads", batch_rows=10, buffer_rows_max=9)


def test_spool_survives_a_torn_write_and_names_damage(tmp_path):
    """A cut-off tail is dropped, a changed byte is not: it held decisions that are nowhere else."""
    path = tmp_path / "spool"
    spool = Spool(path)
    spool.append([{"a": 1}])
    whole = path.read_bytes()
    spool.append([{"a": 2}])
    data = path.read_bytes()
    spool.close()
    path.write_bytes(data[:-1])
    spool = Spool(path)
    assert list(spool.batches()) == [[{"a": 1}]]
    assert path.read_bytes() == whole
    spool.append([{"a": 3}])
    assert list(spool.batches()) == [[{"a": 1}], [{"a": 3}]]
    spool.close()
    for at in (0, 5, 20, 46, len(data) - 1):
        changed = bytearray(data)
        changed[at] ^= 1
        path.write_bytes(changed)
        with pytest.raises(TamperError):
            Spool(path)


def test_a_full_spool_refuses(tmp_path):
    """A spool has a bound; beyond it the decision is refused and nothing of it is kept."""
    spool = Spool(tmp_path / "spool", bytes_max=100)
    spool.append([{"a": 1}])
    with pytest.raises(UnavailableError, match="holds"):
        spool.append([{"a": "x" * 100}])
    assert list(spool.batches()) == [[{"a": 1}]]
    spool.close()


def test_importing_the_client_is_light():
    """A service that imports the client loads neither Arrow nor numpy nor a web framework."""
    code = (
        "import sys, probative.client.decisions\n"
        "heavy = {'pyarrow', 'numpy', 'polars', 'litestar', 'duckdb'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")
