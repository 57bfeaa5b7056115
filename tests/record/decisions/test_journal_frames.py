"""Journal frames: cut off at any byte they end cleanly; changed at any byte they are damaged."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.errors import TamperError
from probative.record.decisions.framing import frame
from probative.record.decisions.segment.journal import (
    BatchSizes,
    JournalHeader,
    Place,
    batch_payload,
    first_frame,
    read_batches,
    read_header,
)

HEADER = JournalHeader(
    system="loans",
    stream="decisions",
    segment="s",
    writer="w",
    previous="",
    schema="d",
    schema_version=1,
    opened_at="2026-11-01T09:00:00.000000Z",
)
BATCHES = [
    (2, (b"facts", b"payload", b"")),
    (1, (b"f" * 300, b"", b"secret")),
    (3, (b"\x00" * 64, b"p", b"q")),
]


def journal():
    """Return a journal's bytes, and the offsets at which its frames end."""
    data, place = first_frame(HEADER)
    before, ends = place.digest, [len(data)]
    for rows, parts in BATCHES:
        added, before = frame(before, *batch_payload(rows, 0, parts))
        data += added
        ends.append(len(data))
    return data, ends


DATA, ENDS = journal()


def read(data):
    """Return what a journal holds: header and batches."""
    file = io.BytesIO(data)
    found = read_header(file, "j")
    if found is None:
        return None, []
    return found[0], [batch for batch, _ in read_batches(file, found[1], "j")]


def test_frames_are_read_back():
    """Header and batches come back in order, with their first rows."""
    header, batches = read(DATA)
    assert header == HEADER
    assert [(batch.rows, batch.parts) for batch in batches] == BATCHES
    assert [batch.first_row for batch in batches] == [0, 2, 3]


def test_reading_goes_on_where_it_stopped():
    """A reader that follows a growing journal sees each batch once."""
    file = io.BytesIO(DATA[: ENDS[1] + 7])
    _, place = read_header(file, "j")
    ((_, place),) = read_batches(file, place, "j")
    assert place.offset == ENDS[1]
    rest = list(read_batches(io.BytesIO(DATA), place, "j"))
    assert [batch.first_row for batch, _ in rest] == [2, 3]


def test_cut_off_anywhere_keeps_the_whole_frames():
    """A torn tail, at whatever byte, costs no frame that was whole."""
    for size in range(len(DATA)):
        header, batches = read(DATA[:size])
        assert (header is not None) == (size >= ENDS[0])
        assert len(batches) == sum(size >= end for end in ENDS[1:])


@pytest.mark.parametrize("zeros", [1, 47, 48, 49, 5000])
def test_zeros_after_the_last_frame_are_a_torn_tail(zeros):
    """Space that the disk gave to a write that never came is no damage."""
    assert len(read(DATA + bytes(zeros))[1]) == len(BATCHES)


def test_every_changed_byte_is_damage():
    """A changed byte never makes a whole frame look like a torn tail."""
    for at in range(len(DATA)):
        for bit in (1, 0x80):
            changed = bytearray(DATA)
            changed[at] ^= bit
            with pytest.raises(TamperError) as found:
                read(bytes(changed))
            assert found.value.code == "journal.damaged"


def test_frames_cannot_be_swapped_or_dropped():
    """Frames are chained: order and absence show."""
    first, second, third = DATA[: ENDS[0]], DATA[ENDS[0] : ENDS[1]], DATA[ENDS[1] : ENDS[2]]
    for other in (first + third + second, first + third, second + first, first + second + second):
        with pytest.raises(TamperError):
            read(other)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    """Hostile bytes never do more than raise."""
    try:
        header, batches = read(data)
    except TamperError:
        return
    assert (header, batches) == (None, [])


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x00\x00\x00\x02{}",
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x01x",
        b"".join(batch_payload(0, 0, (b"a", b"", b""))),
        b"".join(batch_payload(1, 0, (b"a", b"", b""))) + b"x",
    ],
)
def test_well_framed_nonsense_is_refused(payload):
    """A frame whose hash holds but whose content does not add up is damage, not rows."""
    data, place = first_frame(HEADER)
    added, _ = frame(place.digest, payload)
    with pytest.raises(TamperError):
        read(data + added)


def test_a_first_frame_without_header_is_refused():
    """A journal begins with its header."""
    added, _ = frame(Place().digest, b'{"format": 1}')
    with pytest.raises(TamperError):
        read(added)
    assert BatchSizes(rows=1, unrecorded=0, parts=(0, 0, 0)).rows == 1
