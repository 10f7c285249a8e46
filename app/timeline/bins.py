"""Reports gathered into bins on a fixed grid, with logs freed of their Poisson bias; read by the trend.

Bin lengths come from whole blocks of 56 days and never from single counts: waiting until there is "enough"
would lift late, quiet levels and make repair look slower than it is.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.timeline.parameters import DAYS_PER_MONTH, Binning
from app.timeline.records import Report

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Bins(NamedTuple):
    """One row a bin; times in months since the start, ``days`` covered, ``reports`` in it."""

    months: Floats
    days: Floats
    reports: Floats
    flagged: Flags
    log_rate: Floats
    variance: Floats
    duration_months: Floats
    duration_days: Floats
    durations: Floats
    duration_flagged: Flags
    log_duration: Floats


def gather(
    reports: tuple[Report, ...], flagged: Flags, breaks: Floats, start: int, as_of: int, rules: Binning
) -> Bins:
    """Gather reports with counts into bins on a grid from ``start``.

    ``flagged`` tells which reports carry the known-date effect and get bins of their own; ``breaks`` are
    the days since ``start`` on which a betrayal cut the course.
    """
    table = np.array([(r.start, r.end, r.episodes, r.duration or 0.0) for r in reports], dtype=np.float64)
    days = table[:, 1] - table[:, 0] + 1.0
    middle = (table[:, 0] + table[:, 1] + 1.0) / 2.0 - start
    counts, weeks = table[:, 2], days / 7.0
    rate, key = _grid(middle, counts, weeks, flagged, breaks, as_of - start, rules)
    _, place = np.unique(key, return_inverse=True)
    size = int(place.max()) + 1

    def total(values: Floats) -> Floats:
        return np.bincount(place, values, size).astype(np.float64)

    n, w = total(counts), total(weeks)
    expected = total(rate * weeks)
    log_rate, variance = _logs(n, w, expected, rules.deepest_fall)
    timed = table[:, 3] > 0
    logs = np.log(np.where(timed, table[:, 3], 1.0))
    length, weight = total(days), total(timed.astype(np.float64))
    has = weight > 0
    held = np.maximum(weight, 1.0)
    return Bins(
        total(middle * days) / length / DAYS_PER_MONTH,
        length,
        total(np.ones(len(counts))),
        total(flagged.astype(np.float64)) > 0,
        log_rate,
        variance,
        (total(middle * timed) / held / DAYS_PER_MONTH)[has],
        total(days * timed)[has],
        weight[has],
        (total(flagged.astype(np.float64)) > 0)[has],
        (total(logs) / held)[has],
    )


def duration_noise(reports: tuple[Report, ...], prior: float, prior_weight: float) -> float:
    """Return the variance of one log duration, from successive differences shrunk towards ``prior``."""
    logs = np.log([r.duration for r in reports if r.duration])
    if len(logs) < 2:
        return prior
    # Half the squared difference of neighbours: a trend hardly enters it, and it needs no fit.
    halves = 0.5 * np.diff(logs) ** 2
    return float((prior_weight * prior + halves.sum()) / (prior_weight + len(halves)))


def _grid(
    middle: Floats, counts: Floats, weeks: Floats, flagged: Flags, breaks: Floats, age: int, rules: Binning
) -> tuple[Floats, Floats]:
    """Return for each report the rate a week its block expects, and a key of the bin it belongs to.

    A betrayal cuts a block in two: what was reported before it says nothing about the level after it.
    """
    block = np.floor_divide(middle, rules.block_days)
    stretch = np.searchsorted(breaks, middle, side="right").astype(np.float64)
    cells, cell = np.unique(block + 1000.0 * stretch, return_inverse=True)
    weight = np.where(flagged, rules.near_known_date_weight, 1.0)
    n = _with_block_before(cells, np.bincount(cell, weight * counts), rules.earlier_block_weight)
    w = _with_block_before(cells, np.bincount(cell, weight * weeks), rules.earlier_block_weight)
    # Half an episode at least: an empty block does not expect nothing for ever.
    rate = np.asarray(np.maximum(n, 0.5) / np.maximum(w, 1e-9), dtype=np.float64)
    ages = np.asarray(age - (np.mod(cells, 1000.0) + 1.0) * rules.block_days, dtype=np.float64)
    length = _lengths(rate, ages, rules)[cell]
    within = np.floor_divide(middle - block * rules.block_days, length)
    return rate[cell], (cell * 16.0 + within) * 2.0 + flagged


def _with_block_before(cells: Floats, sums: NDArray[Any], weight: float) -> Floats:
    found = np.array(sums, dtype=np.float64)
    found[1:] += np.where(np.diff(cells) == 1.0, weight * sums[:-1], 0.0)
    return found


def _lengths(rate: Floats, ages: Floats, rules: Binning) -> Floats:
    fine = (2.0 * rate >= rules.fine_needs_in_14_days) & (ages <= rules.no_fine_before_days)
    middle = (2.0 * rate >= rules.middle_needs_in_14_days) & (ages <= rules.no_middle_before_days)
    coarse = np.where(middle, rules.middle_days, rules.block_days)
    return np.where(fine, rules.fine_days, coarse).astype(np.float64)


def _logs(n: Floats, weeks: Floats, expected: Floats, deepest: float) -> tuple[Floats, Floats]:
    raw = np.log((n + 0.5) / weeks) - poisson_log_bias(expected)
    log_rate = np.maximum(raw, np.log(expected / weeks) - deepest)
    return log_rate, 1.0 / (np.minimum(n, expected) + 0.5)


def poisson_log_bias(expected: Floats) -> Floats:
    """Return E ln(N + 1/2) - ln(m) for a Poisson count N of mean m, exact to about 1e-4."""
    return np.asarray(np.interp(np.log(expected), _LOG_MEANS, _BIAS, right=0.0))


def _bias_table() -> tuple[Floats, Floats]:
    log_means = np.linspace(math.log(0.01), math.log(60.0), 240)
    counts = np.arange(0.0, 160.0)
    log_factorial = np.array([math.lgamma(k + 1.0) for k in counts])
    chances = np.exp(counts * log_means[:, None] - np.exp(log_means)[:, None] - log_factorial)
    return log_means, np.asarray(chances @ np.log(counts + 0.5) - log_means)


_LOG_MEANS, _BIAS = _bias_table()
