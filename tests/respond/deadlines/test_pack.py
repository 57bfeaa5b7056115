"""The shipped clock pack is complete, and a broken one is refused."""

from importlib import resources

import pytest

from probative.kernel.errors import NotFoundError, UsageError
from probative.respond.deadlines.pack import parse_pack, shipped_pack

FOLDER = resources.files("probative") / "packs" / "clocks"
QUESTIONS = (FOLDER / "questions.toml").read_bytes()
GDPR = (FOLDER / "eu-gdpr.toml").read_bytes()


def test_every_rule_carries_what_a_reader_must_judge():
    """Citation, sources, validity, confidence and grade: a verified rule names a source of its grade."""
    pack = shipped_pack()
    for obligation in pack.obligations.values():
        assert obligation.citation
        grades = {pack.sources[name].grade for name in obligation.sources}
        if obligation.confidence == "verified-in-source":
            assert obligation.grade in grades
        else:
            assert obligation.grade == "none"
        if obligation.status in ("in-force", "in-force-dependent", "enacted-future"):
            assert obligation.applies_from


def test_every_question_is_asked_by_some_rule():
    """No question is left over: the two about the law itself are asked by the selection."""
    pack = shipped_pack()
    asked = {"before-effective-date", "stayed-rule-binds"}
    for obligation in pack.obligations.values():
        asked.update(obligation.needs, obligation.role_needs.values())
        asked.update(name for stage in obligation.stage for name in stage.needs)
    assert asked == set(pack.questions)


@pytest.mark.parametrize(
    ("obligation", "stage", "n", "unit"),
    [
        ("eu-aia-73-general", "report", 15, "days"),
        ("eu-aia-73-2day", "report", 2, "days"),
        ("eu-aia-73-death", "report", 10, "days"),
        ("eu-gdpr-33-authority", "notification", 72, "hours"),
        ("eu-dora-19", "initial_notification", 4, "hours"),
        ("eu-dora-19", "initial_outer_limit", 24, "hours"),
        ("eu-dora-19", "intermediate_report", 72, "hours"),
        ("eu-dora-19", "final_report", 1, "months"),
        ("eu-nis2-23", "early_warning", 24, "hours"),
        ("us-ecoa-regb-1002-9", "completed_application", 30, "days"),
    ],
)
def test_the_limits_that_people_mix_up(obligation, stage, n, unit):
    """The limits of the acts, as read in the sources: 2 days are not for a death, 10 days are."""
    found = shipped_pack().obligation(obligation).stage_named(stage)
    assert (n, unit) == (found.n, found.unit)


@pytest.mark.parametrize("name", ["eu-gdpr-34-individuals", "eu-aia-26-5-deployer", "eu-aia-20-corrective"])
def test_duties_without_a_number_have_none(name):
    """A duty "without undue delay" is kept as words."""
    assert [(None, "none")] * len(shipped_pack().obligation(name).stage) == [
        (stage.n, stage.rule) for stage in shipped_pack().obligation(name).stage
    ]


def test_a_rules_digest_changes_with_its_wording_only():
    """Counsel adopts a wording: another rule in the same file may change without undoing that."""
    other = parse_pack({"eu-gdpr.toml": GDPR.replace(b"\nn = 1\n", b"\nn = 2\n")}, QUESTIONS)
    same, changed = "eu-gdpr-33-authority", "eu-gdpr-12-3-rights"
    pack = shipped_pack()
    assert pack.obligation(same).sha256 == other.obligation(same).sha256
    assert pack.obligation(changed).sha256 != other.obligation(changed).sha256
    assert pack.digest_of(same) != other.digest_of(same)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'rule = "eu-1182-71-hours"', b'rule = "eu-hours"', "counting rule 'eu-hours' does not exist"),
        (
            b'needs = ["data-subject-request"]',
            b'needs = ["a-request"]',
            "question 'a-request' does not exist",
        ),
        (b'jurisdiction = "EEA"', b'jurisdiction = "XX"', "no place lies in 'XX'"),
        (b'sources = ["gdpr"]', b'sources = ["gdpr2"]', "source 'gdpr2' is not in the file"),
        (b"n = 72\n", b"", "must have a number, a unit and a rule, or none of them"),
        (b'event = "sent:notification"', b'event = "sent:nothing"', "waits for 'nothing'"),
        (b'confidence = "verified-in-source"', b'confidence = "sure"', "sure"),
        (b'version = "2026.11.1"', b'version = "2026.11.1"\nextra = 1', "unknown field"),
        (b"[pack]", b"[pack", "cannot be"),
    ],
)
def test_a_broken_pack_is_refused_with_its_place(old, new, said):
    """What dangles, contradicts itself or cannot be read is named, and nothing of the pack is used."""
    assert old in GDPR
    with pytest.raises(UsageError) as refused:
        parse_pack({"mine.toml": GDPR.replace(old, new)}, QUESTIONS)
    assert refused.value.code == "pack.malformed"
    assert "mine.toml" in str(refused.value)
    if said != "cannot be":
        assert said in str(refused.value)


def test_two_files_cannot_hold_one_rule():
    """Which of two wordings holds must never be a matter of file order."""
    with pytest.raises(UsageError, match="twice"):
        parse_pack({"a.toml": GDPR, "b.toml": GDPR}, QUESTIONS)


def test_unknown_names_are_not_found():
    """Asking for a rule or stage that is not there names it."""
    with pytest.raises(NotFoundError, match="eu-gdpr-99"):
        shipped_pack().obligation("eu-gdpr-99")
    with pytest.raises(NotFoundError, match="stage 'late'"):
        shipped_pack().obligation("eu-gdpr-33-authority").stage_named("late")
