"""Setbacks: which reports stand out, what may explain them, and which are more than a setback; read by all."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.timeline.days import months
from app.timeline.findings import DESIGN, Rule, rounded
from app.timeline.known_dates import NAMED_TRIGGERS, last_before, nearest
from app.timeline.look import Look
from app.timeline.mixture import normal
from app.timeline.parameters import Parameters
from app.timeline.parameters import Setbacks as Rules
from app.timeline.records import CONTINUING, Report
from app.timeline.surroundings import Floats, Surroundings, middle, spread, survey
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


class Wake(NamedTuple):
    """The betrayal after which a report came, and the median log frequency of the weeks before it."""

    day: int
    id: str
    level_before: float | None


def setbacks(look: Look) -> list[dict[str, Any]]:
    """Return all setbacks in order of time."""
    if not look.heard:
        return []
    found = survey(look.heard_table, look.parameters.setbacks)
    by_place = {place: setback for place, setback in _standing_out(look, found) if setback is not None}
    by_place.update(_risen(look, found.logs))
    by_place = {place: each for place, each in by_place.items() if each.report.episodes}
    return [_as_json(by_place[place], look) for place in sorted(by_place)]


def _standing_out(look: Look, found: Surroundings) -> Iterator[tuple[int, Setback | None]]:
    rules = look.parameters.setbacks
    wakes = _wakes(look, found.logs)
    for place, wake in wakes.items():
        yield place, _reversal(look.heard[place], wake, float(found.logs[place]), rules)
    least = np.where(_explained(look), rules.expected_excess, rules.unexplained_excess)
    for place in found.above(least).tolist():
        if place not in wakes:
            yield place, _one(look, found, place)


def _explained(look: Look) -> NDArray[np.bool_]:
    """Return which reports a known date or a named trigger may explain."""
    rules, table = look.parameters.setbacks, look.heard_table
    if not look.occasions:
        return table.named
    days = look.occasion_days
    last = last_before(days, table.ends, rules.linked_days_before)
    return table.named | ((last >= 0) & (table.starts <= days[last] + rules.linked_days_after))


def _wakes(look: Look, logs: Floats) -> dict[int, Wake]:
    """Return for each report that ends within some weeks after a betrayal: which, and the level before it."""
    rules, ends = look.parameters.setbacks, look.heard_table.ends
    betrayals = sorted((c.day, c.id) for c in look.known.cessation if c.level in CONTINUING)
    if not betrayals:
        return {}
    days = np.array([day for day, _ in betrayals], dtype=np.int64)
    last = last_before(days, ends, 0)
    touched = (last >= 0) & (ends < days[last] + rules.reversal_days_after_betrayal)
    wakes: dict[int, Wake] = {}
    for which in np.unique(last[touched]).tolist():
        day, ident = betrayals[which]
        before = np.sort(logs[(ends >= day - rules.neighbour_days) & (ends < day)])
        wake = Wake(day, ident, middle(before) if len(before) else None)
        wakes.update(dict.fromkeys(np.flatnonzero(touched & (last == which)).tolist(), wake))
    return wakes


def _reversal(report: Report, wake: Wake, log: float, rules: Rules) -> Setback | None:
    """Compare with the weeks before the betrayal: the weeks after it are no calm to compare with."""
    if wake.level_before is None or log - wake.level_before < rules.expected_excess:
        return None
    why = f"in the weeks after the betrayal of {on(wake.day)}"
    return Setback(report, "sustained_reversal", wake.id, log - wake.level_before, why)


def _one(look: Look, found: Surroundings, place: int) -> Setback | None:
    rules, report = look.parameters.setbacks, look.heard[place]
    around = found.around(place)
    over = float(found.logs[place]) - middle(around)
    if over < rules.expected_excess:
        return None
    occasion = nearest(
        look.occasions, report.start, report.end, rules.linked_days_before, rules.linked_days_after
    )
    if occasion is not None:
        named = "discovery_anniversary" if occasion.id is None else occasion.id
        what = "anniversary of the discovery" if occasion.id is None else occasion.kind
        return Setback(report, "expected_setback", named, over, f"near the {what} on {on(occasion.day)}")
    if report.trigger in NAMED_TRIGGERS:
        why = f"for which the report names a trigger ({report.trigger})"
        return Setback(report, "expected_setback", report.trigger, over, why)
    if over > rules.unexplained_excess and over > rules.spread_multiple * spread(around):
        return Setback(report, "unexplained_setback", None, over, "without a recorded date or trigger")
    return None


def _risen(look: Look, logs: Floats) -> dict[int, Setback]:
    """Return the reports of the last weeks, by place, if the level has stepped up and stayed.

    Asked of the reports and not of the trend, which bends but does not jump and so takes months to follow.
    """
    rules = look.parameters.setbacks
    quiet = ~look.heard_near_known_dates
    ages = look.as_of - look.heard_table.ends
    recent = quiet & (ages < rules.reversal_lasting_days)
    earlier = ages - rules.reversal_lasting_days
    before = quiet & (earlier >= 0) & (earlier < rules.reversal_before_days)
    now, then = logs[recent], logs[before]
    if len(now) < rules.reversal_reports or len(then) < rules.reversal_reports_before:
        return {}
    level_before = middle(np.sort(then))
    # A rise lasts only if the oldest report of the stretch was high already.
    lasting = now[0] >= level_before + rules.reversal_rise
    lasting &= _more_episodes(look, recent, before)
    if not lasting or _certainty_of_rise(now, then, rules) < rules.reversal_certainty:
        return {}
    weeks = rules.reversal_lasting_days // 7
    why = f"and the reports of the last {weeks} weeks stay higher than those of the weeks before"
    return {
        place: Setback(look.heard[place], "sustained_reversal", None, float(logs[place]) - level_before, why)
        for place in np.flatnonzero(recent & (logs >= level_before + rules.reversal_rise)).tolist()
    }


def _more_episodes(look: Look, recent: NDArray[np.bool_], before: NDArray[np.bool_]) -> bool:
    """Tell whether there were as many more episodes as a rise means, whatever the lengths of the windows.

    Half an episode weighs more in the log of a short window than in that of a long one, so who reports more often
    than before seems to rise. Here it is added once on either side, over the same days.
    """
    table, least = look.heard_table, look.parameters.setbacks.reversal_rise
    expected = table.episodes[before].sum() / table.days[before].sum() * table.days[recent].sum()
    return bool(table.episodes[recent].sum() + 0.5 >= math.exp(least) * (expected + 0.5))


def _certainty_of_rise(recent: Floats, before: Floats, rules: Rules) -> float:
    """Return P(rise of the log frequency >= the least rise that counts), noise shrunk to its usual size."""
    level, level_before = middle(np.sort(recent)), middle(np.sort(before))
    # Medians and absolute deviations: one wild report, or the first weeks of the rise itself, must not hide it.
    apart = np.concatenate((recent - level, before - level_before))
    prior, size = rules.reversal_noise_weight, len(recent) + len(before)
    seen = 1.4826 * middle(np.sort(np.abs(apart)))
    variance = (prior * rules.reversal_noise_sd**2 + size * seen**2) / (prior + size)
    # Neighbouring reports share their wobble, so they count for less than their number.
    sd = math.sqrt(rules.reversal_inflation * variance * (1.0 / len(recent) + 1.0 / len(before)))
    return float(normal(np.array([(level - level_before - rules.reversal_rise) / sd]))[0])


def _as_json(setback: Setback, look: Look) -> dict[str, Any]:
    report = setback.report
    rate = (report.episodes or 0) / report.weeks
    # Nobody hears "11.3 times as often"; beyond ten the figure itself says enough.
    compared = "before" if setback.kind == "sustained_reversal" else "around it"
    times = f"about {min(math.exp(setback.excess), 10.0):.1f} times the level {compared}"
    when = f"The report for {on(report.start)} to {on(report.end)}"
    basis = f"{when} tells of {per_week(rate)}, {times}, {setback.reason}."
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
