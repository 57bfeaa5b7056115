"""Claims: decisions are sealed, erasable and provable at a speed beside plain inserts into SQLite.

**Promise**: both sides store the same rows, durably, in batches of 10,000, one process; ours also hashes,
seals and records the manifest. Median of three, the two taken in turn.
**Not here**: verification and proofs of single rows.
"""

import json
import sqlite3
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from probative.kernel.actor import Actor
from probative.kernel.ids import uuid7
from probative.record.decisions.schema import Column, DecisionSchema, decision_schema
from probative.record.facts import Draft, SystemRegistered, subject
from probative.testing import START, fresh_workspace

BATCHES = 20
BATCH_ROWS = 10_000
FEATURES = 20
RUNS = 3
ACTOR = Actor(id="p-1", role="data-science")


def schema() -> DecisionSchema:
    """Return a schema like that of a credit score: twenty features, three protected attributes."""
    return decision_schema(
        "loans",
        *(Column(name=f"f{n:02}", type="float64", role="feature") for n in range(FEATURES)),
        Column(name="approve", type="int8", role="prediction", personal=False),
        Column(name="probability", type="float64", role="probability", personal=False),
        Column(name="model", type="text", role="model"),
        Column(name="latency_ms", type="float32", role="latency"),
        Column(name="sex", type="text", role="protected"),
        Column(name="age", type="int16", role="protected"),
        Column(name="marriage", type="int8", role="protected"),
    )


def batch(number: int) -> pa.Table:
    """Return one batch of decisions, a millisecond apart."""
    random = np.random.default_rng(number)
    start = START + timedelta(seconds=number * BATCH_ROWS / 1000)
    times = [start + timedelta(milliseconds=n) for n in range(BATCH_ROWS)]
    return pa.table(
        {
            "decision_id": [str(uuid7(at)) for at in times],
            "decided_at": pa.array(times, pa.timestamp("us", "UTC")),
            "subject": [f"person-{n:06}" for n in random.integers(0, 30_000, BATCH_ROWS)],
            **{f"f{n:02}": random.normal(size=BATCH_ROWS) for n in range(FEATURES)},
            "approve": pa.array(random.integers(0, 2, BATCH_ROWS), pa.int8()),
            "probability": random.random(BATCH_ROWS),
            "model": ["ab" * 32] * BATCH_ROWS,
            "latency_ms": pa.array(random.random(BATCH_ROWS), pa.float32()),
            "sex": [("f", "m")[n] for n in random.integers(0, 2, BATCH_ROWS)],
            "age": pa.array(random.integers(18, 90, BATCH_ROWS), pa.int16()),
            "marriage": pa.array(random.integers(0, 3, BATCH_ROWS), pa.int8()),
        }
    )


def ours(batches: list[pa.Table]) -> tuple[float, float]:
    """Return seconds until all was acknowledged, and until all was sealed."""
    with tempfile.TemporaryDirectory() as name:
        workspace = fresh_workspace(Path(name))
        body = SystemRegistered(
            system="loans",
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
        workspace.recorder.append(Draft(body=body, subjects=(subject("system/loans"),), actor=ACTOR))
        log = workspace.decisions
        log.declare(schema(), ACTOR)
        begun = time.perf_counter()
        for rows in batches:
            log.record("loans", rows)
        acknowledged = time.perf_counter() - begun
        log.seal(force=True)
        sealed = time.perf_counter() - begun
        log.close()
    return acknowledged, sealed


def sqlite(batches: list[list[tuple[object, ...]]], names: list[str]) -> float:
    """Return seconds for plain inserts of the same rows, one durable transaction a batch."""
    with tempfile.TemporaryDirectory() as name:
        database = sqlite3.connect(Path(name) / "plain.sqlite", isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute(f"CREATE TABLE decisions ({', '.join(names)}, PRIMARY KEY (decision_id))")
        insert = f"INSERT INTO decisions VALUES ({', '.join('?' * len(names))})"
        begun = time.perf_counter()
        for rows in batches:
            database.execute("BEGIN")
            database.executemany(insert, rows)
            database.execute("COMMIT")
        seconds = time.perf_counter() - begun
        database.close()
    return seconds


def claim(text: str, ours_s: float, peer_s: float, bar: float) -> None:
    """Print one claim: rows a second of ours over those of the peer."""
    rows, ratio = BATCHES * BATCH_ROWS, peer_s / ours_s
    line = {
        "claim": text,
        "value": round(ratio, 3),
        "unit": "x plain SQLite inserts",
        "bar": bar,
        "ok": ratio >= bar,
        "peer": {"rows_per_s": round(rows / ours_s), "sqlite_rows_per_s": round(rows / peer_s)},
    }
    print(json.dumps(line))


def main() -> None:
    """Measure both sides in turn."""
    tables = [batch(number) for number in range(BATCHES)]
    names = tables[0].schema.names
    plain = [
        list(zip(*(c.cast(pa.int64()).to_pylist() if pa.types.is_timestamp(c.type) else c.to_pylist()
                   for c in table.columns), strict=True))
        for table in tables
    ]  # fmt: skip
    acknowledged, sealed, peer = [], [], []
    for _ in range(RUNS):
        first, second = ours(tables)
        acknowledged.append(first)
        sealed.append(second)
        peer.append(sqlite(plain, names))
    peer_s = statistics.median(peer)
    claim(
        "decisions acknowledged durably, in batches of 10,000", statistics.median(acknowledged), peer_s, 0.75
    )
    claim(
        "decisions sealed, erasable and provable, in batches of 10,000",
        statistics.median(sealed),
        peer_s,
        0.5,
    )


if __name__ == "__main__":
    main()
