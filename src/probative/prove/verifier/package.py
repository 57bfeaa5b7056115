"""A whole package: each file against its proof or digest, all of it bound to one fact in the ledger.

**Promise**: every file but `verify.py` is covered: entries, proofs and checkpoint by their own proofs, all
others by `manifest.json`, and the manifest by the fact `prove.package-issued`; every failure is listed.
**Not here**: whether the evidence is enough (`gate`), and what it does not prove (`NOT-PROVEN.md`).
"""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from probative.prove.verifier.container import Archive, Folder, is_safe_name
from probative.prove.verifier.entries import Fact, proof_name, read_fact
from probative.prove.verifier.forms import JSON_BYTES_MAX, FailureError, read_json
from probative.prove.verifier.rows import read_decision
from probative.prove.verifier.tree import Checkpoint, Keys, read_checkpoint, read_keys

GOOD, TAMPERED, UNKNOWN = 0, 7, 8
FORMAT = "probative-package/1"
ISSUED_KIND = "prove.package-issued"
CHECKPOINT = "checkpoint"
ISSUED = "issued.json"
ISSUER = "issuer.json"
MANIFEST = "manifest.json"
VERIFIER = "verify.py"
_BAD_VALUE = (ValueError, KeyError, TypeError, AttributeError)


class Failure(NamedTuple):
    """What is wrong: in which file, which property, and what was seen."""

    file: str
    check: str
    detail: str


class Report(NamedTuple):
    """The answer: `status` 0 good, 7 something was changed, 8 consistent but the issuer is unknown.

    `size` and `root` (hex) are the checkpoint's; `decisions` are the disclosed values of each decision row.
    """

    status: int
    package: str
    about: str
    origin: str
    size: int
    root: str
    files: int
    facts: list[Fact]
    decisions: list[dict[str, Any]]
    withheld: int
    failures: list[Failure]


def verify_package(place: Path, keys: Keys | None, beside: Path | None = None) -> Report:
    """Check the package at `place` (zip or folder) and say what holds; `keys` come from the trust file.

    Without `keys` the package is checked against the keys that it claims itself: that can show that it was
    changed, never that it is genuine. `beside` is the reader's trust file, which may lie in the folder.
    """
    check = _Check(place.name)
    check.run(place, keys, beside)
    status = TAMPERED if check.failures else UNKNOWN if keys is None else GOOD
    return Report(
        status=status,
        package=str(check.manifest.get("package", "")),
        about=str(check.manifest.get("about", "")),
        origin=check.keys.origin if check.keys else "",
        size=check.checkpoint.size if check.checkpoint else 0,
        root=check.checkpoint.root.hex() if check.checkpoint else "",
        files=len(check.manifest.get("files", ())),
        facts=list(check.facts.values()),
        decisions=check.decisions,
        withheld=len(check.manifest.get("withheld", ())),
        failures=check.failures,
    )


class _Check:
    """One package under examination; after a failure it goes on, to find the others."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.files: Archive | Folder | None = None
        self.keys: Keys | None = None
        self.checkpoint: Checkpoint | None = None
        self.manifest: dict[str, Any] = {}
        self.facts: dict[str, Fact] = {}
        self.decisions: list[dict[str, Any]] = []
        self.failures: list[Failure] = []

    def run(self, place: Path, keys: Keys | None, beside: Path | None) -> None:
        """Work from the outside in: container, keys, checkpoint, issuing fact, manifest, what it lists."""
        self._attempt(self._open, place, beside)
        self._attempt(self._take_keys, keys)
        self._attempt(self._take_checkpoint)
        self._attempt(self._take_manifest)
        self._attempt(self._check_names)
        for name in sorted(self.manifest.get("files", ())):
            self._attempt(self._check_file, name)
        for listed in self.manifest.get("facts", ()):
            self._attempt(self._check_fact, listed)
        for listed in self.manifest.get("decisions", ()):
            self._attempt(self._check_decision, listed)

    def _attempt(self, step: Callable[..., None], *arguments: Any) -> None:
        """Run one step; of each file only the first failure is kept, for the others follow from it."""
        try:
            step(*arguments)
        except FailureError as error:
            self._keep(Failure(error.file, error.check, error.detail))
        except OSError as error:
            self._keep(Failure(self.name, "reading", f"it cannot be read: {error}"))
        except _BAD_VALUE as error:
            self._keep(Failure(MANIFEST, "form", f"this is no manifest of a package: {error!r}"[:200]))

    def _keep(self, failure: Failure) -> None:
        if all(failure.file != known.file for known in self.failures):
            self.failures.append(failure)

    def _open(self, place: Path, beside: Path | None) -> None:
        self.files = Folder(place, beside) if place.is_dir() else Archive(place)

    def _take_keys(self, keys: Keys | None) -> None:
        if self.files is not None:
            self.keys = keys or read_keys(ISSUER, self._read(ISSUER))

    def _take_checkpoint(self) -> None:
        if self.keys is not None:
            self.checkpoint = read_checkpoint(CHECKPOINT, self._read(CHECKPOINT), self.keys)

    def _take_manifest(self) -> None:
        """Read the manifest; if the issuing fact holds, it must be the one that the fact binds."""
        if self.keys is None:
            return
        data = self._read(MANIFEST)
        self._attempt(self._check_binding, hashlib.sha256(data).hexdigest())
        manifest = read_json(MANIFEST, data)
        shape = {"files": dict, "facts": list, "decisions": list, "withheld": list}
        if manifest["format"] != FORMAT or any(type(manifest[key]) is not shape[key] for key in shape):
            raise FailureError(MANIFEST, "form", f"its format is not {FORMAT}")
        self.manifest = manifest

    def _check_binding(self, digest: str) -> None:
        issued = self._fact(ISSUED)
        if issued is None:
            return
        if issued.kind != ISSUED_KIND:
            raise FailureError(ISSUED, "kind", f"fact {issued.index} is '{issued.kind[:60]}', no package")
        if issued.body["sha256"] != digest:
            detail = (
                f"its SHA-256 is {digest}, but fact {issued.index} issued {str(issued.body['sha256'])[:64]}"
            )
            raise FailureError(MANIFEST, "binding", detail)

    def _check_names(self) -> None:
        """No file may be there that nothing covers."""
        if not self.manifest or self.files is None:
            return
        covered = {CHECKPOINT, ISSUED, proof_name(ISSUED), MANIFEST, VERIFIER}
        covered.update(self.manifest["files"])
        covered.update(proof_name(listed["file"]) for listed in self.manifest["facts"])
        for name in sorted(self.files.names - covered):
            self._keep(Failure(name, "listed", "the package does not list this file"))
        if VERIFIER in self.files.names:
            self._attempt(self._check_digest, VERIFIER, self.manifest["verifier"])

    def _check_file(self, name: str) -> None:
        listed = self.manifest["files"][name]
        if not is_safe_name(name):
            raise FailureError(MANIFEST, "name", f"it lists {name[:80]!r}, which no package can hold")
        self._check_digest(name, listed["sha256"])
        if name.startswith("blobs/") and name != f"blobs/{listed['sha256']}":
            raise FailureError(name, "digest", "a blob is named by its own SHA-256")

    def _check_digest(self, name: str, expected: str) -> None:
        digest = hashlib.sha256()
        for data in self._chunks(name):
            digest.update(data)
        if digest.hexdigest() != expected:
            detail = f"its SHA-256 is {digest.hexdigest()}, listed is {str(expected)[:64]}"
            raise FailureError(name, "digest", detail)

    def _check_fact(self, listed: dict[str, Any]) -> None:
        fact = self._fact(listed["file"])
        if fact is None:
            return
        if (fact.id, fact.index, fact.kind) != (listed["id"], listed["index"], listed["kind"]):
            raise FailureError(
                listed["file"], "listed", f"it holds fact {fact.index} of kind '{fact.kind[:60]}'"
            )
        self.facts[fact.id] = fact

    def _check_decision(self, listed: dict[str, Any]) -> None:
        shown = read_decision(listed["file"], self._read(listed["file"]), self.facts)
        if shown["decision_id"] != listed["decision_id"]:
            raise FailureError(listed["file"], "listed", f"it holds decision {shown['decision_id']}")
        self.decisions.append(shown)

    def _fact(self, file: str) -> Fact | None:
        """Return the fact in `file`, or nothing where there is no checkpoint to prove it under."""
        if self.checkpoint is None or self.keys is None:
            return None
        entry, proof = self._read(file), self._read(proof_name(file))
        return read_fact(file, entry, proof, self.checkpoint, self.keys)

    def _read(self, name: str) -> bytes:
        data = bytearray()
        for piece in self._chunks(name):
            data += piece
            if len(data) > JSON_BYTES_MAX:
                raise FailureError(name, "size", f"it is larger than {JSON_BYTES_MAX} bytes")
        return bytes(data)

    def _chunks(self, name: str) -> Iterator[bytes]:
        if self.files is None or name not in self.files.names:
            raise FailureError(name, "listed", "the file is missing")
        return self.files.chunks(name)
