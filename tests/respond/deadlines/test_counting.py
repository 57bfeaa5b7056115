"""Counting rules against published vectors, and the laws that no rule may break."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probative.kernel.errors import UsageError
from probative.respond.deadlines.calendars import WorkCalendar, calendar_of
from probative.respond.deadlines.counting import RULES, count_due, noon_of_next_working_day

# Vectors from the notes behind the clock pack: an interpretation of Regulation (EEC, Euratom) 1182/71,
# Form 8-K General Instruction B.1, 21 CFR 803.3 and ANPD Resolution 15/2024, not a court's ruling.
EU_DAYS = [
    ("2026-12-04", 2, [], "2026-12-06", "2026-12-08"),
    ("2026-12-04", 2, ["2026-12-08"], "2026-12-06", "2026-12-09"),
    ("2026-12-03", 2, [], "2026-12-05", "2026-12-07"),
    ("2026-12-01", 15, [], "2026-12-16", "2026-12-16"),
    ("2026-12-15", 10, ["2026-12-25"], "2026-12-25", "2026-12-28"),
]
WORKING_DAYS = [
    ("us-sec-business-days", "2026-11-23", 4, ["2026-11-26"], "2026-11-30"),
    ("us-fda-work-days", "2026-12-18", 5, ["2026-12-25"], "2026-12-28"),
    ("national-business-days", "2026-11-19", 3, ["2026-11-20"], "2026-11-25"),
]
BERLIN = WorkCalendar.plain("Europe/Berlin")


def closed_on(days, timezone="Europe/Berlin"):
    """Make a calendar whose only holidays are `days`."""
    return WorkCalendar.plain(timezone, frozenset(date.fromisoformat(day) for day in days))


def at_ten(day, place):
    """Return ten o'clock local time on a day."""
    return datetime.combine(date.fromisoformat(day), time(10), place.zone)


def local_day(at, place):
    """Return the local date of an instant as text."""
    return at.astimezone(place.zone).date().isoformat()


@pytest.mark.parametrize(("aware", "n", "holidays", "nominal", "adjusted"), EU_DAYS)
def test_eu_days_vectors(aware, n, holidays, nominal, adjusted):
    """Regulation 1182/71 Article 3(1), (4) and (5): the published examples come out to the day."""
    place = closed_on(holidays)
    due = count_due("eu-1182-71-days", n, "days", at_ten(aware, place), place)
    assert (nominal, adjusted) == (local_day(due.nominal, place), local_day(due.adjusted, place))


@pytest.mark.parametrize(("rule", "start", "n", "holidays", "due"), WORKING_DAYS)
def test_working_day_vectors(rule, start, n, holidays, due):
    """SEC, FDA and Brazilian business days: the published examples come out to the day."""
    place = closed_on(holidays, "America/New_York")
    counted = count_due(rule, n, "days", at_ten(start, place), place)
    assert (due, due) == (local_day(counted.nominal, place), local_day(counted.adjusted, place))


@pytest.mark.parametrize(
    ("rule", "place", "start", "n", "due"),
    [
        ("us-sec-business-days", "US", "2026-11-23", 4, "2026-11-30"),
        ("us-fda-work-days", "US", "2026-12-18", 5, "2026-12-28"),
        ("national-business-days", "BR", "2026-11-19", 3, "2026-11-25"),
    ],
)
def test_working_day_vectors_with_the_shipped_calendars(rule, place, start, n, due):
    """The same examples come out with the real holiday calendars, which know those holidays."""
    calendar = calendar_of(place)
    assert due == local_day(count_due(rule, n, "days", at_ten(start, calendar), calendar).adjusted, calendar)


def test_eu_hours_vector():
    """72 hours from 12:17 on Christmas Eve: from 13:00, through the holidays, without a roll."""
    start = datetime(2026, 12, 24, 12, 17, tzinfo=BERLIN.zone)
    due = count_due("eu-1182-71-hours", 72, "hours", start, BERLIN)
    assert datetime(2026, 12, 27, 13, 0, tzinfo=BERLIN.zone) == due.adjusted
    assert start + timedelta(hours=72) == due.nominal == due.alert


def test_eu_month_vector():
    """One month from 30 January ends on 28 February, a Sunday, and rolls to Monday 1 March."""
    due = count_due("eu-1182-71-weeks-months", 1, "months", at_ten("2027-01-30", BERLIN), BERLIN)
    assert (local_day(due.nominal, BERLIN), local_day(due.adjusted, BERLIN)) == ("2027-02-28", "2027-03-01")


def test_a_day_ends_with_its_last_second_in_the_authoritys_place():
    """A day counted in Berlin ends at 22:59:59 UTC in winter: not a second of the next day is shown."""
    due = count_due("eu-1182-71-days", 1, "days", at_ten("2026-12-14", BERLIN), BERLIN)
    assert datetime(2026, 12, 15, 22, 59, 59, tzinfo=UTC) == due.nominal


def test_day_zero_is_the_local_day_of_the_event():
    """An event at 23:30 UTC happened on the next day in Berlin, and counting starts from that day."""
    start = datetime(2026, 12, 14, 23, 30, tzinfo=UTC)
    due = count_due("calendar-days-no-roll", 1, "days", start, BERLIN)
    assert local_day(due.nominal, BERLIN) == "2026-12-16"


def test_a_change_of_summer_time_does_not_shift_hours_or_days():
    """Elapsed hours are real hours; a day still ends at local midnight after the clocks went back."""
    start = datetime(2026, 10, 24, 22, 0, tzinfo=BERLIN.zone)
    assert (
        start.astimezone(UTC) + timedelta(hours=24)
        == count_due("elapsed-hours", 24, "hours", start, BERLIN).nominal
    )
    due = count_due("calendar-days-no-roll", 2, "days", start, BERLIN)
    assert datetime(2026, 10, 26, 22, 59, 59, tzinfo=UTC) == due.nominal


def test_a_determination_on_a_saturday_makes_monday_the_first_business_day():
    """Form 8-K: a determination on a closed day starts the count on, and includes, the next business day."""
    due = count_due("us-sec-business-days", 4, "days", at_ten("2026-12-05", BERLIN), BERLIN)
    assert local_day(due.adjusted, BERLIN) == "2026-12-10"


def test_the_noon_rule_moves_a_weekend_end_only():
    """DORA: an end on Sunday may be met by noon on Monday; an end on a Wednesday stays where it is."""
    sunday = count_due("elapsed-hours", 24, "hours", at_ten("2026-12-05", BERLIN), BERLIN)
    noon = noon_of_next_working_day(sunday, BERLIN)
    assert (sunday.nominal, datetime(2026, 12, 7, 12, tzinfo=BERLIN.zone)) == (noon.nominal, noon.adjusted)
    wednesday = count_due("elapsed-hours", 24, "hours", at_ten("2026-12-08", BERLIN), BERLIN)
    assert wednesday == noon_of_next_working_day(wednesday, BERLIN)


def test_the_noon_rule_replaces_the_general_roll():
    """A monthly period that would roll to the end of Monday ends at Monday noon where the noon rule holds."""
    due = count_due("eu-1182-71-weeks-months", 1, "months", at_ten("2026-11-06", BERLIN), BERLIN)
    assert datetime(2026, 12, 7, 12, tzinfo=BERLIN.zone) == noon_of_next_working_day(due, BERLIN).adjusted


def test_no_number_gives_no_date():
    """A duty "without undue delay" never turns into an instant, and the noon rule makes none either."""
    due = count_due("none", None, "none", at_ten("2026-12-05", BERLIN), BERLIN)
    assert (due.nominal, due.adjusted, due.alert) == (None, None, None)
    assert due == noon_of_next_working_day(due, BERLIN)


@pytest.mark.parametrize(
    ("rule", "n", "unit", "code"),
    [
        ("eu-1182-71-fortnights", 2, "days", "clock.rule"),
        ("eu-1182-71-days", 2, "hours", "clock.unit"),
        ("elapsed-hours", 0, "hours", "clock.number"),
        ("elapsed-hours", None, "hours", "clock.number"),
        ("elapsed-hours", 10_001, "hours", "clock.number"),
        ("calendar-days-no-roll", 10_000, "months", None),
    ],
)
def test_what_cannot_be_counted_is_refused(rule, n, unit, code):
    """Unknown rules, foreign units and senseless numbers are refused with the value in the sentence."""
    start = datetime(9900, 1, 1, tzinfo=UTC) if code is None else datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(UsageError) as refused:
        count_due(rule, n, unit, start, BERLIN)
    assert (code or "clock.number") == refused.value.code


PERIODS = [
    ("eu-1182-71-days", "days"),
    ("eu-1182-71-hours", "hours"),
    ("eu-1182-71-weeks-months", "weeks"),
    ("eu-1182-71-weeks-months", "months"),
    ("elapsed-hours", "hours"),
    ("calendar-days-no-roll", "days"),
    ("calendar-days-no-roll", "months"),
    ("us-sec-business-days", "days"),
    ("us-fda-work-days", "days"),
    ("national-business-days", "days"),
    ("eu-working-days", "days"),
]
starts = st.integers(0, 15 * 365 * 86_400).map(
    lambda s: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
)
holidays = st.frozensets(st.dates(date(2020, 1, 1), date(2040, 1, 1)), max_size=12)
zones = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Tokyo"])
lengths = st.integers(1, 40)


def test_every_rule_is_under_the_laws():
    """The table of periods leaves no rule out."""
    assert set(RULES) - {"none"} == {rule for rule, _ in PERIODS}


@given(st.sampled_from(PERIODS), starts, lengths, zones, holidays)
def test_a_period_ends_after_its_start_and_never_adjusts_to_earlier(period, start, n, zone, closed):
    """Day zero is not counted, and adjusting only ever gives more time, so the alert is the nominal end."""
    place = WorkCalendar.plain(zone, closed)
    due = count_due(period[0], n, period[1], start, place)
    assert start < due.nominal <= due.adjusted
    assert due.nominal == due.alert
    if period[1] != "hours":
        assert due.nominal.astimezone(place.zone).date() > start.astimezone(place.zone).date()


@given(st.sampled_from(PERIODS), starts, lengths, zones, holidays, st.integers(0, 10**7))
def test_more_time_or_a_later_start_never_ends_earlier(period, start, n, zone, closed, seconds):
    """Every rule is monotone in the length of the period and in the instant of its start."""
    place = WorkCalendar.plain(zone, closed)
    due = count_due(period[0], n, period[1], start, place)
    longer = count_due(period[0], n + 1, period[1], start, place)
    later = count_due(period[0], n, period[1], start + timedelta(seconds=seconds), place)
    assert due.nominal <= longer.nominal
    assert due.adjusted <= longer.adjusted
    assert due.nominal <= later.nominal
    assert due.adjusted <= later.adjusted


@given(st.sampled_from(PERIODS), starts, lengths, zones, holidays)
def test_a_rolled_end_is_never_a_closed_day(period, start, n, zone, closed):
    """Rules that roll or count working days end on a day on which the authority works."""
    rule, unit = period
    place = WorkCalendar.plain(zone, closed)
    due = count_due(rule, n, unit, start, place)
    if unit != "hours" and rule != "calendar-days-no-roll":
        assert place.is_working(due.adjusted.astimezone(place.zone).date())
    assert place.is_working(noon_of_next_working_day(due, place).adjusted.astimezone(place.zone).date())


@given(starts, st.integers(2, 20), holidays)
def test_two_days_or_more_hold_two_working_days(start, n, closed):
    """Regulation 1182/71 Article 3(5), and not a day more than that and Article 3(4) ask for."""
    place = WorkCalendar.plain("Europe/Berlin", closed)
    due = count_due("eu-1182-71-days", n, "days", start, place)
    first = start.astimezone(place.zone).date()
    last = due.adjusted.astimezone(place.zone).date()
    working = [
        day for step in range(1, (last - first).days + 1) if place.is_working(day := first + timedelta(step))
    ]
    assert len(working) >= 2
    nominal = due.nominal.astimezone(place.zone).date()
    assert last == max(
        working[1], next(day for day in (nominal + timedelta(k) for k in range(60)) if place.is_working(day))
    )
