"""Acts 3 and 4: the gate refuses and says why; evidence is supplied, and it opens.

**Promise**: the refusal and the opening are two verdicts on the same record, and both can be asked again.
**Not here**: what happens once the release is live (`demo.month`).
"""

from datetime import timedelta

from probative.demo import data
from probative.demo.opening import Built, deploy, evaluate, propose, record_card
from probative.demo.people import ANSWERS, play
from probative.demo.stage import FALLBACK, PEOPLE, RELEASE, SYSTEM, Stage, act, command, say
from probative.demo.watching import MEANING, PLAYBOOK, decided
from probative.gate.facts import Threshold
from probative.gate.verdict import Verdict
from probative.kernel.outcome import Outcome
from probative.record.documents import draft, record_document
from probative.respond.facts import Trigger
from probative.respond.playbooks.playbook import shipped_playbook
from probative.watch.monitor import parse_monitor

FAIRNESS = "PB-EVA-02"


def refuse(stage: Stage) -> Verdict:
    """Act 3: the gate is closed, and says what is missing and how to mend it."""
    act(3, "Ask the gate")
    stage.later(hours=1)
    command(f"gate check {SYSTEM}@{RELEASE}")
    gate = stage.workspace.gatekeeper
    verdict = gate.check(SYSTEM, RELEASE)
    _show(verdict)
    for result in verdict.unmet:
        say(f"{result.control} {result.outcome.value}: {result.reason}", good=False)
        say(
            f"    mend: {gate.explain(result.control).remediation.next_command(result.step, SYSTEM, RELEASE)}"
        )
    return verdict


def mend(stage: Stage, built: Built, refused: Verdict) -> Verdict:
    """Act 4: evidence, one waiver, two approvals; the gate opens, and the past still refuses."""
    act(4, "Supply the evidence: the gate opens, the past still refuses")
    stage.later(days=1)
    _datasheet(stage, built)
    _thresholds(stage)
    measured = evaluate(stage, built, "evaluation-2")
    record_card(stage, built, measured)
    propose(stage, built, "evaluation-2")
    _readiness(stage, built)
    _waiver(stage)
    for role in ("chief-risk-officer", "compliance"):
        command(f"--as {PEOPLE[role].id}:{role} gate approve {SYSTEM}@{RELEASE} --key {role}")
        stage.workspace.gatekeeper.approve(
            SYSTEM, RELEASE, role, PEOPLE[role], stage.workspace.keys.load(role)
        )
    command(f"gate check {SYSTEM}@{RELEASE}")
    verdict = stage.workspace.gatekeeper.check(SYSTEM, RELEASE)
    _show(verdict)
    for result in verdict.unmet:
        say(f"{result.control} {result.outcome.value}: {result.reason}", good=False)
    size = refused.ledger_size
    command(f"gate check {SYSTEM}@{RELEASE} --as-of {size}")
    past = stage.workspace.gatekeeper.check(SYSTEM, RELEASE, as_of=size)
    same = (
        "byte for byte the verdict of act 3" if past.blob == refused.blob else "another verdict than in act 3"
    )
    say(f"as of ledger size {size}: {past.outcome.value}, {same}")
    deploy(stage, RELEASE, built.model_digest)
    return verdict


def _show(verdict: Verdict) -> None:
    counts = dict.fromkeys(Outcome, 0)
    for result in verdict.results:
        counts[result.outcome] += 1
    word = "open" if verdict.outcome is Outcome.PASS else "closed"
    listed = ", ".join(f"{count} {outcome.value}" for outcome, count in counts.items() if count)
    say(
        f"the gate is {word.upper()} ({listed}); status {verdict.exit_status}",
        good=verdict.outcome is Outcome.PASS,
    )


def _datasheet(stage: Stage, built: Built) -> None:
    known = {
        "purpose": "Research on predicting default; used here to train and to audit credit decisions.",
        "source": "A bank in Taiwan, April to September 2005; I-Cheng Yeh, UCI repository, 2009.",
        "composition": "30,000 card holders: limit, six months of bills and payments, later default.",
        "preprocessing": "None; the spreadsheet was turned into Parquet.",
        "licence": "CC BY 4.0",
        "legal_basis": "Published without names or addresses; a bank would name its own basis here.",
        "maintenance": PEOPLE["data-science"].id,
    }
    command(f"record document datasheet.toml --system {SYSTEM}")
    record_document(
        stage.workspace.recorder,
        draft("datasheet", built.raw, known),
        system=SYSTEM,
        name="credit-datasheet",
        about=built.raw,
        actor=PEOPLE["data-science"],
    )


def _thresholds(stage: Stage) -> None:
    declared = [Threshold(measure="accuracy", op=">=", value=0.75)] + [
        Threshold(measure="selection_rate_ratio", op=">=", value=0.8, attribute=name.lower())
        for name in data.AUDIT
    ]
    command(f'gate thresholds {SYSTEM} --set "accuracy>=0.75" --set "selection_rate_ratio[sex]>=0.8"')
    stage.workspace.gatekeeper.declare_thresholds(SYSTEM, declared, PEOPLE["compliance"])
    say("thresholds are declared now, so the model is evaluated again: only later runs count")


def _readiness(stage: Stage, built: Built) -> None:
    """Declare the drift monitor, adopt and exercise the playbook, give the standing order."""
    watcher, responder = stage.workspace.watcher, stage.workspace.responder
    command(f"watch reference {SYSTEM} decided.parquet --favourable true --merited true --positive false")
    reference = watcher.take_reference(
        SYSTEM, decided(built), actor=PEOPLE["data-science"], meaning=MEANING, source="evaluation set"
    )
    command(f"watch declare monitor.toml --system {SYSTEM} --reference {reference[:12]}...")
    given = {"system": SYSTEM, "monitor": "drift", "owner": PEOPLE["sre"].id, "reference": reference}
    watcher.declare(
        parse_monitor('template = "tabular-drift"', stage.clock.now().date(), given), PEOPLE["sre"]
    )
    command(f"respond playbook adopt {SYSTEM} {PLAYBOOK}")
    commander = PEOPLE["incident-commander"]
    responder.playbooks.adopt(SYSTEM, shipped_playbook(PLAYBOOK), "shipped", commander)
    command(f"respond playbook exercise {SYSTEM} {PLAYBOOK}")
    drill = play(stage, responder.playbooks.exercise(SYSTEM, PLAYBOOK, [], commander), ANSWERS)
    say(f"drift monitor declared; playbook {PLAYBOOK} drilled: {drill.state}, {len(drill.steps)} steps")
    command(f"respond order give {SYSTEM} stop-on-drift --severity 2 --days 60")
    responder.orders.give(
        SYSTEM,
        "stop-on-drift",
        Trigger(severity_max=2),
        stage.clock.now() + timedelta(days=60),
        PEOPLE["business-owner"],
        fallback=FALLBACK,
    )
    say("the business owner signs a standing order: stop at once on a drift signal of severity 2 or worse")


def _waiver(stage: Stage) -> None:
    gate = stage.workspace.gatekeeper
    fairness = next(
        result for result in gate.check(SYSTEM, RELEASE, dry_run=True).results if result.control == FAIRNESS
    )
    say(f"{FAIRNESS} {fairness.outcome.value}: {fairness.reason}", good=False)
    if fairness.outcome is Outcome.PASS:
        return
    granter = PEOPLE["chief-risk-officer"]
    command(
        f"--as {granter.id}:{granter.role} gate waive {FAIRNESS} {SYSTEM}@{RELEASE} --days 45 "
        f"--requester {PEOPLE['model-owner'].id} --reason ... --compensating ..."
    )
    waiver = gate.waive(
        FAIRNESS,
        SYSTEM,
        RELEASE,
        reason="Two groups are too small in the evaluation set to assess.",
        compensating="A fairness audit on live decisions, within the month.",
        requester=PEOPLE["model-owner"].id,
        approver=granter,
        expires_at=stage.clock.now() + timedelta(days=45),
    )
    say(
        f"waived by the chief risk officer until {waiver.body['expires_at'][:10]}; it expires at that instant"
    )
