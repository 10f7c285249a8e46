"""Every week one look through `app.timeline.assess`, on two processes; only what the figures need is kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np

from app.timeline import CURRENT, Parameters, assess
from app.timeline.evidence import EvidenceDoc
from bench.model.courses import START, Couple, couple, load_series, looks
from bench.model.families import MONTH, Floats
from bench.model.methods import METHODS, Seen, answers

CRITERIA = ("continuing_betrayal", "chronic_deflection", "no_measurable_progress", "threat_at_maximum")
RANKS = {"insufficient_evidence": -1, "not_met": 0, "emerging": 1, "met": 2}
WAKE_DAYS, CALM, STRONG = 70, 0.1, 0.5


class Plan(NamedTuple):
    """What one run looks at; ``blind`` takes known dates and triggers out of what the model is shown."""

    seed: int
    parameters: Parameters = CURRENT
    every_days: int = 7
    blind: bool = False
    simple_methods: bool = True


class Course(NamedTuple):
    """All looks at one couple; one row of ``model`` a look, see ``FIELDS``; not a number where not answered."""

    number: int
    family: str
    fate: str
    noise: str
    resolved: float | None
    disclosed: tuple[int, ...]
    days: Floats
    model: Floats
    criteria: Floats
    simple: Floats
    setbacks: tuple[int, int, int, int]
    same_day: tuple[int, int]
    reversals: tuple[int, int, int, int]


FIELDS = (
    "answered",
    "falls",
    "rate",
    "low",
    "high",
    "truth",
    "resolved",
    "month",
    "first",
    "last",
    "on_track",
)
SIMPLE = ("rate", "low", "high", "falls", "stop", "truth", "month", "first", "last")


def run(
    plan: Plan, numbers: Iterable[int], processes: int = 2, make: Callable[[int, int], Couple] = couple
) -> Iterator[Course]:
    """Look at every couple; courses come back in order whatever process made them."""
    wanted = [(plan, number, make) for number in numbers]
    if processes < 2:
        yield from map(_course, wanted)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(_course, wanted, chunksize=2)


def _course(wanted: tuple[Plan, int, Callable[[int, int], Couple]]) -> Course:
    plan, number, make = wanted
    return look_at(make(plan.seed, number), plan)


def look_at(one: Couple, plan: Plan) -> Course:
    """Look at one couple every week."""
    shown = _blinded(one.evidence) if plan.blind else one.evidence
    days = looks()[:: max(1, plan.every_days // 7)]
    model, criteria, reversed_after = [], [], set()
    result: dict[str, Any] = {}
    for day in days:
        result = _assess(shown, day, plan)
        model.append(_row(one, day, result))
        criteria.append([RANKS[result["stop"]["criteria"][c]["status"]] for c in CRITERIA])
        reversed_after |= _reversal(one, day, result)
    return Course(
        one.number,
        one.family.name,
        one.family.fate,
        one.noise.name,
        one.resolved,
        one.disclosed,
        np.array(days, dtype=np.float64),
        np.array(model),
        np.array(criteria, dtype=np.float64),
        _simple(one, days) if plan.simple_methods else np.empty((0, 0, 0)),
        _setbacks(one, result),
        _same_day(one, shown, plan),
        _reversals(one, reversed_after),
    )


def _assess(evidence: Mapping[str, Any] | EvidenceDoc, day: int, plan: Plan) -> dict[str, Any]:
    return assess(evidence, START + timedelta(days=day), parameters=plan.parameters)


def _blinded(evidence: dict[str, Any]) -> dict[str, Any]:
    reports = [{**r, "trigger": "unknown"} for r in evidence["threat_reports"]]
    return {**evidence, "discovery_date": None, "known_dates": [], "threat_reports": reports}


def _row(one: Couple, day: int, result: dict[str, Any]) -> list[float]:
    progress = result["progress"]
    answered = progress["p_diminishing"] is not None
    if not answered:
        return [0.0, *[math.nan] * (len(FIELDS) - 2), float(progress["status"] == "on_track")]
    rate, projected = progress["rate_per_month"], progress["projected_resolution_month"]
    return [
        1.0,
        progress["p_diminishing"],
        rate["estimate"],
        rate["low"],
        rate["high"],
        one.recent_rate(day),
        progress["p_resolved"],
        *(_or_never(projected[key]) for key in ("estimate", "low", "high")),
        float(progress["status"] == "on_track"),
    ]


def _or_never(month: float | None) -> float:
    return math.inf if month is None else month


def _simple(one: Couple, days: list[int]) -> Floats:
    months, loads, counts, weeks, entered = load_series(one.told)
    found = np.full((len(days), len(METHODS), len(SIMPLE)), math.nan)
    for place, day in enumerate(days):
        known = entered <= day
        seen = Seen(months[known], loads[known], counts[known], weeks[known], day / MONTH)
        for which, answer in enumerate(answers(seen)):
            if answer is None:
                continue
            first, last = round(answer.first * MONTH), round(answer.last * MONTH)
            truth = one.rate(max(0, first), max(last, first + 1))
            ends = (answer.low, answer.high) if answer.low is not None else (math.nan, math.nan)
            month = answer.projection or (math.nan,) * 3
            found[place, which] = (answer.rate, *ends, answer.falls, answer.stop, truth, *month)
    return found


def _setbacks(one: Couple, result: dict[str, Any]) -> tuple[int, int, int, int]:
    """Count, at the last look: strongly caused reports and those called expected; calm ones and those flagged."""
    kinds = {s["report_id"]: s["kind"] for s in result["setbacks"]}
    strong = expected = calm = flagged = 0
    for number, told in enumerate(one.told):
        if told.episodes is None or any(0 <= told.end - day < WAKE_DAYS for day in one.disclosed):
            continue
        kind = kinds.get(f"r{number:04d}")
        if told.known_effect >= STRONG:
            strong, expected = strong + 1, expected + (kind == "expected_setback")
        elif told.all_effect < CALM:
            calm, flagged = calm + 1, flagged + (kind is not None)
    return strong, expected, calm, flagged


def _reversal(one: Couple, day: int, result: dict[str, Any]) -> set[int]:
    """Return the betrayals in whose ten weeks a report is labelled a reversal by this look."""
    recent = [d for d in one.disclosed if d < day <= d + WAKE_DAYS]
    if recent and any(s["kind"] == "sustained_reversal" for s in result["setbacks"]):
        return set(recent[-1:])
    return set()


def _reversals(one: Couple, labelled: set[int]) -> tuple[int, int, int, int]:
    """Count betrayals labelled and all, first where the planted response rose, then where it did not."""
    rose = {day for day in one.disclosed if one.rose(day)}
    others = set(one.disclosed) - rose
    return len(labelled & rose), len(rose), len(labelled & others), len(others)


def _same_day(one: Couple, shown: dict[str, Any], plan: Plan) -> tuple[int, int]:
    """Ask on the very day each contrary item became known."""
    met = [
        _assess(shown, day, plan)["stop"]["criteria"]["continuing_betrayal"]["status"] == "met"
        for day in one.disclosed
    ]
    return sum(met), len(met)
