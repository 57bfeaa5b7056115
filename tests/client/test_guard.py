"""The guard obeys the flag file at the next request, and reads it as flagd does."""

import json
import threading
import time
from pathlib import Path

import pytest
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext

from probative.client.flags import FlagFileProvider
from probative.client.guard import Guard, Leave
from probative.kernel.errors import UsageError
from probative.respond.contain.switch import armed, switched

FLAG = "loans.serve"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a flag file in which the system is on."""
    file = tmp_path / "flags.json"
    file.write_bytes(armed(b"", FLAG, "2", "1"))
    return file


def replace(path: Path, data: bytes) -> None:
    """Put the file in one step, as the adapter does."""
    staged = path.with_name("staged")
    staged.write_bytes(data)
    staged.replace(path)


def test_serves_the_release_that_the_flag_names(path: Path) -> None:
    """A running system answers with the release on the switch."""
    assert Leave(True, "2", "on") == Guard("loans", path).ask()


def test_obeys_a_stop_at_the_next_question(path: Path) -> None:
    """No polling: the question after the change gets the new answer, every time."""
    guard = Guard("loans", path)
    for variant in ("off", "on", "off", "fallback", "off") * 5:
        replace(path, switched(path.read_bytes(), FLAG, variant))
        assert variant == guard.ask().reason


def test_disabled_means_stop(path: Path) -> None:
    """Flagd gives the caller's default for a disabled flag; to the guard it is a stop."""
    document = json.loads(path.read_bytes())
    document["flags"][FLAG]["state"] = "DISABLED"
    path.write_text(json.dumps(document))
    assert Leave(False, "", "disabled") == Guard("loans", path, on_unreadable="serve").ask()


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b'{"flags": 3}', b'{"flags": {}}', b"\xff\xfe", b'{"flags": {"loans.serve": {}}}'],
)
def test_refuses_when_the_flag_cannot_be_read(path: Path, text: bytes) -> None:
    """Damaged, empty and foreign files are no permission to serve, and are counted."""
    guard = Guard("loans", path)
    replace(path, text)
    assert not guard.ask().serve
    assert guard.unreadable == 1
    assert guard.ask().reason.startswith("unreadable")


def test_a_missing_file_refuses_until_it_is_there(tmp_path: Path) -> None:
    """A service may start before its flag file exists."""
    path = tmp_path / "flags.json"
    guard = Guard("loans", path)
    assert not guard.ask().serve
    path.write_bytes(armed(b"", FLAG, "2", None))
    assert guard.ask().serve


def test_goes_on_and_counts_where_the_caller_chose_so(tmp_path: Path) -> None:
    """The policy "serve" answers yes without a flag and keeps the count."""
    guard = Guard("loans", tmp_path / "absent.json", on_unreadable="serve")
    assert guard.ask().serve
    assert guard.unreadable == 1


def test_refuses_an_unknown_policy(path: Path) -> None:
    """A misspelt policy is not silently the lax one."""
    with pytest.raises(UsageError, match="is no policy"):
        Guard("loans", path, on_unreadable="yes")  # type: ignore[arg-type]


def test_two_guards_do_not_disturb_each_other(path: Path, tmp_path: Path) -> None:
    """Each file has an OpenFeature domain of its own."""
    other = tmp_path / "other.json"
    other.write_bytes(switched(b"", FLAG, "off"))
    first, second = Guard("loans", path), Guard("loans", other)
    assert (first.ask().serve, second.ask().serve) == (True, False)


def test_targeting_rules_see_the_context(path: Path) -> None:
    """A flag with targeting answers by the attributes of the request."""
    document = json.loads(path.read_bytes())
    document["flags"][FLAG]["targeting"] = {"if": [{"==": [{"var": "channel"}, "branch"]}, "off", "on"]}
    path.write_text(json.dumps(document))
    guard = Guard("loans", path)
    assert (guard.ask({"channel": "branch"}).reason, guard.ask({"channel": "web"}).reason) == ("off", "on")


def test_many_threads_see_whole_files_only(path: Path) -> None:
    """While the file is replaced over and over, no request sees a torn one."""
    guard = Guard("loans", path)
    on, off = path.read_bytes(), switched(path.read_bytes(), FLAG, "off")
    seen: set[str] = set()
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            seen.add(guard.ask().reason)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(60):
        replace(path, off if number % 2 else on)
    done.set()
    for thread in threads:
        thread.join()
    assert seen <= {"on", "off"}


@pytest.mark.parametrize("variant", ["on", "off", "fallback"])
def test_reads_a_flag_as_flagds_own_provider_does(path: Path, variant: str) -> None:
    """The peer: the file resolver of the flagd provider gives the same variant, value and reason."""
    replace(path, switched(path.read_bytes(), FLAG, variant))
    peer = FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=str(path))
    peer.initialize(EvaluationContext())
    try:
        expected = peer.resolve_string_details(FLAG, "default")
    finally:
        peer.shutdown()
        # Its watcher looks every half second whether it was shut down.
        time.sleep(0.6)
    found = FlagFileProvider(path).resolve_string_details(FLAG, "default")
    assert (expected.variant, expected.value, expected.reason) == (found.variant, found.value, found.reason)
