"""Cohorts: the decisions that an inquiry is about, found by a definition and fixed by a digest.

**Promise**: pure; the same definition over the same rows gives the same ids in the same order and the same
digest; protected attributes cannot be asked for, because they are not in the rows that are read.
**Not here**: reading the decision log and recording (`inquiries`), and auditing the cohort (`watch`).
"""

import operator
import re
from collections.abc import Callable, Mapping
from functools import reduce

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from probative.kernel.clock import parse_instant
from probative.kernel.errors import UsageError
from probative.record.decisions.schema import DECIDED_AT, DECISION_ID, DecisionSchema, nearest
from probative.respond.inquiry.facts import CohortDefinition, Condition

_TESTS: Mapping[str, Callable[[pc.Expression, pc.Expression], pc.Expression]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


_WRITTEN = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*(==|!=|<=|>=|<|>)\s*(.+?)\s*\Z")


def parse_condition(text: str) -> Condition:
    """Read `COLUMN OP VALUE` as a person types it; a value in quotes is text, else a number, true, false or
    text.

    >>> parse_condition("score >= 0.5").value, parse_condition("state=='07'").value
    (0.5, '07')
    """
    match = _WRITTEN.match(text)
    if match is None:
        raise UsageError(
            "cohort.condition",
            f"'{text[:80]}' is not COLUMN OP VALUE.",
            "For example 'decision==1' or 'score>=0.5'.",
        )
    return msgspec.convert({"column": match[1], "op": match[2], "value": _value(match[3])}, Condition)


def _value(text: str) -> str | int | float | bool:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    if text in ("true", "false"):
        return text == "true"
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def check_definition(definition: CohortDefinition, schema: DecisionSchema) -> None:
    """Refuse an empty or backward span, and columns that are unknown or protected."""
    if parse_instant(definition.since) >= parse_instant(definition.until):
        raise UsageError(
            "cohort.span",
            f"The span from {definition.since} to {definition.until} holds nothing.",
            "Give the earlier instant first; the later one is not included.",
        )
    open_columns = {column.name: column for column in schema.columns if column.role != "protected"}
    protected = {column.name for column in schema.columns if column.role == "protected"}
    for condition in definition.where:
        if condition.column in protected:
            raise UsageError(
                "cohort.protected-column",
                f"'{condition.column}' is a protected attribute and cannot define a cohort.",
                "Protected attributes are joined only in a recorded fairness audit of the cohort.",
            )
        if condition.column not in open_columns:
            raise UsageError(
                "cohort.unknown-column",
                f"The decisions of '{schema.system}' have no column '{condition.column[:80]}'.",
                nearest(condition.column, list(open_columns)),
            )


def columns_of(definition: CohortDefinition) -> list[str]:
    """Return the columns that must be read to apply a definition."""
    named = [condition.column for condition in definition.where]
    return list(dict.fromkeys([DECISION_ID.name, DECIDED_AT.name, *named]))


def select_ids(definition: CohortDefinition, rows: pa.Table) -> list[str]:
    """Return the sorted ids of rows that meet every condition; values of another type raise `UsageError`."""
    if definition.where and rows.num_rows:
        tests = [_test(condition, rows) for condition in definition.where]
        rows = rows.filter(reduce(operator.and_, tests))
    return sorted(rows.column(DECISION_ID.name).to_pylist())


def ids_text(ids: list[str]) -> bytes:
    """Return ids as they are hashed and kept: one a line.

    >>> ids_text(["b", "a"])
    b'b\\na\\n'
    """
    return "".join(f"{decision}\n" for decision in ids).encode()


def query_text(definition: CohortDefinition) -> str:
    """Write a definition as a person would read it.

    >>> query_text(CohortDefinition(system="loans", since="2026-11-01T00:00:00.000000Z",
    ...     until="2026-12-01T00:00:00.000000Z", where=(Condition(column="default", op="==", value=1),)))
    'system loans, 2026-11-01T00:00:00.000000Z <= decided_at < 2026-12-01T00:00:00.000000Z, default == 1'
    """
    tests = "".join(f", {c.column} {c.op} {c.value!r}" for c in definition.where)
    return f"system {definition.system}, {definition.since} <= decided_at < {definition.until}{tests}"


def _test(condition: Condition, rows: pa.Table) -> pc.Expression:
    wanted = rows.schema.field(condition.column).type
    try:
        value = pa.scalar(condition.value).cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UsageError(
            "cohort.value",
            f"'{condition.value}' cannot be compared with column '{condition.column}' ({wanted}).",
            "Write the value as the column has it.",
        ) from error
    return _TESTS[condition.op](pc.field(condition.column), pc.scalar(value))
