"""Covariances of the trend's moving parts, as plain functions of times; internal to the trend."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def integrated_walk(s: Floats, t: Floats, intensity: float = 1.0) -> Floats:
    """Return the covariance of an integrated Wiener process started at time 0.

    With the earlier moment e and the later l it is e * e * (3 * l - e) / 6, which is e * (3 * s * t - e * e) / 6.
    Scaling time by the cube root of the factor costs two short rows instead of another pass over the whole.
    """
    scale = (intensity / 6.0) ** (1.0 / 3.0)
    s, t = scale * s, scale * t
    early = np.minimum(s, t)
    found = (3.0 * s) * t
    found -= early * early
    found *= early
    return found


def mean_wobble(middles: Floats, lengths: Floats, memory: float, variance: float = 1.0) -> Floats:
    """Return the covariance of averages of an Ornstein-Uhlenbeck process over stretches of days."""
    return mean_wobbles(middles, lengths, memory, (variance,))[0]


def mean_wobbles(
    middles: Floats, lengths: Floats, memory: float, variances: tuple[float, ...]
) -> list[Floats]:
    """Return the same for processes of several variances, which share all but their size.

    Stretches must not overlap; if they nearly do, as bins of uneven windows may, the gap counts as none.
    """
    a = lengths / memory
    whole = -np.expm1(-a)
    at, half = middles / memory, 0.5 * a
    # Of one stretch's end less another's beginning, one way round or the other is the gap, below zero.
    apart = (at + half) - (at - half)[:, None]
    gaps = np.minimum(apart, apart.T)
    np.minimum(gaps, 0.0, out=gaps)
    between: Floats = np.exp(gaps, out=gaps)
    fade, rest, square = whole / a, a - whole, a * a
    found = []
    for variance in variances:
        covariance = between * (variance * fade)[:, None]
        covariance *= fade
        diagonal(covariance)[:] = (2.0 * variance) * rest / square
        found.append(covariance)
    return found


def diagonal(square: Floats) -> Floats:
    """Return a view of the diagonal of a square matrix that lies in one piece, to write into."""
    return square.reshape(-1, copy=False)[:: len(square) + 1]


def rising(t: Floats, since: Floats) -> Floats:
    """Return max(0, t - since), one row for each time and one column for each beginning."""
    return np.maximum(t[:, None] - since, 0.0)
