"""Frequency: how often the threat response comes, setbacks and short wobble taken off."""

from __future__ import annotations

from typing import Any

from app.timeline.findings import ARTICLE, Rule
from app.timeline.indicators.figures import known, moments, unknown
from app.timeline.look import Look
from app.timeline.parameters import Parameters
from app.timeline.trend import FREQUENCY_RATE, LEVEL

CODE = "frequency"
UNIT = "episodes a week"


def measure(look: Look) -> dict[str, Any]:
    """Return the underlying episodes a week now, and their monthly rate on the log scale."""
    level = look.parameters.reading.interval_level
    if look.trend is None:
        return unknown(UNIT, level)
    figures = look.trend.figures
    return known(UNIT, moments(figures, LEVEL), moments(figures, FREQUENCY_RATE), level)


def rule(parameters: Parameters) -> Rule:
    """Return the published rule."""
    trend = parameters.trend
    return Rule(
        CODE,
        "Frequency of the threat response",
        "Underlying episodes a week from a trend that allows for changes of slope. Reports from "
        f"{trend.known_date_days_before} days before to {trend.known_date_days_after} days after a known "
        "date, or naming "
        "one as trigger, are taken as expected setbacks and do not move it."
        f"{'' if trend.anniversaries_tell else ' Reports that name an anniversary are left out altogether.'}",
        f"Idea: {ARTICLE}",
        "Self-report. No report is never read as no episode.",
        {
            "known_date_days_before": trend.known_date_days_before,
            "known_date_days_after": trend.known_date_days_after,
        },
        ("insufficient_evidence", "estimated"),
    )
