"""The settings file: read strictly, written so that it reads back."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.config import FILE_NAME, Config, config_text, read_config
from probative.kernel.errors import NotFoundError, UnavailableError, UsageError

words = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


@given(st.builds(Config, origin=words, actor=words, role=words))
def test_what_is_written_reads_back(config: Config) -> None:
    """Quotes, backslashes, line breaks and anything else in a value come back as they were."""
    assert msgspec.toml.decode(config_text(config).encode(), type=Config) == config


def test_a_value_cannot_smuggle_in_a_setting(tmp_path: Path) -> None:
    """A quote and a line break in an origin end neither. Defence: the quoting in `config_text`."""
    config = Config(origin='a"\nrole = "executive')
    (tmp_path / FILE_NAME).write_text(config_text(config))
    assert read_config(tmp_path).role == "compliance"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('origin = "a"\ncolour = "red"', "colour"),
        ("origin = ", "Invalid value"),
        ("actor = 'a'", "origin"),
        ("origin = 5", "Expected `str`"),
        ('format = "probative-workspace/2"\norigin = "a"', "probative-workspace/2"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(tmp_path: Path, text: str, told: str) -> None:
    """Unknown, malformed, missing, of another type, of another version: the file and the value are named."""
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(UsageError, match=told) as caught:
        read_config(tmp_path)
    assert str(tmp_path / FILE_NAME) in str(caught.value)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are refused, not guessed at."""
    (tmp_path / FILE_NAME).write_bytes(b"origin = '\xff'")
    with pytest.raises(UsageError, match="cannot be read"):
        read_config(tmp_path)


def test_a_missing_and_an_unreadable_file_differ(tmp_path: Path) -> None:
    """Without the file there is no workspace; a folder in its place is the world's failure."""
    with pytest.raises(NotFoundError, match="no workspace"):
        read_config(tmp_path)
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(UnavailableError, match="cannot be read"):
        read_config(tmp_path)
