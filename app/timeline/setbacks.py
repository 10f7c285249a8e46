"""Setbacks: which reports stand out, what may explain them, and which are more than a setback; read by all."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.timeline.days import months
from app.timeline.findings import DESIGN, Rule, rounded
from app.timeline.known_dates import NAMED_TRIGGERS, Occasion
from app.timeline.look import Look
from app.timeline.parameters import Parameters
from app.timeline.parameters import Setbacks as Rules
from app.timeline.records import CONTINUING, Report
from app.timeline.surroundings import Surroundings, survey
from app.timeline.trend import LEVEL, RISES, Trend
from app.timeline.wording import on, per_week

CODE = "setbacks"
KINDS = ("expected_setback", "unexplained_setback", "sustained_reversal")


class Setback(NamedTuple):
    """One report that stands out; ``excess`` is on the natural log scale above its surroundings."""

    report: Report
    kind: str
    linked_to: str | None
    excess: float
    reason: str


def setbacks(look: Look) -> list[dict[str, Any]]:
    """Return all setbacks in order of time."""
    if not look.placed:
        return []
    found = survey(look.placed, look.parameters.setbacks)
    by_id = {s.report.id: s for s in _standing_out(look, found)}
    by_id.update({s.report.id: s for s in _risen(look, found)})
    return [_as_json(by_id[r.id], look) for r in look.placed if r.id in by_id]


def _standing_out(look: Look, found: Surroundings) -> list[Setback]:
    rules, reports = look.parameters.setbacks, look.placed
    excess = found.logs - np.where(np.isnan(found.medians), np.inf, found.medians)
    betrayals = sorted((c.day, c.id) for c in look.known.cessation if c.level in CONTINUING)
    out = []
    # Only what stands out at all is looked at one by one; with daily reports that saves most of the time.
    for place in np.flatnonzero((excess >= rules.expected_excess) | _in_wake(reports, betrayals, rules)):
        setback = _one(look, found, int(place), float(excess[place]), betrayals)
        if setback is not None:
            out.append(setback)
    return out


def _in_wake(
    reports: tuple[Report, ...], betrayals: list[tuple[int, str]], rules: Rules
) -> NDArray[np.bool_]:
    """Return which reports end within some weeks after a betrayal."""
    ends = np.array([r.end for r in reports])
    found = np.zeros(len(reports), dtype=bool)
    for day, _ in betrayals:
        found |= (ends >= day) & (ends < day + rules.reversal_days_after_betrayal)
    return found


def _one(
    look: Look, found: Surroundings, place: int, over: float, betrayals: list[tuple[int, str]]
) -> Setback | None:
    rules, report = look.parameters.setbacks, look.placed[place]
    betrayal = _after_betrayal(report, betrayals, rules.reversal_days_after_betrayal)
    if betrayal is not None:
        rise = _above_before(look.placed, found.logs, place, betrayal[0], rules.neighbour_days)
        if rise is None or rise < rules.expected_excess:
            return None
        why = f"in the weeks after the betrayal of {on(betrayal[0])}"
        return Setback(report, "sustained_reversal", betrayal[1], rise, why)
    occasion = _occasion(look, report)
    if isinstance(occasion, Occasion):
        named = "discovery_anniversary" if occasion.id is None else occasion.id
        what = "anniversary of the discovery" if occasion.id is None else occasion.kind
        return Setback(report, "expected_setback", named, over, f"near the {what} on {on(occasion.day)}")
    if occasion is not None:
        why = f"for which the report names a trigger ({occasion})"
        return Setback(report, "expected_setback", occasion, over, why)
    if over > rules.unexplained_excess and over > rules.spread_multiple * found.spread(place):
        return Setback(report, "unexplained_setback", None, over, "without a recorded date or trigger")
    return None


def _occasion(look: Look, report: Report) -> Occasion | str | None:
    """Return the occasion a report lies near, or the trigger it names, or ``None``."""
    rules = look.parameters.setbacks
    near = [
        o
        for o in look.occasions
        if o.day - rules.linked_days_before <= report.end and report.start <= o.day + rules.linked_days_after
    ]
    if near:
        return near[-1]
    return report.trigger if report.trigger in NAMED_TRIGGERS else None


def _after_betrayal(report: Report, betrayals: list[tuple[int, str]], days: int) -> tuple[int, str] | None:
    before = [b for b in betrayals if b[0] <= report.end < b[0] + days]
    return before[-1] if before else None


def _above_before(
    reports: tuple[Report, ...], logs: NDArray[np.float64], place: int, day: int, days: int
) -> float | None:
    """Return the excess over the weeks before the betrayal: the weeks after it are no calm to compare with."""
    before = [log for log, r in zip(logs[:place], reports[:place]) if day - days <= r.end < day]
    return float(logs[place] - np.median(before)) if before else None


def _risen(look: Look, found: Surroundings) -> list[Setback]:
    """Return the reports of the last weeks if the underlying level has stepped up and stayed."""
    rules, trend = look.parameters.setbacks, look.trend
    back = None if trend is None else _risen_since(trend)
    if trend is None or back is None:
        return []
    level_then = trend.figures.mean(LEVEL) - trend.figures.mean(RISES + 2 * back)
    floor = level_then + rules.reversal_rise
    since = look.as_of - round(rules.reversal_looks_back_months[back] * 30.4375)
    why = f"and the underlying level has been higher for at least {rules.reversal_lasting_days // 7} weeks"
    return [
        Setback(
            r,
            "sustained_reversal",
            None,
            float(found.logs[place] - level_then),
            f"{why} than about {on(since)}",
        )
        for place, r in enumerate(look.placed)
        if look.as_of - r.end < rules.reversal_lasting_days and found.logs[place] >= floor
    ]


def _risen_since(trend: Trend) -> int | None:
    """Return the look back over which the rise is certain, both now and some weeks ago; the surest one."""
    rules = trend.parameters.setbacks
    sure = []
    for k, back in enumerate(rules.reversal_looks_back_months):
        if trend.now - back <= months((trend.clock.origin_on or 0) - (trend.clock.started_on or 0)):
            continue
        rise = (1.0 - trend.figures.below(RISES + 2 * k + late, rules.reversal_rise) for late in (0, 1))
        sure.append((min(rise), -k))
    best = max(sure, default=(0.0, 0))
    return -best[1] if best[0] >= rules.reversal_certainty else None


def _as_json(setback: Setback, look: Look) -> dict[str, Any]:
    report = setback.report
    rate = (report.episodes or 0) / report.weeks
    # Nobody hears "11.3 times as often"; beyond ten the figure itself says enough.
    times = f"about {min(math.exp(setback.excess), 10.0):.1f} times the level around it"
    basis = f"The report for {on(report.start)} to {on(report.end)} tells of {per_week(rate)}, {times}, {setback.reason}."
    return {
        "report_id": report.id,
        "kind": setback.kind,
        "linked_to": setback.linked_to,
        "excess": rounded(setback.excess),
        "basis": basis + _usual(report, setback.kind, look),
    }


def _usual(report: Report, kind: str, look: Look) -> str:
    origin, until = look.clock.origin_on, look.parameters.setbacks.usual_until_month
    if kind == "sustained_reversal":
        return " Ask what has changed."
    if origin is not None and months(report.start - origin) < until:
        return f" In the first {until:g} months setbacks like this are usual."
    return " A setback like this does not change the trend."


def rule(parameters: Parameters) -> Rule:
    """Return the published rule."""
    rules = parameters.setbacks
    return Rule(
        CODE,
        "Setbacks",
        f"Log frequency of a report above the median of the {rules.neighbour_days // 7} weeks around it. "
        "Expected: "
        f"{rules.expected_excess:g} or more from {rules.linked_days_before} days before to "
        f"{rules.linked_days_after} days "
        "after a known date, or with a named trigger. Unexplained: more than "
        f"{rules.unexplained_excess:g} and "
        f"{rules.spread_multiple:g} median deviations. Sustained reversal: within "
        f"{rules.reversal_days_after_betrayal} "
        f"days of a betrayal, or {rules.reversal_certainty:.0%} sure that the level rose by "
        f"{rules.reversal_rise:g} for at "
        f"least {rules.reversal_lasting_days} days.",
        f"Two steps forward, one step back; numbers: {DESIGN}",
        "An expected setback never lowers the trend and never meets a stop criterion.",
        {
            "expected_excess": rules.expected_excess,
            "unexplained_excess": rules.unexplained_excess,
            "spread_multiple": rules.spread_multiple,
            "linked_days_before": rules.linked_days_before,
            "linked_days_after": rules.linked_days_after,
            "neighbour_days": rules.neighbour_days,
            "neighbours": rules.neighbours,
            "reversal_days_after_betrayal": rules.reversal_days_after_betrayal,
            "reversal_rise": rules.reversal_rise,
            "reversal_lasting_days": rules.reversal_lasting_days,
            "reversal_certainty": rules.reversal_certainty,
            "usual_until_month": rules.usual_until_month,
        },
        KINDS,
    )
