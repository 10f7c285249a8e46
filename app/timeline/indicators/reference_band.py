"""Reference band: where the frequency stands between an 18-month and a 36-month course; orientation only."""

from __future__ import annotations

import math
from typing import Any

from app.timeline.findings import ARTICLE, DESIGN, Rule, rounded
from app.timeline.look import Look
from app.timeline.parameters import Parameters, Reading
from app.timeline.trend import LEVEL, LEVEL_AT_ORIGIN
from app.timeline.wording import BAND_SENTENCE

CODE = "reference_band"


def edges(start: float, net_months: float, reading: Reading) -> tuple[float, float]:
    """Return the lower and upper edge in log episodes a week, ``net_months`` after a log start.

    Each edge is a straight line on the log scale to the resolved level. Setbacks lift the response, so in
    the first year it is the upper edge that is widened.
    """
    fall = start - math.log(reading.resolved_per_week)
    lower = start - fall * min(1.0, net_months / reading.band_fast_months)
    upper = start - fall * min(1.0, net_months / reading.band_slow_months)
    if net_months <= reading.band_widened_until_months:
        upper += reading.band_setback_widening
    return lower, upper


def measure(look: Look) -> dict[str, Any]:
    """Return the edges in episodes a week and the position: ahead, within, behind, or null."""
    reading, trend = look.parameters.reading, look.trend
    if trend is None:
        return {"lower": None, "upper": None, "position": None}
    start, level = trend.figures.mean(LEVEL_AT_ORIGIN), trend.figures.mean(LEVEL)
    if start <= math.log(reading.resolved_per_week):
        return {"lower": None, "upper": None, "position": None}
    lower, upper = edges(start, look.clock.net_months, reading)
    position = "ahead" if level < lower else "behind" if level > upper else "within"
    return {"lower": rounded(math.exp(lower)), "upper": rounded(math.exp(upper)), "position": position}


def rule(parameters: Parameters) -> Rule:
    """Return the published rule."""
    reading = parameters.reading
    return Rule(
        CODE,
        "Reference band",
        "Straight lines on the log scale from the level at the clock's origin to "
        f"{reading.resolved_per_week:g} episodes a "
        f"week at month {reading.band_fast_months:g} and month {reading.band_slow_months:g}; the upper "
        "edge is "
        f"{reading.band_setback_widening:g} higher in the first {reading.band_widened_until_months:g} "
        "months.",
        f"Range: {ARTICLE}; lines: {DESIGN}",
        BAND_SENTENCE + " Being behind it is never by itself a reason to stop.",
        {
            "fast_months": reading.band_fast_months,
            "slow_months": reading.band_slow_months,
            "resolved_per_week": reading.resolved_per_week,
            "setback_widening": reading.band_setback_widening,
            "widened_until_month": reading.band_widened_until_months,
        },
        ("insufficient_evidence", "ahead", "within", "behind"),
    )
