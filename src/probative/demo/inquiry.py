"""Act 7: a regulator asks about rejected applicants; every sentence of the answer cites the record.

**Promise**: the cohort is frozen before it is audited; the audit is authorised, recorded and repeatable.
**Not here**: packing the evidence (`demo.proof`).
"""

from datetime import timedelta

import pyarrow as pa

from probative.demo import data
from probative.demo.month import Month
from probative.demo.opening import Built
from probative.demo.stage import PEOPLE, SYSTEM, Stage, act, command, say
from probative.kernel.canon import parse_strict
from probative.kernel.clock import format_instant
from probative.record.decisions.facts import AuditAuthorised
from probative.respond.inquiry.dossier import Contribution, Reasons
from probative.respond.inquiry.facts import CohortDefinition, Condition
from probative.respond.inquiry.letter import Letter
from probative.respond.inquiry.matrix import Question, Statement
from probative.watch.counting.profile import Attribute
from probative.watch.facts import Cohort

INQUIRY = "letter-2026-1"
LETTER = b"""To the credit card company

We have received complaints about refused applications.
1. How many applications were refused in the period, and were men and women treated alike?
2. On what grounds was the application of the enclosed complainant refused?

Supervisory Authority (an invented one, for this demonstration)
"""
QUESTIONS = (
    "How many applications were refused in the period, and were men and women treated alike?",
    "On what grounds was the application of the complainant refused?",
)


def answer(stage: Stage, built: Built, month: Month) -> str:
    """Answer the letter, and return the id of the decision whose dossier was built."""
    act(7, "A regulator asks about rejected applicants")
    inquiries = stage.workspace.responder.inquiries
    stage.later(hours=2)
    _receive(stage)
    since, until = format_instant(month.at(1)), format_instant(month.at(data.DAYS + 1))
    command(f"respond inquiry freeze {INQUIRY} --since {since} --until {until} --where approved==false")
    refused = Condition(column="approved", op="==", value=False)
    frozen = inquiries.freeze_cohort(
        INQUIRY,
        CohortDefinition(system=SYSTEM, since=since, until=until, where=(refused,)),
        PEOPLE["compliance"],
    )
    say(f"cohort frozen: {frozen.body['rows']:,} refused applications, digest {frozen.body['ids'][:16]}")
    audited = _audit(stage, Cohort(since=since, until=until))
    chosen = _one_refused(stage, month)
    command(f"respond inquiry dossier {INQUIRY} {chosen}")
    dossier = inquiries.dossier(INQUIRY, chosen, PEOPLE["data-science"], _reasons(stage, built, chosen))
    told = parse_strict(stage.workspace.recorder.get(dossier.body["dossier"]))
    say(f"dossier of decision {chosen}: input, model, probability, reasons and proof ({len(told)} parts)")
    rates = "Selection rates by sex, with their intervals, are in the enclosed audit."
    grounds = "The enclosed dossier has the exact input, the model and its reasons."
    count = f"{frozen.body['rows']} applications were refused in the period."
    _state(stage, 1, (count, frozen.id), (rates, audited))
    _state(stage, 2, (grounds, dossier.id))
    inquiries.draft_response(INQUIRY, PEOPLE["compliance"])
    for role in ("legal", "chief-risk-officer"):
        inquiries.review(INQUIRY, True, PEOPLE[role])
    stage.later(minutes=30)
    inquiries.mark_sent(INQUIRY, stage.clock.now(), PEOPLE["legal"])
    say("the response cites the record in every sentence; two people who did not draft it agreed; it is sent")
    return chosen


def _receive(stage: Stage) -> None:
    """Hash the letter, check its sender, and hold everything it may be about."""
    inquiries, legal = stage.workspace.responder.inquiries, PEOPLE["legal"]
    received = stage.clock.now()
    due = format_instant(received + timedelta(hours=72))
    letter = Letter(
        content=LETTER,
        sender="Supervisory Authority",
        power="GDPR Art. 58(1)(a)",
        received_at=received,
        questions=tuple(
            Question(number=number, text=text, due_at=due) for number, text in enumerate(QUESTIONS, 1)
        ),
    )
    command(
        f"respond inquiry open {INQUIRY} {SYSTEM} --letter letter.txt --sender 'Supervisory Authority' "
        f"--power 'GDPR Art. 58(1)(a)' --received-at {format_instant(received)} --questions questions.toml"
    )
    opened = inquiries.open(INQUIRY, SYSTEM, letter, legal)[0]
    inquiries.verify_sender(INQUIRY, True, "called back on the number in the public register", legal)
    say(f"letter hashed at receipt ({opened.body['letter'][:16]}), everything held, answers due {due[:16]}Z")


def _state(stage: Stage, question: int, *sentences: tuple[str, str]) -> None:
    """Answer a question with sentences that each cite one fact."""
    statements = [Statement(text=text, evidence=(fact,)) for text, fact in sentences]
    stage.workspace.responder.inquiries.record_answer(INQUIRY, question, statements, PEOPLE["compliance"])


def _audit(stage: Stage, cohort: Cohort) -> str:
    """Audit selection by sex over all decisions of the period, under a recorded authorisation."""
    leave = stage.workspace.decisions.authorise(
        AuditAuthorised(
            system=SYSTEM,
            audit=INQUIRY,
            purpose="Answer a supervisory authority on equal treatment",
            legal_basis="GDPR Art. 6(1)(c) with Art. 58(1)(a)",
            columns=("sex",),
        ),
        PEOPLE["data-protection-officer"],
    )
    command(f"watch audit {SYSTEM} --by sex --audit {leave.id[:12]} --since {cohort.since}")
    fact = stage.workspace.watcher.audit_fairness(
        SYSTEM, cohort, leave.id, (Attribute(name="sex"),), actor=PEOPLE["data-science"]
    )
    for measure in fact.body["measures"]:
        if measure["measure"] == "selection-ratio":
            interval = f"{measure['low']:.3f} to {measure['high']:.3f}" if "low" in measure else "none"
            say(
                f"selection ratio {measure.get('group') or measure['column']}: {measure['value']:.3f}, "
                f"95 % interval {interval}, n {measure['n']:,}: {measure['status']} (a screening heuristic)"
            )
    return fact.id


def _one_refused(stage: Stage, month: Month) -> str:
    """Return the first refused decision of the first faulty day: somebody the fault wronged, perhaps."""
    day = data.FAULT_DAY
    rows = _between(stage, month, day)
    refused = rows.filter(pa.compute.invert(rows["approved"]))
    return str(refused["decision_id"][0].as_py())


def _between(stage: Stage, month: Month, day: int) -> pa.Table:
    return stage.workspace.decisions.read(SYSTEM, since=month.at(day), until=month.at(day + 1))


def _reasons(stage: Stage, built: Built, decision_id: str) -> Reasons:
    """Return what each input added to the log-odds: exact for this linear model, and said to be its own."""
    rows = stage.workspace.decisions.read(SYSTEM)
    row = rows.filter(pa.compute.equal(rows["decision_id"], decision_id))
    added = built.model.contributions(row)[0]
    return Reasons(
        method="contributions of a linear model, exact for its log-odds of default",
        unit="log-odds",
        baseline=built.model.intercept,
        contributions=tuple(
            Contribution(feature=name, value=float(value))
            for name, value in zip(built.model.features, added, strict=True)
        ),
    )
