"""The tabular Islamic calendar: where a Hijri month and day fall in Gregorian years; pure, for the calendar's service.

Arithmetic after Reingold & Dershowitz, Calendrical Calculations (civil epoch, leap years 2, 5, 7, 10, 13, 16, 18, 21,
24, 26 and 29 of each 30). A moon that was actually sighted may shift a day by one or two: good enough to expect a hard
day, not to announce a feast.
"""

from datetime import date, timedelta
from typing import Final, NamedTuple

_EPOCH: Final = date(622, 7, 19).toordinal()  # 16 July 622 in the Julian calendar of the time
_CYCLE_YEARS, _CYCLE_DAYS = 30, 10_631
MONTHS: Final = 12
LONGEST_MONTH: Final = 30


class HijriDay(NamedTuple):
    """A day of the tabular Islamic calendar."""

    year: int
    month: int
    day: int


def to_gregorian(year: int, month: int, day: int) -> date:
    """The Gregorian day of a Hijri one."""
    return date.fromordinal(_first_of(year, month) + day - 1)


def from_gregorian(on: date) -> HijriDay:
    """The Hijri day of a Gregorian one."""
    year = (_CYCLE_YEARS * (on.toordinal() - _EPOCH) + 10_646) // _CYCLE_DAYS
    month = next(m for m in range(MONTHS, 0, -1) if _first_of(year, m) <= on.toordinal())
    return HijriDay(year, month, on.toordinal() - _first_of(year, month) + 1)


def month_length(year: int, month: int) -> int:
    """29 or 30 days; the twelfth month has 30 in leap years only."""
    following = (year, month + 1) if month < MONTHS else (year + 1, 1)
    return _first_of(*following) - _first_of(year, month)


def yearly(month: int, day: int, first: date, last: date) -> list[date]:
    """Each Gregorian day between two days, both included, on which a Hijri month and day fall.

    A Gregorian year can hold two of them, or none. The 30th of a month that has 29 days that year is its 29th.
    """
    years = range(from_gregorian(first).year, from_gregorian(last).year + 1)
    days = [to_gregorian(year, month, min(day, month_length(year, month))) for year in years]
    return [on for on in days if first <= on <= last]


def nearest(month: int, day: int, on: date) -> date:
    """The Gregorian day nearest to a given one on which a Hijri month and day fall."""
    around = yearly(month, day, on - timedelta(days=360), on + timedelta(days=360))
    return min(around, key=lambda found: abs(found - on))


def _first_of(year: int, month: int) -> int:
    before = (year - 1) * 354 + (3 + 11 * year) // _CYCLE_YEARS
    return _EPOCH + before + 29 * (month - 1) + month // 2
