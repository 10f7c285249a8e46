"""Weighted shares of good evidence with a Beta(1, 1) start; used by the prerequisites only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_GRID = np.linspace(0.0, 1.0, 1001)
# The ends are nudged off zero so that a power of nothing is one and every other power of zero is nothing.
_LOG_YES, _LOG_NO = np.log(np.maximum(_GRID, 1e-300)), np.log(np.maximum(1.0 - _GRID, 1e-300))


class Share:
    """A share of good evidence: Beta(``good`` + 1, ``poor`` + 1), where both are sums of faded weights."""

    def __init__(self, good: float, poor: float) -> None:
        """Tabulate the distribution once; every question is then a look into the table."""
        self.good, self.poor = good, poor
        self._cumulative = cumulative(np.array([good]), np.array([poor]))[0]

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


def cumulative(good: Floats, poor: Floats) -> Floats:
    """Return the distribution functions of Beta(good + 1, poor + 1) on the grid, one row each."""
    log_density = good[:, None] * _LOG_YES + poor[:, None] * _LOG_NO
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    table = np.zeros_like(density)
    np.cumsum(density[:, 1:] + density[:, :-1], axis=1, out=table[:, 1:])
    return np.asarray(table / table[:, -1:])


def certain_above(good: Floats, poor: Floats, bound: float) -> Floats:
    """Return P(share > bound) for many shares; ``bound`` is looked up at the nearest thousandth."""
    return np.asarray(1.0 - cumulative(good, poor)[:, round(bound * 1000)])


def faded(ages_days: NDArray[Any], half_life_days: float) -> Floats:
    """Return the weight of evidence of each age: one today, a half after one half-life."""
    return np.asarray(0.5 ** (ages_days / half_life_days), dtype=np.float64)
