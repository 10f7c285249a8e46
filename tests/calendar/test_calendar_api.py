"""Pauses and known dates over HTTP: they may lie ahead; a hold for safety is never shown to a partner."""

from datetime import date
from typing import Any

import pytest

from app.calendar import service
from app.couples.facts import FAR_INSTANT
from app.practice import service as practice
from tests.people import Caller, Json, World, a_betrayal, a_couple, partner, same_refusal

NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"


def a_pause(**changes: object) -> Json:
    return {"kind": "travel", "starts_on": "2026-02-01", "ends_on": "2026-02-20", **changes}


def a_known_date(**changes: object) -> Json:
    return {"on_day": "2026-05-09", "kind": "stressor", "words": "The hearing.", **changes}


def refusals(answer: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def test_a_pause_is_recorded_for_the_couple_or_for_one_direction(therapist: Caller) -> None:
    couple = a_couple(therapist, betrayals=[a_betrayal(), a_betrayal(affected="b")])
    path = f"/v1/couples/{couple['id']}/pauses"

    whole = therapist.post(path, a_pause(words="With the children."))
    one = therapist.made(path, a_pause(direction_id=couple["directions"][1]["id"], starts_on="2026-02-02"))

    assert whole.json()["direction_id"] is None
    assert one["direction_id"] == couple["directions"][1]["id"]
    read = therapist.get(whole.headers["Location"])
    assert read.json() == whole.json()
    assert read.headers["ETag"] == whole.headers["ETag"]
    assert [item["id"] for item in therapist.get(path).json()["items"]] == [one["id"], whole.json()["id"]]


def test_a_planned_pause_may_lie_ahead_and_a_list_as_of_today_leaves_it_out(therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/pauses"
    therapist.made(path, a_pause(starts_on="2026-07-01", ends_on=None))

    assert len(therapist.get(path).json()["items"]) == 1
    assert therapist.get(path, params={"as_of": "2026-03-02"}).json()["items"] == []


def test_a_pause_that_lasts_is_ended_by_a_correction(therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/pauses"
    first = therapist.post(path, a_pause(ends_on=None))

    ended = therapist.post(
        f"{first.headers['Location']}/corrections",
        {**a_pause(), "reason": "They are back."},
        headers={"If-Match": first.headers["ETag"]},
    )

    assert ended.json()["ends_on"] == "2026-02-20"
    assert [item["id"] for item in therapist.get(path).json()["items"]] == [ended.json()["id"]]


WRONG_PAUSES: list[tuple[Json, str, str]] = [
    ({"ends_on": "2026-01-31"}, "/ends_on", "end_before_start"),
    ({"starts_on": "2029-04-01", "ends_on": None}, "/starts_on", "too_far_ahead"),
    ({"ends_on": "2096-02-20"}, "/ends_on", "too_far_ahead"),
    ({"kind": "other"}, "/words", "words_needed"),
    ({"kind": "holiday"}, "/kind", "literal_error"),
    ({"direction_id": NOBODY}, "/direction_id", "unknown_direction"),
    ({"kind": "safety_hold", "visibility": "joint"}, "/visibility", "clinician_only"),
]


def test_what_a_pause_cannot_be(therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/pauses"

    for changes, pointer, code in WRONG_PAUSES:
        refused = therapist.post(path, a_pause(**changes))
        assert (refused.status_code, refusals(refused)) == (422, [(pointer, code)])


def test_a_hold_for_safety_is_the_clinicians_own_without_being_told(therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/pauses"

    assert therapist.made(path, a_pause())["visibility"] == "joint"
    assert therapist.made(path, a_pause(kind="safety_hold"))["visibility"] == "clinician"


def test_a_yearly_day_comes_round_by_its_own_calendar(therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/known-dates"
    eid = {"on_day": "2025-03-30", "kind": "reminder", "recurs": "yearly", "calendar": "hijri"}

    said = therapist.made(path, {**eid, "hijri_month": 10, "hijri_day": 1})
    taken = therapist.made(path, eid)
    leap = therapist.made(path, a_known_date(on_day="2024-02-29", recurs="yearly"))
    once = therapist.made(path, a_known_date())
    past = therapist.made(path, a_known_date(on_day="2026-03-01"))

    assert said["next_days"] == ["2026-03-20", "2027-03-10", "2028-02-27"]
    assert (taken["hijri_month"], taken["hijri_day"]) == (9, 30)
    assert leap["next_days"] == ["2027-02-28", "2028-02-29", "2029-02-28"]
    assert once["next_days"] == ["2026-05-09"]
    assert past["next_days"] == []


def test_a_day_ahead_stands_once_though_the_moon_was_sighted_a_day_before_the_table(
    therapist: Caller,
) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/known-dates"
    eid = {"on_day": "2026-03-19", "kind": "reminder", "recurs": "yearly", "calendar": "hijri"}

    made = therapist.made(path, {**eid, "hijri_month": 10, "hijri_day": 1})

    assert made["next_days"] == ["2026-03-19", "2027-03-10", "2028-02-27"]


WRONG_DATES: list[tuple[Json, str, str]] = [
    ({"on_day": "2029-04-01"}, "/on_day", "too_far_ahead"),
    ({"kind": "sad"}, "/kind", "literal_error"),
    ({"recurs": "monthly"}, "/recurs", "literal_error"),
    ({"hijri_month": 10}, "/hijri_month", "hijri_not_wanted"),
    ({"calendar": "hijri", "hijri_day": 1}, "/hijri_day", "month_and_day_needed"),
    ({"calendar": "hijri", "hijri_month": 13, "hijri_day": 1}, "/hijri_month", "less_than_equal"),
    ({"calendar": "hijri", "hijri_month": 10, "hijri_day": 1}, "/on_day", "not_that_day"),
    ({"direction_id": NOBODY}, "/direction_id", "unknown_direction"),
]


def test_what_a_known_date_cannot_be(therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/known-dates"

    for changes, pointer, code in WRONG_DATES:
        refused = therapist.post(path, a_known_date(**changes))
        assert (refused.status_code, refusals(refused)) == (422, [(pointer, code)])


def test_the_etag_of_a_known_date_moves_on_with_the_days_it_shows(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    made = therapist.post(f"/v1/couples/{couple['id']}/known-dates", a_known_date(on_day="2026-03-02"))
    one, etag = made.headers["Location"], made.headers["ETag"]

    assert therapist.get(one, headers={"If-None-Match": etag}).status_code == 304
    world.watch.go(days=1)
    later = therapist.get(one, headers={"If-None-Match": etag})

    assert (later.status_code, later.json()["next_days"]) == (200, [])
    body = {
        **a_known_date(visibility="partner", visible_partner_id=partner(couple, "a")),
        "reason": "Told alone.",
    }
    corrected = therapist.post(f"{one}/corrections", body, headers={"If-Match": etag})
    stale = therapist.post(f"{one}/corrections", body, headers={"If-Match": etag})
    assert corrected.json()["visible_partner_id"] == partner(couple, "a")
    assert stale.json()["code"] == "already_superseded"


def test_an_etag_of_another_entry_does_not_change_a_known_date(therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/known-dates"
    first, other = therapist.post(path, a_known_date()), therapist.post(path, a_known_date())

    refused = therapist.post(
        f"{first.headers['Location']}/entered-in-error",
        {"reason": "Twice."},
        headers={"If-Match": other.headers["ETag"]},
    )
    voided = therapist.post(
        f"{first.headers['Location']}/entered-in-error",
        {"reason": "Twice."},
        headers={"If-Match": first.headers["ETag"]},
    )

    assert (refused.status_code, voided.status_code) == (412, 201)
    assert [item["id"] for item in therapist.get(path).json()["items"]] == [other.json()["id"]]


@pytest.mark.parametrize(
    ("path", "body"), [("pauses", a_pause()), ("known-dates", a_known_date())], ids=["pauses", "known-dates"]
)
def test_a_colleague_outside_the_care_team_sees_nothing(
    world: World, therapist: Caller, path: str, body: Json
) -> None:
    couple = a_couple(therapist)
    made = therapist.made(f"/v1/couples/{couple['id']}/{path}", body)
    colleague = world.somebody("clinician")

    assert same_refusal(colleague.get(f"/v1/{path}/{made['id']}"), colleague.get(f"/v1/{path}/{NOBODY}"))
    assert same_refusal(
        colleague.post(f"/v1/couples/{couple['id']}/{path}", body),
        colleague.post(f"/v1/couples/{NOBODY}/{path}", body),
    )
    void = {"reason": "Not mine."}
    assert colleague.post(f"/v1/{path}/{made['id']}/entered-in-error", void).status_code == 404
    reader = world.somebody("integration", scopes={"record:read"})
    assert reader.post(f"/v1/couples/{couple['id']}/{path}", body).status_code == 403


def test_evidence_unfolds_a_hijri_day_into_the_days_on_which_it_comes_round(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    eid = {"on_day": "2024-04-09", "kind": "reminder", "recurs": "yearly", "calendar": "hijri"}
    therapist.made(f"/v1/couples/{couple['id']}/known-dates", {**eid, "hijri_month": 10, "hijri_day": 1})
    pause = therapist.made(f"/v1/couples/{couple['id']}/pauses", a_pause())

    with practice.operating(world.store, world.home(), world.watch(), "testEvidence") as chart:
        (row,) = service.known_dates(chart, couple["id"], FAR_INSTANT)
        (rest,) = service.pauses(chart, couple["id"], FAR_INSTANT)

    days = service.hijri_days(row, date(2024, 1, 1), date(2026, 12, 31))
    assert days == [date(2024, 4, 9), date(2025, 3, 31), date(2026, 3, 20)]
    assert (rest["id"], rest["starts_on"], rest["ends_on"]) == (pause["id"], "2026-02-01", "2026-02-20")
