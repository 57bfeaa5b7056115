"""Which blobs a package shows and which it only names: selective disclosure.

**Promise**: a blob that is kept back is listed by digest with a reason; personal blobs are shown only when
asked for; nothing that no fact of the package names is shown.
**Not here**: reading blobs (`prover`), and groups of decision rows (`decision`).
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from probative.kernel.digest import check_digest
from probative.prove.selection import digests_named
from probative.record.facts import Fact
from probative.record.verify import blobs_of

BLOB_BYTES_MAX = 8 * 1024 * 1024
BLOBS_BYTES_MAX = 512 * 1024 * 1024

PERSONAL = "personal: not asked for"
WITHHELD = "withheld by the issuer"
TOO_LARGE = "too large for a package"
MISSING = "not held by the record: erased, or kept elsewhere"


class Disclosure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the issuer decided to show.

    `personal` shows personal blobs too, `withhold` keeps these digests back, larger blobs than
    `blob_bytes_max` are only named. `groups` are the erasable groups of decision rows to open, for
    example `("inputs",)`; protected attributes are never opened by a package.
    """

    personal: bool = False
    withhold: tuple[str, ...] = ()
    blob_bytes_max: int = BLOB_BYTES_MAX
    groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse digests in another spelling: one typed wrongly would be shown, not withheld."""
        for digest in self.withhold:
            check_digest(digest)


class Withheld(msgspec.Struct, frozen=True, kw_only=True):
    """A blob that the package names but does not hold: why not, and in which entries it is named."""

    sha256: str
    reason: str
    named_by: tuple[int, ...]


def reason_to_withhold(digest: str, size: int, *, private: bool, shown: Disclosure) -> str | None:
    """Return why a blob is kept back, or `None` if it is shown.

    >>> reason_to_withhold("ab" * 32, 5, private=True, shown=Disclosure())
    'personal: not asked for'
    """
    if digest in shown.withhold:
        return WITHHELD
    if private and not shown.personal:
        return PERSONAL
    return TOO_LARGE if size > shown.blob_bytes_max else None


def named_blobs(facts: Iterable[Fact]) -> dict[str, tuple[int, ...]]:
    """Return every digest that could name a blob, with the entries that name it."""
    named: dict[str, dict[int, None]] = {}
    for fact in facts:
        for digest in digests_named(fact.body):
            named.setdefault(digest, {})[fact.index] = None
    return {digest: tuple(indexes) for digest, indexes in sorted(named.items())}


def needed_blobs(facts: Iterable[Fact]) -> set[str]:
    """Return the digests that facts declare to be blobs which they need."""
    return {digest for fact in facts for digest in blobs_of(fact)}


def stated_sizes(facts: Iterable[Fact]) -> dict[str, int]:
    """Return the sizes that facts state beside a digest: a huge blob need not be read to be left out."""
    sizes: dict[str, int] = {}

    def visit(value: Any) -> None:
        if isinstance(value, dict):
            digest, count = value.get("sha256"), value.get("bytes")
            if isinstance(digest, str) and isinstance(count, int):
                sizes[digest] = count
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            visit(item)

    for fact in facts:
        visit(fact.body)
    return sizes
