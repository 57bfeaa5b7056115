"""Did the stop really stop? The answer of the decision log, apart from what the flag says.

**Promise**: silence counts only where there was traffic before and enough time has passed; otherwise the
answer is "not assessable". `judge` is pure.
**Not here**: the stop (`respond.contain.killswitch`), and decisions that nobody sent to the log.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from probative.kernel.actor import Actor
from probative.kernel.clock import format_instant, parse_instant
from probative.kernel.errors import NotFoundError
from probative.kernel.outcome import Outcome
from probative.record.facts import Draft, Fact
from probative.record.recorder import Recorder
from probative.respond.contain.intent import subjects_of
from probative.respond.evidence.population import count_decisions
from probative.respond.facts import ActionDone, StopVerified
from probative.respond.ports import Decisions

GRACE = timedelta(seconds=5)
WINDOW = timedelta(seconds=60)


class Windows(NamedTuple):
    """The spans to count: as long before the stop as after it, and the moment of requests in flight."""

    baseline_from: datetime
    stopped_at: datetime
    settled_at: datetime
    until: datetime


class Counts(NamedTuple):
    """Decisions in each of the three spans."""

    baseline: int
    in_flight: int
    after: int


def windows(stopped_at: datetime, until: datetime, grace: timedelta = GRACE) -> Windows:
    """Return the spans for a stop at `stopped_at`, watched until `until`."""
    settled_at = stopped_at + grace
    length = max(until - settled_at, timedelta(0))
    return Windows(stopped_at - length, stopped_at, settled_at, settled_at + length)


def judge(spans: Windows, counts: Counts, window_min: timedelta = WINDOW) -> tuple[Outcome, str]:
    """Return the outcome of a verification and the reason in one sentence.

    >>> from datetime import UTC
    >>> spans = windows(datetime(2026, 11, 15, 9, 0, tzinfo=UTC), datetime(2026, 11, 15, 10, 0, tzinfo=UTC))
    >>> judge(spans, Counts(baseline=40, in_flight=1, after=0))[0]
    <Outcome.PASS: 'pass'>
    >>> judge(spans, Counts(baseline=0, in_flight=0, after=0))[0]
    <Outcome.NOT_ASSESSABLE: 'not-assessable'>
    """
    seconds = (spans.until - spans.settled_at).total_seconds()
    if counts.after:
        return Outcome.FAIL, f"{counts.after} decisions were recorded in the {seconds:.0f} s after the stop."
    if seconds < window_min.total_seconds():
        return Outcome.NOT_ASSESSABLE, f"Only {seconds:.0f} s have passed since the stop."
    if not counts.baseline:
        return (
            Outcome.NOT_ASSESSABLE,
            f"There were no decisions in the {seconds:.0f} s before the stop either.",
        )
    return (
        Outcome.PASS,
        f"No decision in {seconds:.0f} s after the stop, {counts.baseline} in as long before.",
    )


def last_stop(facts: Iterable[Fact], incident: str) -> tuple[ActionDone, datetime | None] | None:
    """Find an incident's stop in all action results of its system: the first since the system answered last.

    Returns the stop and when the system answered again, if it did; `None` without a stop that took effect.
    """
    stop, ended_at = None, None
    for fact in facts:
        done = fact.read(ActionDone)
        if done.outcome != "done" or done.kind == "arm" or done.acted_at is None:
            continue
        if done.kind == "stop":
            if done.incident == incident and (stop is None or ended_at is not None):
                stop, ended_at = done, None
        elif stop is not None and ended_at is None:
            ended_at = parse_instant(done.acted_at)
    return None if stop is None else (stop, ended_at)


def verify_stop(
    recorder: Recorder,
    log: Decisions,
    system: str,
    incident: str,
    actor: Actor,
    window_min: timedelta = WINDOW,
    key: str | None = None,
) -> StopVerified:
    """Ask the decision log whether the stop stopped the decisions, and record its answer.

    Counts from a moment after the stop until now, or until the system answered again, and as long a span
    before. `NotFoundError` if the incident has no stop that took effect. A second call with the same `key`
    returns the first answer.
    """
    if key and (known := next(recorder.facts(key=key), None)):
        return known.read(StopVerified)
    found = last_stop(recorder.facts(kind="respond.action-done", subject=f"system/{system}"), incident)
    if found is None:
        raise NotFoundError(
            "incident.no-stop",
            f"The incident '{incident}' has no stop that took effect.",
            f"Stop the system: probative respond stop {incident}",
        )
    stop, ended_at = found
    spans = windows(parse_instant(str(stop.acted_at)), ended_at or recorder.clock.now())
    counts = Counts(
        baseline=count_decisions(log, system, spans.baseline_from, spans.stopped_at),
        in_flight=count_decisions(log, system, spans.stopped_at, spans.settled_at),
        after=count_decisions(log, system, spans.settled_at, spans.until),
    )
    outcome, reason = judge(spans, counts, window_min)
    body = StopVerified(
        incident=incident,
        system=system,
        action=stop.action,
        outcome=outcome,
        reason=reason,
        window_from=format_instant(spans.settled_at),
        window_until=format_instant(spans.until),
        decisions=counts.after,
        in_flight=counts.in_flight,
        baseline=counts.baseline,
    )
    recorder.append(Draft(body=body, subjects=subjects_of(system, incident), actor=actor, key=key))
    return body
