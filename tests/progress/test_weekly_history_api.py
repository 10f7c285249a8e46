"""Every week as it was known in that week: late entries and corrections do not reach back."""

from datetime import date, timedelta
from typing import Any

from app.progress.schemas import TimelineOut
from app.timeline import CURRENT
from tests.people import Caller, Json, World, a_couple
from tests.progress.records import a_cessation, a_concern, a_falling_course, a_report, a_session

BEGUN = date(2026, 3, 3)


def weekly(caller: Caller, couple: Json, **query: Any) -> list[Json]:
    """The weeks of the only direction, as known in each."""
    path = f"/v1/couples/{couple['id']}/timeline"
    answer = caller.get(path, params={"history": "weekly", **query})
    assert answer.status_code == 200, answer.text
    TimelineOut.model_validate(answer.json())
    (way,) = answer.json()["directions"]
    assert way["history_basis"] == "as_known_in_each_week"
    return list(way["history"])


def a_course_written_down_as_it_went(world: World, caller: Caller, couple: Json) -> Json:
    """A session, then a report a fortnight, each entered the day after it ended; one of them is corrected later."""
    world.watch.go(days=2)
    a_session(caller, couple, BEGUN)
    a_cessation(caller, couple, "verified", BEGUN, grade="documented")
    wrong: Json = {}
    for number in range(1, 19):
        world.watch.go(days=14)
        report = a_report(caller, couple, BEGUN + timedelta(days=14 * number), round(40 * 0.93**number))
        if number == 4:
            wrong = report
        if number == 16:
            _corrected(caller, wrong)
    return wrong


def _corrected(caller: Caller, report: Json) -> None:
    path = f"/v1/threat-reports/{report['id']}"
    body = {
        "window_start": report["window_start"],
        "window_end": report["window_end"],
        "episodes": 4 * report["episodes"],
        "source": "self_in_session",
        "reason": "Misheard.",
    }
    etag = caller.get(path).headers["ETag"]
    answer = caller.post(f"{path}/corrections", body, headers={"If-Match": etag})
    assert answer.status_code == 201, answer.text


def test_each_week_says_what_a_single_question_with_that_knowledge_says(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    a_course_written_down_as_it_went(world, therapist, couple)
    weeks = weekly(therapist, couple)
    assert len(weeks) == 37
    for week in (*weeks[1:30:7], weeks[-1]):
        path = f"/v1/couples/{couple['id']}/progress"
        day = {"as_of": week["as_of"], "known_at": week["as_of"]}
        (single,) = therapist.get(path, params=day).json()["directions"]
        assert (week["status"], week["figures"]) == (single["status"], single["figures"])
        assert (
            week["stop"]["status"]
            == therapist.get(path.replace("progress", "stopping"), params=day).json()["directions"][0][
                "status"
            ]
        )


def test_a_correction_changes_the_weeks_from_its_own_on_and_none_before(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    a_course_written_down_as_it_went(world, therapist, couple)
    day = BEGUN + timedelta(days=14 * 16)
    dated = therapist.get(f"/v1/couples/{couple['id']}/timeline").json()["directions"][0]["history"]
    levels = {week["as_of"]: week["figures"]["frequency"]["estimate"] for week in weekly(therapist, couple)}
    after = {week["as_of"]: week["figures"]["frequency"]["estimate"] for week in dated}
    before = [on for on in levels if on < day.isoformat() and levels[on]]
    assert len(before) > 8
    assert all(levels[on] != after[on] for on in before)
    # On the last day of a report it was not entered yet; a week later it was.
    entered = [str(day + timedelta(days=7 + 14 * number)) for number in range(3)]
    assert [levels[on] for on in entered if on in levels] == [after[on] for on in entered if on in after]
    assert entered[0] in levels
    assert levels[str(day + timedelta(days=14))] != after[str(day + timedelta(days=14))]


def test_what_was_entered_late_is_not_known_before_it_was_entered(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_falling_course(world, therapist, couple)
    weeks = weekly(therapist, couple)
    assert {week["reports"] for week in weeks[:-1]} == {0}
    assert weeks[-1]["reports"] == 20
    (dated,) = therapist.get(f"/v1/couples/{couple['id']}/timeline").json()["directions"]
    assert dated["history_basis"] == "as_known_now"
    assert dated["history"][20]["reports"] == 10


def test_every_answered_week_has_a_fan_that_widens(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_course_written_down_as_it_went(world, therapist, couple)
    week = weekly(therapist, couple)[-1]
    widths = [point["high"] / point["low"] for point in week["fan"]]
    assert [point["months_ahead"] for point in week["fan"]] == [0, 3, 6, 12, 24, 36]
    assert widths == sorted(widths)
    now, frequency = week["fan"][0], week["figures"]["frequency"]
    assert (now["estimate"], now["low"]) == (frequency["estimate"], frequency["interval"]["low"])


def test_weeks_in_which_a_concern_was_open_stay_silent_after_it_is_resolved(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    world.watch.go(days=2)
    a_session(therapist, couple, BEGUN)
    world.watch.go(days=20)
    raised = world.watch().date()
    concern = a_concern(therapist, couple, raised_on=raised.isoformat())
    assert weekly(therapist, couple) == []
    world.watch.go(days=21)
    _resolved(therapist, concern, world.watch().date())
    world.watch.go(days=21)
    weeks = weekly(therapist, couple)
    silent = [week for week in weeks if week["status"] == "safety_first"]
    assert [week["as_of"] >= raised.isoformat() for week in silent] == [True] * 3
    assert {week["figures"] for week in silent} == {None}
    assert {week["stop"]["status"] for week in silent} == {"suspended_safety"}


def _resolved(caller: Caller, concern: Json, day: date) -> None:
    path = f"/v1/safety-concerns/{concern['id']}"
    etag = caller.get(path).headers["ETag"]
    body = {"state": "resolved", "on": day.isoformat(), "reason": "Both seen alone twice."}
    answer = caller.post(f"{path}/state", body, headers={"If-Match": etag})
    assert answer.status_code in (200, 201), answer.text


def test_known_at_bounds_every_week_and_old_versions_tell_the_past_too(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    a_course_written_down_as_it_went(world, therapist, couple)
    cut = BEGUN + timedelta(days=100)
    weeks = weekly(therapist, couple, known_at=str(cut), as_of=str(cut + timedelta(days=60)))
    assert weeks[-1]["reports"] == 7
    named = weekly(therapist, couple, model_version=CURRENT.version)
    assert named == weekly(therapist, couple)
