"""How a figure with its interval and monthly rate is written; used by the indicators only."""

from __future__ import annotations

import math
from typing import Any

from app.timeline.findings import Interval, interval, rounded
from app.timeline.mixture import Mixture

_HALF_WIDTH = 1.6448536269514722  # of a central 90% interval of a normal distribution, in standard deviations


def nothing(level: float) -> dict[str, Any]:
    """Return an interval of which nothing is known."""
    return {"low": None, "high": None, "level": level}


def unknown(unit: str, level: float) -> dict[str, Any]:
    """Return a figure of which nothing is known."""
    return {
        "estimate": None,
        "interval": nothing(level),
        "rate_per_month": {"estimate": None, **nothing(level)},
        "unit": unit,
    }


def known(
    unit: str, log_level: tuple[float, float], rate: tuple[float, float], level: float
) -> dict[str, Any]:
    """Return a figure from mean and standard deviation of its log and of its monthly rate."""
    low, high = span(*log_level)
    return {
        "estimate": rounded(math.exp(log_level[0])),
        "interval": interval(math.exp(low), math.exp(high), level),
        "rate_per_month": {"estimate": rounded(rate[0]), **_span(rate, level)},
        "unit": unit,
    }


def moments(figures: Mixture, figure: int) -> tuple[float, float]:
    """Return mean and standard deviation of one figure."""
    return figures.mean(figure), figures.sd(figure)


def span(mean: float, sd: float) -> tuple[float, float]:
    """Return the ends of the central 90% interval; kept within what a JSON number can hold."""
    return max(mean - _HALF_WIDTH * sd, -300.0), min(mean + _HALF_WIDTH * sd, 300.0)


def _span(rate: tuple[float, float], level: float) -> Interval:
    return interval(*span(*rate), level)
