"""The ledger through the recorder: append, read, refuse."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from probative.kernel.actor import Actor
from probative.kernel.clock import ManualClock
from probative.kernel.errors import ConflictError, NotFoundError, TamperError, UsageError
from probative.record.facts import Draft, Fact, RunStarted, kinds, subject
from probative.record.ledger import Head
from probative.record.proofs.merkle import leaf_hash, root_of
from probative.record.recorder import Recorder
from probative.testing import START, fresh_recorder, fresh_workspace
from probative.workspace import Workspace

ACTOR = Actor(id="p-1", role="model-owner")


def draft(run: str = "r1", key: str | None = None, **more: object) -> Draft:
    """Return a small draft about one run."""
    body = RunStarted(run=run, run_kind="training", system="loans", inputs={}, parameters={"depth": 3})
    subjects = (subject("system/loans"), subject(f"run/{run}"))
    return Draft(body=body, subjects=subjects, actor=ACTOR, key=key, **more)  # type: ignore[arg-type]


def test_a_fact_comes_back_as_it_was_given(tmp_path: Path) -> None:
    """Body, subjects, actor, both times and the causes survive the round trip."""
    recorder = fresh_recorder(tmp_path)
    earlier = START - timedelta(days=2)
    first = recorder.append(draft())[0]
    second = recorder.append(draft("r2", occurred_at=earlier, caused_by=(first.id,)))[0]
    assert recorder.fact(second.id) == second
    assert (second.occurred_at, second.recorded_at, second.caused_by) == (earlier, START, (first.id,))
    assert second.read(RunStarted) == draft("r2").body


def test_a_fact_id_is_its_leaf_hash_and_the_head_covers_it(tmp_path: Path) -> None:
    """Ids and root can be recomputed by anyone from the stored bytes."""
    recorder = fresh_recorder(tmp_path)
    facts = recorder.append(draft("a"), draft("b"), draft("c"))
    entries = [recorder.entry(index) for index in range(4)]
    assert [leaf_hash(entry).hex() for entry in entries[1:]] == [fact.id for fact in facts]
    assert recorder.head() == Head(4, root_of(leaf_hash(entry) for entry in entries))


def test_equal_drafts_are_different_facts(tmp_path: Path) -> None:
    """Two facts that say the same at the same instant have an id each: the place is signed too."""
    recorder = fresh_recorder(tmp_path)
    one, two = recorder.append(draft(), draft())
    assert one.id != two.id
    assert [recorder.fact(fact.id).index for fact in (one, two)] == [1, 2]


def test_facts_are_found_by_every_condition(tmp_path: Path) -> None:
    """Kind, subject name, digest, key and ledger size each narrow the answer."""
    recorder = fresh_recorder(tmp_path)
    one, two = recorder.append(draft("one", key="k1"), draft("two"))

    def found(**query: object) -> list[Fact]:
        return list(recorder.facts(**query))  # type: ignore[arg-type]

    assert found(subject="system/loans") == [one, two]
    assert found(subject="run/two", kind="record.run-started") == [two]
    assert found(digest=subject("run/one").sha256) == [one]
    assert found(key="k1") == [one]
    assert found(subject="system/loans", until=two.index) == [one]
    assert found(subject="system/loans", since=two.index) == [two]
    assert found(kind=("record.run-started", "record.ledger-opened"), until=1) == [recorder.fact("#0")]


def test_the_future_cannot_be_asked(tmp_path: Path) -> None:
    """A size that the ledger has not reached is an error, not an empty answer."""
    with pytest.raises(UsageError, match="no state at size 99"):
        list(fresh_recorder(tmp_path).facts(until=99))


def test_a_key_makes_appending_idempotent(tmp_path: Path) -> None:
    """The same key and words give the first fact; other words are a conflict and change nothing."""
    recorder = fresh_recorder(tmp_path)
    first = recorder.append(draft("r", key="k"))
    assert recorder.append(draft("r", key="k")) == first
    with pytest.raises(ConflictError, match="says something else"):
        recorder.append(draft("other", key="k"))
    with pytest.raises(ConflictError):
        recorder.append(draft("x", key="twice"), draft("y", key="twice"))
    assert recorder.head().size == 2


def test_a_batch_is_all_or_nothing(tmp_path: Path) -> None:
    """One bad draft leaves none of its batch behind."""
    recorder = fresh_recorder(tmp_path)
    with pytest.raises(UsageError, match="at most 65535"):
        recorder.append(draft("fine"), draft("r" * 70_000))
    assert recorder.head().size == 1


def test_a_clock_that_goes_back_is_refused(tmp_path: Path) -> None:
    """Time in the record never goes back; nothing is written."""
    workspace = fresh_workspace(tmp_path)
    workspace.recorder.append(draft())
    behind = Workspace.open(workspace.folder, ManualClock(START - timedelta(seconds=1)))
    with pytest.raises(ConflictError, match="the last entry was recorded at"):
        behind.recorder.append(draft("late"))
    assert behind.recorder.head().size == 2


@pytest.mark.parametrize("fact_id", ["", "xyz", "ABCDEF12", "1234567", "#x", "'; DROP TABLE entries"])
def test_malformed_ids_are_refused(tmp_path: Path, fact_id: str) -> None:
    """Anything but hex and #index is a usage error."""
    with pytest.raises(UsageError):
        fresh_recorder(tmp_path).fact(fact_id)


def test_unknown_facts_are_not_found(tmp_path: Path) -> None:
    """An id, a prefix and an index that are not there."""
    recorder = fresh_recorder(tmp_path)
    for fact_id in ("a" * 64, "abcdef12", "#7"):
        with pytest.raises(NotFoundError):
            recorder.fact(fact_id)


def test_stored_entries_refuse_change(tmp_path: Path) -> None:
    """The store itself refuses UPDATE and DELETE; bytes changed behind its back are noticed when read."""
    workspace = fresh_workspace(tmp_path)
    workspace.recorder.append(draft())
    raw = sqlite3.connect(workspace.folder / "record/ledger.sqlite")
    for statement in ("UPDATE entries SET envelope = x'00'", "DELETE FROM entries WHERE idx = 1"):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            raw.execute(statement)
    raw.rollback()
    raw.execute("DROP TRIGGER entries_stay")
    raw.execute("UPDATE entries SET envelope = CAST(replace(envelope, 'a', 'b') AS BLOB) WHERE idx = 1")
    raw.commit()
    raw.close()
    with pytest.raises(TamperError, match="does not hash to its leaf"):
        workspace.recorder.fact("#1")


def test_two_workspaces_objects_write_side_by_side(tmp_path: Path) -> None:
    """Two openings of one folder take turns and see each other's facts."""
    workspace = fresh_workspace(tmp_path)
    other = Workspace.open(workspace.folder, workspace.clock)
    for turn in range(10):
        (workspace if turn % 2 else other).recorder.append(draft(f"r{turn}"))
    assert [fact.body["run"] for fact in workspace.recorder.facts(subject="system/loans")] == [
        f"r{turn}" for turn in range(10)
    ]
    assert workspace.verify().problems == ()


def test_rebuilding_gives_the_same_index(tmp_path: Path) -> None:
    """Dropping the index loses nothing: every question has the same answer afterwards."""
    workspace = fresh_workspace(tmp_path)
    recorder: Recorder = workspace.recorder
    recorder.append(*[draft(f"r{number}", key=f"k{number}") for number in range(600)])
    before = [fact.id for fact in recorder.facts(subject="system/loans")]
    raw = sqlite3.connect(workspace.folder / "record/ledger.sqlite")
    for table in ("fact_index", "subject_index", "nodes"):
        raw.execute(f"DELETE FROM {table}")
    raw.commit()
    raw.close()
    assert len(workspace.verify().problems) > 600
    assert recorder.rebuild() == 601
    assert [fact.id for fact in recorder.facts(subject="system/loans")] == before
    assert workspace.verify().problems == ()


def test_every_kind_is_named_for_its_room() -> None:
    """Kinds read `room.what-happened`, so that a reader knows where to look."""
    rooms = {"record", "gate", "watch", "respond", "prove", "work"}
    assert {name.split(".")[0] for name, _ in kinds()} <= rooms
