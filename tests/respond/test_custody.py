"""Chain of custody: every handling is written down, and a break is named."""

import pytest

from probative.kernel.digest import sha256_hex
from probative.kernel.errors import NotFoundError, TamperError, UsageError
from probative.respond.custody import breaks
from tests.respond.scene import COMMANDER, SCIENTIST, declare, scene

A, B = sha256_hex(b"a"), sha256_hex(b"b")


@pytest.fixture
def made(tmp_path):
    """Return a scene with an incident."""
    found = scene(tmp_path)
    declare(found)
    return found


def handle(made, before: str, after: str, act: str = "transferred", item: str = "disk image") -> None:
    """Write down one handling."""
    made.responder.custody.record("inc-2026-0001", item, act, before, after, "analysis", SCIENTIST)


def test_an_unbroken_chain_has_no_breaks(made) -> None:
    """Collected, copied, transferred: the same bytes throughout, two items apart."""
    for act in ("collected", "copied", "transferred", "returned"):
        handle(made, A, A, act)
    handle(made, B, B, "collected", "log file")
    assert breaks(made.responder.custody.log("inc-2026-0001")) == []


def test_bytes_that_changed_in_a_hand_or_between_hands_are_named(made) -> None:
    """Both kinds of break, each at its fact."""
    handle(made, A, A, "collected")
    handle(made, B, B)
    handle(made, B, A)
    entries = made.responder.custody.log("inc-2026-0001")
    assert [(found.item, found.at) for found in breaks(entries)] == [
        ("disk image", entries[1].index),
        ("disk image", entries[2].index),
    ]


def test_the_snapshot_begins_its_own_chain(made) -> None:
    """Capturing writes the first entry; examining the next, with the same digest."""
    made.responder.evidence.capture("inc-2026-0001", COMMANDER)
    manifest = made.bodies("respond.snapshot-sealed")[0]["manifest"]
    item = made.bodies("respond.custody-recorded")[0]["item"]
    data = made.responder.custody.examine("inc-2026-0001", item, manifest, "cause analysis", SCIENTIST)
    assert sha256_hex(data) == manifest
    entries = made.responder.custody.log("inc-2026-0001")
    assert [fact.body["act"] for fact in entries] == ["sealed", "examined"]
    assert breaks(entries) == []


def test_evidence_that_changed_on_disk_is_found_and_written_down(made) -> None:
    """One flipped byte in a blob: the examination fails, and the chain shows where."""
    made.responder.evidence.capture("inc-2026-0001", COMMANDER)
    manifest = made.bodies("respond.snapshot-sealed")[0]["manifest"]
    path = next(path for path in made.workspace.folder.rglob(f"*{manifest[4:]}*") if path.is_file())
    path.chmod(0o600)
    path.write_bytes(b"x" + path.read_bytes()[1:])
    with pytest.raises(TamperError):
        made.responder.custody.examine("inc-2026-0001", "snapshot", manifest, "cause", SCIENTIST)
    assert len(breaks(made.responder.custody.log("inc-2026-0001"))) == 1


def test_handling_needs_a_reason_a_digest_and_an_incident(made) -> None:
    """What is missing is refused before anything is written."""
    with pytest.raises(UsageError, match="No reason"):
        made.responder.custody.record("inc-2026-0001", "disk", "copied", A, A, " ", SCIENTIST)
    with pytest.raises(UsageError, match="not a SHA-256"):
        made.responder.custody.record("inc-2026-0001", "disk", "copied", "zz", A, "why", SCIENTIST)
    with pytest.raises(NotFoundError):
        made.responder.custody.record("inc-2026-0099", "disk", "copied", A, A, "why", SCIENTIST)
