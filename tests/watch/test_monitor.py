"""A monitor file is read strictly, filled from defaults visibly, and named by its digest."""

from datetime import date

import msgspec
import pytest

from probative.kernel.errors import NotFoundError, UsageError
from probative.watch.monitor import Monitor, duration, parse_monitor

DAY = date(2026, 11, 21)
GIVEN = {"system": "loans", "monitor": "drift", "owner": "p-1", "reference": "ab" * 32}
WHOLE = """
system = "loans"
monitor = "performance"
title = "Performance"
owner = "p-017"
severity = 1
reference = "abababababababababababababababababababababababababababababababab"

[window]
rows = 5000
settle = "30d"

[persistence]
breaches = 1
windows = 1

[[measures]]
measure = "auc"
watch = 0.80
breach = 0.75

[[measures]]
measure = "psi"
columns = ["income"]
threshold = "psi-convention"
breach = 0.3
"""


def test_a_whole_file():
    """Everything in the file is in the monitor; defaults are written out, own values win."""
    monitor = parse_monitor(WHOLE, DAY)
    assert (monitor.window.rows, monitor.window.settling.days, monitor.severity) == (5000, 30, 1)
    auc, psi = monitor.measures
    assert (auc.threshold, auc.breach, auc.n_min) == ("performance/auc", 0.75, 200)
    assert (psi.threshold, psi.watch, psi.breach, psi.columns) == ("psi-convention", 0.1, 0.3, ("income",))


def test_the_digest_follows_every_change():
    """Another limit is another monitor."""
    first = parse_monitor(WHOLE, DAY)
    assert parse_monitor(WHOLE, DAY).digest() == first.digest()
    assert parse_monitor(WHOLE.replace("0.75", "0.74"), DAY).digest() != first.digest()


def test_a_monitor_comes_back_from_the_ledger():
    """What is recorded is the whole monitor."""
    monitor = parse_monitor(WHOLE, DAY)
    assert msgspec.convert(msgspec.to_builtins(monitor), Monitor) == monitor


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("system = ", "cannot be read"),
        ('template = "tabular-drift"\nseverty = 2', "severty"),
        ('template = "tabular-drift"\nseverity = 9', "Severity 9"),
        ('template = "tabular-drift"\nseverity = "high"', "does not describe a monitor"),
        ('template = "tabular-drift"\nmeasures = []', "measures nothing"),
        ('template = "tabular-drift"\nmeasures = ["psi"]', "not a list of tables"),
        ('template = "tabular-drift"\nwindow = {period = "1 day"}', "not a duration"),
        ('template = "tabular-drift"\nwindow = {}', "either a period or a number"),
        ('template = "tabular-drift"\nwindow = {rows = 0}', "0 rows"),
        ('template = "tabular-drift"\npersistence = {breaches = 4, windows = 3}', "4 breaches of 3 windows"),
        ('template = "tabular-drift"\nfalse_discovery_rate = 1.0', "not a share"),
        ('template = "tabular-drift"\nsince = "yesterday"', "not an instant"),
        ('template = "tabular-drift"\n[[measures]]\nmeasure = "auc"', "no watch and breach"),
        (
            'template = "tabular-drift"\n[[measures]]\nmeasure = "vibes"\nwatch = 1\nbreach = 2',
            "no measure 'vibes'",
        ),
        (
            'template = "tabular-drift"\n[[measures]]\nmeasure = "js"\nthreshold = "psi-convention"',
            "is for 'psi'",
        ),
        ('template = "tabular-fairness"', "without an authorisation"),
        (
            'template = "tabular-fairness"\naudit = "x"\nattributes = [{name = "sex"}]\n'
            'intersections = [["sex", "age"]]',
            "'age' is not among",
        ),
        (
            'template = "tabular-fairness"\naudit = "x"\nattributes = [{name = "age", bands = [60, 30]}]',
            "60, 30",
        ),
    ],
)
def test_mistakes_are_one_sentence(text, sentence):
    """Each mistake is refused, and the sentence shows it."""
    with pytest.raises(UsageError, match=sentence):
        parse_monitor(text, DAY, GIVEN)


def test_unknown_templates_and_thresholds():
    """A wrong name is not found, with the right ones in the hint."""
    for text in ('template = "magic"', '[[measures]]\nmeasure = "psi"\nthreshold = "magic"'):
        with pytest.raises(NotFoundError, match="magic"):
            parse_monitor(text, DAY, GIVEN)


@pytest.mark.parametrize("field", ["system", "monitor", "owner"])
def test_names_are_names(field):
    """A name that could be a path is refused."""
    with pytest.raises(UsageError):
        parse_monitor('template = "tabular-drift"', DAY, {**GIVEN, field: "../x"})


@pytest.mark.parametrize("text", ["", "0d", "1", "1y", "d", "-1d", "1.5h", "100000d"])
def test_durations_are_strict(text):
    """Only whole minutes, hours, days and weeks are taken."""
    with pytest.raises(UsageError):
        duration(text)
