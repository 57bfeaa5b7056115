"""The demo as a newcomer meets it: it ends well, says where things are, and shows only what is true."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pyarrow as pa
import pytest

from probative.cli import call, cli
from probative.demo import data
from probative.demo.model import accuracy, train
from probative.workspace import Workspace
from tests.demo.conftest import Played

HEAVY = {
    "duckdb",
    "evidently",
    "mlflow",
    "pyspark",
    "river",
    "shap",
    "tensorflow",
    "torch",
    "xgboost",
}
PEAK_MB_MAX = 1500


def test_it_ends_well_with_where_things_are_and_what_to_do_next(played: Played) -> None:
    """Status 0, nothing on standard error, the workspace, and three commands that can be typed."""
    assert (played.status, played.errors) == (0, "")
    *_, done, facts, package, what, first, second, third = played.output.splitlines()
    assert (done, what.strip()) == ("Done", "next:")
    assert str(played.folder) in facts
    assert [Path(path).exists() for path in re.findall("'([^']+)'", facts + package)] == [True, True, True]
    assert [line.split()[:2] for line in (first, second, third)] == [["$", "probative"]] * 3


def test_the_next_commands_do_what_they_promise(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    """The two of them that end by themselves end with status 0 and say something."""
    for line in [line for line in played.commands[-3:] if "serve" not in line]:
        capsys.readouterr()
        status = call(shlex.split(line)[1:])
        printed = capsys.readouterr()
        assert (status, printed.err, bool(printed.out)) == (0, "", True), line


def test_eight_acts_are_told_in_order(played: Played) -> None:
    """Each act has its heading and at least one command."""
    acts = re.split(r"^(\d)  ", played.output, flags=re.MULTILINE)[1:]
    assert acts[::2] == list("12345678")
    assert [act for act in acts[1::2] if "$ probative " not in act] == []


def test_every_command_it_shows_is_one_that_the_product_has(
    played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line parses: command, option names, and, where nothing is left out, every value."""
    monkeypatch.chdir(tmp_path)
    wrong = {line: why for line in played.commands if (why := complaint(line))}
    assert wrong == {}
    assert len(played.commands) > 30


def complaint(line: str) -> str:
    """Return what is wrong with a command line; empty if a user could type it."""
    words = shlex.split(line)
    cut = "..." in words
    try:
        command, context, rest = resolved([word for word in words[1:] if word != "..."])
        known = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
        unknown = [word for word in rest if word.startswith("-") and word.partition("=")[0] not in known]
        if unknown:
            return f"no such option: {unknown}"
        if not cut:
            parse(command, context, rest)
    except click.ClickException as error:
        return error.format_message()
    except ImportError as error:
        return str(error)
    return ""


def resolved(words: list[str]) -> tuple[click.Command, click.Context | None, list[str]]:
    """Walk down the groups that `words` name; return the command, its parent context and what is left."""
    command: click.Command = cli
    context: click.Context | None = None
    while isinstance(command, click.Group):
        context = command.make_context(command.name or "probative", words, parent=context)
        name, found, words = command.resolve_command(context, [*context._protected_args, *context.args])
        assert found is not None, name
        command = found
    return command, context, words


def parse(command: click.Command, context: click.Context | None, words: list[str]) -> None:
    """Parse the values; files that a user would have are made when they are missed."""
    for _ in range(len(words) + 1):
        try:
            command.make_context(command.name or "", list(words), parent=context, resilient_parsing=False)
        except click.BadParameter as error:
            missing = re.search("'([^']+)' does not exist", error.message)
            if missing is None:
                raise
            Path(missing[1]).parent.mkdir(parents=True, exist_ok=True)
            Path(missing[1]).touch()
        else:
            return


def test_another_seed_gives_other_people_other_models_and_other_numbers() -> None:
    """What is printed follows from the seed: the split, the model's bytes and its accuracy all change."""
    people = data.load()

    def built(seed: int) -> tuple[bytes, float, pa.Table]:
        parts = data.split(people, seed)
        model = train(parts.training, data.FALLBACK_FEATURES, seed)
        return model.to_bytes(), accuracy(model, parts.evaluation), parts.applicants["ID"]

    first, again, other = built(7), built(7), built(8)
    assert first == again
    assert [one == two for one, two in zip(first, other, strict=True)] == [False, False, False]


def test_it_needs_no_heavy_group_and_little_memory(played: Played) -> None:
    """Neither a data platform nor a deep-learning stack is imported, and memory stays under 1.5 GB."""
    roots = {name.partition(".")[0] for name in played.modules}
    assert {"probative", "sklearn", "pyarrow"} <= roots
    assert roots & HEAVY == set()
    assert played.peak_mb < PEAK_MB_MAX


def test_its_tampered_and_forged_copies_are_gone(played: Played) -> None:
    """What is left verifies: one package beside its trust file, and one origin in the whole folder."""
    zips = [path for path in files(played.folder) if path.suffix == ".zip"]
    assert len(zips) == 1
    assert (played.folder / "trust.json").is_file()
    assert call(["prove", "verify", str(zips[0]), "--trust", str(played.folder / "trust.json")]) == 0


def files(folder: Path) -> Iterator[Path]:
    """Yield every file under `folder`."""
    return (path for path in folder.rglob("*") if path.is_file())


def test_no_name_or_value_of_a_person_is_in_a_ledger_entry(played: Played) -> None:
    """Entries hold pseudonyms and digests: no row of the people, and no key, is in any of them."""
    workspace = Workspace.open(played.folder)
    entries = b"".join(workspace.recorder.entry(index) for index in range(workspace.recorder.head().size))
    assert b"PRIVATE KEY" not in entries
    assert b"c-00001" not in entries


def test_a_folder_in_use_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing of a folder that is not empty is touched."""
    (tmp_path / "mine.txt").write_text("mine")
    assert call(["demo", "--dir", str(tmp_path)]) == 4
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
