"""Admission: what is new in a batch, what was recorded before, and what contradicts the record.

**Promise**: a decision is accepted once, whoever sends it again, and however often.
**Not here**: whether values fit the schema (`decisions.batch`), and writing (`decisions.segment`).
"""
