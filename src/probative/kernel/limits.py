"""Limits on everything that comes from outside, in one place.

**Promise**: each limit is a plain integer with its unit last in the name.
**Not here**: policy (thresholds, deadlines): that is pack data.
"""

ENTRY_BYTES_MAX = 65_535  # C2SP tlog-tiles entry bundles carry a 16-bit length
JSON_BYTES_MAX = 16 * 1024 * 1024
JSON_DEPTH_MAX = 64
NAME_CHARS_MAX = 128
TEXT_CHARS_MAX = 8_192
LINE_BYTES_MAX = 1024 * 1024
BATCH_ROWS_MAX = 65_536
SEGMENT_ROWS_MAX = 1 << 20
SEGMENT_AGE_S_MAX = 15 * 60
SEGMENT_HEAD_PERIOD_S = 10
PROOF_HASHES_MAX = 64
NOTE_BYTES_MAX = 64 * 1024
PACKAGE_BYTES_MAX = 4 * 1024 * 1024 * 1024
PACKAGE_FILES_MAX = 65_536
LOCK_WAIT_MS_MAX = 10_000
