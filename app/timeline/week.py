"""One week for a chart of the past: what was said on that day, with the fan of what it then expected; pure.

The fan is the underlying log frequency carried forward: its mean is a straight line, and its variance a
cubic in time (what is known of level and slope is quadratic, the wandering still to come adds the cubic term),
so three moments that every fit knows give it for any month ahead.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from app.timeline.days import iso
from app.timeline.findings import rounded
from app.timeline.history import entry
from app.timeline.indicators.figures import span
from app.timeline.look import Look
from app.timeline.parameters import CURRENT, DAYS_PER_MONTH, Parameters
from app.timeline.reading import as_day, read
from app.timeline.trend import LEVEL, LEVEL_IN_12, LEVEL_IN_36, Trend

MONTHS_AHEAD = (0, 3, 6, 12, 24, 36)


def week(evidence: Mapping[str, Any], as_of: date, *, parameters: Parameters = CURRENT) -> dict[str, Any]:
    """Return the entry of a history for one day, with the fan; raises ``EvidenceError`` likewise."""
    look = Look(read(evidence), as_day(as_of), parameters)
    return {**entry(look), "fan": [] if look.trend is None else fan(look.trend)}


def fan(trend: Trend) -> list[dict[str, Any]]:
    """Return the expected episodes a week some months ahead, with the same interval as every level has."""
    level = trend.parameters.reading.interval_level
    found = []
    for ahead in MONTHS_AHEAD:
        mean, sd = _ahead(trend, float(ahead))
        low, high = span(mean, sd)
        found.append(
            {
                "on": iso(trend.clock.as_of + round(ahead * DAYS_PER_MONTH)),
                "months_ahead": ahead,
                "estimate": rounded(math.exp(min(mean, 300.0))),
                "low": rounded(math.exp(low)),
                "high": rounded(math.exp(high)),
                "level": level,
            }
        )
    return found


def _ahead(trend: Trend, months: float) -> tuple[float, float]:
    """Return mean and standard deviation of the log frequency some months ahead."""
    figures, wander = trend.figures, trend.parameters.trend.wander**2 / 3.0
    now, in_36 = figures.mean(LEVEL), figures.mean(LEVEL_IN_36)
    start, in_a_year, in_three = (
        figures.sd(figure) ** 2 - wander * month**3
        for figure, month in ((LEVEL, 0.0), (LEVEL_IN_12, 12.0), (LEVEL_IN_36, 36.0))
    )
    bend = ((in_three - start) - 3.0 * (in_a_year - start)) / (36.0**2 - 3.0 * 12.0**2)
    tilt = (in_a_year - start - bend * 144.0) / 12.0
    variance = start + tilt * months + bend * months**2 + wander * months**3
    return now + (in_36 - now) * months / 36.0, math.sqrt(max(variance, 0.0))
