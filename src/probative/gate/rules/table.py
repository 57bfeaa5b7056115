"""The list of all rules, by name.

**Promise**: one name, one rule; packs are checked against it when they are read.
**Not here**: the rules (their own modules).
"""

from typing import Any

from probative.gate.rules import (
    approvals,
    documents,
    governance,
    lineage,
    operations,
    signatures,
    waivers,
)
from probative.gate.rules.evaluation import declared, fairness
from probative.gate.rules.shape import Rule

RULES: dict[str, Rule[Any]] = {
    rule.name: rule
    for module in (
        governance,
        documents,
        declared,
        fairness,
        lineage,
        signatures,
        approvals,
        operations,
        waivers,
    )
    for rule in module.RULES
}
