"""Protected attributes among features: recognised by name in their usual forms, nothing more claimed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.gate.features import carried_attribute, judge_features
from probative.gate.tiering.law import Tier
from probative.kernel.errors import UsageError

PROTECTED = ("sex", "age", "marriage", "marital-status")


@pytest.mark.parametrize(
    ("column", "attribute"),
    [
        ("SEX", "sex"),
        ("sex_2", "sex"),
        ("Sex=female", "sex"),
        ("AGE", "age"),
        ("age_group", "age"),
        ("Marital Status", "marital-status"),
        ("marital_status_single", "marital-status"),
        ("LIMIT_BAL", None),
        ("average_age_of_accounts", None),
        ("sextant", None),
        ("PAY_AMT1", None),
    ],
)
def test_columns_are_recognised_by_name(column, attribute):
    """Case, separators, one-hot and binned forms do not hide an attribute; longer names are others."""
    assert carried_attribute(column, PROTECTED) == attribute


@given(st.text(max_size=20))
def test_any_name_is_answered(column):
    """No column name breaks the check."""
    assert carried_attribute(column, PROTECTED) in (None, *PROTECTED)


@pytest.mark.parametrize(
    ("tier", "refused"),
    [(Tier.HIGH, 1), (Tier.PROHIBITED, 1), (None, 1), (Tier.LIMITED, 0), (Tier.MINIMAL, 0)],
)
def test_the_tier_decides_and_none_is_strict(tier, refused):
    """High-risk systems, and those not tiered yet, may not; lower tiers may."""
    answer = judge_features("loans", ("SEX", "LIMIT_BAL"), PROTECTED, frozenset(), tier)
    assert (len(answer.refused), answer.accepted) == (refused, not refused)


def test_a_permitted_attribute_is_named_as_such():
    """A legal basis for one attribute permits that one only."""
    answer = judge_features("loans", ("SEX", "AGE"), PROTECTED, frozenset({"age"}), Tier.HIGH)
    assert (answer.refused, answer.permitted) == ({"SEX": "sex"}, {"AGE": "age"})


@pytest.mark.parametrize(("features", "protected"), [((), PROTECTED), (("LIMIT_BAL",), ())])
def test_nothing_to_judge_is_refused(features, protected):
    """Without features, or without declared audit attributes, there is no answer."""
    with pytest.raises(UsageError, match="names"):
        judge_features("loans", features, protected, frozenset(), Tier.HIGH)
