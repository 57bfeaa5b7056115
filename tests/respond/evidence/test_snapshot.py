"""Snapshots hold what they list, read back, and name what they lack."""

import json
from datetime import timedelta

import pytest

from probative.kernel.digest import sha256_hex
from probative.respond.evidence.population import count_decisions, first_decision, measure, spans
from tests.respond.scene import COMMANDER, ONSET, SYSTEM, declare, record_decisions, scene


def test_every_item_is_a_blob_that_hashes_to_its_name(tmp_path) -> None:
    """The manifest lists the items of the fact, and each can be read."""
    made = scene(tmp_path, decisions=48)
    made.workspace.decisions.seal(force=True)
    declare(made)
    sealed = made.responder.evidence.capture("inc-2026-0001", COMMANDER).body
    manifest = json.loads(made.recorder.get(sealed["manifest"]))
    assert manifest["items"].keys() == {item["name"] for item in sealed["items"]}
    for item in sealed["items"]:
        assert sha256_hex(made.recorder.get(item["sha256"])) == item["sha256"]
    assert sealed["gaps"] == []
    decisions = json.loads(made.recorder.get(manifest["items"]["decisions"]["sha256"]))
    assert (decisions["decisions"], decisions["people"], len(decisions["segments"])) == (25, 5, 1)
    assert json.loads(made.recorder.get(manifest["items"]["release"]["sha256"]))["model"] == "ab" * 32


def test_what_is_missing_is_named(tmp_path) -> None:
    """No schema, no decisions, no deployment: gaps, not silence."""
    made = scene(tmp_path)
    declare(made)
    gaps = made.responder.evidence.capture("inc-2026-0001", COMMANDER).body["gaps"]
    assert {gap.partition(":")[0] for gap in gaps} == {"schema", "decisions"}


def test_open_segments_are_a_gap(tmp_path) -> None:
    """Decisions that are not sealed yet are vouched for by segment heads only, and that is said."""
    made = scene(tmp_path, decisions=48)
    declare(made)
    gaps = made.responder.evidence.capture("inc-2026-0001", COMMANDER).body["gaps"]
    assert gaps == ["decisions: 25 decisions are in open segments, not sealed yet"]


def test_the_same_capture_twice_is_one(tmp_path) -> None:
    """By key; without one each call seals anew, as the evidence then was."""
    made = scene(tmp_path, decisions=4)
    declare(made)
    capture = made.responder.evidence.capture
    first = capture("inc-2026-0001", COMMANDER, key="k")
    assert capture("inc-2026-0001", COMMANDER, key="k").id == first.id
    assert capture("inc-2026-0001", COMMANDER).id != first.id


@pytest.mark.parametrize("hours", [1, 7, 24, 90 * 24])
def test_counts_do_not_depend_on_how_the_log_is_cut(tmp_path, hours: int, monkeypatch) -> None:
    """Any span gives the same population, the same digest and the same first decision."""
    made = scene(tmp_path, decisions=4)
    record_decisions(made, ONSET, 100, timedelta(minutes=37))
    end = ONSET + timedelta(days=5)
    log = made.workspace.decisions
    expected = measure(log, SYSTEM, ONSET, end)
    monkeypatch.setattr(spans, "__defaults__", (timedelta(hours=hours),))
    assert measure(log, SYSTEM, ONSET, end) == expected
    assert count_decisions(log, SYSTEM, ONSET, end) == expected.decisions
    assert first_decision(log, SYSTEM, ONSET - timedelta(minutes=30), end) == ONSET


def test_an_empty_span_has_no_first_decision(tmp_path) -> None:
    """None, not an invented instant."""
    made = scene(tmp_path, decisions=4)
    later = ONSET + timedelta(days=300)
    assert first_decision(made.workspace.decisions, SYSTEM, later, later + timedelta(days=2)) is None
