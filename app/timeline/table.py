"""The reports of one look as columns of numbers, made once for all that calculate with them; internal."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.timeline.known_dates import NAMED_TRIGGERS
from app.timeline.records import Report

Floats = NDArray[np.float64]

_NONE: Floats = np.empty(0)


class Table(NamedTuple):
    """One place a report: days as ordinals, minutes 0 where no duration is known."""

    starts: Floats
    ends: Floats
    episodes: Floats
    minutes: Floats
    named: NDArray[np.bool_]
    middles: Floats
    days: Floats

    def logs(self) -> Floats:
        """Return the log of episodes a week, half an episode added."""
        return np.asarray(np.log((self.episodes + 0.5) * 7.0 / self.days))

    def of(self, places: NDArray[np.int64]) -> Table:
        """Return some of the rows, in the order asked for."""
        floats = (self.starts, self.ends, self.episodes, self.minutes, self.middles, self.days)
        starts, ends, episodes, minutes, middles, days = (column[places] for column in floats)
        return Table(starts, ends, episodes, minutes, self.named[places], middles, days)


def tabulate(reports: tuple[Report, ...]) -> Table:
    """Return the columns of one or more reports, a missing count as not a number.

    ``named`` marks those whose trigger is a known date.
    """
    if not reports:
        return Table(_NONE, _NONE, _NONE, _NONE, np.empty(0, dtype=bool), _NONE, _NONE)
    _, _, starts, ends, episodes, minutes, _, _, triggers = zip(*reports)
    first, last = np.array(starts, dtype=np.float64), np.array(ends, dtype=np.float64)
    return Table(
        first,
        last,
        np.array(episodes, dtype=np.float64),
        np.array([m or 0.0 for m in minutes], dtype=np.float64),
        np.array([t in NAMED_TRIGGERS for t in triggers], dtype=bool),
        (first + last) / 2.0,
        last - first + 1.0,
    )
