"""How long the model takes on the machine that proves it, beside a yardstick of that machine; the table comes in."""

from __future__ import annotations

import statistics
import time
from datetime import timedelta
from typing import NamedTuple

from app.timeline import history
from bench.timeline_speed import DAYS, START, course, milliseconds, yardstick

RHYTHMS = (("fortnightly", 14), ("weekly", 7), ("daily", 1))
CASES, COUPLES = 20, 200


class Rhythm(NamedTuple):
    """Processor milliseconds of one whole assessment of a three-year case."""

    name: str
    reports: int
    best: float
    median: float
    p95: float


class Speed(NamedTuple):
    """Figures of one core: a Cholesky factor of 300 by 300 in milliseconds, assessments, a history, a caseload."""

    yardstick: float
    rhythms: tuple[Rhythm, ...]
    weeks: int
    history: float
    couples_a_second: float


def measured() -> Speed:
    """Measure one after the other; processor time, so that waiting for the neighbours does not count.

    The yardstick comes first: after its large arrays the heap is kept, as in a process that has run for a while,
    and is not handed back to the system and fetched anew with every assessment.
    """
    cholesky = yardstick()
    rhythms = tuple(_rhythm(name, every) for name, every in RHYTHMS)
    weeks, spent = _history()
    return Speed(cholesky, rhythms, weeks, spent, _caseload())


def _rhythm(name: str, every: int) -> Rhythm:
    cases = [course(seed, every) for seed in range(CASES)]
    milliseconds(cases[:3], 2)
    found = milliseconds(cases, 6 if every > 1 else 2)
    reports = len(cases[0]["threat_reports"])
    return Rhythm(name, reports, found[0], statistics.median(found), found[int(0.95 * len(found))])


def _history() -> tuple[int, float]:
    case, until, spent, weeks = course(1, 7), START + timedelta(days=DAYS), [], 0
    for _ in range(5):
        before = time.process_time()
        weeks = len(history(case, until))
        spent.append((time.process_time() - before) * 1e3)
    return weeks, statistics.median(spent)


def _caseload() -> float:
    """Return how many couples' latest weeks one core works out in a second, as a caseload refresh asks for them."""
    cases = [course(seed, (14, 7)[seed % 2]) for seed in range(COUPLES)]
    days = [START + timedelta(days=DAYS * (1 + seed % 6) // 6) for seed in range(COUPLES)]
    before = time.process_time()
    for case, day in zip(cases, days):
        history(case, day, weeks=[day])
    return COUPLES / (time.process_time() - before)
