"""What a verification found wrong: where, which property, and what was seen.

**Promise**: every problem names a place a person can open and the one property that failed there.
**Not here**: the checks themselves (`record.verify`, `record.decisions`).
"""

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One failed check: `place` (entry 12, blob ab.., segment s row 3), `check` (its name), `detail`."""

    place: str
    check: str
    detail: str
