"""Words shared by all rooms: errors, ids, digests, canonical JSON, clock, actor, outcome, limits.

**Promise**: pure values and functions; nothing here opens a file, a socket or a database.
**Not here**: anything that only one room needs.
"""
