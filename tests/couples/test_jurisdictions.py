"""Periods by law: calendar months and years end where they should, and of several laws the stricter one holds."""

from datetime import date

import pytest

from app.couples.jurisdictions import (
    JURISDICTIONS,
    Period,
    access_due,
    access_extended,
    amend_due,
    amend_extended,
    kept_until,
)


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        (Period(months=1), date(2026, 1, 31), date(2026, 2, 28)),
        (Period(months=1), date(2028, 1, 31), date(2028, 2, 29)),
        (Period(months=2), date(2026, 11, 30), date(2027, 1, 30)),
        (Period(years=7), date(2024, 2, 29), date(2031, 2, 28)),
        (Period(days=30), date(2026, 3, 1), date(2026, 3, 31)),
        (Period(years=7), date(9998, 1, 1), date(9999, 1, 1)),
    ],
)
def test_a_period_ends_on_its_day(period: Period, start: date, end: date) -> None:
    assert period.after(start) == end


def test_of_several_laws_the_earlier_answer_and_the_longer_keeping_hold() -> None:
    day = date(2026, 1, 31)
    assert access_due(["us", "eu_uk"], day) == date(2026, 2, 28)
    assert amend_due(["us"], day) == date(2026, 4, 1)
    assert amend_due(["us", "pk"], day) == date(2026, 2, 28)
    assert access_extended(["us"], day) == date(2026, 3, 2)
    assert amend_extended(["us", "eu_uk"], day) == date(2026, 3, 2)
    assert kept_until([each.code for each in JURISDICTIONS], day) == date(2033, 1, 31)
