"""The caseload: order, why, freshness, and nobody else's couples."""

from datetime import date
from typing import Any

import pytest

from app.chart.chart import Actor, Visit, new_id
from app.chart.database import PostgresJourney, SqliteJourney
from app.couples.case import open_case
from app.progress import service
from app.progress.caseload import ATTENTION, attention
from app.sessions import service as sessions
from app.sessions.schemas import SessionIn
from tests.people import Caller, Json, World, a_couple, partner
from tests.progress.records import START, a_cessation, a_concern, a_falling_course, a_report, a_session


def items(caller: Caller) -> list[Json]:
    answer = caller.get("/v1/caseload")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def test_couples_stand_in_order_of_need_each_with_why(world: World, therapist: Caller) -> None:
    quiet, continuing, unsafe = (
        a_couple(therapist, label=name) for name in ("quiet", "continuing", "unsafe")
    )
    a_cessation(therapist, continuing, "continuing", date(2026, 2, 1), grade="admitted")
    a_concern(therapist, unsafe)
    found = items(therapist)
    assert [item["label"] for item in found] == ["unsafe", "continuing", "quiet"]
    assert [item["attention"] for item in found] == ["safety_first", "continuing_betrayal", "too_little_yet"]
    assert all(way["why"]["text"] for item in found for way in item["directions"])
    assert quiet["id"] == found[2]["couple_id"]


def test_danger_comes_first_also_before_a_betrayal_is_on_record(therapist: Caller) -> None:
    a_couple(therapist)
    couple = a_couple(therapist, betrayals=[])
    a_concern(therapist, couple)

    first = items(therapist)[0]
    notes = [
        therapist.get(f"/v1/couples/{couple['id']}/{answer}").json()["notes"]
        for answer in ("progress", "stopping", "timeline", "explanation")
    ]

    assert (first["couple_id"], first["attention"]) == (couple["id"], "safety_first")
    assert all("safety concern is open" in told[-1] for told in notes)


def test_ties_stand_by_the_oldest_look(therapist: Caller) -> None:
    recent, old = a_couple(therapist, label="recent"), a_couple(therapist, label="old")
    a_session(therapist, recent, date(2026, 2, 20))
    a_session(therapist, old, date(2026, 1, 20))
    assert [item["label"] for item in items(therapist)] == ["old", "recent"]


def test_a_stored_result_is_never_served_stale(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    (before,) = items(therapist)
    a_cessation(therapist, couple, "continuing", date(2026, 2, 1), grade="admitted")
    (after,) = items(therapist)
    assert (before["attention"], after["attention"]) == ("too_little_yet", "continuing_betrayal")
    assert after["evidence_version"] > before["evidence_version"]
    world.watch.go(days=1)
    (tomorrow,) = items(therapist)
    assert tomorrow["as_of"] == "2026-03-03"


def test_what_is_fresh_is_served_from_the_store(world: World, therapist: Caller) -> None:
    a_couple(therapist)
    (first,) = items(therapist)
    world.watch.go(hours=1)
    (second,) = items(therapist)
    assert second == first


def test_fresh_couples_cost_one_statement_however_many(
    world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []
    for journey in (SqliteJourney, PostgresJourney):
        inner = journey.fetch

        def counted(self, sql, params, inner=inner):  # type: ignore[no-untyped-def]
            fetched.append(sql)
            return inner(self, sql, params)

        monkeypatch.setattr(journey, "fetch", counted)

    def reads() -> int:
        fetched.clear()
        items(therapist)
        return sum("couple" in sql and "data_key" not in sql for sql in fetched)

    for number in range(3):
        a_couple(therapist, label=f"C-{number}")
    assert reads() > 1
    assert reads() == 1


def test_a_result_is_not_kept_when_its_evidence_moved_on_meanwhile(
    world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    couple = a_couple(therapist)
    look = service.look
    told: list[Json] = []

    def overtaken(*args: Any) -> service.Looked:
        found = look(*args)
        if not told:
            told.append(a_cessation(therapist, couple, "continuing", date(2026, 2, 1), grade="admitted"))
        return found

    monkeypatch.setattr(service, "look", overtaken)
    (before,) = items(therapist)
    (after,) = items(therapist)
    assert (before["attention"], after["attention"]) == ("too_little_yet", "continuing_betrayal")


def test_nobody_sees_couples_outside_their_care_team(world: World, therapist: Caller) -> None:
    a_couple(therapist)
    stranger = world.somebody("clinician", name="Dr. Other")
    assert items(stranger) == []
    assert len(items(therapist)) == 1


def test_closed_cases_are_not_in_the_caseload(therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}"
    etag = therapist.get(path).headers["ETag"]
    body = {"outcome": "parted_with_clarity", "effective_on": "2026-03-01"}
    assert therapist.post(f"{path}/close", body, headers={"If-Match": etag}).status_code == 200
    assert items(therapist) == []


def test_pages_follow_each_other_without_gap_or_repeat(therapist: Caller) -> None:
    for number in range(5):
        a_couple(therapist, label=f"C-{number}")
    seen, cursor = [], None
    while True:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        body = therapist.get("/v1/caseload", params=query).json()
        seen += [item["label"] for item in body["items"]]
        cursor = body["next_cursor"]
        if not body["has_more"]:
            break
    assert sorted(seen) == [f"C-{number}" for number in range(5)]
    assert len(seen) == 5


def test_tasks_name_overdue_screens_hard_days_and_what_to_ask(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_session(therapist, couple, START)
    a_cessation(therapist, couple, "continuing", date(2026, 2, 1), grade="suspicion")
    (item,) = items(therapist)
    codes = {task["code"]: task for task in item["tasks"]}
    assert {"ask_next", "screen_overdue", "hard_day_ahead"} <= codes.keys()
    assert codes["hard_day_ahead"]["on"] == "2026-03-14"


def test_a_change_of_stage_asks_for_screens_of_about_that_time(therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}"

    def screened(day: str) -> None:
        for side in "ab":
            body = {"partner_id": partner(couple, side), "screened_on": day, "separately": True}
            therapist.made(f"{path}/safety-screens", {**body, "result": "no_concern_stated"})

    def due() -> list[str | None]:
        (item,) = items(therapist)
        return [task["on"] for task in item["tasks"] if task["code"] in ("screen_due", "screen_overdue")]

    before = due()
    screened("2025-12-01")
    current = due()
    stage = {"stage": "understanding_the_injury", "entered_on": "2026-02-16", "evidence": "Both feel safe."}
    therapist.made(f"{path}/stages", stage)
    turned = due()
    screened("2026-02-20")

    assert (before, current, turned, due()) == ([None], [], ["2026-02-16"], [])


def test_somebody_seen_alone_without_consent_is_a_task(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist, policy=None)
    actor = Actor(world.home(), therapist.person_id, "clinician", frozenset(), zone="Europe/Vienna")
    body = {
        "kind": "individual",
        "with_partner": "a",
        "starts_at": "2026-02-20T16:00:00Z",
        "duration_minutes": 50,
        "attendance": {"a": {"status": "attended"}},
    }
    with world.store.chart(actor, world.watch(), Visit("testSetup", new_id()), writing=True) as chart:
        sessions.record(chart, open_case(chart, couple["id"]), SessionIn.model_validate(body))
        chart.sign(201)

    (item,) = items(therapist)

    assert "policy_needed" in {task["code"] for task in item["tasks"]}


def test_a_couple_that_moves_stands_last_and_one_whose_reports_stopped_before_it(
    world: World, therapist: Caller
) -> None:
    moving = a_couple(therapist, label="moving")
    a_falling_course(world, therapist, moving, fortnights=23)
    silent = a_couple(therapist, label="silent")
    a_session(therapist, silent, START)
    a_report(therapist, silent, date(2025, 5, 1), 10)
    assert [(item["label"], item["attention"]) for item in items(therapist)] == [
        ("silent", "reports_missing"),
        ("moving", "on_track"),
    ]


def test_no_reports_are_missed_while_the_work_rests_nor_in_the_weeks_after(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    a_session(therapist, couple, START)
    a_report(therapist, couple, date(2025, 5, 1), 10)
    pilgrimage = {"kind": "travel", "starts_on": "2025-05-20", "ends_on": "2026-03-10"}
    therapist.made(f"/v1/couples/{couple['id']}/pauses", pilgrimage)

    found = []
    for days in (0, 40, 30):  # in the pause, five weeks and nine weeks after it
        world.watch.go(days=days)
        found.append(items(therapist)[0]["attention"])

    assert found == ["too_little_yet", "too_little_yet", "reports_missing"]


def test_the_order_of_attention_is_the_published_one() -> None:
    def stop(**statuses: str) -> dict[str, Json]:
        codes = ("continuing_betrayal", "chronic_deflection", "no_measurable_progress")
        return {code: {"status": statuses.get(code, "not_met")} for code in codes}

    found = [
        attention("safety_first", stop(), False),
        attention("on_track", stop(continuing_betrayal="met"), False),
        attention("on_track", stop(chronic_deflection="met"), False),
        attention("worsening", stop(chronic_deflection="emerging"), False),
        attention("on_track", stop(continuing_betrayal="emerging"), False),
        attention("no_measurable_progress", stop(), False),
        attention("slower_than_expected", stop(), True),
        attention("insufficient_evidence", stop(), True),
        attention("insufficient_evidence", stop(), False),
        attention("on_track", stop(), False),
    ]
    assert found == list(ATTENTION)
