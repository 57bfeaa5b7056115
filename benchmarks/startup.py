"""Claim: the command line answers within its start-up budget, measured as whole processes.

**Promise**: medians of many runs of byte-compiled packages, beside the same machine's bare `python -c pass`.
**Not here**: what a verb does once it has started.
"""

import compileall
import json
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import probative

RUNS = 15
SCRIPT = str(Path(sysconfig.get_path("scripts")) / "probative")


def median_ms(command: list[str], allowed: set[int]) -> float:
    """Return the median wall time of `command` in ms; a status that is not `allowed` breaks the benchmark."""
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True)
        times.append((time.perf_counter() - begun) * 1000)
        if done.returncode not in allowed:
            raise SystemExit(f"{command} ended with {done.returncode}: {done.stderr[:500]}")
    return statistics.median(times)


def report(claim: str, value: float, bar: float, bare: float) -> None:
    """Print one claim beside what an empty Python process takes."""
    peer = {"python -c pass": round(bare, 1)}
    line = {
        "claim": claim,
        "value": round(value, 1),
        "unit": "ms",
        "bar": bar,
        "ok": value <= bar,
        "peer": peer,
    }
    print(json.dumps(line))


def main() -> None:
    """Time `--help`, and a real gate check on the record that the demo leaves: all controls, all evidence."""
    compileall.compile_dir(str(Path(probative.__file__).parent), quiet=2)
    bare = median_ms([sys.executable, "-c", "pass"], {0})
    report("probative --help starts within its budget", median_ms([SCRIPT, "--help"], {0}), 100, bare)
    with tempfile.TemporaryDirectory() as folder:
        workspace = str(Path(folder) / "demo")
        subprocess.run([SCRIPT, "demo", "--dir", workspace], check=True, capture_output=True)
        check = [SCRIPT, "--workspace", workspace, "gate", "check", "credit-scoring@1.1.0"]
        report("probative gate check answers within its budget", median_ms(check, {0, 1, 8}), 250, bare)


if __name__ == "__main__":
    main()
