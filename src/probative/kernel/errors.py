"""The error tree, ordered by what the caller should do next.

**Promise**: every error carries a stable code, one sentence that shows the offending value, and a hint
naming the next step; its class fixes the exit status and the HTTP status.
**Not here**: printing (doors do that), and answers that are values: a closed gate is not an error.
"""

from typing import ClassVar


class ProbativeError(Exception):
    """What every error of ours has: `code`, one sentence, `hint`, `exit_status` and `http_status`.

    >>> error = NotFoundError("system.unknown", "There is no system 'loans'.", "probative record list")
    >>> error.code, error.exit_status, str(error)
    ('system.unknown', 3, "There is no system 'loans'.")
    """

    exit_status: ClassVar[int] = 70
    http_status: ClassVar[int] = 500

    def __init__(self, code: str, sentence: str, hint: str = "") -> None:
        """Keep the stable `code`, the `sentence` for a person, and the `hint` with the next step."""
        super().__init__(sentence)
        self.code = code
        self.hint = hint


class UsageError(ProbativeError):
    """You asked wrongly: mend the request and ask again."""

    exit_status = 2
    http_status = 422


class NotFoundError(ProbativeError):
    """It is not here: check the name or record it first."""

    exit_status = 3
    http_status = 404


class ConflictError(ProbativeError):
    """Someone was first, or it is already so: read again before you retry."""

    exit_status = 4
    http_status = 409


class DeniedError(ProbativeError):
    """This actor may not: ask someone who is entitled."""

    exit_status = 5
    http_status = 403


class UnavailableError(ProbativeError):
    """The world failed (disk, network, lock): nothing was changed; retry."""

    exit_status = 6
    http_status = 503


class TamperError(ProbativeError):
    """Integrity is contradicted, a failed proof included: stop writing and raise the alarm."""

    exit_status = 7
    http_status = 500
