"""Limits that need no approximation: Clopper-Pearson for couples, resampled couples for looks; figures come in."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

_T = TypeVar("_T")
RESAMPLES = 200


def binomial_at_most(hits: int, trials: int, chance: float) -> float:
    """Return P(a binomial count is at most ``hits``)."""
    if hits >= trials or chance <= 0.0:
        return 1.0
    if chance >= 1.0:
        return 0.0
    logs = [
        math.lgamma(trials + 1)
        - math.lgamma(k + 1)
        - math.lgamma(trials - k + 1)
        + k * math.log(chance)
        + (trials - k) * math.log1p(-chance)
        for k in range(hits + 1)
    ]
    return min(1.0, math.fsum(math.exp(log) for log in logs))


def clopper_pearson(hits: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact two-sided limits of a share; with no trials, nothing is known."""
    if not trials:
        return 0.0, 1.0
    tail = (1.0 - level) / 2.0
    low = 0.0 if not hits else _solve(lambda p: 1.0 - binomial_at_most(hits - 1, trials, p), tail)
    high = 1.0 if hits == trials else 1.0 - _solve(lambda q: binomial_at_most(hits, trials, 1.0 - q), tail)
    return low, high


def upper_limit(hits: int, trials: int, level: float = 0.95) -> float:
    """Return the exact one-sided upper limit of a share."""
    return clopper_pearson(hits, trials, 2.0 * level - 1.0)[1]


def resampled(
    couples: Sequence[_T], figure: Callable[[Sequence[_T]], float], level: float = 0.95
) -> tuple[float, float]:
    """Return limits of a figure over looks by drawing couples again: looks at one couple are no new evidence."""
    chance = np.random.default_rng(20)
    found = []
    for _ in range(RESAMPLES):
        drawn = chance.integers(0, len(couples), len(couples))
        found.append(figure([couples[place] for place in drawn.tolist()]))
    tail = (1.0 - level) / 2.0
    low, high = np.nanquantile(np.array(found), (tail, 1.0 - tail))
    return float(low), float(high)


def _solve(rising: Callable[[float], float], wanted: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return (low + high) / 2.0
