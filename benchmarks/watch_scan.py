"""Claims: one pass over two million rows gives every measure, quicker and leaner than column by column.

**Promise**: both sides read the same Parquet file in a fresh process and end with the same kinds of numbers:
drift, nulls, ranges and new values of 26 columns, AUC, Brier score, calibration, selection by group. They are
compared before they are reported. The peer is our own plain use of Arrow, numpy, scipy and scikit-learn, one
column after the other; it is no monitoring product.
**Not here**: windows, readings and signals (tests), and engines for more than one machine.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from probative.watch.counting.plan import Plan, scan
from probative.watch.counting.profile import Attribute, Meaning, Role
from probative.watch.counting.reference import read_reference, take_reference
from probative.watch.measures.catalogue import measure_all
from probative.watch.measures.measured import MeasureSpec

ROWS, REFERENCE_ROWS, NUMBERS, WORDS = 2_000_000, 100_000, 20, 4
RUNS = 3
MEANING = Meaning(prediction="decision", favourable="yes", merited=0, probability="p", positive=1)
MEASURES = {
    "psi": ("@features", "@predictions"),
    "null-rate": ("@features",),
    "new-categories": ("@features",),
    "out-of-range": ("@features",),
    "auc": (),
    "brier": (),
    "calibration-error": (),
    "selection-ratio": (),
}
BAR_CPU_S, BAR_MB, BAR_TIMES = 5.0, 1_200.0, 2.0


def make(rows: int, seed: int) -> pa.Table:
    """Make decisions: skewed numbers with nulls, words, probability, outcome, a protected attribute."""
    rng = np.random.default_rng(seed)
    columns: dict[str, Any] = {
        f"x{i}": pa.array(rng.lognormal(i / 5, 1, rows), mask=rng.random(rows) < 0.01) for i in range(NUMBERS)
    }
    for i in range(WORDS):
        columns[f"c{i}"] = pa.array(np.array([f"w{k}" for k in range(12)])[rng.integers(0, 12, rows)])
    p = rng.beta(2, 5, rows)
    columns["p"] = p
    columns["decision"] = np.where(p < 0.3, "yes", "no")
    columns["outcome"] = (rng.random(rows) < p).astype("int8")
    columns["sex"] = pa.array(np.array(["F", "M"])[rng.integers(0, 2, rows)])
    return pa.table(columns)


def ours(folder: Path) -> dict[str, float]:
    """Scan the file once and compute every measure."""
    reference = read_reference((folder / "reference.json").read_bytes())
    specs = [
        MeasureSpec(measure=name, threshold="bench", watch=0.5, breach=0.5, n_min=1, columns=columns)
        for name, columns in MEASURES.items()
    ]
    plan = Plan(profile=reference.profile, groups=((Attribute(name="sex"),),))
    state = scan(pl.scan_parquet(folder / "rows.parquet"), plan)
    found = measure_all(specs, reference.profile, reference.state, state)
    return {m.name: m.value for m in found if m.value is not None}


def theirs(folder: Path) -> dict[str, float]:
    """Do the same column by column with Arrow, numpy, scipy and scikit-learn."""
    # Imported here, so that our own process does not pay for them.
    from scipy import stats
    from sklearn.metrics import brier_score_loss, roc_auc_score

    reference = read_reference((folder / "reference.json").read_bytes())
    table = pq.read_table(folder / "rows.parquet")
    found: dict[str, float] = {}
    for column in reference.profile.columns:
        then = reference.state.columns[column.name]
        values = table[column.name]
        if column.numeric:
            numbers = values.to_numpy()
            known = numbers[~np.isnan(numbers)]
            edges = np.concatenate([[-np.inf], column.edges[1:-1], [np.inf]])
            now = np.array([*np.histogram(known, np.nextafter(edges, np.inf))[0], len(numbers) - len(known)])
            before = np.array([*_folded(then.counts), then.null])
            found[f"out-of-range {column.name}"] = np.mean((known < then.low) | (known > then.high))
            known.mean()
        else:
            seen = {entry["values"]: entry["counts"] for entry in values.value_counts().to_pylist()}
            now = np.array([*(seen.get(word, 0) for word in column.categories), 0, values.null_count])
            before = np.array([*then.counts, then.new, then.null])
            new = set(seen) - set(column.categories)
            found[f"new-categories {column.name}"] = sum(seen[word] for word in new) / len(values)
        found[f"null-rate {column.name}"] = values.null_count / len(values)
        size, scale = _psi(now, before)
        stats.chi2.sf(size / scale, len(now) - 1)
        found[f"psi {column.name}"] = size
    p, outcome = table["p"].to_numpy(), table["outcome"].to_numpy()
    found["auc"] = roc_auc_score(outcome, p)
    found["brier"] = brier_score_loss(outcome, p)
    groups = np.searchsorted([reference.profile.score_edges[at] for at in reference.profile.score_groups], p)
    found["calibration-error"] = sum(
        abs((outcome[groups == g] - p[groups == g]).sum()) for g in range(groups.max() + 1)
    ) / len(p)
    yes = pc.equal(table["decision"], "yes").to_numpy()
    rates = {name: yes[pc.equal(table["sex"], name).to_numpy()].mean() for name in ("F", "M")}
    found["selection-ratio sex [F]"] = rates["F"] / max(rates.values())
    return found


def _folded(counts: tuple[int, ...]) -> tuple[int, ...]:
    return (counts[0] + counts[1], *counts[2:-2], counts[-2] + counts[-1])


def _psi(now: Any, before: Any) -> tuple[float, float]:
    used = (now + before) > 0
    q, p = np.maximum(now / now.sum(), 1e-4)[used], np.maximum(before / before.sum(), 1e-4)[used]
    return float(((q - p) * np.log(q / p)).sum()), 1 / now.sum() + 1 / before.sum()


def child(side: str, folder: Path) -> None:
    """Run one side in this process; print its wall and CPU seconds, its peak memory in MB and its numbers."""
    work = {"ours": ours, "theirs": theirs}[side]
    begun, spent = time.perf_counter(), time.process_time()
    found = work(folder)
    wall, cpu = time.perf_counter() - begun, time.process_time() - spent
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"s": wall, "cpu": cpu, "mb": peak, "found": {k: float(v) for k, v in found.items()}}))


def measure(folder: Path) -> dict[str, dict[str, Any]]:
    """Run both sides in turn, each in fresh processes; return their medians and their numbers."""
    runs: dict[str, list[dict[str, Any]]] = {"ours": [], "theirs": []}
    for _ in range(RUNS):
        for side, found in runs.items():
            command = [sys.executable, __file__, side, str(folder)]
            found.append(
                json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            )
    return {
        side: {
            **{name: statistics.median(run[name] for run in found) for name in ("s", "cpu", "mb")},
            "found": found[-1]["found"],
        }
        for side, found in runs.items()
    }


def check(ours: dict[str, float], theirs: dict[str, float]) -> None:
    """Refuse to time two programs that do not compute the same."""
    for name, value in theirs.items():
        near = 0.005 if name == "auc" else 1e-6
        if name in ours and abs(ours[name] - value) > near:
            raise SystemExit(f"{name}: {ours[name]} here, {value} there")
    if len(set(ours) & set(theirs)) < 3 * (NUMBERS + WORDS):
        raise SystemExit(f"only {len(set(ours) & set(theirs))} numbers are computed by both")


def claim(text: str, value: float, unit: str, bar: float, peer: float, *, more: bool = False) -> None:
    """Print one claim; with `more`, larger is better."""
    line = {
        "claim": text,
        "value": round(value, 2),
        "unit": unit,
        "bar": bar,
        "ok": value >= bar if more else value <= bar,
        "peer": {"arrow, numpy, scipy, scikit-learn by column": round(peer, 2)},
    }
    print(json.dumps(line))


def main() -> None:
    """Make the data, run both sides, and print the claims."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        roles = {f"x{i}": Role.FEATURE for i in range(NUMBERS)} | {
            f"c{i}": Role.FEATURE for i in range(WORDS)
        }
        roles |= {"p": Role.PROBABILITY, "decision": Role.PREDICTION}
        reference = take_reference(make(REFERENCE_ROWS, 1), "bench", roles, MEANING, source="bench")
        (folder / "reference.json").write_bytes(reference.to_bytes())
        pq.write_table(make(ROWS, 2), folder / "rows.parquet", compression="zstd")
        mine, peer = measure(folder).values()
        check(mine["found"], peer["found"])
        what = f"every measure of {ROWS:,} rows of 26 columns, Parquet file included"
        claim(what, mine["cpu"], "CPU-s", BAR_CPU_S, peer["cpu"])
        times = peer["s"] / mine["s"]
        claim(f"{what}: times quicker than the peer by the clock", times, "times", BAR_TIMES, 1.0, more=True)
        claim(f"{what}: peak memory of the process", mine["mb"], "MB", BAR_MB, peer["mb"])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        child(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
