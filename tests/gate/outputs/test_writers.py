"""Writers: every one tells the same outcomes, and none shows "not assessable" as a pass."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from probative.gate.controls import shipped_controls
from probative.gate.facts import TierAssigned
from probative.gate.outputs import catalogue, document, junit, terminal, tiers
from probative.gate.sufficiency import evaluate, overall
from probative.gate.tiering.law import load_law
from probative.gate.verdict import build_verdict
from probative.kernel.outcome import Outcome
from tests.gate.evidence import changed, without
from tests.gate.test_waiver import granted

CONTROLS = shipped_controls()


@pytest.fixture(scope="module")
def verdict(frozen):
    """A verdict with every outcome in it: pass, fail, waived, not assessable, recommended ones aside."""
    dossier = granted(without(frozen.dossier, "watch.monitor-declared"))
    dossier = changed(
        without(dossier, "respond.playbook-adopted"), "record.run-finished", metrics={"accuracy": 0.1}
    )
    input_ = msgspec.structs.replace(frozen, dossier=dossier)
    results = evaluate(CONTROLS.controls, dossier)
    return build_verdict(input_, results, overall(results))


def test_the_terminal_shows_words_reasons_and_commands(verdict):
    """A closed gate says what failed, why, and the exact next command."""
    text = terminal.render(verdict, CONTROLS)
    assert "✘ fail            PB-EVA-01  Thresholds declared before the run, and met" in text
    assert "? not assessable  PB-RES-01" in text
    assert "~ waived          PB-MON-01" in text
    assert "run   probative respond playbook adopt credit-scoring PLAYBOOK" in text
    assert "gate CLOSED: 8 pass, 2 fail, 1 waived, 1 not assessable; not recorded" in text
    assert max(len(line) for line in text.splitlines() if "run   " not in line) <= 100


def test_plain_text_has_no_escape_codes_and_paint_adds_only_them(verdict):
    """Colours are added around the same words."""
    plain = terminal.render(verdict, CONTROLS)
    marked = terminal.render(verdict, CONTROLS, lambda text, tone: f"<{tone}>{text}</>")
    for tone in ("good", "bad", "doubt", "quiet", "strong"):
        marked = marked.replace(f"<{tone}>", "")
    assert ("\x1b" in plain, marked.replace("</>", "")) == (False, plain)


def test_one_control_is_explained_where_it_stands(verdict):
    """Met or unmet, the outcome and the reason; the command only where something is to do."""
    met = terminal.render_one(verdict, CONTROLS.control("PB-LIN-02"))
    unmet = terminal.render_one(verdict, CONTROLS.control("PB-EVA-01"))
    assert ("✔ pass" in met, "run " in met, "✘ fail" in unmet, "run " in unmet) == (True, False, True, True)


def test_json_tells_outcome_status_and_next_commands(verdict):
    """Machines read whether the gate is open without knowing our words."""
    value = document.render(verdict, CONTROLS)
    assert json.loads(msgspec.json.encode(value)) == value
    assert (value["open"], value["outcome"], value["exit_status"]) == (False, "fail", 1)
    nexts = {item["control"]: item["next"] for item in value["controls"]}
    assert nexts["PB-EVA-01"].startswith("probative record run")
    assert nexts["PB-MON-01"] == ""


def test_junit_counts_as_ci_systems_read_them(verdict):
    """Fail is a failure, not assessable an error, waived and not applicable are skipped with a reason."""
    suite = ET.fromstring(junit.render(verdict, CONTROLS)).find("testsuite")
    cases = {case.get("name").split()[0]: [child.tag for child in case] for case in suite.iter("testcase")}
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "12", "failures": "2", "errors": "1", "skipped": "1"}
    assert (cases["PB-EVA-01"], cases["PB-RES-01"], cases["PB-MON-01"], cases["PB-LIN-02"]) == (
        ["failure"],
        ["error"],
        ["skipped"],
        [],
    )


def test_junit_survives_hostile_text(verdict):
    """Control characters and markup in a reason leave the document well-formed."""
    evil = msgspec.structs.replace(
        verdict.results[0], outcome=Outcome.FAIL, reason="<a>\x00\x1b[31m]]>&\ud800"
    )
    hostile = msgspec.structs.replace(verdict, results=(evil,))
    root = ET.fromstring(junit.render(hostile, CONTROLS))
    assert "<a>" in root.find(".//failure").get("message")


def test_recommended_controls_never_break_a_build(verdict):
    """What is only recommended is skipped, with its outcome in the message."""
    failed = next(result for result in verdict.results if result.outcome is Outcome.FAIL)
    lenient = msgspec.structs.replace(verdict, results=(msgspec.structs.replace(failed, mandatory=False),))
    case = ET.fromstring(junit.render(lenient, CONTROLS)).find(".//testcase")
    assert [child.tag for child in case] == ["skipped"]
    assert case[0].get("message").startswith("fail: ")
    assert "(recommended)" in terminal.render(lenient, CONTROLS)


def test_a_tier_is_shown_with_citations_and_the_notice(frozen):
    """Reasons, since when they apply, and that it is no legal advice."""
    body = frozen.dossier.facts["gate.tier-assigned"][0].read(TierAssigned)
    law, _ = load_law()
    text = tiers.render_tier(body, law.notice)
    assert text.startswith("credit-scoring: tier high-risk, applies from 2027-12-02")
    assert "Art. 6(2), Annex III point 5(b), from 2027-12-02" in " ".join(text.split())
    assert "Not legal advice" in text


def test_the_questionnaire_is_toml_that_leaves_everything_open():
    """An unread questionnaire answers nothing."""
    import tomllib

    law, _ = load_law()
    answers = tomllib.loads(tiers.render_questions(law, law.questions))
    assert {tuple(value) if isinstance(value, list) else (value,) for value in answers.values()} == {
        ("unsure",)
    }
    assert set(answers) == {question.id for question in law.questions}


@pytest.mark.parametrize("control", CONTROLS.controls, ids=lambda control: control.id)
def test_every_control_explains_itself(control):
    """Statement, evidence, waiver terms, commands and mappings are all there, with no blank left in."""
    text = tiers.render_control(control)
    assert all(
        word in text for word in (control.id, "Evidence", "May be waived", "To mend it", "Contributes")
    )
    assert "{" not in text


def test_the_catalogue_page_is_current():
    """docs/reference/controls.md says what the packs say."""
    page = Path(__file__).resolve().parents[3] / "docs" / "reference" / "controls.md"
    assert page.read_text(encoding="utf-8") == catalogue.render(CONTROLS)
