"""Whom the law says to tell: clocks are chosen, a notice is written, approved by a second person and sent.

**Promise**: every date comes from the clock pack; the notice is filled from the record where it knows better.
**Not here**: legal advice.
"""

from probative.demo.stage import PEOPLE, SYSTEM, Stage, command, say
from probative.kernel.clock import format_instant
from probative.respond.deadlines.circumstances import Circumstances
from probative.respond.deadlines.history import ClockKey

DORA = "eu-dora-19"
TEMPLATE = "eu-dora-initial"
SHOWN_CLOCKS = (DORA, "eu-gdpr-33-authority", "eu-aia-73-general")
AUTHORITY = "competent authority"
CIRCUMSTANCES = Circumstances(
    jurisdictions=("DE",),
    roles=("provider", "deployer", "controller", "financial-entity", "credit-institution"),
    tier="high-risk",
    annex="annex-iii",
    facts={"personal-data-breach": False, "ict-incident-major": True, "death": False},
    basis={
        "personal-data-breach": "data protection officer: amounts were wrong, nothing was disclosed or lost",
        "ict-incident-major": "compliance: classified as major, for the demo",
        "death": "incident commander",
    },
)


def choose_clocks(stage: Stage, incident: str) -> None:
    """Let legal choose the clocks, and show one of each answer."""
    deadlines = stage.workspace.responder.deadlines
    roles = " ".join(f"--role {role}" for role in CIRCUMSTANCES.roles)
    command(f"respond clocks select {incident} --in DE {roles} --tier high-risk --annex annex-iii ...")
    deadlines.select(incident, CIRCUMSTANCES, PEOPLE["legal"])
    deadlines.confirm_start(incident, "classification", stage.clock.now(), PEOPLE["compliance"])
    board = {row.obligation: row for row in reversed(deadlines.board(incident))}
    for obligation in SHOWN_CLOCKS:
        row = board[obligation]
        due = f"due {row.alert_at[:16]}Z" if row.state == "running" and row.alert_at else row.state
        say(f"{row.citation.partition(';')[0]}: {due}: {row.why[0]} ({row.confidence}, {row.review})")
    say("not legal advice: each rule shows its source and confidence, and counsel decides")


def notify(stage: Stage, incident: str) -> None:
    """Write the notice, have a second person approve it, send it, and meet the clock with the proof."""
    notices = stage.workspace.responder.notices
    values = {
        "entity": "Example Bank",
        "contact": PEOPLE["compliance"].id,
        "classified_at": format_instant(stage.clock.now()),
        "discovery": "drift monitor",
        "description": "An upstream feed sent one amount in another currency; credit decisions were wrong.",
        "criteria_met": "clients affected, data losses (integrity); see the incident's record",
        "member_states": "DE",
        "persons_affected": "being counted",
        "origin": "billing feed, cause under examination",
        "continuity": "not activated; applications go to persons",
        "measures_taken": "The system was stopped by a standing order; evidence was captured.",
    }
    command(f"respond notice draft {incident} {TEMPLATE} --values notice.toml")
    drafted = notices.draft(incident, TEMPLATE, values, PEOPLE["compliance"])
    name = str(drafted.body["notice"])
    stage.later(minutes=25)
    notices.approve(name, PEOPLE["legal"])
    command(f"respond notice send {name}")
    sent = notices.send(name, PEOPLE["compliance"], recipient=AUTHORITY)
    _met(stage, incident, "initial_notification", str(sent.body["text"]))
    say(f"notice drafted, approved by a second person, sent to the outbox as {sent.body['file']}: clock met")


def report_again(stage: Stage, incident: str) -> None:
    """Send the intermediate report in time; its proof is the digest of what was sent."""
    text = f"Intermediate report on {incident}: the fallback release serves; the feed is being mended.\n"
    _met(stage, incident, "intermediate_report", stage.workspace.recorder.put(text.encode()))
    row = next(
        row
        for row in stage.workspace.responder.deadlines.board(incident)
        if (row.obligation, row.stage) == (DORA, "final_report")
    )
    due = row.alert_at[:10] if row.alert_at else "open"
    say(f"intermediate report of {SYSTEM} sent the next day; the final report is {row.state}, due {due}")


def _met(stage: Stage, incident: str, clock: str, proof: str) -> None:
    stage.workspace.responder.deadlines.met(
        incident,
        ClockKey(DORA, clock),
        sent_at=stage.clock.now(),
        recipient=AUTHORITY,
        proof=proof,
        actor=PEOPLE["compliance"],
    )
