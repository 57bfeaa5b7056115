"""The workspace's settings file, `probative.toml`.

**Promise**: read strictly; an unknown or malformed setting is an error that names it.
**Not here**: secrets (they lie in `keys/`), and anything that a fact should say.
"""

import json
from pathlib import Path
from typing import Literal

import msgspec

from probative.kernel.errors import NotFoundError, UnavailableError, UsageError

FILE_NAME = "probative.toml"


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a workspace is called and who works in it when nobody says otherwise.

    `origin` names the log in every checkpoint, so it never changes; `actor` and `role` are the default for
    commands that are run without `--as`.
    """

    format: Literal["probative-workspace/1"] = "probative-workspace/1"
    origin: str
    actor: str = "operator"
    role: str = "compliance"


def read_config(folder: Path) -> Config:
    """Read the settings of the workspace in `folder`."""
    path = folder / FILE_NAME
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Config)
    except FileNotFoundError as error:
        raise NotFoundError(
            "workspace.missing",
            f"There is no workspace in '{folder}'.",
            "Make one with 'probative record init', or name one with --workspace.",
        ) from error
    except OSError as error:
        raise UnavailableError(
            "config.unreadable", f"'{path}' cannot be read: {error.strerror}.", "Mend its permissions."
        ) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UsageError(
            "config.malformed", f"'{path}' cannot be read: {error}.", "Mend the file."
        ) from error


def config_text(config: Config) -> str:
    """Return the text of a settings file, which `read_config` reads back.

    >>> print(config_text(Config(origin="example.com/log")).splitlines()[1])
    origin = "example.com/log"
    """
    return "".join(f"{name} = {_quoted(getattr(config, name))}\n" for name in Config.__struct_fields__)


def _quoted(text: str) -> str:
    """Return a TOML basic string: JSON's, but for one character that only TOML wants escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
