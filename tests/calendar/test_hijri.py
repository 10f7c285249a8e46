"""The tabular Islamic calendar against published conversions and its own laws."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calendar.hijri import HijriDay, from_gregorian, month_length, nearest, to_gregorian, yearly

# Calendrical Calculations, appendix C (sample data): fixed days 710347, 727274, 728714 and 764652.
PUBLISHED = [
    (date(1945, 11, 12), HijriDay(1364, 12, 6)),
    (date(1992, 3, 17), HijriDay(1412, 9, 13)),
    (date(1996, 2, 25), HijriDay(1416, 10, 5)),
    (date(2094, 7, 18), HijriDay(1518, 3, 5)),
]


@pytest.mark.parametrize(("gregorian", "hijri"), PUBLISHED)
def test_published_conversions_hold_both_ways(gregorian: date, hijri: HijriDay) -> None:
    assert from_gregorian(gregorian) == hijri
    assert to_gregorian(*hijri) == gregorian


def test_the_calendar_begins_on_16_july_622_julian() -> None:
    assert to_gregorian(1, 1, 1) == date(622, 7, 19)


def test_ramadan_began_where_the_almanacs_put_it() -> None:
    assert to_gregorian(1445, 9, 1) == date(2024, 3, 11)


def test_a_feast_moves_about_eleven_days_a_year() -> None:
    feasts = yearly(10, 1, date(2024, 1, 1), date(2027, 12, 31))

    # 1445 and 1447 are leap years (the 5th and 7th of their thirty): 355, 354 and 355 days lie between.
    assert feasts == [date(2024, 4, 10), date(2025, 3, 31), date(2026, 3, 20), date(2027, 3, 10)]


def test_a_gregorian_year_can_hold_one_hijri_day_twice() -> None:
    assert yearly(9, 1, date(2030, 1, 1), date(2030, 12, 31)) == [date(2030, 1, 6), date(2030, 12, 26)]


def test_both_ends_count_and_nothing_outside_them() -> None:
    assert yearly(10, 1, date(2025, 3, 31), date(2026, 3, 20)) == [date(2025, 3, 31), date(2026, 3, 20)]
    assert yearly(10, 1, date(2025, 4, 1), date(2026, 3, 19)) == []


def test_the_thirtieth_of_a_short_month_is_its_last_day() -> None:
    short = [month_length(year, 12) for year in range(1441, 1447)]

    assert short == [29, 30, 29, 29, 30, 29]
    assert yearly(12, 30, to_gregorian(1443, 12, 1), to_gregorian(1444, 1, 1)) == [to_gregorian(1443, 12, 29)]


def test_the_nearest_day_may_lie_on_either_side() -> None:
    assert nearest(10, 1, date(2026, 3, 21)) == date(2026, 3, 20)
    assert nearest(10, 1, date(2026, 3, 18)) == date(2026, 3, 20)


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_there_and_back_is_the_same_day_and_the_next_day_follows(on: date) -> None:
    here, then = from_gregorian(on), from_gregorian(on + timedelta(days=1))

    assert to_gregorian(*here) == on
    assert 1 <= here.month <= 12
    assert 1 <= here.day <= month_length(here.year, here.month)
    assert then == here._replace(day=here.day + 1) or then.day == 1
