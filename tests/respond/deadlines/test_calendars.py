"""Places, their timezones and their holidays."""

from datetime import date

import pytest

from probative.kernel.errors import UnavailableError, UsageError
from probative.respond.deadlines.calendars import WorkCalendar, calendar_of, check_place, places


@pytest.mark.parametrize("code", sorted(places()))
def test_every_place_has_a_timezone_and_a_calendar(code):
    """No place fails when a date is asked of it; New Year's Day is closed where holidays count."""
    calendar = calendar_of(code)
    expected = code in ("EU", "IN")  # India has no national holiday on that day
    assert expected == calendar.is_working(date(2027, 1, 1))


def test_every_area_of_a_place_is_a_place_or_an_area():
    """`within` always leads to a known place or to the European Economic Area."""
    assert {"EEA", "EU", "DE", "US"} == {place.within for place in places().values() if place.within}


def test_a_holiday_of_a_land_is_closed_only_there():
    """Epiphany is a holiday in Bavaria and a working day for an authority in Berlin."""
    epiphany = date(2027, 1, 6)
    assert [
        calendar_of("DE-BY").is_working(epiphany),
        calendar_of("DE").is_working(epiphany),
    ] == [False, True]


def test_union_bodies_count_weekends_only_and_say_so():
    """The Union institutions' own list is not shipped: their dates can be early, and the note says why."""
    calendar = calendar_of("EU")
    assert [calendar.is_working(date(2026, 12, 25)), calendar.is_working(date(2026, 12, 26))] == [True, False]
    assert "not shipped" in calendar.note


def test_unknown_places_and_timezones_are_refused():
    """A place without a calendar is a mistake; a timezone that this machine lacks is the world's failure."""
    with pytest.raises(UsageError, match="'XX'"):
        check_place("XX")
    with pytest.raises(UnavailableError, match="Mars/Olympus"):
        WorkCalendar.plain("Mars/Olympus")
