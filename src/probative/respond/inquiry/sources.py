"""What an inquiry reads: decisions of a cohort, what became of a decision, cited facts, kept words.

**Promise**: reads only; evidence about another system is refused; nothing is read of protected attributes.
**Not here**: deciding and recording (`inquiries`).
"""

from typing import Any

import msgspec

from probative.kernel.canon import parse_strict
from probative.kernel.clock import parse_instant
from probative.kernel.errors import UsageError
from probative.record.recorder import Recorder
from probative.respond.inquiry.cohort import columns_of, select_ids
from probative.respond.inquiry.facts import CohortDefinition
from probative.respond.inquiry.matrix import MatrixRow, Question, Statement, build_matrix
from probative.respond.inquiry.ports import DecisionSource
from probative.respond.inquiry.progress import Progress
from probative.respond.matters import Matter


def find_ids(decisions: DecisionSource, definition: CohortDefinition) -> list[str]:
    """Return the sorted ids of the decisions that meet a definition."""
    rows = decisions.read(
        definition.system,
        since=parse_instant(definition.since),
        until=parse_instant(definition.until),
        columns=columns_of(definition),
    )
    return select_ids(definition, rows)


def outcomes_of(decisions: DecisionSource, system: str, decision_id: str) -> list[dict[str, Any]]:
    """Return what was recorded about a decision later: outcomes, labels, human overrides."""
    rows = decisions.read(system, stream="outcomes")
    ids = rows.column("decision_id").to_pylist()
    places = [at for at, name in enumerate(ids) if name == decision_id]
    return [row for at in places for row in rows.slice(at, 1).to_pylist()]


def cited_fact(recorder: Recorder, matter: Matter, name: str) -> str:
    """Return the full id of a cited fact; it must be about the system or the inquiry, else `UsageError`."""
    fact = recorder.fact(name)
    if not {item.name for item in fact.subjects} & {item.name for item in matter.subjects}:
        raise UsageError(
            "answer.other-evidence",
            f"Fact {fact.id[:12]} ({fact.kind}) is not about '{matter.system}'.",
            "Cite facts about the system of the inquiry.",
        )
    return fact.id


def read_matrix(recorder: Recorder, progress: Progress) -> list[MatrixRow]:
    """Return the evidence matrix of an inquiry, with the kept words of its questions and answers."""
    words: dict[str, str] = parse_strict(recorder.get(progress.opened.questions_text))
    questions = [
        Question(number=asked.number, text=words[str(asked.number)], due_at=asked.due_at)
        for asked in progress.opened.questions
    ]
    answers = {
        number: msgspec.convert(parse_strict(recorder.get(answer.statements)), tuple[Statement, ...])
        for number, answer in progress.answers.items()
    }
    cited = {fact_id for answer in progress.answers.values() for fact_id in answer.evidence}
    facts = {fact_id: recorder.fact(fact_id) for fact_id in cited}
    return build_matrix(questions, answers, facts, recorder.clock.now())
