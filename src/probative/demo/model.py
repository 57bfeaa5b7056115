"""The demo's model: a logistic regression, trained by scikit-learn, kept and served as plain JSON.

**Promise**: what is signed is what decides: the JSON holds every number of the score, nothing is unpickled.
**Not here**: recording it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sklearn.linear_model import LogisticRegression

from probative.demo.data import LABEL, groups, matrix
from probative.kernel.canon import canonical, parse_strict

Floats = npt.NDArray[np.float64]


class Model(NamedTuple):
    """A standardised logistic regression for the probability of default; above `cut` the answer is no."""

    features: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weight: tuple[float, ...]
    intercept: float
    cut: float

    def probability(self, people: pa.Table) -> Floats:
        """Return each person's probability of default."""
        scores: Floats = self.contributions(people).sum(axis=1) + self.intercept
        chances: Floats = 1.0 / (1.0 + np.exp(-scores))
        return chances

    def contributions(self, people: pa.Table) -> Floats:
        """Return what each feature adds to each person's log-odds: exact for a linear model."""
        standard: Floats = (matrix(people, self.features) - np.array(self.mean)) / np.array(self.scale)
        added: Floats = standard * np.array(self.weight)
        return added

    def approves(self, people: pa.Table) -> npt.NDArray[np.bool_]:
        """Return for each person whether the application is approved."""
        return self.probability(people) <= self.cut

    def to_bytes(self) -> bytes:
        """Return the model file: canonical JSON."""
        return canonical({"kind": "logistic-regression", **self._asdict()})

    @classmethod
    def from_bytes(cls, data: bytes) -> "Model":
        """Read a model file back."""
        value = parse_strict(data)
        numbers = {name: tuple(value[name]) for name in ("features", "mean", "scale", "weight")}
        return cls(**numbers, intercept=value["intercept"], cut=value["cut"])


def train(people: pa.Table, features: tuple[str, ...], seed: int) -> Model:
    """Train on `people`; the cut refuses as many of them as really defaulted."""
    inputs, labels = matrix(people, features), people[LABEL].to_numpy()
    mean, scale = inputs.mean(axis=0), inputs.std(axis=0)
    fitted = LogisticRegression(max_iter=1000, random_state=seed).fit((inputs - mean) / scale, labels)
    model = Model(
        features=features,
        mean=tuple(map(float, mean)),
        scale=tuple(map(float, scale)),
        weight=tuple(map(float, fitted.coef_[0])),
        intercept=float(fitted.intercept_[0]),
        cut=1.0,
    )
    return model._replace(cut=float(np.quantile(model.probability(people), 1.0 - labels.mean())))


def accuracy(model: Model, people: pa.Table) -> float:
    """Return the share of people for whom the answer fits what happened later."""
    return float((model.approves(people) == (people[LABEL].to_numpy() == 0)).mean())


def measure(model: Model, people: pa.Table) -> dict[str, object]:
    """Measure a model on people it has not seen: overall, and selection rates by group."""
    probability, labels = model.probability(people), people[LABEL].to_numpy()
    approved = model.approves(people)
    rates = [
        {
            "attribute": attribute,
            "group": group,
            "metric": "selection_rate",
            "value": float(approved[chosen].mean()),
            "n": int(chosen.sum()),
        }
        for attribute, values in groups(people).items()
        for group in sorted(set(values))
        if (chosen := np.array([value == group for value in values])).any()
    ]
    metrics = {
        "accuracy": accuracy(model, people),
        "auc": _auc(probability, labels),
        "brier": float(((probability - labels) ** 2).mean()),
        "selection_rate": float(approved.mean()),
    }
    return {"metrics": metrics, "groups": rates}


def _auc(scores: Floats, labels: npt.NDArray[np.int64]) -> float:
    """Return the area under the ROC curve by ranks (Mann-Whitney), ties sharing their mean rank."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positive = labels == 1
    count = int(positive.sum())
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(labels) - count)))
