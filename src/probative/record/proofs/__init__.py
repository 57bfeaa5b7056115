"""The proofs that others can check: tree, notes, checkpoints, tiles, envelopes, trust files.

**Promise**: published formats, bit for bit; strict parsing within limits; no meaning of facts.
**Not here**: storing and publishing (`record.ledger`, `record.publisher`).
"""
