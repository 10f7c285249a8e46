"""Projection: when the threat response may have become rare, if the trend goes on; never a deadline."""

from __future__ import annotations

from typing import Any

from app.timeline.findings import DESIGN, Rule, rounded
from app.timeline.look import Look
from app.timeline.parameters import Parameters

CODE = "projected_resolution_month"


def measure(look: Look) -> dict[str, Any]:
    """Return the projected month since repair started, with its interval and the chance by month 36."""
    level = look.parameters.reading.interval_level
    found = look.projection
    if found is None:
        return {"estimate": None, "low": None, "high": None, "level": level, "p_by_36": None}
    months = (None if m is None else rounded(m) for m in found[:3])
    return {
        **dict(zip(("estimate", "low", "high"), months)),
        "level": level,
        "p_by_36": rounded(found.p_by_36),
    }


def rule(parameters: Parameters) -> Rule:
    """Return the published rule."""
    reading = parameters.reading
    return Rule(
        CODE,
        "Projected month of resolution",
        "Month since repair started at which the underlying frequency is at or below "
        f"{reading.resolved_per_week:g} episodes "
        f"a week (with an allowance of {reading.setback_allowance:g} on the log scale for ordinary "
        "setbacks), to stay, if "
        f"the trend goes on. A bound beyond month {reading.latest_projected_month:g} is not shown: the "
        "figure is open.",
        DESIGN,
        "For many couples the interval is open above. It is no deadline and says nothing about a "
        "relationship.",
        {
            "resolved_per_week": reading.resolved_per_week,
            "setback_allowance": reading.setback_allowance,
            "projection_tail": reading.projection_tail,
            "latest_month": reading.latest_projected_month,
        },
        ("insufficient_evidence", "estimated"),
    )
