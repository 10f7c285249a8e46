"""Why the answer is what it is: what moved it, which reports weigh most, what was left out, what would change it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from app.timeline import progress
from app.timeline.course import Course
from app.timeline.days import iso
from app.timeline.findings import rounded
from app.timeline.look import Look
from app.timeline.parameters import CURRENT, Parameters
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

_MOST_INFLUENTIAL = 5
_CANDIDATES = 12


def explain(evidence: Mapping[str, Any], as_of: date, *, parameters: Parameters = CURRENT) -> dict[str, Any]:
    """Explain the assessment of the same evidence on the same day; raises ``EvidenceError`` likewise.

    ``influential_reports`` are found by leaving reports out one at a time, so this costs several
    assessments; it is meant to be asked for, not shown with every look.
    """
    look = Course(read(evidence), parameters).look(as_day(as_of))
    return {
        "as_of": iso(look.as_of),
        "status": progress.status(look),
        "contributions": None if look.trend is None else _contributions(look.trend),
        "influential_reports": [] if look.trend is None else _influence(look, look.trend),
        "ignored": _ignored(look),
        "would_change": _would_change(look),
    }


def _contributions(trend: Trend) -> dict[str, Any]:
    """Split the monthly change of the log load; the known-date effect is shown as a factor on the frequency."""
    return {
        "rate_per_month": rounded(trend.figures.mean(RATE)),
        "frequency": rounded(trend.figures.mean(FREQUENCY_RATE)),
        "duration": rounded(trend.figures.mean(DURATION_RATE)) if trend.timed else None,
        "known_date_factor": rounded(math.exp(trend.figures.mean(KNOWN_DATE))),
    }


def _influence(look: Look, trend: Trend) -> list[dict[str, Any]]:
    """Leave out each of the most surprising reports and see how the rate moves."""
    found = []
    for report in _surprising(look, trend):
        others = tuple(r for r in look.placed if r.id != report.id)
        if len(others) < look.parameters.sufficiency.reports:
            continue
        table = tabulate(others)
        near = near_known_dates(table, look.occasions, look.parameters)
        without = fit_trend(table, near, look.clock, look.parameters)
        found.append((trend.rate - without.rate, report))
    found.sort(key=lambda pair: (-abs(pair[0]), pair[1].id))
    return [
        {
            "report_id": report.id,
            "window_end": iso(report.end),
            "effect_on_rate": rounded(effect),
        }
        for effect, report in found[:_MOST_INFLUENTIAL]
    ]


def _surprising(look: Look, trend: Trend) -> list[Report]:
    """Return the reports of the rate's window, and some before it, that lie furthest from the fitted level."""
    window = look.as_of - trend.windows.rate_from
    near = [r for r in look.placed if r.end > trend.windows.rate_from - window]
    levels = trend.levels(np.array([(r.start + r.end) // 2 for r in near]))
    fitted = levels.centres
    gaps = [
        abs(math.log(((r.episodes or 0) + 0.5) / r.weeks) - float(level)) for r, level in zip(near, fitted)
    ]
    order = sorted(range(len(near)), key=lambda place: (-gaps[place], near[place].id))
    return [near[place] for place in order[:_CANDIDATES]]


def _ignored(look: Look) -> list[dict[str, str]]:
    used = {r.id for r in look.placed}
    found = [{"id": r.id, "reason": _why_unused(r, look)} for r in look.known.reports if r.id not in used]
    if look.placed:
        reason = "Near a known date or with a named trigger: used for the setback term, hardly for the trend."
        found += [
            {"id": r.id, "reason": reason} for r, flag in zip(look.placed, look.near_known_dates) if flag
        ]
    return found


def _why_unused(report: Report, look: Look) -> str:
    if report.episodes is None:
        return "No number of episodes; a missing count is not zero."
    if look.clock.started_on is None:
        return "Repair has not been recorded as started."
    if report.end - report.start >= look.parameters.sufficiency.longest_window_days:
        return "The window is too long to place in time."
    if report.start + report.end < 2 * look.clock.started_on:
        return "Before repair started."
    return "Too long ago, or before the last few betrayals."


def _would_change(look: Look) -> list[str]:
    """Say what evidence would change the status; promises and the passing of time never do."""
    if look.trend is None:
        return list(look.enough.needed_next)
    status = progress.status(look)
    floor = -look.parameters.reading.minimum_progress
    if status == "on_track":
        return ["Reports that stay at the present level or rise over the coming months."]
    if status == "insufficient_evidence":
        return ["More reports over the coming weeks.", "Evidence for accountability and transparency."]
    return [
        f"Reports over the coming months that fall by at least {floor:.0%} a month, in number or in length."
    ]
