"""The legal commands on a real workspace: what they print, record and refuse."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from probative.cli.respond_legal import clocks, inquiry, notice
from probative.cli.session import Session
from probative.kernel.clock import SystemClock, format_instant
from probative.kernel.errors import DeniedError, UsageError
from probative.workspace import Workspace
from tests.respond.matter import INCIDENT, SYSTEM, open_incident

SELECT = (
    "select",
    INCIDENT,
    "--in=DE",
    "--role=provider",
    "--role=controller",
    "--role=financial-entity",
    "--tier=high-risk",
    "--annex=annex-iii",
    "--fact=personal-data-breach=no",
    "--fact=ict-incident-major=yes",
    "--basis=personal-data-breach=security triage",
)
VALUES = """
entity = "Example Bank AG"
contact = "the compliance desk"
classified_at = "at once"
discovery = "a monitor"
description = "A feed changed its unit."
criteria_met = "clients affected"
member_states = "DE"
persons_affected = "412"
origin = "an upstream feed"
continuity = "fallback in use"
measures_taken = "stopped"
"""
QUESTIONS = """
[[question]]
number = 1
text = "How many were rejected?"
due_at = "2099-01-01T00:00:00Z"
"""


@pytest.fixture
def run(tmp_path):
    """Run a command in a workspace with an incident, as a named person; return what it printed."""
    folder = tmp_path / "workspace"
    workspace = Workspace.create(folder, "example.com/test-log")
    open_incident(workspace.recorder)

    def invoke(group, *arguments, who="p-commander:incident-commander", status=0):
        result = CliRunner().invoke(group, arguments, obj=Session(str(folder), who), standalone_mode=False)
        if result.exception is not None:
            raise result.exception
        assert (result.return_value or 0) == status
        return result.output

    return invoke


def past(minutes=0):
    """Return an instant that just went by."""
    return format_instant(SystemClock().now() - timedelta(minutes=minutes))


def test_the_board_shows_source_and_confidence_and_that_it_is_no_advice(run):
    """Answers with their reasons; rules with citation, confidence, grade and review; the note at the end."""
    output = run(clocks, *SELECT)
    assert "because there is no personal data breach" in output
    assert "(security triage)" in output
    assert "needs-counsel  eu-aia-73-general" in output
    assert "verified-in-source, source official-mirror, unreviewed" in output
    assert "not legal advice" in output
    assert "us-" not in output


def test_a_clock_runs_and_is_met(run):
    """Confirm, look, meet: the board as JSON carries the dates; the proof is the file's digest."""
    run(clocks, *SELECT)
    run(clocks, "confirm", INCIDENT, "classification", f"--at={past(1)}")
    board = json.loads(run(clocks, "board", INCIDENT, "--json"))["clocks"]
    first = next(row for row in board if row["stage"] == "initial_notification")
    assert (first["state"], first["alert_at"]) == ("running", first["nominal_due"])
    met = json.loads(
        run(
            clocks,
            "met",
            INCIDENT,
            "eu-dora-19/initial_notification",
            f"--sent-at={past()}",
            "--to=BaFin",
            f"--proof={'ab' * 32}",
            "--json",
        )
    )
    assert [fact["kind"] for fact in met] == ["respond.clock-met", "respond.clock-started"]


def test_rules_and_questions_can_be_read(run):
    """The pack is open to the reader: a list, one rule with its sources, the questions."""
    assert "us-bank-36h" not in run(clocks, "rules", "--in=DE")
    assert len(json.loads(run(clocks, "rules", "--json"))) > 40
    shown = run(clocks, "rule", "us-bank-36h")
    assert "from-memory" in shown
    assert "36 hours" in shown
    assert "personal-data-breach-risk" in run(clocks, "questions")


def test_counsel_adopts_and_then_declines(run):
    """Refused before the adoption, recorded after it."""
    run(clocks, *SELECT)
    decline = ("no-notify", INCIDENT, "eu-dora-19", "--reason=reported by the group")
    with pytest.raises(DeniedError, match="adopted"):
        run(clocks, *decline, who="p-legal:legal")
    run(clocks, "adopt", "eu-dora-19", "--statement=read", who="p-legal:legal")
    assert "respond.no-notify-decided" in run(clocks, *decline, who="p-legal:legal")


def test_a_notice_goes_out_with_two_people(run, tmp_path):
    """Template, draft, approval, sending; the words come out as they went in."""
    values = tmp_path / "values.toml"
    values.write_text(VALUES)
    assert "from the record" in run(notice, "template", "eu-dora-initial")
    drafted = run(notice, "draft", INCIDENT, "eu-dora-initial", f"--values={values}", who="p-scribe:scribe")
    assert "Example Bank AG" in drafted
    name = f"{INCIDENT}.eu-dora-initial.1"
    run(notice, "approve", name, who="p-compliance:compliance")
    assert "approved" in run(notice, "list", INCIDENT)
    assert run(notice, "show", name) in drafted


def test_an_inquiry_is_opened_and_its_state_read(run, tmp_path):
    """The letter's file, its questions as TOML; the state says what is open and ends with 1."""
    letter, questions = tmp_path / "letter.pdf", tmp_path / "questions.toml"
    letter.write_bytes(b"%PDF-1.7 the letter")
    questions.write_text(QUESTIONS)
    output = run(
        inquiry,
        "open",
        "inq-1",
        SYSTEM,
        f"--letter={letter}",
        "--sender=BaFin",
        "--power=Art. 58",
        f"--received-at={past()}",
        f"--questions={questions}",
    )
    assert "respond.inquiry-opened" in output
    assert "respond.hold-placed" in output
    assert "no response is drafted" in run(inquiry, "status", "inq-1", status=1)
    run(inquiry, "answer", "inq-1", "1", "--state=It is registered.", "--cite=#1")
    assert "[answered" in run(inquiry, "matrix", "inq-1")
    assert "It is registered. [E1]" in run(inquiry, "draft", "inq-1")
    assert "inq-1" in run(inquiry, "list")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("select", INCIDENT, "--in=DE", "--role=provider", "--tier=high-risk", "--fact=death=maybe"),
            "death=maybe",
        ),
        (
            ("select", INCIDENT, "--in=DE", "--role=provider", "--tier=high-risk", "--fact=death"),
            "NAME=VALUE",
        ),
        (("select", INCIDENT, "--in=Bonn", "--role=provider", "--tier=high-risk"), "'Bonn'"),
        (
            ("met", INCIDENT, "eu-dora-19", "--sent-at=2026-01-01T00:00:00Z", "--to=x", "--proof=y"),
            "RULE/STAGE",
        ),
        (("met", INCIDENT, "a/b", "--sent-at=2026-01-01T00:00:00Z", "--to=x"), "--proof"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_value(run, arguments, said):
    """A mistake on the command line shows itself."""
    with pytest.raises(UsageError) as refused:
        run(clocks, *arguments)
    assert said in str(refused.value)


@pytest.mark.parametrize("group", [clocks, notice, inquiry])
def test_help_shows_examples(group):
    """Each group's help can be copied from."""
    assert "probative respond" in CliRunner().invoke(group, ["--help"]).output
