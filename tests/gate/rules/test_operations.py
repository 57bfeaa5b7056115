"""Monitors and playbooks: alive and exercised, not merely declared."""

from datetime import timedelta

import msgspec
import pytest

from probative.kernel.outcome import Outcome
from tests.gate.evidence import RELEASE, also, changed, result, without

DEPLOYED = {"system": "credit-scoring", "release": RELEASE, "model": "ab" * 32, "endpoint": "e"}


def reading(dossier, n=100, monitor="inputs"):
    """Return the dossier with one more reading."""
    return also(dossier, "watch.reading-taken", {"monitor": monitor, "n": n})


def test_before_deployment_a_declared_monitor_suffices(frozen):
    """The reason says that the release is not deployed yet."""
    assert "not deployed yet" in result(frozen.dossier, "PB-MON-01").reason


@pytest.mark.parametrize(
    ("n", "monitor", "outcome"),
    [
        (100, "inputs", Outcome.PASS),
        (0, "inputs", Outcome.NOT_ASSESSABLE),
        (100, "other", Outcome.NOT_ASSESSABLE),
    ],
)
def test_a_live_release_needs_a_reading_that_counted_something(frozen, n, monitor, outcome):
    """An empty window, or another monitor's reading, shows no life."""
    live = also(frozen.dossier, "record.release-deployed", DEPLOYED)
    assert result(reading(live, n, monitor), "PB-MON-01").outcome is outcome


def test_an_old_reading_does_not_count(frozen):
    """The last reading of a live release is at most 48 hours old."""
    live = reading(also(frozen.dossier, "record.release-deployed", DEPLOYED))
    later = msgspec.structs.replace(live, at=live.at + timedelta(hours=49))
    found = result(later, "PB-MON-01")
    assert (found.outcome, "is 49 h old, at most 48 h" in found.reason) == (Outcome.NOT_ASSESSABLE, True)


def test_a_monitor_without_drift_measures_is_not_one(frozen):
    """Accuracy alone does not notice drift."""
    spec = {"measures": [{"measure": "accuracy"}]}
    found = result(changed(frozen.dossier, "watch.monitor-declared", spec=spec), "PB-MON-01")
    assert (found.outcome, "no declared monitor has a drift measure" in found.reason) == (
        Outcome.NOT_ASSESSABLE,
        True,
    )


def test_the_latest_exercise_decides(frozen):
    """An exercise that was passed once does not outweigh a later one that was not."""
    body = {**frozen.dossier.facts["respond.playbook-exercised"][0].body, "passed": False}
    found = result(also(frozen.dossier, "respond.playbook-exercised", body), "PB-RES-01")
    assert (found.outcome, "was not passed" in found.reason) == (Outcome.FAIL, True)


def test_another_version_was_not_exercised(frozen):
    """Adopting a new version asks for a new exercise."""
    body = {**frozen.dossier.facts["respond.playbook-adopted"][0].body, "version": "2026-12-01"}
    found = result(also(frozen.dossier, "respond.playbook-adopted", body), "PB-RES-01")
    assert (found.outcome, "adopted in version 2026-12-01" in found.reason) == (Outcome.NOT_ASSESSABLE, True)


def test_high_risk_exercises_are_due_after_six_months(frozen):
    """183 days for high-risk; the reason names the stale exercise and its age."""
    later = msgspec.structs.replace(frozen.dossier, at=frozen.dossier.at + timedelta(days=184))
    found = result(later, "PB-RES-01")
    assert (found.outcome, "is 184 days old, at most 183 count" in found.reason) == (
        Outcome.NOT_ASSESSABLE,
        True,
    )


def test_without_a_playbook_the_next_command_adopts_one(frozen):
    """The step differs by what is missing."""
    found = result(without(frozen.dossier, "respond.playbook-adopted"), "PB-RES-01")
    assert (found.outcome, found.step) == (Outcome.NOT_ASSESSABLE, "adopt")
