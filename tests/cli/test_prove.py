"""`probative prove`: a package from preview to verification, through the command line."""

import json
import shutil

import pytest

from probative.cli import call
from probative.prove.bundling import verifier_source
from tests.prove.conftest import INCIDENT, build_house


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Stand in a folder with the record of the prove tests in `workspace`."""
    house = build_house(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROBATIVE_WORKSPACE", "workspace")
    monkeypatch.delenv("PROBATIVE_ACTOR", raising=False)
    return house


def test_a_package_is_previewed_made_verified_and_listed(here, tmp_path, capsys):
    """What is shown before is what is made; with the trust file it verifies, without it does not count."""
    assert call(["prove", "preview", INCIDENT]) == 0
    shown = capsys.readouterr().out
    assert "respond.incident-declared" in shown
    assert f"withholds {here.personal}" in shown
    assert call(["prove", "package", INCIDENT, "--out", "p.zip", "--decision", here.decision_ids[0]]) == 0
    assert "1 decisions" in capsys.readouterr().out
    assert call(["record", "trust", "--out", "trust.json"]) == 0
    capsys.readouterr()
    assert call(["prove", "verify", "p.zip", "--trust", "trust.json"]) == 0
    assert "verified: incident/inc-1" in capsys.readouterr().out
    assert call(["prove", "verify", "p.zip"]) == 8
    assert "issuer unknown" in capsys.readouterr().out
    assert call(["prove", "issued", "--json"]) == 0
    assert [fact["body"]["about"] for fact in json.loads(capsys.readouterr().out)] == [INCIDENT]


def test_a_changed_package_is_named_and_ends_with_7(here, tmp_path, capsys):
    """One byte, one line, status 7; as JSON the same."""
    assert call(["prove", "package", INCIDENT, "--out", "p.zip"]) == 0
    assert call(["record", "trust", "--out", "trust.json"]) == 0
    data = (tmp_path / "p.zip").read_bytes()
    (tmp_path / "bad.zip").write_bytes(data.replace(b"does not prove", b"does now prove", 1))
    capsys.readouterr()
    assert call(["prove", "verify", "bad.zip", "--trust", "trust.json"]) == 7
    assert "BAD NOT-PROVEN.md: checksum" in capsys.readouterr().out
    assert call(["prove", "verify", "bad.zip", "--trust", "trust.json", "--json"]) == 7
    assert [
        (answer := json.loads(capsys.readouterr().out))["status"],
        answer["failures"][0]["file"],
    ] == [7, "NOT-PROVEN.md"]


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["package", "incident/none", "--out", "p.zip"], 3, "incident/none"),
        (["package", "system/loans", "--out", "p.zip"], 2, "cannot be about"),
        (["package", INCIDENT, "--out", "taken.zip"], 4, "there already"),
        (["package", INCIDENT, "--out", "p.zip", "--decision", "d", "--open", "protected"], 3, "'d'"),
        (["verify", "none.zip"], 3, "none.zip"),
        (["verify", "taken.zip", "--trust", "taken.zip"], 2, "JSON"),
    ],
)
def test_mistakes_are_one_sentence(here, tmp_path, capsys, arguments, status, text):
    """Each mistake ends in one sentence with the value and the status of the table."""
    (tmp_path / "taken.zip").write_bytes(b"mine")
    assert call(["prove", *arguments]) == status
    error = capsys.readouterr().err
    assert text in error
    assert "Traceback" not in error


def test_verifying_needs_no_workspace(here, tmp_path, monkeypatch, capsys):
    """On a stranger's machine, with the package and the trust file only."""
    assert call(["prove", "package", INCIDENT, "--out", "p.zip"]) == 0
    assert call(["record", "trust", "--out", "trust.json"]) == 0
    monkeypatch.setenv("PROBATIVE_WORKSPACE", str(tmp_path / "nowhere"))
    assert call(["prove", "verify", "p.zip", "--trust", "trust.json"]) == 0
    shutil.unpack_archive("p.zip", "out")
    shutil.copy("trust.json", "out/trust.json")
    assert call(["prove", "verify", "out", "--trust", "out/trust.json"]) == 0
    assert call(["prove", "verify", "out", "--trust", "trust.json"]) == 7


def test_the_verifier_is_written(here, tmp_path, capsys):
    """The file that packages carry, with its digest."""
    assert call(["prove", "verifier", "--out", "verify.py"]) == 0
    assert (tmp_path / "verify.py").read_bytes() == verifier_source()
    assert capsys.readouterr().out.endswith("  verify.py\n")
