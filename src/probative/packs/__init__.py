"""Law and practice as data: controls, tiering law, legal clocks, playbooks, templates.

**Promise**: every file carries its id, version, source and licence, and law its validity; files are data only
and are read by each room's own loader, which keeps the digest of the bytes it read.
**Not here**: code. Nothing in this package runs, and none of it is legal advice.
"""
