"""Files that a command is given: read within limits, and refused in one sentence that names the file.

**Promise**: neither a size nor a depth from outside decides how much memory or stack is used.
**Not here**: what the content means (each verb's file).
"""

import tomllib
from pathlib import Path
from typing import Any, NoReturn

from probative.kernel.errors import UsageError
from probative.kernel.limits import LINE_BYTES_MAX


def read_bytes(file: Path, bytes_max: int = LINE_BYTES_MAX) -> bytes:
    """Return a file's bytes; one that cannot be read, or has more than `bytes_max`, raises `UsageError`."""
    try:
        with file.open("rb") as source:
            data = source.read(bytes_max + 1)
    except OSError as error:
        _refuse("file.unreadable", f"'{file}' cannot be read: {error.strerror}.", "Check the path.", error)
    if len(data) > bytes_max:
        _refuse("file.too-large", f"'{file}' has more than {bytes_max} bytes.", "Give a smaller file.")
    return data


def read_toml(file: Path) -> dict[str, Any]:
    """Return the tables of a TOML file; anything else raises `UsageError`."""
    data = read_bytes(file)
    hint = "See the example under --help."
    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        _refuse("file.not-toml", f"'{file}' is not TOML: {error}.", hint, error)
    except RecursionError as error:
        # The parser is recursive; it has no limit of its own.
        _refuse("file.too-deep", f"'{file}' is not TOML that can be read: it nests too deeply.", hint, error)


def _refuse(code: str, sentence: str, hint: str, cause: Exception | None = None) -> NoReturn:
    raise UsageError(code, sentence, hint) from cause
