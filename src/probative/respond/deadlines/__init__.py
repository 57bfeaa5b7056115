"""Legal clocks: which duties an incident starts, when they fall due, and what was decided about each.

**Promise**: law is pack data with citations; every answer is "applies", "not applicable, because ..." or
"needs counsel"; due dates are computed by tested rules, never guessed. Not legal advice.
**Not here**: notices (`respond.notice`) and inquiries (`respond.inquiry`).
"""

from probative.respond.deadlines.board import NOT_LEGAL_ADVICE, BoardRow
from probative.respond.deadlines.circumstances import Circumstances, ClockAnswer
from probative.respond.deadlines.history import ClockKey
from probative.respond.deadlines.keeper import Deadlines

__all__ = ["NOT_LEGAL_ADVICE", "BoardRow", "Circumstances", "ClockAnswer", "ClockKey", "Deadlines"]
