"""Performance agrees with scikit-learn, within the bound that it states for what binning hides."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import accuracy_score, brier_score_loss, roc_auc_score

from probative.watch.counting.plan import Plan, scan
from probative.watch.counting.profile import Meaning, Role
from probative.watch.counting.reference import take_profile
from probative.watch.counting.state import ScoreState, State
from probative.watch.measures.measured import Status, judge
from probative.watch.measures.performance import (
    accuracy,
    area_under,
    auc,
    brier,
    calibration_error,
)

MEANING = Meaning(prediction="decision", favourable=0, merited=0, probability="p", positive=1)
NOTHING = State(profile="ab" * 32)


def scored(n=5000, seed=0, honesty=1.0):
    """Return probabilities, outcomes and their state; `honesty` bends the probabilities."""
    rng = np.random.default_rng(seed)
    true = rng.beta(2, 5, n)
    outcome = (rng.random(n) < true).astype(int)
    p = true**honesty
    table = pa.table({"p": p, "decision": (p > 0.5).astype(int), "outcome": outcome})
    profile = take_profile(table, "s", {"p": Role.PROBABILITY, "decision": Role.PREDICTION}, MEANING)
    return p, outcome, scan(table, Plan(profile=profile)), profile


@pytest.mark.parametrize("seed", range(4))
def test_auc_is_sklearns_within_its_bound(seed, spec):
    """The exact area lies within the binning bound, and the bound is small."""
    p, outcome, state, _ = scored(seed=seed)
    area, error, bound = area_under(state.score)
    assert abs(area - roc_auc_score(outcome, p)) <= bound < 0.01
    found = auc(spec("auc", 0.8, 0.75), state, NOTHING)
    assert found.low <= area - 1.9 * error
    assert found.high >= area + 1.9 * error


def test_auc_of_separated_classes():
    """Cells without both classes have no bound to speak of."""
    assert area_under(ScoreState(positives=(0, 5), negatives=(5, 0))) == (1.0, 0.0, 0.0)
    assert area_under(ScoreState(positives=(5, 0), negatives=(0, 5)))[0] == 0.0
    assert area_under(ScoreState(positives=(5,), negatives=(5,)))[::2] == (0.5, 0.5)


def test_auc_interval_covers(spec):
    """About 95 % of intervals hold the area of the whole population."""
    p, outcome, _, profile = scored(60_000, seed=9)
    true = roc_auc_score(outcome, p)
    covered = 0
    for start in range(0, 60_000, 600):
        part = slice(start, start + 600)
        table = pa.table({"p": p[part], "outcome": outcome[part]})
        found = auc(spec("auc", 0.8, 0.7), scan(table, Plan(profile=profile)), NOTHING)
        covered += found.low <= true <= found.high
    assert covered >= 92


def test_accuracy_and_brier_are_sklearns(spec):
    """Accuracy exactly, the Brier score to nine digits."""
    p, outcome, state, _ = scored(seed=3)
    assert accuracy(spec("accuracy", 0.8, 0.7), state, NOTHING).value == accuracy_score(outcome, p > 0.5)
    found = brier(spec("brier", 0.2, 0.25), state, NOTHING)
    assert found.value == pytest.approx(brier_score_loss(outcome, p), abs=1e-9)
    spread = ((p - outcome) ** 2).std() / np.sqrt(len(p))
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * spread, rel=1e-3)


def test_calibration_error_is_numpys(spec):
    """The error is the mean distance over ten groups of the reference's scores."""
    p, outcome, state, profile = scored(seed=4, honesty=0.6)
    groups = np.searchsorted([profile.score_edges[at] for at in profile.score_groups], p, side="left")
    expected = sum(abs(outcome[groups == g].sum() - p[groups == g].sum()) for g in np.unique(groups)) / len(p)
    found = calibration_error(spec("calibration-error", 0.03, 0.08), state, NOTHING)
    assert found.value == pytest.approx(expected, abs=1e-8)
    assert found.p < 1e-6
    assert judge([found])[0].status is Status.BREACH


def test_calibrated_models_are_left_alone(spec):
    """Among quiet models about 5 % have p below 0.05; the error alone would look like something."""
    chances = [
        calibration_error(spec("calibration-error", 0.03, 0.08), scored(1000, seed)[2], NOTHING).p
        for seed in range(60)
    ]
    assert np.mean(np.array(chances) < 0.05) <= 0.15


def test_reference_values_stand_beside(spec):
    """Each number shows what it was in the reference."""
    state = scored(seed=5)[2]
    for measure, name in ((accuracy, "accuracy"), (auc, "auc"), (brier, "brier")):
        found = measure(spec(name, 0.5, 0.5), state, state)
        assert found.reference == pytest.approx(found.value)


@pytest.mark.parametrize(
    ("measure", "name"),
    [(accuracy, "accuracy"), (auc, "auc"), (brier, "brier"), (calibration_error, "calibration-error")],
)
def test_no_labels_is_no_result(spec, measure, name):
    """Before outcomes arrive there is a reason, not a zero."""
    found = measure(spec(name, 0.5, 0.5, n_min=200), NOTHING, NOTHING)
    assert found.status is Status.NOT_MEASURABLE
    assert found.reason == "0 decisions with a known outcome; 200 are needed"


def test_auc_needs_both_classes(spec):
    """Three frauds among a thousand say nothing about ranking."""
    state = State(profile="ab" * 32, score=ScoreState(positives=(0, 3), negatives=(900, 97)))
    found = auc(spec("auc", 0.8, 0.7), state, NOTHING)
    assert found.reason == "3 positive and 997 negative outcomes; 10 of each are needed"


@pytest.mark.parametrize(
    ("right", "status"),
    [(950, Status.OK), (850, Status.WATCH), (805, Status.UNDETERMINED), (700, Status.BREACH)],
)
def test_accuracy_has_four_conclusions(spec, right, status):
    """Above both limits, between them, too close to tell, and below."""
    state = State(profile="ab" * 32, cells=(right, 1000 - right, 0, 0, 0, 0, 0, 0, 0))
    assert judge([accuracy(spec("accuracy", 0.9, 0.8), state, NOTHING)])[0].status is status
