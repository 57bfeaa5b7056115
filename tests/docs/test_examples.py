"""Examples in docstrings and on pages are run: what a reader copies works."""

import contextlib
import doctest
import importlib
import io
import pkgutil
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from sybil import Region, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

import probative
from probative.cli import call

ROOT = Path(__file__).resolve().parents[2]
# Statuses that are answers: yes, no, tampered with, cannot tell. Any other is an error that a page must show.
ANSWERS = {0, 1, 7, 8}
# "Save this as `loans.toml`:" and then a block: the block is that file.
FILE = re.compile(
    r"`(?P<name>[\w.-]+)`:\n\n```(?:toml|csv|py|json|text)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
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


def files(document):
    """Find the blocks that a page asks its reader to save under a name."""
    for found in FILE.finditer(document.text):
        yield Region(found.start(), found.end(), found, save)


def save(example):
    """Save a block as the file it is said to be."""
    Path(example.parsed["name"]).write_text(example.parsed["text"])


def commands_of(text):
    """Yield each command of a console block with the output shown below it."""
    commands: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            commands.append((line[2:], []))
        elif commands:
            commands[-1][1].append(line)
    for command, shown in commands:
        yield command, "\n".join(shown).strip()


def outcome(words):
    """Run one command and return its status and all it printed, or `None` for a program that is not ours."""
    if words[:1] == ["probative"]:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = call(words[1:])
        return status, said.getvalue()
    if words[:1] == ["python3"]:
        done = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr
    return None


def console_session(example):
    """Run a console block: each `$ probative ...` or `$ python3 ...` line, against the output shown below it.

    `...` stands for anything. A command shown without output may print what it likes, but must not end with
    an error. Lines that start other programs (cp, uv, docker) are not run. Blocks of one page share a folder
    and a workspace.
    """
    for command, shown in commands_of(str(example.parsed)):
        ran = outcome(shlex.split(command, comments=True))
        if ran is None:
            continue
        status, got = ran
        right = (
            doctest.OutputChecker().check_output(shown + "\n", got.strip() + "\n", FLAGS)
            if shown
            else status in ANSWERS
        )
        if not right:
            return f"$ {command}\nended with {status} and printed\n{got}\ninstead of\n{shown}"
    return None


SYBIL = Sybil(
    [
        PythonCodeBlockParser(),
        CodeBlockParser(language="console", evaluator=console_session),
        files,
        SkipParser(),
    ]
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_examples(page, tmp_path, monkeypatch):
    """Every Python and console block of a page runs in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROBATIVE_WORKSPACE", str(tmp_path / "workspace"))
    for example in SYBIL.parse(page).examples():
        example.evaluate()
