"""Bad input through the command line: its status, one sentence with the value, a hint, and nothing written.

Defences: strict parsing before typed decoding (`kernel.canon.parse_strict`), limits (`kernel.limits`), a
first pass over every file (`record.decisions.ingest`), and that a command that failed leaves waiting work
alone (`cli.session`).
"""

import json
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from probative.cli import call
from probative.kernel.actor import Actor
from probative.kernel.clock import ManualClock, SystemClock, parse_instant
from probative.record.artifacts import system_draft
from probative.record.decisions.schema import Column, decision_schema
from probative.record.facts import SystemRegistered
from probative.record.proofs.trust import write_trust
from probative.testing import fresh_workspace
from probative.workspace import Workspace

OWNER = Actor(id="p-1", role="model-owner")
ROW = {
    "decision_id": "019a0000-0000-7000-8000-000000000001",
    "decided_at": "2026-11-01T10:00:00Z",
    "subject": "c-1",
    "amount": 1.5,
    "approve": True,
}
SYSTEM = {
    "system": "cards",
    "title": "Cards",
    "purpose": "Decide on cards",
    "owner": "p-1",
    "sector": "banking",
    "jurisdictions": ["EU"],
    "impact": "high",
    "lifecycle": "production",
    "data_sources": [],
    "legal_roles": {},
    "roles": {},
}
LONG = 100 * 1024 * 1024


class Case(NamedTuple):
    """A mistake: what is typed, the file it is typed about, and what must come of it."""

    name: str
    words: str
    content: Callable[[], bytes] | None
    status: int
    told: str


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a system, its schema, keys and a package; each test works on a copy."""
    folder = tmp_path_factory.mktemp("made")
    workspace = fresh_workspace(folder, ManualClock(SystemClock().now()))
    body = SystemRegistered(
        **{**SYSTEM, "system": "loans", "roles": {"model-owner": "p-1", "compliance": "p-2"}}
    )  # type: ignore[arg-type]
    workspace.recorder.append(system_draft(body, OWNER))
    amount = Column(name="amount", type="float64", role="feature")
    approve = Column(name="approve", type="bool", role="prediction")
    workspace.decisions.declare(decision_schema("loans", amount, approve), OWNER)
    workspace.register_key("p-2", ("compliance",), "p-2", OWNER)
    (folder / "trust.json").write_bytes(write_trust(workspace.trust()))
    other = fresh_workspace(folder / "other", ManualClock(SystemClock().now()))
    (folder / "other.json").write_bytes(write_trust(other.trust()))
    workspace.recorder.checkpoint()
    # Closed, so that no file of the database comes or goes while it is copied.
    workspace._stores.ledger.close()  # type: ignore[attr-defined]
    return folder


@pytest.fixture
def here(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with a copy of the workspace, called `w`."""
    monkeypatch.chdir(tmp_path)
    for name in ("PROBATIVE_WORKSPACE", "PROBATIVE_ACTOR"):
        monkeypatch.delenv(name, raising=False)
    shutil.copytree(made / "workspace", tmp_path / "w")
    for name in ("trust.json", "other.json"):
        shutil.copy(made / name, tmp_path / name)
    return tmp_path


def lines(*rows: dict[str, object]) -> bytes:
    """Return rows as NDJSON."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def parquet(**changed: object) -> bytes:
    """Return one row as Parquet, with columns changed (or left out, where the value is None)."""
    given = {**ROW, "decided_at": parse_instant(str(ROW["decided_at"])), **changed}
    row = {key: value for key, value in given.items() if value is not None}
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({key: [value] for key, value in row.items()}), sink)
    return sink.getvalue().to_pybytes()


def toml(**changed: object) -> bytes:
    """Return a system's file with values changed."""
    given = {key: value for key, value in {**SYSTEM, **changed}.items() if value is not None}
    flat = [f"{key} = {json.dumps(value)}" for key, value in given.items() if not isinstance(value, dict)]
    tables = [f"[{key}]" for key, value in given.items() if isinstance(value, dict)]
    return "\n".join([*flat, *tables]).encode()


def deep() -> bytes:
    """Return TOML that nests deeper than any stack."""
    return b"a = " + b"[" * 5000 + b"]" * 5000


CASES = [
    Case(
        "unknown column", "watch ingest loans f.ndjson", lambda: lines({**ROW, "colour": "red"}), 2, "colour"
    ),
    Case("unknown column", "watch ingest loans f.parquet", lambda: parquet(colour="red"), 2, "colour"),
    Case(
        "unknown column",
        "watch ingest loans f.csv",
        lambda: b"decision_id,decided_at,subject,amount,approve,colour\n",
        2,
        "colour",
    ),
    Case("missing column", "watch ingest loans f.parquet", lambda: parquet(amount=None), 2, "amount"),
    Case("wrong type", "watch ingest loans f.ndjson", lambda: lines({**ROW, "amount": "much"}), 2, "much"),
    Case("wrong type", "watch ingest loans f.parquet", lambda: parquet(amount="much"), 2, "amount"),
    Case(
        "wrong type",
        "watch ingest loans f.csv",
        lambda: (
            b"decision_id,decided_at,subject,amount,approve\n"
            + b",".join(str(value).encode() for value in {**ROW, "amount": "much"}.values())
        ),
        2,
        "amount",
    ),
    Case("malformed id", "watch ingest loans f.ndjson", lambda: lines({**ROW, "decision_id": "7"}), 2, "7"),
    Case(
        "time without a zone",
        "watch ingest loans f.ndjson",
        lambda: lines({**ROW, "decided_at": "2026-11-01T10:00:00"}),
        2,
        "2026-11-01T10:00:00",
    ),
    Case(
        "good rows before a bad one", "watch ingest loans f.ndjson", lambda: lines(ROW, {"a": 1}), 2, "line 2"
    ),
    Case("truncated Parquet", "watch ingest loans f.parquet", lambda: parquet()[:-9], 2, "Parquet"),
    Case(
        "torn Parquet", "watch ingest loans f.parquet", lambda: parquet()[:40] + parquet()[60:], 2, "Parquet"
    ),
    Case("empty file", "watch ingest loans f.ndjson", lambda: b"", 2, "no rows"),
    Case("another form", "watch ingest loans f.xlsx", lambda: b"PK", 2, "f.xlsx"),
    Case(
        "duplicate JSON key",
        "watch ingest loans f.ndjson",
        lambda: lines(ROW).replace(b'"amount"', b'"amount": 1, "amount"'),
        2,
        "'amount' occurs twice",
    ),
    Case("not JSON", "watch ingest loans f.ndjson", lambda: b"{'amount': 1}\n", 2, "Line 1"),
    Case("not UTF-8", "watch ingest loans f.ndjson", lambda: b'{"amount": "\xff"}\n', 2, "Line 1"),
    Case("deep nesting", "watch ingest loans f.ndjson", lambda: b"[" * 90 + b"]" * 90, 2, "deeper"),
    Case(
        "a number beyond floats",
        "watch ingest loans f.ndjson",
        lambda: b'{"amount": 1e999}\n',
        2,
        "too large",
    ),
    Case("a 100 MB line", "watch ingest loans f.ndjson", lambda: b"a" * LONG, 2, "1048576 bytes"),
    Case("a 100 MB line", "watch ingest loans f.csv", lambda: b"a" * LONG, 2, "1048576 bytes"),
    Case("a 100 MB trust file", "record verify --trust f.json", lambda: b"a" * LONG, 2, "1048576"),
    Case("a 100 MB questionnaire", "gate tier loans --answers f.json", lambda: b"a" * LONG, 2, "f.json"),
    Case("deep nesting", "record system f.toml", deep, 2, "f.toml"),
    Case("deep nesting", "gate tier loans --answers f.toml", deep, 2, "deep"),
    Case("deep nesting", "watch schema loans f.toml", deep, 2, "deep"),
    Case("deep nesting", "watch declare f.toml", deep, 2, "deep"),
    Case("a 100 MB TOML file", "record system f.toml", lambda: b"a" * LONG, 2, "f.toml"),
    Case("unknown system", "watch ingest nosuch f.ndjson", lambda: lines(ROW), 3, "nosuch"),
    Case("unknown system", "gate tier nosuch --answers f.json", lambda: b'{"art5.a": "no"}', 3, "nosuch"),
    Case("unknown system", "gate check nosuch@1", None, 3, "nosuch"),
    Case("unknown release", "gate check loans@9.9.9", None, 3, "9.9.9"),
    Case("no release", "gate check loans", None, 2, "'loans'"),
    Case("unknown incident", "respond show inc-2026-0099", None, 3, "inc-2026-0099"),
    Case("unknown fact", "record show abcdef123456", None, 3, "abcdef123456"),
    Case("unknown question", "gate tier loans --answers f.json", lambda: b'{"art99.z": "no"}', 2, "art99.z"),
    Case("duplicate JSON key", "gate tier loans --answers f.json", lambda: b'{"a": "1", "a": "2"}', 2, "'a'"),
    Case("duplicate TOML key", "record system f.toml", lambda: b'system = "b"\n' + toml(), 2, "f.toml"),
    Case("unknown field", "record system f.toml", lambda: toml(colour="red"), 2, "colour"),
    Case("wrong type", "record system f.toml", lambda: toml(owner=5), 2, "owner"),
    Case("missing field", "record system f.toml", lambda: toml(owner=None), 2, "owner"),
    Case("unsafe name", "record system f.toml", lambda: toml(system="../etc"), 2, "../etc"),
    Case("not text", "record system f.toml", lambda: b"\xff\xfe", 2, "f.toml"),
    Case(
        "expired waiver",
        "--as p-2:compliance gate waive PB-MON-01 loans --reason r --compensating c --requester p-1 "
        "--until 2020-01-01T00:00:00Z",
        None,
        5,
        "PB-MON-01",
    ),
    Case("malformed instant", "gate check loans@1 --dry-run --at yesterday", None, 2, "yesterday"),
    Case("someone else's key", "--as p-1:compliance gate approve loans@1 --key nosuch", None, 3, "nosuch"),
    Case("trust of another record", "record verify --trust nosuch.json", None, 2, "nosuch.json"),
    Case(
        "not a trust file", "record verify --trust f.json", lambda: b'{"origin": "a"}', 2, "not a trust file"
    ),
    Case("a size of the future", "record log --as-of 999", None, 2, "999"),
    Case("malformed actor", "--as nobody record key k --role audit --owner p-1", None, 2, "nobody"),
    Case("unsafe key name", "record key ../k --role audit --owner p-1", None, 2, "../k"),
    Case("taken key name", "record key writer --role audit --owner p-1", None, 4, "writer"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}: {case.words[:40]}")
def test_a_mistake_is_one_sentence_and_writes_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], case: Case
) -> None:
    """Each row of the table."""
    if case.content is not None:
        name = next(word for word in case.words.split() if word.startswith("f."))
        (here / name).write_bytes(case.content())
    before = contents(here / "w")
    told = mistaken(capsys, case.status, "-w", "w", *case.words.split())
    assert case.told in told
    assert contents(here / "w") == before
    assert Workspace.open(here / "w").decisions.read("loans").num_rows == 0


def test_a_trust_file_of_another_record(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The record is sound and not theirs: contradicted, status 7, and the first entry says why."""
    assert call(["-w", "w", "record", "verify", "--trust", "other.json"]) == 7
    assert "BAD entry 0: signature" in capsys.readouterr().out


@pytest.mark.parametrize("key", ["writer", "log"])
def test_a_key_that_others_can_read(here: Path, capsys: pytest.CaptureFixture[str], key: str) -> None:
    """Denied with the mode and the command that mends it; nothing is signed with it."""
    (here / f"w/keys/{key}.pem").chmod(0o644)
    before = contents(here / "w")
    told = mistaken(capsys, 5, "-w", "w", "record", "key", "k", "--role", "audit", "--owner", "p-1")
    assert "0644" in told
    assert "chmod 0600" in told
    assert contents(here / "w") == before


def test_a_key_that_is_no_key(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Damage: status 7, the key's name, and nothing of its bytes."""
    path = here / "w/keys/writer.pem"
    path.chmod(stat.S_IWUSR | stat.S_IRUSR)
    path.write_bytes(b"-----BEGIN PRIVATE KEY-----\nsecretsecret\n-----END PRIVATE KEY-----\n")
    told = mistaken(capsys, 7, "-w", "w", "record", "key", "k", "--role", "audit", "--owner", "p-1")
    assert "'writer'" in told
    assert "secretsecret" not in told


@pytest.mark.parametrize(
    "words", ["record log", "record verify", "gate check loans@1", "doctor", "run --once"]
)
def test_no_workspace_is_there(here: Path, capsys: pytest.CaptureFixture[str], words: str) -> None:
    """Status 3, the folder, how to make one; and the folder is not made."""
    told = mistaken(capsys, 3, "-w", "nowhere", *words.split())
    assert "'nowhere'" in told
    assert "record init" in told
    assert not (here / "nowhere").exists()


@pytest.mark.parametrize("origin", ["a b", "a+b", ""])
def test_a_log_that_cannot_be_named(here: Path, capsys: pytest.CaptureFixture[str], origin: str) -> None:
    """An origin that no checkpoint could carry leaves no half-made workspace behind."""
    told = mistaken(capsys, 2, "-w", "new", "record", "init", f"--origin={origin}")
    assert f"'{origin}'" in told
    assert not (here / "new").exists()


def test_settings_that_cannot_be_read(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A setting nobody knows, a malformed file, another version: named, status 2."""
    for text, told in (
        ('origin = "a"\ncolour = "red"', "colour"),
        ("origin = ", "cannot be read"),
        ('format = "probative-workspace/9"\norigin = "a"', "probative-workspace/9"),
    ):
        (here / "w/probative.toml").write_text(text)
        assert told in mistaken(capsys, 2, "-w", "w", "record", "log")


def test_a_package_with_a_path_outside(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A zip that would write elsewhere, and one that is none, are contradicted; nothing is unpacked."""
    with zipfile.ZipFile(here / "evil.zip", "w") as archive:
        archive.writestr("../../evil", b"x")
    (here / "torn.zip").write_bytes(b"PK\x03\x04")
    for name in ("evil.zip", "torn.zip"):
        assert call(["prove", "verify", name, "--trust", "trust.json"]) == 7
        printed = capsys.readouterr()
        assert (name in printed.out or "evil" in printed.out, printed.err) == (True, "")
    assert not (here.parent / "evil").exists()


def test_a_file_that_is_a_folder(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where a file is wanted, a folder is refused by name, and so is an output folder that is not there."""
    (here / "folder").mkdir()
    for words, status, told in (
        ("record asset folder --system loans --kind dataset", 2, "folder"),
        ("watch ingest loans folder", 2, "folder"),
        ("record trust --out missing/trust.json", 6, "missing/trust.json"),
        ("record prove #1 --out missing/proof", 6, "missing/proof"),
    ):
        assert told in mistaken(capsys, status, "-w", "w", *words.split())


def mistaken(capsys: pytest.CaptureFixture[str], status: int, *words: str) -> str:
    """Run a command that must fail; return its two lines on standard error."""
    capsys.readouterr()
    found = call(list(words))
    printed = capsys.readouterr()
    told = printed.err.splitlines()
    assert found == status, printed
    assert (len(told), told[0][:7], told[1][:6], len(told[1]) > 8) == (2, "error: ", " hint:", True), (
        printed.err
    )
    return printed.err


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a workspace but locks and SQLite's own bookkeeping."""
    workspace = Workspace.open(folder)
    kept = {"": str(workspace._stores.ledger.head()).encode()}
    for path in folder.rglob("*"):
        passing = path.name.startswith((".", "ledger.sqlite")) or path.suffix in (".lock", ".pem")
        if path.is_file() and not passing:
            kept[path.relative_to(folder).as_posix()] = path.read_bytes()
    return kept
