"""A reading fits into a fact, keeps what is worst, and can be computed again by anyone."""

import msgspec
import pytest

from probative.kernel.canon import canonical
from probative.kernel.limits import ENTRY_BYTES_MAX
from probative.watch.counting.plan import Plan, scan
from probative.watch.counting.profile import Meaning, Role
from probative.watch.counting.reference import take_reference
from probative.watch.measures.measured import Family, Measured, Status
from probative.watch.reading import MEASURES_BYTES_MAX, differs, fitting, take
from probative.watch.window import Window
from tests.watch.conftest import START, decided
from tests.watch.test_signal import MONITOR


def taken():
    """Return a reference, a state and their reading."""
    table, _ = decided(500, START, seed=1)
    roles = {"income": Role.FEATURE, "job": Role.FEATURE}
    reference = take_reference(table, "loans", roles, Meaning(), source="test")
    later, _ = decided(400, START, seed=2, factor=1000)
    state = scan(later, Plan(profile=reference.profile))
    window = Window(START, START.replace(day=START.day + 1))
    return reference, state, take(MONITOR, 1, reference, window, state, window.end)


def test_a_reading_can_be_computed_again():
    """The same counts give the same reading; other counts or another monitor are noticed."""
    reference, state, found = taken()
    reading = found.reading
    assert (reading.status, reading.n, reading.settled) == (Status.BREACH, 400, True)
    assert differs(reading, MONITOR, reference, state) == ""
    other = msgspec.structs.replace(state, rows=401)
    assert "counts" in differs(reading, MONITOR, reference, other)
    strict = msgspec.structs.replace(MONITOR, severity=1)
    assert "version" in differs(reading, strict, reference, state)
    forged = msgspec.structs.replace(reading, measures=())
    assert "measures" in differs(forged, MONITOR, reference, state)
    assert "report" in differs(msgspec.structs.replace(reading, report="00" * 32), MONITOR, reference, state)


def test_measures_that_do_not_fit_are_left_to_the_report():
    """Of a thousand columns the worst are in the fact, and the fact fits into an entry."""
    many = [
        Measured(
            measure="psi",
            family=Family.INPUTS,
            n=10_000_000,
            method="psi-floor1e-4/chi2",
            column=f"a_rather_long_column_name_{i}",
            value=0.1234567891,
            low=0.1234567891,
            high=0.1234567891,
            p=1e-300,
            q=1e-300,
            threshold="psi-convention",
            watch=0.1,
            breach=0.25,
        )
        for i in range(1000)
    ]
    kept = fitting(many)
    assert list(kept) == many[: len(kept)]
    size = len(canonical(msgspec.to_builtins(list(kept))))
    assert 0.9 * MEASURES_BYTES_MAX < size <= MEASURES_BYTES_MAX
    assert size * 4 / 3 + 12_000 < ENTRY_BYTES_MAX
    assert fitting(many[:3]) == tuple(many[:3])


@pytest.mark.parametrize("measures", [[], ()])
def test_no_measures_fit(measures):
    """Nothing to list is listed as nothing."""
    assert fitting(measures) == ()
