"""The ledger's law: whatever is appended, it behaves as a list whose items never change.

Defences: the transaction of `Ledger.append` (all of a batch or none), the lookup of keys before appending,
the check of what the index led to (`Ledger._found`), and `rebuilding.rebuild`.
"""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from probative.adapters.files.keys import FileSigner
from probative.adapters.sqlite import SqliteLedger
from probative.kernel.actor import Actor
from probative.kernel.clock import ManualClock
from probative.kernel.errors import ConflictError, TamperError, UsageError
from probative.record import rebuilding
from probative.record.facts import Draft, Fact, RunStarted, subject
from probative.record.ledger import Ledger
from probative.record.ports import Query
from probative.record.proofs.merkle import leaf_hash, root_of
from probative.testing import START

SIGNER = FileSigner(Ed25519PrivateKey.generate())
RUNS = ("r1", "r2", "r3")
KEYS = (None, "k1", "k2", "k3")

drafts = st.builds(
    lambda run, key: Draft(
        body=RunStarted(run=run, run_kind="training", system="loans", inputs={}, parameters={}),
        subjects=(subject("system/loans"), subject(f"run/{run}")),
        actor=Actor(id="p-1", role="model-owner"),
        key=key,
    ),
    st.sampled_from(RUNS),
    st.sampled_from(KEYS),
)
batches = st.lists(st.lists(drafts, max_size=4), max_size=8)


class Model:
    """What the ledger promises, as a list of (run, key)."""

    def __init__(self) -> None:
        self.items: list[tuple[str, str | None]] = []

    def append(self, batch: list[Draft]) -> list[int] | None:
        """Return the place of each draft, or None if a key says something else already."""
        items = list(self.items)
        places = []
        for draft in batch:
            new = (draft.body.run, draft.key)  # type: ignore[attr-defined]
            keyed = [place for place, (_, key) in enumerate(items) if draft.key and key == draft.key]
            if keyed and items[keyed[0]] != new:
                return None
            if not keyed:
                items.append(new)
            places.append(keyed[0] if keyed else len(items) - 1)
        self.items = items
        return places


@given(batches)
def test_the_ledger_is_a_list(given_batches: list[list[Draft]]) -> None:
    """Places, idempotence, conflicts, order and root are those of the list; a reopened file agrees."""
    model, clock = Model(), ManualClock(START)
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as store:
        ledger = Ledger(store, SIGNER, clock)
        for batch in given_batches:
            clock.advance(timedelta(seconds=1))
            before = model.items
            places = model.append(batch)
            if places is None:
                with pytest.raises(ConflictError):
                    ledger.append(batch)
                assert model.items == before
            else:
                assert places == [fact.index for fact in ledger.append(batch)]
        agrees(ledger, model)
        with opened(Path(folder)) as again:
            agrees(Ledger(again, SIGNER, clock), model)


@given(batches, st.sampled_from(("fact_index", "subject_index", "nodes")))
def test_rebuilding_changes_no_answer(given_batches: list[list[Draft]], table: str) -> None:
    """Any table of the index may be lost; what can be asked is as it was."""
    model = Model()
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as store:
        ledger = Ledger(store, SIGNER, ManualClock(START))
        for batch in given_batches:
            if model.append(batch) is not None:
                ledger.append(batch)
        raw = sqlite3.connect(Path(folder) / "ledger.sqlite")
        raw.execute(f"DELETE FROM {table}")
        raw.commit()
        raw.close()
        assert rebuilding.rebuild(store) == len(model.items)
        agrees(ledger, model)


@given(batches.filter(lambda found: sum(map(len, found)) > 1), st.data())
def test_an_index_that_lies_is_never_believed(given_batches: list[list[Draft]], data: st.DataObject) -> None:
    """A row of the index that was changed leads to no wrong fact: the answer is right or it is refused."""
    model = Model()
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as store:
        ledger = Ledger(store, SIGNER, ManualClock(START))
        for batch in given_batches:
            if model.append(batch) is not None:
                ledger.append(batch)
        place = data.draw(st.integers(0, max(len(model.items) - 1, 0)))
        raw = sqlite3.connect(Path(folder) / "ledger.sqlite")
        raw.execute("UPDATE subject_index SET name = 'run/r1' WHERE idx = ? AND name LIKE 'run/%'", (place,))
        raw.commit()
        raw.close()
        try:
            found = [fact.index for fact in ledger.facts(Query(subject="run/r1"))]
        except TamperError:
            assert model.items[place][0] != "r1"
        else:
            assert found == [at for at, (run, _) in enumerate(model.items) if run == "r1"]


@contextmanager
def opened(folder: Path) -> Iterator[SqliteLedger]:
    """Open the store of a folder and close it again."""
    store = SqliteLedger(folder / "ledger.sqlite")
    try:
        yield store
    finally:
        store.close()


def agrees(ledger: Ledger, model: Model) -> None:
    """Compare everything that can be asked with the list."""
    facts = list(ledger.facts(Query()))
    assert [item(fact) for fact in facts] == model.items
    assert [fact.index for fact in facts] == list(range(len(model.items)))
    leaves = [leaf_hash(ledger.entry(fact.index)) for fact in facts]
    assert ledger.head() == (len(facts), root_of(leaves))
    for run in RUNS:
        expected = [place for place, (name, _) in enumerate(model.items) if name == run]
        assert expected == [fact.index for fact in ledger.facts(Query(subject=f"run/{run}"))]
    for size in range(len(facts) + 1):
        assert facts[:size] == list(ledger.facts(Query(until=size)))
        assert root_of(leaves[:size]) == ledger.root_at(size)
    with pytest.raises(UsageError):
        list(ledger.facts(Query(until=len(facts) + 1)))


def item(fact: Fact) -> tuple[str, str | None]:
    """Return what the list holds for a fact."""
    return fact.body["run"], fact.key
