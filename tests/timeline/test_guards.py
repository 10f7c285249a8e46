"""Planted flaws: each important guard is taken away through the parameters, and the answer must change.

A check that cannot fail protects nobody; these show that the guard, and nothing else, made the difference.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.demo.stories import V02, V05, V07, V13
from app.timeline import CURRENT, Parameters, assess
from tests.timeline.documents import START, on, steady
from tests.timeline.telling import day_of, told


def with_stopping(**changes: Any) -> Parameters:
    return replace(CURRENT, stopping=replace(CURRENT.stopping, **changes))


def stall(result: dict[str, Any]) -> str:
    return str(result["stop"]["criteria"]["no_measurable_progress"]["status"])


def test_without_the_time_gate_a_flat_year_is_met_before_month_18() -> None:
    flat = steady(60, 20)
    as_of = START + timedelta(days=420)

    guarded = assess(flat, as_of)
    unguarded = assess(flat, as_of, parameters=with_stopping(gate_months=0.0))

    assert (stall(guarded), stall(unguarded)) == ("emerging", "met")


def test_without_the_high_bound_a_slow_but_falling_couple_is_met() -> None:
    slow = steady(96, 25, change=-0.045, minutes=None)
    for n, report in enumerate(slow["threat_reports"]):
        # Good months and bad ones take turns, so the year cannot be told from a slow repair.
        report["episodes"] = round(report["episodes"] * (1.9 if n // 3 % 2 else 0.55))
    as_of = START + timedelta(days=96 * 7)

    guarded = assess(slow, as_of)
    low = with_stopping(short_bound=0.5, long_bound=0.5, load_bound=0.5, early_bound=0.5)
    unguarded = assess(slow, as_of, parameters=low)

    assert stall(guarded) != "met"
    assert stall(unguarded) == "met"


def test_without_both_guards_a_repairing_couple_would_be_stopped() -> None:
    evidence = told(V02)
    neither = with_stopping(
        gate_months=0.0, early_gate_months=0.0, short_bound=0.3, long_bound=0.3, load_bound=0.3
    )

    assert stall(assess(evidence, day_of(7))) == "not_met"
    assert stall(assess(evidence, day_of(7), parameters=neither)) == "met"


def test_without_the_load_guard_a_couple_at_rest_would_be_stopped() -> None:
    quiet = steady(100, 0.5)
    as_of = START + timedelta(days=700)

    assert stall(assess(quiet, as_of)) != "met"
    assert stall(assess(quiet, as_of, parameters=with_stopping(load_per_week=0.05))) == "met"


def test_continuing_behaviour_needs_no_parameter_and_none_can_outvote_it() -> None:
    falling = steady(80, 20, change=-0.2)
    falling["cessation"] = [{"id": "c", "date": on(550), "status": "continuing_diminished"}]
    as_of = START + timedelta(days=551)
    lenient = replace(
        with_stopping(betrayal_emerging_days=0, gate_months=99.0),
        status=replace(CURRENT.status, on_track=0.0, resolved=0.0),
    )

    for parameters in (CURRENT, lenient):
        result = assess(falling, as_of, parameters=parameters)
        assert result["stop"]["status"] == "met"
        assert result["progress"]["status"] == "insufficient_evidence"


def test_after_verification_the_watch_lasts_as_long_as_the_parameter_says() -> None:
    evidence = steady(80, 20, change=-0.1)
    evidence["cessation"] = [
        {"id": "c", "date": on(300), "status": "continuing"},
        {"id": "v", "date": on(320), "status": "verified_ceased"},
    ]
    as_of = START + timedelta(days=400)

    watched = assess(evidence, as_of)
    unwatched = assess(evidence, as_of, parameters=with_stopping(betrayal_emerging_days=30))

    statuses = [r["stop"]["criteria"]["continuing_betrayal"]["status"] for r in (watched, unwatched)]
    assert statuses == ["emerging", "not_met"]


def test_without_the_minimum_after_a_restart_a_trend_would_be_told_too_early() -> None:
    evidence = told(V05)
    careless = replace(
        CURRENT, sufficiency=replace(CURRENT.sufficiency, reports=2, span_days=20, recent_reports=1)
    )

    guarded = assess(evidence, day_of(12))
    unguarded = assess(evidence, day_of(12), parameters=careless)

    assert guarded["progress"]["p_diminishing"] is None
    assert unguarded["progress"]["p_diminishing"] is not None


def test_without_the_evidence_bound_a_few_bad_answers_would_be_a_pattern() -> None:
    evidence = told(V07)

    guarded = assess(evidence, day_of(7))
    unguarded = assess(evidence, day_of(7), parameters=with_stopping(deflection_met=5.0, deflection_items=4))

    codes = [r["stop"]["criteria"]["chronic_deflection"]["status"] for r in (guarded, unguarded)]
    assert codes == ["emerging", "met"]


def test_without_the_known_date_effect_an_anniversary_would_move_the_trend() -> None:
    evidence = steady(60, 16, change=-0.12)
    evidence["discovery_date"] = on(-5)
    for report in evidence["threat_reports"]:
        if on(355) <= report["window_start"] <= on(372):
            report["episodes"] *= 4
    as_of = START + timedelta(days=385)
    blind = replace(
        CURRENT, trend=replace(CURRENT.trend, known_date_days_before=-400, known_date_days_after=-400)
    )

    seen = assess(evidence, as_of)["progress"]["rate_per_month"]["estimate"]
    unseen = assess(evidence, as_of, parameters=blind)["progress"]["rate_per_month"]["estimate"]

    assert seen < unseen - 0.02


def test_silence_under_pressure_is_not_told_as_repair() -> None:
    evidence = steady(60, 14, change=-0.1)
    for report in evidence["threat_reports"][12:]:
        report["episodes"] = 0
    owned = [{"id": f"a{n}", "date": on(14 * n), "level": "full_ownership"} for n in range(28)]
    deflected = [{**item, "level": "deflected"} for item in owned]
    as_of = START + timedelta(days=420)

    open_answer = assess({**evidence, "accountability": owned}, as_of)
    pressed = assess({**evidence, "accountability": deflected}, as_of)

    assert open_answer["progress"]["status"] == "on_track"
    assert pressed["progress"]["status"] == "insufficient_evidence"
    assert "falling_reports_without_prerequisites" in {a["code"] for a in pressed["alerts"]}


def test_a_longer_stall_is_needed_when_the_windows_forget_slowly() -> None:
    """A good start keeps the eighteen-month window from stopping a couple that stalled half a year ago."""
    result = assess(told(V13), day_of(18))

    assert stall(result) == "not_met"
