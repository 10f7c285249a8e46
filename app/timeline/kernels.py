"""Covariances of the trend's moving parts, as plain functions of times; internal to the trend."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def integrated_walk(s: Floats, t: Floats) -> Floats:
    """Return the covariance of an integrated Wiener process started at time 0 (unit intensity)."""
    early, late = np.minimum(s, t), np.maximum(s, t)
    return early * early * (3.0 * late - early) / 6.0


def mean_wobble(middles: Floats, lengths: Floats, memory: float) -> Floats:
    """Return the covariance of averages of a unit Ornstein-Uhlenbeck process over stretches of days.

    Stretches must not overlap; if they nearly do, as bins of uneven windows may, the gap counts as none.
    """
    a = lengths / memory
    fade = -np.expm1(-a) / a
    gaps = np.abs(middles[:, None] - middles) - 0.5 * (lengths[:, None] + lengths)
    between = np.outer(fade, fade) * np.exp(-np.maximum(gaps, 0.0) / memory)
    np.fill_diagonal(between, 2.0 * (a + np.expm1(-a)) / (a * a))
    return between


def rising(t: Floats, since: Floats) -> Floats:
    """Return max(0, t - since), one row for each time and one column for each beginning."""
    return np.maximum(t[:, None] - since, 0.0)
