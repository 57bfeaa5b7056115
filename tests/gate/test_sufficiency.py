"""The engine's own laws: nothing passes on missing evidence, and what is unrelated changes nothing."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.gate.controls import shipped_controls
from probative.gate.sufficiency import evaluate, overall
from probative.gate.tiering.law import Tier
from probative.kernel.outcome import Outcome
from probative.record.facts import Fact, subject
from tests.gate.evidence import changed

CONTROLS = shipped_controls().controls
# These say what is asked for, so taking them away would take away a demand; every other fact of the story
# supports a pass, and none of them supersedes another.
FIXED = ("record.system-registered", "gate.tier-assigned", "record.release-proposed")


def only(dossier, keep):
    """Return the dossier with the facts whose index is in `keep`, and those that say what is asked for."""
    facts = {
        kind: tuple(fact for fact in found if kind in FIXED or fact.index in keep)
        for kind, found in dossier.facts.items()
    }
    return msgspec.structs.replace(dossier, facts=facts)


def supporting(dossier):
    """Return the indexes of the facts that support a pass."""
    return [fact.index for kind, found in dossier.facts.items() if kind not in FIXED for fact in found]


def outcomes(dossier):
    """Return every control's outcome."""
    return {result.control: result.outcome for result in evaluate(CONTROLS, dossier)}


def gate(dossier):
    """Return the verdict."""
    return overall(evaluate(CONTROLS, dossier))


def test_the_complete_story_opens_the_gate(frozen):
    """With all evidence every control passes, but the waiver rules, which have nothing to judge."""
    found = outcomes(frozen.dossier)
    assert {name for name, outcome in found.items() if outcome is not Outcome.PASS} == {"PB-GOV-03"}
    assert (found["PB-GOV-03"], gate(frozen.dossier)) == (Outcome.NOT_APPLICABLE, Outcome.PASS)


def test_no_evidence_passes_nothing(frozen):
    """With the bare registration only what it shows itself passes."""
    found = outcomes(only(frozen.dossier, ()))
    assert {name for name, outcome in found.items() if outcome is Outcome.PASS} == {"PB-GOV-01", "PB-GOV-02"}
    assert gate(only(frozen.dossier, ())) is Outcome.NOT_ASSESSABLE


@pytest.mark.parametrize("control", [item.id for item in CONTROLS if item.id != "PB-GOV-03"])
def test_a_control_without_its_evidence_never_passes(frozen, control):
    """Taking away the kinds that a control declares leaves it unmet."""
    declared = {line.kind for item in CONTROLS if item.id == control for line in item.evidence}
    facts = {kind: found for kind, found in frozen.dossier.facts.items() if kind not in declared}
    bare = msgspec.structs.replace(frozen.dossier, facts=facts)
    assert outcomes(bare)[control] in (Outcome.FAIL, Outcome.NOT_ASSESSABLE)


@given(st.data())
def test_less_evidence_never_opens_a_closed_gate(frozen, data):
    """Evidence only ever helps: if a set of facts refuses, so does every part of it."""
    everything = supporting(frozen.dossier)
    some = data.draw(st.lists(st.sampled_from(everything), unique=True).map(set))
    fewer = data.draw(st.lists(st.sampled_from(sorted(some) or everything), unique=True).map(set)) & some
    more, less = outcomes(only(frozen.dossier, some)), outcomes(only(frozen.dossier, fewer))
    opened = {name for name in less if less[name] is Outcome.PASS and more[name] is not Outcome.PASS}
    assert opened == set()


@given(st.sampled_from(range(60)))
def test_taking_one_fact_away_never_helps(frozen, at):
    """From the complete story, each fact alone can only be missed."""
    everything = supporting(frozen.dossier)
    gone = everything[at % len(everything)]
    missing = only(frozen.dossier, set(everything) - {gone})
    kept = {name for name, outcome in outcomes(missing).items() if outcome is Outcome.PASS}
    assert kept <= {name for name, outcome in outcomes(frozen.dossier).items() if outcome is Outcome.PASS}


UNRELATED = st.sampled_from(
    [
        ("record.run-finished", {"run": "other", "run_kind": "evaluation", "status": "failed"}),
        ("record.run-started", {"run": "other", "run_kind": "evaluation", "inputs": {}}),
        ("record.asset-recorded", {"sha256": "12" * 32, "asset": "other"}),
        ("record.document-recorded", {"document_kind": "model-card", "about": "34" * 32, "missing": ["all"]}),
        ("record.model-signed", {"model": "56" * 32, "statement": "78" * 32}),
        ("gate.approval-given", {"release": "9.9.9", "role": "legal"}),
        ("gate.waiver-granted", {"control": "PB-EVA-02", "release": "9.9.9"}),
        ("record.key-registered", {"key_id": "k-other", "public_key": "?"}),
        ("respond.playbook-exercised", {"playbook": "other", "passed": False}),
        ("watch.reading-taken", {"monitor": "other", "n": 0}),
        ("record.release-deployed", {"release": "9.9.9"}),
        ("nobody.knows-this", {"anything": 1}),
    ]
)


@given(st.lists(UNRELATED, max_size=8), st.integers(min_value=0, max_value=400))
def test_unrelated_facts_change_nothing(frozen, extra, index):
    """Facts about other runs, releases, models and keys change no outcome, wherever they stand."""
    dossier = frozen.dossier
    facts = dict(dossier.facts)
    for number, (kind, body) in enumerate(extra):
        fact = Fact(
            id=f"{number:064x}",
            index=1000 + index + number,
            kind=kind,
            version=1,
            subjects=(subject("system/credit-scoring"),),
            actor=dossier.proposed.actor,
            occurred_at=dossier.at,
            recorded_at=dossier.at,
            body=body,
        )
        facts[kind] = (*facts.get(kind, ()), fact)
    noisy = msgspec.structs.replace(dossier, facts=facts)
    assert outcomes(noisy) == outcomes(dossier)


@given(st.integers(min_value=0, max_value=4000))
def test_time_alone_never_opens_the_gate(frozen, days):
    """As time goes by evidence grows stale; no control that did not pass begins to."""
    later = msgspec.structs.replace(frozen.dossier, at=frozen.dossier.at + timedelta(days=days))
    now, then = outcomes(frozen.dossier), outcomes(later)
    assert {name for name in then if then[name] is Outcome.PASS} <= {
        name for name in now if now[name] is Outcome.PASS
    }
    assert days <= 183 or then["PB-RES-01"] is Outcome.NOT_ASSESSABLE
    assert days <= 365 or then["PB-EVA-01"] is Outcome.NOT_ASSESSABLE


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
def test_unreadable_evidence_is_an_answer_not_an_accident(frozen, data):
    """Whatever stands in a body, the engine answers; a mangled fact never makes anything pass."""
    dossier = frozen.dossier
    kind = data.draw(st.sampled_from(sorted(kind for kind, found in dossier.facts.items() if found)))
    at = data.draw(st.integers(0, len(dossier.facts[kind]) - 1))
    body = dossier.facts[kind][at].body
    field = data.draw(st.sampled_from(sorted(body)))
    value = data.draw(JSON)
    mangled = changed(dossier, kind, at, **{field: value})
    assert set(outcomes(mangled)) == {control.id for control in CONTROLS}


def test_evaluation_is_deterministic(frozen):
    """The same dossier gives the same results, reasons included."""
    assert evaluate(CONTROLS, frozen.dossier) == evaluate(CONTROLS, frozen.dossier)


def test_without_a_tier_the_strictest_demands_are_made(frozen):
    """No tier is no excuse: a release is judged as high-risk, and the inventory says what is missing."""
    facts = {kind: found for kind, found in frozen.dossier.facts.items() if kind != "gate.tier-assigned"}
    bare = msgspec.structs.replace(frozen.dossier, facts=facts, tier=None)
    found = outcomes(bare)
    assert [name for name, outcome in found.items() if outcome is Outcome.NOT_APPLICABLE] == ["PB-GOV-03"]
    assert found["PB-GOV-01"] is Outcome.NOT_ASSESSABLE


def test_recommended_controls_inform_but_do_not_close(frozen):
    """In the tier minimal a missing model card is shown, and the gate is open all the same."""
    tiers = frozen.dossier.facts["gate.tier-assigned"]
    body = {**tiers[0].body, "tier": "minimal"}
    facts = {
        **{kind: found for kind, found in frozen.dossier.facts.items() if "document" not in kind},
        "gate.tier-assigned": (msgspec.structs.replace(tiers[0], body=body),),
    }
    minimal = msgspec.structs.replace(frozen.dossier, facts=facts, tier=Tier.MINIMAL)
    results = {result.control: result for result in evaluate(CONTROLS, minimal)}
    assert (results["PB-DOC-01"].outcome, results["PB-DOC-01"].mandatory) == (Outcome.NOT_ASSESSABLE, False)
    assert results["PB-LIN-01"].outcome is Outcome.NOT_APPLICABLE
    assert overall(results.values()) is Outcome.PASS
