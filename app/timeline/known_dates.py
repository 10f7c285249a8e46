"""Anniversaries, stressors and reminders: which days they touch and which reports they explain; internal."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.timeline.days import yearly
from app.timeline.records import Record

ANNIVERSARY = "anniversary"
NAMED_TRIGGERS = frozenset({ANNIVERSARY, "stressor", "reminder"})


class Occasion(NamedTuple):
    """One day that often brings a stronger response; ``id`` is ``None`` for the discovery's anniversaries."""

    day: int
    kind: str
    id: str | None


def occasions(known: Record, as_of: int) -> tuple[Occasion, ...]:
    """Return all occasions up to ``as_of`` in order, yearly ones repeated; one for each day."""
    found = [Occasion(d.day, d.kind, d.id) for d in known.known_dates]
    for d in known.known_dates:
        if d.recurs == "yearly":
            found += [Occasion(day, d.kind, d.id) for day in yearly(d.day, as_of)]
    if known.discovery_date is not None:
        found += [Occasion(day, "anniversary", None) for day in yearly(known.discovery_date, as_of)]
    found.sort(key=lambda o: (o.day, o.kind, o.id or ""), reverse=True)
    by_day = {occasion.day: occasion for occasion in found}
    return tuple(by_day[day] for day in sorted(by_day))


def nearest(found: tuple[Occasion, ...], start: int, end: int, before: int, after: int) -> Occasion | None:
    """Return the last occasion that touches a window of days, from some days before to some days after it."""
    place = bisect_right(found, end + before, key=lambda o: o.day) - 1
    return found[place] if place >= 0 and start <= found[place].day + after else None


def last_before(days: NDArray[np.int64], moments: NDArray[np.float64], ahead: int) -> NDArray[np.int64]:
    """Return for each moment the place of the last occasion at most ``ahead`` days later, or -1."""
    return np.searchsorted(days, moments + ahead, side="right") - 1


def touched(
    days: NDArray[np.int64], middles: NDArray[np.float64], before: int, after: int
) -> NDArray[np.bool_]:
    """Return which moments lie from ``before`` days before to ``after`` days after any of the sorted days."""
    if not len(days):
        return np.zeros(len(middles), dtype=bool)
    place = last_before(days, middles, before)
    return (place >= 0) & (middles - days[place] <= after)
