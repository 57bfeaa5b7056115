"""Notices to authorities and people: templates, drafts, approval by a second person, sending with proof.

**Promise**: one set of facts for all recipients; nothing leaves that legal or compliance has not approved.
**Not here**: legal clocks (`respond.deadlines`), and the answers of an inquiry (`respond.inquiry`).
"""

from probative.respond.notice.notices import Notice, Notices
from probative.respond.notice.template import Template

__all__ = ["Notice", "Notices", "Template"]
