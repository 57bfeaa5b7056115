"""The decisions of an incident, read in bounded spans: how many, whose, and where they begin.

**Promise**: never more than one span of rows in memory, besides ids; every answer is the same whatever the
span and in whatever order the log keeps its segments.
**Not here**: the decision log (`record.decisions`), and what the counts mean.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from probative.kernel.clock import format_instant
from probative.respond.ports import Decisions, Rows

SPAN = timedelta(days=1)


class Population(NamedTuple):
    """What a span of decisions amounts to; `sha256` is over the sorted decision ids, one a line."""

    decisions: int
    people: int
    sha256: str


def spans(since: datetime, until: datetime, span: timedelta = SPAN) -> Iterator[tuple[datetime, datetime]]:
    """Cut `[since, until)` into spans of at most `span`.

    >>> from datetime import UTC
    >>> day = datetime(2026, 11, 1, tzinfo=UTC)
    >>> [end.day for _, end in spans(day, day + timedelta(days=2.5))]
    [2, 3, 3]
    """
    while since < until:
        end = min(since + span, until)
        yield since, end
        since = end


def count_decisions(log: Decisions, system: str, since: datetime, until: datetime) -> int:
    """Return how many decisions lie in `[since, until)`."""
    return sum(rows.num_rows for rows in _pages(log, system, since, until, ("decision_id",)))


def first_decision(log: Decisions, system: str, since: datetime, until: datetime) -> datetime | None:
    """Return when the first decision of `[since, until)` was made, `None` if there is none."""
    for rows in _pages(log, system, since, until, ("decided_at",)):
        if rows.num_rows:
            first: datetime = min(rows.column("decided_at").to_pylist())
            return first
    return None


def measure(log: Decisions, system: str, since: datetime, until: datetime) -> Population:
    """Count decisions and distinct subjects of `[since, until)`, and hash the sorted decision ids."""
    people: set[str] = set()
    ids: list[str] = []
    for rows in _pages(log, system, since, until, ("decision_id", "subject")):
        people.update(rows.column("subject").to_pylist())
        ids += rows.column("decision_id").to_pylist()
    digest = hashlib.sha256()
    for name in sorted(ids):
        digest.update(f"{name}\n".encode())
    return Population(len(ids), len(people), digest.hexdigest())


def list_affected(log: Decisions, system: str, since: datetime, until: datetime) -> Iterator[bytes]:
    """Yield the decisions of `[since, until)` as tab-separated lines: decision id, instant, subject.

    They come in the order in which they were made, then by id.
    """
    columns = ("decided_at", "decision_id", "subject")
    for rows in _pages(log, system, since, until, columns):
        values = zip(*(rows.column(name).to_pylist() for name in columns), strict=True)
        for at, decision, subject in sorted(values, key=lambda value: value[:2]):
            yield f"{decision}\t{format_instant(at)}\t{subject}\n".encode()


def _pages(
    log: Decisions, system: str, since: datetime, until: datetime, columns: tuple[str, ...]
) -> Iterator[Rows]:
    for start, end in spans(since, until):
        yield log.read(system, since=start, until=end, columns=columns)
