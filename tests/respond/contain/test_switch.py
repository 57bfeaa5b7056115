"""The flagd document: a stopped flag is off for everybody, and no other flag changes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.errors import NotFoundError, UsageError
from probative.respond.contain.switch import armed, evaluate, flag_of, release_of, switched

FLAG = "loans.serve"
OTHER = {"state": "ENABLED", "variants": {"a": "1", "b": "2"}, "defaultVariant": "a", "targeting": {}}


def document(**changes) -> bytes:
    """Return a document with the system's flag, changed, and another one."""
    base = json.loads(armed(b"", FLAG, "2", "1"))
    base["flags"][FLAG].update(changes)
    base["flags"]["other"] = OTHER
    return json.dumps(base).encode()


TRAPS = {
    "running": {},
    "disabled": {"state": "DISABLED"},
    "targeted on": {"targeting": {"if": [True, "on", "on"]}},
    "share of traffic": {"targeting": {"fractional": [["on", 50], ["off", 50]]}},
    "no off variant": {"variants": {"on": "2"}},
    "wrong default": {"defaultVariant": "nowhere"},
    "no default": {"defaultVariant": ""},
}


@pytest.mark.parametrize("trap", TRAPS)
@pytest.mark.parametrize("default", ["", "on", "serve anyway"])
def test_a_stop_is_off_whatever_the_flag_was_and_whatever_the_caller_prefers(trap: str, default: str) -> None:
    """Disabled, targeted, split or broken: afterwards the flag answers off to every caller."""
    stopped = switched(document(**TRAPS[trap]), FLAG, "off")
    assert evaluate(stopped, FLAG, default)[:3] == ("off", "", "STATIC")


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"flags": []}', b'{"flags": {}}', b"\xff"])
def test_a_stop_makes_the_flag_where_there_is_none_to_read(text: bytes) -> None:
    """A missing or damaged document is no reason to go on: flagd would serve its last good copy."""
    assert evaluate(switched(text, FLAG, "off"), FLAG).variant == "off"


@pytest.mark.parametrize("variant", ["on", "off", "fallback"])
def test_other_flags_and_unknown_parts_stay(variant: str) -> None:
    """Only the system's flag is written."""
    before = json.loads(document())
    before["metadata"] = {"team": "risk"}
    before["$evaluators"] = {"x": {"==": [1, 1]}}
    after = json.loads(switched(json.dumps(before).encode(), FLAG, variant))
    assert after["flags"].pop(FLAG)["defaultVariant"] == variant
    before["flags"].pop(FLAG)
    assert after == before


def test_the_flags_own_metadata_stays() -> None:
    """Owners and ticket numbers of the flag survive a stop."""
    after = json.loads(switched(document(metadata={"owner": "risk"}), FLAG, "off"))
    assert after["flags"][FLAG]["metadata"] == {"owner": "risk"}


@given(st.lists(st.sampled_from(["on", "off", "fallback"]), min_size=1, max_size=6))
def test_the_last_switch_counts(variants: list[str]) -> None:
    """Any sequence of switches ends in the last one, and switching twice is switching once."""
    text = armed(b"", FLAG, "2", "1")
    for variant in variants:
        text = switched(text, FLAG, variant)  # type: ignore[arg-type]
        assert switched(text, FLAG, variant) == text  # type: ignore[arg-type]
    assert evaluate(text, FLAG).variant == variants[-1]


def test_arming_never_starts_a_stopped_system() -> None:
    """New releases on the switch leave it where it stands."""
    stopped = switched(armed(b"", FLAG, "2", "1"), FLAG, "off")
    again = armed(stopped, FLAG, "3", "2")
    assert evaluate(again, FLAG).variant == "off"
    assert (release_of(again, FLAG, "on"), release_of(again, FLAG, "fallback")) == ("3", "2")


def test_arming_without_the_fallback_that_serves_turns_off() -> None:
    """A flag that answers a variant that is gone must not fall back to the failed release."""
    served = switched(armed(b"", FLAG, "2", "1"), FLAG, "fallback")
    assert evaluate(armed(served, FLAG, "3", None), FLAG).variant == "off"


@pytest.mark.parametrize("text", [b"", b'{"flags": {}}', armed(b"", FLAG, "2", None)])
def test_turning_on_what_was_never_armed_is_refused(text: bytes) -> None:
    """Only a stop makes flags; serving needs a release that somebody armed."""
    with pytest.raises(NotFoundError, match="no variant"):
        switched(text, FLAG, "fallback")


def test_turning_on_in_a_damaged_document_is_refused() -> None:
    """What cannot be read is not overwritten to serve again."""
    with pytest.raises(UsageError):
        switched(b"{", FLAG, "on")


def test_hostile_documents_are_refused_before_they_are_evaluated() -> None:
    """Duplicate keys and deep nesting never reach the evaluator."""
    assert evaluate(b'{"flags": {}, "flags": {}}', FLAG).reason == "ERROR"
    assert evaluate(b"[" * 100_000, FLAG).reason == "ERROR"


def test_the_flags_name_comes_from_the_system() -> None:
    """A system that cannot be a name has no flag."""
    assert flag_of("loans") == FLAG
    with pytest.raises(UsageError):
        flag_of("../loans")
