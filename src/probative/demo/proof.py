"""Act 8: the package for the regulator; verified, tampered with, and forged.

**Promise**: the package is verified by the product, and by verify.py in a clean interpreter; both
must refuse a flipped byte and a whole package rebuilt with other keys.
**Not here**: how packages are made (`prove`).
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from probative.demo.stage import PEOPLE, SYSTEM, Stage, act, command, say
from probative.kernel.clock import ManualClock
from probative.prove.disclosure import Disclosure
from probative.record.artifacts import system_draft
from probative.record.facts import SystemRegistered
from probative.record.proofs.trust import write_trust
from probative.respond.declaring import Opening
from probative.workspace import Workspace


def prove(stage: Stage, about: str, decision: str) -> tuple[Path, Path]:
    """Write the package and the trust file beside it; return both."""
    act(8, "Prove it to a stranger")
    folder = stage.workspace.folder
    package, trust = folder / "packages" / f"{about.replace('/', '-')}.zip", folder / "trust.json"
    package.parent.mkdir(exist_ok=True)
    command("record trust --out trust.json")
    trust.write_bytes(write_trust(stage.workspace.trust()))
    command(f"prove package {about} --out packages/{package.name} --decision {decision} --open inputs")
    made = stage.workspace.prover.package(
        about,
        package,
        actor=PEOPLE["legal"],
        decisions=(decision,),
        shown=Disclosure(groups=("inputs",)),
        recipient="Supervisory Authority",
    )
    size = package.stat().st_size
    say(
        f"{made.verification.facts} facts in {made.verification.files} files, {size / 1024:,.0f} kB; "
        f"{len(made.withheld)} blobs withheld, each listed with its reason"
    )
    command(f"prove verify packages/{package.name} --trust trust.json")
    checked = stage.workspace.prover.verify(package, stage.workspace.trust())
    say(f"the product: {checked.answer}, status {checked.status}", good=checked.status == 0)
    unknown = stage.workspace.prover.verify(package, None)
    say(f"without the trust file: {unknown.answer}, status {unknown.status}")
    with tempfile.TemporaryDirectory() as scratch:
        _standalone(package, trust, Path(scratch))
        _tampered(stage, trust, Path(scratch))
        _forged(stage, trust, Path(scratch))
    return package, trust


def _standalone(package: Path, trust: Path, scratch: Path) -> None:
    """Unpack, and let verify.py judge in an interpreter that knows nothing of us."""
    unpacked = scratch / "unpacked"
    with zipfile.ZipFile(package) as archive:
        archive.extractall(unpacked)  # our own package, verified a moment ago
    status, _ = _run(unpacked, trust)
    say(f"verify.py in a clean interpreter (python -I -S): status {status}", good=status == 0)


def _tampered(stage: Stage, trust: Path, scratch: Path) -> None:
    """Flip one byte in the unpacked copy; both verifiers must say where."""
    unpacked = scratch / "unpacked"
    files = sorted(path for path in unpacked.rglob("*") if path.is_file() and path.name != "verify.py")
    victim = files[stage.seed * 7919 % len(files)]
    content = bytearray(victim.read_bytes())
    place = len(content) // 2
    content[place] ^= 1
    victim.write_bytes(bytes(content))
    name = victim.relative_to(unpacked).as_posix()
    checked = stage.workspace.prover.verify(unpacked, stage.workspace.trust())
    status, told = _run(unpacked, trust)
    found = all(any(name in line for line in lines) for lines in ([f.file for f in checked.failures], [told]))
    say(f"one byte flipped in {name}: product status {checked.status}, verify.py {status}", good=status == 7)
    say(f"both name the file: {'yes' if found else 'NO'}; {checked.failures[0].check}", good=found)


def _forged(stage: Stage, trust: Path, scratch: Path) -> None:
    """Build a whole record with the same names and other keys; its package is sound, and not ours."""
    clock = ManualClock(stage.clock.now())
    other = Workspace.create(scratch / "forged", stage.workspace.config.origin, clock)
    system = next(stage.workspace.recorder.facts(kind="record.system-registered")).read(SystemRegistered)
    other.recorder.append(system_draft(system, PEOPLE["compliance"]))
    now = clock.now()
    opening = Opening(
        system=SYSTEM, title="Nothing happened", kind="performance", onset_at=now, detected_at=now
    )
    incident = other.responder.declare(opening, PEOPLE["incident-commander"])
    package = scratch / "forged.zip"
    other.prover.package(f"incident/{incident.id}", package, actor=PEOPLE["legal"])
    alone = other.prover.verify(package, None)
    checked = stage.workspace.prover.verify(package, stage.workspace.trust())
    with zipfile.ZipFile(package) as archive:
        archive.extractall(scratch / "forgery")  # made a moment ago
    status, _ = _run(scratch / "forgery", trust)
    say(
        f"a whole package forged with other keys: {alone.answer} by itself; "
        f"with the trust file product status {checked.status}, verify.py {status}",
        good=checked.status == status == 7,
    )


def _run(unpacked: Path, trust: Path) -> tuple[int, str]:
    done = subprocess.run(  # noqa: S603  # our own interpreter and the package's own verifier
        [sys.executable, "-I", "-S", "verify.py", "--trust", str(trust.resolve())],
        cwd=unpacked,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr
