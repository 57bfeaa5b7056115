"""Generated pages say what the code says: each is compared with what the generator would write now."""

import json
import subprocess
import sys

import jsonschema
import pytest


def test_generated_pages_are_current(root, tmp_path):
    """A page that differs is mended by `just docs`; made in a process of its own, as click keeps state."""
    folder = root / "docs" / "reference"
    subprocess.run([sys.executable, folder / "generate.py", tmp_path], check=True, cwd=tmp_path)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    stale = [
        name
        for name in made
        if not (folder / name).is_file() or (folder / name).read_bytes() != (tmp_path / name).read_bytes()
    ]
    assert (len(made) > 10, stale) == (True, [])


def test_every_schema_file_has_its_kind(generator, root):
    """No schema file is left over from a kind that is gone."""
    files = {path.name for path in (root / "docs" / "reference" / "facts").glob("*.json")}
    made = {name.removeprefix("facts/") for name in generator.fact_pages() if name.endswith(".json")}
    assert made == files


def test_schemas_are_schemas(generator):
    """Each generated schema is valid against the 2020-12 meta-schema."""
    for name, text in generator.fact_pages().items():
        if name.endswith(".json"):
            jsonschema.Draft202012Validator.check_schema(json.loads(text))


def test_a_recorded_fact_fits_its_schema(generator, tmp_path):
    """A statement that the ledger wrote validates; the same statement with one field more does not."""
    from datetime import UTC, datetime

    from probative.kernel.actor import Actor
    from probative.record import facts, statement

    body = facts.RunStarted(run="r-1", run_kind="training", system="loans", inputs={}, parameters={"seed": 7})
    draft = facts.Draft(
        body=body, subjects=(facts.subject("system/loans"),), actor=Actor(id="p-1", role="model-owner")
    )
    predicate = json.loads(statement.write(draft, datetime(2026, 11, 1, tzinfo=UTC), 7))["predicate"]
    schema = generator.fact_schema("record.run-started", 1, facts.RunStarted)
    jsonschema.validate(predicate, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(predicate | {"body": predicate["body"] | {"unknown": 1}}, schema)
