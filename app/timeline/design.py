"""The joint model of log frequency and log duration written as one Gaussian: data, means, covariances; internal.

Rows are frequency bins, then duration bins. Movement of the underlying level is shared: a row of
durations moves by a fixed share of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.timeline.bins import Bins
from app.timeline.kernels import integrated_walk, mean_wobble, rising
from app.timeline.parameters import DAYS_PER_MONTH, Trend

Floats = NDArray[np.float64]


class Design(NamedTuple):
    """Everything the fit needs; times in months since the start of repair.

    ``noise`` is the covariance of a unit of extra noise, ``white`` its part that is free from bin to bin.
    """

    rules: Trend
    months: Floats
    share: Floats
    frequencies: int
    steps: Floats
    fresh: Floats
    flagged: Floats
    values: Floats
    centre: float
    duration_centre: float
    covariance: Floats
    noise: Floats
    white: Floats


def build(bins: Bins, noise_of_duration: float, steps: Floats, fresh: Floats, rules: Trend) -> Design:
    """Put bins, level steps (months of betrayals) and fresh slopes (months of restarts) together."""
    timed = len(bins.log_duration) >= rules.duration_bins
    nf, nd = len(bins.log_rate), len(bins.log_duration) if timed else 0
    months = np.concatenate((bins.months, bins.duration_months[:nd]))
    share = np.concatenate((np.ones(nf), np.full(nd, rules.duration_share)))
    flagged = share * np.concatenate((bins.flagged, bins.duration_flagged[:nd]))
    centre = float(np.mean(bins.log_rate))
    duration_centre = float(np.mean(bins.log_duration)) if nd else 0.0
    values = np.concatenate((bins.log_rate - centre, bins.log_duration[:nd] - duration_centre))
    # Prior means of what is not the trend are taken off the data, so that every effect starts at zero.
    values -= rules.known_date_mean * flagged
    values -= rules.step_mean * share * (months[:, None] >= steps).sum(axis=1)
    design = Design(
        rules,
        months,
        share,
        nf,
        steps,
        fresh,
        flagged,
        values,
        centre,
        duration_centre,
        np.empty((0, 0)),
        np.empty((0, 0)),
        np.empty(0),
    )
    noise, white = _extra_noise(bins, len(months), rules)
    covariance = _covariance(design, bins, noise_of_duration)
    return design._replace(covariance=covariance, noise=noise, white=white)


def movement(design: Design, s: Floats, t: Floats) -> Floats:
    """Return the prior covariance of the shared movement between moments ``s`` and ``t``."""
    rules = design.rules
    found = rules.slope_sd**2 * np.outer(s, t)
    found += rules.wander**2 * integrated_walk(s[:, None], t[None, :])
    for step in design.steps:
        found += rules.step_sd**2 * np.outer(s >= step, t >= step)
    for since in design.fresh:
        found += rules.fresh_slope_sd**2 * np.outer(np.maximum(s - since, 0), np.maximum(t - since, 0))
    return found


def own_duration(design: Design, s: Floats, t: Floats) -> Floats:
    """Return the prior covariance of what log durations do on their own."""
    rules = design.rules
    walk = rules.duration_walk**2 * np.minimum(s[:, None], t[None, :])
    return rules.level_sd**2 + rules.duration_slope_sd**2 * np.outer(s, t) + walk


def with_data(design: Design, at: Floats, *, duration: bool) -> Floats:
    """Return the prior covariance of the underlying level (or log duration) at moments with the data."""
    nf, months = design.frequencies, design.months
    shared = movement(design, at, months) * design.share
    if duration:
        shared *= design.rules.duration_share
        shared[:, nf:] += own_duration(design, at, months[nf:])
    else:
        shared[:, :nf] += design.rules.level_sd**2
    return shared


def turn_columns(design: Design, turns: Floats) -> Floats:
    """Return one column for each turn, and one empty column for "no turn"."""
    columns = rising(design.months, turns) * design.share[:, None]
    return np.concatenate((columns, np.zeros((len(columns), 1))), axis=1)


def _covariance(design: Design, bins: Bins, noise_of_duration: float) -> Floats:
    rules, nf, months = design.rules, design.frequencies, design.months
    found = movement(design, months, months) * np.outer(design.share, design.share)
    found += rules.known_date_sd**2 * np.outer(design.flagged, design.flagged)
    found[:nf, :nf] += rules.level_sd**2
    extra = (rules.known_date_noise_sd * design.flagged) ** 2
    extra[:nf] += bins.variance
    if len(months) > nf:
        found[nf:, nf:] += own_duration(design, months[nf:], months[nf:])
        wobble = rules.duration_wobble_share * noise_of_duration
        lengths = bins.duration_days
        found[nf:, nf:] += wobble * mean_wobble(
            months[nf:] * DAYS_PER_MONTH, lengths, rules.wobble_memory_days
        )
        extra[nf:] += (1.0 - rules.duration_wobble_share) * noise_of_duration / bins.durations
    found[np.diag_indices(len(months))] += extra
    return found


def _extra_noise(bins: Bins, size: int, rules: Trend) -> tuple[Floats, Floats]:
    nf = len(bins.log_rate)
    white, noise = np.zeros(size), np.zeros((size, size))
    white[:nf] = (1.0 - rules.wobble_share) / bins.reports
    wobble = mean_wobble(bins.months * DAYS_PER_MONTH, bins.days, rules.wobble_memory_days)
    noise[:nf, :nf] = rules.wobble_share * wobble
    noise[np.diag_indices(size)] += white
    return noise, white
