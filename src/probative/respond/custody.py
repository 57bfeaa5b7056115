"""Chain of custody: who handled which evidence, when, why, and its digest before and after.

**Promise**: an entry is a fact and never changes; a chain in which the bytes changed between two hands, or a
piece that no longer hashes to what was recorded, is named.
**Not here**: keeping the bytes (the record's blobs) and legal holds (`respond.hold`).
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from probative.kernel.actor import Actor
from probative.kernel.digest import check_digest
from probative.kernel.errors import TamperError, UsageError
from probative.record.facts import Draft, Fact
from probative.record.recorder import Recorder
from probative.respond.facts import CustodyRecorded
from probative.respond.matters import find_matter

Act = Literal["collected", "copied", "examined", "transferred", "returned", "sealed"]


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """A place where a chain does not hold: the item, the fact index, and what is wrong, in one sentence."""

    item: str
    at: int
    detail: str


class Custody:
    """Writes and reads the custody log of incidents."""

    def __init__(self, recorder: Recorder) -> None:
        """Read and write `recorder`."""
        self._recorder = recorder

    def record(
        self, incident: str, item: str, act: Act, before: str, after: str, reason: str, actor: Actor
    ) -> Fact:
        """Write down that `actor` handled `item`, with the SHA-256 of its bytes before and after.

        Digests that differ are written down as they are: `breaks` then names the place.
        """
        if not reason.strip():
            raise UsageError("custody.no-reason", f"No reason is given for handling '{item}'.", "Say why.")
        matter = find_matter(self._recorder, incident)
        body = CustodyRecorded(
            incident=incident,
            system=matter.system,
            item=item,
            act=act,
            reason=reason,
            sha256_before=check_digest(before),
            sha256_after=check_digest(after),
        )
        return self._recorder.append(Draft(body=body, subjects=matter.subjects, actor=actor))[0]

    def examine(self, incident: str, item: str, digest: str, reason: str, actor: Actor) -> bytes:
        """Hand out a piece of evidence from the record and write that down; it is hashed again first.

        Bytes that changed raise `TamperError`, after that too was written down.
        """
        try:
            data = self._recorder.get(digest)
        except TamperError:
            self.record(incident, item, "examined", digest, "0" * 64, f"{reason} (found changed)", actor)
            raise
        self.record(incident, item, "examined", digest, digest, reason, actor)
        return data

    def log(self, incident: str) -> list[Fact]:
        """Return the incident's custody entries, oldest first."""
        return list(self._recorder.facts(kind="respond.custody-recorded", subject=f"incident/{incident}"))


def breaks(entries: Iterable[Fact]) -> list[Break]:
    """Return every place where the bytes of an item changed hands other than they were.

    A change made by a recorded act shows as well: evidence that is worked on is worked on in a copy.
    """
    found: list[Break] = []
    last: dict[str, str] = {}
    for fact in entries:
        entry = fact.read(CustodyRecorded)
        expected = last.get(entry.item, entry.sha256_before)
        if entry.sha256_before != expected:
            detail = f"it came as {entry.sha256_before[:12]} but was left as {expected[:12]}"
            found.append(Break(item=entry.item, at=fact.index, detail=detail))
        if entry.sha256_after != entry.sha256_before:
            detail = f"'{entry.act}' changed it from {entry.sha256_before[:12]} to {entry.sha256_after[:12]}"
            found.append(Break(item=entry.item, at=fact.index, detail=detail))
        last[entry.item] = entry.sha256_after
    return found
