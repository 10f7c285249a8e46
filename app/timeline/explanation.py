"""Why the answer is what it is: what moved it, which reports weigh most, what was left out; asked for, not shown.

Everything here is computed from the fit itself. It costs many fits where an assessment costs one, so how many
are tried is bounded by how many reports there are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from app.timeline import progress, stopping
from app.timeline.counterfactuals import NOTE, Search, counterfactuals, unmoved
from app.timeline.course import Course
from app.timeline.days import iso
from app.timeline.findings import interval, rounded
from app.timeline.indicators import recovery
from app.timeline.indicators.figures import span
from app.timeline.knowledge import digest
from app.timeline.look import Look
from app.timeline.parameters import CURRENT, MODEL_VERSION, Parameters
from app.timeline.reading import as_day, read
from app.timeline.records import Report
from app.timeline.table import tabulate
from app.timeline.trend import (
    DURATION_RATE,
    FREQUENCY_RATE,
    KNOWN_DATE,
    RATE,
    Trend,
    fit_trend,
    near_known_dates,
)

MOST_INFLUENTIAL = 5
MOST_LEFT_OUT = 120
READINGS = 60_000
"""How many reports may be read again, over all fits without one of them: a fit costs what its reports cost."""


class Unused(NamedTuple):
    """Why some evidence moved nothing: a code for programs and a sentence for people."""

    code: str
    text: str


NO_COUNT = Unused("no_count", "No number of episodes is recorded; a missing count is not zero.")
NOT_STARTED = Unused("not_started", "Repair has not been recorded as started, so there is no course yet.")
TOO_LONG = Unused("window_too_long", "The window is too long to place in time.")
BEFORE_START = Unused("before_start", "From before repair started.")
NAMES_ANNIVERSARY = Unused(
    "names_an_anniversary", "Names an anniversary: a strong response is expected then, whatever the trend."
)
TOO_OLD = Unused("too_old", "Too long ago, or before the last few betrayals.")
ATTENDANCE = Unused("attendance", "Coming to sessions is not counted as a change in the threat response.")


def explain(evidence: Mapping[str, Any], as_of: date, *, parameters: Parameters = CURRENT) -> dict[str, Any]:
    """Explain the assessment of the same evidence on the same day; raises ``EvidenceError`` likewise.

    Rates are monthly changes on the natural log scale, as in the assessment; ``lacks`` holds assessments made
    again with evidence added, on the day the last of it would be known.
    """
    look = Course(read(evidence), parameters).look(as_day(as_of))
    search = Search(look)
    lacks = counterfactuals(search)
    return {
        "model_version": MODEL_VERSION,
        "parameters_version": parameters.version,
        "as_of": iso(look.as_of),
        "evidence_digest": digest(look.known),
        "status": progress.status(look),
        "stop": stopping.statuses(look),
        "prerequisites": {code: found["status"] for code, found in look.prerequisites.items()},
        "contributions": None if look.trend is None else _contributions(look, look.trend),
        "influential_reports": _influence(look),
        "ignored": _ignored(look),
        "needed_next": list(look.enough.needed_next),
        "lacks": lacks,
        "unmoved_by_trials": unmoved(lacks),
        "tries": search.tries,
        "note": NOTE,
    }


# --- what moved it ---


def _contributions(look: Look, trend: Trend) -> dict[str, Any]:
    """Split the monthly change of the log load: how often plus how long is the whole, by construction."""
    return {
        "unit": "monthly change on the natural log scale",
        "rate_per_month": _part(trend, RATE),
        "frequency": _part(trend, FREQUENCY_RATE),
        "duration": _part(trend, DURATION_RATE) if trend.timed else None,
        "recovery": _recovery(look),
        "setback_term": _setback_term(look, trend),
    }


def _part(trend: Trend, figure: int) -> dict[str, Any]:
    figures, level = trend.figures, trend.parameters.reading.interval_level
    low, high = span(figures.mean(figure), figures.sd(figure))
    return {"estimate": rounded(figures.mean(figure)), **interval(low, high, level)}


def _recovery(look: Look) -> dict[str, Any]:
    """Recovery stands beside the load and never moves it; its own rate is told so that nobody has to guess."""
    rate = recovery.measure(look)["rate_per_month"]
    return {**rate, "counts": False, "note": "Shown beside the load; no status depends on it."}


def _setback_term(look: Look, trend: Trend) -> dict[str, Any]:
    """Fit once more without the known-date effect: what the setbacks would have done to the rate."""
    flagged = look.near_known_dates
    plain = _again(look, look.placed, flags=False) if flagged.any() else trend
    return {
        "effect_on_rate": rounded(trend.rate - plain.rate),
        "known_date_factor": rounded(math.exp(trend.figures.mean(KNOWN_DATE))) if flagged.any() else None,
        "evidence_ids": [r.id for r, flag in zip(look.placed, flagged) if flag],
        "note": "Reports near a known date or with a named trigger carry this factor instead of moving the trend.",
    }


def _again(look: Look, reports: tuple[Report, ...], *, flags: bool = True) -> Trend:
    table = tabulate(reports)
    near = near_known_dates(table, look.occasion_days, look.parameters)
    return fit_trend(table, near if flags else np.zeros_like(near), look.clock, look.parameters)


# --- which reports weigh most ---


def _influence(look: Look) -> dict[str, Any]:
    """Leave reports out one at a time, fit again, and see how far the rate and the chance of progress move."""
    trend = look.trend
    tried = () if trend is None else _candidates(look, trend)
    found = []
    for report in tried:
        others = tuple(r for r in look.placed if r.id != report.id)
        if trend is None or len(others) < 2:
            continue
        without = _again(look, others)
        found.append((trend.rate - without.rate, trend.p_diminishing - without.p_diminishing, report))
    found.sort(key=lambda each: (-abs(each[0]), each[2].id))
    return {
        "method": _method(len(tried), len(look.placed)),
        "unit": "change of the monthly rate (natural log scale) that the report makes by being there",
        "reports": [_weight(*each) for each in found[:MOST_INFLUENTIAL]],
    }


def _weight(effect: float, on_chance: float, report: Report) -> dict[str, Any]:
    return {
        "report_id": report.id,
        "window_start": iso(report.start),
        "window_end": iso(report.end),
        "effect_on_rate": rounded(effect),
        "effect_on_p_diminishing": rounded(on_chance),
    }


def _method(tried: int, placed: int) -> str:
    if not tried:
        return "There is no trend yet, so no report was left out."
    if tried == placed:
        return "Each report was left out once and the trend fitted again without it."
    return (
        f"The {tried} reports furthest from the fitted level, of {placed}, were each left out once and the "
        "trend fitted again without them."
    )


def _candidates(look: Look, trend: Trend) -> tuple[Report, ...]:
    """Return all placed reports, or where they are many those that lie furthest from the fitted level."""
    placed = look.placed
    most = max(MOST_INFLUENTIAL, min(MOST_LEFT_OUT, READINGS // len(placed)))
    if len(placed) <= most:
        return placed
    days = np.arange(min(r.start for r in placed), look.as_of + 15, 14)
    levels = np.interp(look.table.middles, days, trend.levels(days).centres)
    gaps = np.abs(look.table.logs() - levels)
    order = sorted(range(len(placed)), key=lambda place: (-gaps[place], placed[place].id))
    return tuple(placed[place] for place in sorted(order[:most]))


# --- what was left out ---


def _ignored(look: Look) -> list[dict[str, Any]]:
    """Group what is known but moved no figure by the reason; evidence that is not known yet is not named."""
    used, heard = {r.id for r in look.placed}, {r.id for r in look.heard}
    groups: dict[Unused, list[str]] = {}
    for report in look.known.reports:
        if report.id not in used:
            groups.setdefault(_why_unused(report, look, heard), []).append(report.id)
    if look.known.sessions:
        groups[ATTENDANCE] = [session.id for session in look.known.sessions]
    return [{**why._asdict(), "evidence_ids": ids} for why, ids in sorted(groups.items())]


def _why_unused(report: Report, look: Look, heard: set[str]) -> Unused:
    if report.episodes is None:
        return NO_COUNT
    if look.clock.started_on is None:
        return NOT_STARTED
    if report.end - report.start >= look.parameters.sufficiency.longest_window_days:
        return TOO_LONG
    if report.id in heard:
        return NAMES_ANNIVERSARY
    return BEFORE_START if report.start + report.end < 2 * look.clock.started_on else TOO_OLD
