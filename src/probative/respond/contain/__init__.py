"""Contain: the kill switch, standing orders, and finding out whether a stop really stopped.

**Promise**: a stop waits for nothing; every other change of a system needs its capture first; an act counts
only when its effect was observed.
**Not here**: the flag file itself (`adapters.flags`) and playbooks that call these acts.
"""
