"""How far each report stands above the reports around it; all at once, read by setbacks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.timeline.parameters import Setbacks
from app.timeline.records import Report

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

_FALLBACK_DAYS = 183


class Surroundings(NamedTuple):
    """Log frequency of each report, the median around it (NaN where there is none), and who its neighbours are."""

    logs: Floats
    medians: Floats
    neighbours: Places
    valid: NDArray[np.bool_]

    def spread(self, place: int) -> float:
        """Return the median absolute deviation of one report's neighbours."""
        around = np.sort(self.logs[self.neighbours[place][self.valid[place]]])
        return _middle(np.sort(np.abs(around - _middle(around))))


def _middle(ordered: Floats) -> float:
    """Return the median of sorted values; numpy's own checks cost more than the sorting."""
    size = len(ordered)
    return 0.5 * float(ordered[(size - 1) // 2] + ordered[size // 2])


def survey(reports: tuple[Report, ...], rules: Setbacks) -> Surroundings:
    """Survey the reports (sorted by last day), each against its neighbours on both sides in time."""
    table = np.array([(r.start, r.end, r.episodes) for r in reports], dtype=np.float64)
    logs = np.log((table[:, 2] + 0.5) * 7.0 / (table[:, 1] - table[:, 0] + 1.0))
    middles = np.maximum.accumulate((table[:, 0] + table[:, 1]) / 2.0)
    neighbours, valid = _around(middles, rules)
    size = valid.sum(axis=1)
    enough = size >= rules.neighbours
    medians = _medians(logs[neighbours], valid, size)
    return Surroundings(logs, np.where(enough, medians, np.nan), neighbours, valid)


def _medians(values: Floats, valid: NDArray[np.bool_], size: Places) -> Floats:
    """Return the median of the valid values of each row.

    What is not valid becomes in turn smaller and larger than everything, so that every row has its median
    in the middle and a partial sort is enough, however many reports a day there are.
    """
    width = values.shape[1]
    missing = np.cumsum(~valid, axis=1)
    filled = np.where(valid, values, np.where(missing % 2 == 1, np.inf, -np.inf))
    middle = width // 2
    filled.partition(sorted({max(0, middle - 1), middle, min(width - 1, middle + 1)}), axis=1)
    rows, below = np.arange(len(values)), missing[:, -1] // 2
    held = np.maximum(size, 1)
    low, high = below + (held - 1) // 2, below + held // 2
    found = 0.5 * (filled[rows, low] + np.where(low == high, filled[rows, low], filled[rows, high]))
    return np.where(size > 0, found, 0.0)


def _around(middles: Floats, rules: Setbacks) -> tuple[Places, NDArray[np.bool_]]:
    """Return the neighbours of each report: those within the window, else its last few predecessors."""
    first = np.searchsorted(middles, middles - rules.neighbour_days, side="left")
    after = np.searchsorted(middles, middles + rules.neighbour_days, side="right")
    rows = np.arange(len(middles))
    few = after - first - 1 < rules.neighbours
    # Monthly reports, and the newest of fortnightly ones, have too few within ten weeks.
    first = np.where(few, np.maximum(rows - rules.neighbours, 0), first)
    after = np.where(few, rows, after)
    # More reports than one a day say nothing new about the surroundings, and must not fill the memory.
    first = np.maximum(first, rows - rules.neighbour_days)
    after = np.minimum(after, rows + rules.neighbour_days + 1)
    width = max(1, int((after - first).max()))
    places = first[:, None] + np.arange(width)
    valid = (places < after[:, None]) & (places != rows[:, None])
    places = np.minimum(places, len(middles) - 1)
    valid &= np.abs(middles[places] - middles[:, None]) <= _FALLBACK_DAYS
    return places, valid
