"""Segments from the first row to the seal: journal, tree, files, manifest.

**Promise**: a row is in exactly one segment; an open segment can be rebuilt from its journal alone.
**Not here**: the front class (`decisions.log`).
"""
