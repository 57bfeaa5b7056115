"""The dossier of one decision: what went in, what decided, what came out, what happened later, and the proof.

**Promise**: every value comes out of the proof itself, so nothing can be told that was not recorded; what
was not recorded is named as missing; reasons are labelled as an approximation, with how far they add up.
**Not here**: computing reasons (the caller does), and packing for the authority (`prove`).
"""

import base64
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from probative.kernel.canon import canonical
from probative.kernel.clock import format_instant
from probative.kernel.errors import UsageError
from probative.record.decisions.schema import Column, DecisionSchema

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
APPROXIMATION = (
    "An approximation of how the model weighs its inputs, computed after the decision. "
    "It is not the model's own reasoning, and not a cause in the world."
)
EXPECTED_ROLES = ("feature", "prediction", "probability", "model", "release")


class Contribution(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much one input moved the score, in the method's unit."""

    feature: str
    value: float


class Reasons(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Reasons as a caller computed them: `method` in words, `unit` "log-odds" or "probability".

    The score is approximated by `baseline` plus the contributions.
    """

    method: str
    unit: str
    baseline: float
    contributions: tuple[Contribution, ...]


def build_dossier(
    values: Mapping[str, Any],
    schema: DecisionSchema,
    proof: Mapping[str, Any],
    outcomes: Sequence[Mapping[str, Any]],
    reasons: Reasons | None,
) -> dict[str, Any]:
    """Return the dossier as plain JSON values: `values` are those that `check_proof` found in `proof`.

    Reasons that name no input of the decision, or are no finite numbers, raise `UsageError`.
    """
    by_role: dict[str, dict[str, Any]] = {}
    for column in schema.columns:
        if column.name in values:
            by_role.setdefault(column.role, {})[column.name] = shown(values[column.name], column)
    missing = missing_parts(values, schema, outcomes)
    dossier: dict[str, Any] = {
        "decision_id": values["decision_id"],
        "system": schema.system,
        "decided_at": by_role.get("time", {}).get("decided_at"),
        "subject": by_role.get("subject", {}).get("subject"),
        "input": by_role.get("feature", {}),
        "model": {**by_role.get("model", {}), **by_role.get("release", {})},
        "output": {**by_role.get("prediction", {}), **by_role.get("probability", {})},
        "other": {**by_role.get("flag", {}), **by_role.get("trace", {}), **by_role.get("meta", {})},
        "later": [{name: plain(value) for name, value in row.items()} for row in outcomes],
        "missing": list(missing),
        "proof": dict(proof),
    }
    if reasons is not None:
        dossier["reasons"] = _reasons(reasons, by_role)
    return dossier


def dossier_bytes(dossier: Mapping[str, Any]) -> bytes:
    """Return a dossier as canonical JSON."""
    return canonical(dict(dossier))


def missing_parts(
    values: Mapping[str, Any], schema: DecisionSchema, outcomes: Sequence[Mapping[str, Any]]
) -> tuple[str, ...]:
    """Name what a reader will look for and not find: undeclared parts, erased values, no later event."""
    declared = {column.role for column in schema.columns}
    missing = [f"the schema records no {role}" for role in EXPECTED_ROLES if role not in declared]
    hidden = [c.name for c in schema.columns if c.role != "protected" and c.name not in values]
    if hidden:
        missing.append(f"erased or not opened: {', '.join(hidden)}")
    if not outcomes:
        missing.append("no outcome, label or human override is recorded")
    return tuple(missing)


def shown(value: Any, column: Column) -> Any:
    """Return a value of the row codec as JSON: its instants are microseconds and its dates days."""
    if isinstance(value, int) and column.type == "timestamp":
        return format_instant(_EPOCH + timedelta(microseconds=value))
    if isinstance(value, int) and column.type == "date":
        return (_EPOCH.date() + timedelta(days=value)).isoformat()
    return plain(value)


def plain(value: Any) -> Any:
    """Return a column's value as JSON: instants and dates as text, bytes in base64, big integers as text.

    >>> plain(2**60), plain(b"ab"), plain(date(2026, 12, 1))
    ('1152921504606846976', 'YWI=', '2026-12-01')
    """
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return _text(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _reasons(reasons: Reasons, by_role: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    numbers = [reasons.baseline, *(item.value for item in reasons.contributions)]
    if not all(math.isfinite(number) for number in numbers) or reasons.unit not in (
        "log-odds",
        "probability",
    ):
        raise UsageError(
            "dossier.reasons",
            f"The reasons in unit '{reasons.unit[:40]}' are no finite numbers of a known unit.",
            "Give baseline and contributions in log-odds or probability.",
        )
    inputs = by_role.get("feature", {})
    for item in reasons.contributions:
        if item.feature not in inputs:
            raise UsageError(
                "dossier.reason-unknown",
                f"'{item.feature[:80]}' is no recorded input of this decision.",
                f"Inputs: {', '.join(inputs)[:200]}.",
            )
    ordered = sorted(reasons.contributions, key=lambda item: -abs(item.value))
    return {
        "label": APPROXIMATION,
        "method": reasons.method,
        "unit": reasons.unit,
        "baseline": reasons.baseline,
        "contributions": [msgspec.to_builtins(item) for item in ordered],
        "adds_up_within": _gap(sum(numbers), reasons.unit, by_role.get("probability", {})),
    }


def _gap(total: float, unit: str, probability: Mapping[str, Any]) -> float | None:
    """Return how far reasons are from the recorded probability; `None` if it cannot be said."""
    recorded = next(iter(probability.values()), None)
    if not isinstance(recorded, int | float):
        return None
    if unit == "probability":
        return abs(total - recorded)
    if not 0 < recorded < 1:
        return None
    return abs(total - math.log(recorded / (1 - recorded)))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
