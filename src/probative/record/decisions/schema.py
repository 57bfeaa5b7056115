"""What a decision of one system looks like: typed columns, their roles, and what can be erased.

**Promise**: a schema that was accepted names every column once, keeps protected attributes apart, and says
for each field whether it may stay for ever; the same schema always gives the same layout.
**Not here**: Arrow types and batches (`codec`, `batch`): this module is light, so any room may import it.
"""

import difflib
import re
from typing import NamedTuple, NoReturn

import msgspec

from probative.kernel.errors import UsageError
from probative.kernel.ids import check_name

CODEC = "row-be/1"
COLUMNS_MAX = 256
SALT_BYTES = 16
COMMITMENT_BYTES = 32
DECISIONS = "decisions"
OUTCOMES = "outcomes"
STREAMS = (DECISIONS, OUTCOMES)
COMMITMENT_PREFIX = "commitment_"
SALT_PREFIX = "salt_"

ROLES = (
    "id",
    "time",
    "subject",
    "feature",
    "prediction",
    "probability",
    "model",
    "release",
    "latency",
    "trace",
    "flag",
    "protected",
    "meta",
)
_ABOUT_MACHINES = frozenset({"id", "time", "model", "release", "latency", "trace", "flag"})
_SIMPLE = frozenset(
    [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
    + ["float32", "float64", "bool", "date", "timestamp", "text", "binary"]
)
_SIZED = re.compile(r"(decimal|binary)\((\d{1,4})(?:,(\d{1,2}))?\)\Z")
_COLUMN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}\Z")
_GROUP_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
_FIXED_BINARY_BYTES_MAX = 1024
_DECIMAL_DIGITS_MAX = 38


class ColumnType(NamedTuple):
    """A column type taken apart: its `kind`, and `size`/`scale` for `decimal(p,s)` and `binary(n)`."""

    kind: str
    size: int = 0
    scale: int = 0


def parse_type(text: str) -> ColumnType:
    """Read a column type: int8..int64, uint8..uint64, float32, float64, bool, date, timestamp, text, binary,
    binary(n) with n up to 1024 bytes, decimal(p,s) with p up to 38 digits. Others raise `UsageError`.

    >>> parse_type("decimal(12,2)")
    ColumnType(kind='decimal', size=12, scale=2)
    """
    if text in _SIMPLE:
        return ColumnType(text)
    match = _SIZED.match(text)
    if match:
        kind, size, scale = match[1], int(match[2]), match[3]
        if kind == "binary" and scale is None and 1 <= size <= _FIXED_BINARY_BYTES_MAX:
            return ColumnType("fixed", size)
        if kind == "decimal" and scale is not None and max(1, int(scale)) <= size <= _DECIMAL_DIGITS_MAX:
            return ColumnType("decimal", size, int(scale))
    raise UsageError(
        "schema.type-unknown",
        f"'{text[:40]}' is not a column type.",
        f"Use one of {', '.join(sorted(_SIMPLE))}, binary(n), decimal(p,s).",
    )


class Column(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One column. `group` is the erasable group that the field belongs to, `None` for what may stay for ever.

    Left out, `personal` follows the role: what describes the machine (time, model, latency, ...) is not
    personal, everything else is; and `group` follows `personal`: `subject`, `protected` or `inputs`.

    >>> column = Column(name="income", type="float64", role="feature")
    >>> column.personal, column.group
    (True, 'inputs')
    """

    name: str
    type: str
    role: str
    group: str | None = None
    nullable: bool = False
    personal: bool | None = None

    def __post_init__(self) -> None:
        """Settle the defaults and refuse what contradicts itself."""
        if not _COLUMN_NAME.match(self.name):
            _refuse(
                "column-name",
                f"'{self.name[:80]}' cannot name a column.",
                "Use letters, digits and '_', at most 63, beginning with a letter.",
            )
        parse_type(self.type)
        if self.role not in ROLES:
            _refuse(
                "role-unknown",
                f"Column '{self.name}' has the unknown role '{self.role[:40]}'.",
                f"Use one of {', '.join(ROLES)}.",
            )
        if self.personal is None:
            msgspec.structs.force_setattr(self, "personal", self.role not in _ABOUT_MACHINES)
        if self.personal and self.group is None:
            group = self.role if self.role in ("subject", "protected") else "inputs"
            msgspec.structs.force_setattr(self, "group", group)
        self._check_group()

    def _check_group(self) -> None:
        if self.group is not None and not _GROUP_NAME.match(self.group):
            _refuse("group-name", f"'{self.group[:40]}' cannot name a group.", "Use lower-case letters.")
        if (self.group is not None) != bool(self.personal):
            _refuse(
                "group-and-personal",
                f"Column '{self.name}' is in group '{self.group}' but personal is {self.personal}.",
                "A personal field has an erasable group; any other has none.",
            )
        if self.role in ("id", "time") and self.personal:
            _refuse(
                "key-erasable",
                f"Column '{self.name}' has role '{self.role}' and cannot be erasable.",
                "Use a pseudonymous id, and leave 'personal' out.",
            )
        if (self.role == "protected") != (self.group == "protected"):
            _refuse(
                "protected-apart",
                f"Column '{self.name}' has role '{self.role}' and group '{self.group}'.",
                "Protected attributes, and nothing else, are in group 'protected'.",
            )


DECISION_ID = Column(name="decision_id", type="text", role="id")
DECIDED_AT = Column(name="decided_at", type="timestamp", role="time")
OBSERVED_AT = Column(name="observed_at", type="timestamp", role="time")
SUBJECT = Column(name="subject", type="text", role="subject")


class Group(NamedTuple):
    """Columns that are committed to, disclosed and erased together."""

    name: str
    columns: tuple[Column, ...]

    @property
    def protected(self) -> bool:
        """Whether the group's values lie in the protected file."""
        return self.name == "protected"

    @property
    def salt(self) -> str:
        """The column that holds the group's salts."""
        return SALT_PREFIX + self.name

    @property
    def commitment(self) -> str:
        """The column of facts that holds the group's commitments."""
        return COMMITMENT_PREFIX + self.name


class Layout(NamedTuple):
    """Where each column of a stream lies. `facts` are the leaf's columns, in codec order."""

    columns: tuple[Column, ...]
    facts: tuple[Column, ...]
    groups: tuple[Group, ...]

    @property
    def plain(self) -> tuple[Column, ...]:
        """The columns of facts that are values, not commitments."""
        return self.facts[: len(self.facts) - len(self.groups)]

    @property
    def time(self) -> str:
        """The name of the stream's time column."""
        return self.facts[1].name

    def side(self, *, protected: bool) -> tuple[Group, ...]:
        """Return the groups of the protected file, or those of the payload file."""
        return tuple(group for group in self.groups if group.protected is protected)


class DecisionSchema(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The schema of one system: `columns` of its decisions, `outcomes` of its second stream.

    Both begin with `decision_id` and a time. Without `outcomes`, an outcome has the prediction's type.

    >>> schema = decision_schema("loans", Column(name="default", type="int8", role="prediction"))
    >>> [column.name for column in schema.columns]
    ['decision_id', 'decided_at', 'subject', 'default']
    """

    system: str
    version: int
    columns: tuple[Column, ...]
    outcomes: tuple[Column, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a schema that could not be recorded or read back."""
        check_name(self.system, "system")
        if self.version < 1:
            _refuse("version", f"{self.version} is not a schema version.", "Versions begin with 1.")
        if not self.outcomes:
            msgspec.structs.force_setattr(self, "outcomes", (DECISION_ID, OBSERVED_AT, self._outcome()))
        _check_columns(self.columns, (DECISION_ID, DECIDED_AT, SUBJECT))
        _check_columns(self.outcomes, (DECISION_ID, OBSERVED_AT))

    def stream(self, name: str) -> tuple[Column, ...]:
        """Return the columns of stream `name` ("decisions" or "outcomes")."""
        if name not in STREAMS:
            _refuse("stream-unknown", f"There is no stream '{name[:40]}'.", f"Use {' or '.join(STREAMS)}.")
        return self.columns if name == DECISIONS else self.outcomes

    def layout(self, stream: str) -> Layout:
        """Return which file each column of `stream` goes to; a pure function of the schema."""
        columns = self.stream(stream)
        names = dict.fromkeys(column.group for column in columns if column.group is not None)
        groups = tuple(Group(name, tuple(c for c in columns if c.group == name)) for name in names)
        commitments = (
            Column(name=group.commitment, type=f"binary({COMMITMENT_BYTES})", role="meta", personal=False)
            for group in groups
        )
        facts = tuple(column for column in columns if column.group is None)
        return Layout(columns, (*facts, *commitments), groups)

    def _outcome(self) -> Column:
        types = [column.type for column in self.columns if column.role == "prediction"]
        return Column(name="outcome", type=types[0] if types else "text", role="meta", group="outcome")


def decision_schema(system: str, *columns: Column, version: int = 1) -> DecisionSchema:
    """Make a schema of `columns` with the three fixed ones put before them."""
    return DecisionSchema(
        system=system, version=version, columns=(DECISION_ID, DECIDED_AT, SUBJECT, *columns)
    )


def nearest(name: str, names: list[str]) -> str:
    """Return a hint that names the known column closest to `name`."""
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"Did you mean '{close[0]}'?" if close else f"The columns are {', '.join(names)[:400]}."


def _check_columns(columns: tuple[Column, ...], fixed: tuple[Column, ...]) -> None:
    if columns[: len(fixed)] != fixed:
        _refuse(
            "fixed-columns",
            f"The columns begin with {', '.join(c.name for c in columns[: len(fixed)]) or 'nothing'}.",
            f"Begin with {', '.join(c.name for c in fixed)}, as the product defines them.",
        )
    if len(columns) > COLUMNS_MAX:
        _refuse("columns", f"{len(columns)} columns are too many.", f"At most {COLUMNS_MAX} are taken.")
    seen: set[str] = set()
    for column in columns:
        # SQL engines ignore case in names, so two that differ by case only would be one column there.
        if column.name.lower() in seen:
            _refuse("column-twice", f"Column '{column.name}' occurs twice.", "Rename one of them.")
        seen.add(column.name.lower())
        if column.name.lower().startswith((COMMITMENT_PREFIX, SALT_PREFIX)):
            _refuse(
                "column-name",
                f"'{column.name}' cannot name a column of a schema.",
                f"Names that begin with '{COMMITMENT_PREFIX}' or '{SALT_PREFIX}' are the product's own.",
            )
        if column.role in ("id", "time", "subject") and column not in fixed:
            _refuse(
                "role-twice",
                f"Column '{column.name}' cannot be the {column.role}: that is {_holder(column, fixed)}.",
                "Give it another role, for example 'meta'.",
            )


def _holder(column: Column, fixed: tuple[Column, ...]) -> str:
    return next((item.name for item in fixed if item.role == column.role), "not in this stream")


def _refuse(code: str, sentence: str, hint: str) -> NoReturn:
    raise UsageError(f"schema.{code}", sentence, hint)
