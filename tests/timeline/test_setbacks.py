"""Which reports are called a setback, of which kind, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.timeline import assess
from tests.timeline.documents import START, on, steady


def kinds(evidence: dict[str, Any], day: int) -> dict[str, str]:
    return {s["report_id"]: s["kind"] for s in assess(evidence, START + timedelta(days=day))["setbacks"]}


def test_a_calm_course_has_no_setbacks() -> None:
    assert kinds(steady(60, 12, change=-0.05), 420) == {}


def test_one_high_report_without_a_reason_is_unexplained() -> None:
    evidence = steady(40, 8)
    evidence["threat_reports"][10]["episodes"] = 60

    assert kinds(evidence, 280) == {"r010": "unexplained_setback"}


def test_the_same_report_near_a_stressor_is_expected_and_says_which() -> None:
    evidence = steady(40, 8)
    evidence["threat_reports"][10]["episodes"] = 60
    evidence["known_dates"] = [{"id": "move", "date": on(145), "kind": "stressor"}]

    [setback] = assess(evidence, START + timedelta(days=280))["setbacks"]

    assert (setback["kind"], setback["linked_to"]) == ("expected_setback", "move")
    assert "near the stressor on 24 July 2022" in setback["basis"]
    assert "usual" in setback["basis"]


def test_a_named_trigger_explains_a_report_without_any_known_date() -> None:
    evidence = steady(40, 8)
    evidence["threat_reports"][10].update(episodes=30, trigger="reminder")

    [setback] = assess(evidence, START + timedelta(days=280))["setbacks"]

    assert (setback["kind"], setback["linked_to"]) == ("expected_setback", "reminder")


def test_a_known_date_does_not_explain_the_report_of_another_season() -> None:
    evidence = steady(40, 8)
    evidence["threat_reports"][10]["episodes"] = 60
    evidence["known_dates"] = [{"id": "move", "date": on(100), "kind": "stressor"}]

    assert kinds(evidence, 280) == {"r010": "unexplained_setback"}


def test_a_yearly_date_explains_a_report_one_year_later() -> None:
    evidence = steady(70, 8)
    evidence["threat_reports"][30]["episodes"] = 60
    evidence["known_dates"] = [{"id": "feast", "date": on(60), "kind": "anniversary", "recurs": "yearly"}]

    assert kinds(evidence, 490) == {"r030": "expected_setback"}


def test_reports_in_the_weeks_after_a_betrayal_are_a_reversal_and_not_a_setback() -> None:
    evidence = steady(40, 6)
    for report in evidence["threat_reports"][14:17]:
        report["episodes"] = 40
    evidence["cessation"] = [{"id": "c", "date": on(196), "status": "new_betrayal"}]

    found = kinds(evidence, 240)

    assert {found[r] for r in ("r014", "r015", "r016")} == {"sustained_reversal"}


def test_a_level_that_steps_up_and_stays_is_a_reversal_even_without_a_known_reason() -> None:
    evidence = steady(60, 5)
    for report in evidence["threat_reports"][20:]:
        report["episodes"] = 40

    told = {day: kinds(evidence, day) for day in (280, 308, 322, 336, 350)}

    assert "sustained_reversal" not in {**told[280], **told[308]}.values(), "six weeks have not passed"
    assert [told[day][report] for day, report in ((322, "r022"), (336, "r023"), (350, "r024"))] == [
        "sustained_reversal"
    ] * 3


def test_monthly_reports_have_surroundings_too() -> None:
    evidence = steady(72, 8, every=4)
    evidence["threat_reports"][9]["episodes"] = 150

    assert kinds(evidence, 500) == {"r009": "unexplained_setback"}
