"""A real workspace with a system whose decisions can be streamed, drifted and labelled."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from probative.kernel.actor import Actor
from probative.kernel.clock import ManualClock
from probative.kernel.ids import uuid7
from probative.record.decisions.facts import AuditAuthorised
from probative.record.decisions.schema import DECISION_ID, OBSERVED_AT, Column, decision_schema
from probative.record.facts import Draft, SystemRegistered, subject
from probative.testing import fresh_workspace
from probative.watch.counting.profile import Meaning
from probative.watch.counting.state import State
from probative.watch.monitor import parse_monitor
from probative.watch.watcher import Watcher

START = datetime(2026, 10, 5, tzinfo=UTC)  # a Monday
ACTOR = Actor(id="p-1", role="model-owner")
MEANING = Meaning(favourable="approve", merited=0, positive=1)
COLUMNS = (
    Column(name="income", type="float64", role="feature", nullable=True),
    Column(name="months", type="int32", role="feature"),
    Column(name="job", type="text", role="feature", nullable=True),
    Column(name="p_default", type="float64", role="probability"),
    Column(name="decision", type="text", role="prediction"),
    Column(name="sex", type="text", role="protected", nullable=True),
    Column(name="age", type="int16", role="protected"),
)


def decided(n, at, seed=0, factor=1.0, bias=0.0):
    """Make `n` decisions of the day that begins at `at`; `factor` changes the unit of income.

    `bias` moves women's probabilities up. Returns the decisions and their true outcomes.
    """
    rng = np.random.default_rng(seed)
    income = rng.lognormal(10, 0.8, n)
    women = rng.random(n) < 0.5
    true = 1 / (1 + np.exp(1.5 * (np.log(income) - 9.5)))
    scale = np.log(income * factor) + rng.normal(0, 0.3, n)
    p = np.clip(1 / (1 + np.exp(1.5 * (scale - 9.5))) + bias * women, 0, 1)
    times = [at + timedelta(microseconds=int(us)) for us in np.sort(rng.integers(0, 86_400_000_000, n))]
    table = pa.table(
        {
            "decision_id": [str(uuid7(t, rng.bytes(10))) for t in times],
            "decided_at": pa.array(times, pa.timestamp("us", "UTC")),
            "subject": [f"s-{i}" for i in range(n)],
            "income": income * factor,
            "months": rng.integers(1, 60, n).astype("int32"),
            "job": rng.choice(["nurse", "driver", "clerk"], n),
            "p_default": p,
            "decision": np.where(p < 0.35, "approve", "decline"),
            "sex": pa.array(np.where(women, "F", "M"), mask=rng.random(n) < 0.02),
            "age": rng.integers(20, 70, n).astype("int16"),
        }
    )
    return table, (rng.random(n) < true).astype("int8")


def outcomes_of(table, labels, after):
    """Return the outcomes of decisions, known `after` each of them."""
    times = [t + after for t in table["decided_at"].to_pylist()]
    return pa.table(
        {
            "decision_id": table["decision_id"],
            "observed_at": pa.array(times, pa.timestamp("us", "UTC")),
            "outcome": pa.array(labels, pa.int8()),
        }
    )


class Desk:
    """A credit desk: streams days of decisions into a real workspace and turns its clock."""

    def __init__(self, folder):
        """Register the system and declare its schema; the reference is a day before the start."""
        self.workspace = fresh_workspace(folder, ManualClock(START))
        self.recorder, self.decisions = self.workspace.recorder, self.workspace.decisions
        self.clock = self.workspace.clock
        self._leave = ""
        body = SystemRegistered(
            system="loans",
            title="Loans",
            purpose="Decide on loans",
            owner="p-1",
            sector="banking",
            jurisdictions=("EU",),
            legal_roles={},
            impact="high",
            lifecycle="production",
            data_sources=(),
            roles={},
        )
        self.recorder.append(Draft(body=body, subjects=(subject("system/loans"),), actor=ACTOR))
        schema = decision_schema("loans", *COLUMNS)
        outcome = Column(name="outcome", type="int8", role="meta", group="outcome")
        schema = type(schema)(
            system="loans", version=1, columns=schema.columns, outcomes=(DECISION_ID, OBSERVED_AT, outcome)
        )
        self.decisions.declare(schema, ACTOR)
        self.watcher = Watcher(self.recorder, self.decisions)
        table, labels = decided(4000, START - timedelta(days=1), seed=99)
        table = table.drop(["sex", "age"]).append_column("outcome", pa.array(labels))
        self.reference = self.watcher.take_reference("loans", table, meaning=MEANING, actor=ACTOR)

    def stream(self, day, n=400, label_after=None, **how):
        """Record a day of decisions, and their outcomes where `label_after` says when they are known."""
        table, labels = decided(n, START + timedelta(days=day), seed=day, **how)
        self.decisions.record("loans", table)
        if label_after is not None:
            self.decisions.record_outcomes("loans", outcomes_of(table, labels, label_after))
        return table, labels

    def turn_to(self, day, hours=1):
        """Turn the clock to some hours into a day after the start."""
        self.clock.turn_to(START + timedelta(days=day, hours=hours))

    def monitor(self, text='template = "tabular-drift"', name="drift", **given):
        """Declare a monitor from TOML."""
        base = {"system": "loans", "monitor": name, "owner": "p-7", "reference": self.reference, **given}
        monitor = parse_monitor(text, self.clock.now().date(), base)
        return self.watcher.declare(monitor, ACTOR)

    def authorise(self):
        """Record leave to read sex and age, once."""
        if self._leave:
            return self._leave
        audit = AuditAuthorised(
            system="loans",
            audit="audit-1",
            purpose="check",
            legal_basis="Art. 10(5)",
            columns=("sex", "age"),
        )
        self._leave = self.decisions.authorise(audit, ACTOR).id
        return self._leave


@pytest.fixture
def desk(tmp_path):
    """Return a credit desk in a real workspace."""
    made = Desk(tmp_path)
    yield made
    made.decisions.close()


@pytest.fixture
def grouped():
    """Return a maker of states from groups.

    A group's four counts are: favourable and merited, favourable and not, other and merited, other and not.
    """

    def make(groups, attribute="sex"):
        cells = {f'["{name}"]': (a, b, 0, c, d, 0, 0, 0, 0) for name, (a, b, c, d) in groups.items()}
        return State(profile="ab" * 32, groups={attribute: cells})

    return make
