"""The thirteen stories, told with two reports a month, and what each must show."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from app.demo.stories import STORIES, Story
from app.timeline import assess
from tests.timeline.cases.tables import FIRST_SEEN, INSUFFICIENT, MONTHS, ON_TRACK, RISING
from tests.timeline.telling import day_of, told

BY_CODE = {story.code: story for story in STORIES}


@cache
def shown(code: str, direction: int, month: int) -> dict[str, Any]:
    return assess(told(BY_CODE[code], direction), day_of(month))


@pytest.mark.parametrize(("code", "direction", "month", "progress", "stop"), MONTHS)
def test_a_story_shows_what_its_table_says(
    code: str, direction: int, month: int, progress: str | None, stop: str | None
) -> None:
    result = shown(code, direction, month)

    assert progress in (None, result["progress"]["status"])
    assert stop in (None, result["stop"]["status"])


@pytest.mark.parametrize(("code", "direction", "may_rise"), RISING)
def test_no_other_criterion_ever_rises_in_the_course_of_a_story(
    code: str, direction: int, may_rise: frozenset[str]
) -> None:
    for month in range(1, BY_CODE[code].months + 1):
        criteria = shown(code, direction, month)["stop"]["criteria"]
        risen = {name for name, found in criteria.items() if found["status"] in ("emerging", "met")}

        assert risen <= may_rise, f"month {month}"


@pytest.mark.parametrize(("code", "criterion", "status", "earliest", "latest"), FIRST_SEEN)
def test_a_criterion_is_first_seen_in_the_months_of_the_table(
    code: str, criterion: str, status: str, earliest: int, latest: int
) -> None:
    months = range(1, BY_CODE[code].months + 1)

    first = next(m for m in months if shown(code, 0, m)["stop"]["criteria"][criterion]["status"] == status)

    assert earliest <= first <= latest


def test_fast_repair_is_resolved_by_month_18() -> None:
    result = shown("V01", 0, 18)

    assert result["progress"]["p_resolved"] > 0.8
    assert result["phase"]["name"] == "growth_and_redefinition"


def test_the_bad_month_of_the_anniversary_is_called_an_expected_setback_and_moves_nothing() -> None:
    before, during = shown("V04", 0, 11), shown("V04", 0, 12)

    spike = [s for s in during["setbacks"] if s["report_id"] == "r12a"]

    assert [s["kind"] for s in spike] == ["expected_setback"]
    assert spike[0]["linked_to"] == "discovery_anniversary"
    assert "usual" in spike[0]["basis"]
    statuses = [{name: c["status"] for name, c in r["stop"]["criteria"].items()} for r in (before, during)]
    assert statuses[0] == statuses[1]


def test_what_was_said_before_the_discovery_is_not_rewritten_by_it() -> None:
    """Known in month 9 it was on track; asked again later for month 9, it still is."""
    evidence = told(BY_CODE["V05"])
    known_then = {**evidence, "cessation": evidence["cessation"][:1]}

    assert assess(known_then, day_of(9)) == shown("V05", 0, 9)


def test_a_discovery_meets_the_criterion_on_its_own_day_and_ends_on_track_at_once() -> None:
    evidence = told(BY_CODE["V05"])
    discovery = day_of(10, 1)

    before, on_the_day = assess(evidence, discovery - timedelta(days=1)), assess(evidence, discovery)

    assert before["progress"]["status"] == ON_TRACK
    assert on_the_day["stop"]["criteria"]["continuing_betrayal"]["status"] == "met"
    assert on_the_day["stop"]["criteria"]["continuing_betrayal"]["first_met_on"] == discovery.isoformat()
    assert on_the_day["progress"]["status"] == INSUFFICIENT


def test_after_the_restart_nobody_is_told_on_track_before_the_minimum_evidence() -> None:
    evidence = told(BY_CODE["V05"])
    origin = day_of(11, 1)

    for days in range(0, 90, 3):
        result = assess(evidence, origin + timedelta(days=days))
        since = [r for r in evidence["threat_reports"] if r["window_start"] >= origin.isoformat()]
        known = [r for r in since if r["window_end"] <= result["as_of"]]
        if len(known) < 6:
            assert result["progress"]["status"] == INSUFFICIENT
            assert result["data_sufficiency"]["status"] == INSUFFICIENT


def test_changed_form_is_met_at_the_entry_and_not_before() -> None:
    evidence = told(BY_CODE["V06"])
    entry = day_of(12, 20)

    before, after = assess(evidence, entry - timedelta(days=1)), assess(evidence, entry)

    assert before["stop"]["criteria"]["continuing_betrayal"]["status"] == "not_met"
    assert after["stop"]["criteria"]["continuing_betrayal"]["status"] == "met"


def test_threat_at_maximum_asks_for_a_separate_safety_screen_and_blames_nobody() -> None:
    found = shown("V08", 0, 20)["stop"]["criteria"]["threat_at_maximum"]

    assert "Screen each partner separately" in found["basis"]
    assert "trauma-focused" in found["basis"]


def test_the_second_direction_of_a_mutual_betrayal_is_never_on_track() -> None:
    months = range(1, BY_CODE["V11"].months + 1)

    assert ON_TRACK not in {shown("V11", 1, m)["progress"]["status"] for m in months}


def test_the_gap_lists_what_is_missing_instead_of_calling_it_a_stall() -> None:
    result = shown("V10", 0, 12)

    assert result["clock"]["status"] == "paused"
    assert result["data_sufficiency"]["needed_next"]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.code)
def test_every_story_is_whole(story: Story) -> None:
    for way in story.directions:
        assert len(way.rates) == len(way.durations) == len(way.peaks) == story.months
        for events in (way.accountability, way.transparency, way.cessation, way.triggers):
            assert all(1 <= e.month <= story.months and 1 <= e.day <= 30 for e in events)
