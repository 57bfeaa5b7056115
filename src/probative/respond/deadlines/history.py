"""What the ledger says so far about one matter's clocks, folded from its facts.

**Promise**: pure; the same facts give the same history; the earliest confirmed start of an event counts
unless a person corrected it with a reason.
**Not here**: reading the ledger (`keeper`), and what a history means today (`board`).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec

from probative.kernel.clock import parse_instant
from probative.record.facts import Fact
from probative.respond.deadlines.facts import (
    ClockDates,
    ClockFixed,
    ClockMet,
    ClockRecalculated,
    ClocksSelected,
    ClockStartConfirmed,
    ClockStarted,
    ClockStartProposed,
    ClockWarned,
    NoNotifyDecided,
    RuleAdopted,
)
from probative.respond.deadlines.pack import SENT

CLOCK_KINDS = (
    "respond.clocks-selected",
    "respond.clock-start-proposed",
    "respond.clock-start-confirmed",
    "respond.clock-started",
    "respond.clock-recalculated",
    "respond.clock-fixed",
    "respond.no-notify-decided",
    "respond.clock-warned",
    "respond.clock-met",
)
ADOPTED_KIND = "respond.rule-adopted"


class ClockKey(NamedTuple):
    """Which clock of a matter."""

    obligation: str
    stage: str


class Start(NamedTuple):
    """A confirmed start event: when it was, and who confirmed it."""

    at: datetime
    confirmed_by: str


class Adoption(NamedTuple):
    """Counsel's adoption of one wording of a rule."""

    fact: str
    actor: str
    confirmed: frozenset[str]


class History(msgspec.Struct, kw_only=True):
    """One matter's clocks as recorded: the latest selection and, per clock, its dates and its outcome."""

    selected: ClocksSelected | None = None
    selected_fact: str = ""
    proposed: dict[str, tuple[datetime, str]] = {}
    starts: dict[str, Start] = {}
    dates: dict[ClockKey, ClockDates] = {}
    fixed: dict[ClockKey, ClockFixed] = {}
    met: dict[ClockKey, ClockMet] = {}
    warned: dict[ClockKey, set[tuple[str, int]]] = {}
    declined: dict[str, NoNotifyDecided] = {}

    def start_of(self, obligation: str, event: str) -> Start | None:
        """Return the confirmed start of `event`; a sent stage counts for its own obligation only."""
        return self.starts.get(event_key(obligation, event))


def event_key(obligation: str, event: str) -> str:
    """Name an event in one matter: `awareness` is one for all, `sent:STAGE` belongs to an obligation."""
    return f"{obligation}/{event}" if event.startswith(SENT) else event


def fold(facts: Iterable[Fact]) -> History:
    """Read a matter's clock facts, in ledger order, into its history."""
    history = History()
    for fact in facts:
        _apply(history, fact)
    return history


def _apply(history: History, fact: Fact) -> None:
    match fact.kind:
        case "respond.clocks-selected":
            history.selected, history.selected_fact = fact.read(ClocksSelected), fact.id
        case "respond.clock-start-proposed":
            proposal = fact.read(ClockStartProposed)
            at = parse_instant(proposal.at)
            if proposal.event not in history.proposed or at < history.proposed[proposal.event][0]:
                history.proposed[proposal.event] = (at, proposal.source)
        case "respond.clock-started":
            started = fact.read(ClockStarted)
            history.dates[ClockKey(started.obligation, started.stage)] = started.dates
        case "respond.clock-recalculated":
            changed = fact.read(ClockRecalculated)
            history.dates[ClockKey(changed.obligation, changed.stage)] = changed.dates
        case "respond.clock-start-confirmed":
            confirm(history, fact.read(ClockStartConfirmed))
        case _:
            _apply_outcome(history, fact)


def confirm(history: History, body: ClockStartConfirmed) -> None:
    """Let a confirmed start event count in `history`: the earliest one does, or the one that corrects it."""
    known = history.starts.get(body.event)
    at = parse_instant(body.at)
    if known is None or at < known.at or body.corrects:
        history.starts[body.event] = Start(at, body.confirmed_by)


def mark_met(history: History, body: ClockMet, actor: str) -> None:
    """Let a sent stage count in `history`; its sending is the start event of stages that wait for it."""
    history.met.setdefault(ClockKey(body.obligation, body.stage), body)
    event = event_key(body.obligation, f"{SENT}{body.stage}")
    history.starts.setdefault(event, Start(parse_instant(body.sent_at), actor))


def _apply_outcome(history: History, fact: Fact) -> None:
    match fact.kind:
        case "respond.clock-fixed":
            fixed = fact.read(ClockFixed)
            history.fixed[ClockKey(fixed.obligation, fixed.stage)] = fixed
        case "respond.clock-met":
            mark_met(history, fact.read(ClockMet), fact.actor.id)
        case "respond.clock-warned":
            warned = fact.read(ClockWarned)
            seen = history.warned.setdefault(ClockKey(warned.obligation, warned.stage), set())
            seen.add((warned.alert_at, warned.used_percent))
        case "respond.no-notify-decided":
            declined = fact.read(NoNotifyDecided)
            history.declined[declined.obligation] = declined


def fold_adoptions(facts: Iterable[Fact]) -> dict[str, Adoption]:
    """Read adoptions into a map from the digest of the rule's wording; confirmed stages add up."""
    adopted: dict[str, Adoption] = {}
    for fact in facts:
        body = fact.read(RuleAdopted)
        before = adopted.get(body.rule_sha256)
        confirmed = frozenset(body.confirmed) | (before.confirmed if before else frozenset())
        adopted[body.rule_sha256] = Adoption(fact.id, fact.actor.id, confirmed)
    return adopted
