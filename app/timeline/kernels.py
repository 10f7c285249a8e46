"""Covariances of the trend's moving parts, as plain functions of times; internal to the trend."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def integrated_walk(s: Floats, t: Floats) -> Floats:
    """Return the covariance of an integrated Wiener process started at time 0 (unit intensity).

    With the earlier moment e and the later l it is e * e * (3 * l - e) / 6.
    """
    early = np.minimum(s, t)
    found = 3.0 * np.maximum(s, t)
    found -= early
    found *= early
    found *= early
    found /= 6.0
    return found


def mean_wobble(middles: Floats, lengths: Floats, memory: float) -> Floats:
    """Return the covariance of averages of a unit Ornstein-Uhlenbeck process over stretches of days.

    Stretches must not overlap; if they nearly do, as bins of uneven windows may, the gap counts as none.
    """
    a = lengths / memory
    whole = -np.expm1(-a)
    fade, at, half = whole / a, middles / memory, 0.5 * a
    gaps = np.abs(at[:, None] - at)
    gaps -= half[:, None]
    gaps -= half
    np.maximum(gaps, 0.0, out=gaps)
    np.negative(gaps, out=gaps)
    between: Floats = np.exp(gaps, out=gaps)
    between *= fade[:, None]
    between *= fade
    diagonal(between)[:] = 2.0 * (a - whole) / (a * a)
    return between


def diagonal(square: Floats) -> Floats:
    """Return a view of the diagonal of a square matrix, to write into."""
    view: Floats = np.einsum("ii->i", square)
    return view


def rising(t: Floats, since: Floats) -> Floats:
    """Return max(0, t - since), one row for each time and one column for each beginning."""
    return np.maximum(t[:, None] - since, 0.0)
