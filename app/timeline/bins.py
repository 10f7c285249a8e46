"""Reports gathered into bins on a fixed grid, with logs freed of their Poisson bias; read by the trend.

Bin lengths come from whole blocks of 56 days and never from single counts: waiting until there is "enough"
would lift late, quiet levels and make repair look slower than it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.timeline.parameters import DAYS_PER_MONTH, Binning
from app.timeline.table import Table

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.int64]

_WITHIN = 16
"""More bins than a block can hold, to make one key of two places."""


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


def gather(table: Table, flagged: Flags, breaks: Floats, start: int, as_of: int, rules: Binning) -> Bins:
    """Gather reports with counts into bins on a grid from ``start``.

    ``flagged`` tells which reports carry the known-date effect and get bins of their own; ``breaks`` are
    the days since ``start`` on which a betrayal cut the course.
    """
    middle, weeks = table.middles + (0.5 - start), table.days / 7.0
    rate, place, size = _grid(middle, table.episodes, weeks, flagged, breaks, as_of - start, rules)

    def total(values: Any = None) -> Floats:
        return np.asarray(np.bincount(place, values, size), dtype=np.float64)

    log_rate, variance = _logs(total(table.episodes), total(weeks), total(rate * weeks), rules.deepest_fall)
    length, reports, flags = total(table.days), total(), np.zeros(size, dtype=bool)
    flags[place] = flagged
    found = Bins(
        total(middle * table.days) / length / DAYS_PER_MONTH,
        length,
        reports,
        flags,
        log_rate,
        variance,
        total(middle) / reports / DAYS_PER_MONTH,
        length,
        reports,
        flags,
        total(table.log_minutes) / reports,
    )
    return found if table.timed.all() else _timed(found, total, table, middle)


def _timed(bins: Bins, total: Callable[[Any], Floats], table: Table, middle: Floats) -> Bins:
    """Return the bins with those durations that are known."""
    timed = table.timed
    weight = total(timed)
    has = weight > 0
    held = weight[has]
    return bins._replace(
        duration_months=total(middle * timed)[has] / held / DAYS_PER_MONTH,
        duration_days=total(table.days * timed)[has],
        durations=held,
        duration_flagged=bins.flagged[has],
        log_duration=total(table.log_minutes)[has] / held,
    )


def duration_noise(logs: Floats, prior: float, prior_weight: float) -> float:
    """Return the variance of one log duration, from successive differences shrunk towards ``prior``."""
    if len(logs) < 2:
        return prior
    # Half the squared difference of neighbours: a trend hardly enters it, and it needs no fit.
    steps = logs[1:] - logs[:-1]
    return float((prior_weight * prior + 0.5 * (steps @ steps)) / (prior_weight + len(steps)))


def _grid(
    middle: Floats, counts: Floats, weeks: Floats, flagged: Flags, breaks: Floats, age: int, rules: Binning
) -> tuple[Floats, Places, int]:
    """Return for each report the rate a week its block expects and the place of its bin, and how many bins there are.

    A betrayal cuts a block in two: what was reported before it says nothing about the level after it.
    """
    block = (middle / rules.block_days).astype(np.int64)
    # One block more than there are stands empty, so that no stretch has a block before its first.
    blocks = int(block.max()) + 2
    cell = block + blocks * np.searchsorted(breaks, middle, side="right") if len(breaks) else block
    weight = np.where(flagged, rules.near_known_date_weight, 1.0)
    n = _with_block_before(np.bincount(cell, weight * counts), rules.earlier_block_weight)
    w = _with_block_before(np.bincount(cell, weight * weeks), rules.earlier_block_weight)
    # Half an episode at least: an empty block does not expect nothing for ever.
    rate = np.asarray(np.maximum(n, 0.5) / np.maximum(w, 1e-9), dtype=np.float64)
    ages = np.asarray(age - (np.arange(len(rate)) % blocks + 1.0) * rules.block_days, dtype=np.float64)
    length = _lengths(rate, ages, rules)[cell]
    within = ((middle - block * rules.block_days) / length).astype(np.int64)
    return rate[cell], *_numbered((cell * _WITHIN + within) * 2 + flagged)


def _numbered(keys: Places) -> tuple[Places, int]:
    """Return the number of each key among the different keys in order, and theirs; small keys need no sorting."""
    present = np.zeros(int(keys.max()) + 1, dtype=np.int64)
    present[keys] = 1
    upto = present.cumsum()
    return upto.take(keys) - 1, int(upto[-1])


def _with_block_before(sums: NDArray[Any], weight: float) -> Floats:
    found = np.array(sums, dtype=np.float64)
    found[1:] += weight * sums[:-1]
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
