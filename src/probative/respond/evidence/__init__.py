"""Evidence: snapshots of a system before it is changed, and the list of the people affected.

**Promise**: what could not be captured is named as a gap; lists of people are personal blobs.
**Not here**: custody and legal holds of what was captured (`respond.custody`, `respond.hold`).
"""
