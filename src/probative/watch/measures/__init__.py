"""The measures: pure functions from counted states to numbers with their uncertainty.

**Promise**: no input or output, no clock, no tables: the same state gives the same numbers everywhere.
**Not here**: counting rows (`watch.plan`), deciding when to wake somebody (`watch.signal`).
"""
