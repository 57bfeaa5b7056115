"""The fairness audit: a cohort frozen by digest, its groups counted, every number with its uncertainty.

**Promise**: the same cohort, meaning and thresholds give the same result bytes; a cohort that was frozen
before and has changed since is refused.
**Not here**: leave to read protected attributes (`record.audit-authorised`) and legal conclusions.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import msgspec
import polars as pl
import pyarrow as pa

from probative.kernel.canon import canonical
from probative.kernel.errors import ConflictError, UsageError
from probative.watch.counting.plan import Plan, matches, scan
from probative.watch.counting.profile import Attribute, Meaning, Profile
from probative.watch.counting.rows import DECISION, cohort_digest, joined, lazy
from probative.watch.counting.state import State
from probative.watch.facts import Cohort
from probative.watch.measures.catalogue import VERSION, group_measures
from probative.watch.measures.coverage import coverage
from probative.watch.measures.measured import Measured, MeasureSpec, judge, seriousness
from probative.watch.monitor import group_sets
from probative.watch.pack import thresholds

FORMAT = "probative-fairness-audit/1"
NOTICE = (
    "Statistical description of recorded decisions, not a legal finding and not legal advice. "
    "Four-fifths is a screening heuristic. Error rates exist only where an outcome is known."
)
DEFAULTS = ("four-fifths", "equal-opportunity-ours", "equalised-odds-ours")


class Question(NamedTuple):
    """What an audit asks: of which cohort, by which attributes, with which meaning and thresholds."""

    system: str
    audit: str
    cohort: Cohort
    meaning: Meaning
    attributes: tuple[Attribute, ...]
    intersections: tuple[tuple[str, ...], ...]
    specs: tuple[MeasureSpec, ...]


class Answer(NamedTuple):
    """What an audit found; `result` is the canonical JSON that is kept as a blob."""

    cohort: Cohort
    state: State
    measures: tuple[Measured, ...]
    result: bytes


def default_specs(on: date, *, labelled: bool) -> tuple[MeasureSpec, ...]:
    """Return the default fairness measures; those that need outcomes only where outcomes have a meaning."""
    chosen = (thresholds().get(name, on) for name in (DEFAULTS if labelled else DEFAULTS[:1]))
    return tuple(
        MeasureSpec(measure=t.measure, threshold=t.id, watch=t.watch, breach=t.breach, n_min=t.n_min)
        for t in chosen
    )


def select(decisions: pa.Table, cohort: Cohort) -> pl.LazyFrame:
    """Keep the decisions whose columns have the cohort's values; an unknown column raises `UsageError`."""
    frame = lazy(decisions)
    types = dict(frame.collect_schema())
    for name, value in cohort.where.items():
        if name not in types:
            raise UsageError(
                "watch.cohort-column",
                f"The decisions have no column '{name[:80]}' to choose a cohort by.",
                f"They have {', '.join(list(types)[:20])}.",
            )
        frame = frame.filter(matches(name, value, types))
    return frame


def freeze(frame: pl.LazyFrame, cohort: Cohort) -> Cohort:
    """Return the cohort with its count and digest; one frozen before must still be the same decisions."""
    names = frame.select(DECISION).collect().to_series().to_list()
    count, digest = len(names), cohort_digest(names)
    if cohort.sha256 is not None and (cohort.sha256, cohort.count) != (digest, count):
        raise ConflictError(
            "watch.cohort-changed",
            f"The cohort had {cohort.count} decisions ({cohort.sha256[:12]}), now {count} ({digest[:12]}).",
            "Rows were recorded or erased since; freeze the cohort again and say why.",
        )
    if count == 0:
        raise UsageError(
            "watch.cohort-empty", "No decision matches the cohort.", "Widen the span or the values."
        )
    return msgspec.structs.replace(cohort, count=count, sha256=digest)


def conduct(question: Question, frame: pl.LazyFrame, outcomes: pa.Table, protected: pa.Table) -> Answer:
    """Count and judge a cohort; pure in its rows, so that it can be done again by anyone who holds them."""
    cohort = freeze(frame, question.cohort)
    profile = Profile(system=question.system, meaning=question.meaning)
    sets = group_sets(question.attributes, question.intersections)
    state = scan(joined(frame, outcomes, protected), Plan(profile=profile, groups=sets))
    found = (measured for spec in question.specs for measured in group_measures(spec, state))
    measures = tuple(sorted(judge(found), key=seriousness))
    return Answer(cohort, state, measures, _result(question, cohort, state, measures))


def _result(question: Question, cohort: Cohort, state: State, measures: Iterable[Measured]) -> bytes:
    return canonical(
        msgspec.to_builtins(
            {
                "format": FORMAT,
                "system": question.system,
                "audit": question.audit,
                "cohort": cohort,
                "cohort_digest_of": "sorted decision ids, each followed by a line feed, SHA-256",
                "meaning": question.meaning,
                "attributes": question.attributes,
                "intersections": question.intersections,
                "thresholds": question.specs,
                "thresholds_pack_sha256": thresholds().sha256,
                "measures_version": VERSION,
                "state_sha256": state.digest(),
                "coverage": coverage(state),
                "measures": list(measures),
                "notice": NOTICE,
            }
        )
    )
