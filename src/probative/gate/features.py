"""Features: protected attributes are for audit, not for features of a high-risk model.

**Promise**: a column is recognised by name, whatever its case, and as a one-hot or binned form (`SEX`,
`sex_2`, `age-group`); a proxy under another name is not found here, and nothing says that it is.
**Not here**: recording the refusal (`gate.gatekeeper`), and measuring disparity (`watch`).
"""

import re
from collections.abc import Iterable
from datetime import datetime

import msgspec

from probative.gate.dossier import Facts
from probative.gate.facts import FeaturePermitted
from probative.gate.tiering.law import Tier
from probative.kernel.clock import parse_instant
from probative.kernel.errors import UsageError

PERMITTED_BY = ("legal", "data-protection-officer")  # who may record a legal basis for such features
_WORDS = re.compile(r"[a-z]+|[0-9]+")


class SchemaAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Whether features may be used: `refused` and `permitted` map a column to the attribute it carries.

    `fact` is the id of the fact that recorded the refusal, empty when nothing was refused.
    """

    system: str
    tier: str
    features: tuple[str, ...]
    refused: dict[str, str]
    permitted: dict[str, str]
    fact: str = ""

    @property
    def accepted(self) -> bool:
        """Whether no column is refused."""
        return not self.refused


def carried_attribute(column: str, protected: Iterable[str]) -> str | None:
    """Return the protected attribute that a column's name carries, or `None`.

    >>> carried_attribute("SEX_2", ["sex", "age"]), carried_attribute("sexual_health_claims", ["sex"])
    ('sex', None)
    """
    words = _words(column)
    for attribute in protected:
        name = _words(attribute)
        if name and words[: len(name)] == name and len(words) <= len(name) + 1:
            return attribute
    return None


def permits(facts: Facts, at: datetime) -> frozenset[str]:
    """Return the attributes, in lower case, that a recorded legal basis permits at the instant `at`."""
    bodies = (fact.read(FeaturePermitted) for fact in facts.get("gate.feature-permitted", ()))
    valid = (body for body in bodies if at < parse_instant(body.expires_at))
    return frozenset(name.casefold() for body in valid for name in body.attributes)


def judge_features(
    system: str,
    features: tuple[str, ...],
    protected: tuple[str, ...],
    permitted: frozenset[str],
    tier: Tier | None,
) -> SchemaAnswer:
    """Judge the columns of a model; without an assigned tier the stricter reading applies.

    No features at all, or no audit attribute declared, is a `UsageError`: nothing could be judged.
    """
    if not features or not protected:
        raise UsageError(
            "features.none",
            f"System '{system}' names {len(features)} features and {len(protected)} audit attributes.",
            "Name the model's columns, and the attributes that are kept for audit.",
        )
    carried = {column: carried_attribute(column, protected) for column in features}
    found = {column: attribute for column, attribute in carried.items() if attribute is not None}
    lenient = tier in (Tier.LIMITED, Tier.MINIMAL)
    allowed = {
        column: attribute
        for column, attribute in found.items()
        if lenient or attribute.casefold() in permitted
    }
    return SchemaAnswer(
        system=system,
        tier=tier.value if tier else "",
        features=features,
        refused={column: attribute for column, attribute in found.items() if column not in allowed},
        permitted=allowed,
    )


def _words(name: str) -> list[str]:
    return _WORDS.findall(name.casefold())
