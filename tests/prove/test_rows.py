"""Decision rows: the verifier's codec against the record's, and bent decision files."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.canon import canonical
from probative.kernel.errors import TamperError
from probative.prove.verifier.entries import Fact
from probative.prove.verifier.forms import FailureError
from probative.prove.verifier.rows import decode_row, read_decision
from probative.record.decisions.codec import plain
from probative.record.decisions.schema import Column

VALUES = {
    "int8": st.integers(-(2**7), 2**7 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "uint16": st.integers(0, 2**16 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "float32": st.floats(width=32),
    "float64": st.floats(),
    "bool": st.booleans(),
    "text": st.text(max_size=20),
    "binary": st.binary(max_size=20),
    "binary(4)": st.binary(min_size=4, max_size=4),
}


@st.composite
def rows(draw):
    """Columns and one row of values for them."""
    types = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=6))
    nullable = [draw(st.booleans()) for _ in types]
    columns = [
        Column(name=f"c{at}", type=kind, role="meta", nullable=null, personal=False)
        for at, (kind, null) in enumerate(zip(types, nullable, strict=True))
    ]
    values = [
        None if column.nullable and draw(st.booleans()) else draw(VALUES[column.type]) for column in columns
    ]
    return columns, values


def described(columns):
    """Columns as they stand in a fact."""
    return [{"name": column.name, "type": column.type, "nullable": column.nullable} for column in columns]


@given(rows())
def test_rows_decode_to_what_was_encoded(row):
    """The verifier reads the record's row codec."""
    columns, values = row
    shown = decode_row(described(columns), plain.encode_row(columns, values))
    for column, value in zip(columns, values, strict=True):
        seen = shown[column.name]
        if isinstance(value, bytes):
            assert value.hex() == seen
        elif isinstance(value, float) and math.isnan(value):
            assert seen == "NaN"
        else:
            assert value == seen


@given(rows(), st.binary(max_size=60))
def test_the_same_bytes_are_refused_by_both(row, data):
    """Bytes that are no row for the record are none for the verifier either."""
    columns, _ = row
    try:
        plain.decode_row(columns, data)
        good = True
    except TamperError:
        good = False
    if good:
        assert len(decode_row(described(columns), data)) == len(columns)
    else:
        with pytest.raises(ValueError, match=r".+"):
            decode_row(described(columns), data)


def test_times_are_shown_as_times():
    """A timestamp is an instant in UTC, a date a day; beyond the calendar the number stays."""
    columns = [
        {"name": "at", "type": "timestamp", "nullable": False},
        {"name": "on", "type": "date", "nullable": False},
    ]
    row = (1_700_000_000_000_001).to_bytes(8, "big") + (19_676).to_bytes(4, "big")
    assert decode_row(columns, row) == {"at": "2023-11-14T22:13:20.000001Z", "on": "2023-11-15"}
    far = (2**62).to_bytes(8, "big") + (19_676).to_bytes(4, "big")
    assert decode_row(columns, far)["at"] == 2**62


@pytest.fixture
def decision(issued):
    """A decision file of the package and the facts that it needs."""
    names = sorted(name for name in unzip(issued) if name.startswith("decisions/"))
    recorder = issued.house.workspace.recorder
    facts = {f.id: Fact(f.id, f.index, f.kind, "", f.body) for f in recorder.facts()}
    return json.loads(unzip(issued)[names[0]]), facts


def unzip(issued):
    """Files of the package by name."""
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(issued.data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_decision_of_the_package_is_read(decision, issued):
    """The file shows the decision and the group that was opened, and no protected attribute."""
    value, facts = decision
    shown = read_decision("d.json", canonical(value), facts)
    assert value["decision_id"] == shown["decision_id"]
    assert {"decision_id", "decided_at", "approved", "model", "income"} == set(shown)


CHANGES = {
    "format": "probative-decision/2",
    "decision_id": "another",
    "sealed_fact": "ab" * 32,
    "schema_fact": "ab" * 32,
    "system": "others",
    "segment": "another",
    "index": 7,
    "row": "00",
    "path": [],
    "groups": {"sex": {"salt": "00" * 16, "values": ""}},
}


@pytest.mark.parametrize("field", sorted(CHANGES))
def test_bent_decisions_are_failures(decision, field):
    """Whatever part of a decision file is another one, it proves nothing."""
    value, facts = decision
    with pytest.raises(FailureError, match=r"^d\.json: "):
        read_decision("d.json", canonical({**value, field: CHANGES[field]}), facts)


@pytest.mark.parametrize("part", ["salt", "values"])
def test_an_opening_must_fit_its_commitment(decision, part):
    """Another salt or other values do not open the commitment in the row."""
    value, facts = decision
    opened = dict(value["groups"]["inputs"])
    opened[part] = "00" * (len(opened[part]) // 2)
    with pytest.raises(FailureError, match="do not open their commitment"):
        read_decision("d.json", canonical({**value, "groups": {"inputs": opened}}), facts)


def test_facts_of_another_kind_prove_no_row(decision):
    """A fact that is no seal cannot stand in for one."""
    value, facts = decision
    swapped = {**value, "sealed_fact": value["schema_fact"]}
    with pytest.raises(FailureError, match=r"row"):
        read_decision("d.json", canonical(swapped), facts)
