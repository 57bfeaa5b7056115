"""Severity is the worst of its dimensions, with floors, and lowering it takes two."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.errors import ConflictError, DeniedError, UsageError
from probative.respond.severity import Dimensions, assess, check_change

WORSE = {
    "harm": ("none", "minor", "serious", "death"),
    "legal_effect": (False, True),
    "disparity": (False, True),
    "people": (0, 99, 100, 9_999, 10_000, 5_000_000),
    "reversibility": ("reversible", "costly", "irreversible"),
    "autonomy": ("advisory", "supervised", "autonomous"),
    "data": ("none", "suspected", "confirmed", "special"),
    "publicity": ("none", "local", "national"),
    "regulator": ("none", "informed", "letter"),
}
dimensions = st.builds(Dimensions, **{name: st.sampled_from(values) for name, values in WORSE.items()})


@given(dimensions, st.sampled_from(sorted(WORSE)))
def test_worse_never_makes_it_milder(before: Dimensions, name: str) -> None:
    """One step worse in any dimension keeps the level and the floor or makes them worse."""
    values = WORSE[name]
    at = values.index(getattr(before, name))
    after = msgspec.structs.replace(before, **{name: values[min(at + 1, len(values) - 1)]})
    assert assess(after).level <= assess(before).level
    assert assess(after).floor <= assess(before).floor


@given(dimensions)
def test_the_level_is_the_worst_reason_and_within_the_floor(given_: Dimensions) -> None:
    """Never an average: the level is one of the reasons' own, and at least as bad as the floor."""
    found = assess(given_)
    assert found.level == min([4, *(reason.level for reason in found.reasons)])
    assert 1 <= found.level <= found.floor <= 4


@pytest.mark.parametrize(
    ("given_", "level", "floor"),
    [
        (Dimensions(), 4, 4),
        (Dimensions(harm="death"), 1, 1),
        (Dimensions(legal_effect=True), 2, 4),
        (Dimensions(legal_effect=True, disparity=True), 2, 2),
        (Dimensions(data="confirmed"), 2, 2),
        (Dimensions(data="special"), 1, 2),
        (Dimensions(regulator="letter"), 2, 2),
        (Dimensions(people=100), 3, 4),
    ],
)
def test_the_levels_and_floors_of_the_design(given_: Dimensions, level: int, floor: int) -> None:
    """Serious harm is severity 1; disparity with legal effect, confirmed data and a letter at least 2."""
    assert (assess(given_).level, assess(given_).floor) == (level, floor)


def test_raising_is_free() -> None:
    """Nobody is asked, no reason is needed."""
    check_change(3, 1, 4, actor="p-1", approver="", reason="")


@pytest.mark.parametrize(
    ("after", "floor", "approver", "reason", "error"),
    [
        (3, 4, "", "milder", DeniedError),
        (3, 4, "p-1", "milder", DeniedError),
        (3, 4, "p-2", "  ", DeniedError),
        (3, 2, "p-2", "milder", ConflictError),
        (5, 4, "p-2", "milder", UsageError),
        (0, 4, "", "", UsageError),
    ],
)
def test_lowering_needs_another_person_a_reason_and_room(
    after: int, floor: int, approver: str, reason: str, error: type[Exception]
) -> None:
    """Each thing that is missing is refused by its own kind of error."""
    with pytest.raises(error):
        check_change(2, after, floor, actor="p-1", approver=approver, reason=reason)


def test_lowering_with_all_of_it_is_allowed() -> None:
    """Another person, a reason, and no floor in the way."""
    check_change(2, 3, 3, actor="p-1", approver="p-2", reason="fewer people than thought")
