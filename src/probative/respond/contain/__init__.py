"""Contain: the kill switch, and the standing orders that let the machine use it.

**Promise**: a stop waits for nothing; every other change of a system needs its capture first; an act counts
only when its effect was observed.
**Not here**: the flag file (`adapters.files.flags`), whether a stop really stopped (`respond.evidence`) and
playbooks.
"""
