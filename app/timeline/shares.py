"""Weighted shares of good evidence with a Beta(1, 1) start; used by the prerequisites only."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
_Number = TypeVar("_Number", float, Floats)

_GRID = np.linspace(0.0, 1.0, 1001)
# The ends are nudged off zero so that a power of nothing is one and every other power of zero is nothing.
_GRID_LOGS = np.log(np.maximum(np.stack((_GRID, 1.0 - _GRID)), 1e-300))
_COARSE = np.linspace(0.0, 1.0, 101)
_COARSE_LOGS = np.log(np.maximum(np.stack((_COARSE, 1.0 - _COARSE)), 1e-300))


class Share:
    """A share of good evidence: Beta(``good`` + 1, ``poor`` + 1), where both are sums of faded weights."""

    def __init__(self, good: float, poor: float) -> None:
        """Tabulate the distribution once; every question is then a look into the table."""
        self.good, self.poor = good, poor
        density = np.array((good, poor)) @ _GRID_LOGS
        density -= np.maximum.reduce(density)
        np.exp(density, out=density)
        self._cumulative = np.zeros(len(_GRID))
        np.add(density[1:], density[:-1], out=self._cumulative[1:])
        np.add.accumulate(self._cumulative, out=self._cumulative)
        self._cumulative /= self._cumulative[-1]

    @property
    def mean(self) -> float:
        """Expected share."""
        return (self.good + 1.0) / (self.good + self.poor + 2.0)

    def above(self, bound: float) -> float:
        """Probability that the share lies above ``bound``."""
        # The grid is even, so the place is computed and need not be searched for.
        place = bound * (len(_GRID) - 1)
        whole = min(int(place), len(_GRID) - 2)
        low, high = self._cumulative[whole : whole + 2].tolist()
        return 1.0 - float(low + (place - whole) * (high - low))

    def interval(self, level: float) -> tuple[float, float]:
        """Return the central interval of that level."""
        tail = (1.0 - level) / 2.0
        low, high = np.interp((tail, 1.0 - tail), self._cumulative, _GRID)
        return float(low), float(high)


def by_moments(good: float, poor: float, bound: float, certainty: float) -> bool | None:
    """Tell whether P(share > bound) is at least ``certainty``, or ``None`` where mean and variance leave it open.

    Most shares need no integral: see ``_reach``.
    """
    gap, squared = _off(good + 1.0, poor + 1.0, bound)
    if gap > 0.0 and squared >= _reach(1.0 - certainty):
        return True
    return False if gap < 0.0 and squared > _reach(certainty) else None


def unbroken(enough: Flags, good: Floats, poor: Floats, bound: float, certainty: float) -> int:
    """Return from which place on every share is ``enough`` and above ``bound`` with at least ``certainty``.

    It is the number of shares if the last one is not. What moments leave open is integrated only after the
    last share that surely is not: nothing before it counts.
    """
    gap, squared = _off(good + 1.0, poor + 1.0, bound)
    unlikely = (gap < 0.0) & (squared > _reach(certainty))
    breaks = np.flatnonzero(unlikely | ~enough)
    start = int(breaks[-1]) + 1 if len(breaks) else 0
    sure = (gap > 0.0) & (squared >= _reach(1.0 - certainty))
    open_ones = start + np.flatnonzero(~sure[start:])
    if len(open_ones):
        broken = open_ones[certain_above(good[open_ones], poor[open_ones], bound) < certainty]
        return int(broken[-1]) + 1 if len(broken) else start
    return start


def _reach(tail: float) -> float:
    """Return how many variances off the mean, squared, no more than ``tail`` of any one-peaked distribution lies.

    The one-sided inequality of Vysochanskij and Petunin: beyond k standard deviations on one side lies at most
    4 / (9 (1 + k^2)), and for k^2 under 5/3 at most 4 / (3 (1 + k^2)) - 1/3. A Beta(a, b) with a, b >= 1 has
    one peak.
    """
    far = 4.0 / (9.0 * tail) - 1.0
    return far if far >= 5.0 / 3.0 else max(0.0, 4.0 / (3.0 * tail + 1.0) - 1.0)


def _off(a: _Number, b: _Number, bound: float) -> tuple[_Number, _Number]:
    """Return how far the mean of Beta(a, b) lies above a bound, and its square in units of the variance."""
    total = a + b
    gap = a / total - bound
    return gap, gap * gap * total * total * (total + 1.0) / (a * b)


def certain_above(good: Floats, poor: Floats, bound: float) -> Floats:
    """Return P(share > bound) for many shares, on a coarser grid: good to about a thousandth."""
    density = good[:, None] * _COARSE_LOGS[0]
    density += poor[:, None] * _COARSE_LOGS[1]
    density -= density.max(axis=1, keepdims=True)
    np.exp(density, out=density)
    above, every = (density @ _counted(bound)).T
    return np.asarray(above / every)


@lru_cache(maxsize=8)
def _counted(bound: float) -> Floats:
    """Return how much of each step of the coarse grid lies above a bound, and a column of ones."""
    counts = np.ones((len(_COARSE), 2))
    counts[:, 0] = np.minimum(np.maximum((_COARSE - bound) * (len(_COARSE) - 1) + 0.5, 0.0), 1.0)
    counts.flags.writeable = False
    return counts


def faded(ages_days: NDArray[Any], half_life_days: float) -> Floats:
    """Return the weight of evidence of each age: one today, a half after one half-life."""
    return np.asarray(0.5 ** (ages_days / half_life_days), dtype=np.float64)
