"""The prover, front class of the prove room: makes evidence packages and verifies them.

**Promise**: issuing is a fact in the ledger, and a package is verified once more before it is handed over;
verifying needs no workspace of the issuer, only the package and a trust file.
**Not here**: what the facts mean, and judging whether they are enough.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from probative import __version__
from probative.kernel.actor import Actor
from probative.kernel.clock import format_instant
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import NotFoundError, TamperError
from probative.kernel.ids import uuid7
from probative.prove import disclosure, verification
from probative.prove.decision import decision_file, schema_of
from probative.prove.disclosure import Disclosure, Withheld
from probative.prove.facts import PackageIssued
from probative.prove.package import Contents, listed_files, manifest_of, seal, zip_chunks
from probative.prove.page import readable_files
from probative.prove.ports import DecisionProofs, PackageFiles
from probative.prove.selection import select, systems
from probative.prove.verification import Verification
from probative.record.facts import Draft, Fact, subject
from probative.record.ports import BlobStore
from probative.record.proofs.trust import TrustFile
from probative.record.recorder import Recorder


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """A package that was made: its place, the fact that issued it, its verification, what it withholds."""

    path: Path
    issued: Fact
    verification: Verification
    withheld: tuple[Withheld, ...]


class Prover:
    """What makes evidence leave the house in a form that a stranger can check."""

    def __init__(
        self,
        recorder: Recorder,
        blobs: BlobStore,
        decisions: DecisionProofs,
        files: PackageFiles,
        trust: TrustFile,
    ) -> None:
        """Read from the record, its blobs and decisions; `trust` is the record's own trust file."""
        self._recorder = recorder
        self._blobs = blobs
        self._decisions = decisions
        self._files = files
        self._trust = trust

    def preview(
        self, about: str, *, decisions: Sequence[str] = (), shown: Disclosure | None = None
    ) -> Contents:
        """Return what a package about `about` would hold and withhold, without issuing anything."""
        until = self._recorder.head().size
        facts = {fact.index: fact for fact in select(self._recorder, about, until)}
        shown = shown or Disclosure()
        files: dict[str, bytes] = {}
        for decision_id in decisions:
            proof = self._decisions.prove(decision_id, shown.groups)
            sealed = self._recorder.fact(proof.manifest)
            schema = schema_of(self._recorder, sealed)
            facts.update({sealed.index: sealed, schema.index: schema})
            files[decision_id] = decision_file(proof, schema)
        chosen = tuple(facts[index] for index in sorted(facts))
        named_by = disclosure.named_blobs(chosen)
        blobs, withheld = self._read_blobs(chosen, named_by, shown)
        now = self._recorder.clock.now()
        return Contents(
            package=str(uuid7(now)),
            about=about,
            issued_at=format_instant(now),
            product=__version__,
            ledger_size=until,
            trust=self._trust,
            facts=chosen,
            entries={fact.index: self._recorder.entry(fact.index) for fact in chosen},
            blobs=blobs,
            named_by=named_by,
            withheld=withheld,
            decisions=files,
        )

    def package(
        self,
        about: str,
        out: Path,
        *,
        actor: Actor,
        decisions: Sequence[str] = (),
        shown: Disclosure | None = None,
        recipient: str = "",
    ) -> Package:
        """Issue a package about `about` as a zip at `out`, and record that it was issued.

        `about` is `incident/ID`, `inquiry/ID` or `release/SYSTEM@REL`; `decisions` are ids of sealed
        decisions whose rows are proved in it; `shown` says what is disclosed (nothing personal unless asked).
        Raises `ConflictError` when `out` exists, `NotFoundError` when nothing is recorded about `about`.
        """
        self._files.reserve(out)
        contents = self.preview(about, decisions=decisions, shown=shown)
        files = listed_files(contents, readable_files(contents))
        manifest = manifest_of(contents, files)
        issued = self._issue(contents, manifest, len(files), actor, shown or Disclosure(), recipient)
        proofs = self._proofs([*contents.entries, issued.index])
        issued_proof = proofs.pop(issued.index)
        sealed = seal(files, manifest, self._recorder.entry(issued.index), issued_proof, proofs)
        self._files.create(out, zip_chunks(sealed))
        checked = self.verify(out, self._trust)
        if checked.failures:
            self._files.discard(out)
            first = checked.failures[0]
            raise TamperError(
                "package.not-verified",
                f"The new package does not verify: {first.file}: {first.check}: {first.detail}.",
                "Nothing was handed over. Run 'probative record verify'.",
            )
        return Package(path=out, issued=issued, verification=checked, withheld=contents.withheld)

    def verify(self, place: Path, trust: TrustFile | None) -> Verification:
        """Verify the package at `place` (zip or folder) against `trust`; see `verification.verify`."""
        return verification.verify(place, trust)

    def issued(self, about: str | None = None) -> list[Fact]:
        """Return the facts of all packages issued so far, or of those about `about`."""
        return list(self._recorder.facts(kind="prove.package-issued", subject=about))

    def _read_blobs(
        self, facts: Sequence[Fact], named_by: dict[str, tuple[int, ...]], shown: Disclosure
    ) -> tuple[dict[str, bytes], tuple[Withheld, ...]]:
        """Return the blobs to show and the ones to withhold; digests that name no blob are neither."""
        sizes, needed = disclosure.stated_sizes(facts), disclosure.needed_blobs(facts)
        blobs: dict[str, bytes] = {}
        withheld = []
        for digest, indexes in named_by.items():
            reason = None
            if digest in needed and digest in sizes:
                reason = disclosure.reason_to_withhold(digest, sizes[digest], private=False, shown=shown)
            reason = reason or self._read_blob(digest, blobs, shown)
            if reason and (digest in needed or reason != disclosure.MISSING):
                withheld.append(Withheld(sha256=digest, reason=reason, named_by=indexes))
        return blobs, tuple(withheld)

    def _read_blob(self, digest: str, blobs: dict[str, bytes], shown: Disclosure) -> str | None:
        """Add a blob to `blobs`, or return why it is not shown."""
        try:
            data, private = self._blobs.get(digest)
        except NotFoundError:
            return disclosure.MISSING
        if sha256_hex(data) != digest:
            raise TamperError(
                "blob.changed", f"Blob {digest} does not hash to its name.", "Run 'probative record verify'."
            )
        reason = disclosure.reason_to_withhold(digest, len(data), private=private, shown=shown)
        if reason is None and sum(map(len, blobs.values())) + len(data) > disclosure.BLOBS_BYTES_MAX:
            reason = disclosure.TOO_LARGE
        if reason is None:
            blobs[digest] = data
        return reason

    def _issue(
        self,
        contents: Contents,
        manifest: bytes,
        files: int,
        actor: Actor,
        shown: Disclosure,
        recipient: str,
    ) -> Fact:
        """Bind the manifest to the ledger."""
        body = PackageIssued(
            package=contents.package,
            about=contents.about,
            sha256=sha256_hex(manifest),
            files=files,
            ledger_size=contents.ledger_size,
            facts=len(contents.facts),
            documents=len(contents.blobs),
            decisions=len(contents.decisions),
            withheld=len(contents.withheld),
            personal=shown.personal or bool(shown.groups and contents.decisions),
            recipient=recipient,
        )
        about = [subject(f"package/{contents.package}", body.sha256), subject(contents.about)]
        about += [subject(f"system/{name}") for name in systems(contents.facts)]
        (fact,) = self._recorder.append(Draft(body=body, subjects=tuple(about), actor=actor))
        return fact

    def _proofs(self, indexes: Iterable[int]) -> dict[int, bytes]:
        """Return the proof of each entry, all under one checkpoint."""
        wanted = list(indexes)
        return dict(zip(wanted, self._recorder.prove(*wanted), strict=True))
