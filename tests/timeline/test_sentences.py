"""Sentences are true and are English at their edges: one day, no episode, a bound not reached, a month gone by."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from app.timeline import CURRENT, assess
from app.timeline.stopping.chronic_deflection import _spoken
from app.timeline.wording import per_week
from bench.laws.documents import drawn
from tests.timeline.documents import START, on, steady


def told(evidence: dict[str, Any], day: int) -> dict[str, Any]:
    return assess({"repair_started_on": on(0), **evidence}, START + timedelta(days=day))


def marks(field: str, *found: tuple[int, str]) -> list[dict[str, Any]]:
    return [{"id": f"{field}{n}", "date": on(day), field: word} for n, (day, word) in enumerate(found)]


def test_one_report_of_one_day_covers_one_day() -> None:
    report = {"id": "r", "window_start": on(0), "window_end": on(0), "episodes": 1}

    assert "The reports cover 1 day; at least" in told({"threat_reports": [report]}, 5)["progress"]["basis"]


def test_rare_episodes_are_not_rounded_to_none() -> None:
    assert per_week(0.04) == "fewer than 0.1 episodes a week"
    assert (per_week(0.0), per_week(0.05)) == ("0.0 episodes a week", "0.1 episodes a week")


def test_a_month_that_has_gone_by_is_not_told_as_one_to_come() -> None:
    document, as_of = drawn(random.Random(9))  # noqa: S311 - made-up evidence, not a secret
    basis = assess(document, as_of)["progress"]["basis"]

    assert "may have been rare since about month 25" in basis


def test_a_gate_that_is_not_passed_is_not_rounded_to_passed() -> None:
    criteria = told(steady(60, 20), 364)["stop"]["criteria"]

    assert (
        criteria["no_measurable_progress"]["basis"] == "Not asked before 12 months of work; 11.9 have passed."
    )


def test_an_evidence_value_is_never_rounded_up_to_its_bound() -> None:
    rules = CURRENT.stopping

    assert [_spoken(value, rules) for value in (7.6, 8.0, 49.7, 50.0, 12.6, 9999.0, 1e6)] == [
        "7",
        "8",
        "49",
        "50",
        "13",
        "9999",
        "over 9999",
    ]


def test_answers_from_before_a_restart_are_not_said_to_be_missing_from_the_year() -> None:
    evidence = {
        "accountability": marks("level", (100, "deflected"), (120, "deflected")),
        "cessation": marks("status", (150, "continuing"), (160, "verified_ceased")),
    }

    basis = told(evidence, 200)["stop"]["criteria"]["chronic_deflection"]["basis"]

    assert basis == "No answers to the harm are recorded since the clock began again."


def test_a_start_is_not_called_a_disclosure() -> None:
    evidence = {"cessation": marks("status", (-200, "verified_ceased"))}
    hidden = {**evidence, "transparency": marks("level", (5, "concealment_discovered"))}

    assert told(evidence, 10)["phase"]["basis"] == "The work of repair is less than 56 days old."
    assert told(hidden, 10)["phase"]["basis"] == "The last disclosure or discovery is less than 56 days old."


def test_on_the_day_itself_it_is_not_more_than_so_many_days_ago() -> None:
    evidence = {"cessation": marks("status", (0, "verified_ceased"))}

    found = [told(evidence, day)["prerequisites"]["cessation"]["basis"] for day in (183, 184)]

    assert "1 March 2022, 183 days ago" in found[0]
    assert "1 March 2022, more than 183 days ago" in found[1]


def test_nearly_all_is_not_about_over() -> None:
    evidence = {"accountability": marks("level", *((200 + n // 2, "full_ownership") for n in range(150)))}

    basis = told(evidence, 280)["prerequisites"]["accountability"]["basis"]

    assert "recent ones counting more: over 99% owned" in basis
