"""The trend carried forward to the month at which the response may be rare; asked once a look."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.timeline.mixture import normal
from app.timeline.parameters import DAYS_PER_MONTH
from app.timeline.trend import LEVEL, LEVEL_IN_12, LEVEL_IN_36, Trend

Floats = NDArray[np.float64]

_AHEAD = np.array([0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 21, 24, 27, 30, 33, 36, 42, 48, 54, 60], float)
_ROWS = _AHEAD[:, None]
_SQUARES, _CUBES = _ROWS**2, _ROWS**3


class Projection(NamedTuple):
    """Months since repair started; ``None`` where the bound lies beyond the last month that is shown."""

    estimate: float | None
    low: float | None
    high: float | None
    p_by_36: float


def project(trend: Trend) -> Projection:
    """Project when the underlying frequency is at or below the resolved level, to stay."""
    reading = trend.parameters.reading
    ahead, chances = _future(trend)
    if chances[0] > reading.projection_tail:
        back, earlier = _past(trend)
        ahead, chances = np.concatenate((back, ahead)), np.concatenate((earlier, chances))
    chances = np.maximum.accumulate(chances)
    at = trend.now + ahead
    tail, last = reading.projection_tail, reading.latest_projected_month
    estimate, low, high = (_reaches(at, chances, p, last) for p in (0.5, tail, 1.0 - tail))
    return Projection(estimate, low, high, float(np.interp(reading.band_slow_months, at, chances)))


def _future(trend: Trend) -> tuple[Floats, Floats]:
    """Extrapolate: the mean is linear in time, the variance quadratic plus the wandering still to come."""
    wander = trend.fit.design.rules.wander**2
    means, variances = trend.figures.means, trend.figures.sds**2
    slope = (means[:, LEVEL_IN_36] - means[:, LEVEL]) / 36.0
    v0 = variances[:, LEVEL]
    v12 = variances[:, LEVEL_IN_12] - wander * 12.0**3 / 3.0 - v0
    v36 = variances[:, LEVEL_IN_36] - wander * 36.0**3 / 3.0 - v0
    bend = (v36 - 3.0 * v12) / (36.0**2 - 3.0 * 12.0**2)
    tilt = (v12 - bend * 144.0) / 12.0
    spread = tilt * _ROWS
    spread += v0
    spread += bend * _SQUARES
    spread += wander * _CUBES / 3.0
    np.maximum(spread, 1e-12, out=spread)
    gap = trend.resolved_level - means[:, LEVEL] - slope * _ROWS
    gap /= np.sqrt(spread, out=spread)
    return _AHEAD, np.asarray(normal(gap) @ trend.figures.weights, dtype=np.float64)


def _past(trend: Trend) -> tuple[Floats, Floats]:
    """Look back for those who may be there already: the chance of having stayed resolved ever since."""
    reach = max(1, math.floor(min(trend.now, 24.0) / 2.0))
    back = np.arange(reach, 0, -1) * 2.0
    days = trend.clock.as_of - np.rint(back * DAYS_PER_MONTH).astype(np.int64)
    levels = trend.levels(days)
    chances = levels.weights @ normal((trend.resolved_level - levels.means) / levels.sds)
    stayed = np.minimum.accumulate(np.append(chances, trend.p_resolved)[::-1])[::-1]
    return np.asarray(-back, dtype=np.float64), np.asarray(stayed[:-1], dtype=np.float64)


def _reaches(at: Floats, chances: Floats, chance: float, last: float) -> float | None:
    """Return the first month at which the chance is reached, or ``None`` beyond the last month shown."""
    if chances[-1] < chance:
        return None
    place = int(np.argmax(chances >= chance))
    month = float(at[place])
    if place:
        before, here = chances[place - 1], chances[place]
        month = float(at[place - 1] + (at[place] - at[place - 1]) * (chance - before) / (here - before))
    return month if month <= last else None
