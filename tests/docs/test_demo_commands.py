"""The demo shows what a user would type: each of those commands exists and takes those options."""

import ast
import shlex

import click
import pytest

from probative.cli import cli

FILLED_IN = "x"


def shown_commands(root):
    """Yield each command that the demo prints, with `x` where a value is filled in."""
    for path in sorted((root / "src" / "probative" / "demo").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "command" and node.args:
                yield path.name, as_text(node.args[0])


def as_text(node):
    """Return a string literal as text; values inside an f-string become `x`."""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else FILLED_IN for part in node.values)
    return str(ast.literal_eval(node))


def objection(words):
    """Say what a command line lacks or has too much of, or nothing; a last `...` stands for more options."""
    command, context = cli, click.Context(cli, info_name="probative")
    if words[:1] == ["--as"]:
        words = words[2:]
    while isinstance(command, click.Group):
        if not words or (found := command.get_command(context, words[0])) is None:
            return f"there is no '{words[0] if words else ''}' in {command.name}"
        command, words = found, words[1:]
    cut = words[-1:] == ["..."]
    options = {name: each for each in command.params for name in each.opts if name.startswith("-")}
    arguments, given = [], set()
    words = iter(words[:-1] if cut else words)
    for word in words:
        if not word.startswith("--"):
            arguments.append(word)
        elif word not in options:
            return f"{command.name} has no {word}"
        else:
            given.add(word)
            if not options[word].is_flag:
                next(words, None)
    takes = [each for each in command.params if isinstance(each, click.Argument)]
    needs = [each.opts[0] for each in command.params if isinstance(each, click.Option) and each.required]
    # A value that is filled in may be empty, or several options: only what is written out can be too much.
    written = [word for word in arguments if word != FILLED_IN]
    if len(written) > len(takes) or len(arguments) < sum(each.required for each in takes):
        return f"{command.name} takes {', '.join(str(each.name) for each in takes)}, not {arguments}"
    return None if cut or given.issuperset(needs) else f"{command.name} needs {', '.join(needs)}"


def test_commands_of_the_demo_exist(root):
    """A reader who copies a command from the demo is understood."""
    shown = list(shown_commands(root))
    assert len(shown) > 25, "too few commands were found in the demo: is the search still right?"
    wrong = [(name, text, said) for name, text in shown if (said := objection(shlex.split(text)))]
    assert wrong == []


@pytest.mark.parametrize(
    "line",
    ["record nothing", "gate check", "gate check a b", "record trust --into x", "--as x:x record trust"],
)
def test_a_wrong_command_is_noticed(line):
    """The check itself says no."""
    assert objection(shlex.split(line)) is not None
