"""Arithmetic on days, months and stretches of days; internal, knows nothing clinical."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterable
from datetime import date

from app.timeline.parameters import DAYS_PER_MONTH

Stretch = tuple[int, int]
"""Days from the first up to, not including, the second."""


def iso(day: int | None) -> str | None:
    """Return the ISO form of a day, or ``None``."""
    return None if day is None else date.fromordinal(day).isoformat()


def months(days: float) -> float:
    """Return a number of days in months of 30.4375 days."""
    return days / DAYS_PER_MONTH


def union(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Join overlapping and touching stretches; empty ones vanish."""
    joined: list[Stretch] = []
    for start, end in sorted(stretches):
        if end <= start:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)


def shared_days(stretches: Iterable[Stretch], start: int, end: int) -> int:
    """Return how many days of ``start`` to ``end`` lie in disjoint stretches."""
    return sum(max(0, min(end, last) - max(start, first)) for first, last in stretches)


def yearly(day: int, until: int) -> list[int]:
    """Return the anniversaries of a day up to ``until``; 29 February is kept on the 28th in common years."""
    first = date.fromordinal(day)
    found = []
    for year in range(first.year + 1, date.fromordinal(until).year + 1):
        short = first.month == 2 and first.day == 29 and not isleap(year)
        again = first.replace(year=year, day=28) if short else first.replace(year=year)
        if again.toordinal() <= until:
            found.append(again.toordinal())
    return found
