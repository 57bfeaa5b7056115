"""A decision log over real stores, a schema with every role, and batches that fit it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from probative.adapters.files.journals import FileJournals
from probative.adapters.files.segments import FileSegments
from probative.adapters.files.vault import FileVault
from probative.kernel.actor import Actor
from probative.kernel.ids import uuid7
from probative.record.decisions.log import DecisionLog
from probative.record.decisions.schema import Column, decision_schema
from probative.record.decisions.segment.writer import DEFAULT_LIMITS, Limits
from probative.record.facts import Draft, SystemRegistered, subject
from probative.record.recorder import Recorder
from probative.testing import START, fresh_recorder

ACTOR = Actor(id="p-1", role="data-science")
SCHEMA = decision_schema(
    "loans",
    Column(name="amount", type="float64", role="feature"),
    Column(name="years", type="int16", role="feature", nullable=True),
    Column(name="approve", type="int8", role="prediction", personal=False),
    Column(name="p", type="float32", role="probability", personal=False),
    Column(name="release", type="text", role="release"),
    Column(name="note", type="text", role="meta", group="notes", nullable=True),
    Column(name="sex", type="text", role="protected"),
    Column(name="age", type="uint8", role="protected", nullable=True),
)


class Bench:
    """One folder with a ledger and a decision log; `again` opens the log as another process would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.recorder: Recorder = fresh_recorder(folder)
        self.clock = self.recorder.clock
        self.journals = folder / "journal"
        self.segments = folder / "segments"
        self.protected = folder / "protected"
        self.random = np.random.default_rng(7)
        self.logs: list[DecisionLog] = []
        self.log = self.again()
        self.register("loans")
        self.log.declare(SCHEMA, ACTOR)

    def register(self, system: str) -> None:
        """Register a system."""
        body = SystemRegistered(
            system=system,
            title="Loans",
            purpose="Decide on loans",
            owner="p-2",
            sector="finance",
            jurisdictions=("EU",),
            legal_roles={},
            impact="high",
            lifecycle="live",
            data_sources=(),
            roles={},
        )
        self.recorder.append(Draft(body=body, subjects=(subject(f"system/{system}"),), actor=ACTOR))

    def again(self, limits: Limits = DEFAULT_LIMITS, **stores: object) -> DecisionLog:
        """Open another log on the same folder."""
        log = DecisionLog(
            self.recorder,
            stores.get("journals", FileJournals(self.journals)),
            stores.get("files", FileSegments(self.segments, self.protected)),
            FileVault(self.folder / "vault" / "protected.key"),
            ACTOR,
            limits,
        )
        self.logs.append(log)
        return log

    def rows(self, count: int, at: datetime | None = None) -> pa.Table:
        """Return decisions, one a second from `at` (or the clock's time) on."""
        start = at or self.clock.now()
        times = [start + timedelta(seconds=n) for n in range(count)]
        return pa.table(
            {
                "decision_id": [str(uuid7(time, self.random.bytes(10))) for time in times],
                "decided_at": pa.array(times, pa.timestamp("us", "UTC")),
                "subject": [f"s-{n:05}" for n in range(count)],
                "amount": self.random.normal(size=count),
                "years": pa.array([None if n % 3 == 0 else n % 100 for n in range(count)], pa.int16()),
                "approve": pa.array(self.random.integers(0, 2, count), pa.int8()),
                "p": pa.array(self.random.random(count).astype("f4")),
                "release": ["r1"] * count,
                "note": pa.array([None if n % 5 else f"é{n}" for n in range(count)], pa.string()),
                "sex": ["f" if n % 2 else "m" for n in range(count)],
                "age": pa.array([None if n % 11 == 0 else n % 90 for n in range(count)], pa.uint8()),
            }
        )

    def sealed(self, count: int = 300) -> pa.Table:
        """Record and seal a batch and return it."""
        rows = self.rows(count)
        self.log.record("loans", rows)
        self.log.seal(force=True)
        return rows

    def files(self) -> list[Path]:
        """Return every file of segments and journals."""
        folders = (self.segments, self.protected, self.journals)
        return sorted(p for f in folders for p in f.rglob("*") if p.is_file() and p.suffix != ".lock")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return a bench with system `loans` and its schema declared."""
    made = Bench(tmp_path)
    yield made
    for log in made.logs:
        log.close()


@pytest.fixture
def changed() -> Callable[[pa.Table, str, object], pa.Table]:
    """Return a function that puts `value` into the first row of a column."""

    def change(rows: pa.Table, name: str, value: object) -> pa.Table:
        at = rows.schema.get_field_index(name)
        values = rows.column(name).to_pylist()
        return rows.set_column(at, name, pa.array([value, *values[1:]], rows.schema.field(name).type))

    return change


UTC_START = START.astimezone(UTC)
