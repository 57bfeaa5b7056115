"""Severity of an incident: the worst of its dimensions, never an average, with floors nobody can go below.

**Promise**: pure; making any dimension worse never makes the severity milder; raising is free, lowering
needs another person and a reason, and stays at or above the floor.
**Not here**: counting the people (`respond.evidence`), and legal clocks: severity never starts or stops one.
"""

from typing import Literal

import msgspec

from probative.kernel.errors import ConflictError, DeniedError, UsageError

SEV_WORST = 1
SEV_MILDEST = 4

_MANY_PEOPLE = 10_000
_SOME_PEOPLE = 100


class Dimensions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known about the harm. Counts come from the record; the words from the person who declares.

    `autonomy` follows the three CSET levels (advisory, supervised, autonomous). `data` is the exposure of
    personal data, `regulator` is `letter` once a formal inquiry was received.
    """

    harm: Literal["none", "minor", "serious", "death"] = "none"
    legal_effect: bool = False
    disparity: bool = False
    people: int = 0
    decisions: int = 0
    reversibility: Literal["reversible", "costly", "irreversible"] = "reversible"
    autonomy: Literal["advisory", "supervised", "autonomous"] = "advisory"
    data: Literal["none", "suspected", "confirmed", "special"] = "none"
    publicity: Literal["none", "local", "national"] = "none"
    regulator: Literal["none", "informed", "letter"] = "none"


class Reason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a level was reached: the dimension, its value, the level, and whether it is a floor."""

    dimension: str
    value: str
    level: int
    floor: bool = False


class Severity(msgspec.Struct, frozen=True, kw_only=True):
    """`level` 1 (worst) to 4, the `floor` that no one may go below, and every reason, worst first."""

    level: int
    floor: int
    reasons: tuple[Reason, ...]


_LEVELS: dict[str, dict[str, int]] = {
    "harm": {"minor": 3, "serious": 1, "death": 1},
    "reversibility": {"costly": 3, "irreversible": 2},
    "autonomy": {"autonomous": 3},
    "data": {"suspected": 3, "confirmed": 2, "special": 1},
    "publicity": {"local": 3, "national": 2},
    "regulator": {"informed": 3, "letter": 2},
}
_FLOORS: dict[tuple[str, str], int] = {
    ("harm", "serious"): 1,
    ("harm", "death"): 1,
    ("data", "confirmed"): 2,
    ("data", "special"): 2,
    ("regulator", "letter"): 2,
}


def assess(dimensions: Dimensions) -> Severity:
    """Return the severity that the dimensions give: the worst level of any of them.

    >>> assess(Dimensions(legal_effect=True, people=300)).level
    2
    >>> assess(Dimensions()).level
    4
    >>> assess(Dimensions(harm="serious")).floor
    1
    """
    reasons = [*_worded(dimensions), *_rights(dimensions), *_scale(dimensions)]
    reasons.sort(key=lambda reason: (reason.level, reason.dimension))
    level = min((reason.level for reason in reasons), default=SEV_MILDEST)
    floor = min(
        (_FLOORS.get((r.dimension, r.value), r.level) for r in reasons if r.floor), default=SEV_MILDEST
    )
    return Severity(level=level, floor=floor, reasons=tuple(reasons))


def check_change(before: int, after: int, floor: int, *, actor: str, approver: str, reason: str) -> None:
    """Refuse a change of severity from `before` to `after` that the rules do not allow.

    Anyone may raise. Lowering (a larger number) needs a reason and an approver who is another person
    (`DeniedError` otherwise), and may not go below the floor (`ConflictError`).

    >>> check_change(3, 2, 4, actor="p-1", approver="", reason="")
    >>> check_change(2, 3, 4, actor="p-1", approver="p-1", reason="smaller than thought")
    Traceback (most recent call last):
    probative.kernel.errors.DeniedError: Lowering the severity from 2 to 3 needs an approver other than 'p-1'.
    """
    if not SEV_WORST <= after <= SEV_MILDEST:
        raise UsageError("severity.unknown", f"'{after}' is not a severity.", "Give 1 (worst) to 4.")
    if after <= before:
        return
    if after > floor:
        raise ConflictError(
            "severity.below-floor",
            f"The severity cannot be {after}: what is known sets a floor of {floor}.",
            "Correct the dimensions first if they are wrong.",
        )
    if not reason.strip():
        raise DeniedError(
            "severity.no-reason",
            f"Lowering the severity from {before} to {after} needs a reason.",
            "Give one.",
        )
    if approver in ("", actor):
        raise DeniedError(
            "severity.no-approver",
            f"Lowering the severity from {before} to {after} needs an approver other than '{actor}'.",
            "Have a second person approve it.",
        )


def _worded(dimensions: Dimensions) -> list[Reason]:
    found = []
    for name, levels in _LEVELS.items():
        value = getattr(dimensions, name)
        if value in levels:
            floor = (name, value) in _FLOORS
            found.append(Reason(dimension=name, value=value, level=levels[value], floor=floor))
    return found


def _rights(dimensions: Dimensions) -> list[Reason]:
    if dimensions.legal_effect and dimensions.disparity:
        return [Reason(dimension="disparity", value="on decisions with legal effect", level=2, floor=True)]
    if dimensions.legal_effect:
        return [Reason(dimension="legal-effect", value="decisions with legal effect", level=2)]
    if dimensions.disparity:
        return [Reason(dimension="disparity", value="between groups", level=3)]
    return []


def _scale(dimensions: Dimensions) -> list[Reason]:
    if dimensions.people >= _MANY_PEOPLE:
        return [Reason(dimension="people", value=f"{dimensions.people} people", level=2)]
    if dimensions.people >= _SOME_PEOPLE:
        return [Reason(dimension="people", value=f"{dimensions.people} people", level=3)]
    return []
