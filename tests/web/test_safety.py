"""The host check, against names that want to look like ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.web.safety import LOCAL_NAMES, host_name


@given(st.text(max_size=60))
def test_any_header_gives_a_plain_name_or_nothing(header):
    """No header raises, and what comes back never holds a separator."""
    name = host_name(header)
    assert name is None or not set(name) & set("/@ \t\r\n?#\\%")


@pytest.mark.parametrize("header", ["localhost.", "localhost:80:80", "127.0.0.1#x", "[::1]x", "localhost\n"])
def test_near_misses_are_not_our_names(header):
    """What resembles a local name is not one."""
    assert host_name(header) not in LOCAL_NAMES
