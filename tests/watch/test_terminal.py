"""Text for a person: a word for every status, numbers with their intervals, colour only painted on."""

import msgspec
import pytest

from probative.watch import terminal
from probative.watch.counting.profile import Attribute, Meaning
from probative.watch.facts import Cohort, FairnessAudited
from probative.watch.measures.catalogue import group_measures
from probative.watch.measures.coverage import Coverage, Defect
from probative.watch.measures.fairness import groups_of
from probative.watch.measures.measured import MeasureSpec, Status, judge
from tests.watch.test_signal import day, play, psi
from tests.watch.test_window import reading

STOPPED = Defect(code="no-rows", sentence="No decision was recorded in this window.")
SPEC = MeasureSpec(measure="selection-ratio", threshold="four-fifths", watch=0.9, breach=0.8, n_min=30)


def marked(text, tone):
    """Paint so that a test can see it."""
    return f"<{tone}>{text}</{tone}>"


def test_readings_are_aligned_and_worded():
    """Every line says when, who, how many, the conclusion, and what is worst."""
    broken = msgspec.structs.replace(
        day(1, psi("income", 8.2, note="mean 5 -> 5,000"), psi("months")), status=Status.BREACH, n=12_345
    )
    text = terminal.readings([day(0), broken], marked)
    head, quiet, loud = text.splitlines()
    assert head.split() == ["window", "monitor", "rows", "status"]
    assert quiet.endswith("<good>ok</good>")
    assert "12,345  <bad>breach</bad>" in loud
    assert loud.endswith("psi income 8.2, n 100: mean 5 -> 5,000; and 1 more")
    assert len({line.index("m") for line in text.splitlines()[1:]}) == 1


@pytest.mark.parametrize(
    ("found", "end"),
    [
        (day(0, n=0, defects=(STOPPED,)), "No decision was recorded in this window."),
        (reading(0, labelled=40, settled=False), "outcomes 40% so far"),
        (reading(0, labelled=100), "outcomes 100%"),
    ],
)
def test_what_else_a_reading_says(found, end):
    """Defects come first; late outcomes are counted."""
    assert terminal.readings([found]).endswith(end)


def test_a_signal_in_three_lines():
    """Severity, state, summary, cause, owner."""
    raised = play([day(at, psi("income")) for at in range(2)])[0][0]
    head, summary, owner = terminal.signal(raised, None, marked).splitlines()
    assert head == f"<bad>{raised.signal}: severity 2, open</bad>"
    assert summary == f"  {raised.summary}"
    assert "cause inputs, owner p-7" in owner
    assert "cleared 2026-11-20T00:00Z" in terminal.signal(raised, "2026-11-20T00:00:00.000000Z")


def test_measures_one_a_line():
    """A number with its interval and n, or the reason why there is none."""
    assert terminal.measures([psi("income", 0.5)]) == "breach          psi income: 0.5, n 100"


def audited(grouped, groups):
    """Return an audit of groups and its measures."""
    state = grouped(groups)
    found = judge(group_measures(SPEC, state))
    body = FairnessAudited(
        system="loans",
        audit="ab" * 32,
        cohort=Cohort(
            since="1970-01-01T00:00:00.000000Z",
            until="2026-11-21T00:00:00.000000Z",
            where={"job": "nurse"},
            count=sum(group.decided for group in groups_of(state, "sex")),
            sha256="cd" * 32,
        ),
        meaning=Meaning(),
        attributes=(Attribute(name="sex"),),
        specs=(SPEC,),
        status=Status.BREACH,
        measured=len(found),
        measures=found,
        result="ef" * 32,
        state_sha256="00" * 32,
        coverage=Coverage(labelled=0, share=0.0),
        notice="Not legal advice.",
    )
    return body, found


def test_an_audit_is_a_table_of_groups(grouped):
    """Each group with decisions, rate and ratio; a small one with its counts and no ratio."""
    body, found = audited(grouped, {"F": (0, 300, 0, 700), "M": (0, 600, 0, 400), "X": (0, 2, 0, 3)})
    lines = terminal.audit(body, found, marked).splitlines()
    assert lines[0] == "loans: 2,005 decisions until 2026-11-21T00:00Z, job = nurse"
    rows = {line.split()[0]: line for line in lines[4:8]}
    assert rows["F"].endswith("<bad>breach</bad>")
    assert "0.300 [0.272, 0.329]  0.500 [" in rows["F"]
    assert rows["X"].split()[-1] == "<quiet>not-measurable</quiet>"
    assert lines[-2] == "Not legal advice."


def test_an_audit_that_cannot_compare_says_why(grouped):
    """One group alone is no table of ratios."""
    body, found = audited(grouped, {"F": (0, 300, 0, 700)})
    assert "sex: fewer than two groups can be compared" in terminal.audit(body, found)
