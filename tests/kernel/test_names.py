"""Names, digests, ids and outcomes."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.digest import check_digest, sha256_hex
from probative.kernel.errors import UsageError
from probative.kernel.ids import check_name, uuid7
from probative.kernel.outcome import Outcome, worst


@pytest.mark.parametrize(
    "text", ["", "..", "a..b", "-rf", ".hidden", "a/b", "A", "a b", "a" * 129, "é", "a\n", "a."]
)
def test_unsafe_names_are_refused(text: str) -> None:
    """A name can never be a path, an option or invisible."""
    with pytest.raises(UsageError):
        check_name(text)


@given(st.from_regex(r"[a-z0-9]([a-z0-9_-]{0,20}[a-z0-9])?", fullmatch=True))
def test_plain_names_are_taken(text: str) -> None:
    """Lower-case words with dashes are names."""
    assert check_name(text) == text


@pytest.mark.parametrize(
    "text", ["", "AB" * 32, "g" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n", "../" + "a" * 61]
)
def test_other_spellings_of_digests_are_refused(text: str) -> None:
    """One digest has one spelling."""
    with pytest.raises(UsageError):
        check_digest(text)


def test_digest_of_nothing_is_the_published_one() -> None:
    """FIPS 180-4's empty message."""
    assert sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(st.datetimes(datetime(1970, 1, 2), datetime(2400, 1, 1)), st.binary(min_size=10, max_size=10))  # noqa: DTZ001
def test_uuid7_has_version_variant_and_order(at: datetime, entropy: bytes) -> None:
    """RFC 9562: version 7, variant 10, and later ids sort after earlier ones."""
    at = at.replace(tzinfo=UTC)
    made, later = uuid7(at, entropy), uuid7(at + timedelta(milliseconds=2), bytes(10))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made < later


@given(st.lists(st.sampled_from(Outcome), min_size=1))
def test_worst_never_hides_a_refusal(outcomes: list[Outcome]) -> None:
    """A fail or a not-assessable among the outcomes always shows in the fold."""
    folded = worst(outcomes)
    assert (folded is Outcome.FAIL) == (Outcome.FAIL in outcomes)
    if Outcome.NOT_ASSESSABLE in outcomes:
        assert folded.exit_status != 0
