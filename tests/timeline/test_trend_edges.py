"""The parts of the trend on their edges: bins, designs, windows, projections and bands, each by hand."""

from __future__ import annotations

import math
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app.timeline import CURRENT, assess
from app.timeline.bins import Bins, _lengths, _logs, gather, poisson_log_bias
from app.timeline.clock import Clock, read_clock
from app.timeline.design import Question, _movement, build, prior_means
from app.timeline.indicators import recovery, reference_band
from app.timeline.indicators.reference_band import edges
from app.timeline.knowledge import known_on
from app.timeline.look import Look
from app.timeline.mixture import Mixture
from app.timeline.projecting import _AHEAD, _future, _reaches, project
from app.timeline.reading import read
from app.timeline.records import Report
from app.timeline.table import tabulate
from app.timeline.trend import LEVEL, LEVEL_AT_ORIGIN, LEVEL_IN_12, LEVEL_IN_36, Trend, windows
from app.timeline.turns import candidate_turns
from app.timeline.week import MONTHS_AHEAD, _ahead
from app.timeline.wording import chance, count, monthly_change, per_week
from tests.timeline.documents import START, on, steady

DAY = START.toordinal()


def report(first: int, last: int, episodes: int, **more: Any) -> Report:
    plain = Report(f"r{first}", None, DAY + first, DAY + last, episodes, None, None, None, "unknown")
    return plain._replace(**more)


def gathered(*reports: Report, breaks: tuple[float, ...] = (), age: int = 400) -> Bins:
    table = tabulate(reports)
    flagged = np.zeros(len(reports), dtype=bool)
    return gather(table, flagged, np.array(breaks), DAY, DAY + age, CURRENT.binning)


def trend_of(document: dict[str, Any], day: int) -> Trend:
    found = Look(read(document), DAY + day, CURRENT).trend
    assert found is not None
    return found


# --- bins and designs ---


def test_bins_are_fine_where_much_is_expected_and_lately_and_coarse_elsewhere() -> None:
    weekly, ages = (4.0, 3.99, 4.0, 2.0, 1.99, 2.0), (200.0, 200.0, 201.0, 450.0, 450.0, 451.0)

    assert _lengths(np.array(weekly), np.array(ages), CURRENT.binning).tolist() == [14, 28, 28, 28, 56, 56]


def test_a_log_lies_at_most_one_and_a_half_below_what_its_block_expects() -> None:
    logs, variances = _logs(np.array([0.0, 9.0]), np.array([2.0, 2.0]), np.array([10.0, 10.0]), 1.5)

    bias = float(poisson_log_bias(np.array([10.0]))[0])
    assert logs == pytest.approx([math.log(5.0) - 1.5, math.log(9.5 / 2.0) - bias])
    assert variances == pytest.approx([2.0, 1 / 9.5])


def test_a_block_without_an_episode_expects_half_of_one() -> None:
    found = gathered(report(0, 27, 0), report(28, 55, 0))

    by_hand = math.log(0.5 / 8.0) - float(poisson_log_bias(np.array([0.5]))[0])
    assert found.log_rate == pytest.approx([by_hand])
    assert found.variance == pytest.approx([2.0])


def test_a_betrayal_cuts_a_bin_before_what_lies_with_its_middle_on_that_day() -> None:
    before, on_the_day = report(13, 19, 1), report(18, 21, 1)

    assert len(gathered(before, on_the_day).days) == 1
    assert gathered(before, on_the_day, breaks=(20.0,)).days.tolist() == [7.0, 4.0]


def test_what_lies_on_the_day_of_a_step_lies_after_it() -> None:
    """A step of 0.5 is expected: taken off the data after it, and added to a level asked for after it."""
    bins = gathered(report(0, 27, 9), report(56, 83, 9))
    step = bins.months[1:]
    design = build(bins, 0.1, step, np.empty(0), CURRENT.trend)
    asked = Question(
        np.array([step[0] - 0.01, step[0]]), np.eye(2), np.zeros((2, 2)), np.zeros(2), CURRENT.trend
    )

    assert np.diff(design.values - bins.log_rate) == pytest.approx([-0.5])
    assert np.diff(prior_means(design, asked, np.empty(0))[2]) == pytest.approx([0.5])
    assert np.diff(np.diagonal(_movement(design, asked.months, asked.months))) > 0.9


@pytest.mark.parametrize(("blocks", "alone"), [(3, True), (4, False)])
def test_four_stretches_of_durations_are_enough_for_a_load(blocks: int, alone: bool) -> None:
    evidence = steady(40, 1)
    for place, each in enumerate(evidence["threat_reports"]):
        if place >= 4 * blocks:
            each["typical_duration_minutes"] = None

    found = assess(evidence, START + timedelta(days=280))["progress"]

    assert ("frequency alone" in found["basis"], found["duration"]["estimate"] is None) == (alone, alone)


def relapsed(*betrayals: int) -> dict[str, Any]:
    words = [
        (day + shift, word)
        for day in betrayals
        for shift, word in ((0, "continuing"), (3, "verified_ceased"))
    ]
    items = [{"id": f"z{n}", "date": on(day), "status": word} for n, (day, word) in enumerate(words)]
    return {**steady(40, 9), "cessation": items}


def test_each_of_the_last_six_betrayals_after_the_start_is_a_step_and_each_restart_a_fresh_slope() -> None:
    one, seven = (trend_of(relapsed(*days), 280).fit.design for days in ((0,), range(5, 75, 10)))

    assert (len(one.steps), len(one.fresh)) == (0, 1)
    assert (len(seven.steps), len(seven.fresh)) == (6, 6)
    assert seven.steps[0] == pytest.approx(15 / 30.4375)


def test_a_turn_lies_after_the_first_report() -> None:
    assert [len(candidate_turns(9.0, earliest, CURRENT.trend).months) for earliest in (7.75, 7.74)] == [0, 1]


# --- windows ---


def clock_at(day: int, *pauses: tuple[int, int], start: int = 0) -> Clock:
    items = [{"id": f"p{n}", "start": on(a), "end": on(b)} for n, (a, b) in enumerate(pauses)]
    known = known_on(read({"repair_started_on": on(start), "pauses": items}), DAY + day)
    return read_clock(known, DAY + day)


def test_the_rate_looks_back_half_a_year_or_to_the_origin_but_at_least_six_weeks() -> None:
    found = [windows(clock_at(day), CURRENT).rate_from - DAY for day in (300, 182, 100, 42, 30)]

    assert found == [118, 0, 0, 0, -12]


def test_long_windows_are_counted_in_work_and_are_at_least_six_weeks_long() -> None:
    long, rested, young = (
        windows(each, CURRENT) for each in (clock_at(900), clock_at(900, (500, 600)), clock_at(30))
    )

    assert [w.short_from - DAY for w in (long, rested, young)] == [535, 435, -12]
    assert [w.long_from - DAY for w in (long, rested, young)] == [352, 252, -12]
    assert long.short_months == rested.short_months == pytest.approx(365 / 30.4375)
    assert long.long_months == rested.long_months == pytest.approx(548 / 30.4375)
    assert young.short_months == young.long_months == pytest.approx(42 / 30.4375)
    resting = windows(clock_at(30, (0, 20)), CURRENT)
    assert resting.short_months == resting.long_months == pytest.approx(42 / 30.4375)


def test_the_response_has_been_quiet_since_the_fortnight_after_the_last_loud_one() -> None:
    def since(*loud: bool) -> int:
        found = Trend.__new__(Trend)
        found.clock, found.parameters = clock_at(14 * (len(loud) - 1)), CURRENT
        level = found.resolved_level
        fit: Any = SimpleNamespace(centres=lambda asked: np.where(loud[::-1], level + 0.01, level - 0.01))
        found.fit = fit
        return int(found.quiet_since) - DAY

    assert since(True, True, False, False) == 28
    assert since(True, False, True, False) == 42
    assert since(False, False, False) == 0
    assert since(False, False, True) == 28


# --- carried forward ---


@pytest.mark.parametrize("change", [-0.08, 0.01])
def test_what_is_carried_forward_in_closed_form_is_what_the_fit_says_of_those_months(change: float) -> None:
    trend = trend_of(steady(60, 9, change=change), 420)

    def long_way(months: np.ndarray[Any, Any]) -> Any:
        size = len(months)
        return trend.fit.answer(
            Question(trend.now + months, np.eye(size), np.zeros((size, size)), np.zeros(size), CURRENT.trend)
        )

    fan, ahead = long_way(np.array(MONTHS_AHEAD, dtype=float)), long_way(_AHEAD)
    for place, month in enumerate(MONTHS_AHEAD):
        assert _ahead(trend, float(month)) == pytest.approx((fan.mean(place), fan.sd(place)), rel=1e-6)
    level = [trend.resolved_level] * len(_AHEAD)
    assert _future(trend)[1] == pytest.approx(ahead.below(range(len(_AHEAD)), level), abs=1e-6)


def test_a_month_is_read_off_between_its_neighbours_and_not_shown_beyond_the_last() -> None:
    at, chances = np.array([10.0, 20.0, 30.0]), np.array([0.2, 0.6, 0.7])

    assert _reaches(at, chances, 0.5, 60.0) == _reaches(at, chances, 0.5, 17.5) == pytest.approx(17.5)
    assert _reaches(at, chances, 0.1, 60.0) == 10.0
    assert _reaches(at, chances, 0.5, 17.4) is None
    assert _reaches(at, chances, 0.71, 60.0) is None


def test_who_was_loud_two_months_ago_has_been_at_rest_only_since_then_and_stays_so() -> None:
    """P(rest) is 0.952 now and was 0.048 two months ago; that it grows less sure ahead takes nothing back."""
    means, sds = np.full((1, 11), -0.5), np.zeros((1, 11))
    sds[0, [LEVEL, LEVEL_IN_12, LEVEL_IN_36]] = 0.3, 0.6, 1.5

    def levels(days: np.ndarray[Any, Any]) -> Mixture:
        logs = np.full((1, len(days)), -0.5)
        logs[0, -1] = 0.5
        return Mixture(np.ones(1), logs, np.full((1, len(days)), 0.3))

    trend: Any = SimpleNamespace(
        parameters=CURRENT,
        now=30.0,
        resolved_level=0.0,
        p_resolved=0.9522,
        clock=SimpleNamespace(as_of=DAY + 913),
        fit=SimpleNamespace(design=SimpleNamespace(rules=CURRENT.trend)),
        figures=Mixture(np.ones(1), means, sds),
        levels=levels,
    )

    found = project(trend)

    by_hand = [28.0 + 2.0 * (chance - 0.0478) / 0.9044 for chance in (0.5, 0.08, 0.92)]
    assert found[:3] == pytest.approx(by_hand, abs=1e-3)
    assert found.p_by_36 == pytest.approx(0.9522, abs=1e-4)


# --- the band, recovery, words ---


def banded(start: float, now: float, months: float) -> dict[str, Any]:
    figures = SimpleNamespace(mean=lambda figure: math.log({LEVEL_AT_ORIGIN: start, LEVEL: now}[figure]))
    look: Any = SimpleNamespace(
        parameters=CURRENT, trend=SimpleNamespace(figures=figures), clock=SimpleNamespace(net_months=months)
    )
    return reference_band.measure(look)


def test_the_band_ends_at_rest_and_says_on_which_side_of_it_one_stands() -> None:
    assert edges(math.log(16), 40.0, CURRENT.reading) == pytest.approx([math.log(0.5)] * 2)
    assert edges(math.log(16), 30.0, CURRENT.reading)[0] == pytest.approx(math.log(0.5))
    assert [banded(16.0, now, 24.0)["position"] for now in (0.4, 1.0, 2.0)] == ["ahead", "within", "behind"]
    assert banded(0.5, 0.4, 24.0) == {"lower": None, "upper": None, "position": None}
    assert banded(0.51, 0.4, 24.0)["position"] == "ahead"


@pytest.mark.parametrize(("reports", "told"), [(3, False), (4, True)])
def test_recovery_is_told_from_four_reports_since_the_origin(reports: int, told: bool) -> None:
    counted = [report(14 * n, 14 * n + 13, 5, recovery=60.0) for n in range(reports)]
    look: Any = SimpleNamespace(
        parameters=CURRENT, trend=1, as_of=DAY + 80, counted=(*counted, report(60, 61, 1))
    )

    assert (recovery.measure(look)["estimate"] is not None) is told


def test_figures_are_said_in_plain_words() -> None:
    assert [chance(p) for p in (0.0099, 0.01, 0.99, 0.9901)] == ["under 1%", "1%", "99%", "over 99%"]
    assert [per_week(rate) for rate in (9.94, 9.95)] == ["9.9 episodes a week", "10 episodes a week"]
    assert [count(n, "entry", "entries") for n in (0, 1, 10, 11)] == [
        "no entries",
        "one entry",
        "ten entries",
        "11 entries",
    ]
    assert monthly_change(0.004) == monthly_change(-0.004) == "about the same from month to month"
    assert [monthly_change(rate) for rate in (-0.105, 0.01)] == [
        "about 10% less each month",
        "about 1% more each month",
    ]
