"""What legal clocks write to the ledger: choices, starts, dates and their history, warnings, proofs of
sending.

**Promise**: every date keeps the rule version and pack digest it was computed from; nothing is overwritten,
so a date that moved can be read at each of its places.
**Not here**: the words of a notice (`respond.notice`).
"""

from typing import Literal

import msgspec

from probative.record.facts import Body, fact_kind
from probative.respond.deadlines.circumstances import Circumstances, ClockAnswer

Basis = Literal["authority", "contract", "insurer", "internal"]


class ClockDates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When one clock began and ends: instants as text, `None` where the law fixes no number.

    `alert_at` is the earlier of `nominal_due` and `adjusted_due`; `steps` says in words how the count went.
    """

    event: str
    started_at: str
    nominal_due: str | None
    adjusted_due: str | None
    alert_at: str | None
    place: str
    rule: str
    rule_sha256: str
    pack_sha256: str
    steps: tuple[str, ...]


@fact_kind("respond.clocks-selected")
class ClocksSelected(Body, frozen=True, kw_only=True):
    """Which duties the incident meets under what is known, one answer an obligation, on the day `on`.

    `packs` maps each clock pack to the digest of its file.
    """

    incident: str
    system: str
    on: str
    circumstances: Circumstances
    packs: dict[str, str]
    answers: tuple[ClockAnswer, ...]


@fact_kind("respond.clock-start-proposed")
class ClockStartProposed(Body, frozen=True, kw_only=True):
    """A signal (or anyone) says that a start event happened at `at`; a named person has yet to confirm it."""

    incident: str
    system: str
    event: str
    at: str
    source: str


@fact_kind("respond.clock-start-confirmed")
class ClockStartConfirmed(Body, frozen=True, kw_only=True):
    """A named person confirms that a start event happened at `at`; `person_class` is whose awareness it was.

    The earliest confirmed instant counts, unless a later fact `corrects` it and says why in `reason`.
    """

    incident: str
    system: str
    event: str
    at: str
    confirmed_by: str
    person_class: str = ""
    corrects: bool = False
    reason: str = ""


@fact_kind("respond.clock-started")
class ClockStarted(Body, frozen=True, kw_only=True):
    """A clock runs from a confirmed event on, with the dates computed then."""

    incident: str
    system: str
    obligation: str
    stage: str
    dates: ClockDates
    confirmed_by: str


@fact_kind("respond.clock-recalculated")
class ClockRecalculated(Body, frozen=True, kw_only=True):
    """A clock's dates changed, earlier or later; what they were before stays beside what they are now."""

    incident: str
    system: str
    obligation: str
    stage: str
    before: ClockDates
    dates: ClockDates
    moved: Literal["earlier", "later", "same"]
    reason: str


@fact_kind("respond.clock-fixed")
class ClockFixed(Body, frozen=True, kw_only=True):
    """A date that somebody set: an authority's letter, a contract, an insurer, or we ourselves (`internal`).

    `source` is the digest or fact id of the paper that says so.
    """

    incident: str
    system: str
    obligation: str
    stage: str
    title: str
    basis: Basis
    recipient: str
    started_at: str
    due_at: str
    source: str


@fact_kind("respond.no-notify-decided")
class NoNotifyDecided(Body, frozen=True, kw_only=True):
    """It was decided not to notify, why, and by whom, under a rule that counsel adopted (`adoption`)."""

    incident: str
    system: str
    obligation: str
    reason: str
    approver: str
    rule: str
    rule_sha256: str
    adoption: str


@fact_kind("respond.clock-warned")
class ClockWarned(Body, frozen=True, kw_only=True):
    """So much of a clock's time is used up: 50, 80, 95, or 100 when it has run out unmet."""

    incident: str
    system: str
    obligation: str
    stage: str
    used_percent: int
    alert_at: str


@fact_kind("respond.clock-met")
class ClockMet(Body, frozen=True, kw_only=True):
    """What the clock asked for was sent: when, to whom, and the digest that proves it.

    `in_time_nominal` and `in_time_adjusted` are `None` where there was no date.
    """

    incident: str
    system: str
    obligation: str
    stage: str
    sent_at: str
    recipient: str
    proof: str
    in_time_nominal: bool | None
    in_time_adjusted: bool | None


@fact_kind("respond.rule-adopted")
class RuleAdopted(Body, frozen=True, kw_only=True):
    """Counsel read a rule of the pack and adopted this wording; `confirmed` are recalled stages checked."""

    obligation: str
    rule: str
    rule_sha256: str
    pack_sha256: str
    statement: str
    confirmed: tuple[str, ...] = ()
