"""Tests; the folders below mirror `src/probative`."""
