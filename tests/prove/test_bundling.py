"""The one file `verify.py`: published in step, and running where only an old Python is."""

import ast
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from probative.prove.bundling import verifier_source

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


def publisher():
    """The script that publishes the verifier."""
    spec = importlib.util.spec_from_file_location("publish_verifier", REFERENCE / "publish_verifier.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["verify.py", "verify-sha256.txt"])
def test_the_published_verifier_is_the_one_in_packages(name):
    """If this fails: python docs/reference/publish_verifier.py."""
    assert publisher().published()[name] == (REFERENCE / name).read_bytes()


def test_it_imports_nothing_but_the_standard_library():
    """A stranger needs Python and this file."""
    tree = ast.parse(verifier_source(), feature_version=(3, 8))
    names = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module] if isinstance(node, ast.ImportFrom) else [item.name for item in node.names]
        )
    }
    assert names <= set(sys.stdlib_module_names)
    assert names.isdisjoint({"socket", "urllib", "http", "subprocess", "importlib", "ctypes"})


@pytest.mark.parametrize("python", ["python3.8", "python3.13"])
def test_it_runs_on_other_pythons(python, issued, tmp_path):
    """Every interpreter from 3.8 on gives the same answer, in isolation and without site packages."""
    program = shutil.which(python)
    if program is None or subprocess.run([program, "-c", ""], capture_output=True, cwd=tmp_path).returncode:
        pytest.skip(f"{python} is not on this machine")
    file = tmp_path / "verify.py"
    file.write_bytes(verifier_source())
    done = subprocess.run([program, "-I", "-S", str(file), str(issued.path)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (8, "")


def run(folder, *arguments):
    """Run the verifier of `folder`."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "verify.py"), *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
    )


def test_it_checks_the_folder_that_it_lies_in(issued, tmp_path):
    """Unpacked by any tool, run where it lies, it verifies its own package and writes nothing there."""
    shutil.unpack_archive(issued.path, tmp_path / "out")
    from probative.record.proofs.trust import write_trust

    trust = tmp_path / "out" / "trust.json"
    trust.write_bytes(write_trust(issued.house.trust))
    before = sorted(tmp_path.rglob("*"))
    done = run(tmp_path / "out", "--trust", "trust.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "VERIFIED" in done.stdout
    assert before == sorted(tmp_path.rglob("*"))
    (tmp_path / "out" / "README.txt").write_text("changed")
    done = run(tmp_path / "out", "--trust", "trust.json")
    assert done.returncode == 7
    assert "FAILED    README.txt: digest:" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [["--trust", "missing.json"], ["missing.zip"], ["--trust", "verify.py"], ["--unknown"]],
)
def test_it_says_when_it_was_asked_wrongly(tmp_path, arguments):
    """A missing or unreadable trust file is not evidence of anything: status 2 and one line."""
    (tmp_path / "verify.py").write_bytes(verifier_source())
    done = run(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "error" in done.stderr


def test_text_from_a_package_cannot_command_the_terminal(tmp_path):
    """Escape sequences in file names are shown as question marks."""
    (tmp_path / "verify.py").write_bytes(verifier_source())
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "issuer.json").write_text('{"format":"\\u001b[2J"}')
    done = run(tmp_path, str(tmp_path / "out"))
    assert done.returncode == 7
    assert "\x1b" not in done.stdout
