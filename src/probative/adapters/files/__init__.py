"""Bytes on the local disk: durable writes, blobs, published trees.

**Promise**: what is said to be written has been fsync'd, name included; no path leaves its folder.
**Not here**: formats (each verb's room), and object stores.
"""
