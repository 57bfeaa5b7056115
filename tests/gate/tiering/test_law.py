"""The tiering pack: read strictly, complete, with the dates of the day that is asked about."""

from datetime import date

import pytest

from probative.gate.tiering.law import Tier, load_law, parse_law
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import UsageError

TODAY = date(2026, 11, 21)
BEFORE_OMNIBUS = date(2026, 7, 26)
LAW, PACK = load_law()


def rule(name):
    """Return a rule by id."""
    return next(item for item in LAW.rules if item.id == name)


def test_the_ten_practices_are_asked_and_prohibited():
    """Art. 5 has ten practices since 27 July 2026; each has a question and a rule."""
    letters = {"a", "b", "c", "d", "e", "f", "g", "h", "ba", "bb"}
    asked = {item.id.removeprefix("art5.") for item in LAW.questions_on(TODAY) if item.id.startswith("art5.")}
    prohibited = {
        item.id.removeprefix("art5.") for item in LAW.rules_on(TODAY) if item.tier is Tier.PROHIBITED
    }
    assert (letters, letters) == (asked, prohibited)


def test_before_the_omnibus_eight_practices_were_the_law():
    """(ba) and (bb) are not asked about a day on which they were not the law."""
    asked = [item.id for item in LAW.questions_on(BEFORE_OMNIBUS) if item.id.startswith("art5.")]
    assert len(asked) == 8


@pytest.mark.parametrize(
    ("name", "on", "applies_from"),
    [
        ("annex3.5.b", TODAY, date(2027, 12, 2)),
        ("annex3.5.b", BEFORE_OMNIBUS, date(2026, 8, 2)),
        ("art6.1", TODAY, date(2028, 8, 2)),
        ("art6.1", BEFORE_OMNIBUS, date(2027, 8, 2)),
        ("art5.ba", TODAY, date(2026, 12, 2)),
        ("art5.a", TODAY, date(2025, 2, 2)),
        ("art50.1", TODAY, date(2026, 8, 2)),
        ("art50.2.legacy", TODAY, date(2026, 12, 2)),
        ("gpai", TODAY, date(2025, 8, 2)),
    ],
)
def test_dates_are_those_of_the_day_asked_about(name, on, applies_from):
    """Regulation (EU) 2026/1744 moved dates; the old ones stay the law of the days before it."""
    assert applies_from == LAW.date_on(rule(name), on).applies_from


def test_every_rule_and_question_has_its_provision():
    """Nothing in the pack stands without a citation, and every date says how sure it is."""
    assert [item.id for item in (*LAW.questions, *LAW.rules) if not item.citation] == []
    assert {"official-wording", "interpretation"} == {row.confidence for row in LAW.dates}


def test_annex_three_has_all_its_sub_points():
    """The sub-points of Annex III: 3 biometric, 1, 4, 2, 4, 5, 4, 2."""
    counted = [len([r for r in LAW.rules if r.id.split(".")[:2] == ["annex3", str(n)]]) for n in range(1, 9)]
    assert counted == [3, 1, 4, 2, 4, 5, 4, 2]


def test_the_digest_is_of_the_bytes_read():
    """A fact that names the law names these very bytes."""
    assert sha256_hex(PACK) == LAW.sha256


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("version = 1", "version = 1\nsurprise = 2"), "unknown field"),
        (('date = "art5"', 'date = "nowhere"'), "nowhere"),
        (('unless = ["art6.3"]', 'unless = ["no-such-rule"]'), "exception is no plain rule"),
        (('unless = ["art6.3"]', 'unless = ["annex3.1.a"]'), "exception is no plain rule"),
        (('among = ["yes"]', 'among = ["perhaps"]'), "cannot have"),
        (('id = "art5.b"\ntext', 'id = "art5.a"\ntext'), "there twice"),
        (("[[dates]]", "[[dates"), "not a tiering pack"),
    ],
)
def test_a_malformed_pack_is_refused(change, complaint):
    """Unknown fields, dangling names and impossible answers are refused when the pack is read."""
    text = PACK.decode().replace(*change, 1)
    with pytest.raises(UsageError) as refused:
        parse_law(text.encode())
    assert complaint in str(refused.value).replace("contains unknown field", "unknown field")


def test_a_question_that_no_rule_uses_is_refused():
    """An answer that nothing looks at would only pretend to matter."""
    stray = '\n[[questions]]\nid = "stray"\ntext = "?"\nkind = "yes-no"\ncitation = "none"\n'
    with pytest.raises(UsageError, match="'stray' is used by no rule"):
        parse_law(PACK + stray.encode())


def test_bytes_that_are_not_text_are_refused():
    """A pack is UTF-8."""
    with pytest.raises(UsageError, match="not a tiering pack"):
        parse_law(b"\xff\xfe")
