"""Rests: what a gap without any contact makes of the clocks, and the clock that never resets; pure, for the bridge."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

GAP_DAYS: Final = 60
COUNTED_DAYS: Final = 30
DAYS_PER_MONTH: Final = 30.4375
SILENCE: Final = "gap:"
"""How the id of a rest begins that nobody recorded, and that only follows from a gap."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Days on which the work rested, from `start` up to but not including `end`; known as a rest from
    `known_on` on."""

    id: str
    start: date
    end: date | None
    known_on: date | None = None


@dataclass(frozen=True, slots=True)
class ProcessClock:
    """The couple's own clock: from the first conjoint session on, gaps left out, never reset."""

    since: date | None
    months: float
    calendar_months: float


def gaps(contacts: Iterable[date]) -> list[Rest]:
    """Each stretch of more than 60 days without contact rests after its 30th day; the last one may still be open.

    A gap is only known as one when it is over 60 days long: before that, nobody can tell.
    """
    days = sorted(set(contacts))
    found = []
    for place, day in enumerate(days):
        after = days[place + 1] if place + 1 < len(days) else None
        if after is None or (after - day).days > GAP_DAYS:
            start, known = day + timedelta(COUNTED_DAYS + 1), day + timedelta(GAP_DAYS + 1)
            found.append(Rest(f"{SILENCE}{day}", start, after, known))
    return found


def closures(steps: Sequence[tuple[str, str, date]]) -> list[Rest]:
    """While a case is closed, nothing is asked of anybody: (id, status, day) in order of time."""
    found: list[Rest] = []
    for row_id, status, day in sorted(steps, key=lambda step: (step[2], step[0])):
        resting = bool(found) and found[-1].end is None
        if status == "closed" and not resting:
            found.append(Rest(f"closed:{row_id}", day, None))
        elif status == "open" and resting:
            found[-1] = Rest(found[-1].id, found[-1].start, day)
    return found


def process_clock(sessions: Iterable[date], rests: Iterable[Rest], as_of: date) -> ProcessClock:
    """How long the couple has been at it, counted from the first conjoint session on or before a day."""
    first = min((day for day in sessions if day <= as_of), default=None)
    if first is None:
        return ProcessClock(None, 0.0, 0.0)
    whole = (as_of - first).days
    rested = sum(1 for _ in _rested_days(rests, first, as_of))
    return ProcessClock(first, (whole - rested) / DAYS_PER_MONTH, whole / DAYS_PER_MONTH)


def _rested_days(rests: Iterable[Rest], first: date, as_of: date) -> Iterable[int]:
    days: set[int] = set()
    for rest in rests:
        if rest.known_on is not None and rest.known_on > as_of:
            continue
        end = as_of if rest.end is None else min(rest.end, as_of)
        days.update(range(max(rest.start, first).toordinal(), end.toordinal()))
    return days
