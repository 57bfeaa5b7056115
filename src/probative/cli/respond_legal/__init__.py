"""`probative respond clocks | notice | inquiry`: legal clocks, notices and authorities' letters.

**Promise**: importing this loads no room; each command loads what it needs.
**Not here**: incidents, stops and playbooks (`probative.cli.respond`).
"""

from probative.cli.respond_legal.clocks import clocks
from probative.cli.respond_legal.inquiry import inquiry
from probative.cli.respond_legal.notice import notice

__all__ = ["clocks", "inquiry", "notice"]
