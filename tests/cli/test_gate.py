"""`probative gate` through the command line: exit statuses, machine output, and what bad input gets."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from probative.cli import call
from probative.kernel.clock import ManualClock, SystemClock
from tests.gate.evidence import ANSWERS, PEOPLE, RELEASE, SYSTEM, Story

TARGET = f"{SYSTEM}@{RELEASE}"


class Line:
    """A command line on one workspace."""

    def __init__(self, story: Story, capsys: pytest.CaptureFixture[str]) -> None:
        """Work on the story's workspace."""
        self.story = story
        self._capsys = capsys

    def __call__(self, *words: str, role: str = "compliance") -> tuple[int, str]:
        """Run `probative gate WORDS` in a role; return the status and everything that was printed."""
        self._capsys.readouterr()
        person = PEOPLE[role]
        folder = str(self.story.workspace.folder)
        status = call(["-w", folder, "--as", f"{person.id}:{person.role}", "gate", *words])
        printed = self._capsys.readouterr()
        self.story.clock.turn_to(SystemClock().now())  # commands run on the machine's clock
        return status, printed.out + printed.err


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Line:
    """A command line on a workspace with an evaluated release that nobody approved yet."""
    story = Story(tmp_path, ManualClock(SystemClock().now()))
    story.system()
    return Line(story, capsys)


def fill(story: Story) -> None:
    """Record everything up to the proposal."""
    story.tier()
    story.thresholds()
    story.assets()
    story.train()
    story.evaluate()
    story.card()
    story.propose()


def test_a_questionnaire_is_printed_filled_in_and_read_back(line: Line, tmp_path: Path) -> None:
    """From the template to the tier, with reasons and the notice."""
    status, template = line("tier", SYSTEM, "--template")
    assert (status, '"annex3.5" = ["unsure"]' in template) == (0, True)
    answers = tmp_path / "answers.toml"
    answers.write_text("\n".join(f'"{name}" = {json.dumps(value)}' for name, value in ANSWERS.items()))
    status, text = line("tier", SYSTEM, "--answers", str(answers))
    assert (status, "tier high-risk, applies from 2027-12-02" in text, "Not legal advice" in text) == (
        0,
        True,
        True,
    )


def test_answers_may_be_json_or_dotted_toml(line: Line, tmp_path: Path) -> None:
    """Both files say the same."""
    dotted, plain = tmp_path / "answers.toml", tmp_path / "answers.json"
    dotted.write_text('art5.c = "yes"\nannex3.5 = ["b"]\n')
    plain.write_text('{"art5.c": "yes", "annex3.5": ["b"]}')
    for file in (dotted, plain):
        status, text = line("tier", SYSTEM, "--answers", str(file), "--json")
        assert (status, json.loads(text)["body"]["tier"]) == (0, "prohibited")


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.toml", "art5.c = yes", "is not TOML"),
        ("a.toml", "art5.c = 1", "is not text"),
        ("a.toml", 'art9.z = "yes"', "no question 'art9.z'"),
        ("a.json", '{"art5.c": "no", "art5.c": "yes"}', "occurs twice"),
        ("a.json", '["yes"]', "holds no answers"),
        ("a.toml", "# " + "x" * 1_048_576, "has over 1048576 bytes"),
    ],
)
def test_bad_answers_are_one_sentence(
    line: Line, tmp_path: Path, name: str, content: str, complaint: str
) -> None:
    """Status 2, the value, a hint, nothing written."""
    (tmp_path / name).write_text(content)
    size = line.story.recorder.head().size
    status, text = line("tier", SYSTEM, "--answers", str(tmp_path / name))
    assert (status, complaint in text, "hint" in text) == (2, True, True)
    assert line.story.recorder.head().size == size


def test_check_ends_with_the_status_of_the_answer(line: Line, tmp_path: Path) -> None:
    """8 while evidence is missing, 1 when it says no, 0 when the gate opens; JSON and JUnit say the same."""
    fill(line.story)
    junit = tmp_path / "gate.xml"
    status, text = line("check", TARGET, "--junit", str(junit))
    assert (status, "gate CLOSED, not assessable" in text) == (8, True)
    assert ET.fromstring(junit.read_bytes()).find("testsuite").get("errors") == "6"

    line.story.card(**{"metric.accuracy": 0.91})
    status, text = line("check", TARGET, "--json")
    assert (status, json.loads(text)["outcome"], json.loads(text)["open"]) == (1, "fail", False)

    line.story.card()
    line.story.document(
        "datasheet", "raw", {"source": "s", "licence": "l", "purpose": "p", "legal_basis": "b"}
    )
    line.story.sign()
    line.story.playbook()
    line.story.monitor()
    for role in ("business-owner", "chief-risk-officer"):
        person = PEOPLE[role]
        line.story.workspace.register_key(role, (role,), person.id, PEOPLE["security"])
        status, text = line("approve", TARGET, "--key", role, role=role)
        assert (status, f"Approved {TARGET} as {role}" in text) == (0, True)
    status, text = line("check", TARGET)
    assert (status, "gate OPEN: 11 pass, 1 not applicable" in text) == (0, True)


def test_the_past_is_asked_and_replayed(line: Line) -> None:
    """`--as-of` answers as before; `replay` compares bytes."""
    fill(line.story)
    line("check", TARGET)
    size = line.story.recorder.head().size - 1
    line.story.monitor()
    status, text = line("check", TARGET, "--as-of", str(size))
    assert (status, "PB-MON-01" in text.partition("What keeps")[2], "not recorded" in text) == (8, True, True)
    status, text = line("replay", TARGET, "--size", str(size))
    assert (status, "identical" in text) == (0, True)


def test_a_waiver_is_granted_shown_and_denied(line: Line) -> None:
    """An entitled role waives for a time; another does not; without an expiry there is no waiver."""
    fill(line.story)
    words = ("waive", "PB-MON-01", TARGET, "--reason", "r", "--compensating", "c", "--requester", "p-001")
    status, text = line(*words, "--days", "14", role="chief-risk-officer")
    assert (status, "Waived PB-MON-01 as w-" in text) == (0, True)
    assert "~ waived" in line("check", TARGET, "--dry-run")[1]
    assert line(*words, "--days", "14", role="legal")[0] == 5
    assert line(*words, role="chief-risk-officer")[0] == 2


def test_thresholds_are_declared_or_refused(line: Line) -> None:
    """Each is read strictly; data science may not declare its own."""
    wanted = ("thresholds", SYSTEM, "--set", "accuracy>=0.75", "--set", "selection_rate_ratio[sex]>=0.8")
    assert line(*wanted)[0] == 0
    assert line(*wanted, role="data-science")[0] == 5
    status, text = line("thresholds", SYSTEM, "--set", "accuracy=0.75")
    assert (status, "'accuracy=0.75' is not a threshold" in text) == (2, True)


def test_protected_features_are_refused(line: Line) -> None:
    """Status 1 and the column that carries the attribute."""
    status, text = line("features", SYSTEM, "--feature", "SEX_2", "--feature", "LIMIT", "--protected", "sex")
    assert (status, "SEX_2 carries sex" in text) == (1, True)
    assert line("features", SYSTEM, "--feature", "LIMIT", "--protected", "sex")[0] == 0


def test_a_control_explains_itself_and_where_it_stands(line: Line) -> None:
    """With a release, the reason and the exact next command."""
    fill(line.story)
    assert "May be waived" in line("explain", "pb-eva-01")[1]
    status, text = line("explain", "PB-RES-01", TARGET)
    assert (status, "why   no playbook is adopted" in text) == (0, True)
    status, text = line("explain", "PB-RES-01", TARGET, "--json")
    assert json.loads(text)["here"]["outcome"] == "not-assessable"


@pytest.mark.parametrize(
    ("words", "status", "complaint"),
    [
        (("check", "credit-scoring"), 2, "is not SYSTEM@RELEASE"),
        (("check", "other@1.0.0"), 3, "There is no system 'other'"),
        (("check", "credit-scoring@9.9"), 3, "has no release '9.9'"),
        (("check", TARGET, "--as-of", "9999"), 2, "no state at size 9999"),
        (("explain", "PB-NIL-01"), 3, "There is no control 'PB-NIL-01'"),
        (("approve", TARGET, "--key", "nobody"), 3, "There is no key 'nobody'"),
        (("tier", "credit-scoring"), 2, "No answers for"),
    ],
)
def test_mistakes_get_one_sentence_and_a_hint(
    line: Line, words: tuple[str, ...], status: int, complaint: str
) -> None:
    """Each with the value, a hint, and the status of the error table; never a traceback."""
    found, text = line(*words)
    assert (found, complaint in text, "hint" in text, "Traceback" in text) == (status, True, True, False)
