"""How far a report stands above the reports around it; all are sifted at once, few are measured; read by setbacks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.timeline.parameters import Setbacks
from app.timeline.table import Table

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

_FALLBACK_DAYS = 183
_SLACK = 1e-9


class Surroundings(NamedTuple):
    """Log frequency of each report, the place of its first neighbour, and the place after its last."""

    logs: Floats
    first: Places
    after: Places
    fewest: int

    def above(self, least: Floats) -> Places:
        """Return the reports that may lie ``least`` (one bound a report) above the median around them.

        Half of the neighbours or more must then lie that far below a report. Counting them needs no sorting,
        and leaves few reports whose median has to be known. Where reports come unevenly, some counted are no
        neighbours; that only lets a few more through.
        """
        rows = np.arange(len(self.logs))
        back, ahead = int((rows - self.first).max()), int((self.after - rows).max())
        padded = np.full(len(rows) + back + ahead, np.inf)
        padded[back : back + len(rows)] = self.logs
        # Row k holds what stands k places further on: a view of the same numbers, shifted.
        shifted = np.ndarray((back + ahead + 1, len(rows)), np.float64, padded, 0, padded.strides * 2)
        below = shifted <= self.logs - least + _SLACK
        # Bytes are added up as bytes wherever that many cannot run over.
        count = np.add.reduce(below.view(np.uint8), axis=0, dtype=np.uint8 if len(below) < 256 else np.uint16)
        # A report stands among its neighbours, but is never counted as below itself.
        size = self.after - self.first - (self.after > rows)
        return np.flatnonzero((size >= self.fewest) & (count >= size - count))

    def around(self, place: int) -> Floats:
        """Return the log frequencies of one report's neighbours, sorted."""
        first, after = int(self.first[place]), int(self.after[place])
        found = np.concatenate((self.logs[first:place], self.logs[place + 1 : after]))
        found.sort()
        return found


def middle(ordered: Floats) -> float:
    """Return the median of sorted values; numpy's own checks cost more than the sorting."""
    size = len(ordered)
    return 0.5 * float(ordered[(size - 1) // 2] + ordered[size // 2])


def spread(ordered: Floats) -> float:
    """Return the median absolute deviation of sorted values."""
    apart = np.abs(ordered - middle(ordered))
    apart.sort()
    return middle(apart)


def survey(table: Table, rules: Setbacks) -> Surroundings:
    """Return the neighbours of each report (sorted by last day): those within the window, else its last few.

    Monthly reports, and the newest of fortnightly ones, have too few within ten weeks. More reports than
    one a day say nothing new about the surroundings, and must not fill the memory.
    """
    middles = np.maximum.accumulate(table.middles)
    first = np.searchsorted(middles, middles - rules.neighbour_days, side="left")
    after = np.searchsorted(middles, middles + rules.neighbour_days, side="right")
    rows = np.arange(len(middles))
    few = after - first - 1 < rules.neighbours
    first = np.where(few, np.maximum(rows - rules.neighbours, 0), first)
    first = np.maximum(first, np.searchsorted(middles, middles - _FALLBACK_DAYS, side="left"))
    first = np.maximum(first, rows - rules.neighbour_days)
    after = np.minimum(np.where(few, rows, after), rows + rules.neighbour_days + 1)
    return Surroundings(table.logs(), first, after, rules.neighbours)
