"""Evidence: snapshots before a system is changed, the people affected, what the decision log says of a stop.

**Promise**: what could not be captured is named as a gap; lists of people are personal blobs.
**Not here**: custody and legal holds of what was captured (`respond.custody`, `respond.hold`).
"""
