"""The record itself: facts and ledger, artifacts and lineage, the decision log.

**Promise**: what was acknowledged is there, unchanged, and can be proved to a stranger.
**Not here**: judging the evidence (`gate`, `watch`), or touching disks and networks (`adapters`).
"""
