"""Shipped playbooks are valid CACAO 2.0 by the community's schemas, and foreign ones are read strictly."""

import json
from pathlib import Path

import jsonschema
import pytest
import referencing
from referencing.jsonschema import DRAFT7

from probative.kernel.errors import NotFoundError, UsageError
from probative.respond.playbooks.actions import TRAITS
from probative.respond.playbooks.playbook import load_playbook, shipped_names, shipped_playbook
from probative.respond.playbooks.validation import defects
from tests.respond.playbooks import workflows

BASE = "https://schemas.invalid/cacao/"


def without_ids(value):
    """Drop `$id`: all files of a folder carry the same one, so references are resolved by path instead."""
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if not (key == "$id" and isinstance(item, str))}
        return {key: without_ids(item) for key, item in kept.items()}
    return [without_ids(item) for item in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def validator(data_folder: Path) -> jsonschema.Draft7Validator:
    """Return a validator of playbooks over all CACAO schema files."""
    root = data_folder / "standards" / "cacao" / "schema"
    files = [
        (f"{BASE}{path.relative_to(root)}", DRAFT7.create_resource(without_ids(json.loads(path.read_text()))))
        for path in root.rglob("*.json")
    ]
    assert len(files) > 30
    registry = referencing.Registry().with_resources(files)
    return jsonschema.Draft7Validator({"$ref": f"{BASE}playbook.json"}, registry=registry)


@pytest.mark.parametrize("name", shipped_names())
def test_a_shipped_playbook_is_valid_cacao(validator: jsonschema.Draft7Validator, name: str) -> None:
    """The schemas find nothing, and neither do our own checks."""
    found = shipped_playbook(name)
    assert [error.message for error in validator.iter_errors(json.loads(found.data))] == []
    assert defects(found.playbook, TRAITS) == []


@pytest.mark.parametrize("name", shipped_names())
def test_a_shipped_playbook_claims_what_it_does(name: str) -> None:
    """Every activity it lists is on a command, and its summary of features is true."""
    book = shipped_playbook(name).playbook
    commands = [command for step in book.workflow.values() for command in step.commands]
    types = {step.type for step in book.workflow.values()}
    assert set(book.playbook_activities) == {command.playbook_activity for command in commands}
    summary = book.playbook_processing_summary
    assert summary["parallel_processing"] == ("parallel" in types)
    assert summary["if_logic"] == ("if-condition" in types)
    assert summary["manual_playbook"] == any(command.type == "manual" for command in commands)
    assert summary["extensions"] == bool(book.extension_definitions)


def test_the_schema_check_sees_a_broken_playbook(validator: jsonschema.Draft7Validator) -> None:
    """The validator is wired right: a number where text belongs is found."""
    content = workflows.p01()
    content["playbook_variables"]["__complaints__"]["value"] = 3
    assert list(validator.iter_errors(content)) != []


@pytest.mark.parametrize("name", ["manual-playbook", "http-playbook", "ssh-playbook"])
def test_foreign_playbooks_are_read_and_their_defects_named(data_folder: Path, name: str) -> None:
    """SOARCA's examples: read whole, and refused to run for reasons that are said."""
    path = data_folder / "standards" / "cacao" / "playbooks" / f"{name}.json"
    found = load_playbook(path.read_bytes())
    codes = {defect.code for defect in defects(found.playbook, TRAITS)}
    assert (name == "manual-playbook") == ("command.unsupported" not in codes)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b'{"type": "playbook"}',
        workflows.playbook("x", {}, unexpected=1),
        workflows.playbook("x", {}, spec_version="cacao-1.1"),
        workflows.playbook("x", {}).replace(b'"name": "People"', b'"name": "People", "name": "Others"'),
    ],
)
def test_what_is_no_playbook_is_refused(text: bytes) -> None:
    """Empty, foreign, older, and with duplicate keys: one sentence each."""
    with pytest.raises(UsageError):
        load_playbook(text)


def test_an_unknown_shipped_name_lists_the_known_ones() -> None:
    """The hint says what there is."""
    with pytest.raises(NotFoundError) as caught:
        shipped_playbook("p77")
    assert "p01" in caught.value.hint
