"""Examples in docstrings and on pages are run: what a reader copies works."""

import contextlib
import doctest
import importlib
import io
import pkgutil
import shlex
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

import probative
from probative.cli import run

ROOT = Path(__file__).resolve().parents[2]
BUG_STATUS = 70
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
MODULES = ["probative", *(m.name for m in pkgutil.walk_packages(probative.__path__, "probative."))]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__main__")])
def test_docstring_examples(name, tmp_path, monkeypatch):
    """Every `>>>` example of a module gives what it shows."""
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    said = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
    for test in doctest.DocTestFinder(exclude_empty=True).find(module):
        with contextlib.redirect_stdout(said):
            runner.run(test, out=said.write)
    assert runner.summarize(verbose=False).failed == 0, said.getvalue()


def console_session(example):
    """Run a console block: each `$ probative ...` line, against the output shown below it.

    `...` stands for anything; a command shown without output may print what it likes. Lines that start other
    programs (uv, docker) are not run. Blocks of one page share a workspace.
    """
    commands: list[tuple[str, list[str]]] = []
    for line in str(example.parsed).splitlines():
        if line.startswith("$ "):
            commands.append((line[2:], []))
        elif commands:
            commands[-1][1].append(line)
    for command, expected in commands:
        words = shlex.split(command, comments=True)
        if words[:1] != ["probative"]:
            continue
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = run(words[1:])
        wanted, got = "\n".join(expected).strip() + "\n", said.getvalue().strip() + "\n"
        shown = not any(expected) or doctest.OutputChecker().check_output(wanted, got, FLAGS)
        if status == BUG_STATUS or not shown:
            return f"$ {command}\nended with {status} and printed\n{got}\ninstead of\n{wanted}"
    return None


SYBIL = Sybil(
    [PythonCodeBlockParser(), CodeBlockParser(language="console", evaluator=console_session), SkipParser()]
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_examples(page, tmp_path, monkeypatch):
    """Every Python and console block of a page runs in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROBATIVE_WORKSPACE", str(tmp_path / "workspace"))
    for example in SYBIL.parse(page).examples():
        example.evaluate()
