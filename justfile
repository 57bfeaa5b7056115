# What a developer runs. `uv run just` sets UV to the uv that started it; a bare `just` looks for one.

set shell := ["bash", "-euo", "pipefail", "-c"]
export UV := env("UV", if path_exists(justfile_directory() / ".tools/bin/uv") == "true" { justfile_directory() / ".tools/bin/uv" } else { "uv" })
run := quote(UV) + " run --quiet --group check"

# Show what can be run
default:
    @just --list --unsorted

# Everything that must hold before a change lands: format, lint, types, import contracts, tests
check: lint test

# Formatter, linter, types and import contracts
lint:
    {{ run }} ruff format --check .
    {{ run }} ruff check .
    {{ run }} mypy
    {{ run }} lint-imports --no-logo

# The tests, the documentation's examples included; ARGS go to pytest
test *ARGS:
    {{ run }} pytest --numprocesses auto {{ ARGS }}

# Benchmarks of one VERB (record, gate, watch, ...) or of all: one JSON line per claim
bench *VERB:
    {{ run }} python benchmarks/run.py {{ VERB }}

# The long fault campaigns (kills, flipped bytes, full disks), bounded to about ten minutes
faults:
    PROBATIVE_CAMPAIGN=long {{ run }} pytest --durations 5 tests/faults

# The long fuzzing campaigns: every property test with 2,000 examples instead of 50
fuzz *ARGS:
    PROBATIVE_CAMPAIGN=long {{ run }} pytest --numprocesses auto --hypothesis-show-statistics -m hypothesis {{ ARGS }}

# Generated reference pages: fact schemas, command line, glossary
docs:
    {{ run }} python docs/reference/generate.py
    {{ run }} python docs/reference/publish_verifier.py

# The README's screenshot and its excerpt of the demo, made by running both
screens:
    {{ run }} python docs/screens.py

# Write the formatting that `check` asks for
format:
    {{ run }} ruff format .
    {{ run }} ruff check --fix .
