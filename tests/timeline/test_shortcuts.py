"""What is worked out the short way says what the long way says: the search for the first day, shared rows, ends."""

from __future__ import annotations

import math
import random
from functools import cache
from typing import Any

import numpy as np
import pytest

from app.timeline import CURRENT, trend
from app.timeline.course import WEEK, Course
from app.timeline.design import Question, prior, prior_cross
from app.timeline.look import Glance, Look
from app.timeline.mixture import _where
from app.timeline.parameters import DAYS_PER_MONTH
from app.timeline.reading import read
from app.timeline.records import Record
from app.timeline.stopping import no_measurable_progress, threat_at_maximum
from app.timeline.trend import RATE, RATE_LONG, Trend
from tests.timeline.documents import START, on

WEEKS, GATE = 150, CURRENT.stopping.gate_months
SEEDS = range(12)


@cache
def stalled(seed: int) -> Record:
    """A couple whose response falls for some months, then hardly; with noise, weekly or fortnightly, some durations."""
    chance = random.Random(seed)  # noqa: S311 - made-up evidence, not a secret
    every, turn, level = chance.choice((1, 2)), chance.uniform(4.0, 22.0), chance.uniform(8.0, 20.0)
    fall, later, missing = chance.uniform(0.0, 0.09), chance.uniform(0.0, 0.02), chance.choice((0.0, 0.3))
    reports: list[dict[str, Any]] = []
    for n in range(WEEKS // every):
        month = 7 * every * n / DAYS_PER_MONTH
        rate = level * math.exp(-fall * min(month, turn) - later * max(0.0, month - turn))
        reports.append(
            {
                "id": f"r{n}",
                "window_start": on(7 * every * n),
                "window_end": on(7 * every * (n + 1) - 1),
                "episodes": round(rate * every * math.exp(chance.gauss(0.0, 0.4))),
                "typical_duration_minutes": None if chance.random() < missing else chance.uniform(30.0, 90.0),
                "peak_intensity": chance.choice((8, 9, 10)),
            }
        )
    return read({"repair_started_on": START.isoformat(), "threat_reports": reports})


def last_day() -> int:
    return START.toordinal() + 7 * WEEKS


def the_long_way(record: Record, criterion: Any) -> int | None:
    """The search as it is told in words: the week after the gate first, then by halves, every look a whole one."""
    now = Look(record, last_day(), CURRENT)
    if criterion.status(now) != "met":
        return None
    origin = START.toordinal()

    def met(week: int) -> bool:
        return bool(criterion.status(Look(record, origin + week * WEEK, CURRENT)) == "met")

    before, first = int(GATE * DAYS_PER_MONTH) // WEEK + 1, WEEKS
    if met(before):
        return origin + before * WEEK
    while first - before > 1:
        middle = (before + first) // 2
        before, first = (before, middle) if met(middle) else (middle, first)
    return origin + first * WEEK


def the_short_way(record: Record, criterion: Any) -> int | None:
    course = Course(record, CURRENT)
    now = course.look(last_day())
    if criterion.status(now) != "met":
        return None
    return course.first_met(now, lambda past: criterion.status(past) == "met", GATE)


@pytest.mark.parametrize("criterion", [no_measurable_progress, threat_at_maximum])
def test_the_search_by_glances_finds_the_day_that_whole_looks_find(criterion: Any) -> None:
    found = [the_short_way(stalled(seed), criterion) for seed in SEEDS]

    assert found == [the_long_way(stalled(seed), criterion) for seed in SEEDS]
    gate = START.toordinal() + WEEK * (int(GATE * DAYS_PER_MONTH) // WEEK + 1)
    assert len({day for day in found if day is not None and day > gate}) > 2


def test_a_search_that_asks_for_another_rate_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list(trend._OF_STANDSTILL)
    asked[:2] = RATE, RATE_LONG
    monkeypatch.setattr(trend, "_OF_STANDSTILL", asked)

    records = [stalled(seed) for seed in SEEDS]
    found = [the_short_way(each, no_measurable_progress) for each in records]
    assert found != [the_long_way(each, no_measurable_progress) for each in records]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_glance_says_what_a_look_says(seed: int) -> None:
    record = stalled(seed)
    for week in range(4, WEEKS, 13):
        day = START.toordinal() + WEEK * week
        look, glance = Look(record, day, CURRENT), Glance(record, day, CURRENT)

        assert no_measurable_progress.status(glance) == no_measurable_progress.status(look)
        assert (glance.standstill is None) == (look.standstill is None)
        if look.standstill is not None:
            assert glance.standstill == pytest.approx(look.standstill, abs=1e-11)


def test_rows_at_the_same_moments_are_put_together_as_if_they_were_not() -> None:
    every = [Look(stalled(seed), last_day(), CURRENT).trend for seed in SEEDS]
    fitted = [found for found in every if found is not None and found.fit.design.alike]
    assert len(fitted) > 2
    assert len(fitted) < len(every)

    for found in fitted:
        design, question = found.fit.design, asked(found)
        data, known = prior(design, question)
        apart, known_apart = prior(design._replace(alike=False), question)
        assert np.array_equal(data, apart)
        assert known.cross == pytest.approx(known_apart.cross, rel=1e-13, abs=1e-13)
        assert prior_cross(design, question) == pytest.approx(known.cross, rel=1e-13, abs=1e-13)


def asked(found: Trend) -> Question:
    """Two figures: the level now, and its change together with that of durations over ten months."""
    at = np.array([found.now, found.now - 10.0])
    level, duration = np.array([[1.0, 0.0], [0.1, -0.1]]), np.array([[0.0, 0.0], [0.1, -0.1]])
    return Question(at, level, duration, np.array([1.0, 0.0]), CURRENT.trend)


def test_an_end_is_read_off_a_table_as_numpy_reads_it() -> None:
    drawn = np.random.default_rng(7)
    for _ in range(300):
        chances = np.sort(drawn.uniform(size=drawn.integers(2, 30))).tolist()
        table = np.sort(drawn.normal(size=len(chances))).tolist()
        for chance in (*drawn.uniform(-0.1, 1.1, 5).tolist(), chances[0], chances[-1]):
            assert _where(chance, chances, table) == float(np.interp(chance, chances, table))
