"""Setbacks on the last day and on the day after: windows, neighbours, occasions, and how sure a rise is."""

from __future__ import annotations

import math
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app.timeline import CURRENT, assess
from app.timeline.days import yearly
from app.timeline.known_dates import nearest, occasions, touched
from app.timeline.reading import read
from app.timeline.records import Report
from app.timeline.setbacks import _certainty_of_rise, _risen
from app.timeline.surroundings import Surroundings, survey
from app.timeline.table import tabulate
from tests.timeline.documents import START, on, steady

RULES = CURRENT.setbacks


def setbacks(counts: dict[int, int], day: int, **more: Any) -> dict[str, dict[str, Any]]:
    """The setbacks of reports of single days, by their day."""
    reports = [
        {"id": f"d{n:03d}", "window_start": on(n), "window_end": on(n), "episodes": count}
        for n, count in counts.items()
    ]
    evidence = {"repair_started_on": on(0), "threat_reports": reports, **more}
    return {s["report_id"]: s for s in assess(evidence, START + timedelta(days=day))["setbacks"]}


BETRAYED = [{"id": "c", "date": on(100), "status": "continuing"}]


def test_a_reversal_lies_from_the_day_of_a_betrayal_to_the_seventieth_after_it() -> None:
    counts = {n: 2 if n < 100 else 8 for n in range(60, 200)}

    linked = [key for key, found in setbacks(counts, 200, cessation=BETRAYED).items() if found["linked_to"]]

    assert (linked[0], linked[-1], len(linked)) == ("d100", "d169", 70)


@pytest.mark.parametrize(("before", "level"), [(30, 4), (29, None), (99, 4)])
def test_it_is_compared_with_the_seventy_days_before_and_with_none_of_the_weeks_after(
    before: int, level: int | None
) -> None:
    found = setbacks({before: 4, 100: 20, 110: 30}, 150, cessation=BETRAYED)

    assert {key: one["excess"] for key, one in found.items()} == (
        {}
        if level is None
        else {"d100": pytest.approx(math.log(20.5 / 4.5)), "d110": pytest.approx(math.log(30.5 / 4.5))}
    )


def test_after_a_betrayal_a_report_below_the_level_before_is_no_setback_however_calm_its_neighbours() -> None:
    counts = {n: 20 if n < 100 else 2 for n in range(60, 160)}

    assert "d130" not in setbacks({**counts, 130: 15}, 160, cessation=BETRAYED)
    assert "d130" in setbacks({**counts, 130: 15}, 160)


def test_among_uneven_neighbours_an_unexplained_setback_must_stand_out_from_their_unevenness() -> None:
    even = dict.fromkeys(range(40), 2)
    uneven = {n: (0, 2, 15)[n % 3] for n in range(40)}

    assert list(setbacks({**even, 20: 12}, 40)) == ["d020"]
    assert "d019" not in setbacks({**uneven, 19: 12}, 40)


@pytest.mark.parametrize(
    ("day", "told"), [(365, "In the first 12 months"), (366, "does not change the trend")]
)
def test_setbacks_are_called_usual_in_the_first_twelve_months(day: int, told: str) -> None:
    counts = dict.fromkeys(range(300, 400), 2)

    assert told in setbacks({**counts, day: 15}, 400)[f"d{day}"]["basis"]


# --- a level that rose ---


def risen(now: dict[int, float], then: dict[int, float], near: tuple[int, ...] = ()) -> list[int]:
    """The ages of the reports called a reversal, of those of such ages with such logs."""
    ages = sorted({**now, **then}, reverse=True)
    logs = np.array([{**now, **then}[age] for age in ages])
    columns = {
        "ends": 1000.0 - np.array(ages),
        "episodes": np.exp(logs) - 0.5,
        "days": np.full(len(ages), 7.0),
    }
    look: Any = SimpleNamespace(
        parameters=CURRENT,
        as_of=1000,
        heard=ages,
        heard_table=SimpleNamespace(**columns),
        heard_near_known_dates=np.array([age in near for age in ages]),
    )
    found: list[Any] = [setback.report for setback in _risen(look, logs).values()]
    return found


def test_a_rise_is_asked_of_six_weeks_against_the_sixteen_before_them() -> None:
    now, then = {41: 2.0, 20: 2.0, 1: 2.4}, {42: 0.0, 60: 0.0, 70: 0.0, 153: 0.0}

    assert risen(now, then) == [41, 20, 1]
    assert risen({**now, 20: 0.4}, then) == [41, 1]
    assert risen({**now, 41: 0.4}, then) == []
    assert risen({20: 2.0, 1: 2.4}, then) == risen({42: 2.0, 20: 2.0, 1: 2.4}, {**then, 43: 0.0}) == []
    assert risen(now, {42: 0.0, 60: 0.0, 70: 0.0}) == risen(now, {42: 0.0, 60: 0.0, 70: 0.0, 154: 0.0}) == []
    assert risen(now, then, near=(20,)) == risen(now, then, near=(60,)) == []


def test_how_sure_a_rise_is_by_hand() -> None:
    """0.2 above the least rise; noise (4 * 0.3^2 + 7 * (1.4826 * 0.1)^2) / 11, times 1.5 (1/3 + 1/4): sd 0.2022."""
    recent, before = np.array([0.6, 0.7, 0.8]), np.array([-0.1, 0.0, 0.0, 0.1])
    sd = math.sqrt(1.5 * (4 * 0.09 + 7 * 0.14826**2) / 11 * (1 / 3 + 1 / 4))

    by_hand = 0.5 * math.erfc(-0.2 / sd / math.sqrt(2))

    assert sd == pytest.approx(0.2022, abs=1e-4)
    assert _certainty_of_rise(recent, before, RULES) == pytest.approx(by_hand, abs=1e-6)


# --- neighbours ---


def neighbours(days: list[int], place: int) -> tuple[int, int]:
    found = survey(
        tabulate(tuple(Report(str(d), None, d, d, 3, None, None, None, "unknown") for d in days)), RULES
    )
    return int(found.first[place]), int(found.after[place])


def test_neighbours_are_those_of_ten_weeks_on_either_side_else_the_last_five_of_half_a_year() -> None:
    assert neighbours(list(range(0, 168, 14)), 6) == (1, 12)
    assert neighbours([0, 28, 56, 84, 112, 120], 2) == (0, 6)
    assert neighbours([0, 28, 56, 84, 112, 127], 2) == (0, 2)
    assert neighbours(list(range(0, 300, 28)), 7) == (2, 7)
    assert neighbours(list(range(0, 400, 61)), 5) == (2, 5)
    assert neighbours(list(range(0, 400, 62)), 5) == (3, 5)
    assert neighbours([n // 2 for n in range(200)], 120) == (50, 191)


def test_half_of_five_neighbours_or_more_must_lie_below() -> None:
    def above(*others: float) -> list[int]:
        logs = np.array([*others, 3.0])
        rows = np.arange(len(logs))
        found = Surroundings(logs, rows * 0, rows * 0 + len(logs), 5).above(np.full(len(logs), 0.2))
        return [place for place in found.tolist() if place == len(others)]

    assert above(0, 0, 0, 2.9, 2.9, 2.9) == [6]
    assert above(0, 0, 2.9, 2.9, 2.9, 2.9) == []
    assert above(0, 0, 0, 0, 2.9) == [5]
    assert above(0, 0, 0, 0) == []


# --- occasions ---


def test_an_occasion_touches_reports_from_some_days_before_to_some_days_after_it() -> None:
    days, middles = np.array([100]), np.array([97.5, 98.0, 114.0, 114.5])
    [occasion] = occasions(read({"known_dates": [{"id": "k", "date": on(100), "kind": "stressor"}]}), 10**6)
    day = occasion.day

    assert touched(days, middles, 2, 14).tolist() == [False, True, True, False]
    found = [
        nearest((occasion,), day + a, day + b, 3, 17) for a, b in ((-9, -4), (-9, -3), (17, 20), (18, 20))
    ]
    assert found == [None, occasion, occasion, None]


def test_of_two_occasions_on_one_day_an_anniversary_is_named_first() -> None:
    dates = [
        {"id": ident, "date": on(5), "kind": kind}
        for ident, kind in (("a", "stressor"), ("b", "anniversary"))
    ]

    assert [o.id for o in occasions(read({"known_dates": dates}), 10**6)] == ["b"]


def test_an_anniversary_comes_back_on_its_day_from_the_first_year_on() -> None:
    day = START.toordinal()

    assert [len(yearly(day, day + n)) for n in (364, 365, 730, 731)] == [0, 1, 1, 2]


def test_monthly_reports_of_a_calm_year_have_no_setbacks() -> None:
    assert assess(steady(60, 8, every=4), START + timedelta(days=420))["setbacks"] == []


@pytest.mark.parametrize(("old", "new"), [(14, 7), (28, 7), (14, 1), (7, 1)])
def test_to_report_more_often_is_no_reversal(old: int, new: int) -> None:
    """Half an episode is added to each window, which weighs more in a short one: none at all is no rise for that."""
    windows = [(old * n, old * n + old - 1) for n in range(280 // old)]
    windows += [(280 + new * n, 280 + new * n + new - 1) for n in range(49 // new)]
    for apart in (9999, 70, 35):
        reports = [
            {
                "id": f"r{n}",
                "window_start": on(first),
                "window_end": on(last),
                "episodes": last // apart - (first - 1) // apart,
            }
            for n, (first, last) in enumerate(windows)
        ]
        evidence = {"repair_started_on": on(0), "threat_reports": reports}
        found = assess(evidence, START + timedelta(days=328))["setbacks"]

        assert "sustained_reversal" not in {setback["kind"] for setback in found}


def test_a_day_without_an_episode_is_no_setback() -> None:
    reports = [
        {"id": f"r{n}", "window_start": on(14 * n), "window_end": on(14 * n + 13), "episodes": n % 2}
        for n in range(20)
    ]
    quiet = {
        "id": "quiet",
        "window_start": on(150),
        "window_end": on(150),
        "episodes": 0,
        "trigger": "reminder",
    }
    evidence = {"repair_started_on": on(0), "threat_reports": [*reports, quiet]}

    assert "quiet" not in {s["report_id"] for s in assess(evidence, START + timedelta(days=280))["setbacks"]}
