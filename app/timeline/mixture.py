"""Weighted normal distributions of several figures at once; internal to the trend and what reads it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_REACH, _FINENESS = 8.0, 400
_NORMAL = np.array(
    [
        0.5 * math.erfc(-k / _FINENESS / math.sqrt(2.0))
        for k in range(-int(_REACH) * _FINENESS, int(_REACH) * _FINENESS + 2)
    ]
)
_RISES = np.append(np.diff(_NORMAL), 0.0)


def normal(z: Floats) -> Floats:
    """Return the standard normal distribution function; the table is exact to about 2e-7."""
    # The table is even, so the place is computed; searching for it would cost four times as much.
    place = (np.minimum(np.maximum(z, -_REACH), _REACH) + _REACH) * _FINENESS
    whole = place.astype(np.int64)
    return np.asarray(_NORMAL[whole] + _RISES[whole] * (place - whole))


class Mixture(NamedTuple):
    """``weights`` of the parts; ``means`` and ``sds`` hold a row for each part and a column for each figure."""

    weights: Floats
    means: Floats
    sds: Floats

    def mean(self, figure: int) -> float:
        """Return the expected value of one figure."""
        return float(self.weights @ self.means[:, figure])

    def sd(self, figure: int) -> float:
        """Return the standard deviation of one figure."""
        means = self.means[:, figure]
        centre = self.weights @ means
        spread = self.weights @ (self.sds[:, figure] ** 2 + (means - centre) ** 2)
        return math.sqrt(max(0.0, float(spread)))

    def below(self, figure: int, bound: float) -> float:
        """Return the probability that one figure is at or below ``bound``."""
        return float(self.weights @ normal((bound - self.means[:, figure]) / self.sds[:, figure]))

    def interval(self, figure: int, level: float, points: int = 33) -> tuple[float, float, float]:
        """Return the mean and the central interval of one figure.

        The distribution function is tabulated over four standard deviations each way and read backwards;
        the table is fine enough for errors of about a hundredth of a standard deviation.
        """
        centre, spread = self.mean(figure), max(self.sd(figure), 1e-12)
        table = centre + spread * np.linspace(-4.0, 4.0, points)
        chances = self.weights @ normal((table - self.means[:, figure, None]) / self.sds[:, figure, None])
        tail = (1.0 - level) / 2.0
        low, high = np.interp((tail, 1.0 - tail), chances, table)
        return centre, float(low), float(high)
