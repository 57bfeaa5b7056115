"""The clock board: where each duty of a matter stands now, the earliest alert first.

**Promise**: pure; each row names its rule, citation, confidence and grade; a date that is not certain says
why (`proposed`, `needs-counsel`); a duty without a number shows words, never a date.
**Not here**: recording anything (`keeper`).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from probative.kernel.clock import format_instant, parse_instant
from probative.respond.deadlines.circumstances import ClockAnswer
from probative.respond.deadlines.facts import ClockDates, ClockFixed
from probative.respond.deadlines.history import Adoption, ClockKey, History
from probative.respond.deadlines.pack import ClockPack, Obligation, Stage
from probative.respond.deadlines.planning import dates_for, lapsed, may_be_dated, used_percent

State = Literal[
    "running",
    "overdue",
    "proposed",
    "needs-counsel",
    "waiting",
    "no-number",
    "unconfirmed",
    "met",
    "met-late",
    "no-notify",
    "lapsed",
    "not-applicable",
]
OPEN_STATES = ("running", "overdue", "proposed", "needs-counsel", "waiting", "no-number", "unconfirmed")
WARN_PERCENTS = (50, 80, 95, 100)
NOT_LEGAL_ADVICE = "Paraphrased rules with sources, not legal advice."


class BoardRow(msgspec.Struct, frozen=True, kw_only=True):
    """One clock: `state`, dates as text instants, and everything needed to judge them.

    In state `needs-counsel` and `proposed` the dates are what they would be; `why` says what is missing.
    `used_percent` is the share of time used up to the alert. `review` is "adopted" or "unreviewed".
    """

    incident: str
    system: str
    obligation: str
    stage: str
    state: State
    why: tuple[str, ...]
    duty: str
    notify: tuple[str, ...]
    event: str = ""
    started_at: str | None = None
    nominal_due: str | None = None
    adjusted_due: str | None = None
    alert_at: str | None = None
    used_percent: int | None = None
    place: str = ""
    citation: str = ""
    rule: str = ""
    status: str = ""
    confidence: str = ""
    grade: str = ""
    review: Literal["adopted", "unreviewed", "set"] = "unreviewed"
    near: bool = True
    recipient: str = ""

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self.state in OPEN_STATES


class _View(msgspec.Struct, frozen=True):
    """What every row is computed from."""

    incident: str
    system: str
    pack: ClockPack
    history: History
    adopted: Mapping[str, Adoption]
    now: datetime

    @property
    def roles(self) -> tuple[str, ...]:
        return self.history.selected.circumstances.roles if self.history.selected else ()


def board_of(
    incident: str,
    system: str,
    pack: ClockPack,
    history: History,
    adopted: Mapping[str, Adoption],
    now: datetime,
) -> list[BoardRow]:
    """Return one matter's clocks as they stand at `now`: open ones by alert, then done, then the rest."""
    view = _View(incident, system, pack, history, adopted, now)
    rows = [_fixed_row(view, key, fixed) for key, fixed in history.fixed.items()]
    for answer in history.selected.answers if history.selected else ():
        rows.extend(_answer_rows(view, answer))
    return sort_rows(rows)


def sort_rows(rows: list[BoardRow]) -> list[BoardRow]:
    """Order rows of one or many matters: what is due first stands first."""

    def rank(row: BoardRow) -> tuple[int, str, str, str]:
        if row.is_open:
            return 0 if row.alert_at else 1, row.alert_at or "", row.obligation, row.stage
        return 3 if row.state == "not-applicable" else 2, row.alert_at or "", row.obligation, row.stage

    return sorted(rows, key=rank)


def warnings_of(rows: Iterable[BoardRow], history: History) -> list[tuple[BoardRow, int]]:
    """Return the highest mark that each open clock has newly passed, dates that are only proposed included.

    A date nobody has confirmed yet still runs out, so it warns as well.
    """
    warnings = []
    for row in rows:
        if not row.is_open or row.used_percent is None or row.alert_at is None:
            continue
        given = history.warned.get(ClockKey(row.obligation, row.stage), set())
        passed = max((mark for mark in WARN_PERCENTS if row.used_percent >= mark), default=0)
        if passed > max((percent for at, percent in given if at == row.alert_at), default=0):
            warnings.append((row, passed))
    return warnings


def _answer_rows(view: _View, answer: ClockAnswer) -> Iterator[BoardRow]:
    obligation = view.pack.obligations.get(answer.obligation)
    if obligation is None:
        yield _row(
            view, answer, "", "needs-counsel", ("the rule is no longer in the clock pack: select again",)
        )
    elif answer.answer == "not-applicable":
        yield _row(view, answer, "", "not-applicable", answer.reasons)
    elif answer.answer == "needs-counsel":
        yield _indicative_row(view, answer, obligation)
    else:
        for stage in obligation.stage:
            if stage.id in answer.stages:
                yield _stage_row(view, answer, obligation, stage)
            elif stage.id in answer.open_stages:
                asked = [
                    view.pack.questions[name].ask for name in stage.needs if name in answer.open_questions
                ]
                why = tuple(f"undecided: {question}" for question in asked)
                yield _row(view, answer, stage.id, "needs-counsel", why, stage)


def _stage_row(view: _View, answer: ClockAnswer, obligation: Obligation, stage: Stage) -> BoardRow:
    key = ClockKey(obligation.id, stage.id)
    dates = view.history.dates.get(key)
    if key in view.history.met:
        met = view.history.met[key]
        late = met.in_time_adjusted is False
        why = (f"sent to {met.recipient} at {met.sent_at}, proof {met.proof[:12]}",)
        return _row(view, answer, stage.id, "met-late" if late else "met", why, stage, dates, met.recipient)
    if obligation.id in view.history.declined:
        declined = view.history.declined[obligation.id]
        why = (f"{declined.approver} decided not to notify: {declined.reason}",)
        return _row(view, answer, stage.id, "no-notify", why, stage, dates)
    if dates is not None:
        if lapsed(stage, dates, view.history, obligation.id):
            why = (f"{stage.lapses_when} came after this limit, which then no longer counts",)
            return _row(view, answer, stage.id, "lapsed", why, stage, dates)
        return _row(view, answer, stage.id, _dated_state(view, dates), dates.steps, stage, dates)
    return _undated_row(view, answer, obligation, stage)


def _dated_state(view: _View, dates: ClockDates) -> State:
    if dates.alert_at is None:
        return "no-number"
    return "overdue" if view.now > parse_instant(dates.alert_at) else "running"


def _undated_row(view: _View, answer: ClockAnswer, obligation: Obligation, stage: Stage) -> BoardRow:
    """Show a stage whose start nobody confirmed, or whose limit nobody read in a source."""
    if not may_be_dated(obligation, stage, view.adopted):
        why = ("this limit was recalled, not read in a source: a named person has to confirm it",)
        return _row(view, answer, stage.id, "unconfirmed", why, stage)
    if stage.set_by and not stage.n:
        why = (f"the {stage.set_by} sets the date: record it from the letter",)
        return _row(view, answer, stage.id, "waiting", why, stage)
    proposal = view.history.proposed.get(stage.event)
    if proposal is None:
        return _row(view, answer, stage.id, "waiting", (f"starts on {stage.event}: {stage.starts}",), stage)
    dates = dates_for(view.pack, answer, stage, proposal[0], view.roles)
    why = (f"{stage.event} was proposed by {proposal[1][:12]}; a named person has to confirm it",)
    return _row(view, answer, stage.id, "proposed", why, stage, dates)


def _indicative_row(view: _View, answer: ClockAnswer, obligation: Obligation) -> BoardRow:
    """Show the earliest date that would hold if counsel finds that the duty applies."""
    found: list[tuple[str, Stage, ClockDates]] = []
    for stage in obligation.stage:
        at = _known_event(view, obligation, stage)
        if at is not None and stage.n and may_be_dated(obligation, stage, view.adopted):
            dates = dates_for(view.pack, answer, stage, at, view.roles)
            found.append((dates.alert_at or "", stage, dates))
    if not found:
        first = obligation.stage[0]
        return _row(view, answer, first.id, "needs-counsel", answer.reasons, first)
    _, stage, dates = min(found, key=lambda item: item[0])
    return _row(view, answer, stage.id, "needs-counsel", answer.reasons, stage, dates)


def _known_event(view: _View, obligation: Obligation, stage: Stage) -> datetime | None:
    start = view.history.start_of(obligation.id, stage.event)
    if start is not None:
        return start.at
    proposal = view.history.proposed.get(stage.event)
    return proposal[0] if proposal else None


def _row(
    view: _View,
    answer: ClockAnswer,
    stage_id: str,
    state: State,
    why: tuple[str, ...],
    stage: Stage | None = None,
    dates: ClockDates | None = None,
    recipient: str = "",
) -> BoardRow:
    obligation = view.pack.obligations.get(answer.obligation)
    return BoardRow(
        incident=view.incident,
        system=view.system,
        obligation=answer.obligation,
        stage=stage_id,
        state=state,
        why=why,
        duty=stage.primary if stage else obligation.trigger if obligation else "",
        notify=obligation.notify if obligation else (),
        event=stage.event if stage else "",
        started_at=dates.started_at if dates else None,
        nominal_due=dates.nominal_due if dates else None,
        adjusted_due=dates.adjusted_due if dates else None,
        alert_at=dates.alert_at if dates else None,
        used_percent=_used(view, dates.started_at, dates.alert_at) if dates else None,
        place=dates.place if dates else answer.place,
        citation=answer.citation,
        rule=dates.rule if dates else answer.rule,
        status=answer.status,
        confidence="from-memory" if stage and stage.recalled else answer.confidence,
        grade=answer.grade,
        review="adopted" if answer.rule_sha256 in view.adopted else "unreviewed",
        near=answer.near,
        recipient=recipient,
    )


def _fixed_row(view: _View, key: ClockKey, fixed: ClockFixed) -> BoardRow:
    met = view.history.met.get(key)
    state: State = "overdue" if format_instant(view.now) > fixed.due_at else "running"
    why = (f"set by {fixed.basis}, see {fixed.source[:12]}",)
    if met is not None:
        state = "met-late" if met.in_time_nominal is False else "met"
        why = (f"sent to {met.recipient} at {met.sent_at}, proof {met.proof[:12]}",)
    return BoardRow(
        incident=view.incident,
        system=view.system,
        obligation=key.obligation,
        stage=key.stage,
        state=state,
        why=why,
        duty=fixed.title,
        notify=(fixed.recipient,),
        event="received",
        started_at=fixed.started_at,
        nominal_due=fixed.due_at,
        adjusted_due=fixed.due_at,
        alert_at=fixed.due_at,
        used_percent=_used(view, fixed.started_at, fixed.due_at),
        citation=f"date set by {fixed.basis}",
        rule=f"set/{fixed.basis}",
        status="in-force",
        confidence="recorded",
        grade="none",
        review="set",
        recipient=met.recipient if met else fixed.recipient,
    )


def _used(view: _View, started_at: str, alert_at: str | None) -> int | None:
    if alert_at is None:
        return None
    return used_percent(parse_instant(started_at), parse_instant(alert_at), view.now)
