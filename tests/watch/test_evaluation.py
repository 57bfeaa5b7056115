"""Evaluating on a real workspace: every due window once, late outcomes, pauses, rows as windows."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from probative.watch.facts import ReadingTaken
from probative.watch.measures.measured import Status
from probative.workspace import Workspace
from tests.watch.conftest import START, outcomes_of

PERFORMANCE = """
template = "tabular-performance"
window = {period = "1d", settle = "10d"}
[[measures]]
measure = "auc"
watch = 0.80
breach = 0.70
[[measures]]
measure = "accuracy"
watch = 0.70
breach = 0.60
"""


def statuses(facts):
    """Return the statuses of new readings."""
    return [fact.body["status"] for fact in facts if fact.kind == "watch.reading-taken"]


def test_a_feed_in_another_unit_is_signalled_on_the_second_day(desk):
    """Quiet days are ok; the second day of income in thousandths raises one signal that says so."""
    desk.monitor()
    for day in range(6):
        desk.stream(day, factor=0.001 if day >= 3 else 1.0)
        desk.turn_to(day + 1)
        facts = desk.watcher.evaluate("loans")
        assert statuses(facts) == ["breach" if day >= 3 else "ok"]
        signals = [fact for fact in facts if fact.kind == "watch.signal-raised"]
        assert len(signals) == (1 if day == 4 else 0)
    found = desk.watcher.signals("loans")[0].raised
    assert found.columns[0] == "income"
    assert "/ 1,000: looks like a change of unit" in found.summary
    assert found.first_window_from.startswith("2026-10-08")


def test_evaluating_twice_records_once(desk):
    """A second evaluation has nothing to add."""
    desk.monitor()
    desk.stream(0)
    desk.turn_to(1)
    assert len(desk.watcher.evaluate("loans")) == 1
    size = desk.recorder.head().size
    assert desk.watcher.evaluate("loans") == []
    assert desk.recorder.head().size == size


def test_a_pause_is_caught_up(desk):
    """Windows missed while nobody evaluated give the same readings, and the same signal."""
    desk.monitor()
    for day in range(6):
        desk.stream(day, factor=0.001 if day >= 3 else 1.0)
    desk.turn_to(6)
    facts = desk.watcher.evaluate("loans")
    assert statuses(facts) == ["ok"] * 3 + ["breach"] * 3
    kinds = [fact.kind for fact in facts]
    assert kinds.index("watch.signal-raised") == 5, "right after the second breach"


def test_a_window_that_is_not_over_waits(desk):
    """Half a day is no reading."""
    desk.monitor()
    desk.stream(0)
    desk.turn_to(0, hours=12)
    assert desk.watcher.evaluate("loans") == []
    assert len(desk.watcher.evaluate("loans", until=START + timedelta(days=1))) == 1


def test_stopped_input_is_a_defect_and_a_signal(desk):
    """Days without decisions are read, said to be defects, and raise a signal."""
    desk.monitor()
    desk.stream(0)
    desk.turn_to(4)
    facts = desk.watcher.evaluate("loans")
    assert statuses(facts) == ["ok", "not-measurable", "not-measurable", "not-measurable"]
    assert facts[1].body["measures"] == []
    assert [fact.body["cause"] for fact in facts if fact.kind == "watch.signal-raised"] == ["data"]


def test_a_small_day_is_not_measurable(desk):
    """Fifty decisions do not make a distance."""
    desk.monitor()
    desk.stream(0, n=50)
    desk.turn_to(1)
    fact = desk.watcher.evaluate("loans")[0]
    assert fact.body["status"] == "not-measurable"
    assert fact.body["measures"][0]["reason"] == "50 rows against 4000 in the reference; 200 are needed"


def test_late_outcomes_lead_to_new_readings(desk):
    """Before outcomes: not measurable. As they come: read again. After the wait: settled."""
    desk.monitor(PERFORMANCE, name="performance")
    table, labels = desk.stream(0, n=600)
    desk.turn_to(1)
    first = desk.watcher.evaluate("loans")[0].read(ReadingTaken)
    assert (first.status, first.settled, first.coverage.labelled) == (Status.NOT_MEASURABLE, False, 0)
    assert desk.watcher.evaluate("loans") == []
    late = outcomes_of(table, labels, timedelta(days=3))
    desk.decisions.record_outcomes("loans", late.slice(0, 30))
    desk.turn_to(4)
    assert day_of(desk.watcher.evaluate("loans"), 0) is None, "30 of 600 are no news"
    desk.decisions.record_outcomes("loans", late.slice(30, 300))
    half = day_of(desk.watcher.evaluate("loans"), 0)
    assert (half.coverage.labelled, half.settled) == (330, False)
    assert {m.measure for m in half.measures if m.value is not None} >= {"auc", "accuracy"}
    assert half.coverage.lag_median_s == 3 * 86400
    desk.decisions.record_outcomes("loans", late.slice(330))
    desk.turn_to(12)
    last = day_of(desk.watcher.evaluate("loans"), 0)
    assert (last.coverage.share, last.settled) == (1.0, True)
    assert last.watermark.startswith("2026-10-0")
    desk.turn_to(13)
    assert day_of(desk.watcher.evaluate("loans"), 0) is None, "a settled window is never read again"
    assert desk.watcher.readings("loans", "performance")[0].read(ReadingTaken) == last


def day_of(facts, day):
    """Return the reading of a day among new facts."""
    wanted = (START + timedelta(days=day)).isoformat()[:10]
    found = [f.read(ReadingTaken) for f in facts if f.kind == "watch.reading-taken"]
    return next((r for r in found if r.window_from.startswith(wanted)), None)


def test_outcomes_from_the_future_are_not_known_yet(desk):
    """As of the third day, outcomes observed on the fifth do not count."""
    desk.monitor(PERFORMANCE, name="performance")
    desk.stream(0, label_after=timedelta(days=5))
    desk.turn_to(8)
    reading = desk.watcher.evaluate("loans", until=START + timedelta(days=3))[0].read(ReadingTaken)
    assert reading.coverage.labelled == 0


@pytest.mark.parametrize("sizes", [(250, 250, 250), (700, 50), (100, 100, 550)])
def test_windows_of_rows_do_not_depend_on_when_they_are_read(desk, sizes):
    """However decisions arrive, every 250 of them are one window, each decision in one window."""
    desk.monitor('template = "tabular-drift"\nwindow = {rows = 250}')
    for day, n in enumerate(sizes):
        desk.stream(day, n=n)
        desk.turn_to(day + 1)
        desk.watcher.evaluate("loans")
    readings = [fact.read(ReadingTaken) for fact in desk.watcher.readings("loans")]
    assert [reading.n for reading in readings] == [250, 250, 250]
    ids = desk.decisions.read("loans", columns=["decision_id", "decided_at"]).to_pylist()
    ordered = [row["decision_id"] for row in sorted(ids, key=lambda r: (r["decided_at"], r["decision_id"]))]
    assert [reading.last for reading in readings] == [ordered[249], ordered[499], ordered[749]]


def test_a_new_version_goes_on_where_the_old_one_stopped(desk):
    """Another limit does not read the past again."""
    desk.monitor()
    desk.stream(0)
    desk.turn_to(1)
    desk.watcher.evaluate("loans")
    assert desk.monitor('template = "tabular-drift"\nseverity = 1').body["version"] == 2
    desk.stream(1)
    desk.turn_to(2)
    facts = desk.watcher.evaluate("loans")
    assert [(fact.body["version"], fact.body["window_from"][:10]) for fact in facts] == [(2, "2026-10-06")]


def test_a_fairness_monitor_reads_under_its_authorisation(desk):
    """Rates by group are read, every look at protected attributes is recorded, and bias is a signal."""
    audit = desk.authorise()
    text = """
    template = "tabular-fairness"
    window = {period = "1d", settle = "10d"}
    attributes = [{name = "sex"}]
    """
    desk.monitor(text, name="fairness", audit=audit)
    desk.stream(0, n=2000, bias=0.15)
    desk.turn_to(1)
    facts = desk.watcher.evaluate("loans")
    reading = facts[0].read(ReadingTaken)
    ratios = {m.group: m for m in reading.measures if m.measure == "selection-ratio"}
    assert (reading.status, ratios["F"].status) == (Status.BREACH, Status.BREACH)
    assert "screening heuristic" in ratios["F"].note
    assert [f.body["cause"] for f in facts if f.kind == "watch.signal-raised"] == ["fairness"]
    looked = list(desk.recorder.facts(kind="record.protected-read"))
    assert [fact.body["authorised_by"] for fact in looked] == [audit]
    desk.watcher.evaluate("loans")
    assert len(list(desk.recorder.facts(kind="record.protected-read"))) == 1, "no news, no second look"


def test_two_processes_read_every_window_once(desk):
    """Two workspaces on one folder evaluate at the same time; each window has one reading, one signal."""
    desk.monitor()
    for day in range(6):
        desk.stream(day, n=300, factor=0.001 if day >= 3 else 1.0)
    desk.turn_to(6)
    others = [Workspace.open(desk.workspace.folder, desk.clock) for _ in range(3)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda other: other.watcher.evaluate("loans"), others))
    readings = list(desk.recorder.facts(kind="watch.reading-taken"))
    assert len({fact.body["window_from"] for fact in readings}) == len(readings) == 6
    assert len(desk.watcher.signals("loans")) == 1
    for other in others:
        other.decisions.close()
