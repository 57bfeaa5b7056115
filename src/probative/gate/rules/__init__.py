"""The typed rules behind controls: one pure judgement per kind of evidence.

**Promise**: each rule reads only kinds that it lists, shows values in its reason, and raises `Gap` where
evidence is missing, so that nothing passes by default.
**Not here**: which system must satisfy which rule: that is pack data (`gate.controls`).
"""
