"""Counting: rows become a small additive state under the bins of a reference profile, in one pass.

**Promise**: equal rows give equal bytes, in any order, sharding or number of threads.
**Not here**: what the counts mean (`watch.measures`) and where the rows come from (`watch.watcher`).
"""
