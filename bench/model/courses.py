"""One couple from a seed: the evidence document, and for every look what was true; looks and tests come in."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np

from bench.model.families import FAMILIES, MONTH, Chance, Family, Floats, Plan, resolution_month
from bench.model.reporting import HORIZON, NOISES, Cause, Noise, Told, causes, tell

START = date(2022, 3, 1)
FIRST_LOOK, LAST_LOOK = 14, round(40 * MONTH)
RATE_DAYS, SHORTEST_DAYS = 182, 42
LEAST = -0.05
# One answer to the harm is noted at each session, and sessions are a fortnight apart, give or take a week.
SESSION_DAYS = 14
RISE = 0.3


class Couple(NamedTuple):
    """One simulated couple; the document is what the model sees, all else is the truth it is judged by."""

    number: int
    family: Family
    noise: Noise
    plan: Plan
    evidence: dict[str, Any]
    told: tuple[Told, ...]
    resolved: float | None

    def origin(self, day: int) -> int:
        """Return the day from which months count on a day: the last verification after a betrayal."""
        return max((b.verified for b in self.plan.betrayals if b.verified and b.verified <= day), default=0)

    def rate(self, first: int, last: int) -> float:
        """Return the true average change of the underlying log load a month between two days."""
        load = self.plan.frequency + self.plan.duration
        return float((load[last] - load[first]) / (last - first) * MONTH)

    def recent_rate(self, day: int) -> float:
        """Return the true rate over the half year that the model answers for on a day."""
        return self.rate(max(0, min(max(self.origin(day), day - RATE_DAYS), day - SHORTEST_DAYS)), day)

    @property
    def disclosed(self) -> tuple[int, ...]:
        """Return the days on which contrary evidence became known."""
        return tuple(b.day for b in self.plan.betrayals if b.day <= LAST_LOOK)

    def rose(self, day: int, within: int = 70) -> bool:
        """Tell whether the planted response stands higher in the weeks after a day than in those before it."""
        before, after = (
            self.plan.frequency[max(0, day - within) : day],
            self.plan.frequency[day : day + within],
        )
        return bool(after.mean() - before.mean() >= RISE)


def couple(seed: int, number: int) -> Couple:
    """Return one couple: families take turns, then noise levels; everything follows from the two numbers."""
    family = FAMILIES[number % len(FAMILIES)]
    noise = NOISES[number // len(FAMILIES) % len(NOISES)]
    return of_family(family, noise, seed, number)


def of_family(family: Family, noise: Noise, seed: int, number: int) -> Couple:
    """Return a couple of a chosen family and noise level."""
    chance = np.random.default_rng([seed, number])
    plan = family.plan(chance)
    discovery = -int(chance.integers(14, 60))
    found = causes(family.habits, discovery, chance)
    told = _with_triggers(tell(plan, family.habits, noise, found, chance), found, chance)
    evidence = _document(family, plan, discovery, found, told, chance)
    return Couple(number, family, noise, plan, evidence, tuple(told), resolution_month(plan))


def looks() -> list[int]:
    """Return the days of the weekly looks, from week 2 to month 40."""
    return list(range(FIRST_LOOK, LAST_LOOK + 1, 7))


def on(day: int) -> str:
    """Return the ISO form of a day."""
    return (START + timedelta(days=day)).isoformat()


def load_series(told: tuple[Told, ...]) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return what simple methods see: middle months, log load, episodes, weeks, and the day of entry."""
    kept = [t for t in told if t.episodes is not None]
    minutes = np.array([t.minutes or np.nan for t in kept])
    weeks = np.array([(t.end - t.start + 1) / 7.0 for t in kept])
    counts = np.array([float(t.episodes or 0) for t in kept])
    log_minutes = np.log(minutes)
    known = ~np.isnan(log_minutes)
    if known.any():
        places = np.arange(len(kept))
        # A missing duration is filled from its neighbours, as anybody would who wants one number a report.
        log_minutes = np.interp(places, places[known], log_minutes[known])
    else:
        log_minutes = np.zeros(len(kept))
    months = np.array([(t.start + t.end + 1) / 2.0 / MONTH for t in kept])
    entered = np.array([float(t.recorded) for t in kept])
    return months, np.log((counts + 0.5) / weeks) + log_minutes, counts, weeks, entered


def _with_triggers(told: list[Told], found: tuple[Cause, ...], chance: Chance) -> list[Told]:
    """Let three in ten reports that fall on a recorded cause name it."""
    named = [c for c in found if c.kind is not None]
    out = []
    for one in told:
        hit = [c for c in named if one.start <= c.day <= one.end and c.size > 0.3]
        trigger = str(hit[0].kind) if hit and chance.random() < 0.3 else "unknown"
        out.append(one._replace(trigger=trigger))
    return out


def _document(
    family: Family, plan: Plan, discovery: int, found: tuple[Cause, ...], told: list[Told], chance: Chance
) -> dict[str, Any]:
    dates = [c for c in found if c.kind not in (None, "anniversary")]
    return {
        "schema_version": "1",
        "case_id": family.name,
        "discovery_date": on(discovery),
        "repair_started_on": on(0),
        "pauses": [{"id": f"p{n}", "start": on(a), "end": on(b)} for n, (a, b) in enumerate(plan.rests)],
        "known_dates": [
            {"id": f"k{n}", "date": on(c.day), "kind": c.kind, "recurs": "none"} for n, c in enumerate(dates)
        ],
        "threat_reports": [_threat_report(n, one) for n, one in enumerate(told)],
        "accountability": _accountability(family, chance),
        "transparency": _transparency(family, chance),
        "cessation": _cessation(plan),
        "commitments": [{"id": "m", "made_on": on(0), "owner": "B", "check_ins": _check_ins(family, chance)}],
    }


def _threat_report(number: int, one: Told) -> dict[str, Any]:
    return {
        "id": f"r{number:04d}",
        "window_start": on(one.start),
        "window_end": on(one.end),
        "recorded_on": on(one.recorded),
        "episodes": one.episodes,
        "typical_duration_minutes": one.minutes,
        "peak_intensity": one.peak,
        "recovery_minutes": one.recovery,
        "trigger": one.trigger,
    }


def _visits(chance: Chance, every: float) -> list[int]:
    days = np.cumsum(chance.uniform(0.5 * every, 1.5 * every, int(2 * HORIZON / every)))
    return [int(day) for day in days if day < HORIZON]


def _accountability(family: Family, chance: Chance) -> list[dict[str, Any]]:
    conduct, out = family.conduct, []
    for n, day in enumerate(_visits(chance, SESSION_DAYS)):
        draw = chance.random()
        level = "full_ownership" if draw > 0.6 else "acknowledged_harm"
        if draw < conduct.deflects:
            level = "deflected" if chance.random() < 0.6 else "blame_shifted"
        elif draw < conduct.deflects + conduct.minimises:
            level = "minimised"
        out.append({"id": f"a{n}", "date": on(day), "level": level})
    return out


def _transparency(family: Family, chance: Chance) -> list[dict[str, Any]]:
    good, poor = ("proactive", "responsive"), ("passive_compliance", "surveillance_dependent", "withheld")
    return [
        {
            "id": f"t{n}",
            "date": on(day),
            "level": str(chance.choice(good if chance.random() < family.conduct.open else poor)),
        }
        for n, day in enumerate(_visits(chance, 24))
    ]


def _check_ins(family: Family, chance: Chance) -> list[dict[str, Any]]:
    return [
        {
            "id": f"i{n}",
            "date": on(day),
            "result": "kept"
            if chance.random() < family.conduct.open
            else str(chance.choice(["partly", "missed"])),
        }
        for n, day in enumerate(_visits(chance, 20))
    ]


def _cessation(plan: Plan) -> list[dict[str, Any]]:
    """Verify the end twice a year, except where contrary evidence stands or came shortly before."""
    events = [(20, "self_reported_ceased"), *((day, "verified_ceased") for day in range(40, HORIZON, 150))]
    for betrayal in plan.betrayals:
        until = betrayal.verified if betrayal.verified is not None else HORIZON
        events = [e for e in events if not betrayal.day <= e[0] <= until]
    for betrayal in plan.betrayals:
        events.append((betrayal.day, betrayal.status))
        if betrayal.verified is not None:
            events.append((betrayal.verified, "verified_ceased"))
    return [
        {"id": f"c{n}", "date": on(day), "status": status} for n, (day, status) in enumerate(sorted(events))
    ]
