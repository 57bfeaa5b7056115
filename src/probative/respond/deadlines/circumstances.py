"""What is known about an incident when clocks are chosen, and the answer each obligation gets.

**Promise**: what nobody has told stays undecided; an answer carries its reasons, the open questions and the
exact rule version it rests on.
**Not here**: the choosing itself (`selection`).
"""

from typing import Literal

import msgspec

from probative.kernel.errors import UsageError
from probative.respond.deadlines.calendars import check_place

Verdict = Literal["applies", "not-applicable", "needs-counsel"]
Annex = Literal["", "annex-i", "annex-iii"]


class Circumstances(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who we are, where, and what happened, as told by a person.

    `jurisdictions` are places (`DE`, `US-NY`), the competent authority's first; `roles` every legal role held
    (provider, deployer, controller, financial-entity, credit-institution, ...); `facts` the answers given
    to the pack's questions, `basis` in a few words who established each. A question not in `facts` is
    undecided.

    >>> Circumstances(jurisdictions=("DE",), roles=("provider",), tier="high-risk").facts
    {}
    """

    jurisdictions: tuple[str, ...]
    roles: tuple[str, ...]
    tier: str
    annex: Annex = ""
    facts: dict[str, bool] = {}
    basis: dict[str, str] = {}

    def __post_init__(self) -> None:
        """Refuse places without a calendar, and circumstances that name no place or no role."""
        if not self.jurisdictions or not self.roles:
            raise UsageError(
                "circumstances.empty",
                "Circumstances need at least one jurisdiction and one legal role.",
                "For example --in DE --role provider --role controller.",
            )
        for code in self.jurisdictions:
            check_place(code)


class ClockAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one obligation comes to here: `answer`, with `reasons` for a person to read.

    `stages` are the clocks that run once their event is confirmed, `open_stages` those that wait for an
    answer; `open_questions` name what must be told;
    `near` says that the obligation is addressed to us, so that a "not applicable" is worth reading. `rule`
    and `rule_sha256` fix the wording it rests on, `place` the calendar.
    """

    obligation: str
    answer: Verdict
    reasons: tuple[str, ...]
    open_questions: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    open_stages: tuple[str, ...] = ()
    near: bool
    rule: str
    rule_sha256: str
    citation: str
    place: str
    status: str
    confidence: str
    grade: str
    adopted: bool
