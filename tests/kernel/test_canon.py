"""Canonical JSON out, strict JSON in."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.canon import canonical, parse_strict
from probative.kernel.errors import UsageError

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(string.printable)
    # A float from 2^53 on is written like an integer that our reader would refuse to write again.
    | st.floats(-(2.0**52), 2.0**52),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(string.ascii_letters), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(PLAIN)
def test_canonical_text_reads_back_as_the_same_value(value: object) -> None:
    """What we write, our strict reader accepts and any JSON reader understands."""
    assert parse_strict(canonical(value)) == json.loads(json.dumps(value))


@given(PLAIN)
def test_canonical_text_is_a_fixed_point(value: object) -> None:
    """Reading and writing again gives the same bytes."""
    assert canonical(parse_strict(canonical(value))) == canonical(value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b'{"a":1,"a":2}', "json.duplicate-key"),
        (b'{"x":{"a":1,"\\u0061":2}}', "json.duplicate-key"),
        (b'{"a\\u0000b":1}', "json.control-character"),
        (b"[" * 65 + b"]" * 65, "json.too-deep"),
        (b'{"a":' * 100_000, "json.too-deep"),
        (b"NaN", "json.not-finite"),
        (b"[-Infinity]", "json.not-finite"),
        (b"1e999", "json.not-finite"),
        (b'"\\ud800"', "json.lone-surrogate"),
        (b'"\xff"', "json.not-utf8"),
        (b'{"a":1}x', "json.malformed"),
        (b"", "json.malformed"),
        (b"9" * 5000, "json.malformed"),
    ],
)
def test_hostile_text_is_refused(text: bytes, code: str) -> None:
    """Everything that two JSON readers could understand differently is refused, by name."""
    with pytest.raises(UsageError) as caught:
        parse_strict(text)
    assert caught.value.code == code


def test_brackets_inside_strings_do_not_count_as_nesting() -> None:
    """A text of many brackets in a string is flat."""
    value = {"a": "[" * 500 + '\\"' + "{" * 500}
    assert parse_strict(json.dumps(value)) == value


def test_size_is_refused_before_reading() -> None:
    """The limit is on bytes, not on what they mean."""
    with pytest.raises(UsageError, match="11 bytes; at most 10"):
        parse_strict(b" " * 11, bytes_max=10)


@pytest.mark.parametrize("value", [2**53, float("nan"), {1: 2}, object()])
def test_values_without_canonical_form_are_refused(value: object) -> None:
    """An integer that a double cannot carry, NaN and foreign objects have no canonical JSON."""
    with pytest.raises(UsageError):
        canonical(value)
