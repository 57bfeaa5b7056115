"""What a rule is: a name, the parameters it takes, the kinds it reads, and a pure judgement.

**Promise**: a rule's parameters are a frozen struct, so that a pack with a misspelt parameter is refused.
**Not here**: the rules (their own modules) and their list (`gate.rules.table`).
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from probative.gate.dossier import Case, Finding


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a pack may set for a rule; subclasses add fields."""


P = TypeVar("P", bound=Parameters)


class Rule(msgspec.Struct, Generic[P], frozen=True, kw_only=True):
    """A named judgement over a case. `reads` are the fact kinds it may look at."""

    name: str
    parameters: type[P]
    reads: tuple[str, ...]
    decide: Callable[[Case, P], Finding]

    def judge(self, case: Case, settings: dict[str, Any]) -> Finding:
        """Judge `case` with a pack's `settings`; those that do not fit raise `msgspec.ValidationError`."""
        return self.decide(case, msgspec.convert(settings, self.parameters))
