"""Files of decisions: all of a good file is recorded, nothing of a bad one."""

import io
import json
import os
from datetime import timedelta

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from probative.kernel.errors import ConflictError, NotFoundError, UsageError
from probative.kernel.ids import uuid7
from probative.kernel.limits import LINE_BYTES_MAX
from probative.record.decisions.ingest import BATCH_ROWS, form_of, ingest
from probative.record.decisions.schema import Column, decision_schema
from probative.testing import START
from tests.record.decisions.conftest import ACTOR

GOOD = {"amount": 1.5, "note": None, "flag": True, "day": "2026-11-01", "key": "AP8=", "price": "1.50"}


@pytest.fixture
def ads(bench):
    """Return a log with a system whose schema has every kind of type."""
    bench.register("ads")
    schema = decision_schema(
        "ads",
        Column(name="amount", type="float64", role="feature"),
        Column(name="note", type="text", role="meta", nullable=True),
        Column(name="flag", type="bool", role="prediction"),
        Column(name="day", type="date", role="meta"),
        Column(name="key", type="binary(2)", role="meta"),
        Column(name="price", type="decimal(6,2)", role="meta"),
    )
    bench.log.declare(schema, ACTOR)
    return bench


def row(number=0, **values):
    """Return a row as JSON has it."""
    at = START + timedelta(seconds=number)
    entropy = number.to_bytes(10, "big")
    fixed = {"decision_id": str(uuid7(at, entropy)), "decided_at": at.isoformat(), "subject": f"s-{number}"}
    return {**fixed, **GOOD, **values}


def ndjson(rows):
    """Return rows as NDJSON."""
    return b"".join(json.dumps(item).encode() + b"\n" for item in rows)


def csv(rows):
    """Return rows as CSV, nulls unquoted."""
    names = list(rows[0])
    quote = lambda value: "" if value is None else '"' + str(value).replace('"', '""') + '"'  # noqa: E731
    lines = [",".join(names), *(",".join(quote(item[name]) for name in names) for item in rows)]
    return ("\n".join(lines) + "\n").encode()


def parquet(table):
    """Return a table as Parquet."""
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def take(bench, data, form, system="ads", **options):
    """Take in bytes as a file."""
    return ingest(bench.log, system, io.BytesIO(data), form, **options)


def refused(bench, data, form, system="ads"):
    """Return the error of a bad file, having checked that nothing was written."""
    before = bench.recorder.head()
    with pytest.raises(UsageError) as found:
        take(bench, data, form, system)
    assert bench.files() == []
    assert bench.recorder.head() == before
    assert found.value.hint
    return found.value


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_text_forms_give_the_same_rows(ads, form):
    """NDJSON and CSV say the same."""
    rows = [row(n, note=[None, "", 'a "quoted", é\nline'][n % 3]) for n in range(7)]
    done = take(ads, {"ndjson": ndjson, "csv": csv}[form](rows), form)
    assert (done.rows, done.duplicates) == (7, 0)
    found = ads.log.read("ads").to_pylist()
    assert [(item["note"], str(item["price"]), item["key"], str(item["day"])) for item in found] == [
        (item["note"], "1.50", b"\x00\xff", "2026-11-01") for item in rows
    ]


def test_parquet_of_any_layout(bench):
    """Parquet with its own order of columns, dictionaries and several row groups is taken in."""
    rows = bench.rows(BATCH_ROWS + 10)
    other = rows.select(rows.schema.names[::-1])
    other = other.set_column(0, "age", other["age"].cast(pa.int64()))
    steps = []
    done = take(bench, parquet(other), "parquet", "loans", progress=lambda what, n: steps.append((what, n)))
    assert done.rows == BATCH_ROWS + 10
    assert (
        bench.log.read("loans", columns=["decision_id"]).column(0).to_pylist()
        == rows["decision_id"].to_pylist()
    )
    assert steps == [(w, n) for w in ("checked", "recorded") for n in (BATCH_ROWS, BATCH_ROWS + 10)]


def test_real_data_goes_through_csv(bench, data_folder):
    """The published credit data, with ids and times added, is taken in from CSV whole."""
    table = pa_csv.read_csv(data_folder / "decisions" / "credit_default_taiwan.csv").slice(0, 2000)
    names = [name for name in table.schema.names if name and name[0].isalpha()]
    safe = ["".join(c if c.isalnum() else "_" for c in name) for name in names]
    table = table.select(names).rename_columns(safe)
    kinds = {pa.int64(): "int64", pa.float64(): "float64", pa.string(): "text"}
    columns = [Column(name=f.name, type=kinds[f.type], role="feature", nullable=True) for f in table.schema]
    bench.register("credit")
    bench.log.declare(decision_schema("credit", *columns), ACTOR)
    times = [START + timedelta(seconds=n) for n in range(table.num_rows)]
    table = table.append_column("decision_id", [[str(uuid7(at)) for at in times]])
    table = table.append_column("decided_at", [[at.isoformat() for at in times]])
    table = table.append_column("subject", [[f"p{n}" for n in range(table.num_rows)]])
    sink = io.BytesIO()
    pa_csv.write_csv(table, sink)
    assert take(bench, sink.getvalue(), "csv", "credit").rows == 2000
    assert bench.log.read("credit", columns=safe).to_pylist() == table.select(safe).to_pylist()


def test_the_same_file_again_is_recorded_once(ads):
    """A file that was interrupted, or sent twice, adds what is missing."""
    rows = [row(n) for n in range(5)]
    take(ads, ndjson(rows[:3]), "ndjson")
    done = take(ads, csv(rows), "csv")
    assert (done.rows, done.duplicates) == (2, 3)


def test_outcomes_are_taken_in(ads):
    """Late outcomes come from files too, several for one decision."""
    outcome = {"decision_id": row(1)["decision_id"], "observed_at": START.isoformat(), "outcome": True}
    done = take(ads, ndjson([outcome, {**outcome, "outcome": False}]), "ndjson", stream="outcomes")
    assert done.rows == 2


@pytest.mark.parametrize(
    ("change", "code", "shown"),
    [
        ({"amuont": 1}, "decisions.unknown-column", "amuont"),
        ({"flag": 1}, "decisions.wrong-type", "1"),
        ({"day": "yesterday"}, "decisions.wrong-type", "yesterday"),
        ({"subject": None}, "decisions.null", "subject"),
        ({"decision_id": "7"}, "decisions.id-malformed", "'7'"),
        ({"price": 1.5}, "decisions.wrong-type", "1.5"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_written(ads, change, code, shown):
    """A wrong value in line 3 refuses the whole file and names line and value."""
    error = refused(ads, ndjson([row(1), row(2), row(3, **change)]), "ndjson")
    assert error.code == code
    assert "line 3" in str(error)
    assert shown in str(error)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"a": 1, "a": 2}\n', "json.duplicate-key"),
        (b"{\n", "json.malformed"),
        (b"[1]\n", "ingest.line-no-object"),
        (b'{"a": NaN}\n', "json.not-finite"),
        (b'{"a": "\xff"}\n', "json.not-utf8"),
        (b"[" * 100 + b"\n", "json.too-deep"),
        (b"{}\n", "decisions.missing-column"),
    ],
)
def test_hostile_json_is_refused(ads, line, code):
    """What JSON parsers disagree about never reaches the record."""
    error = refused(ads, ndjson([row(1)]) + b"\n" + line, "ndjson")
    assert error.code == code
    assert "ine 3" in str(error)


class Endless(io.RawIOBase):
    """A file of 100 MB without a line break that counts how much of it was read."""

    def __init__(self, head=b"") -> None:
        self.head, self.at, self.read_bytes = head, 0, 0

    def seekable(self):
        return True

    def readable(self):
        return True

    def seek(self, to, whence=os.SEEK_SET):
        self.at = {os.SEEK_SET: 0, os.SEEK_CUR: self.at, os.SEEK_END: 100_000_000}[whence] + to
        return self.at

    def tell(self):
        return self.at

    def readinto(self, buffer):
        size = min(len(buffer), 100_000_000 - self.at)
        part = (self.head[self.at : self.at + size] if self.at < len(self.head) else b"x" * size)[:size]
        buffer[: len(part)] = part
        self.at += len(part)
        self.read_bytes += len(part)
        return len(part)


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_a_line_of_100_mb_is_refused_without_reading_it(ads, form):
    """A line without end is refused after a bounded number of bytes."""
    raw = Endless((",".join(row()) + "\n").encode() if form == "csv" else b"{")
    with pytest.raises(UsageError) as found:
        ingest(ads.log, "ads", io.BufferedReader(raw), form)
    assert found.value.code == "ingest.line-too-long"
    assert str(LINE_BYTES_MAX) in str(found.value)
    assert raw.read_bytes < 4 * LINE_BYTES_MAX
    assert ads.files() == []


def test_bad_csv_is_refused(ads):
    """Wrong values, missing fields, unknown and doubled columns, an empty file: each has its sentence."""
    good = csv([row(1), row(2)])
    assert "amount" in str(refused(ads, good.replace(b'"1.5"', b'"abc"'), "csv"))
    assert "Row" in str(refused(ads, good + b"1,2\n", "csv"))
    assert "'amount'" in refused(ads, good.replace(b"amount", b"amuont", 1), "csv").hint
    assert refused(ads, good.replace(b"note", b"amount", 1), "csv").code == "decisions.missing-column"
    assert refused(ads, b"", "csv").code == "ingest.csv-unreadable"
    assert refused(ads, good.split(b"\n")[0] + b"\n", "csv").code == "ingest.empty"
    assert refused(ads, good.replace(b'"AP8="', b'"!"'), "csv").code == "decisions.wrong-type"
    assert "zone" in str(refused(ads, good.replace(b"+00:00", b"", 2), "csv"))


def test_bad_parquet_is_refused(bench):
    """Truncated files, other files, nested and unknown columns are refused whole."""
    rows = bench.rows(50)
    data = parquet(rows)
    for cut in (0, 3, 4, len(data) // 2, len(data) - 1):
        assert refused(bench, data[:cut], "parquet", "loans").code == "ingest.parquet-unreadable"
    assert (
        refused(bench, b"PAR1" + os.urandom(100) + b"PAR1", "parquet", "loans").code
        == "ingest.parquet-unreadable"
    )
    extra = rows.append_column("more", [[1] * 50])
    assert refused(bench, parquet(extra), "parquet", "loans").code == "decisions.unknown-column"
    nested = rows.set_column(3, "amount", pa.array([[1.0]] * 50))
    assert refused(bench, parquet(nested), "parquet", "loans").code == "decisions.wrong-type"
    assert refused(bench, parquet(rows.slice(0, 0)), "parquet", "loans").code == "ingest.empty"


def test_an_id_twice_in_one_file_is_refused(ads):
    """A file that names one decision twice is not taken, near or far apart."""
    error = refused(ads, ndjson([row(1), row(2), row(1)]), "ndjson")
    assert row(1)["decision_id"] in str(error)
    with pytest.raises(ConflictError):
        take(ads, ndjson([row(1), row(1, amount=2.0)]), "ndjson")
    assert ads.files() == []


def test_a_conflict_with_the_record_writes_nothing(ads):
    """A file with one decision that is recorded otherwise is refused before its first row."""
    take(ads, ndjson([row(1)]), "ndjson")
    with pytest.raises(ConflictError):
        take(ads, ndjson([row(5), row(1, amount=2.0)]), "ndjson")
    assert ads.log.read("ads").num_rows == 1


def test_unknown_systems_and_forms_are_refused(ads):
    """A system without a schema, and a form that does not exist, are named."""
    with pytest.raises(NotFoundError, match="cars"):
        take(ads, b"", "csv", "cars")
    with pytest.raises(UsageError, match=r"month\.xlsx"):
        form_of("month.xlsx")
    with pytest.raises(UsageError, match="xml"):
        take(ads, b"", "xml")
