"""Claims: a package of 150 facts is made and verified quickly, also by pure Python in a clean interpreter.

**Promise**: real packages from a real record; the verifier is timed as a whole process.
**Not here**: proofs of single facts and rows (`record_*`).
"""

import base64
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from probative.kernel.actor import Actor
from probative.prove.bundling import verifier_source
from probative.prove.verifier.ed25519 import ed25519_verify
from probative.record.facts import Draft, ReleaseDeployed, subject
from probative.record.proofs.envelope import pae, parse_envelope
from probative.record.proofs.note import is_signature
from probative.record.proofs.trust import write_trust
from probative.testing import fresh_workspace
from probative.workspace import Workspace

FACTS = 150
RUNS = 7
ABOUT = "incident/inc-1"
ACTOR = Actor(id="p-1", role="sre")


def seconds(work: Callable[[], object], runs: int = RUNS) -> float:
    """Return the median time of `work`."""
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def claim(text: str, value: float, unit: str, bar: float, **peer: float) -> None:
    """Print one claim."""
    peers = {name: round(number, 3) for name, number in peer.items()}
    line = {
        "claim": text,
        "value": round(value, 3),
        "unit": unit,
        "bar": bar,
        "ok": value <= bar,
        "peer": peers,
    }
    print(json.dumps(line))


def fill(workspace: Workspace) -> None:
    """Record a chain of facts about one incident."""
    cause: tuple[str, ...] = ()
    about = (subject("system/loans"), subject(ABOUT))
    for number in range(FACTS):
        workspace.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
        body = ReleaseDeployed(system="loans", release=f"1.0.{number}", model="ab" * 32, endpoint="scoring")
        (fact,) = workspace.recorder.append(Draft(body=body, subjects=about, actor=ACTOR, caused_by=cause))
        cause = (fact.id,)


def main() -> None:
    """Time making, verifying in the product, verifying as a stranger, and one signature."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workspace = fresh_workspace(folder)
        fill(workspace)
        paths = iter(folder / f"{number}.zip" for number in range(RUNS))
        made = seconds(lambda: workspace.prover.package(ABOUT, next(paths), actor=ACTOR))
        trust, package = workspace.trust(), folder / "0.zip"
        (folder / "trust.json").write_bytes(write_trust(trust))
        (folder / "verify.py").write_bytes(verifier_source())
        command = [sys.executable, "-I", "-S", "verify.py", "--trust", "trust.json", "0.zip"]
        product = seconds(lambda: workspace.prover.verify(package, trust))
        stranger = seconds(lambda: subprocess.run(command, cwd=folder, check=True, capture_output=True))
        bare = seconds(lambda: subprocess.run([*command[:3], "-c", "pass"], check=True))
        claim(f"a package of {FACTS} facts is made and verified once", made, "s", 3.0)
        claim(
            f"verify.py checks {FACTS} facts, whole process",
            stranger,
            "s",
            3.0,
            product=product,
            python_c_pass=bare,
        )
        envelope = parse_envelope(workspace.recorder.entry(1))
        key = base64.b64decode(trust.writer_keys[0].public_key)
        signed, signature = pae(envelope.payload_type, envelope.payload), envelope.signatures[0].sig
        pure = seconds(lambda: ed25519_verify(key, signature, signed), 100) * 1000
        native = seconds(lambda: is_signature(key, signature, signed), 100) * 1000
        claim("one Ed25519 signature is checked in pure Python", pure, "ms", 5.0, cryptography=native)


if __name__ == "__main__":
    main()
