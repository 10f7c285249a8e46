"""The joint model of log frequency and log duration written as one Gaussian: data, means, covariances; internal.

Rows are frequency bins, then duration bins. Movement of the underlying level is shared: a row of
durations moves by a fixed share of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.timeline.bins import Bins
from app.timeline.kernels import diagonal, integrated_walk, mean_wobble, mean_wobbles, rising
from app.timeline.parameters import DAYS_PER_MONTH, Trend

Floats = NDArray[np.float64]


class Design(NamedTuple):
    """Everything the fit needs; times in months since the start of repair.

    ``free`` is the variance each row has for itself, ``timing`` the covariance of what the timing of durations
    adds to their rows, ``noise`` that of a unit of extra noise in the rows of frequencies, and ``white`` the
    part of the extra noise that is free from bin to bin. Rows of durations are ``alike`` those of frequencies
    if they lie over the very same days, as they do where every report tells a duration.
    """

    rules: Trend
    months: Floats
    share: Floats
    frequencies: int
    alike: bool
    steps: Floats
    fresh: Floats
    flagged: Floats
    values: Floats
    centre: float
    duration_centre: float
    free: Floats
    timing: Floats
    noise: Floats
    white: Floats


class Question:
    """Figures that are linear in the underlying level and log duration at ``months``.

    ``level`` and ``duration`` hold one row a figure and one column a moment; ``known_date`` the weight of
    the known-date effect in each figure. Durations share the movement of the level, ``moved`` is both together.
    """

    def __init__(
        self, months: Floats, level: Floats, duration: Floats, known_date: Floats, rules: Trend
    ) -> None:
        """Keep the four, and what everything asked of them needs."""
        self.months, self.level, self.duration, self.known_date = months, level, duration, known_date
        self.moved = level + rules.duration_share * duration
        self.levels, self.durations = np.add.reduce(level, axis=1), np.add.reduce(duration, axis=1)


class Prior(NamedTuple):
    """Prior covariances of a question: of its figures with the data, and the figures' variances."""

    cross: Floats
    variances: Floats


def build(bins: Bins, noise_of_duration: float, steps: Floats, fresh: Floats, rules: Trend) -> Design:
    """Put bins, level steps (months of betrayals) and fresh slopes (months of restarts) together."""
    timed = len(bins.log_duration) >= rules.duration_bins
    nf, nd = len(bins.log_rate), len(bins.log_duration) if timed else 0
    months = np.concatenate((bins.months, bins.duration_months[:nd]))
    share = np.ones(nf + nd)
    share[nf:] = rules.duration_share
    flagged = share * np.concatenate((bins.flagged, bins.duration_flagged[:nd]))
    centre = float(bins.log_rate.sum()) / nf
    duration_centre = float(bins.log_duration.sum()) / nd if nd else 0.0
    values = np.concatenate((bins.log_rate - centre, bins.log_duration[:nd] - duration_centre))
    # Prior means of what is not the trend are taken off the data, so that every effect starts at zero.
    values -= rules.known_date_mean * flagged
    if len(steps):
        values -= rules.step_mean * share * (months[:, None] >= steps).sum(axis=1)
    alike = nd == nf and bins.duration_days is bins.days and bool((months[nf:] == bins.months).all())
    free, timing, noise, white = _apart(bins, flagged, nd, alike, noise_of_duration, rules)
    return Design(
        rules,
        months,
        share,
        nf,
        alike,
        steps,
        fresh,
        flagged,
        values,
        centre,
        duration_centre,
        free,
        timing,
        noise,
        white,
    )


def prior(design: Design, question: Question) -> tuple[Floats, Prior]:
    """Return the prior covariance of the data (without extra noise) and the question's, worked out at once."""
    told, timed = _moments(design)
    size, moments = len(told), np.concatenate((told, question.months))
    moved = _movement(design, moments, moments)
    own = _own_duration(design, moments[timed.start :], moments[timed.start :])
    nd = size - timed.start
    known = Prior(
        _cross(design, question, moved[size:, :size], own[nd:, :nd], timed),
        _variances(design, question, moved[size:, size:], own[nd:, nd:]),
    )
    return _told(design, moved[:size, :size], own[:nd, :nd], timed), known


def _told(design: Design, moved: Floats, own: Floats, timed: slice) -> Floats:
    """Return the prior covariance of the data from that of the movement between its moments."""
    rules, nf, n = design.rules, design.frequencies, len(design.months)
    data = np.empty((n, n))
    np.add(moved[:nf, :nf], rules.level_sd**2, out=data[:nf, :nf])
    if n > nf:
        shared = rules.duration_share * moved[timed]
        data[nf:, :nf] = shared[:, :nf]
        data[:nf, nf:] = shared[:, :nf].T
        np.multiply(shared[:, timed], rules.duration_share, out=data[nf:, nf:])
        data[nf:, nf:] += own
        data[nf:, nf:] += design.timing
    if design.flagged.any():
        flagged = rules.known_date_sd * design.flagged
        data += flagged[:, None] * flagged
    free = diagonal(data)
    free += design.free
    return data


def _moments(design: Design) -> tuple[Floats, slice]:
    """Return the different moments that the data tell of, and which of them are those of durations."""
    nf = design.frequencies
    if design.alike:
        return design.months[:nf], slice(0, nf)
    return design.months, slice(nf, len(design.months))


def prior_of(design: Design, question: Question) -> Prior:
    """Return the same of a further question, for which the data's covariance is known already."""
    months = question.months
    variances = _variances(
        design, question, _movement(design, months, months), _own_duration(design, months, months)
    )
    return Prior(prior_cross(design, question), variances)


def prior_cross(design: Design, question: Question) -> Floats:
    """Return the prior covariances of a question's figures with the data alone."""
    told, timed = _moments(design)
    moved = _movement(design, question.months, told)
    return _cross(design, question, moved, _own_duration(design, question.months, told[timed]), timed)


def _variances(design: Design, question: Question, moved: Floats, own: Floats) -> Floats:
    rules = design.rules
    found = _quadratic(question.moved, moved)
    found += _quadratic(question.duration, own)
    found += (rules.level_sd * question.levels) ** 2
    found += (rules.known_date_sd * question.known_date) ** 2
    return found


def _cross(design: Design, question: Question, moved: Floats, own: Floats, timed: slice) -> Floats:
    rules, nf = design.rules, design.frequencies
    shared: Floats = question.moved @ moved
    cross = np.empty((len(shared), len(design.months)))
    np.add(shared[:, :nf], (rules.level_sd**2 * question.levels)[:, None], out=cross[:, :nf])
    if nf < len(design.months):
        np.multiply(shared[:, timed], rules.duration_share, out=cross[:, nf:])
        cross[:, nf:] += question.duration @ own
    cross += question.known_date[:, None] * (rules.known_date_sd**2 * design.flagged)
    return cross


def prior_means(design: Design, question: Question, turns: Floats) -> tuple[Floats, Floats, Floats]:
    """Return what each turn, the slope and the fixed means add to each figure before any data."""
    rules, moved = design.rules, question.moved
    start = rules.known_date_mean * question.known_date
    start += design.centre * question.levels
    start += design.duration_centre * question.durations
    if len(design.steps):
        start += moved @ (rules.step_mean * (question.months[:, None] >= design.steps).sum(axis=1))
    return moved @ rising(question.months, turns), moved @ question.months, start


def turn_columns(design: Design, turns: Floats) -> Floats:
    """Return one column for each turn."""
    columns = rising(design.months, turns)
    columns[design.frequencies :] *= design.rules.duration_share
    return columns


def _movement(design: Design, s: Floats, t: Floats) -> Floats:
    """Return the prior covariance of the shared movement between all moments ``s`` and ``t``."""
    rules = design.rules
    found = integrated_walk(s[:, None], t, rules.wander**2)
    found += (rules.slope_sd**2 * s)[:, None] * t
    for step in design.steps:
        found += (rules.step_sd**2 * (s >= step))[:, None] * (t >= step)
    for since in design.fresh:
        found += (rules.fresh_slope_sd**2 * np.maximum(s - since, 0.0))[:, None] * np.maximum(t - since, 0.0)
    return found


def _own_duration(design: Design, s: Floats, t: Floats) -> Floats:
    """Return the prior covariance of what log durations do on their own."""
    rules = design.rules
    found = np.minimum(s[:, None], t)
    found *= rules.duration_walk**2
    found += (rules.duration_slope_sd**2 * s)[:, None] * t
    found += rules.level_sd**2
    return found


def _apart(
    bins: Bins, flagged: Floats, nd: int, alike: bool, noise_of_duration: float, rules: Trend
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return what does not move with the level: ``free``, ``timing``, ``noise`` and ``white`` of a design."""
    nf = len(bins.log_rate)
    free = (rules.known_date_noise_sd * flagged) ** 2
    free[:nf] += bins.variance
    if nd:
        free[nf:] += (1.0 - rules.duration_wobble_share) * noise_of_duration / bins.durations
    noise, timing = _wobbles(bins, nd, alike, rules.duration_wobble_share * noise_of_duration, rules)
    white = (1.0 - rules.wobble_share) / bins.reports
    own = diagonal(noise)
    own += white
    return free, timing, noise, white


def _wobbles(bins: Bins, nd: int, alike: bool, of_duration: float, rules: Trend) -> tuple[Floats, Floats]:
    """Return the wobble of frequencies for a unit of extra noise, and that of durations."""
    memory, share, middles = rules.wobble_memory_days, rules.wobble_share, bins.months * DAYS_PER_MONTH
    if alike:
        both = mean_wobbles(middles, bins.days, memory, (share, of_duration))
        return both[0], both[1]
    noise = mean_wobble(middles, bins.days, memory, share)
    if not nd:
        return noise, np.empty((0, 0))
    middles = bins.duration_months * DAYS_PER_MONTH
    return noise, mean_wobble(middles, bins.duration_days, memory, of_duration)


def _quadratic(rows: Floats, matrix: Floats) -> Floats:
    return np.asarray(np.add.reduce((rows @ matrix) * rows, axis=1))
