"""The additive state: integer counts of one window, from which every measure is a pure function.

**Promise**: merging is associative and commutative and exact (all sums are integers), so shards, days and
windows combine without a second scan; equal rows give equal canonical bytes in any order.
**Not here**: counting rows (`watch.counting.plan`) and what the counts mean (`watch.measures`).
"""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from probative.kernel.canon import canonical
from probative.kernel.digest import sha256_hex
from probative.kernel.errors import ConflictError, UsageError
from probative.watch.counting.profile import parse_object

N = TypeVar("N", int, float)
V = TypeVar("V")
Groups = tuple[tuple[int, int, int], ...]

MEAN_UNIT = 1 << 20  # one `scale` of a column in the fixed-point sum of its values
MEAN_CLIP = 1 << 16  # values further than this many scales from the centre are counted, not summed
SHARE_UNIT = 1 << 30  # one whole in the fixed-point sums of probabilities and squared errors
NEW_VALUES_MAX = 20  # beyond this many distinct new values none is listed, whichever came first
LAG_EDGES_S = (
    3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 3 * 86400, 5 * 86400, 7 * 86400, 10 * 86400, 14 * 86400,
    21 * 86400, 30 * 86400, 45 * 86400, 60 * 86400, 90 * 86400, 120 * 86400, 180 * 86400, 365 * 86400,
)  # fmt: skip

# Nine cells: prediction (favourable, other, missing) by outcome (merited, other, missing), row by row.
CELLS = 9


class ColumnState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One column of one window: counts per bin of the profile, and null and new as bins of their own.

    `total` is the sum of `(x - centre) / scale` in units of 2^-20 over finite values that are not `clipped`;
    `new_values` counts new categories by name, or is `None` when they are too many to list.
    """

    counts: tuple[int, ...] = ()
    null: int = 0
    new: int = 0
    new_values: dict[str, int] | None = {}
    finite: int = 0
    clipped: int = 0
    total: int = 0
    low: float | None = None
    high: float | None = None


class ScoreState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Labelled rows with a probability: counts per score cell, and sums for Brier and calibration.

    `groups` are the calibration groups: rows, positive outcomes and the sum of probabilities of each.
    `squared` and `quartic` sum the second and fourth power of (probability - label), in units of 2^-30.
    """

    positives: tuple[int, ...] = ()
    negatives: tuple[int, ...] = ()
    groups: tuple[tuple[int, int, int], ...] = ()
    squared: int = 0
    quartic: int = 0


class State(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """All counts of one window under one profile.

    `first_us` and `last_us` are the first and last decision, `observed_us` the latest outcome that was
    counted, in UTC microseconds.
    """

    profile: str
    rows: int = 0
    first_us: int | None = None
    last_us: int | None = None
    observed_us: int | None = None
    columns: dict[str, ColumnState] = {}
    cells: tuple[int, ...] = (0,) * CELLS
    lags: tuple[int, ...] = ()
    score: ScoreState = ScoreState()
    groups: dict[str, dict[str, tuple[int, ...]]] = {}

    def merge(self, other: "State") -> "State":
        """Return the state of both sets of rows together; states of different profiles do not merge."""
        if self.profile != other.profile:
            raise ConflictError(
                "watch.other-profile",
                f"A state of profile {self.profile[:12]} cannot be merged with one of {other.profile[:12]}.",
                "Count both with the same reference.",
            )
        return State(
            profile=self.profile,
            rows=self.rows + other.rows,
            first_us=_least(self.first_us, other.first_us),
            last_us=_most(self.last_us, other.last_us),
            observed_us=_most(self.observed_us, other.observed_us),
            columns=_merge_dicts(self.columns, other.columns, _merge_columns),
            cells=_add(self.cells, other.cells),
            lags=_add(self.lags, other.lags),
            score=_merge_scores(self.score, other.score),
            groups=_merge_dicts(self.groups, other.groups, lambda a, b: _merge_dicts(a, b, _add)),
        )

    def to_bytes(self) -> bytes:
        """Return the canonical JSON of the state; fixed-point sums are text, as they may pass 2^53."""
        plain = msgspec.to_builtins(self)
        for column in plain.get("columns", {}).values():
            if "total" in column:
                column["total"] = str(column["total"])
        score = plain.get("score", {})
        for name in ("squared", "quartic"):
            if name in score:
                score[name] = str(score[name])
        if "groups" in score:
            score["groups"] = [(rows, hits, str(claimed)) for rows, hits, claimed in score["groups"]]
        return canonical(plain)

    def digest(self) -> str:
        """Return the SHA-256 of `to_bytes`, the state's name in every reading.

        >>> State(profile="ab" * 32).digest() == sha256_hex(State(profile="ab" * 32).to_bytes())
        True
        """
        return sha256_hex(self.to_bytes())


def read_state(data: bytes) -> State:
    """Read a state back from its canonical bytes, for recomputing a reading.

    >>> state = State(profile="ab" * 32, rows=3)
    >>> read_state(state.to_bytes()) == state
    True
    """
    return state_of(parse_object(data, "state"))


def state_of(plain: dict[str, Any]) -> State:
    """Read a state from plain JSON values; anything else raises `UsageError`."""
    try:
        # Not strict: the sums that may pass 2^53 are written as decimal text.
        return msgspec.convert(plain, State, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(
            "watch.state-malformed", f"This is not a state: {error}.", "Name a state's digest."
        ) from error


def _merge_columns(a: ColumnState, b: ColumnState) -> ColumnState:
    return ColumnState(
        counts=_add(a.counts, b.counts),
        null=a.null + b.null,
        new=a.new + b.new,
        new_values=merge_new(a.new_values, b.new_values),
        finite=a.finite + b.finite,
        clipped=a.clipped + b.clipped,
        total=a.total + b.total,
        low=_least(a.low, b.low),
        high=_most(a.high, b.high),
    )


def merge_new(a: dict[str, int] | None, b: dict[str, int] | None) -> dict[str, int] | None:
    """Add up new categories; once they are too many to list they stay so, in whatever order states merge.

    >>> merge_new({"x": 1}, {"x": 2, "y": 1}), merge_new({"x": 1}, None)
    ({'x': 3, 'y': 1}, None)
    """
    if a is None or b is None:
        return None
    return listed({name: a.get(name, 0) + b.get(name, 0) for name in {*a, *b}})


def listed(new: dict[str, int]) -> dict[str, int] | None:
    """Return the counts sorted by name, or `None` when there are more names than may be listed.

    >>> listed({"b": 1, "a": 2})
    {'a': 2, 'b': 1}
    """
    return dict(sorted(new.items())) if len(new) <= NEW_VALUES_MAX else None


def _merge_scores(a: ScoreState, b: ScoreState) -> ScoreState:
    return ScoreState(
        positives=_add(a.positives, b.positives),
        negatives=_add(a.negatives, b.negatives),
        groups=_add_groups(a.groups, b.groups),
        squared=a.squared + b.squared,
        quartic=a.quartic + b.quartic,
    )


def _merge_dicts(a: dict[str, V], b: dict[str, V], merge: Callable[[V, V], V]) -> dict[str, V]:
    def of(key: str) -> V:
        return merge(a[key], b[key]) if key in a and key in b else (a if key in a else b)[key]

    return {key: of(key) for key in sorted({*a, *b})}


def _add(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """Add position by position; an empty array is the zero of any length."""
    if not a or not b:
        return a or b
    return tuple(x + y for x, y in zip(a, b, strict=True))


def _add_groups(a: Groups, b: Groups) -> Groups:
    if not a or not b:
        return a or b
    return tuple((x[0] + y[0], x[1] + y[1], x[2] + y[2]) for x, y in zip(a, b, strict=True))


def _least(a: N | None, b: N | None) -> N | None:
    return min((each for each in (a, b) if each is not None), default=None)


def _most(a: N | None, b: N | None) -> N | None:
    return max((each for each in (a, b) if each is not None), default=None)
