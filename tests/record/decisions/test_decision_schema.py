"""Schemas: what is accepted settles its defaults; what contradicts itself is refused by name."""

import subprocess
import sys

import msgspec
import pytest

from probative.kernel.errors import UsageError
from probative.record.decisions.facts import SchemaDeclared, declared, schema_digest
from probative.record.decisions.schema import (
    COLUMNS_MAX,
    DECISION_ID,
    Column,
    ColumnType,
    DecisionSchema,
    decision_schema,
    parse_type,
)
from tests.record.decisions.conftest import SCHEMA


@pytest.mark.parametrize(
    ("role", "personal", "group"),
    [
        ("feature", True, "inputs"),
        ("prediction", True, "inputs"),
        ("meta", True, "inputs"),
        ("protected", True, "protected"),
        ("model", False, None),
        ("latency", False, None),
        ("flag", False, None),
    ],
)
def test_defaults_follow_the_role(role, personal, group):
    """A field is erasable unless its role, or the schema, says that it is not about a person."""
    column = Column(name="a", type="text", role=role)
    assert (column.personal, column.group) == (personal, group)


def test_a_schema_survives_its_fact():
    """What is declared is what is read back, defaults spelled out, with the same digest."""
    body = msgspec.json.decode(msgspec.json.encode(declared(SCHEMA)), type=SchemaDeclared)
    assert body.schema() == SCHEMA
    assert schema_digest(body.schema()) == schema_digest(SCHEMA)


def test_layout_puts_every_column_in_one_place():
    """Plain columns are facts; others are behind one commitment a group; protected ones are apart."""
    layout = SCHEMA.layout("decisions")
    assert [column.name for column in layout.facts] == [
        "decision_id",
        "decided_at",
        "approve",
        "p",
        "release",
        "commitment_subject",
        "commitment_inputs",
        "commitment_notes",
        "commitment_protected",
    ]
    assert [column.name for column in layout.plain] == [
        "decision_id",
        "decided_at",
        "approve",
        "p",
        "release",
    ]
    assert [group.name for group in layout.side(protected=False)] == ["subject", "inputs", "notes"]
    assert [group.name for group in layout.side(protected=True)] == ["protected"]


def test_outcomes_have_the_type_of_the_prediction():
    """Without a word about outcomes, a label is what the model predicts."""
    assert [(c.name, c.type, c.group) for c in SCHEMA.outcomes][2] == ("outcome", "int8", "outcome")
    assert decision_schema("loans").outcomes[2].type == "text"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int8", ColumnType("int8")),
        ("binary", ColumnType("binary")),
        ("binary(32)", ColumnType("fixed", 32)),
        ("decimal(38,38)", ColumnType("decimal", 38, 38)),
        ("decimal(5,0)", ColumnType("decimal", 5, 0)),
    ],
)
def test_types_are_read(text, expected):
    """Every type has one spelling."""
    assert parse_type(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "int128",
        "",
        "decimal",
        "decimal(5)",
        "decimal(39,1)",
        "decimal(3,4)",
        "decimal(0,0)",
        "binary(0)",
        "binary(1025)",
        "binary(1,1)",
        "list(int8)",
        "int8\n",
        "binary(3)\n",
        "text ",
    ],
)
def test_unknown_types_are_refused(text):
    """What is no type is shown, and the types are named."""
    with pytest.raises(UsageError) as refused:
        parse_type(text)
    assert refused.value.code == "schema.type-unknown"
    assert "decimal(p,s)" in refused.value.hint


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": "1a"}, "schema.column-name"),
        ({"name": "a b"}, "schema.column-name"),
        ({"name": "é"}, "schema.column-name"),
        ({"name": "a" * 64}, "schema.column-name"),
        ({"role": "input"}, "schema.role-unknown"),
        ({"group": "In puts"}, "schema.group-name"),
        ({"personal": False, "group": "inputs"}, "schema.group-and-personal"),
        ({"role": "id", "personal": True}, "schema.key-erasable"),
        ({"role": "protected", "personal": False}, "schema.protected-apart"),
        ({"role": "protected", "group": "inputs"}, "schema.protected-apart"),
        ({"group": "protected"}, "schema.protected-apart"),
    ],
)
def test_columns_that_contradict_themselves_are_refused(fields, code):
    """A column says each thing once and consistently."""
    with pytest.raises(UsageError) as refused:
        Column(**{"name": "a", "type": "text", "role": "feature", **fields})
    assert refused.value.code == code


def feature(name):
    """Return a plain column."""
    return Column(name=name, type="int8", role="feature")


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ((feature("a"), feature("A")), "schema.column-twice"),
        ((feature("subject"),), "schema.column-twice"),
        ((feature("commitment_inputs"),), "schema.column-name"),
        ((feature("salt_inputs"),), "schema.column-name"),
        ((Column(name="b", type="text", role="subject"),), "schema.role-twice"),
        ((Column(name="b", type="timestamp", role="time"),), "schema.role-twice"),
        (tuple(feature(f"c{n}") for n in range(COLUMNS_MAX)), "schema.columns"),
    ],
)
def test_schemas_that_contradict_themselves_are_refused(columns, code):
    """Names are unique in every engine, reserved names are kept free, and fixed roles are given once."""
    with pytest.raises(UsageError) as refused:
        decision_schema("loans", *columns)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"columns": (DECISION_ID,)}, "schema.fixed-columns"),
        ({"outcomes": (feature("a"),)}, "schema.fixed-columns"),
        ({"version": 0}, "schema.version"),
        ({"system": "../x"}, "name.malformed"),
    ],
)
def test_schemas_begin_with_the_fixed_columns(fields, code):
    """A schema without the fixed columns, a version or a system's name is refused."""
    with pytest.raises(UsageError) as refused:
        DecisionSchema(**{"system": "loans", "version": 1, "columns": SCHEMA.columns, **fields})
    assert refused.value.code == code
    with pytest.raises(UsageError):
        SCHEMA.stream("labels")


def test_schemas_are_light():
    """A room that only asks what a decision looks like does not wait for Arrow to load."""
    code = (
        "import sys, probative.record.decisions.facts, probative.record.decisions.values\n"
        "sys.exit(', '.join({'pyarrow', 'numpy'} & set(sys.modules)) or 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
