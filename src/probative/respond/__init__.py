"""Respond: incidents, the kill switch, playbooks, legal holds, clocks, notices and inquiries.

**Promise**: harm is stopped first and never waits; nothing else is changed before it is captured; every
act is intended, done, observed and recorded, and can be read back in the order it happened.
**Not here**: finding the failure (`watch`), letting a release through (`gate`), moving bytes (`adapters`).
"""
