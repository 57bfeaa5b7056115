"""Claims: one pass over two million rows gives every measure, quicker and leaner than column by column.

**Promise**: both sides read the same Parquet file in a fresh process and end with the same kinds of numbers:
drift, nulls, ranges and new values of 26 columns, AUC, Brier score, calibration, selection rates by group. They are
compared before they are timed. The peer is our own plain use of numpy, scipy and scikit-learn, as most teams
would write it; it is no monitoring product.
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
import pyarrow.parquet as pq
from scipy import stats
from sklearn.metrics import brier_score_loss, roc_auc_score

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
BAR_S, BAR_MB, BAR_RATIO = 6.0, 1_500.0, 1.5


def make(rows: int, seed: int) -> pa.Table:
    """Make decisions: skewed numbers with nulls, words, a probability, an outcome and a protected attribute."""
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
    """Do the same column by column with numpy, scipy and scikit-learn."""
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
            words, counts = np.unique(values.to_numpy(zero_copy_only=False), return_counts=True)
            seen = dict(zip(words, counts, strict=True))
            now = np.array([*(seen.get(word, 0) for word in column.categories), 0, values.null_count])
            before = np.array([*then.counts, then.new, then.null])
            found[f"new-categories {column.name}"] = sum(set(seen.values()) - set(seen.values()))
        found[f"null-rate {column.name}"] = values.null_count / len(values)
        found[f"psi {column.name}"] = _psi(now, before)
    p, outcome = table["p"].to_numpy(), table["outcome"].to_numpy()
    found["auc"] = roc_auc_score(outcome, p)
    found["brier"] = brier_score_loss(outcome, p)
    groups = np.searchsorted([reference.profile.score_edges[at] for at in reference.profile.score_groups], p)
    found["calibration-error"] = sum(
        abs((outcome[groups == g] - p[groups == g]).sum()) for g in range(groups.max() + 1)
    ) / len(p)
    sex, yes = table["sex"].to_numpy(zero_copy_only=False), table["decision"].to_numpy(zero_copy_only=False) == "yes"
    rates = {name: yes[sex == name].mean() for name in ("F", "M")}
    found["selection-ratio sex [F]"] = rates["F"] / max(rates.values())
    return found


def _folded(counts: tuple[int, ...]) -> tuple[int, ...]:
    return (counts[0] + counts[1], *counts[2:-2], counts[-2] + counts[-1])


def _psi(now: Any, before: Any) -> float:
    used = (now + before) > 0
    q, p = np.maximum(now / now.sum(), 1e-4)[used], np.maximum(before / before.sum(), 1e-4)[used]
    size = float(((q - p) * np.log(q / p)).sum())
    stats.chi2.sf(size / (1 / now.sum() + 1 / before.sum()), used.sum() - 1)
    return size


def child(side: str, folder: Path) -> None:
    """Run one side in this process; print its seconds, its peak memory in MB and its numbers."""
    work = {"ours": ours, "theirs": theirs}[side]
    begun = time.perf_counter()
    found = work(folder)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"s": seconds, "mb": peak, "found": {k: float(v) for k, v in found.items()}}))


def measure(side: str, folder: Path) -> dict[str, Any]:
    """Return the medians of a few fresh processes, and the numbers of the last."""
    command = [sys.executable, __file__, side, str(folder)]
    runs = [json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(RUNS)]
    return {
        "s": statistics.median(run["s"] for run in runs),
        "mb": statistics.median(run["mb"] for run in runs),
        "found": runs[-1]["found"],
    }


def check(ours: dict[str, float], theirs: dict[str, float]) -> None:
    """Refuse to time two programs that do not compute the same."""
    for name, value in theirs.items():
        near = 0.005 if name == "auc" else 1e-6
        if name in ours and abs(ours[name] - value) > near:
            raise SystemExit(f"{name}: {ours[name]} here, {value} there")
    if len(set(ours) & set(theirs)) < 4 * NUMBERS:
        raise SystemExit(f"only {len(set(ours) & set(theirs))} numbers are computed by both")


def claim(text: str, value: float, unit: str, bar: float, peer: float, *, more: bool = False) -> None:
    """Print one claim; with `more`, larger is better."""
    line = {
        "claim": text,
        "value": round(value, 2),
        "unit": unit,
        "bar": bar,
        "ok": value >= bar if more else value <= bar,
        "peer": {"numpy, scipy and scikit-learn by column": round(peer, 2)},
    }
    print(json.dumps(line))


def main() -> None:
    """Make the data, run both sides, and print the claims."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        roles = {f"x{i}": Role.FEATURE for i in range(NUMBERS)} | {f"c{i}": Role.FEATURE for i in range(WORDS)}
        roles |= {"p": Role.PROBABILITY, "decision": Role.PREDICTION}
        reference = take_reference(make(REFERENCE_ROWS, 1), "bench", roles, MEANING, source="bench")
        (folder / "reference.json").write_bytes(reference.to_bytes())
        pq.write_table(make(ROWS, 2), folder / "rows.parquet", compression="zstd")
        mine, peer = measure("ours", folder), measure("theirs", folder)
        check(mine["found"], peer["found"])
        what = f"every measure of {ROWS:,} rows of 26 columns, Parquet file included"
        claim(what, mine["s"], "s", BAR_S, peer["s"])
        claim(f"{what}: times quicker than the peer", peer["s"] / mine["s"], "times", BAR_RATIO, 1.0, more=True)
        claim(f"{what}: peak memory of the process", mine["mb"], "MB", BAR_MB, peer["mb"])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        child(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
