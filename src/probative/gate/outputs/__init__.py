"""Writers of verdicts: terminal text, JSON, JUnit.

**Promise**: pure: a verdict and its controls in, text out; every writer tells the same outcomes, and none
shows "not assessable" as a pass.
**Not here**: printing and colours (`cli.gate` hands in how to paint).
"""
