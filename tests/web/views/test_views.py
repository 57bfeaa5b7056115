"""What the pages show, as values, against the story they are read from."""

from datetime import timedelta

import pytest

from probative.kernel.clock import parse_instant
from probative.kernel.errors import NotFoundError, UsageError
from probative.web.views.entries import entry_of, page_of
from probative.web.views.incidents import incident_of, incidents_of
from probative.web.views.inquiries import inquiries_of
from probative.web.views.moment import Moment
from probative.web.views.monitors import monitor_of, signals_of
from probative.web.views.overview import overview_of
from probative.web.views.releases import release_of
from probative.web.views.systems import rows_of, seriousness, system_of, worst_of
from tests.web.story import DAYS, FAULT_DAY, INCIDENT, SYSTEM


@pytest.fixture
def moment(story):
    """Return the record as it is."""
    return Moment(story.recorder)


def test_pages_of_the_ledger_hold_every_fact_once(moment):
    """Following `older` from the newest page gives the whole ledger, newest first."""
    seen, before = [], None
    while True:
        page = page_of(moment, before=before, limit=7)
        seen += [line.index for line in page.lines]
        if page.older is None:
            break
        before = page.older
    assert list(range(moment.size - 1, -1, -1)) == seen


@pytest.mark.parametrize("limit", [1, 3, 500, 10**9, -4])
def test_filters_and_limits_hold_together(moment, limit):
    """A filtered page holds only what was asked for, and never more than the limit."""
    page = page_of(moment, kind="watch.reading-taken", subject=f"system/{SYSTEM}", limit=limit)
    assert {line.kind for line in page.lines} == {"watch.reading-taken"}
    assert min(max(1, limit), DAYS) == len(page.lines)
    assert (page.older is None) == (len(page.lines) == DAYS)


def test_a_past_moment_knows_nothing_later(moment, story):
    """As of a size, no fact at or beyond it is visible anywhere."""
    past = Moment(story.recorder, 20)
    assert past.is_past
    assert max(line.index for line in page_of(past).lines) == 19
    assert overview_of(past, "log").incidents == ()
    with pytest.raises(NotFoundError):
        entry_of(past, "20")
    with pytest.raises(UsageError):
        Moment(story.recorder, moment.size + 1)


def test_an_entry_shows_causes_and_effects(story, moment):
    """A fact that led to others names them, and they name it."""
    clocks = next(story.recorder.facts(kind="respond.clocks-selected"))
    cause = entry_of(moment, str(clocks.index)).causes[0]
    assert cause.kind == "respond.incident-declared"
    assert clocks.index in {line.index for line in entry_of(moment, cause.id).effects}


def test_the_overview_puts_what_burns_first(moment):
    """The open incident stands before waivers and missing tiers; a quiet system needs only its tier."""
    view = overview_of(moment, "log")
    assert view.needs[0].page == ("incidents", INCIDENT)
    assert [need.what for need in view.needs if "letter" in need.what.lower()] == [
        "Letter sorting has no tier"
    ]
    assert (view.record.size, view.record.systems) == (moment.size, 2)


def test_a_row_tells_how_a_system_stands(moment):
    """Tier, live release, switch, monitors and incidents come from their latest facts."""
    row = next(row for row in rows_of(moment) if row.system == SYSTEM)
    assert (row.tier, row.live_release, row.switch) == ("high-risk", "1.4.0", "off")
    assert (row.monitors, row.worst_reading, row.signals) == (1, "breach", 1)
    assert row.open_incidents == (INCIDENT,)


def test_a_system_without_anything_is_shown_as_missing(moment):
    """Nothing recorded is nothing claimed."""
    view = system_of(moment, "letter-sorting")
    assert (view.tier, view.row.gate, view.releases, view.assets) == (None, None, (), ())


def test_lineage_names_what_an_asset_was_made_from(moment):
    """Digests that are known are shown as names."""
    made_from = {asset.asset: asset.made_from for asset in system_of(moment, SYSTEM).assets}
    assert made_from["scorecard-1"] == ("card-clients-train", "training-code")
    assert made_from["card-clients"] == ()


def test_a_release_shows_the_verdict_and_what_comes_next(moment, story):
    """Every control of the recorded verdict is there; unmet mandatory ones have a command to run."""
    view = release_of(moment, story.workspace.gatekeeper, SYSTEM, "1.4.0")
    assert [row.control for row in view.controls] == [c["control"] for c in view.verdict["controls"]]
    assert len(view.history) == 2
    unmet = {step[0] for step in view.now.next_steps}
    assert unmet
    assert all(command.startswith("probative ") for _, _, command in view.now.next_steps)
    assert [waiver.expired for waiver in view.waivers] == [False]


def test_a_series_is_what_the_readings_say(moment):
    """One point a window, breaches from the day of the fault, gaps where no outcome is known."""
    monitor = monitor_of(moment, SYSTEM, "drift")
    broken = monitor.find("psi~pay_amt1")
    assert (len(broken.points), broken.breaches, monitor.series[0].key) == (
        DAYS,
        DAYS - FAULT_DAY,
        broken.key,
    )
    accuracy = monitor.find("accuracy")
    assert [point.value is None for point in accuracy.points].count(True) == 4
    assert monitor.series[-1].status == "ok"


def test_a_signal_leads_to_its_incident(moment):
    """The page of a signal can link to what it opened."""
    assert [signal.incident for signal in signals_of(moment)] == [INCIDENT]


def test_an_incident_shows_its_spine_and_clocks(moment):
    """Milestones come in the order of the spine; clocks that do not apply stand apart, with their reasons."""
    view = incident_of(moment, INCIDENT)
    reached = [name for name, at in view.milestones if at]
    assert reached == ["onset", "declared", "stopped", "evidence sealed", "hold placed", "stop verified"]
    assert {clock.state for clock in view.clocks_off} == {"not-applicable"}
    assert all(clock.why for clock in view.clocks_off)
    assert view.brief.next_clock.alert_at == min(c.alert_at for c in view.clocks if c.is_open and c.alert_at)
    assert [brief.incident for brief in incidents_of(moment)] == [INCIDENT]


def test_an_inquiry_shows_how_far_its_answer_is(moment):
    """The next date is the one of the earliest question without an answer."""
    (inquiry,) = inquiries_of(moment)
    assert (inquiry.questions, inquiry.answered, inquiry.genuine, inquiry.sent_at) == (2, 1, True, None)
    assert parse_instant(inquiry.next_due) - parse_instant(inquiry.received_at) == timedelta(days=10)


def test_the_worst_reading_counts():
    """Statuses are ranked as the watch room ranks them; unknown words come last."""
    from probative.watch.measures.measured import Status

    assert [seriousness(status.value) for status in Status] == sorted(seriousness(s.value) for s in Status)
    assert worst_of(["ok", "something-new", "undetermined"]) == "undetermined"
    assert worst_of([]) is None
