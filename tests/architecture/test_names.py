"""Names that mean nothing, words that mean "not finished", and calls that belong elsewhere are refused."""

import ast
import re
from pathlib import Path

import pytest

MODULE_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "base", "misc", "manager", "service"}
UNFINISHED = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b")
# Modules that turn bytes into running code, or hide what they load.
UNSAFE_IMPORTS = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
MACHINE_PATH = re.compile(r"(?<![\w./])/(?:work|root|home)/[\w.]")
PARENT_PATH = re.compile(r"(?<![\w./])(?:\.\./)+[\w.][\w./-]*")
VENDORED = Path("src/probative/web/static/vendor")


def calls(tree):
    """Yield the dotted text of everything called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def test_module_names_say_something(modules):
    """A module that cannot be named is split wrongly."""
    assert [m.name for m in modules if m.name.rpartition(".")[2] in MODULE_NAMES] == []


def test_no_unsafe_deserialisers(modules):
    """Nothing in the product can load code from bytes."""
    found = []
    for module in modules:
        for node in ast.walk(module.tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            found += [f"{module.name}: {name}" for name in names if name.split(".")[0] in UNSAFE_IMPORTS]
    assert found == []


@pytest.mark.parametrize(
    ("call", "allowed"),
    [
        (r"(?:datetime\.)?datetime\.(?:now|utcnow|today)", {"probative.kernel.clock"}),
        (r"(?:date|datetime\.date)\.today", set()),
        (r"time\.(?:time|time_ns|localtime|gmtime)", set()),
        (r"print", {"probative.cli"}),
        (r"eval|exec|os\.system|os\.popen", set()),
    ],
)
def test_calls_that_belong_in_one_place(modules, call, allowed):
    """The time comes from the clock, only doors print, and text never becomes code."""
    pattern = re.compile(rf"(?:{call})\Z")
    found = [
        f"{module.path}:{line} {name}"
        for module in modules
        if not any(module.name == home or module.name.startswith(home + ".") for home in allowed)
        for name, line in calls(module.tree)
        if pattern.match(name)
    ]
    assert found == []


def lines_of(project_files, root):
    """Yield every line of every file that people write, with its place."""
    for path in project_files:
        if path.suffix == ".lock" or path == Path(__file__) or VENDORED in path.relative_to(root).parents:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            yield path, f"{path.relative_to(root)}:{number}", line


def test_nothing_is_left_unfinished(project_files, root):
    """No file carries a note to finish it later."""
    found = [place for _, place, line in lines_of(project_files, root) if UNFINISHED.search(line)]
    assert found == []


def test_no_file_names_a_place_on_somebodys_machine(project_files, root):
    """The project runs wherever it was cloned to, so no file holds a path of the machine it was made on."""
    found = [place for _, place, line in lines_of(project_files, root) if MACHINE_PATH.search(line)]
    assert found == []


def test_no_file_reaches_outside_the_project(project_files, root):
    """A relative path ends inside the project; only the CI script knows what lies beside it."""
    found = [
        f"{place}: {match[0]}"
        for path, place, line in lines_of(project_files, root)
        for match in PARENT_PATH.finditer(line)
        if path != root / ".ci" / "run" and root not in (path.parent / match[0]).resolve().parents
    ]
    assert found == []
