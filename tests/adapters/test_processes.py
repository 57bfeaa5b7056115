"""A user's own command: no shell, its output beside ours, its status as it is."""

import sys
from pathlib import Path

import pytest

from probative.adapters.processes import execute
from probative.kernel.errors import UsageError


@pytest.mark.parametrize("status", [0, 1, 77])
def test_the_exit_status_comes_back(status: int) -> None:
    """What the command says is what is returned."""
    assert execute([sys.executable, "-c", f"raise SystemExit({status})"]) == status


def test_its_output_goes_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    """Our standard output stays clean: it may be JSON."""
    execute([sys.executable, "-c", "print('epoch 1')"])
    assert capfd.readouterr() == ("", "epoch 1\n")


def test_no_shell_reads_the_words(tmp_path: Path) -> None:
    """A semicolon is a character like any other. Defence: a list of words, no `shell=True`."""
    execute([sys.executable, "-c", "import sys; assert len(sys.argv) == 2", f"; touch {tmp_path}/made"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["/no/such/program"], ["/"], [""], [], ["nul\0byte"]])
def test_what_cannot_be_started_is_a_usage_error(words: list[str]) -> None:
    """One sentence with the word, no traceback."""
    with pytest.raises(UsageError, match="cannot be started"):
        execute(words)
