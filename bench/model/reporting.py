"""From truth to reports: setbacks, wobble, rhythm, and every way in which reporting goes wrong; courses come in."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from bench.model.families import DAYS, MONTH, Chance, Floats, Habits, Plan

HORIZON = round(40.5 * MONTH)
RHYTHMS, RHYTHM_SHARES = (7, 14, 28), (0.45, 0.4, 0.15)


class Noise(NamedTuple):
    """One noise level: sd of what the log rate does beyond trend, setbacks and chance, and of one log duration."""

    name: str
    rate: float
    duration: float


# Real people set the scale. Whatever a person's fortnights vary by beyond chance has, in the 59 people of `epil`, a
# squared coefficient of 0.12 over all. By the same estimator simulated reports, with their setbacks, zeros and
# bursts on top of these, come to 0.07, 0.13 and 0.26: the calmer half, everybody, and twice as uneven.
NOISES = (Noise("low", 0.2, 0.25), Noise("middle", 0.35, 0.35), Noise("high", 0.55, 0.45))


class Cause(NamedTuple):
    """Something that brings a setback on a day; ``kind`` is ``None`` when nobody recorded it."""

    day: int
    size: float
    days: float
    kind: str | None


class Told(NamedTuple):
    """One report as told, and what was planted in its window: effects on the log scale."""

    start: int
    end: int
    recorded: int
    episodes: int | None
    minutes: float | None
    peak: int | None
    recovery: float | None
    trigger: str
    known_effect: float
    all_effect: float


def causes(habits: Habits, discovery: int, chance: Chance) -> tuple[Cause, ...]:
    """Draw anniversaries (effect only; they are implied), recorded causes, and background setbacks."""
    yearly = [discovery + round(365.25 * n) for n in range(1, 5)]
    found = [Cause(day, chance.uniform(*habits.anniversary), 8.0, "anniversary") for day in yearly]
    for day in _points(habits.causes, chance):
        kind = str(chance.choice(["stressor", "reminder"]))
        recorded = chance.random() < 0.8
        found.append(Cause(day, chance.uniform(*habits.cause_size), 7.0, kind if recorded else None))
    unknown = _points(habits.background, chance)
    found += [Cause(day, chance.uniform(0.3, 1.0), chance.uniform(3, 9), None) for day in unknown]
    return tuple(found)


def _points(per_month: float, chance: Chance) -> list[int]:
    number = int(chance.poisson(per_month * HORIZON / MONTH))
    return sorted(int(day) for day in chance.integers(0, HORIZON, number))


def effects(found: tuple[Cause, ...]) -> tuple[Floats, Floats]:
    """Return the daily effect of recorded causes, and of all: sudden, then fading."""
    known, every = np.zeros(DAYS), np.zeros(DAYS)
    days = np.arange(DAYS)
    for cause in found:
        shape = cause.size * np.exp(-(days - cause.day) / cause.days) * (days >= cause.day)
        every = np.maximum(every, shape)
        if cause.kind is not None:
            known = np.maximum(known, shape)
    return known, every


def wobble(sd: float, memory: float, chance: Chance) -> Floats:
    """Return a daily Ornstein-Uhlenbeck path."""
    keep = math.exp(-1.0 / memory)
    shocks = chance.normal(0.0, sd * math.sqrt(1.0 - keep * keep), DAYS)
    path = np.empty(DAYS)
    level = chance.normal(0.0, sd)
    for day, shock in enumerate(shocks.tolist()):
        level = keep * level + shock
        path[day] = level
    return path


def tell(plan: Plan, habits: Habits, noise: Noise, found: tuple[Cause, ...], chance: Chance) -> list[Told]:
    """Return the reports of one couple over forty months."""
    known, every = effects(found)
    moods = wobble(noise.rate * math.sqrt(0.5), chance.uniform(6.0, 20.0), chance)
    if habits.swing:
        moods = moods + wobble(habits.swing, 60.0, chance)
    drift = habits.drift * np.minimum(np.arange(DAYS) / MONTH, 40.0)
    loudness = plan.frequency + every + moods - np.mean(np.exp(moods) - 1.0) * 0.5 + drift
    told = []
    for start, end in _windows(habits, plan, chance):
        one = _report(start, end, loudness, plan, habits, noise, chance)
        if one is not None:
            here = slice(start, end + 1)
            told.append(
                one._replace(known_effect=float(known[here].mean()), all_effect=float(every[here].mean()))
            )
    return told


def _windows(habits: Habits, plan: Plan, chance: Chance) -> list[tuple[int, int]]:
    every = habits.every or int(chance.choice(RHYTHMS, p=RHYTHM_SHARES))
    start, found = round(habits.begins_month * MONTH) + int(chance.integers(0, 7)), []
    while start + min(every, 14) < HORIZON:
        length = min(every, 14) if every > 28 else every
        end = start + length - 1
        if not any(start < last and end >= first for first, last in plan.rests):
            found.append((start, end))
        if habits.later_every and start > 12 * MONTH:
            every = habits.later_every
        start += every if every <= 28 else int(every * chance.uniform(0.8, 1.4))
    return found


def _report(
    start: int, end: int, loudness: Floats, plan: Plan, habits: Habits, noise: Noise, chance: Chance
) -> Told | None:
    here = slice(start, end + 1)
    white = noise.rate**2 * 0.5
    extra = chance.gamma(1.0 / white, white)
    expected = float(np.exp(loudness[here]).sum()) / 7.0 * extra
    bad = float((loudness[here] - plan.frequency[here]).mean()) + math.log(max(extra, 1e-3))
    if chance.random() < _missing(habits, bad / noise.rate):
        return None
    episodes = _counted(expected, habits, chance)
    minutes: float | None = _minutes(float(plan.duration[here].mean()), bad, noise, chance)
    if episodes == 0 or chance.random() < 0.1:
        minutes = None
    return Told(
        start,
        end,
        end + int(chance.integers(0, 6)),
        None if chance.random() < 0.01 else episodes,
        minutes,
        _peak(episodes, minutes, habits, chance),
        None
        if minutes is None or chance.random() < 0.3
        else float(round(minutes * chance.uniform(1.0, 2.5))),
        "unknown",
        0.0,
        0.0,
    )


def _missing(habits: Habits, bad: float) -> float:
    if not habits.missing_when_bad:
        return habits.missing
    odds = math.log(habits.missing / (1.0 - habits.missing)) + habits.missing_when_bad * bad
    return 1.0 / (1.0 + math.exp(-odds))


def _counted(expected: float, habits: Habits, chance: Chance) -> int:
    if chance.random() < habits.zeros:
        return 0
    number = int(chance.poisson(expected))
    if chance.random() < habits.bursts:
        number += int(chance.poisson(expected * chance.uniform(1.0, 3.0)))
    if number > 8 and chance.random() < habits.heaped:
        step = 5 if number < 25 else 10
        number = step * round(number / step)
    return number


def _minutes(log_minutes: float, bad: float, noise: Noise, chance: Chance) -> float:
    minutes = math.exp(log_minutes + 0.2 * bad + chance.normal(0.0, noise.duration))
    step = 5 if minutes < 60 else 15
    return float(max(1, round(minutes)) if minutes < 10 else step * round(minutes / step))


def _peak(episodes: int, minutes: float | None, habits: Habits, chance: Chance) -> int | None:
    if not episodes or chance.random() < 0.15:
        return None
    usual = habits.peak or 2.5 + 0.7 * math.log((episodes + 1) * (minutes or 30.0))
    return int(np.clip(round(usual + chance.normal(0.0, 0.7)), 0, 10))
