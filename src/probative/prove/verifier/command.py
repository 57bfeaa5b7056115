"""The command line of `verify.py`: what was checked, what failed, and what that means.

**Promise**: ends with 0 (good), 7 (changed), 8 (consistent, issuer unknown), or 2 when it was asked wrongly.
**Not here**: the checks (`package`).
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

from probative.prove.verifier.forms import FailureError
from probative.prove.verifier.package import GOOD, TAMPERED, Report, verify_package
from probative.prove.verifier.tree import Keys, read_keys

_MISUSED = 2
_SHOWN_MAX = 50
_VERDICTS = {
    GOOD: "VERIFIED: nothing was changed, and the keys of the trust file vouch for it.",
    TAMPERED: "CONTRADICTED: do not rely on this package.",
}
_UNKNOWN = (
    "CONSISTENT, ISSUER UNKNOWN: nothing contradicts itself, but anybody could have made it.\n"
    "Get the trust file from someone you know, not from the package: verify.py --trust trust.json"
)


def main(arguments: list[str], home: Path) -> int:
    """Verify the package that `arguments` name, or the folder `home`, print the answer, return the status."""
    parser = argparse.ArgumentParser(
        prog="verify.py", description="Verify a Probative evidence package offline."
    )
    parser.add_argument("package", nargs="?", type=Path, help="a zip or folder; default: this file's folder")
    parser.add_argument("--trust", type=Path, metavar="FILE", help="the issuer's trust file")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    options = parser.parse_args(arguments)
    place = options.package or home
    try:
        trust = options.trust.read_bytes() if options.trust else None
        keys = read_keys(str(options.trust), trust) if trust is not None else None
        place.stat()
    except (OSError, FailureError) as error:
        sys.stderr.write(f"error: {error}\n")
        return _MISUSED
    report = verify_package(place, keys, options.trust)
    if options.json:
        value = {**report._asdict(), "facts": len(report.facts)}
        value["failures"] = [failure._asdict() for failure in report.failures]
        sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=True) + "\n")
    else:
        sys.stdout.write(_text(report, keys, trust))
    return report.status


def _text(report: Report, keys: Keys | None, trust: bytes | None) -> str:
    """Return the report for a person; control characters from the package never reach the terminal."""
    issuer = "unknown"
    if keys is not None and trust is not None:
        issuer = f"{keys.origin}, trust file {hashlib.sha256(trust).hexdigest()}"
    lines = [
        f"Package   {report.package or '?'} about {report.about or '?'}",
        f"Issuer    {issuer}",
        f"Log       {report.origin or '?'} at size {report.size}, root {report.root or '?'}",
        f"Checked   {report.files} files, {len(report.facts)} facts, {len(report.decisions)} decisions; "
        f"{report.withheld} blobs are withheld (index.html says why)",
    ]
    lines += [f"FAILED    {item.file}: {item.check}: {item.detail}" for item in report.failures[:_SHOWN_MAX]]
    if len(report.failures) > _SHOWN_MAX:
        lines.append(f"FAILED    and {len(report.failures) - _SHOWN_MAX} more files (--json lists all)")
    safe = [
        "".join(character if character.isprintable() else "?" for character in line)
        .encode(sys.stdout.encoding or "ascii", "replace")
        .decode(sys.stdout.encoding or "ascii")
        for line in lines
    ]
    return "\n".join([*safe, _VERDICTS.get(report.status, _UNKNOWN), ""])
