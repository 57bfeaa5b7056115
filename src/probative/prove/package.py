"""The files of a package and the bytes of its zip.

**Promise**: the same contents always give the same bytes: sorted names, fixed times, nothing compressed, so
the verifier can compare every byte with what it must be.
**Not here**: choosing contents (`selection`, `disclosure`), the readable page (`page`), checking
(`verifier`).
"""

import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from probative.kernel.canon import canonical
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import UsageError
from probative.prove.bundling import verifier_source
from probative.prove.disclosure import Withheld
from probative.prove.verifier.container import FILES_MAX, ZIP_BYTES_MAX, Stored, end_record
from probative.prove.verifier.entries import proof_name
from probative.prove.verifier.package import CHECKPOINT, FORMAT, ISSUED, ISSUER, MANIFEST, VERIFIER
from probative.record.facts import Fact
from probative.record.proofs.proof import parse_proof
from probative.record.proofs.trust import TrustFile, write_trust

PAGE, NOT_PROVEN, README = "index.html", "NOT-PROVEN.md", "README.txt"


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What a package is made of, before it is sealed.

    `entries` are stored envelopes by index, `decisions` finished files by decision id, `blobs` bytes by
    digest (a personal blob with its salt before it), `named_by` the entries that name each digest.
    """

    package: str
    about: str
    issued_at: str
    product: str
    ledger_size: int
    trust: TrustFile
    facts: tuple[Fact, ...]
    entries: dict[int, bytes]
    blobs: dict[str, bytes]
    named_by: dict[str, tuple[int, ...]]
    withheld: tuple[Withheld, ...]
    decisions: dict[str, bytes]


def fact_file(index: int) -> str:
    """Return the name of the file that holds entry `index`.

    >>> fact_file(12)
    'facts/00000012.json'
    """
    return f"facts/{index:08d}.json"


def listed_files(contents: Contents, texts: Mapping[str, str]) -> dict[str, bytes]:
    """Return the files that the manifest covers by digest; `texts` are the readable ones."""
    files = {name: text.encode() for name, text in texts.items()}
    files[ISSUER] = write_trust(contents.trust)
    files.update((fact_file(index), entry) for index, entry in contents.entries.items())
    files.update((f"blobs/{digest}", data) for digest, data in contents.blobs.items())
    files.update((_decision_file(name), data) for name, data in contents.decisions.items())
    return files


def manifest_of(contents: Contents, files: Mapping[str, bytes]) -> bytes:
    """Return `manifest.json`: what the package is, and the digest of every file that no proof covers."""
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "package": contents.package,
        "about": contents.about,
        "issued_at": contents.issued_at,
        "product": contents.product,
        "ledger_size": contents.ledger_size,
        "verifier": sha256_hex(verifier_source()),
        "facts": [
            {"file": fact_file(fact.index), "id": fact.id, "index": fact.index, "kind": fact.kind}
            for fact in contents.facts
        ],
        "blobs": [
            {"sha256": digest, "bytes": len(data), "named_by": list(contents.named_by[digest])}
            for digest, data in contents.blobs.items()
        ],
        "withheld": [
            {"sha256": item.sha256, "reason": item.reason, "named_by": list(item.named_by)}
            for item in contents.withheld
        ],
        "decisions": [{"file": _decision_file(name), "decision_id": name} for name in contents.decisions],
        "files": {name: {"sha256": sha256_hex(data), "bytes": len(data)} for name, data in files.items()},
    }
    return canonical(manifest)


def seal(
    files: Mapping[str, bytes],
    manifest: bytes,
    issued: bytes,
    issued_proof: bytes,
    proofs: Mapping[int, bytes],
) -> dict[str, bytes]:
    """Return all files of the package: the listed ones, the manifest, the issuing fact and every proof."""
    sealed = dict(files)
    sealed[MANIFEST], sealed[VERIFIER] = manifest, verifier_source()
    sealed[ISSUED], sealed[proof_name(ISSUED)] = issued, issued_proof
    sealed[CHECKPOINT] = parse_proof(issued_proof).checkpoint
    sealed.update((proof_name(fact_file(index)), proof) for index, proof in proofs.items())
    return sealed


def zip_chunks(files: Mapping[str, bytes]) -> Iterator[bytes]:
    """Yield the bytes of the zip; more than it can hold raises `UsageError` before the first byte."""
    total = sum(len(data) + 2 * len(name) + 76 for name, data in files.items()) + 22
    if len(files) > FILES_MAX or total > ZIP_BYTES_MAX:
        raise UsageError(
            "package.too-large",
            f"The package would have {len(files)} files and {total} bytes.",
            "Withhold large blobs, or make a package about a narrower subject.",
        )
    directory = []
    at = 0
    for name in sorted(files):
        stored = Stored(name, zlib.crc32(files[name]), len(files[name]), at)
        directory.append(stored.central_header())
        yield stored.local_header()
        yield files[name]
        at = stored.after
    yield from directory
    yield end_record(len(directory), sum(map(len, directory)), at)


def _decision_file(decision_id: str) -> str:
    """Name the file by a digest: a decision's id is the caller's text and might not be a file name."""
    return f"decisions/{sha256_hex(decision_id.encode())[:32]}.json"
