"""Numbers worked by hand, with the working beside them."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from app.timeline import CURRENT, assess, catalogue, chart, explain, history, parameters_for
from app.timeline.bins import poisson_log_bias
from app.timeline.clock import read_clock
from app.timeline.days import shared_days, union, yearly
from app.timeline.indicators.reference_band import edges
from app.timeline.kernels import integrated_walk, mean_wobble
from app.timeline.knowledge import known_on
from app.timeline.mixture import Mixture, normal
from app.timeline.reading import read
from app.timeline.shares import Share, certain_above
from app.timeline.stopping.chronic_deflection import e_value
from app.timeline.turns import candidate_turns
from tests.timeline.documents import START, on, steady


def test_the_share_after_three_good_items_and_one_poor_one_is_two_thirds() -> None:
    """Beta(4, 2): mean 4/6; P(share > 1/2) = P(Binomial(5, 1/2) <= 3) = 26/32."""
    share = Share(3.0, 1.0)

    assert share.mean == pytest.approx(4 / 6)
    assert share.above(0.5) == pytest.approx(26 / 32, abs=1e-4)


def test_nine_good_items_and_one_poor_one_are_above_65_percent_with_89_percent() -> None:
    """Beta(10, 2): P(share > 0.65) = 1 - (11 * 0.65^10 - 10 * 0.65^11) = 0.939."""
    by_hand = 1 - (11 * 0.65**10 - 10 * 0.65**11)

    assert Share(9.0, 1.0).above(0.65) == pytest.approx(by_hand, abs=1e-4)
    assert certain_above(np.array([9.0]), np.array([1.0]), 0.65)[0] == pytest.approx(by_hand, abs=3e-3)


def test_without_evidence_every_share_is_equally_likely() -> None:
    assert Share(0.0, 0.0).interval(0.9) == pytest.approx((0.05, 0.95), abs=1e-6)


def test_the_weight_of_evidence_halves_in_150_days() -> None:
    """Two items of today and two of 150 days ago: weights 1 + 1 + 1/2 + 1/2, the old ones poor: Beta(3, 2)."""
    marks = [
        ("a", 0, "full_ownership"),
        ("b", 0, "full_ownership"),
        ("c", -150, "deflected"),
        ("d", -150, "deflected"),
    ]
    evidence = {
        "accountability": [{"id": i, "date": on(200 + day), "level": level} for i, day, level in marks]
    }

    found = assess(evidence, START + timedelta(days=200))["prerequisites"]["accountability"]

    assert found["estimate"] == pytest.approx(3 / 5)


def test_the_evidence_value_of_seven_deflections_in_seven_answers() -> None:
    """(1/0.6) * integral from 0.4 to 1 of theta^7 / 0.4^7 = (1 - 0.4^8) / (8 * 0.6 * 0.4^7) = 127.08."""
    assert e_value(7.0, 7, 0.4) == pytest.approx((1 - 0.4**8) / (8 * 0.6 * 0.4**7), rel=1e-9)
    assert e_value(7.0, 7, 0.4) == pytest.approx(127.08, abs=0.01)


def test_ten_deflections_in_twelve_answers_are_just_enough() -> None:
    """(10! 2! / 13!) / (0.6 * 0.4^10 * 0.6^2) = 51.46, times P(Beta(11, 3) > 0.4) = P(Bin(13, 0.4) <= 10)."""
    above = 1 - (78 * 0.4**11 * 0.6**2 + 13 * 0.4**12 * 0.6 + 0.4**13)
    by_hand = above * (2 / (11 * 12 * 13)) / (0.6 * 0.4**10 * 0.6**2)

    assert e_value(10.0, 12, 0.4) == pytest.approx(by_hand, rel=1e-9)
    assert e_value(10.0, 12, 0.4) > CURRENT.stopping.deflection_met > e_value(9.5, 12, 0.4)


def test_at_the_base_rate_the_evidence_value_is_a_fair_bet() -> None:
    """Under exactly 40 percent its mean is one after any number of answers: the ground of its error bound."""
    mean = sum(math.comb(8, k) * 0.4**k * 0.6 ** (8 - k) * e_value(float(k), 8, 0.4) for k in range(9))

    assert mean == pytest.approx(1.0, abs=1e-9)


def test_whoever_looks_after_every_answer_is_still_rarely_misled() -> None:
    """Over 200 answers at the base rate, E reaches 50 in at most 2 of 100 courses (4 standard errors allowed)."""
    chance = np.random.default_rng(20260301)
    ever = 0
    table = {(k, n): e_value(float(k), n, 0.4) for n in range(1, 61) for k in range(n + 1)}
    for _ in range(2000):
        turned = np.cumsum(chance.random(60) < 0.4)
        ever += any(table[(int(k), n)] >= 50 for n, k in enumerate(turned, start=1))

    assert ever / 2000 <= 0.02 + 4 * math.sqrt(0.02 * 0.98 / 2000)


def test_with_the_moving_year_one_is_misled_more_often_than_one_time_in_fifty() -> None:
    """Monthly answers over 40 months: the page of the model says 3.4% at 40 percent, and 0.4% at 30 percent."""
    chance = np.random.default_rng(20260301)

    def ever(base: float) -> float:
        turned = np.cumsum(np.pad(chance.random((1500, 40)) < base, ((0, 0), (1, 0))), axis=1)
        reached = np.zeros(1500, dtype=bool)
        for last in range(8, 41):
            first = max(0, last - 12)
            table = np.array([e_value(float(k), last - first, 0.4) for k in range(last - first + 1)])
            reached |= table[turned[:, last] - turned[:, first]] >= 50
        return float(reached.mean())

    assert 0.02 < ever(0.4) < 0.055
    assert ever(0.3) < 0.01


def test_overlapping_pauses_count_once() -> None:
    joined = union([(10, 40), (30, 60), (60, 70), (90, 90)])

    assert joined == ((10, 70),)
    assert shared_days(joined, 0, 50) == 40


def test_the_clock_leaves_out_the_union_of_pauses() -> None:
    """730 days less 92 days of two overlapping pauses: 638 / 30.4375 = 20.96 months of work."""
    evidence = {
        "repair_started_on": on(0),
        "pauses": [
            {"id": "a", "start": on(100), "end": on(160)},
            {"id": "b", "start": on(140), "end": on(192)},
            {"id": "a", "start": on(100), "end": on(160)},
        ],
    }

    clock = assess(evidence, START + timedelta(days=730))["clock"]

    assert clock["status"] == "running"
    assert clock["elapsed_months"] == pytest.approx(730 / 30.4375)
    assert clock["net_months"] == pytest.approx(638 / 30.4375)


def test_the_clock_stands_still_during_a_pause_without_an_end() -> None:
    evidence = {"repair_started_on": on(0), "pauses": [{"id": "a", "start": on(61)}]}

    clocks = [assess(evidence, START + timedelta(days=d))["clock"] for d in (70, 200)]

    assert [c["status"] for c in clocks] == ["paused", "paused"]
    assert clocks[0]["net_months"] == clocks[1]["net_months"] == pytest.approx(61 / 30.4375)


@pytest.mark.parametrize(
    ("cessation", "status", "origin", "net"),
    [
        ([(100, "continuing")], "paused", 0, 100),
        ([(100, "continuing"), (120, "self_reported_ceased")], "paused", 0, 100),
        ([(100, "continuing"), (100, "verified_ceased")], "paused", 0, 100),
        ([(100, "continuing"), (130, "verified_ceased")], "restarted", 130, 170),
        ([(100, "continuing"), (130, "verified_ceased"), (200, "new_betrayal")], "paused", 130, 70),
    ],
    ids=["stopped", "word alone", "verified the same day", "verified later", "stopped again"],
)
def test_only_a_later_verification_restarts_the_clock(
    cessation: list[tuple[int, str]], status: str, origin: int, net: int
) -> None:
    items = [{"id": str(n), "date": on(day), "status": s} for n, (day, s) in enumerate(cessation)]

    clock = assess({"repair_started_on": on(0), "cessation": items}, START + timedelta(days=300))["clock"]

    assert (clock["status"], clock["origin_on"]) == (status, on(origin))
    assert clock["net_months"] == pytest.approx(net / 30.4375)


def test_a_window_of_work_reaches_back_over_a_pause() -> None:
    """Six months of work are 183 days; a pause of 100 days in between makes them 283 days by calendar."""
    evidence = read({"repair_started_on": on(0), "pauses": [{"id": "p", "start": on(400), "end": on(500)}]})
    today = START.toordinal() + 600

    clock = read_clock(known_on(evidence, today), today)

    assert today - clock.window_start(6.0) == 283
    assert clock.net_days(clock.window_start(6.0), today) == 183


def test_the_band_is_two_straight_lines_on_the_log_scale() -> None:
    """From 16 a week to 0.5 is five halvings: in month 18 none are left below, half of them above."""
    lower, upper = edges(math.log(16), 18.0, CURRENT.reading)

    assert math.exp(lower) == pytest.approx(0.5)
    assert math.exp(upper) == pytest.approx(0.5 * 2**2.5)


def test_the_upper_edge_is_wider_in_the_first_year_only() -> None:
    within, after = (edges(math.log(16), m, CURRENT.reading)[1] for m in (12.0, 12.01))

    assert within - after == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("mean", [0.3, 1.0, 4.0, 20.0])
def test_the_poisson_bias_equals_the_sum_over_all_counts(mean: float) -> None:
    by_hand = sum(
        math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) * math.log(k + 0.5) for k in range(120)
    ) - math.log(mean)

    assert poisson_log_bias(np.array([mean]))[0] == pytest.approx(by_hand, abs=5e-4)


def test_an_anniversary_of_29_february_is_kept_on_the_28th() -> None:
    found = yearly(date(2024, 2, 29).toordinal(), date(2028, 3, 1).toordinal())

    assert [date.fromordinal(d).isoformat() for d in found] == [
        "2025-02-28",
        "2026-02-28",
        "2027-02-28",
        "2028-02-29",
    ]


def test_the_covariance_of_the_integrated_walk_is_that_of_its_definition() -> None:
    """Cov of the integrals of a Wiener process up to 2 and 3: 2^2 (3*3 - 2) / 6 = 14/3."""
    assert integrated_walk(np.array(2.0), np.array(3.0)) == pytest.approx(14 / 3)


def test_the_mean_wobble_of_a_very_short_stretch_is_the_wobble_itself() -> None:
    found = mean_wobble(np.array([0.0, 10.0]), np.array([1e-3, 1e-3]), 10.0)

    assert found[0, 0] == pytest.approx(1.0, abs=1e-3)
    assert found[0, 1] == pytest.approx(math.exp(-1.0), abs=1e-3)


def test_there_are_nine_candidate_turns_and_at_most_46_configurations() -> None:
    turns = candidate_turns(36.0, 0.5, CURRENT.trend)

    assert len(turns.months) == 9
    assert turns.months[0] == pytest.approx(36.0 - 1.25)
    assert len(turns.first) <= 46
    pairs = turns.second[10:]
    gaps = turns.months[turns.first[10:]] - turns.months[pairs]
    assert gaps.min() >= CURRENT.trend.turn_pair_gap_months


def test_the_normal_table_and_the_mixture_agree_with_the_textbook() -> None:
    one = Mixture(np.array([1.0]), np.array([[0.0]]), np.array([[1.0]]))

    assert normal(np.array([1.959964]))[0] == pytest.approx(0.975, abs=1e-6)
    assert one.interval(0, 0.9) == pytest.approx((0.0, -1.6449, 1.6449), abs=0.02)


@pytest.mark.parametrize("change", [-0.12, -0.06, 0.0])
def test_a_long_even_course_is_told_at_its_true_rate(change: float) -> None:
    evidence = steady(90, 25, change=change, minutes=None)

    progress = assess(evidence, START + timedelta(days=630))["progress"]

    assert progress["rate_per_month"]["estimate"] == pytest.approx(change, abs=0.02)
    assert progress["rate_per_month"]["low"] < change < progress["rate_per_month"]["high"]
    assert progress["frequency"]["estimate"] == pytest.approx(25 * math.exp(change * 630 / 30.4375), rel=0.12)
    assert "frequency alone" in progress["basis"]


def test_recovery_is_a_line_of_its_own() -> None:
    evidence = steady(30, 10)
    for n, report in enumerate(evidence["threat_reports"]):
        report["recovery_minutes"] = 200 * math.exp(-0.1 * (14 * n + 7) / 30.4375)

    recovery = assess(evidence, START + timedelta(days=210))["progress"]["recovery"]

    assert recovery["rate_per_month"]["estimate"] == pytest.approx(-0.1, abs=0.01)
    assert recovery["estimate"] == pytest.approx(200 * math.exp(-0.1 * 210 / 30.4375), rel=0.05)


def test_the_history_of_each_week_equals_a_single_call() -> None:
    evidence = steady(60, 15, change=-0.05)
    evidence["cessation"] = [{"id": "c", "date": on(5), "status": "verified_ceased"}]
    weeks = [START + timedelta(days=d) for d in (60, 200, 414)]

    told = history(evidence, weeks[-1], weeks=weeks)

    for entry, week in zip(told, weeks):
        single = assess(evidence, week)
        assert entry["as_of"] == week.isoformat()
        assert entry["progress"] == {
            k: v for k, v in single["progress"].items() if k not in ("evidence_ids", "basis")
        }
        assert entry["stop"]["status"] == single["stop"]["status"]
        assert entry["prerequisites"] == {k: v["status"] for k, v in single["prerequisites"].items()}


def test_the_history_has_a_look_for_every_week_and_one_for_the_day_asked() -> None:
    told = history(steady(10, 12), START + timedelta(days=30))

    assert [e["as_of"] for e in told] == [on(7), on(14), on(21), on(28), on(30)]


def test_a_met_stall_says_since_when() -> None:
    evidence = steady(100, 20)
    found = assess(evidence, START + timedelta(days=690))["stop"]["criteria"]["no_measurable_progress"]
    first = date.fromisoformat(found["first_met_on"])

    statuses = [
        assess(evidence, first - timedelta(days=back))["stop"]["criteria"]["no_measurable_progress"]["status"]
        for back in (0, 7)
    ]

    assert statuses == ["met", "emerging"]


def test_the_chart_holds_reports_fit_and_band_on_one_scale() -> None:
    evidence = steady(40, 16, change=-0.1)

    series = chart(evidence, START + timedelta(days=280))

    assert len(series["reports"]) == 20
    assert all(p["low"] < p["estimate"] < p["high"] for p in series["fitted"])
    assert series["band"][0]["lower"] <= series["fitted"][0]["estimate"] * 1.05
    assert len(series["statements"]) == 2


def test_the_explanation_names_what_moved_the_rate() -> None:
    evidence = steady(40, 16, change=-0.1)
    evidence["threat_reports"][15]["episodes"] = 90

    told = explain(evidence, START + timedelta(days=280))

    assert told["influential_reports"]["reports"][0]["report_id"] == "r015"
    rate, *parts = (
        told["contributions"][name]["estimate"] for name in ("rate_per_month", "frequency", "duration")
    )
    assert sum(parts) == pytest.approx(rate, abs=1e-6)


def test_old_parameters_stay_loadable_by_version() -> None:
    assert parameters_for(CURRENT.version) is CURRENT
    with pytest.raises(KeyError, match="released"):
        parameters_for("1999.1")


def test_the_published_rules_name_every_part_of_a_result_and_both_statements() -> None:
    rules, result = catalogue(), assess({}, START)

    assert {r["code"] for r in rules["prerequisites"]} == set(result["prerequisites"])
    assert {r["code"] for r in rules["stop_criteria"]} == set(result["stop"]["criteria"])
    assert {r["code"] for r in rules["indicators"]} <= set(result["progress"])
    assert "not been validated" in rules["statements"][0]
    assert "simulated couples" in rules["statements"][1]
    for rule in (*rules["indicators"], *rules["prerequisites"], *rules["stop_criteria"], rules["phases"]):
        assert rule["label"]
        assert rule["source"]
        assert rule["limits"]
        assert rule["thresholds"]


def test_a_published_threshold_follows_the_parameters() -> None:
    other = replace(CURRENT, version="test", stopping=replace(CURRENT.stopping, gate_months=24.0))
    rule = next(r for r in catalogue(other)["stop_criteria"] if r["code"] == "no_measurable_progress")

    assert rule["thresholds"]["gate_months"] == 24.0
    assert "from month 24" in rule["definition"]
