"""Review: what must be settled before an incident closes, and how well the response went.

**Promise**: pure functions over an incident's facts.
**Not here**: writing (`respond.responder`).
"""
