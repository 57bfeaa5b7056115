"""The product's own verification of a package: the very lines of `verify.py`, with typed answers.

**Promise**: needs no workspace; says the same as `verify.py` about the same bytes.
**Not here**: the checks (`verifier`), and where trust comes from (a file handed over by other ways).
"""

from pathlib import Path
from typing import Any

import msgspec

from probative.kernel.errors import NotFoundError
from probative.prove.verifier.package import GOOD, TAMPERED, verify_package
from probative.prove.verifier.tree import read_keys
from probative.record.proofs.trust import TrustFile, write_trust


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong: in which file of the package, which property, and what was seen."""

    file: str
    check: str
    detail: str


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """The answer about a package. `status` is 0 verified, 7 contradicted, 8 consistent but issuer unknown.

    `size` and `root` are those of its checkpoint, `decisions` the disclosed values of its rows.
    """

    status: int
    package: str
    about: str
    origin: str
    trusted: bool
    size: int
    root: str
    files: int
    facts: int
    decisions: tuple[dict[str, Any], ...]
    withheld: int
    failures: tuple[Failure, ...]

    @property
    def answer(self) -> str:
        """The status in words."""
        return {GOOD: "verified", TAMPERED: "contradicted"}.get(self.status, "consistent, issuer unknown")


def verify(place: Path, trust: TrustFile | None, beside: Path | None = None) -> Verification:
    """Verify the package at `place`, a zip or the folder it was unpacked to, against `trust`.

    Without `trust` the best answer is "consistent, issuer unknown". `beside` is the trust file's own path: it
    may lie in the folder without being part of the package. Raises `NotFoundError` when there is
    nothing at `place`; whatever is wrong inside is in the answer, never an error.
    """
    if not place.exists():
        raise NotFoundError("package.missing", f"There is no package at '{place}'.", "Check the path.")
    keys = read_keys("trust file", write_trust(trust)) if trust else None
    report = verify_package(place, keys, beside)
    return Verification(
        status=report.status,
        package=report.package,
        about=report.about,
        origin=report.origin,
        trusted=trust is not None,
        size=report.size,
        root=report.root,
        files=report.files,
        facts=len(report.facts),
        decisions=tuple(report.decisions),
        withheld=report.withheld,
        failures=tuple(Failure(**failure._asdict()) for failure in report.failures),
    )
