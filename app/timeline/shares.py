"""Weighted shares of good evidence with a Beta(1, 1) start; used by the prerequisites only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_GRID = np.linspace(0.0, 1.0, 1001)
# The ends are nudged off zero so that a power of nothing is one and every other power of zero is nothing.
_LOG_YES, _LOG_NO = np.log(np.maximum(_GRID, 1e-300)), np.log(np.maximum(1.0 - _GRID, 1e-300))
_COARSE = np.linspace(0.0, 1.0, 101)
_COARSE_LOGS = np.log(np.maximum(np.stack((_COARSE, 1.0 - _COARSE)), 1e-300))


class Share:
    """A share of good evidence: Beta(``good`` + 1, ``poor`` + 1), where both are sums of faded weights."""

    def __init__(self, good: float, poor: float) -> None:
        """Tabulate the distribution once; every question is then a look into the table."""
        self.good, self.poor = good, poor
        density = good * _LOG_YES + poor * _LOG_NO
        density = np.exp(density - density.max())
        steps = np.cumsum(density[1:] + density[:-1])
        self._cumulative = np.concatenate(([0.0], steps / steps[-1]))

    @property
    def mean(self) -> float:
        """Expected share."""
        return (self.good + 1.0) / (self.good + self.poor + 2.0)

    def above(self, bound: float) -> float:
        """Probability that the share lies above ``bound``."""
        return float(1.0 - np.interp(bound, _GRID, self._cumulative))

    def interval(self, level: float) -> tuple[float, float]:
        """Return the central interval of that level."""
        tail = (1.0 - level) / 2.0
        low, high = np.interp((tail, 1.0 - tail), self._cumulative, _GRID)
        return float(low), float(high)


def certain_above(good: Floats, poor: Floats, bound: float) -> Floats:
    """Return P(share > bound) for many shares, on a coarser grid: good to about a thousandth."""
    log_density = np.stack((good, poor), axis=1) @ _COARSE_LOGS
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    above = np.clip((_COARSE - bound) * (len(_COARSE) - 1) + 0.5, 0.0, 1.0)
    return np.asarray(density @ above / density.sum(axis=1))


def faded(ages_days: NDArray[Any], half_life_days: float) -> Floats:
    """Return the weight of evidence of each age: one today, a half after one half-life."""
    return np.asarray(0.5 ** (ages_days / half_life_days), dtype=np.float64)
