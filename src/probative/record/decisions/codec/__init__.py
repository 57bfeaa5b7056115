"""The row codec `row-be/1`, three times: over Arrow (fast), in the standard library (reference), in SQL.

**Promise**: all three give the same bytes for the same row; published vectors hold them to it.
**Not here**: which columns a row has (`schema`).
"""
