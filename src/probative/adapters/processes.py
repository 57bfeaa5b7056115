"""Running a user's own command.

**Promise**: no shell; standard output goes to standard error, so that ours stays clean.
**Not here**: sandboxing: the command is the user's, with the user's rights.
"""

import subprocess
from collections.abc import Sequence

from probative.kernel.errors import UsageError

_STANDARD_ERROR = 2


def execute(words: Sequence[str]) -> int:
    """Run `words` to the end and return the exit status; a program that cannot start raises `UsageError`."""
    try:
        return subprocess.run(list(words), stdout=_STANDARD_ERROR, check=False).returncode  # noqa: S603
    except (OSError, ValueError, IndexError) as error:
        why = getattr(error, "strerror", None) or "it is no command"
        raise UsageError(
            "command.not-started",
            f"'{words[0] if words else ''}' cannot be started: {why}.",
            "Check the command in the file.",
        ) from error
