"""The series a chart needs: reports, the fitted level with its interval, and the band; drawn by others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from app.timeline.course import Course
from app.timeline.days import iso, months
from app.timeline.findings import rounded
from app.timeline.indicators.figures import span
from app.timeline.indicators.reference_band import edges
from app.timeline.look import Look
from app.timeline.parameters import CURRENT, DAYS_PER_MONTH, Parameters
from app.timeline.reading import as_day, read
from app.timeline.setbacks import setbacks
from app.timeline.trend import LEVEL_AT_ORIGIN, Trend
from app.timeline.wording import BAND_SENTENCE, SIMULATION_SENTENCE

_STEP_DAYS = 14
_MONTHS_AHEAD = 6


def chart(evidence: Mapping[str, Any], as_of: date, *, parameters: Parameters = CURRENT) -> dict[str, Any]:
    """Return reports, fitted level and band in episodes a week, and the events to mark.

    ``fitted`` looks back with all that is known on ``as_of``, so it may differ from what was said at the
    time; ``history`` tells that. Raises ``EvidenceError`` for a malformed document.
    """
    look = Course(read(evidence), parameters).look(as_day(as_of))
    return {
        "as_of": iso(look.as_of),
        "unit": "episodes a week",
        "reports": _reports(look),
        "fitted": [] if look.trend is None else _fitted(look, look.trend),
        "band": [] if look.trend is None else _band(look, look.trend),
        "events": _events(look),
        "statements": [BAND_SENTENCE, SIMULATION_SENTENCE],
    }


def _reports(look: Look) -> list[dict[str, Any]]:
    kinds = {s["report_id"]: s["kind"] for s in setbacks(look)}
    return [
        {
            "id": r.id,
            "from": iso(r.start),
            "to": iso(r.end),
            "per_week": rounded((r.episodes or 0) / r.weeks),
            "duration_minutes": r.duration,
            "peak_intensity": r.peak,
            "setback": kinds.get(r.id),
        }
        for r in look.heard
    ]


def _fitted(look: Look, trend: Trend) -> list[dict[str, Any]]:
    first = look.placed[0].start
    days = np.append(np.arange(first, look.as_of, _STEP_DAYS), look.as_of)
    days = days[days >= (look.clock.started_on or first)]
    levels = trend.levels(days)
    found = []
    for place, day in enumerate(days.tolist()):
        mean, sd = levels.mean(place), levels.sd(place)
        low, high = span(mean, sd)
        found.append(
            {
                "on": iso(day),
                "estimate": rounded(math.exp(mean)),
                "low": rounded(math.exp(low)),
                "high": rounded(math.exp(high)),
            }
        )
    return found


def _band(look: Look, trend: Trend) -> list[dict[str, Any]]:
    """Return the band month by month from the origin to some months ahead; empty if it started resolved."""
    reading, origin = look.parameters.reading, look.clock.origin_on or look.as_of
    start = trend.figures.mean(LEVEL_AT_ORIGIN)
    if start <= math.log(reading.resolved_per_week):
        return []
    last = math.ceil(months(look.as_of - origin)) + _MONTHS_AHEAD
    found = []
    for month in range(last + 1):
        day = origin + round(month * DAYS_PER_MONTH)
        # Ahead of today the work is taken to go on; behind it, pauses hold the band still.
        net = months(look.clock.net_days(origin, min(day, look.as_of)) + max(0, day - look.as_of))
        lower, upper = edges(start, net, reading)
        found.append({"on": iso(day), "lower": rounded(math.exp(lower)), "upper": rounded(math.exp(upper))})
    return found


def _events(look: Look) -> list[dict[str, Any]]:
    clock = look.clock
    found = [(o.day, o.kind, o.id) for o in look.occasions]
    found += [(c.day, c.level, c.id) for c in look.known.cessation]
    if clock.started_on is not None:
        found.append((clock.started_on, "repair_started", None))
    found += [(r.origin_on, "clock_restarted", None) for r in clock.restarts]
    marked = [{"on": iso(day), "to": None, "kind": kind, "id": ident} for day, kind, ident in found]
    marked += [{"on": iso(start), "to": iso(end), "kind": "pause", "id": None} for start, end in clock.pauses]
    return sorted(marked, key=lambda e: (str(e["on"]), str(e["kind"]), e["id"] or ""))
