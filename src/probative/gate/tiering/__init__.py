"""Risk tiering: law as data, and the pure evaluation of answers against it.

**Promise**: the tier, each reason with its citation, and what is still open, from answers and a date
alone.
**Not here**: recording the assignment (`gate.gatekeeper`), and legal advice.
"""
