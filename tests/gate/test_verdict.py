"""The verdict blob: canonical, complete, and different whenever anything that decided is different."""

import msgspec

from probative.gate.controls import shipped_controls
from probative.gate.facts import VerdictGiven
from probative.gate.sufficiency import evaluate, overall
from probative.gate.verdict import build_verdict, compare, stood_on, verdict_body
from probative.kernel.canon import canonical, parse_strict
from probative.kernel.digest import sha256_hex
from probative.record.facts import Fact


def verdict_of(frozen):
    """Return the verdict on a frozen input."""
    results = evaluate(shipped_controls().controls, frozen.dossier)
    return build_verdict(frozen, results, overall(results))


def recorded(verdict, frozen, **changes):
    """Return the fact that would record a verdict, and its body."""
    body = msgspec.structs.replace(verdict_body(verdict, sha256_hex(verdict.blob)), **changes)
    fact = msgspec.structs.replace(
        frozen.dossier.proposed, kind="gate.verdict-given", body=msgspec.to_builtins(body)
    )
    return fact, body


def test_the_blob_is_canonical_and_names_its_inputs(frozen):
    """Outcomes, facts, size, root, instant, packs and evaluator are all in the blob."""
    verdict = verdict_of(frozen)
    content = parse_strict(verdict.blob)
    assert canonical(content) == verdict.blob
    assert content["ledger"] == {"size": frozen.size, "root": frozen.root}
    assert content["packs"] == sha256_hex(shipped_controls().bundle)
    stood = [fact.id for fact in stood_on(frozen.dossier, verdict.results)]
    assert [item["id"] for item in content["inputs"]] == stood
    assert len(content["controls"]) == 12


def test_the_same_input_gives_the_same_bytes(frozen):
    """Building is a pure function."""
    assert verdict_of(frozen).blob == verdict_of(frozen).blob


def test_another_size_root_or_instant_gives_other_bytes(frozen):
    """Nothing that decided is left out of the blob."""
    from datetime import timedelta

    later = msgspec.structs.replace(frozen.dossier, at=frozen.dossier.at + timedelta(microseconds=1))
    blobs = {
        verdict_of(item).blob
        for item in (
            frozen,
            msgspec.structs.replace(frozen, size=frozen.size + 1),
            msgspec.structs.replace(frozen, root="00" * 32),
            msgspec.structs.replace(frozen, packs="00" * 32),
            msgspec.structs.replace(frozen, dossier=later),
        )
    }
    assert len(blobs) == 5


def test_the_fact_fits_and_keeps_long_reasons_short(frozen):
    """The fact holds the outcomes; reasons are cut there, never in the blob."""
    verdict = verdict_of(frozen)
    long = msgspec.structs.replace(verdict.results[0], reason="x" * 5000)
    body = verdict_body(msgspec.structs.replace(verdict, results=(long, *verdict.results[1:])), "ab" * 32)
    assert len(body.controls[0].reason) == 400
    assert len(canonical(msgspec.to_builtins(body))) < 32_000


def test_a_replay_that_agrees_is_identical(frozen):
    """Bytes first."""
    verdict = verdict_of(frozen)
    fact, body = recorded(verdict, frozen)
    assert isinstance(fact, Fact)
    assert compare(fact, body, verdict).identical


def test_a_replay_that_differs_says_where(frozen):
    """Another outcome, another evaluator, or only other bytes: each is told."""
    verdict = verdict_of(frozen)
    fact, body = recorded(verdict, frozen, blob="00" * 32)
    assert compare(fact, body, verdict).differences == ("the outcomes agree, the reasons or inputs do not",)
    failed = msgspec.structs.replace(body.controls[0], outcome="fail")
    other = msgspec.structs.replace(body, controls=(failed, *body.controls[1:]), evaluator="probative-gate/0")
    assert compare(fact, other, verdict).differences == (
        "PB-APP-01: recorded fail, now pass",
        "evaluator: recorded probative-gate/0, now probative-gate/1",
    )
    assert isinstance(other, VerdictGiven)
