"""Run the benchmarks of one verb, or all of them, and print one JSON line per claim.

**Promise**: each line is `{"claim", "value", "unit", "bar", "ok", "peer"}`; the status is 1 when a claim
misses its bar and 2 when a benchmark breaks the form or crashes, so nothing is lost in the noise.
**Not here**: the measuring itself: one file per subject, `VERB_WHAT.py`, each beside the peer it is
measured against.
"""

import json
import subprocess
import sys
from pathlib import Path

FIELDS = {"claim", "value", "unit", "bar", "ok", "peer"}
TIMEOUT_S_MAX = 900
HERE = Path(__file__).resolve().parent


def find(verb: str | None) -> list[Path]:
    """Return the benchmark files of `verb`, or of every verb, by name."""
    files = sorted(path for path in HERE.glob("*.py") if path.name != "run.py")
    return [path for path in files if verb is None or path.stem.split("_")[0] == verb]


def run(path: Path) -> list[dict[str, object]]:
    """Run one benchmark in its own process, so that none warms another's caches; return its claims.

    Lines that are not JSON objects are remarks for the reader and go to stderr. A crash, a timeout or a claim
    that lacks a field raises `ValueError` with the reason.
    """
    try:
        done = subprocess.run(
            [sys.executable, str(path)], stdout=subprocess.PIPE, text=True, timeout=TIMEOUT_S_MAX
        )
    except subprocess.TimeoutExpired as error:
        raise ValueError(f"took longer than {TIMEOUT_S_MAX} s") from error
    if done.returncode != 0:
        raise ValueError(f"ended with status {done.returncode}")
    claims = []
    for line in done.stdout.splitlines():
        if not line.startswith("{"):
            print(line, file=sys.stderr)
            continue
        claim = json.loads(line)
        if set(claim) != FIELDS or not isinstance(claim["ok"], bool):
            raise ValueError(f"printed a claim of another form: {line[:200]}")
        claims.append(claim)
    if not claims:
        raise ValueError("printed no claim")
    return claims


def main(arguments: list[str]) -> int:
    """Run what was asked for; return 0 when every claim met its bar, 1 when one did not, 2 when one broke."""
    verb = arguments[0] if arguments else None
    files = find(verb)
    if not files:
        verbs = sorted({path.stem.split("_")[0] for path in find(None)})
        print(f"There are no benchmarks of '{verb}'. There are: {', '.join(verbs)}.", file=sys.stderr)
        return 2
    status = 0
    for path in files:
        print(f"-- {path.stem}", file=sys.stderr)
        try:
            claims = run(path)
        except ValueError as error:
            print(f"{path.name} {error}.", file=sys.stderr)
            status = 2
            continue
        for claim in claims:
            print(json.dumps(claim), flush=True)
            status = status or int(not claim["ok"])
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
