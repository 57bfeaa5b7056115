"""Templates are read and filled strictly; values are text and nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.errors import NotFoundError, UsageError
from probative.respond.deadlines.pack import shipped_pack
from probative.respond.notice.template import fill, find_template, parse_template, shipped_templates

PLAIN = b"""
id = "plain"
version = 1
title = "Plain"
language = "en"
recipient = "anyone"
source = "our own"
confidence = "our-practice"
licence = "Apache-2.0"
body = "Dear {{who}}, {{what}} -- {{who}}"
[[field]]
name = "who"
label = "Who"
[[field]]
name = "what"
label = "What"
"""
TEMPLATE = parse_template("plain.toml", PLAIN)
printable = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs")), min_size=1).filter(str.strip)


def test_every_shipped_template_names_a_real_clock_and_its_source():
    """A template for a duty names an obligation and stage of the clock pack; all say where they come from."""
    pack = shipped_pack()
    for template in shipped_templates().values():
        assert template.source
        assert template.licence == "Apache-2.0"
        if template.obligation:
            assert pack.obligation(template.obligation).stage_named(template.stage)


@given(printable, printable)
def test_filling_replaces_every_placeholder_once(who, what):
    """A value that looks like a placeholder, a format string or a regular expression stays what it is."""
    assert f"Dear {who}, {what} -- {who}" == fill(TEMPLATE, {"who": who, "what": what})


@pytest.mark.parametrize("value", ["{{what}}", "{what}", "%s", r"\1", "${IFS}", "{% raw %}", "__class__"])
def test_values_are_never_read_as_templates(value):
    """Nothing in a value is looked at again, whatever language it would be code in."""
    assert f"Dear {value}, x -- {value}" == fill(TEMPLATE, {"who": value, "what": "x"})


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"who": "a"}, "notice.field-missing"),
        ({"who": "a", "what": "  "}, "notice.field-missing"),
        ({"who": "a", "what": "b", "why": "c"}, "notice.field-unknown"),
        ({"who": "a", "what": "b\x00"}, "notice.field-unprintable"),
        ({"who": "a", "what": "b\u202egnp.exe"}, "notice.field-unprintable"),
        ({"who": "a", "what": "b" * 8_193}, "notice.field-long"),
    ],
)
def test_values_that_do_not_fit_are_refused(values, code):
    """Missing, empty, unknown, unprintable and overlong values are each refused by name."""
    with pytest.raises(UsageError) as refused:
        fill(TEMPLATE, values)
    assert code == refused.value.code
    assert re.search("why|what", str(refused.value))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"{{what}}", b"{{ what }}", "differ in: what"),
        (b"{{what}}", b"{{what}} {{when}}", "differ in: when"),
        (b"{{what}}", b"{{what}} {{#if}}", "only plain"),
        (b'name = "what"', b'name = "who"', "twice"),
        (b"version = 1", b"version = 1\nscript = 'x'", "unknown field"),
        (b"version = 1", b"version = ", "plain.toml"),
        (b"Plain", b"\xff", "plain.toml"),
    ],
)
def test_a_broken_template_is_refused(old, new, said):
    """A placeholder without its field, or anything that is not a plain placeholder, stops the template."""
    with pytest.raises(UsageError, match=re.escape(said)) as refused:
        parse_template("plain.toml", PLAIN.replace(old, new))
    assert refused.value.code == "template.malformed"


def test_an_unknown_template_is_not_found():
    """Asking for a template that is not there lists those that are."""
    with pytest.raises(NotFoundError, match="'plain2'") as refused:
        find_template({"plain": TEMPLATE}, "plain2")
    assert "plain" in refused.value.hint
