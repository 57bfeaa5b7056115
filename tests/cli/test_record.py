"""`probative record`: a story through the command line, and what bad input gets."""

import json
import os
import sys
from pathlib import Path

import pytest

from probative.cli import call

SYSTEM = """
system = "loans"
title = "Loan scoring"
purpose = "Decide on loans"
owner = "p-1"
sector = "banking"
jurisdictions = ["EU"]
impact = "high"
lifecycle = "development"
data_sources = ["history"]
[legal_roles]
EU = "provider"
[roles]
model-owner = "p-1"
"""

RUN = """
run = "evaluation-1"
kind = "evaluation"
command = ["{python}", "evaluate.py"]
results = "results.json"
[inputs]
model = "{model}"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder with a fresh workspace in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROBATIVE_WORKSPACE", raising=False)
    monkeypatch.delenv("PROBATIVE_ACTOR", raising=False)
    (tmp_path / "w").mkdir()
    assert call(["-w", "w", "record", "init", "--origin", "example.com/log"]) == 0
    return tmp_path


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    """Run a command with --json and return what it printed."""
    capsys.readouterr()
    assert call(["-w", "w", *words, "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_a_system_its_assets_and_a_run_come_back_out(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was put in is listed, shown, proved and verified."""
    (here / "loans.toml").write_text(SYSTEM)
    (here / "model.json").write_text('{"weights": [1, 2]}')
    assert call(["-w", "w", "record", "system", "loans.toml"]) == 0
    asset = ask(capsys, "record", "asset", "model.json", "--system", "loans", "--kind", "model")
    model = asset["body"]["sha256"]  # type: ignore[index]
    (here / "evaluate.py").write_text("open('results.json', 'w').write('{\"metrics\": {\"accuracy\": 0.8}}')")
    (here / "run.toml").write_text(RUN.format(python=sys.executable, model=model))
    assert (
        call(["-w", "w", "--as", "p-2:data-science", "record", "run", "run.toml", "--system", "loans"]) == 0
    )
    kinds = [fact["kind"] for fact in ask(capsys, "record", "log", "--subject", "system/loans")]  # type: ignore[index]
    assert kinds == [
        "record.system-registered",
        "record.asset-recorded",
        "record.run-started",
        "record.run-finished",
    ]
    finished = ask(capsys, "record", "show", "#4")
    assert (finished["body"]["metrics"], finished["actor"]["id"]) == ({"accuracy": 0.8}, "p-2")  # type: ignore[index]
    assert call(["-w", "w", "record", "prove", "#4", "--out", "proof"]) == 0
    assert (here / "proof").read_bytes().startswith(b"c2sp.org/tlog-proof@v1\n")
    report = ask(capsys, "record", "verify")
    assert (report["entries"], report["problems"]) == (5, [])


def test_a_failed_run_is_recorded_as_failed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A command that ends badly leaves a finish that says so, and status 1."""
    (here / "evaluate.py").write_text("raise SystemExit(3)")
    (here / "run.toml").write_text(RUN.format(python=sys.executable, model="ab" * 32))
    assert call(["-w", "w", "record", "run", "run.toml", "--system", "loans"]) == 1
    assert ask(capsys, "record", "show", "#2")["body"]["status"] == "failed"  # type: ignore[index]


def test_a_document_says_what_is_missing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A card with one field filled lists the others."""
    (here / "card.toml").write_text(
        f'kind = "model-card"\nname = "card"\nabout = "{"ab" * 32}"\n[fields]\nintended_use = "loans"\n'
    )
    fact = ask(capsys, "record", "document", "card.toml", "--system", "loans")
    assert "limitations" in fact["body"]["missing"]  # type: ignore[index]
    assert "intended_use" not in fact["body"]["missing"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["record", "show", "abcdef123456"], 3, "no fact with id abcdef123456"),
        (["record", "show", "nonsense!"], 2, "'nonsense!' is no fact id"),
        (["record", "log", "--as-of", "99"], 2, "no state at size 99"),
        (["record", "asset", "missing.bin", "--system", "s", "--kind", "model"], 2, "missing.bin"),
        (["record", "asset", "bad.toml", "--system", "s", "--kind", "../x"], 2, "'../x' cannot name"),
        (["record", "system", "bad.toml"], 2, "is not TOML"),
        (["record", "system", "unknown.toml"], 2, "unknown field `colour`"),
        (
            ["record", "sign", "ab" * 32, "--system", "s", "--training-set", "cd" * 32],
            3,
            "no key 'model-signer'",
        ),
        (
            ["--as", "nobody", "record", "asset", "bad.toml", "--system", "s", "--kind", "code"],
            2,
            "not ID:ROLE",
        ),
        (["record", "nonsense"], 2, "No such command"),
        (["nonsense"], 2, "No such command"),
        (["record", "init"], 4, "'w' is not empty"),
    ],
)
def test_a_mistake_is_one_sentence_and_writes_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], status: int, sentence: str
) -> None:
    """Each mistake has its status, shows the value, gives a hint, and leaves the ledger as it was."""
    (here / "bad.toml").write_text("system = = 1")
    (here / "unknown.toml").write_text(
        SYSTEM.replace('title = "Loan scoring"', 'title = "x"\ncolour = "red"')
    )
    capsys.readouterr()
    assert call(["-w", "w", *words]) == status
    error = capsys.readouterr().err
    assert sentence in error
    assert "hint" in error
    assert "Traceback" not in error
    assert ask(capsys, "record", "verify")["entries"] == 1


def test_errors_are_json_when_json_was_asked_for(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A machine gets the code, the sentence and the hint."""
    capsys.readouterr()
    assert call(["-w", "nowhere", "record", "log", "--json"]) == 3
    error = json.loads(capsys.readouterr().err)["error"]
    assert (error["code"], bool(error["hint"])) == ("workspace.missing", True)


def test_a_changed_blob_ends_with_status_seven(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`record verify` names the blob."""
    (here / "data.bin").write_bytes(b"evidence")
    assert call(["-w", "w", "record", "asset", "data.bin", "--system", "s", "--kind", "dataset"]) == 0
    blob = next(path for path in (here / "w/record/blobs").rglob("*") if path.is_file())
    blob.chmod(0o600)
    blob.write_bytes(b"evidenze")
    capsys.readouterr()
    assert call(["-w", "w", "record", "verify"]) == 7
    assert f"BAD blob {blob.name}" in capsys.readouterr().out


def test_the_workspace_can_come_from_the_environment(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PROBATIVE_WORKSPACE works like --workspace."""
    monkeypatch.setitem(os.environ, "PROBATIVE_WORKSPACE", str(here / "w"))
    assert call(["record", "log"]) == 0
    assert "record.ledger-opened" in capsys.readouterr().out


def test_every_verb_has_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` of each verb shows at least one command that can be typed."""
    for verb in ("record", "gate", "watch", "respond", "prove", "run", "serve", "doctor", "demo"):
        capsys.readouterr()
        assert call([verb, "--help"]) == 0
        text = capsys.readouterr().out
        assert "Example" in text, verb
        assert f"probative {verb}" in text, verb
