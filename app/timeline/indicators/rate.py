"""Rate: by how much the threat load changes each month; the figure everything else hangs on."""

from __future__ import annotations

from typing import Any

from app.timeline.findings import ARTICLE, DESIGN, Rule, rounded
from app.timeline.indicators.figures import nothing
from app.timeline.look import Look
from app.timeline.parameters import Parameters
from app.timeline.progress_states import STATES

CODE = "rate_per_month"


def measure(look: Look) -> dict[str, Any]:
    """Return the average monthly change of the underlying log load over the last half year."""
    if look.trend is None:
        return {"estimate": None, **nothing(look.parameters.reading.interval_level)}
    return {"estimate": rounded(look.trend.rate), **look.trend.rate_interval}


def rule(parameters: Parameters) -> Rule:
    """Return the published rule."""
    reading, status, enough = parameters.reading, parameters.status, parameters.sufficiency
    return Rule(
        CODE,
        "Change of the threat load",
        "Average monthly change of the underlying log load (episodes a week times minutes an episode) "
        "over the last "
        f"{reading.rate_window_days} days, or since the clock's origin when shorter. A fall of "
        f"{-reading.minimum_progress:.0%} a month is the least that counts as progress. On track: at least "
        f"{status.on_track:.0%} sure of that, with the projected month inside the band.",
        f"Idea: {ARTICLE}; numbers: {DESIGN}",
        "After a turn the rate leans to the old pace for some months. It speaks of the affected "
        "partner's own "
        "reports, which can be given under pressure.",
        {
            "minimum_progress_per_month": reading.minimum_progress,
            "window_days": reading.rate_window_days,
            "interval_level": reading.interval_level,
            "on_track": status.on_track,
            "band_tolerance_months": status.band_tolerance_months,
            "resolved": status.resolved,
            "worsening_rate_per_month": status.worsening_rate,
            "worsening": status.worsening,
            "no_progress": status.no_progress,
            "judged_from_month": status.judged_from_month,
            "reports": enough.reports,
            "span_days": enough.span_days,
            "newest_within_days": enough.newest_within_days,
            "recent_reports": enough.recent_reports,
            "recent_days": enough.recent_days,
        },
        STATES,
    )
