"""The project's own source, read once for all architecture tests."""

import ast
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"


class Module(NamedTuple):
    """One source file: dotted name, path below the project, text and syntax tree."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The package that the module lies in."""
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]


def read_module(path: Path) -> Module:
    """Read and parse one file below `src`."""
    dotted = path.relative_to(SOURCE).with_suffix("").parts
    name = ".".join(dotted[:-1] if dotted[-1] == "__init__" else dotted)
    text = path.read_text(encoding="utf-8")
    return Module(name, path.relative_to(ROOT), text, ast.parse(text))


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def modules() -> list[Module]:
    """Return every module of the product."""
    found = [read_module(path) for path in sorted(SOURCE.rglob("*.py"))]
    assert len(found) > 10, "the source tree was not found"
    return found


@pytest.fixture(scope="session")
def project_files() -> list[Path]:
    """Return every text file that git keeps or would keep."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode != 0:
        pytest.skip("this is not a git work tree: the list of project files is unknown")
    paths = [ROOT / line for line in listed.stdout.splitlines()]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:8192]]
