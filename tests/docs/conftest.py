"""The project's folder, and the generator of the reference pages."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def generator():
    """Return the module `docs/reference/generate.py`."""
    place = ROOT / "docs" / "reference" / "generate.py"
    spec = importlib.util.spec_from_file_location("reference_generator", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
