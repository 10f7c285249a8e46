"""The answer to "is repair moving?": status, figures and a sentence; read by the assessment."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from app.timeline.alerts import silent_fall
from app.timeline.findings import rounded
from app.timeline.indicators import INDICATORS
from app.timeline.look import Look
from app.timeline.progress_states import Status
from app.timeline.trend import Trend
from app.timeline.wording import chance, count, monthly_change, on, opening, per_week

_ID, _START = attrgetter("id"), attrgetter("start")


def measure(look: Look) -> dict[str, Any]:
    """Return the progress section; every figure is null while too little is known."""
    return {
        **figures(look),
        "evidence_ids": list(map(_ID, look.counted if look.trend is None else look.placed)),
        "basis": _basis(look),
    }


def figures(look: Look) -> dict[str, Any]:
    """Return status and figures without what they rest on, as a history needs them."""
    trend = look.trend
    return {
        "status": status(look),
        "p_diminishing": None if trend is None else rounded(trend.p_diminishing),
        "p_resolved": None if trend is None else rounded(trend.p_resolved),
        **{each.CODE: each.measure(look) for each in INDICATORS},
    }


def status(look: Look) -> Status:
    """Return the status; never on track without a trend, so never while cessation is contradicted."""
    trend, rules = look.trend, look.parameters.status
    if trend is None:
        return "insufficient_evidence"
    if trend.p_resolved > rules.resolved or _within_band(look, trend):
        # Rare reports without the prerequisites may be silence; they are not told as repair.
        return "insufficient_evidence" if silent_fall(look) else "on_track"
    if trend.p_worsening >= rules.worsening and trend.frequency > rules.low_per_week:
        return "worsening"
    if look.clock.net_months >= rules.judged_from_month:
        return "no_measurable_progress" if trend.p_flat_short >= rules.no_progress else "slower_than_expected"
    clear = max(trend.p_diminishing, 1.0 - trend.p_diminishing) >= rules.clear
    return "slower_than_expected" if clear else "insufficient_evidence"


def _within_band(look: Look, trend: Trend) -> bool:
    rules, found = look.parameters.status, look.projection
    if found is None or found.estimate is None or trend.p_diminishing < rules.on_track:
        return False
    # The band counts months of work since the origin, the projection months by calendar since the start.
    ahead = found.estimate - look.clock.elapsed_months
    return look.clock.net_months + ahead <= (
        look.parameters.reading.band_slow_months + rules.band_tolerance_months
    )


def _basis(look: Look) -> str:
    trend = look.trend
    if trend is None:
        return "Too little is known to speak of a trend. " + " ".join(look.enough.reasons)
    reports = look.counted
    what = "load (how often times how long)" if trend.timed else "response"
    told = (
        f"{opening(count(len(reports), 'report'))} between {on(min(map(_START, reports)))} and "
        f"{on(reports[-1].end)}. Since {on(trend.windows.rate_from)} the threat {what} was "
        f"{monthly_change(trend.rate)}; the underlying level is about {per_week(trend.frequency)}."
    )
    if not trend.timed:
        told += " Too few durations are recorded, so this is frequency alone."
    return f"{told} {_reason(look, trend)}"


def _reason(look: Look, trend: Trend) -> str:
    if silent_fall(look):
        return "Reports are rare while accountability or transparency is not met, so this is not counted as resolution."
    if trend.p_resolved > look.parameters.status.resolved:
        return f"The response is now rare ({chance(trend.p_resolved)} sure); nothing more has to fall."
    least = f"{-look.parameters.reading.minimum_progress:.0%}"
    sure = f"That it falls by at least {least} a month is {chance(trend.p_diminishing)} sure"
    found = look.projection
    if found is None or found.estimate is None:
        return f"{sure}; when it may become rare cannot be said yet."
    if found.estimate <= look.clock.elapsed_months:
        return f"{sure}; it may have been rare since about month {found.estimate:.0f} since repair started."
    return (
        f"{sure}; if this goes on, it may become rare about month {found.estimate:.0f} since repair started."
    )
