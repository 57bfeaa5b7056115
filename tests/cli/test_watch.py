"""`probative watch` through the command line: from files to signals and audits, and what bad input gets."""

import json
from datetime import timedelta

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from probative.cli import call
from probative.kernel.actor import Actor
from probative.kernel.clock import SystemClock, format_instant
from probative.record.artifacts import system_draft
from probative.record.facts import SystemRegistered
from probative.workspace import Workspace
from tests.watch.conftest import COLUMNS, decided, outcomes_of

SCHEMA = "\n".join(
    f'[[columns]]\nname = "{c.name}"\ntype = "{c.type}"\nrole = "{c.role}"\n'
    f"nullable = {json.dumps(c.nullable)}"
    for c in COLUMNS
)
MONITOR = """
template = "tabular-drift"
system = "loans"
monitor = "drift"
owner = "p-7"
"""


class Line:
    """A command line on a workspace whose decisions lie in the days before today."""

    def __init__(self, folder, capsys):
        """Make the workspace and register the system."""
        self.folder, self._capsys = folder, capsys
        now = SystemClock().now()
        self.start = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=6)
        workspace = Workspace.create(folder / "workspace", "example.com/loans")
        body = SystemRegistered(
            system="loans",
            title="Loans",
            purpose="Decide on loans",
            owner="p-1",
            sector="banking",
            jurisdictions=("EU",),
            legal_roles={},
            impact="high",
            lifecycle="production",
            data_sources=(),
            roles={},
        )
        workspace.recorder.append(system_draft(body, Actor(id="p-1", role="model-owner")))

    def __call__(self, *words, status=0):
        """Run `probative watch WORDS`; check the status and return what was printed."""
        self._capsys.readouterr()
        found = call(
            ["-w", str(self.folder / "workspace"), "--as", "p-1:model-owner", "watch", *map(str, words)]
        )
        printed = self._capsys.readouterr()
        assert found == status, printed.out + printed.err
        return printed.out + printed.err

    def file(self, name, content):
        """Write a file of text or of rows."""
        path = self.folder / name
        if isinstance(content, str):
            path.write_text(content)
        elif name.endswith(".csv"):
            pyarrow.csv.write_csv(content, path)
        else:
            pyarrow.parquet.write_table(content, path)
        return path

    def day(self, at, **how):
        """Return a day of decisions with their outcomes."""
        return decided(400, self.start + timedelta(days=at), seed=at, **how)

    def schema(self):
        """Declare the schema."""
        return self("schema", "loans", self.file("schema.toml", f'{SCHEMA}\n[outcome]\ntype = "int8"'))

    def reference(self):
        """Take a reference and return its digest."""
        table, labels = decided(3000, self.start - timedelta(days=9), seed=99)
        file = self.file("reference.parquet", table.append_column("outcome", pa.array(labels)))
        meaning = ("--favourable", "approve", "--merited", "0", "--positive", "1")
        return json.loads(self("reference", "loans", file, *meaning, "--json"))["reference"]


@pytest.fixture
def line(tmp_path, capsys):
    """Return a command line on a fresh workspace."""
    return Line(tmp_path, capsys)


@pytest.fixture
def ready(line):
    """Return a command line on a monitored system with five days, the last two in another unit."""
    line.schema()
    line("declare", line.file("monitor.toml", f'{MONITOR}reference = "{line.reference()}"'))
    for at in range(5):
        table, labels = line.day(at, factor=1000 if at >= 3 else 1)
        line("ingest", "loans", line.file("day.parquet", table))
        late = outcomes_of(table, labels, timedelta(hours=2))
        line("ingest", "loans", "--outcomes", line.file("outcomes.parquet", late))
    return line


def test_from_files_to_a_signal(ready):
    """Schema, reference, monitor, ingestion, and one run that finds what went wrong on day three."""
    text = ready("run", "loans")
    lines = text.splitlines()
    assert [
        next(w for w in ("ok", "breach", "not-measurable") if f" {w} " in f"{row} ") for row in lines[1:6]
    ] == [
        *["ok"] * 3,
        *["breach"] * 2,
    ]
    assert "x 1,000: looks like a change of unit" in text
    assert "severity 2, open" in text
    assert "Nothing new" in ready("run")
    assert "income" in ready("signals", "loans", "--open")
    found = json.loads(ready("signals", "loans", "--json"))
    assert (found[0]["fact"]["body"]["cause"], found[0]["cleared_at"]) == ("inputs", None)


def test_readings_are_shown_and_recomputed(ready):
    """Newest last, as many as asked for, each computed again from its counts."""
    ready("run", "loans")
    text = ready("readings", "loans", "--last", "3", "--recompute")
    assert len(text.splitlines()) == 1 + 3 + 1
    assert "3 readings computed again from their counts: all the same." in text
    full = ready("readings", "loans", "--monitor", "drift", "--measures")
    assert "psi income: " in full
    bodies = [fact["body"] for fact in json.loads(ready("readings", "loans", "--every", "--json"))]
    assert [body["n"] for body in bodies][:5] == [400] * 5


def test_a_silence_is_recorded(ready):
    """With an owner, a reason and an end, signals are held back."""
    text = ready("silence", "loans", "drift", "--owner", "p-7", "--reason", "migration", "--days", "2")
    assert "is silent until" in text
    assert "open" not in ready("run", "loans")
    assert "No signal of loans." in ready("signals", "loans")
    ready("silence", "loans", "drift", "--owner", "p-7", "--reason", "migration", status=2)


def test_an_audit_by_group(ready):
    """Leave is recorded first; every group is shown with its interval, and what it is not."""
    leave = ("--audit", "inquiry-1", "--purpose", "answer", "--legal-basis", "Art. 10(5)", "--column", "sex")
    fact = json.loads(ready("authorise", "loans", *leave, "--column", "age", "--json"))["id"]
    ask = ("audit", "loans", "--audit", fact[:12], "--by", "sex", "--by", "age:30,50", "--cross", "sex,age")
    text = ready(*ask, "--until", format_instant(ready.start + timedelta(days=3)))
    assert "loans: 1,200 decisions until" in text
    assert "equal-opportunity: " in text
    assert "not a legal finding" in text
    found = json.loads(ready(*ask, "--where", "decision=decline", "--json"))
    assert found["result"]["cohort"]["where"] == {"decision": "decline"}
    assert found["fact"]["body"]["audit"] == fact


def test_csv_and_sending_a_file_again(line):
    """CSV is taken as well; a file sent twice is recorded once."""
    line.schema()
    table, _ = line.day(0)
    times = pa.array([format_instant(t) for t in table["decided_at"].to_pylist()])
    table = table.set_column(1, "decided_at", times)
    file = line.file("day.csv", table)
    assert "Recorded 400 decisions of loans." in line("ingest", "loans", file)
    again = json.loads(line("ingest", "loans", file, "--json"))
    assert again == {"rows": 0, "duplicates": 400}


def test_a_reference_from_the_log(ready):
    """A span of recorded decisions can be the reference."""
    since, until = format_instant(ready.start), format_instant(ready.start + timedelta(days=2))
    assert 'reference = "' in ready("reference", "loans", "--since", since, "--until", until)
    assert "Give a file, or" in ready("reference", "loans", "--since", since, status=2)


def test_nothing_to_run_is_not_nothing_found(line):
    """Without a monitor the run ends with 8."""
    assert "No monitor is declared." in line("run", status=8)
    assert json.loads(line("run", "--json", status=8)) == []


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("ingest", "loans", "broken.parquet"), 2, "Parquet"),
        (("ingest", "loans", "notes.txt"), 2, "no form"),
        (("ingest", "loans", "missing.parquet"), 2, "does not exist"),
        (("ingest", "ghosts", "day.parquet"), 3, "ghosts"),
        (("ingest", "loans", "wrong.parquet"), 2, "colour"),
        (("reference", "loans", "broken.parquet"), 2, "cannot be read"),
        (("declare", "broken.toml"), 2, "cannot be read"),
        (("declare", "binary.toml"), 2, "not UTF-8"),
        (("declare", "monitor.toml"), 2, "reference"),
        (("schema", "loans", "odd.toml"), 2, "describes no schema"),
        (("schema", "loans", "more.toml"), 2, "unknown key 'colour'"),
        (("run", "loans", "--monitor", "drfit"), 3, "drfit"),
        (("run", "ghosts"), 3, "no system 'ghosts'"),
        (("signals", "ghosts"), 3, "no system 'ghosts'"),
        (("audit", "loans", "--audit", "0" * 64, "--by", "sex"), 3, "no fact"),
        (("audit", "loans", "--audit", "#1", "--by", "age:young"), 2, "age:young"),
        (("audit", "loans", "--audit", "#1", "--by", "sex", "--where", "decision"), 2, "COLUMN=VALUE"),
        (("audit", "loans", "--audit", "#1", "--by", "sex", "--favourable", "yes"), 2, "authorises no audit"),
    ],
)
def test_bad_input_is_one_sentence(line, words, status, sentence):
    """Every mistake ends in a sentence and a hint, with the status of the error table."""
    line.schema()
    table, _ = line.day(0)
    line.file("day.parquet", table)
    line.file(
        "wrong.parquet", table.rename_columns(["colour" if n == "job" else n for n in table.column_names])
    )
    for name, text in (
        ("broken.parquet", "PAR1 no"),
        ("notes.txt", "hello"),
        ("broken.toml", "a = "),
        ("monitor.toml", MONITOR),
        ("odd.toml", '[[columns]]\nname = "x"\nrole = "feature"\n'),
        ("more.toml", 'colour = "red"'),
    ):
        line.file(name, text)
    (line.folder / "binary.toml").write_bytes(b"\xff\xfe")
    given = [line.folder / word if word.endswith((".parquet", ".toml", ".txt")) else word for word in words]
    text = line(*given, status=status)
    assert sentence in text
    assert "hint" in text
    assert "Traceback" not in text
