"""An OpenFeature provider over a flagd file that sees a change at the next question.

**Promise**: every evaluation looks at the file first, so a stop is obeyed by the very next request; a file
that cannot be read is an error, which makes OpenFeature answer the caller's default.
**Not here**: what a service does with the answer (`client.guard`).

Why not `FlagdProvider` from `openfeature-provider-flagd`: its file mode polls every half second in a thread,
so requests are served that much longer after a stop; on a damaged file it keeps the last good state; and
it loads gRPC, 250 ms at start. The evaluation itself is that project's own (`FlagdCore`), so both read a flag
the same way, and a test holds them against each other. A service that has flagd already needs no provider of
ours: give its OpenFeature client to `Guard`.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ParseError
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType
from openfeature.provider import AbstractProvider
from openfeature.provider.metadata import Metadata

FileMark = tuple[int, int, int]


class FlagFileProvider(AbstractProvider):
    """Evaluates flags of the flagd file at `path`; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Read the file when first asked; it need not be there yet."""
        super().__init__()
        self._path = path
        self._lock = threading.Lock()
        self._mark: FileMark | None = None
        self._core = FlagdCore()

    def get_metadata(self) -> Metadata:
        """Return the provider's name."""
        return Metadata(name="probative-flag-file")

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        """Evaluate a boolean flag."""
        return self._fresh().resolve_boolean_value(flag_key, default_value, evaluation_context)

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        """Evaluate a string flag."""
        return self._fresh().resolve_string_value(flag_key, default_value, evaluation_context)

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        """Evaluate an integer flag."""
        return self._fresh().resolve_integer_value(flag_key, default_value, evaluation_context)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        """Evaluate a float flag."""
        return self._fresh().resolve_float_value(flag_key, default_value, evaluation_context)

    def resolve_object_details(
        self,
        flag_key: str,
        default_value: Sequence[FlagValueType] | Mapping[str, FlagValueType],
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[Sequence[FlagValueType] | Mapping[str, FlagValueType]]:
        """Evaluate an object flag."""
        return self._fresh().resolve_object_value(flag_key, default_value, evaluation_context)

    def _fresh(self) -> FlagdCore:
        """Return an evaluator of the file as it is now; an unreadable file raises `ParseError`."""
        try:
            found = self._path.stat()
            # Replacing a file gives it a new inode, so a change within one clock tick is seen as well.
            mark = (found.st_ino, found.st_mtime_ns, found.st_size)
            if mark == self._mark:
                return self._core
            with self._lock:
                core = FlagdCore()
                core.set_flags(json.loads(self._path.read_bytes()))
                self._core, self._mark = core, mark
                return core
        except (OSError, ValueError, AttributeError, TypeError) as error:
            self._mark = None
            raise ParseError(f"{self._path.name} cannot be read: {error}") from error
