"""The answer to "is repair moving?": status, figures and a sentence; read by the assessment."""

from __future__ import annotations

from typing import Any

from app.timeline.look import Look

STATUSES = (
    "insufficient_evidence",
    "on_track",
    "slower_than_expected",
    "no_measurable_progress",
    "worsening",
)


def measure(look: Look) -> dict[str, Any]:
    """Return the progress section; every figure is null while too little is known."""
    level = look.parameters.reading.interval_level
    empty = {"estimate": None, "low": None, "high": None, "level": level}
    return {
        "status": "insufficient_evidence",
        "p_diminishing": None,
        "p_resolved": None,
        "rate_per_month": empty,
        "frequency": _unknown("episodes a week", level),
        "duration": _unknown("minutes an episode", level),
        "recovery": _unknown("minutes", level),
        "projected_resolution_month": {**empty, "p_by_36": None},
        "reference_band": {"lower": None, "upper": None, "position": None},
        "evidence_ids": [r.id for r in look.counted],
        "basis": "Too little is known to speak of a trend. " + " ".join(look.enough.reasons),
    }


def _unknown(unit: str, level: float) -> dict[str, Any]:
    nothing = {"low": None, "high": None, "level": level}
    return {
        "estimate": None,
        "interval": nothing,
        "rate_per_month": {"estimate": None, **nothing},
        "unit": unit,
    }
