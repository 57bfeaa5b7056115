"""Texts in their one spelling."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel import canon
from probative.prove.verifier.forms import FailureError, canonical, read_base64, read_json, small_int

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcXYZ_", max_size=6), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(plain)
def test_canonical_is_rfc_8785(value):
    """The standard library's spelling is the product's canonical one for everything the verifier compares."""
    assert canon.canonical(value) == canonical(value)


@given(st.dictionaries(st.text("abc", max_size=3), plain, max_size=5))
def test_what_was_written_is_read(value):
    """Canonical bytes come back; the same value written otherwise does not."""
    assert value == read_json("x.json", canonical(value))
    assert value == read_json("x.json", json.dumps(value, indent=1).encode(), exact=False)
    with pytest.raises(FailureError, match="canonical"):
        read_json("x.json", canonical(value) + b" ")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"1",
        b'{"a":1,"a":1}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":01}',
        b'{"a":' + b"1" * 30 + b"}",
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xef\xbb\xbf{}",
    ],
)
def test_ambiguous_json_is_a_failure(data):
    """Duplicate keys, non-numbers, half surrogates, deep nesting: one failure, never a crash."""
    with pytest.raises(FailureError, match=r"^x\.json: form: "):
        read_json("x.json", data)


@pytest.mark.parametrize("text", ["QQ", "QQ=", "QR==", "Q Q==", "QQ==\n", "-_==", "é"])
def test_second_spellings_of_base64(text):
    """Only the standard alphabet with full padding and no stray bits."""
    assert read_base64("QQ==") == b"A"
    with pytest.raises(ValueError, match=r".+"):
        read_base64(text)


@pytest.mark.parametrize("text", ["", "01", "+1", " 1", "1_0", "1" * 25, "١"])
def test_second_spellings_of_numbers(text):
    """Decimal digits without sign, zeros in front, or other scripts."""
    assert small_int("10") == 10
    with pytest.raises(ValueError, match=r".+"):
        small_int(text)
