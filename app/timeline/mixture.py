"""Weighted normal distributions of several figures at once; internal to the trend and what reads it."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.timeline.once import once

Floats = NDArray[np.float64]

_REACH, _FINENESS = 8.0, 400
_NORMAL = np.array(
    [
        0.5 * math.erfc(-k / _FINENESS / math.sqrt(2.0))
        for k in range(-int(_REACH) * _FINENESS, int(_REACH) * _FINENESS + 2)
    ]
)
_RISES = np.append(np.diff(_NORMAL), 0.0)
_STEPS = np.linspace(-4.0, 4.0, 33)
_SIDE = 6
_LIKELY = _STEPS[np.r_[7 : 7 + _SIDE, 20 : 20 + _SIDE]]
"""Steps from 1 to 2.25 standard deviations on either side: there most intervals end."""


def normal(z: Floats) -> Floats:
    """Return the standard normal distribution function; the table is exact to about 2e-7."""
    # The table is even, so the place is computed; searching for it would cost four times as much.
    place = np.maximum(z, -_REACH)
    np.minimum(place, _REACH, out=place)
    place += _REACH
    place *= _FINENESS
    whole = place.astype(np.int64)
    place -= whole
    place *= _RISES.take(whole)
    place += _NORMAL.take(whole)
    return place


class Mixture:
    """``weights`` of the parts; ``means`` and ``sds`` hold a row for each part and a column for each figure."""

    def __init__(self, weights: Floats, means: Floats, sds: Floats) -> None:
        """Keep the three; what is asked of all figures is worked out for all at once."""
        self.weights, self.means, self.sds = weights, means, sds

    @once
    def centres(self) -> Floats:
        """Expected value of every figure."""
        return np.asarray(self.weights @ self.means)

    @once
    def _spreads(self) -> Floats:
        apart = self.means - self.centres
        spread = self.weights @ (self.sds * self.sds + apart * apart)
        return np.asarray(np.sqrt(np.maximum(spread, 0.0)))

    def mean(self, figure: int) -> float:
        """Return the expected value of one figure."""
        return float(self.centres[figure])

    def sd(self, figure: int) -> float:
        """Return the standard deviation of one figure."""
        return float(self._spreads[figure])

    def below(self, figures: Sequence[int], bounds: Sequence[float]) -> list[float]:
        """Return for each figure named the probability that it is at or below its bound."""
        places = np.array(figures)
        z = (np.array(bounds) - self.means.take(places, axis=1)) / self.sds.take(places, axis=1)
        return [float(chance) for chance in self.weights @ normal(z)]

    def interval(self, figure: int, level: float) -> tuple[float, float, float]:
        """Return the mean and the central interval of one figure.

        The distribution function is tabulated over four standard deviations each way and read backwards;
        the table is fine enough for errors of about a hundredth of a standard deviation. Where a nearly
        normal figure has its ends is tried first; the rest of the table is only needed if they lie elsewhere.
        """
        tail = (1.0 - level) / 2.0
        table, chances = self._tabulated(figure, _LIKELY)
        if not (chances[0] <= tail <= chances[_SIDE - 1] and chances[_SIDE] <= 1.0 - tail <= chances[-1]):
            table, chances = self._tabulated(figure, _STEPS)
        return self.mean(figure), _where(tail, chances, table), _where(1.0 - tail, chances, table)

    def _tabulated(self, figure: int, steps: Floats) -> tuple[list[float], list[float]]:
        """Return the figure's values some standard deviations off its mean, and the chance of lying below each."""
        table = self.mean(figure) + max(self.sd(figure), 1e-12) * steps
        z = table[:, None] - self.means[:, figure]
        z /= self.sds[:, figure]
        chances: list[float] = (normal(z) @ self.weights).tolist()
        return table.tolist(), chances


def _where(chance: float, chances: list[float], table: list[float]) -> float:
    """Read a table backwards, straight between its places, as ``np.interp`` does for many chances at once."""
    place = bisect_right(chances, chance) - 1
    if place < 0:
        return table[0]
    if place == len(table) - 1 or chances[place] == chance:
        return table[place]
    slope = (table[place + 1] - table[place]) / (chances[place + 1] - chances[place])
    return slope * (chance - chances[place]) + table[place]
