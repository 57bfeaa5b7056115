"""Tests of the watch room; the folders mirror `src/probative/watch`."""
