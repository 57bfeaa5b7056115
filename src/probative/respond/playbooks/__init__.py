"""Playbooks: CACAO 2.0 read, checked and executed, with every step in the record before and after it ran.

**Promise**: what cannot be run is refused before the first step; a run survives a crash at any point, and no
step is carried out by two workers.
**Not here**: the acts themselves (`respond.contain`, `respond.evidence`), which also work without a playbook.
"""
