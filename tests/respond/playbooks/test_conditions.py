"""Conditions: the grammar holds what it says, and nothing is false for want of a value."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.errors import UsageError
from probative.respond.playbooks.conditions import parse_condition

VALUES = {"__n__": "0.71", "__s__": "data-drift", "__b__": "true", "__unset__": None, "__q__": "it's"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("__n__:value < 0.8", True),
        ("__n__:value >= 0.8", False),
        ("__n__:value = 0.710", True),
        ("__n__:value != 0.71", False),
        ("__s__:value = 'data-drift'", True),
        ("__s__:value IN ('concept-drift', 'data-drift')", True),
        ("__s__:value NOT IN ('concept-drift')", True),
        ("__s__:value LIKE 'data%'", True),
        ("__s__:value LIKE 'data_drift'", True),
        ("__s__:value LIKE 'data'", False),
        ("__b__:value = true", True),
        ("__q__:value = 'it\\'s'", True),
        ("NOT __b__:value = 'true'", False),
        ("__n__:value < 0.8 AND __b__:value = 'false' OR __s__:value = 'data-drift'", True),
        ("__n__:value < 0.8 AND (__b__:value = 'false' OR __s__:value = 'x')", False),
        ("'a' = 'a'", True),
        ("not (__n__:value > 1) and __b__:value = 'true'", True),
    ],
)
def test_a_condition_holds_as_stix_says(text: str, expected: bool) -> None:
    """Comparisons, negation, AND before OR, parentheses."""
    assert parse_condition(text).holds(VALUES) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "__n__:value",
        "__n__:value <",
        "__n__:value < 0.8 AND",
        "(__n__:value < 0.8",
        "__n__:value < 0.8)",
        "__n__ < 0.8",
        "__n__:value MATCHES '(a+)+$'",
        "__n__:value ISSUBSET '10.0.0.0/8'",
        "__n__:value IN ()",
        "__n__:value IN ('a'",
        "__n__:value = 'open",
        "__n__:value = 1; drop",
        "(" * 5_000,
        "NOT " * 400 + "'a' = 'a'",
        "x" * 3_000,
    ],
)
def test_anything_else_is_refused_before_it_runs(text: str) -> None:
    """Unknown operators, open ends, other languages and bombs."""
    with pytest.raises(UsageError, match="cannot be read"):
        parse_condition(text)


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Whatever is written there, the answer is a condition or a refusal."""
    with contextlib.suppress(UsageError):
        parse_condition(text)


@pytest.mark.parametrize(
    "text", ["__unset__:value = 'x'", "NOT __unset__:value = 'x'", "__missing__:value < 1"]
)
def test_a_variable_without_a_value_is_no_answer(text: str) -> None:
    """Neither true nor false: the step that compares it fails."""
    with pytest.raises(UsageError, match="no value yet"):
        parse_condition(text).holds(VALUES)


def test_words_cannot_be_ordered() -> None:
    """Comparing text by size is a mistake in the playbook, not false."""
    with pytest.raises(UsageError, match="no number"):
        parse_condition("__s__:value < 3").holds(VALUES)


def test_the_variables_of_a_condition_are_known() -> None:
    """Validation asks for them."""
    assert parse_condition("__a__:value = 1 OR __b__:value = 2").variables == {"__a__", "__b__"}
