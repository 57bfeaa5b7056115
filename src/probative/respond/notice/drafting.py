"""Drafting: values that the record knows, and values that contradict what was said before.

**Promise**: pure; a field that the record knows cannot be told otherwise; the same field with another value
than in another notice of the matter is found, unless it is a running count or is corrected with a reason.
**Not here**: reading drafts from the record (`notices`).
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from probative.kernel.errors import ConflictError, UsageError
from probative.respond.notice.template import Template


class Said(NamedTuple):
    """What another notice of the matter says."""

    notice: str
    values: Mapping[str, str]


def complete(template: Template, record: Mapping[str, str], told: Mapping[str, str]) -> dict[str, str]:
    """Join what the record knows with what was told; contradicting the record raises `ConflictError`."""
    values = dict(told)
    for field in template.field:
        known = record.get(field.record) if field.record else None
        if known is None:
            continue
        if values.get(field.name, known) != known:
            raise ConflictError(
                "notice.contradicts-record",
                f"'{field.name}' is '{known[:80]}' in the record, not '{values[field.name][:80]}'.",
                "Leave the field out, or correct the record first.",
            )
        values[field.name] = known
    return values


def check_consistent(
    template: Template, values: Mapping[str, str], others: Iterable[Said], corrections: Mapping[str, str]
) -> None:
    """Refuse a value that differs from another notice's, unless it may change or is corrected."""
    for name, reason in corrections.items():
        if name not in template.names or not reason.strip():
            raise UsageError(
                "notice.correction",
                f"'{name[:80]}' cannot be corrected in template '{template.id}' that way.",
                "Name one of its fields and give a reason: --correct FIELD=REASON.",
            )
    fixed = {field.name for field in template.field if not field.may_change} - set(corrections)
    for other in others:
        for name in sorted(fixed & set(other.values)):
            if values[name] != other.values[name]:
                here, there = values[name][:80], other.values[name][:80]
                raise ConflictError(
                    "notice.contradiction",
                    f"'{name}' is '{here}' here but '{there}' in '{other.notice}'.",
                    "Tell every recipient the same, or correct it with a reason: --correct FIELD=REASON.",
                )
