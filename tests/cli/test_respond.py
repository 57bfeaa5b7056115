"""`probative respond` through the command line: an incident from the first command to the last."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from probative.cli import call
from probative.cli.respond import COMMANDS, group
from tests.respond.scene import (
    COMMANDER,
    COUNSEL,
    ONSET,
    OWNER,
    SCIENTIST,
    SUPPORT,
    SYSTEM,
    Scene,
    record_decisions,
    scene,
)

INCIDENT, RUN = "inc-2026-0001", "inc-2026-0001-p01-1"


class Line:
    """A command line on one workspace, whose clock the test turns."""

    def __init__(self, made: Scene, capsys: pytest.CaptureFixture[str]) -> None:
        """Work on the scene's workspace."""
        self.made = made
        self._capsys = capsys

    def __call__(self, *words: str, actor=COMMANDER) -> tuple[int, str]:
        """Run `probative respond WORDS` as somebody; return the status and everything printed."""
        self._capsys.readouterr()
        folder = str(self.made.workspace.folder)
        status = call(["-w", folder, "--as", f"{actor.id}:{actor.role}", "respond", *words])
        printed = self._capsys.readouterr()
        return status, printed.out + printed.err

    def ok(self, *words: str, actor=COMMANDER) -> str:
        """Run a command that has to succeed; return what it printed."""
        status, text = self(*words, actor=actor)
        assert status == 0, text
        return text


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Line:
    """A command line on a workspace with a running system."""
    made = scene(tmp_path, decisions=4)
    record_decisions(made, ONSET, 59, timedelta(minutes=1))
    made.workspace.decisions.close()
    monkeypatch.setattr("probative.workspace.SystemClock", lambda: made.clock)
    return Line(made, capsys)


def declared(line: Line) -> None:
    """Open an incident."""
    told = ("--title", "Accuracy fell", "--onset", "2026-11-15T09:00:00Z", "--legal-effect")
    line.ok("declare", SYSTEM, *told)


def test_an_incident_from_the_first_command_to_the_last(line: Line) -> None:
    """Declare, take, stop, capture, run the playbook with its people, verify, settle, close."""
    declared(line)
    line.ok("take", INCIDENT)
    assert "stop done" in line.ok("stop", INCIDENT, "--reason", "wrong rejections")
    assert "Sealed 8 items" in line.ok("capture", INCIDENT)
    line.ok("playbook", "adopt", SYSTEM, "p01")
    assert "Find the cause" in line.ok("playbook", "start", INCIDENT, "p01")
    line.made.clock.advance(timedelta(minutes=30))
    assert "Tally the complaints" in line.ok("step", "list")
    for actor, step, value in (
        (SCIENTIST, "Find the cause", "cause=unit changed"),
        (COUNSEL, "Decide the legal clocks", "clocks_decided=true"),
        (SUPPORT, "Tally the complaints", "complaints=2"),
        (OWNER, "Approve serving the fallback release", "fallback_approved=true"),
        (COMMANDER, "Agree the corrective actions", "correctives=1"),
    ):
        text = line.ok("step", "answer", RUN, step, "--set", value, actor=actor)
    assert "completed" in text
    assert "fallback, serving '1'" in line.ok("switch", "show", SYSTEM)
    assert "pass: No decision" in line.ok("verify", INCIDENT)
    status, text = line("close", INCIDENT)
    assert (status, "Nobody chose the legal clocks" in text) == (4, True)
    owned = ("--owner", "p-counsel", "--due", "2026-12-20T00:00:00Z")
    line.ok("corrective", INCIDENT, "c1", "--title", "Check units", *owned)
    told = ("--in", "US", "--role", "deployer", "--tier", "high-risk")
    line.ok("clocks", "select", INCIDENT, *told, actor=COUNSEL)
    for row in json.loads(line.ok("clocks", "board", INCIDENT, "--json"))["clocks"]:
        if row["state"] in ("proposed", "needs-counsel", "unconfirmed", "overdue"):
            line.ok("task", INCIDENT, f"clock-{row['obligation']}", "--title", "Decide", *owned)
    assert "Closed inc-2026-0001" in line.ok("close", INCIDENT)
    assert "closed" in line.ok("list")
    assert "stop verified from the decision log: pass" in line.ok("show", INCIDENT)


def test_two_persons_let_a_stopped_system_answer_again(line: Line) -> None:
    """One is refused with status 5; the second one's approval makes it possible."""
    declared(line)
    line.ok("stop", INCIDENT, "--reason", "harm")
    status, text = line("rollback", INCIDENT, "--reason", "restore")
    assert (status, "not captured yet" in text) == (4, True)
    line.ok("capture", INCIDENT)
    status, text = line("rollback", INCIDENT, "--reason", "restore")
    assert (status, "a person other than" in text) == (5, True)
    line.ok("approve", INCIDENT, "--variant", "fallback", "--reason", "validated", actor=OWNER)
    assert "rollback done" in line.ok("rollback", INCIDENT, "--reason", "restore")


def test_verify_ends_with_the_status_of_its_outcome(line: Line) -> None:
    """8 while the log cannot tell, 1 when decisions went on."""
    declared(line)
    line.ok("stop", INCIDENT, "--reason", "harm")
    assert line("verify", INCIDENT)[0] == 8
    record_decisions(line.made, line.made.clock.now() + timedelta(minutes=1), 3, timedelta(minutes=1))
    line.made.workspace.decisions.close()
    line.made.clock.advance(timedelta(minutes=30))
    assert line("verify", INCIDENT)[0] == 1


def test_orders_and_holds_are_given_and_taken_back(line: Line) -> None:
    """The names that are printed are the names that are taken."""
    line.ok("order", "give", SYSTEM, "stop-on-drift", "--severity", "2", "--days", "60", actor=OWNER)
    assert "stop-on-drift" in line.ok("order", "list", SYSTEM)
    line.ok("order", "withdraw", SYSTEM, "stop-on-drift", "--reason", "staffed", actor=OWNER)
    assert "No live order" in line.ok("order", "list", SYSTEM)
    declared(line)
    line.ok("hold", "place", INCIDENT, "--since", "2026-11-15T09:00:00Z", "--reason", "incident")
    assert "provisional" in line.ok("hold", "list")
    assert line("hold", "lift", "hold-inc-2026-0001-1", "--reason", "no")[0] == 5
    line.ok("hold", "confirm", "hold-inc-2026-0001-1", "--reason", "litigation", actor=COUNSEL)
    line.ok("hold", "lift", "hold-inc-2026-0001-1", "--reason", "settled", actor=COUNSEL)
    assert "Nothing is held" in line.ok("hold", "list")


def test_a_drill_waits_for_people(line: Line) -> None:
    """An exercise is begun by a command and ended by answers."""
    line.ok("playbook", "adopt", SYSTEM, "p01")
    text = line.ok("playbook", "exercise", SYSTEM, "p01")
    assert "(drill): running" in text
    assert "drill-2026-0001" in line.ok("list", "--drills")
    assert "No incidents" in line.ok("list")


def test_a_broken_playbook_is_told_with_status_1(line: Line, tmp_path: Path) -> None:
    """Every defect, and the file's own mistakes with status 2."""
    from tests.respond.playbooks.workflows import named, p01

    content = p01()
    content["workflow"][named(content, "Stop the system")]["commands"][0]["command"] = "reboot"
    path = tmp_path / "book.json"
    path.write_text(json.dumps(content))
    status, text = line("playbook", "validate", str(path))
    assert (status, "command.unknown" in text) == (1, True)
    path.write_text("{")
    assert line("playbook", "validate", str(path))[0] == 2
    assert line("playbook", "validate", "p01")[0] == 0


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("show", "inc-1999-0001"), 3),
        (("stop", "inc-1999-0001", "--reason", "x"), 3),
        (("declare", "ghost", "--title", "x", "--onset", "2026-11-15T09:00:00Z"), 3),
        (("declare", SYSTEM, "--title", "x", "--onset", "yesterday"), 2),
        (("declare", SYSTEM, "--title", "x", "--onset", "2026-11-15T09:00:00Z", "--role", "nobody"), 2),
        (("step", "answer", "no-run", "x"), 3),
        (("playbook", "adopt", SYSTEM, "p77"), 3),
        (("nonsense",), 2),
    ],
)
def test_mistakes_end_in_a_sentence_and_a_status(line: Line, words: tuple[str, ...], status: int) -> None:
    """Nothing is written and no traceback is shown."""
    size = line.made.recorder.head().size
    found, text = line(*words)
    assert (found, "Traceback" in text, "hint" in text) == (status, False, True)
    assert line.made.recorder.head().size == size


def test_json_is_one_document(line: Line) -> None:
    """For machines: what is printed parses."""
    declared(line)
    found = json.loads(line.ok("show", INCIDENT, "--json"))
    assert (found["id"], found["status"], len(found["timeline"])) == (INCIDENT, "open", 1)
    assert json.loads(line.ok("stop", INCIDENT, "--reason", "harm", "--json"))["done"]["outcome"] == "done"
    assert json.loads(line.ok("list", "--json"))[0]["status"] == "stopped"
    assert json.loads(line.ok("run-due", "--json"))["changes"] == []


def test_every_listed_command_loads_and_says_what_the_list_says() -> None:
    """The static list and the commands agree."""
    import click

    context = click.Context(group)
    for name, (_, text) in COMMANDS.items():
        command = group.get_command(context, name)
        assert command is not None, name
        if name not in ("clocks", "notice", "inquiry"):
            assert command.get_short_help_str(200) == text
    assert group.get_command(context, "nonsense") is None


def test_help_loads_no_room() -> None:
    """Whatever is slow to import stays out of the way of `--help`."""
    script = (
        "import sys; from probative.cli import call; call(['respond', '--help']);"
        "rooms = ('probative.respond', 'probative.record', 'pyarrow', 'openfeature');"
        "print([name for name in sys.modules if name.startswith(rooms)])"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"
