"""Rules on what was measured: thresholds declared before the run, and fairness by group.

**Promise**: a number counts only with the run, the model digest and the declaration that it belongs to.
**Not here**: measuring, and claims in documents (`gate.rules.documents`).
"""
