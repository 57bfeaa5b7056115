"""Probative: a flight recorder and a release authority for AI systems.

**Promise**: importing this package costs nothing; each room is imported by who uses it.
**Not here**: any code. Start reading at `ARCHITECTURE.md`.
"""

__version__ = "0.1.0"
