"""Inquiries: an authority's letter, answered question by question with evidence it can verify.

**Promise**: hashed at receipt, held at once, the cohort frozen by digest, and no statement without evidence.
**Not here**: the fairness audit of a cohort (`watch`), and the package for the authority (`prove`).
"""

from probative.respond.inquiry.dossier import Contribution, Reasons
from probative.respond.inquiry.facts import CohortDefinition, Condition
from probative.respond.inquiry.inquiries import CohortCheck, Inquiries
from probative.respond.inquiry.letter import Letter
from probative.respond.inquiry.matrix import Question, Statement

__all__ = [
    "CohortCheck",
    "CohortDefinition",
    "Condition",
    "Contribution",
    "Inquiries",
    "Letter",
    "Question",
    "Reasons",
    "Statement",
]
