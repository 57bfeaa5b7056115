"""The reference: a frozen cohort's bins and its own counts, kept together as one blob named by its digest.

**Promise**: bins are values that occur in the reference (no interpolation), so taking it twice gives the same
bytes; protected attributes and ids never become columns of a profile.
**Not here**: which table is a good reference: that is the monitor owner's choice and is recorded.
"""

import math

import msgspec
import polars as pl
import pyarrow as pa

from probative.kernel.canon import canonical
from probative.kernel.errors import UsageError
from probative.watch.counting.columns import number
from probative.watch.counting.plan import Plan, scan
from probative.watch.counting.profile import (
    CATEGORIES_MAX,
    Column,
    Kind,
    Meaning,
    Profile,
    Role,
    parse_object,
    read_profile,
)
from probative.watch.counting.state import State, state_of

FORMAT = "probative-reference/1"
BINS = 10
SCORE_CELLS = 120
CALIBRATION_GROUPS = 10


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A profile and the state of the very rows it was made from; `source` says which rows these were."""

    profile: Profile
    state: State
    source: str

    def to_bytes(self) -> bytes:
        """Return the canonical JSON that is kept as a blob."""
        profile = canonical(msgspec.to_builtins(self.profile)).decode()
        state = self.state.to_bytes().decode()
        source = canonical(self.source).decode()
        # Keys in canonical order; the state's own bytes are kept, as its sums are text.
        return f'{{"format":"{FORMAT}","profile":{profile},"source":{source},"state":{state}}}'.encode()


def read_reference(data: bytes) -> Reference:
    """Read a reference blob; a state that was not counted with its profile is refused."""
    plain = parse_object(data, "reference")
    if plain.get("format") != FORMAT or not isinstance(plain.get("source"), str):
        raise UsageError(
            "watch.reference-malformed",
            f"The blob has format '{str(plain.get('format'))[:40]}', not '{FORMAT}'.",
            "Name the digest that 'probative watch reference' printed.",
        )
    reference = Reference(
        profile=read_profile(plain.get("profile")),
        state=state_of(plain.get("state", {})),
        source=plain["source"],
    )
    if reference.state.profile != reference.profile.digest():
        raise UsageError(
            "watch.reference-mixed",
            f"The reference's state was counted with profile {reference.state.profile[:12]}, not its own.",
            "Take the reference again.",
        )
    return reference


def take_reference(
    table: pa.Table, system: str, roles: dict[str, Role], meaning: Meaning, *, source: str, bins: int = BINS
) -> Reference:
    """Freeze `table` as the reference of `system`: make its bins and count it with them.

    `roles` names the columns to watch. A table without rows cannot be a reference.

    >>> table = pa.table({"income": [1.0, 2.0, 3.0, None]})
    >>> reference = take_reference(table, "loans", {"income": Role.FEATURE}, Meaning(), source="example")
    >>> reference.state.columns["income"].counts
    (0, 1, 1, 1, 0)
    >>> read_reference(reference.to_bytes()) == reference
    True
    """
    if table.num_rows == 0:
        raise UsageError(
            "watch.reference-empty", "The reference table has no rows.", "Give the rows to compare with."
        )
    try:
        profile = take_profile(table, system, roles, meaning, bins)
        state = scan(table, Plan(profile=profile))
    except pl.exceptions.PolarsError as error:
        first = str(error).partition("\n")[0][:200]
        raise UsageError(
            "watch.reference-unreadable",
            f"A column of the reference cannot be counted: {first}.",
            "Give columns of numbers, text, booleans or times; nested ones cannot be counted.",
        ) from error
    return Reference(profile=profile, state=state, source=source)


def take_profile(
    table: pa.Table, system: str, roles: dict[str, Role], meaning: Meaning, bins: int = BINS
) -> Profile:
    """Fix the bins of every column in `roles`; a column that the table lacks raises `UsageError`."""
    missing = [name for name in roles if name not in table.column_names]
    if missing:
        raise UsageError(
            "watch.reference-incomplete",
            f"The reference table has no column '{missing[0]}' ({len(missing)} missing).",
            f"Its columns are {', '.join(table.column_names[:20])}.",
        )
    frame = pl.from_arrow(table.select(list(roles)))
    assert isinstance(frame, pl.DataFrame)  # a table never becomes a series
    columns = tuple(_column(frame, name, role, bins) for name, role in roles.items())
    if meaning.probability is None or meaning.probability not in roles:
        return Profile(system=system, meaning=meaning, columns=columns)
    edges, ends = score_grid(frame.select(number(meaning.probability)).to_series().drop_nulls())
    return Profile(system=system, meaning=meaning, columns=columns, score_edges=edges, score_groups=ends)


def score_grid(scores: pl.Series) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Cut probabilities where the reference has them, and evenly in log odds besides.

    The first keeps the binning bound of the AUC small, the second keeps it small when scores have moved
    away from the reference. Returns the edges and the places among them of the reference's deciles.
    """
    deciles = _quantiles(scores, CALIBRATION_GROUPS)
    spread = (1 / (1 + math.exp(-step / 4)) for step in range(-40, 41))
    edges = tuple(
        sorted({*_quantiles(scores, SCORE_CELLS), *deciles, *(float(f"{edge:.6g}") for edge in spread)})
    )
    return edges, tuple(edges.index(decile) for decile in deciles)


def _column(frame: pl.DataFrame, name: str, role: Role, bins: int) -> Column:
    kind = frame.schema[name]
    if kind.is_numeric() and role is not Role.PREDICTION:
        return _numeric(frame.select(number(name)).to_series(), name, role, bins)
    if kind in (pl.String, pl.Boolean) or isinstance(kind, (pl.Categorical, pl.Enum)) or kind.is_numeric():
        values = frame.select(pl.col(name).cast(pl.String).drop_nulls().unique().sort()).to_series()
        if 0 < len(values) <= CATEGORIES_MAX:
            return Column(name=name, role=role, kind=Kind.CATEGORY, categories=tuple(values.to_list()))
        if kind.is_numeric():
            return _numeric(frame.select(number(name)).to_series(), name, role, bins)
    return Column(name=name, role=role, kind=Kind.OPAQUE)


def _numeric(series: pl.Series, name: str, role: Role, bins: int) -> Column:
    """Cut a numeric column: few values get a bin each, many are cut at quantiles."""
    values = series.drop_nulls()
    values = values.filter(values.is_finite())
    if values.is_empty():
        return Column(name=name, role=role, kind=Kind.OPAQUE)
    ordered = values.sort()
    distinct = ordered.unique(maintain_order=True)
    low, high = float(ordered[0]), float(ordered[-1])
    kind = Kind.DISCRETE if len(distinct) <= 2 * bins else Kind.QUANTILE
    inner = tuple(distinct.to_list()) if kind is Kind.DISCRETE else _quantiles(ordered, bins)
    spread = float(ordered[_rank(0.75, len(ordered))]) - float(ordered[_rank(0.25, len(ordered))])
    return Column(
        name=name,
        role=role,
        kind=kind,
        edges=tuple(sorted({math.nextafter(low, -math.inf), *inner, high})),
        centre=float(ordered[_rank(0.5, len(ordered))]),
        scale=next((s for s in (spread, high - low, abs(high)) if s > 0 and math.isfinite(s)), 1.0),
    )


def _quantiles(values: pl.Series, cells: int) -> tuple[float, ...]:
    """Return the inner edges that cut `values` into about equal cells, each edge being one of the values."""
    ordered = values.sort()
    if ordered.is_empty():
        return ()
    high = float(ordered[-1])
    edges = {float(ordered[_rank(i / cells, len(ordered))]) for i in range(1, cells)}
    below = ordered.filter(ordered < high)
    if high in edges and len(below):  # many rows hold the largest value: it gets a bin of its own
        edges.add(float(below[-1]))
    return tuple(sorted(edges - {high}))


def _rank(share: float, n: int) -> int:
    return max(0, math.ceil(share * n) - 1)
