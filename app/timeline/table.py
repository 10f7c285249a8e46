"""The reports of one look as columns of numbers, made once for all that calculate with them; internal."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.timeline.known_dates import NAMED_TRIGGERS
from app.timeline.records import Report

Floats = NDArray[np.float64]

_NONE: Floats = np.empty(0)
_NEVER: NDArray[np.bool_] = np.empty(0, dtype=bool)


class Table(NamedTuple):
    """One place a report: days as ordinals, ``log_minutes`` 0 where no duration is known."""

    starts: Floats
    ends: Floats
    episodes: Floats
    timed: NDArray[np.bool_]
    log_minutes: Floats
    named: NDArray[np.bool_]
    middles: Floats
    days: Floats

    def logs(self) -> Floats:
        """Return the log of episodes a week, half an episode added."""
        return np.asarray(np.log((self.episodes + 0.5) * 7.0 / self.days))

    def of(self, rows: slice | NDArray[np.int64]) -> Table:
        """Return some of the rows, in the order asked for."""
        return Table._make(column[rows] for column in self)


def _named(triggers: tuple[str, ...]) -> NDArray[np.bool_]:
    if NAMED_TRIGGERS.isdisjoint(triggers):
        return np.zeros(len(triggers), dtype=bool)
    return np.array(list(map(NAMED_TRIGGERS.__contains__, triggers)), dtype=bool)


def tabulate(reports: tuple[Report, ...]) -> Table:
    """Return the columns of one or more reports, a missing count as not a number.

    ``named`` marks those whose trigger is a known date.
    """
    if not reports:
        return Table(_NONE, _NONE, _NONE, _NEVER, _NONE, _NEVER, _NONE, _NONE)
    _, _, starts, ends, episodes, durations, _, _, triggers = zip(*reports)
    first, last = np.array(starts, dtype=np.float64), np.array(ends, dtype=np.float64)
    minutes = np.array(durations, dtype=np.float64)
    # A duration of nothing is none; one that is not known is not a number, and so is not above it either.
    timed = minutes > 0.0
    return Table(
        first,
        last,
        np.array(episodes, dtype=np.float64),
        timed,
        np.log(np.where(timed, minutes, 1.0)),
        _named(triggers),
        (first + last) / 2.0,
        last - first + 1.0,
    )
