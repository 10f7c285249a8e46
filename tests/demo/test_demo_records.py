"""The stories as import lines: valid, ending now, in notes that hold what notes may hold; and what they show."""

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest

from app.demo.notes import FORMATS
from app.demo.records import Telling, lines
from app.demo.stories import STORIES
from app.imports.schemas import KINDS
from tests.imports.sending import send
from tests.people import DAY_ZERO, Caller, World

TODAY = DAY_ZERO.date()
BY_CODE = {story.code: story for story in STORIES}

Json = dict[str, Any]


@pytest.fixture(scope="module")
def told() -> list[Json]:
    """All lines but the first, as of the tests' day."""
    return [json.loads(line) for line in lines(TODAY)][1:]


def sessions(told: list[Json]) -> list[Json]:
    return [line for line in told if line["kind"] == "session"]


def words(note: Json) -> str:
    return json.dumps(note, ensure_ascii=False)


def test_the_same_day_makes_the_same_lines() -> None:
    assert b"".join(lines(TODAY)) == b"".join(lines(TODAY))


def test_every_kind_but_a_later_betrayal_and_policy_is_told(told: list[Json]) -> None:
    assert {line["kind"] for line in told} == set(KINDS) - {"betrayal", "policy"}


@pytest.mark.parametrize("day", [TODAY, date(2026, 11, 22), date(2028, 2, 29)])
def test_stories_end_the_day_before_and_nothing_lies_ahead(day: date) -> None:
    for story in STORIES:
        telling = Telling(story, day)
        entries = telling.entries()
        last = max(line["recorded_at"] for line in entries)

        assert date.fromisoformat(last[:10]) < day
        assert story.code == "V09" or date.fromisoformat(last[:10]) >= day - timedelta(days=2)
        assert telling.day_of(story.months) < day


def test_each_entry_is_recorded_on_its_day_or_the_morning_after(told: list[Json]) -> None:
    names = {"threat_report": "window_end", "cessation": "effective_on", "screen": "screened_on"}
    for line in told:
        if line["kind"] in names:
            day = date.fromisoformat(line["data"][names[line["kind"]]])
            assert 0 <= (date.fromisoformat(line["recorded_at"][:10]) - day).days <= 1


def test_two_reports_a_month_where_the_story_counted(told: list[Json]) -> None:
    for story in STORIES:
        for way in story.directions:
            found = [
                line
                for line in told
                if line["kind"] == "threat_report"
                and line["couple"] == story.code
                and line["data"]["direction_id"] == way.affected.lower()
            ]
            assert len(found) == 2 * sum(rate is not None for rate in way.rates)


def test_notes_come_in_all_four_formats_and_hardly_repeat(told: list[Json]) -> None:
    notes = [line["data"]["note"] for line in sessions(told)]

    assert {note["format"] for note in notes} == set(FORMATS)
    assert len({words(note) for note in notes}) > 0.9 * len(notes)
    assert all(len(words(note)) > 80 for note in notes)


def test_notes_name_nobody_and_give_no_verdict(told: list[Json]) -> None:
    for line in sessions(told):
        text = words(line["data"]["note"])
        assert "{" not in text[1:-1].replace('"subjective": {', "")
        assert not re.search(r"\b(Mr|Mrs|Dr|guilty|hopeless|doomed|should leave|must leave)\b", text)


def test_nobody_meets_on_a_weekend(told: list[Json]) -> None:
    conjoint = [line for line in sessions(told) if line["data"]["kind"] == "conjoint"]

    assert all(date.fromisoformat(line["data"]["starts_at"][:10]).weekday() < 5 for line in conjoint)


def test_the_newest_note_of_a_running_case_waits_for_its_signature(told: list[Json]) -> None:
    drafts = {line["couple"] for line in sessions(told) if not line["data"]["sign"]}

    assert "V01" in drafts
    assert "V13" not in drafts


# --- through the import, and what the answers are then ---


@pytest.fixture
def practice(world: World, therapist: Caller) -> dict[str, str]:
    """The whole sample practice through POST /v1/imports; gives the couples' ids by their case."""
    report = send(therapist, b"".join(lines(world.watch.now.date()))).json()
    assert report["errors"] == []
    assert report["couples"] == {"imported": len(STORIES), "unchanged": 0, "refused": 0}
    items = therapist.get("/v1/couples", params={"limit": 100}).json()["items"]
    return {item["label"].split()[0]: item["id"] for item in items}


def progress(caller: Caller, couple_id: str, **query: str) -> list[Json]:
    answer = caller.get(f"/v1/couples/{couple_id}/progress", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["directions"])


def stopping(caller: Caller, couple_id: str, **query: str) -> list[Json]:
    return list(caller.get(f"/v1/couples/{couple_id}/stopping", params=query).json()["directions"])


def test_the_cases_show_at_their_end_what_they_were_written_to_show(
    practice: dict[str, str], therapist: Caller
) -> None:
    def status(case: str, direction: int = 0) -> str:
        return str(progress(therapist, practice[case])[direction]["status"])

    def met(case: str) -> set[str]:
        criteria = stopping(therapist, practice[case])[0]["criteria"]
        return {code for code, found in criteria.items() if found["status"] == "met"}

    assert {status(case) for case in ("V01", "V03", "V04", "V05")} == {"on_track"}
    assert status("V02") == "slower_than_expected"
    assert met("V02") == met("V04") == met("V10") == set()
    assert met("V06") == {"continuing_betrayal"}
    assert "chronic_deflection" in met("V07")
    assert met("V08") >= {"no_measurable_progress", "threat_at_maximum"}
    assert status("V09") == "insufficient_evidence"
    assert status("V10") in {"slower_than_expected", "on_track"}
    assert status("V11", 0) == "on_track"
    assert status("V11", 1) != "on_track"
    assert status("V12") == "safety_first"
    assert met("V13") >= {"no_measurable_progress", "stated_wish"}


def test_the_late_discovery_changes_no_answer_as_known_before_it(
    practice: dict[str, str], therapist: Caller, world: World
) -> None:
    telling = Telling(BY_CODE["V05"], world.watch.now.date())
    before, discovery = telling.day_of(9), telling.day_of(10, 1)
    couple = practice["V05"]

    then = progress(therapist, couple, as_of=before.isoformat(), known_at=before.isoformat())[0]
    on_the_day = progress(therapist, couple, as_of=discovery.isoformat(), known_at=discovery.isoformat())[0]
    criterion = stopping(therapist, couple, as_of=discovery.isoformat())[0]["criteria"]["continuing_betrayal"]

    assert then["status"] == "on_track"
    assert on_the_day["status"] != "on_track"
    assert (criterion["status"], criterion["first_met_on"]) == ("met", discovery.isoformat())


def test_the_case_that_ended_is_closed_with_its_outcome(practice: dict[str, str], therapist: Caller) -> None:
    couple = therapist.get(f"/v1/couples/{practice['V13']}").json()
    (step,) = therapist.get(f"/v1/couples/{practice['V13']}/status").json()["items"]

    assert couple["status"] == "closed"
    assert step["outcome"] == "parted_with_clarity"
    for question in (progress, stopping):
        (direction,) = question(therapist, practice["V13"])
        assert direction["headline"]["code"] == "work_ended"


def test_what_one_partner_said_alone_is_that_partners_own(
    practice: dict[str, str], therapist: Caller
) -> None:
    markers = therapist.get(f"/v1/couples/{practice['V13']}/markers", params={"limit": 200}).json()["items"]
    wishes = [marker for marker in markers if marker["code"] in ("MUT-LEAN", "MUT-CHOICE")]

    assert len(wishes) == 5
    assert all(w["visibility"] == "partner" and w["visible_partner_id"] == w["about_id"] for w in wishes)
