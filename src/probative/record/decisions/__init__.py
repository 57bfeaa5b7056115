"""The decision log: columnar, provable row by row, erasable.

**Promise**: an acknowledged decision is durable; a sealed segment's rows hash to a root that is in the
ledger; values about people lie apart from what may stay for ever.
**Not here**: what decisions mean (`watch`), and who may erase them.
"""
