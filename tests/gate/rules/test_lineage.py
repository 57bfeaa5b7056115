"""Lineage: every link by digest, and the first gap named."""

import pytest

from probative.kernel.outcome import Outcome
from tests.gate.evidence import changed, result, without

CONTROL = "PB-LIN-01"


@pytest.mark.parametrize(
    ("asset", "named"),
    [
        ("model", "model "),
        ("training", "training-set "),
        ("raw", "parent of training "),
        ("code", "code "),
        ("environment", "environment "),
        ("evaluation", "test set "),
    ],
)
def test_a_missing_asset_is_named(frozen, complete, asset, named):
    """Each node of the chain is needed, and its absence is told by role and digest."""
    found = result(without(frozen.dossier, "record.asset-recorded", asset=asset), CONTROL)
    digest = complete.digests[asset][:12]
    assert found.outcome is Outcome.NOT_ASSESSABLE
    assert found.reason.startswith(f"{named}{digest}")


def test_a_missing_run_is_named(frozen):
    """Training and evaluation need start and result."""
    for run, kind in (("training-1", "training"), ("evaluation-1", "evaluation")):
        for fact_kind, what in (("record.run-started", "start receipt"), ("record.run-finished", "result")):
            found = result(without(frozen.dossier, fact_kind, run=run), CONTROL)
            assert (found.outcome, kind in found.reason, what in found.reason) == (
                Outcome.NOT_ASSESSABLE,
                True,
                True,
            )


def test_a_missing_approval_closes_nothing(frozen):
    """Lineage ends with somebody who approved this digest."""
    found = result(without(frozen.dossier, "gate.approval-given"), CONTROL)
    assert (found.outcome, found.reason[:20]) == (Outcome.NOT_ASSESSABLE, "no approval names mo")


def test_a_training_that_gave_another_model_fails(frozen):
    """The record says that this model came from elsewhere: a contradiction, not a gap."""
    found = result(changed(frozen.dossier, "record.run-finished", 0, outputs={"model": "ab" * 32}), CONTROL)
    assert (found.outcome, "gave model abababababab" in found.reason) == (Outcome.FAIL, True)


def test_testing_on_the_training_set_fails(frozen, complete):
    """A model judged on what it learnt from is not judged."""
    inputs = {"model": complete.digests["model"], "test-set": complete.digests["training"]}
    found = result(changed(frozen.dossier, "record.run-started", inputs=inputs), CONTROL)
    assert (found.outcome, "tested on its training set" in found.reason) == (Outcome.FAIL, True)


@pytest.mark.parametrize("missing", ["training-set", "code", "environment"])
def test_a_training_that_names_no_input_is_a_gap(frozen, missing):
    """Training set, code and environment belong to a run's start."""
    inputs = frozen.dossier.facts["record.run-started"][0].body["inputs"]
    fewer = {role: digest for role, digest in inputs.items() if role != missing}
    found = result(changed(frozen.dossier, "record.run-started", 0, inputs=fewer), CONTROL)
    assert (found.outcome, missing in found.reason) == (Outcome.NOT_ASSESSABLE, True)


def test_data_without_a_split_or_a_raw_dataset_is_a_gap(frozen):
    """Training data must come from a recorded split of a recorded raw dataset."""
    for at, kind, complaint in (
        (1, "dataset", "no recorded split"),
        (0, "document", "no recorded raw dataset"),
    ):
        found = result(changed(frozen.dossier, "record.asset-recorded", at, asset_kind=kind), CONTROL)
        assert (found.outcome, complaint in found.reason) == (Outcome.NOT_ASSESSABLE, True)


def test_a_circle_of_derivations_ends(frozen, complete):
    """Assets that claim to come from each other never hang the gate, and have no raw source."""
    circle = changed(frozen.dossier, "record.asset-recorded", 0, derived_from=[complete.digests["training"]])
    found = result(circle, CONTROL)
    assert (found.outcome, "raw dataset" in found.reason) == (Outcome.NOT_ASSESSABLE, True)


def test_the_chain_is_shown(frozen, complete):
    """A reader sees the digests from model to raw data."""
    reason = result(frozen.dossier, CONTROL).reason
    assert all(complete.digests[name][:12] in reason for name in ("model", "training", "raw"))
