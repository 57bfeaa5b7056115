"""The answers a check can give, and the exit status each one means.

**Promise**: "not assessable" is an outcome of its own and never counts as a pass.
**Not here**: errors (see `errors`): an answer of no is a value.
"""

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """One control's answer, or a whole verdict's."""

    PASS = "pass"  # noqa: S105  # the word of the field, not a password
    FAIL = "fail"
    WAIVED = "waived"
    NOT_APPLICABLE = "not-applicable"
    NOT_ASSESSABLE = "not-assessable"

    @property
    def exit_status(self) -> int:
        """0 lets through, 1 refuses, 8 says that the evidence cannot tell.

        >>> [Outcome.PASS.exit_status, Outcome.FAIL.exit_status, Outcome.NOT_ASSESSABLE.exit_status]
        [0, 1, 8]
        """
        return {Outcome.FAIL: 1, Outcome.NOT_ASSESSABLE: 8}.get(self, 0)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Fold control outcomes into one: a fail beats not-assessable, which beats everything that passes.

    No outcome at all is "not assessable": a check that looked at nothing has not passed.

    >>> worst([Outcome.PASS, Outcome.NOT_ASSESSABLE, Outcome.WAIVED])
    <Outcome.NOT_ASSESSABLE: 'not-assessable'>
    >>> worst([])
    <Outcome.NOT_ASSESSABLE: 'not-assessable'>
    """
    seen = set(outcomes)
    if not seen:
        return Outcome.NOT_ASSESSABLE
    for outcome in (Outcome.FAIL, Outcome.NOT_ASSESSABLE, Outcome.PASS, Outcome.WAIVED):
        if outcome in seen:
            return Outcome.PASS if outcome is Outcome.WAIVED else outcome
    return Outcome.NOT_ASSESSABLE
