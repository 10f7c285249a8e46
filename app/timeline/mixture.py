"""Weighted normal distributions of several figures at once; internal to the trend and what reads it."""

from __future__ import annotations

import math
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
_LIKELY = np.r_[7 : 7 + _SIDE, 20 : 20 + _SIDE]
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
        table, chances = self._tabulated(figure, _STEPS[_LIKELY])
        low, low_end, high, high_end = chances[[0, _SIDE - 1, _SIDE, -1]]
        if not low <= tail <= low_end or not high <= 1.0 - tail <= high_end:
            table, chances = self._tabulated(figure, _STEPS)
        found_low, found_high = np.interp((tail, 1.0 - tail), chances, table)
        return self.mean(figure), float(found_low), float(found_high)

    def _tabulated(self, figure: int, steps: Floats) -> tuple[Floats, Floats]:
        table = self.mean(figure) + max(self.sd(figure), 1e-12) * steps
        means, sds = self.means[:, figure], self.sds[:, figure]
        return table, np.asarray(normal((table[:, None] - means) / sds) @ self.weights)
