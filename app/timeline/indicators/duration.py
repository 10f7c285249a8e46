"""Duration: how long a threat response lasts; shares the trend of the frequency."""

from __future__ import annotations

from typing import Any

from app.timeline.findings import ARTICLE, Rule
from app.timeline.indicators.figures import known, moments, unknown
from app.timeline.look import Look
from app.timeline.parameters import Parameters
from app.timeline.trend import DURATION, DURATION_RATE

CODE = "duration"
UNIT = "minutes an episode"


def measure(look: Look) -> dict[str, Any]:
    """Return the underlying minutes an episode now, and their monthly rate on the log scale."""
    level = look.parameters.reading.interval_level
    if look.trend is None or not look.trend.timed:
        return unknown(UNIT, level)
    figures = look.trend.figures
    return known(UNIT, moments(figures, DURATION), moments(figures, DURATION_RATE), level)


def rule(parameters: Parameters) -> Rule:
    """Return the published rule."""
    trend = parameters.trend
    return Rule(
        CODE,
        "Duration of the threat response",
        "Underlying minutes an episode. Durations follow the movement of the frequency with a share of "
        f"{trend.duration_share:g} and a slope of their own. With fewer than {trend.duration_bins} "
        "stretches of durations "
        "the load is judged by frequency alone, and the answer says so.",
        f"Idea: {ARTICLE}",
        "Self-report of a typical episode, not of each one.",
        {"duration_share": trend.duration_share, "duration_bins": trend.duration_bins},
        ("insufficient_evidence", "estimated"),
    )
