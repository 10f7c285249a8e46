"""Rates run out where the response has become rare, shares are judged alike by either way, means need no spreads."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from app.timeline import CURRENT, parameters_for
from app.timeline.look import Look
from app.timeline.mixture import Mixture
from app.timeline.reading import read
from app.timeline.shares import Share, by_moments, unbroken
from app.timeline.trend import DURATION_RATE, FREQUENCY_RATE, LEVEL, RATE, Trend, run_out
from tests.timeline.documents import START, steady

READING = CURRENT.reading


def figures(level: float, rate: float = -0.15) -> Mixture:
    means, sds = np.zeros((1, 11)), np.full((1, 11), 0.02)
    means[0, [LEVEL, FREQUENCY_RATE, DURATION_RATE, RATE]] = (level, rate, 0.4 * rate, 1.4 * rate)
    return Mixture(np.ones(1), means, sds)


def trend_of(weeks: int, count: int, change: float) -> Trend:
    look = Look(
        read(steady(weeks, count, change=change)), (START + timedelta(days=7 * weeks)).toordinal(), CURRENT
    )
    assert look.trend is not None
    return look.trend


def test_far_above_the_floor_nothing_runs_out() -> None:
    loud = run_out(figures(np.log(5.0)), 6.0, READING)

    assert loud.mean(RATE) == pytest.approx(-0.21, abs=1e-4)
    assert loud.sd(RATE) == pytest.approx(0.02, abs=1e-3)


def test_far_below_the_floor_no_fall_is_left_and_at_it_half_with_doubt() -> None:
    quiet, at = (run_out(figures(np.log(level)), 0.01, READING) for level in (0.01, READING.floor_per_week))

    assert abs(quiet.mean(RATE)) < 0.001
    assert at.mean(RATE) == pytest.approx(-0.105, abs=1e-3)
    assert at.sd(RATE) > 0.1


def test_how_often_and_how_long_still_add_up_to_the_whole() -> None:
    bent = run_out(figures(np.log(0.2)), 6.0, READING)

    assert bent.mean(FREQUENCY_RATE) + bent.mean(DURATION_RATE) == pytest.approx(bent.mean(RATE))


def test_older_versions_know_no_floor() -> None:
    found = figures(np.log(0.01))

    assert run_out(found, 6.0, parameters_for("2026.2").reading) is found
    assert run_out(found, 6.0, replace(READING, floor_per_week=0.0)) is found


def test_means_alone_are_those_of_the_whole_answer() -> None:
    trend = trend_of(90, 14, -0.01)
    days = np.arange(trend.clock.as_of, trend.clock.as_of - 500, -14)

    assert trend.fit.centres(trend._at(days)) == pytest.approx(trend.levels(days).centres, abs=1e-9)


@pytest.mark.parametrize("bound", [0.5, 0.65])
def test_a_share_is_judged_alike_with_and_without_a_table(bound: float) -> None:
    drawn = np.random.default_rng(3).uniform(0.0, 25.0, (300, 2))

    by_table = [Share(good, poor).above(bound) >= 0.8 for good, poor in drawn.tolist()]

    by_moments_alone = [by_moments(good, poor, bound, 0.8) for good, poor in drawn.tolist()]
    assert all(told in (None, table) for told, table in zip(by_moments_alone, by_table, strict=True))
    assert None in by_moments_alone
    assert True in by_moments_alone
    assert False in by_moments_alone


@pytest.mark.parametrize("bound", [0.5, 0.65])
def test_the_last_break_is_found_whether_moments_or_a_table_tell_it(bound: float) -> None:
    drawn = np.random.default_rng(3).uniform(0.0, 25.0, (300, 2))
    enough = np.random.default_rng(4).uniform(size=300) < 0.9
    holds = [
        Share(g, p).above(bound) >= 0.8 and ok for (g, p), ok in zip(drawn.tolist(), enough, strict=True)
    ]
    assert {True, False} <= {holds[size - 1] for size in range(1, 301)}

    for size in range(1, 301):
        found = unbroken(enough[:size], drawn[:size, 0], drawn[:size, 1], bound, 0.8)
        assert all(holds[found:size])
        assert found == 0 or not holds[found - 1]
