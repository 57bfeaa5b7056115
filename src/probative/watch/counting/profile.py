"""The reference profile: the bins every later window is counted in, fixed once and named by their digest.

**Promise**: a profile is data only (edges, category lists, meaning of predictions), so two machines that
hold it count alike; its digest is inside every state counted with it.
**Not here**: making a profile from rows (`watch.counting.reference`) and counting (`watch.counting.plan`).
"""

from enum import StrEnum
from itertools import pairwise
from typing import Any

import msgspec

from probative.kernel.canon import canonical, parse_strict
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import UsageError

PROFILE_VERSION = 1
CATEGORIES_MAX = 200
UNKNOWN = "(unknown)"  # the group of rows whose attribute is not known


class Kind(StrEnum):
    """How a column is counted."""

    QUANTILE = "quantile"  # many numeric values: bins between quantiles of the reference
    DISCRETE = "discrete"  # few numeric values: one bin each
    CATEGORY = "category"  # listed values, everything else is new
    OPAQUE = "opaque"  # too many values to list (free text, ids): only nulls are counted


class Role(StrEnum):
    """What a column is to the system; decides which cause a drift in it belongs to."""

    FEATURE = "feature"
    PREDICTION = "prediction"
    PROBABILITY = "probability"


class Column(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One column's bins.

    Numeric bins are right-closed: bin i holds `edges[i-1] < x <= edges[i]`. The first edge is the last float
    below the reference's smallest value and the last edge its largest, so the two end bins hold exactly what
    lies out of the reference's range. `centre` and `scale` are the unit of the fixed-point mean.
    """

    name: str
    role: Role
    kind: Kind
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    centre: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Refuse edges out of order and a scale that cannot divide."""
        if any(a >= b for a, b in pairwise(self.edges)) or not self.scale > 0:
            raise UsageError(
                "watch.profile-malformed",
                f"The bins of column '{self.name}' are not in rising order.",
                "Take the reference again.",
            )

    @property
    def numeric(self) -> bool:
        """Whether the column is counted between edges."""
        return self.kind in (Kind.QUANTILE, Kind.DISCRETE)


class Meaning(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the numbers say about people: without it a selection rate or an accuracy has no direction.

    `favourable` is the value of the `prediction` column that favours the person; `merited` the outcome for
    which that was right; `positive` the outcome that the `probability` column is the probability of.

    >>> Meaning(prediction="decision", favourable="approve", merited=0, probability="p", positive=1).merited
    0
    """

    prediction: str | None = None
    favourable: str | int | float | bool | None = None
    merited: str | int | float | bool | None = None
    probability: str | None = None
    positive: str | int | float | bool | None = None


class Attribute(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A protected attribute to group by; numbers are put into `bands` (age bands, for example).

    >>> Attribute(name="age", bands=(30, 60)).labels
    ('under 30', '30 to under 60', '60 and over')
    """

    name: str
    bands: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse bands out of order."""
        if any(a >= b for a, b in pairwise(self.bands)):
            raise UsageError(
                "watch.bands-malformed",
                f"The bands of '{self.name}' are {', '.join(f'{b:g}' for b in self.bands)}.",
                "Give rising limits, for example age:30,45,60.",
            )

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the bands, lowest first."""
        if not self.bands:
            return ()
        limits = [f"{limit:g}" for limit in self.bands]
        between = [f"{a} to under {b}" for a, b in pairwise(limits)]
        return (f"under {limits[0]}", *between, f"{limits[-1]} and over")


def group_set(attributes: tuple[Attribute, ...]) -> str:
    """Name a combination of attributes.

    >>> group_set((Attribute(name="sex"), Attribute(name="race")))
    'sex x race'
    """
    return " x ".join(attribute.name for attribute in attributes)


class Profile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Everything that fixes how rows of a system are counted.

    `score_edges` cut the probability finely (about 200 cells) for AUC; `score_groups` are the places of those
    edges that end a calibration group (a tenth of the reference each), the last group ending at 1.
    """

    system: str
    meaning: Meaning
    columns: tuple[Column, ...] = ()
    score_edges: tuple[float, ...] = ()
    score_groups: tuple[int, ...] = ()
    version: int = PROFILE_VERSION

    def digest(self) -> str:
        """Return the SHA-256 of the profile's canonical JSON, its name everywhere.

        >>> Profile(system="loans", meaning=Meaning()).digest()[:8]
        '7f693fc8'
        """
        return sha256_hex(canonical(msgspec.to_builtins(self)))

    def column(self, name: str) -> Column:
        """Return the column called `name`; a name the reference does not have raises `UsageError`."""
        for column in self.columns:
            if column.name == name:
                return column
        known = ", ".join(column.name for column in self.columns[:12])
        raise UsageError(
            "watch.unknown-column",
            f"The reference of system '{self.system}' has no column '{name}'.",
            f"It has: {known}{', ...' if len(self.columns) > 12 else ''}.",
        )


def read_profile(plain: Any) -> Profile:
    """Read a profile from plain JSON values; a version this code does not know is refused.

    >>> read_profile({"system": "loans", "meaning": {}}).system
    'loans'
    """
    try:
        profile = msgspec.convert(plain, Profile)
    except msgspec.ValidationError as error:
        raise UsageError(
            "watch.profile-malformed", f"This is not a profile: {error}.", "Name a reference's digest."
        ) from error
    if profile.version != PROFILE_VERSION:
        raise UsageError(
            "watch.profile-version",
            f"The profile has version {profile.version}; this release reads version {PROFILE_VERSION}.",
            "Take the reference again, or use the release that wrote it.",
        )
    return profile


def parse_object(data: bytes, what: str) -> dict[str, Any]:
    """Parse stored bytes that must be one JSON object, naming `what` they should have been."""
    plain = parse_strict(data)
    if not isinstance(plain, dict):
        raise UsageError("watch.not-an-object", f"This is not a {what}.", f"Name the digest of a {what}.")
    return plain
