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
        around = self.logs[self.neighbours[place][self.valid[place]]]
        return float(np.median(np.abs(around - np.median(around))))


def survey(reports: tuple[Report, ...], rules: Setbacks) -> Surroundings:
    """Survey the reports (sorted by last day), each against its neighbours on both sides in time."""
    table = np.array([(r.start, r.end, r.episodes) for r in reports], dtype=np.float64)
    logs = np.log((table[:, 2] + 0.5) * 7.0 / (table[:, 1] - table[:, 0] + 1.0))
    middles = np.maximum.accumulate((table[:, 0] + table[:, 1]) / 2.0)
    neighbours, valid = _around(middles, rules)
    values = np.where(valid, logs[neighbours], np.inf)
    values.sort(axis=1)
    size = valid.sum(axis=1)
    enough = size >= rules.neighbours
    rows, held = np.arange(len(logs)), np.maximum(size, 1)
    medians = 0.5 * (values[rows, (held - 1) // 2] + values[rows, held // 2])
    return Surroundings(logs, np.where(enough, medians, np.nan), neighbours, valid)


def _around(middles: Floats, rules: Setbacks) -> tuple[Places, NDArray[np.bool_]]:
    """Return the neighbours of each report: those within the window, else its last few predecessors."""
    first = np.searchsorted(middles, middles - rules.neighbour_days, side="left")
    after = np.searchsorted(middles, middles + rules.neighbour_days, side="right")
    rows = np.arange(len(middles))
    few = after - first - 1 < rules.neighbours
    # Monthly reports, and the newest of fortnightly ones, have too few within ten weeks.
    first = np.where(few, np.maximum(rows - rules.neighbours, 0), first)
    after = np.where(few, rows, after)
    width = max(1, int((after - first).max()))
    places = first[:, None] + np.arange(width)
    valid = (places < after[:, None]) & (places != rows[:, None])
    places = np.minimum(places, len(middles) - 1)
    valid &= np.abs(middles[places] - middles[:, None]) <= _FALLBACK_DAYS
    return places, valid
