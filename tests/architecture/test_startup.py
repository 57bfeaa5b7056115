"""The gate's path stays light: what a pipeline runs before every release must not load a data stack."""

import subprocess
import sys

import pytest

HEAVY = ["pyarrow", "polars", "numpy", "duckdb", "pandas", "httpx", "litestar", "granian", "rich", "sklearn"]
GATE_PATH = [
    "probative.kernel.canon",
    "probative.record.recorder",
    "probative.adapters.sqlite",
    "probative.adapters.files",
    "probative.adapters.files.keys",
    "probative.gate.gatekeeper",
    "probative.workspace",
    "probative.cli",
]


@pytest.mark.parametrize("module", GATE_PATH)
def test_the_gate_path_imports_nothing_heavy(module):
    """Importing a module of the gate's path leaves every heavy package unloaded."""
    script = f"import sys, {module}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, [], "")
