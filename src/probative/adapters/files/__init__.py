"""What lies on the local disk: blobs, published trees, keys, journals, segments, flags, packages.

**Promise**: what is said to be written has been fsync'd, name included; no path leaves its folder. All of it
stands on `durable`, the one place that stages, names, syncs and locks.
**Not here**: formats (each verb's room), and object stores.
"""
