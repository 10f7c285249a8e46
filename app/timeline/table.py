"""The reports of one look as columns of numbers, made once for all that calculate with them; internal."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.timeline.known_dates import NAMED_TRIGGERS
from app.timeline.records import Report

Floats = NDArray[np.float64]


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


def tabulate(reports: tuple[Report, ...]) -> Table:
    """Return the columns of reports with counts; ``named`` tells which name a known date as their trigger."""
    starts = np.array([r.start for r in reports], dtype=np.float64)
    ends = np.array([r.end for r in reports], dtype=np.float64)
    return Table(
        starts,
        ends,
        np.array([r.episodes for r in reports], dtype=np.float64),
        np.array([r.duration or 0.0 for r in reports], dtype=np.float64),
        np.array([r.trigger in NAMED_TRIGGERS for r in reports], dtype=bool),
        (starts + ends) / 2.0,
        ends - starts + 1.0,
    )
