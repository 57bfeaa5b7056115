"""The fact that binds an evidence package to the ledger.

**Promise**: no package leaves without it; its digest covers the manifest, and the manifest every other file.
**Not here**: the package itself.
"""

from probative.record.facts import Body, fact_kind


@fact_kind("prove.package-issued")
class PackageIssued(Body, frozen=True, kw_only=True):
    """A package about `about` was sealed. `sha256` is the digest of its `manifest.json`.

    `ledger_size` is how much of the ledger was looked at, `files` how many files the manifest lists, `facts`,
    `documents` (blobs) and `decisions` what it shows, `withheld` how many blobs are only named. `personal`
    says that personal blobs or groups are disclosed, so an erasure knows where copies went: `recipient`
    (a pseudonym or an authority, may be empty).
    """

    package: str
    about: str
    sha256: str
    files: int
    ledger_size: int
    facts: int
    documents: int
    decisions: int
    withheld: int
    personal: bool
    recipient: str = ""
