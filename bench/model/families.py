"""Kinds of couples whose truth is known: how the underlying response moves, and what happens; courses come in.

A plan holds what is true, day by day over five years, before anybody reports anything: the underlying log
frequency (episodes a week) and log duration (minutes), with setbacks and short-lived wobble left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Chance = np.random.Generator

MONTH = 30.4375
DAYS = 1827
RESOLVED = math.log(0.5)
MONTHS = np.arange(DAYS) / MONTH

REPAIRING, UNMOVED, REST, SPARSE = (
    "repairing",
    "not repairing",
    "long rest, then repair",
    "too sparse to judge",
)


class Betrayal(NamedTuple):
    """Contrary evidence of a day, its status, and the day its end was verified (``None``: never)."""

    day: int
    status: str
    verified: int | None


class Plan(NamedTuple):
    """The truth of one couple; days count from the start of repair."""

    frequency: Floats
    duration: Floats
    betrayals: tuple[Betrayal, ...] = ()
    rests: tuple[tuple[int, int], ...] = ()


class Habits(NamedTuple):
    """How the affected partner reports; ``every`` is the rhythm in days (0: weekly to four-weekly, by chance)."""

    every: int = 0
    later_every: int = 0
    begins_month: float = 0.0
    missing: float = 0.06
    missing_when_bad: float = 0.0
    zeros: float = 0.01
    bursts: float = 0.005
    heaped: float = 0.3
    drift: float = 0.0
    causes: float = 0.22
    cause_size: tuple[float, float] = (0.3, 1.2)
    anniversary: tuple[float, float] = (0.0, 0.8)
    background: float = 0.25
    swing: float = 0.0
    peak: float = 0.0


class Conduct(NamedTuple):
    """How the involved partner acts: chances of deflecting and of minimising, and of being open."""

    deflects: float = 0.08
    minimises: float = 0.12
    open: float = 0.85


class Family(NamedTuple):
    """One kind of couple; ``fate`` says on which side of the stop criteria it belongs."""

    name: str
    fate: str
    plan: Callable[[Chance], Plan]
    habits: Habits = Habits()
    conduct: Conduct = Conduct()


def resolution_month(plan: Plan) -> float | None:
    """Return the month from which the underlying frequency stays at one episode a fortnight or less."""
    loud = np.flatnonzero(plan.frequency > RESOLVED + 1e-9)
    if not len(loud):
        return 0.0
    return None if loud[-1] >= DAYS - 1 else float((loud[-1] + 1) / MONTH)


def _start(chance: Chance, low: float = 5.0, high: float = 20.0) -> float:
    return float(np.exp(chance.uniform(math.log(low), math.log(high))))


def _floored(path: Floats, chance: Chance) -> Floats:
    """Let a fall run out softly at one episode in five to sixteen weeks: nobody forgets altogether."""
    floor = math.log(chance.uniform(0.06, 0.2))
    return np.asarray(np.logaddexp(4.0 * path, 4.0 * floor) / 4.0)


def _with_duration(
    frequency: Floats, chance: Chance, share: tuple[float, float] = (0.2, 0.8), shift: float = 0.0
) -> Plan:
    """Let durations follow the movement of the frequency by a share, ``shift`` months later or earlier."""
    moved = np.interp(MONTHS - shift, MONTHS, frequency - frequency[0])
    minutes = math.log(chance.uniform(25, 120)) + chance.uniform(*share) * moved
    return Plan(frequency, np.maximum(minutes, math.log(4.0)))


def _shaped(chance: Chance, resolved: tuple[float, float], shape: Callable[[Floats], Floats]) -> Plan:
    """Fall from the start to resolution by a shape that runs from 0 to 1 and beyond."""
    level = math.log(_start(chance))
    done = shape(MONTHS / chance.uniform(*resolved))
    return _with_duration(_floored(level - (level - RESOLVED) * done, chance), chance)


def straight(first: float, last: float) -> Callable[[Chance], Plan]:
    """Fall at one pace and be resolved between two months."""
    return lambda chance: _shaped(chance, (first, last), lambda done: done)


def _quick_then_slowing(chance: Chance) -> Plan:
    return _shaped(chance, (22, 34), lambda done: np.log1p(3.0 * done) / math.log(4.0))


def _slow_then_quick(chance: Chance) -> Plan:
    return _shaped(chance, (22, 32), lambda done: 0.5 * done + 0.5 * done**2)


def _s_shaped(chance: Chance) -> Plan:
    def shape(done: Floats) -> Floats:
        return np.asarray(1.18 / (1.0 + np.exp(-5.0 * (done - 0.5))) - 0.0895)

    level, months = math.log(_start(chance)), chance.uniform(22, 32)
    path = level - (level - RESOLVED) * np.where(months > MONTHS, shape(MONTHS / months), MONTHS / months)
    return _with_duration(_floored(path, chance), chance)


def _stairs(chance: Chance) -> Plan:
    steps, months = int(chance.integers(4, 7)), chance.uniform(20, 32)
    return _shaped(
        chance,
        (months, months),
        lambda done: done - 0.12 * np.sin(2 * np.pi * steps * done) * (4.0 / steps) / 2.0,
    )


def _plateau(first: tuple[float, float], months: tuple[float, float]) -> Callable[[Chance], Plan]:
    """Fall, stand still for some months, and fall on; a fall of no length means standing still at first."""

    def plan(chance: Chance) -> Plan:
        begins, length = chance.uniform(*first), chance.uniform(*months)
        level, pace = math.log(_start(chance)), chance.uniform(0.1, 0.17)
        moving = MONTHS - np.clip(MONTHS - begins, 0.0, length)
        return _with_duration(_floored(level - pace * moving, chance), chance)

    return plan


def _gap(chance: Chance) -> Plan:
    begins, length = chance.uniform(5, 14), chance.uniform(2.5, 5)
    level, pace = math.log(_start(chance)), chance.uniform(0.1, 0.16)
    moving = MONTHS - np.clip(MONTHS - begins, 0.0, length)
    rest = (round(begins * MONTH), round((begins + length) * MONTH))
    return _with_duration(_floored(level - pace * moving, chance), chance)._replace(rests=(rest,))


def _relapse(first: float, last: float) -> Callable[[Chance], Plan]:
    """Fall, be thrown back by a new betrayal that is disclosed, and fall again once its end is verified."""

    def plan(chance: Chance) -> Plan:
        day = round(chance.uniform(first, last) * MONTH)
        verified = day + int(chance.integers(21, 50))
        level, pace, again = math.log(_start(chance)), chance.uniform(0.1, 0.16), chance.uniform(0.11, 0.17)
        step = chance.uniform(0.8, 1.6)
        fall = (
            level - pace * np.minimum(MONTHS, day / MONTH) - again * np.maximum(MONTHS - verified / MONTH, 0)
        )
        path = _floored(fall + np.where(np.arange(DAYS) >= day, step, 0.0), chance)
        betrayal = Betrayal(day, "new_betrayal", verified)
        return _with_duration(path, chance)._replace(betrayals=(betrayal,))

    return plan


def _hard_season(chance: Chance) -> Plan:
    begins = chance.uniform(6, 16)
    lift = chance.uniform(0.4, 0.8) * np.interp(MONTHS, begins + np.array([0, 1, 3.5, 5]), [0, 1, 1, 0])
    level, pace = math.log(_start(chance)), chance.uniform(0.11, 0.17)
    return _with_duration(_floored(level - pace * MONTHS, chance) + lift, chance)


def _seasons(chance: Chance) -> Plan:
    wave = chance.uniform(0.1, 0.25) * np.sin(2 * np.pi * (MONTHS / 12.0 + chance.uniform()))
    level, pace = math.log(_start(chance)), chance.uniform(0.1, 0.16)
    return _with_duration(_floored(level - pace * MONTHS, chance) + wave, chance)


def _many(chance: Chance) -> Plan:
    level, pace = math.log(_start(chance, 25, 45)), chance.uniform(0.12, 0.18)
    return _with_duration(_floored(level - pace * MONTHS, chance), chance)


def _few(chance: Chance) -> Plan:
    level, months = math.log(_start(chance, 2.5, 4)), chance.uniform(16, 26)
    return _with_duration(_floored(level - (level - RESOLVED) * MONTHS / months, chance), chance)


def _durations_lead(chance: Chance) -> Plan:
    level, pace = math.log(_start(chance)), chance.uniform(0.1, 0.15)
    path = _floored(level - pace * np.maximum(MONTHS - 3.0, 0.0), chance)
    return _with_duration(path, chance, (0.5, 0.9), shift=-3.0)


def _for_good(chance: Chance) -> Plan:
    """Fall at one pace for ever, with nothing left in the end: what the model's floor does not expect."""
    level = math.log(_start(chance))
    return _with_duration(level - (level - RESOLVED) * MONTHS / chance.uniform(18, 28), chance)


def _frequency_only(chance: Chance) -> Plan:
    level, pace = math.log(_start(chance)), chance.uniform(0.1, 0.16)
    return _with_duration(_floored(level - pace * MONTHS, chance), chance, (0.0, 0.0))


def flat(low: float, high: float, slope: tuple[float, float] = (-0.01, 0.01)) -> Callable[[Chance], Plan]:
    """Start between two frequencies a week and move by a slope that is no progress."""

    def plan(chance: Chance) -> Plan:
        path = math.log(_start(chance, low, high)) + chance.uniform(*slope) * MONTHS
        return _with_duration(np.minimum(path, math.log(60.0)), chance, (0.0, 0.5))

    return plan


def _stall(chance: Chance) -> Plan:
    """Set out on a course of 14 to 24 months, and stand still from the middle of it on."""
    level, months = math.log(_start(chance, 8, 24)), chance.uniform(14, 24)
    fall = level - RESOLVED
    return _with_duration(level - fall * np.minimum(MONTHS / months, 0.5), chance)


def _covert(chance: Chance) -> Plan:
    level, pace = math.log(_start(chance, 8, 24)), chance.uniform(-0.01, 0.06)
    day = round(chance.uniform(7, 20) * MONTH)
    step = np.where(np.arange(DAYS) >= day, chance.uniform(0.6, 1.4), 0.0)
    found = Betrayal(day, "continuing", None)
    return _with_duration(level - pace * np.minimum(MONTHS, day / MONTH) + step, chance)._replace(
        betrayals=(found,)
    )


def _changed_form(chance: Chance) -> Plan:
    plan, day = flat(5, 18)(chance), round(chance.uniform(5, 16) * MONTH)
    later = Betrayal(day + int(chance.integers(30, 120)), "continuing_diminished", None)
    return plan._replace(betrayals=(Betrayal(day, "continuing_changed_form", None), later))


def _again_and_again(chance: Chance) -> Plan:
    """Fall between betrayals and be thrown back by each, every five to nine months for as long as one looks."""
    days = [round(month * MONTH) for month in np.cumsum(chance.uniform(5, 9, 12)) if month < 60]
    steps = sum((np.where(np.arange(DAYS) >= d, 0.7, 0.0) for d in days), np.zeros(DAYS))
    path = np.minimum(math.log(_start(chance, 5, 14)) - 0.09 * MONTHS + steps, math.log(60.0))
    betrayals = tuple(Betrayal(d, "new_betrayal", d + int(chance.integers(21, 60))) for d in days)
    return _with_duration(path, chance)._replace(betrayals=betrayals)


TYPICAL = straight(18, 28)

NAMED: tuple[Family, ...] = (
    Family("fast repair", REPAIRING, straight(12, 18)),
    Family("typical repair", REPAIRING, TYPICAL),
    Family("slow repair", REPAIRING, straight(28, 36)),
    Family(
        "two steps forward, one back",
        REPAIRING,
        straight(20, 32),
        Habits(causes=0.5, cause_size=(0.6, 1.5), anniversary=(0.8, 1.5)),
    ),
    Family("plateau, then repair", REPAIRING, _plateau((0, 0), (4, 7))),
    Family("relapse, then recovery", REPAIRING, _relapse(8, 14)),
    Family("gap in treatment", REPAIRING, _gap),
    Family("bursty reports, repairing", REPAIRING, TYPICAL, Habits(bursts=0.18)),
    Family(
        "bad weeks not reported, repairing", REPAIRING, TYPICAL, Habits(missing=0.2, missing_when_bad=1.2)
    ),
    Family(
        "good weeks not reported, repairing", REPAIRING, TYPICAL, Habits(missing=0.2, missing_when_bad=-1.2)
    ),
    Family("round numbers, repairing", REPAIRING, TYPICAL, Habits(heaped=1.0)),
    Family("stalled low", UNMOVED, flat(2.2, 4)),
    Family("stalled at maximum", UNMOVED, flat(14, 30), Habits(peak=9.6)),
    Family("covert continuation found late", UNMOVED, _covert),
    Family("continues in changed form", UNMOVED, _changed_form),
    Family("chronic deflection", UNMOVED, flat(4, 16, (-0.02, 0.01)), Habits(), Conduct(0.75, 0.15, 0.4)),
    Family("stall after half the way", UNMOVED, _stall),
    Family("bursty reports, stalled", UNMOVED, flat(4, 16), Habits(bursts=0.18)),
    Family(
        "bad weeks not reported, stalled", UNMOVED, flat(4, 16), Habits(missing=0.2, missing_when_bad=1.2)
    ),
    Family("round numbers, stalled", UNMOVED, flat(4, 16), Habits(heaped=1.0)),
    Family("sparse reports, repairing", SPARSE, TYPICAL, Habits(every=70)),
    Family("sparse reports, stalled", SPARSE, flat(4, 16), Habits(every=70)),
    Family("long rest, then repair", REST, _plateau((3, 6), (9, 12))),
)

INVENTED: tuple[Family, ...] = (
    Family("repair in stairs", REPAIRING, _stairs),
    Family("quick, then slowing", REPAIRING, _quick_then_slowing),
    Family("slow, then quick", REPAIRING, _slow_then_quick),
    Family("s-shaped repair", REPAIRING, _s_shaped),
    Family("many episodes, daily reports", REPAIRING, _many, Habits(every=1)),
    Family("few episodes at the start", REPAIRING, _few),
    Family("durations lead by a season", REPAIRING, _durations_lead),
    Family("frequency falls, durations do not", REPAIRING, _frequency_only),
    Family("falls on for good", REPAIRING, _for_good),
    Family("a hard season", REPAIRING, _hard_season),
    Family("yearly wave", REPAIRING, _seasons),
    Family("reporter notices ever more", REPAIRING, TYPICAL, Habits(drift=0.015)),
    Family("reporter notices ever less", REPAIRING, TYPICAL, Habits(drift=-0.015)),
    Family("four-weekly reports", REPAIRING, TYPICAL, Habits(every=28)),
    Family("weekly, later four-weekly reports", REPAIRING, TYPICAL, Habits(every=7, later_every=28)),
    Family("reports begin late", REPAIRING, straight(20, 32), Habits(begins_month=7.0)),
    Family("half-hearted ownership, repairing", REPAIRING, TYPICAL, Habits(), Conduct(0.24, 0.2, 0.6)),
    Family("many setbacks without a cause", REPAIRING, TYPICAL, Habits(background=0.9)),
    Family("late relapse, then recovery", REPAIRING, _relapse(17, 22)),
    Family("many weeks of nothing, repairing", REPAIRING, TYPICAL, Habits(zeros=0.2)),
    Family("slow worsening", UNMOVED, flat(4, 12, (0.015, 0.04))),
    Family("far too slow", UNMOVED, flat(8, 25, (-0.025, -0.01))),
    Family("wide swings, no trend", UNMOVED, flat(4, 14), Habits(swing=0.5)),
    Family("good conduct, unmoved threat", UNMOVED, flat(5, 18), Habits(), Conduct(0.0, 0.05, 0.97)),
    Family("betrayed again and again", UNMOVED, _again_and_again),
    Family(
        "stalled, with yearly spikes",
        UNMOVED,
        flat(4, 14),
        Habits(causes=0.5, cause_size=(0.6, 1.5), anniversary=(0.8, 1.5)),
    ),
)

FAMILIES = NAMED + INVENTED
