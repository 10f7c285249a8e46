"""The two questions over HTTP: what they say, when they keep silent, and who may ask."""

import json
from datetime import date, timedelta

from app.progress.case_record import takeable
from app.progress.schemas import (
    ASSESSMENT,
    AssessmentOut,
    CaseloadPage,
    ProgressOut,
    RulesOut,
    StoppingOut,
    TimelineOut,
)
from tests.people import Caller, Json, World, a_betrayal, a_couple, partner, same_refusal
from tests.progress.records import (
    START,
    a_cessation,
    a_concern,
    a_falling_course,
    a_marker,
    a_report,
    a_session,
    progress,
    stopping,
)

NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"


def test_an_empty_case_says_too_little_and_what_to_record(therapist: Caller) -> None:
    couple = a_couple(therapist)
    found = progress(therapist, couple)
    assert found["status"] == "insufficient_evidence"
    assert found["clocks"]["work"]["status"] == "not_started"
    assert found["ask_next"]
    assert stopping(therapist, couple)["status"] == "insufficient_evidence"


def test_a_falling_course_is_on_track_and_every_evidence_id_can_be_fetched(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    a_falling_course(world, therapist, couple)
    found = progress(therapist, couple, as_of="2026-01-06")
    assert found["status"] == "on_track", found["basis"]
    assert found["headline"]["code"] == "moving"
    assert found["figures"]["rate_per_month"]["high"] < 0
    assert found["corridor"]["window"] == "before_typical_window"
    for cited in found["evidence"]:
        assert therapist.get(cited["href"]).status_code == 200
        assert cited["href"].endswith(cited["id"])


def test_the_same_question_has_the_same_etag_and_answers_304(therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}/progress"
    first = therapist.get(path)
    again = therapist.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    a_session(therapist, couple, START)
    assert therapist.get(path).headers["ETag"] != first.headers["ETag"]


def test_days_that_have_not_come_are_refused(therapist: Caller) -> None:
    couple = a_couple(therapist)
    for question in ("progress", "stopping", "timeline"):
        for name in ("as_of", "known_at"):
            answer = therapist.get(f"/v1/couples/{couple['id']}/{question}", params={name: "2026-03-03"})
            (error,) = answer.json()["errors"]
            assert (answer.status_code, error["code"]) == (422, "in_the_future")
            assert error["pointer"] == f"#/query/{name}"


def test_to_both_partners_nothing_is_told_by_default(therapist: Caller) -> None:
    couple = a_couple(therapist)
    for question, shape in (("progress", ProgressOut), ("stopping", StoppingOut), ("timeline", TimelineOut)):
        answer = therapist.get(f"/v1/couples/{couple['id']}/{question}", params={"audience": "joint"}).json()
        shape.model_validate(answer)
        assert (answer["release"]["status"], answer["directions"]) == ("not_released", [])


def test_outside_the_care_team_the_answer_is_the_one_for_nothing(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    stranger = world.somebody("clinician", name="Dr. Other")
    for question in ("progress", "stopping", "timeline"):
        mine = stranger.get(f"/v1/couples/{couple['id']}/{question}")
        none = stranger.get(f"/v1/couples/{NOBODY}/{question}")
        assert mine.status_code == 404
        assert same_refusal(mine, none)


def test_a_key_without_the_scope_is_refused(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    scribe = world.somebody("clinician", scopes={"record:read", "record:write"})
    assert scribe.get(f"/v1/couples/{couple['id']}/progress").json()["code"] == "insufficient_scope"


def test_an_open_safety_concern_silences_progress_and_suspends_every_criterion(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    a_falling_course(world, therapist, couple)
    a_concern(therapist, couple)
    found = progress(therapist, couple, as_of="2026-01-06")
    assert (found["status"], found["figures"], found["phase"]) == ("safety_first", None, None)
    assert found["raw_trend"]["rate_per_month"]["estimate"] < 0
    assert found["prerequisites"]["transparency"]["status"] == "suspended_safety"
    judged = stopping(therapist, couple)
    assert judged["status"] == "suspended_safety"
    assert {each["status"] for each in judged["criteria"].values()} == {"suspended_safety"}
    drawn = therapist.get(f"/v1/couples/{couple['id']}/timeline").json()["directions"][0]
    assert (drawn["suspended"], drawn["history"]) == (True, [])
    assert drawn["reports"]


def test_as_known_before_the_concern_the_answer_stands_with_a_note(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_falling_course(world, therapist, couple)
    world.watch.go(days=2)
    a_concern(therapist, couple, raised_on="2026-03-04")
    path = f"/v1/couples/{couple['id']}/progress"
    then = therapist.get(path, params={"known_at": "2026-03-02", "as_of": "2026-01-06"}).json()
    assert then["directions"][0]["status"] == "on_track"
    assert any("safety concern is open today" in note for note in then["notes"])


def test_continuing_betrayal_is_met_at_once_and_never_on_track(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_falling_course(world, therapist, couple)
    entry = a_cessation(therapist, couple, "continuing_diminished", date(2026, 1, 5), grade="admitted")
    found, judged = (ask(therapist, couple, as_of="2026-01-06") for ask in (progress, stopping))
    assert (found["status"], found["headline"]["code"]) == ("insufficient_evidence", "repair_blocked")
    assert judged["criteria"]["continuing_betrayal"]["status"] == "met"
    assert {"id": entry["id"], "kind": "cessation", "href": f"/v1/cessation/{entry['id']}"} in judged[
        "evidence"
    ]


def test_suspicion_alone_meets_nothing_and_becomes_a_task(therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_session(therapist, couple, START)
    a_cessation(therapist, couple, "continuing", date(2026, 1, 5), grade="suspicion")
    assert stopping(therapist, couple)["criteria"]["continuing_betrayal"]["status"] == "insufficient_evidence"
    assert any("suspicion" in task for task in progress(therapist, couple)["ask_next"])


def test_a_volunteered_lapse_stays_in_view_for_half_a_year(therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_session(therapist, couple, START)
    a_cessation(therapist, couple, "lapse_disclosed", date(2025, 8, 1))
    within, after = (
        stopping(therapist, couple, as_of=str(date(2025, 8, 1) + timedelta(days)))["criteria"][
            "continuing_betrayal"
        ]["status"]
        for days in (182, 183)
    )
    assert (within, after) == ("emerging", "not_met")


def test_a_declined_report_is_no_zero_and_is_counted_apart(therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_session(therapist, couple, START)
    refusal = {
        "window_start": "2025-04-02",
        "window_end": "2025-04-15",
        "declined": True,
        "source": "self_in_session",
    }
    therapist.made(f"/v1/couples/{couple['id']}/threat-reports", refusal)
    found = progress(therapist, couple)
    assert (found["declined_reports"], found["evidence_ids"]) == (1, [])


def test_estimates_beyond_a_third_are_left_out_and_counted_apart(therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_session(therapist, couple, START)
    own = a_report(therapist, couple, START + timedelta(14), 10)
    a_report(therapist, couple, START + timedelta(28), 9, source="clinician_estimate")
    found = progress(therapist, couple)
    assert (found["uncounted_estimates"], found["evidence_ids"]) == (1, [own["id"]])


def test_what_was_recorded_later_is_not_known_earlier(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    world.watch.go(days=1)
    a_falling_course(world, therapist, couple)
    assert progress(therapist, couple, as_of="2026-01-06")["status"] == "on_track"
    then = progress(therapist, couple, as_of="2026-01-06", known_at="2026-03-02")
    assert then["status"] == "insufficient_evidence"


def test_only_known_at_asks_about_that_day(therapist: Caller) -> None:
    couple = a_couple(therapist)
    answer = therapist.get(f"/v1/couples/{couple['id']}/progress", params={"known_at": "2026-02-01"})
    assert answer.json()["as_of"] == "2026-02-01"


def test_two_directions_are_answered_apart_and_nothing_is_averaged(therapist: Caller) -> None:
    couple = a_couple(therapist, betrayals=[a_betrayal(), a_betrayal(affected="b")])
    first, second = couple["directions"]
    a_session(therapist, couple, START)
    for number in range(20):
        a_report(
            therapist,
            couple,
            START + timedelta(days=14 * (number + 1)),
            round(40 * 0.935**number),
            direction_id=first["id"],
        )
    a_cessation(therapist, couple, "verified", START, grade="documented", direction_id=first["id"])
    ways = therapist.get(f"/v1/couples/{couple['id']}/progress", params={"as_of": "2026-01-06"}).json()[
        "directions"
    ]
    assert {way["direction_id"]: way["status"] for way in ways} == {
        first["id"]: "on_track",
        second["id"]: "insufficient_evidence",
    }


def test_a_stated_decision_to_part_is_a_criterion_of_its_own(therapist: Caller) -> None:
    couple = a_couple(therapist)
    said = a_marker(
        therapist,
        couple,
        "MUT-CHOICE",
        date(2026, 2, 20),
        about_id=partner(couple, "a"),
        stated_value="part",
    )
    judged = stopping(therapist, couple)
    assert judged["criteria"]["stated_wish"]["status"] == judged["status"] == "met"
    assert judged["criteria"]["stated_wish"]["evidence_ids"] == [said["id"]]


def test_coerced_openness_is_not_scored_and_opens_a_concern(therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_marker(therapist, couple, "TRN-COERCED", date(2026, 2, 20))
    found = progress(therapist, couple)
    assert found["status"] == "safety_first"
    assert found["prerequisites"]["transparency"]["status"] == "suspended_safety"


def test_sixty_days_without_contact_pause_the_clock_of_work(therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_session(therapist, couple, START)
    a_session(therapist, couple, START + timedelta(days=100))
    found = progress(therapist, couple, as_of=str(START + timedelta(days=100)))
    assert round(found["clocks"]["work"]["net_months"] * 30.4375) == 31
    assert found["clocks"]["work"]["start_basis"] == "provisional"


def test_a_calendar_full_of_old_feasts_takes_no_answer_away(therapist: Caller) -> None:
    couple = a_couple(therapist)
    feast = {"kind": "reminder", "recurs": "yearly", "calendar": "hijri"}
    for day in range(1, 9):  # each comes round about 130 times until today
        therapist.made(f"/v1/couples/{couple['id']}/known-dates", {**feast, "on_day": f"1900-03-0{day}"})

    asked = [
        f"/v1/couples/{couple['id']}/{name}" for name in ("progress", "stopping", "timeline", "explanation")
    ]

    assert [therapist.get(path).status_code for path in (*asked, "/v1/caseload")] == [200] * 5


def test_of_more_than_the_calculation_takes_the_newest_and_the_yearly_stay() -> None:
    def dates(recurs: str, count: int) -> list[Json]:
        days = (date(1990, 1, 1) + timedelta(days=n) for n in range(count))
        return [
            {"id": f"{recurs}-{day}", "date": str(day), "kind": "reminder", "recurs": recurs} for day in days
        ]

    pauses = [{"id": f"p{n}", "start": str(START + timedelta(days=n)), "end": None} for n in range(1001)]

    kept = takeable(
        {"case_id": "c", "known_dates": [*dates("yearly", 2), *dates("none", 1000)], "pauses": pauses}
    )

    assert {item["id"] for item in kept["known_dates"]} >= {"yearly-1990-01-01", "none-1992-09-26"}
    assert len(kept["known_dates"]) == len(kept["pauses"]) == 1000
    assert kept["pauses"][0]["id"] == "p1"
    assert kept["case_id"] == "c"


def test_the_clinicians_start_goes_before_the_rule(therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_session(therapist, couple, START)
    body = {"starts_on": "2025-06-01", "reason": "They lived apart until then."}
    therapist.made(f"/v1/couples/{couple['id']}/repair-starts", body)
    work = progress(therapist, couple)["clocks"]["work"]
    assert (work["started_on"], work["start_basis"]) == ("2025-06-01", "set_by_clinician")


def test_a_corrected_report_counts_as_corrected(therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_session(therapist, couple, START)
    path = f"/v1/couples/{couple['id']}/threat-reports"
    body = {
        "window_start": "2025-04-02",
        "window_end": "2025-04-15",
        "episodes": 20,
        "source": "self_in_session",
    }
    first = therapist.post(path, body)
    newer = therapist.post(
        f"{first.headers['Location']}/corrections",
        {**body, "episodes": 2, "reason": "Misheard."},
        headers={"If-Match": first.headers["ETag"]},
    )
    assert progress(therapist, couple)["evidence_ids"] == [newer.json()["id"]]


def test_the_timeline_has_series_events_and_weekly_history(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_falling_course(world, therapist, couple)
    body = therapist.get(f"/v1/couples/{couple['id']}/timeline", params={"as_of": "2026-01-06"}).json()
    (way,) = body["directions"]
    assert len(way["reports"]) == 20
    assert way["fitted"][-1]["low"] <= way["fitted"][-1]["estimate"] <= way["fitted"][-1]["high"]
    assert {"came_to_light", "session", "repair_started", "verified_ceased"} <= {
        e["kind"] for e in way["events"]
    }
    assert way["history"][-1]["status"] == progress(therapist, couple, as_of="2026-01-06")["status"]
    assert way["history"][-1]["stop"]["criteria"]["stated_wish"] == "insufficient_evidence"


def test_the_rules_are_published_with_sources_limits_and_both_sentences(therapist: Caller) -> None:
    first = therapist.get("/v1/indicators/rules")
    body = first.json()
    assert len(body["statements"]) == 2
    rules = [*body["service_rules"], *body["stop_criteria"], *body["indicators"], *body["prerequisites"]]
    assert all(rule["definition"] and rule["source"] and rule["limits"] for rule in rules)
    again = therapist.get("/v1/indicators/rules", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_an_assessment_stores_nothing_and_says_what_is_malformed(therapist: Caller) -> None:
    evidence = {
        "threat_reports": [
            {"id": "r1", "window_start": "2025-05-01", "window_end": "2025-04-01", "episodes": 3}
        ]
    }
    wrong = therapist.post("/v1/assessments", {"as_of": "2026-01-01", "evidence": evidence})
    (error,) = wrong.json()["errors"]
    assert (wrong.status_code, error["pointer"]) == (422, "/evidence/threat_reports/0/window_end")
    half = {"as_of": "2026-01-01", "evidence": {"case_id": "half a character: \ud83d"}}
    as_json = {"Content-Type": "application/json"}
    broken = therapist.http.post("/v1/assessments", content=json.dumps(half), headers=as_json)
    assert (broken.status_code, broken.json()["errors"][0]["pointer"]) == (422, "/evidence/case_id")
    evidence["threat_reports"][0]["window_end"] = "2025-05-14"
    right = therapist.post("/v1/assessments", {"as_of": "2026-01-01", "evidence": evidence})
    assert right.status_code == 200
    assert right.json()["progress"]["status"] == "insufficient_evidence"


def test_answers_have_the_shape_that_the_document_promises(world: World, therapist: Caller) -> None:
    empty, falling, unsafe = (a_couple(therapist, label=name) for name in ("empty", "falling", "unsafe"))
    for couple in (falling, unsafe):
        a_falling_course(world, therapist, couple, fortnights=23)
    a_concern(therapist, unsafe)
    for couple in (empty, falling, unsafe):
        for question, shape in (
            ("progress", ProgressOut),
            ("stopping", StoppingOut),
            ("timeline", TimelineOut),
        ):
            shape.model_validate(therapist.get(f"/v1/couples/{couple['id']}/{question}").json())
    CaseloadPage.model_validate(therapist.get("/v1/caseload").json())
    RulesOut.model_validate(therapist.get("/v1/indicators/rules").json())
    AssessmentOut.model_validate(therapist.post("/v1/assessments", ASSESSMENT).json())
