"""Tests; the folders mirror `src/probative`."""
