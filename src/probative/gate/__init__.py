"""The gate: risk tiers, controls as data, verdicts as evidence, approvals and waivers.

**Promise**: an outcome follows from frozen evidence alone and can be replayed to the same bytes; missing,
stale or unreadable evidence is "not assessable" and never opens the gate.
**Not here**: recording evidence (`record`), watching decisions (`watch`), packaging proof (`prove`).
"""
