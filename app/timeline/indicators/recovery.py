"""Recovery: how quickly calm returns; a straight line of its own, never part of the load."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.timeline.bins import duration_noise
from app.timeline.days import months
from app.timeline.findings import ARTICLE, Rule
from app.timeline.indicators.figures import known, unknown
from app.timeline.look import Look
from app.timeline.parameters import Parameters

CODE = "recovery"
UNIT = "minutes"


def measure(look: Look) -> dict[str, Any]:
    """Return the minutes to recover now, and their monthly rate, from reports since the clock's origin."""
    rules, level = look.parameters.trend, look.parameters.reading.interval_level
    timed = [r for r in look.counted if r.recovery] if look.trend is not None else []
    if len(timed) < rules.recovery_reports:
        return unknown(UNIT, level)
    at = np.array([-months(look.as_of - (r.start + r.end) / 2.0) for r in timed])
    logs = np.log(np.array([r.recovery for r in timed], dtype=np.float64))
    noise = duration_noise(logs, rules.duration_noise_prior, rules.duration_noise_prior_weight)
    # A line with a wide level and a slope that is probably small, solved as a two-by-two system.
    columns = np.stack((np.ones(len(at)), at), axis=1)
    prior = np.diag((1.0 / rules.level_sd**2, 1.0 / rules.recovery_slope_sd**2))
    covariance = np.linalg.inv(prior + columns.T @ columns / noise)
    line = covariance @ (columns.T @ (logs - logs.mean())) / noise
    now, slope = (float(np.sqrt(v)) for v in np.diagonal(covariance))
    return known(UNIT, (float(line[0] + logs.mean()), now), (float(line[1]), slope), level)


def rule(parameters: Parameters) -> Rule:
    """Return the published rule."""
    return Rule(
        CODE,
        "Recovery",
        "Minutes from the height of an episode to calm, as a straight line through the logs of at least "
        f"{parameters.trend.recovery_reports} reports.",
        f"Idea: {ARTICLE}",
        "Shown beside the load; no status depends on it.",
        {"recovery_reports": parameters.trend.recovery_reports},
        ("insufficient_evidence", "estimated"),
    )
