"""Commitments over HTTP: concrete ones are taken, promises are not, and access waits for safety."""

from typing import Any

import pytest

from tests.people import Caller, Json, World, a_betrayal, a_couple, partner, same_refusal

NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"
ACCESS = "Hands A the unlocked phone on Sundays"


def a_commitment(couple: Json, **changes: Any) -> Json:
    return {
        "owner_partner_id": partner(couple, "b"),
        "action": "Puts the three bank statements on the kitchen table",
        "cadence": {"kind": "recurring", "rule": "bymonthday=1;freq=MONTHLY"},
        "evidence_agreed": "Statements seen together",
        "review_on": "2026-04-13",
        "agreed_by_both": True,
        **changes,
    }


def path_of(couple: Json) -> str:
    return f"/v1/couples/{couple['id']}/commitments"


def screened(caller: Caller, couple: Json) -> None:
    """Both partners were seen alone, and nothing was stated."""
    for side in "ab":
        body = {
            "partner_id": partner(couple, side),
            "screened_on": "2026-02-20",
            "separately": True,
            "result": "no_concern_stated",
        }
        caller.made(f"/v1/couples/{couple['id']}/safety-screens", body)


def refusals(answer: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def test_a_concrete_commitment_is_taken_and_read_back_in_words_and_dates(therapist: Caller) -> None:
    couple = a_couple(therapist)

    made = therapist.post(path_of(couple), a_commitment(couple, linked_marker="AFF-MARK"))

    told = made.json()
    assert made.status_code == 201
    assert told["cadence"]["rule"] == "FREQ=MONTHLY;BYMONTHDAY=1"
    assert told["reading"] == "on the 1st of each month"
    assert told["next_dates"] == ["2026-04-01", "2026-05-01", "2026-06-01", "2026-07-01", "2026-08-01"]
    assert (told["made_on"], told["warnings"], told["answers_access"]) == ("2026-03-02", [], False)
    assert told["direction_id"] == couple["directions"][0]["id"]
    assert (told["first_id"], told["closed_on"]) == (told["id"], None)


def test_today_is_among_the_next_dates_and_a_day_left_out_is_not(therapist: Caller) -> None:
    couple = a_couple(therapist)
    cadence = {
        "kind": "recurring",
        "rule": "FREQ=WEEKLY;BYDAY=MO",
        "exdates": ["2026-03-09"],
        "starts_on": "2026-03-02",
    }

    made = therapist.made(path_of(couple), a_commitment(couple, cadence=cadence))

    assert made["next_dates"][:2] == ["2026-03-02", "2026-03-16"]
    assert made["cadence"]["exdates"] == ["2026-03-09"]


@pytest.mark.parametrize(
    ("cadence", "reading", "dates"),
    [
        ({"kind": "whenever", "event": "plans change after six"}, "whenever plans change after six", []),
        ({"kind": "once", "due_on": "2026-03-20"}, "once, by 20 March 2026", ["2026-03-20"]),
    ],
)
def test_it_may_fall_due_by_an_event_or_once(
    therapist: Caller, cadence: Json, reading: str, dates: list[str]
) -> None:
    couple = a_couple(therapist)

    made = therapist.made(path_of(couple), a_commitment(couple, cadence=cadence))

    assert (made["reading"], made["next_dates"]) == (reading, dates)
    assert therapist.get(f"/v1/commitments/{made['id']}").json()["reading"] == reading


def test_a_promise_without_owner_rhythm_or_review_is_told_everything_at_once(therapist: Caller) -> None:
    couple = a_couple(therapist)
    body = {"action": "I swear I will be a different person", "agreed_by_both": True}

    refused = therapist.post(path_of(couple), body)

    assert refused.status_code == 422
    assert sorted(refusals(refused)) == [
        ("/action", "promise"),
        ("/cadence", "no_cadence"),
        ("/owner_partner_id", "no_actor"),
        ("/review_on", "no_review_date"),
    ]
    assert "swear" not in refused.text
    assert all(error["hint"] for error in refused.json()["errors"])


WRONG_COMMITMENTS: list[tuple[Json, str, str]] = [
    ({"action": "A will forgive B by spring"}, "/action", "forgiveness"),
    ({"review_on": "2026-06-01"}, "/review_on", "review_too_late"),
    ({"made_on": "2026-03-03"}, "/made_on", "in_the_future"),
    ({"owner_partner_id": NOBODY}, "/owner_partner_id", "unknown_partner"),
    ({"direction_id": NOBODY}, "/direction_id", "unknown_direction"),
    ({"linked_marker": "TRN-SURV"}, "/linked_marker", "literal_error"),
    ({"cadence": {"kind": "recurring", "rule": "FREQ=HOURLY"}}, "/cadence/rule", "freq_not_taken"),
    ({"cadence": {"kind": "recurring"}}, "/cadence/rule", "part_needed"),
    (
        {"cadence": {"kind": "once", "due_on": "2026-03-20", "rule": "FREQ=DAILY"}},
        "/cadence/rule",
        "part_not_wanted",
    ),
    ({"cadence": {"kind": "whenever", "event": "possible"}}, "/cadence/event", "vague_event"),
    ({"cadence": {"kind": "once", "due_on": "2026-03-01"}}, "/cadence", "cadence_over"),
    (
        {"cadence": {"kind": "recurring", "rule": "FREQ=DAILY", "starts_on": "2026-03-01"}},
        "/cadence/starts_on",
        "before_made",
    ),
    (
        {"cadence": {"kind": "recurring", "rule": "FREQ=DAILY;COUNT=1", "exdates": ["2026-03-02"]}},
        "/cadence/rule",
        "never_due",
    ),
    ({"session_id": NOBODY}, "/session_id", "extra_forbidden"),
]


def test_what_a_commitment_cannot_be(therapist: Caller) -> None:
    couple = a_couple(therapist)

    for changes, pointer, code in WRONG_COMMITMENTS:
        refused = therapist.post(path_of(couple), a_commitment(couple, **changes))
        assert (refused.status_code, refusals(refused)) == (422, [(pointer, code)])


def test_with_two_directions_it_says_which(therapist: Caller) -> None:
    couple = a_couple(therapist, betrayals=[a_betrayal(), a_betrayal(affected="b")])
    way = couple["directions"][1]["id"]

    assert refusals(therapist.post(path_of(couple), a_commitment(couple))) == [
        ("/direction_id", "direction_needed")
    ]
    assert therapist.made(path_of(couple), a_commitment(couple, direction_id=way))["direction_id"] == way


def test_what_is_only_worth_a_thought_is_taken_with_its_warnings(therapist: Caller) -> None:
    couple = a_couple(therapist)
    body = a_commitment(
        couple,
        action="Tries to cook dinner on Tuesdays",
        evidence_agreed=None,
        agreed_by_both=False,
    )

    made = therapist.made(path_of(couple), body)

    assert [(w["pointer"], w["code"]) for w in made["warnings"]] == [
        ("/action", "unobservable_words"),
        ("/evidence_agreed", "no_evidence"),
        ("/agreed_by_both", "not_agreed"),
    ]


def test_access_waits_for_current_screens_of_both(therapist: Caller) -> None:
    couple = a_couple(therapist)

    refused = therapist.post(path_of(couple), a_commitment(couple, action=ACCESS))
    screened(therapist, couple)
    made = therapist.post(path_of(couple), a_commitment(couple, action=ACCESS))

    assert (refused.status_code, refused.json()["code"]) == (409, "screens_needed")
    assert refusals(refused) == [("/action", "access_needs_screens")]
    assert (made.status_code, made.json()["answers_access"]) == (201, True)


def test_an_open_concern_is_refused_in_the_very_words_of_a_missing_screen(therapist: Caller) -> None:
    unscreened, endangered = a_couple(therapist), a_couple(therapist)
    screened(therapist, endangered)
    concern = {"kind": "fear_of_partner", "raised_on": "2026-03-01"}
    therapist.made(f"/v1/couples/{endangered['id']}/safety-concerns", concern)

    refusals = [
        therapist.post(path_of(couple), a_commitment(couple, action=ACCESS))
        for couple in (unscreened, endangered)
    ]
    previews = [
        therapist.post(f"{path_of(couple)}/preview", a_commitment(couple, action=ACCESS)).content
        for couple in (unscreened, endangered)
    ]

    assert same_refusal(*refusals)
    assert previews[0] == previews[1]
    assert therapist.made(path_of(endangered), a_commitment(endangered))["answers_access"] is False


def test_correcting_the_words_of_cleared_access_needs_no_new_clearing(therapist: Caller) -> None:
    couple = a_couple(therapist)
    screened(therapist, couple)
    made = therapist.post(path_of(couple), a_commitment(couple, action=ACCESS))
    plain = therapist.post(path_of(couple), a_commitment(couple))
    concern = {"kind": "fear_of_partner", "raised_on": "2026-03-01"}
    therapist.made(f"/v1/couples/{couple['id']}/safety-concerns", concern)
    body = {**a_commitment(couple, action=f"{ACCESS} at noon"), "reason": "The hour was missing."}

    mended, widened = (
        therapist.post(
            f"{old.headers['Location']}/corrections", body, headers={"If-Match": old.headers["ETag"]}
        )
        for old in (made, plain)
    )

    assert mended.status_code == 201
    assert widened.json()["code"] == "screens_needed"


def test_correcting_cleared_access_opens_nothing_more_and_nobody_else(therapist: Caller) -> None:
    couple = a_couple(therapist)
    screened(therapist, couple)
    made = therapist.post(path_of(couple), a_commitment(couple, action=ACCESS))
    concern = {"kind": "fear_of_partner", "raised_on": "2026-03-01"}
    therapist.made(f"/v1/couples/{couple['id']}/safety-concerns", concern)
    location = "Shares the live location with A all day"

    for changes in (
        {"action": location},
        {"context": location},
        {"evidence_agreed": "A checks B's messages"},
        {"owner_partner_id": partner(couple, "a"), "action": "Hands B the unlocked phone on Sundays"},
        {"owner_partner_id": partner(couple, "a")},
    ):
        body = {**a_commitment(couple, action=ACCESS), **changes, "reason": "Written down wrongly."}
        tag = {"If-Match": made.headers["ETag"]}
        answer = therapist.post(f"{made.headers['Location']}/corrections", body, headers=tag)

        assert (answer.status_code, answer.json()["code"]) == (409, "screens_needed"), changes


def test_a_preview_says_what_recording_would_say_and_stores_nothing(therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"{path_of(couple)}/preview"

    good = therapist.post(path, a_commitment(couple))
    bad = therapist.post(path, a_commitment(couple, action="I promise it will never happen again"))
    empty = therapist.post(path, {"action": "Cooks dinner", "agreed_by_both": True})

    assert good.status_code == 200
    assert good.json()["acceptable"] is True
    assert good.json()["reading"] == "on the 1st of each month"
    assert len(good.json()["next_dates"]) == 5
    assert (bad.status_code, bad.json()["acceptable"]) == (200, False)
    assert bad.json()["findings"][0]["code"] == "promise"
    assert empty.json()["reading"] is None
    assert {item["code"] for item in empty.json()["findings"]} >= {"no_actor", "no_cadence", "no_review_date"}
    assert therapist.get(path_of(couple)).json()["items"] == []


def test_a_correction_keeps_the_check_ins_and_its_place_in_the_history(therapist: Caller) -> None:
    couple = a_couple(therapist)
    first = therapist.post(path_of(couple), a_commitment(couple, made_on="2026-02-01"))
    one = first.headers["Location"]
    checked = therapist.made(f"{one}/check-ins", {"checked_on": "2026-03-01", "outcome": "kept"})

    corrected = therapist.post(
        f"{one}/corrections",
        {**a_commitment(couple, made_on="2026-02-02"), "reason": "A day later."},
        headers={"If-Match": first.headers["ETag"]},
    )
    new = corrected.headers["Location"]
    later = therapist.made(f"{new}/check-ins", {"checked_on": "2026-03-02", "outcome": "kept_late"})

    assert corrected.json()["first_id"] == first.json()["id"]
    for path in (one, new):
        listed = therapist.get(f"{path}/check-ins").json()["items"]
        assert [item["id"] for item in listed] == [later["id"], checked["id"]]
    assert therapist.get(one).json()["superseded_by"] == corrected.json()["id"]
    assert therapist.get(one).json()["next_dates"] == []
    assert therapist.get(new).json()["keeping"]["rates"][0]["countable"] == 2
    assert [item["id"] for item in therapist.get(path_of(couple)).json()["items"]] == [corrected.json()["id"]]


def test_a_correction_that_leaves_the_day_and_the_direction_out_keeps_them(therapist: Caller) -> None:
    couple = a_couple(therapist, betrayals=[a_betrayal(), a_betrayal(affected="b")])
    way = couple["directions"][1]["id"]
    sent = a_commitment(couple, made_on="2026-02-01", review_on="2026-04-13", direction_id=way)
    first = therapist.post(path_of(couple), sent)
    one = first.headers["Location"]
    therapist.made(f"{one}/check-ins", {"checked_on": "2026-02-08", "outcome": "kept"})

    mended = therapist.made(
        f"{one}/corrections",
        {**a_commitment(couple, context="Before dinner"), "reason": "The hour was missing."},
        headers={"If-Match": first.headers["ETag"]},
    )

    assert (mended["made_on"], mended["direction_id"]) == ("2026-02-01", way)
    assert mended["cadence"]["starts_on"] == "2026-02-01"
    therapist.made(f"{one}/check-ins", {"checked_on": "2026-02-15", "outcome": "kept"})


def test_one_entered_for_the_wrong_partner_is_not_told_to_that_partner(therapist: Caller) -> None:
    couple = a_couple(therapist)
    a = partner(couple, "a")
    alone = {"owner_partner_id": a, "visibility": "partner", "visible_partner_id": a}
    first = therapist.post(path_of(couple), a_commitment(couple, **alone))

    moved = therapist.made(
        f"{first.headers['Location']}/corrections",
        {**a_commitment(couple), "reason": "It was the other one."},
        headers={"If-Match": first.headers["ETag"]},
    )

    assert (moved["visibility"], moved["visible_partner_id"]) == ("clinician", None)
    for_a = {"audience": f"partner:{a}", "history": "true"}
    assert therapist.get(path_of(couple), params=for_a).json()["items"] == []


def test_one_commitment_tells_how_it_was_kept_and_its_etag_moves_with_that(therapist: Caller) -> None:
    couple = a_couple(therapist)
    made = therapist.made(path_of(couple), a_commitment(couple, made_on="2025-12-20", review_on="2026-03-15"))
    one = f"/v1/commitments/{made['id']}"
    before = therapist.get(one)
    assert before.json()["keeping"]["rates"][0]["rate"] is None
    assert "5 more" in before.json()["keeping"]["rates"][0]["missing"]
    assert therapist.get(one, headers={"If-None-Match": before.headers["ETag"]}).status_code == 304

    for day, outcome in enumerate(
        ("kept", "kept", "missed_owned", "kept_late", "kept", "not_reported"), start=20
    ):
        therapist.made(f"{one}/check-ins", {"checked_on": f"2026-02-{day}", "outcome": outcome})
    after = therapist.get(one, headers={"If-None-Match": before.headers["ETag"]})

    assert after.status_code == 200
    ninety = after.json()["keeping"]["rates"][0]
    assert (ninety["days"], ninety["countable"], ninety["rate"], ninety["not_reported"]) == (90, 5, 0.7, 1)
    assert ninety["low"] < 0.7 < ninety["high"]
    assert after.json()["keeping"]["longest_run"] == 2
    voided = therapist.post(
        f"{one}/entered-in-error", {"reason": "Twice."}, headers={"If-Match": after.headers["ETag"]}
    )
    assert (voided.status_code, voided.json()["entered_in_error"]) == (201, True)
    assert voided.json()["first_id"] == made["id"]
    again = therapist.post(f"{one}/check-ins", {"checked_on": "2026-03-01", "outcome": "kept"})
    assert again.json()["code"] == "commitment_closed"
    assert therapist.get(path_of(couple)).json()["items"] == []


def test_a_colleague_outside_the_care_team_cannot_tell_that_there_are_commitments(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    made = therapist.made(path_of(couple), a_commitment(couple))
    colleague = world.somebody("clinician")

    for path in ("", "/check-ins"):
        theirs, nothing = (
            colleague.get(f"/v1/commitments/{commitment_id}{path}") for commitment_id in (made["id"], NOBODY)
        )
        assert theirs.status_code == 404
        assert same_refusal(theirs, nothing)
    for path in ("", "/preview"):
        theirs, nothing = (
            colleague.post(f"/v1/couples/{couple_id}/commitments{path}", a_commitment(couple))
            for couple_id in (couple["id"], NOBODY)
        )
        assert same_refusal(theirs, nothing)
    assert colleague.get(path_of(couple)).status_code == 404


def test_a_colleague_of_the_care_team_reads_them(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    made = therapist.made(path_of(couple), a_commitment(couple))
    colleague = world.somebody("clinician")
    therapist.made(
        f"/v1/couples/{couple['id']}/care-team", {"person_id": colleague.person_id, "part": "co_therapist"}
    )

    assert colleague.get(f"/v1/commitments/{made['id']}").json()["action"] == made["action"]


def test_nothing_is_undertaken_in_a_closed_case(therapist: Caller) -> None:
    couple = a_couple(therapist)
    made = therapist.made(path_of(couple), a_commitment(couple))
    etag = therapist.get(f"/v1/couples/{couple['id']}").headers["ETag"]
    closing = {"outcome": "parted_with_clarity", "effective_on": "2026-03-02"}
    therapist.post(f"/v1/couples/{couple['id']}/close", closing, headers={"If-Match": etag})

    refused = therapist.post(path_of(couple), a_commitment(couple))
    checked = therapist.post(
        f"/v1/commitments/{made['id']}/check-ins", {"checked_on": "2026-03-02", "outcome": "kept"}
    )

    assert [answer.json()["code"] for answer in (refused, checked)] == ["couple_closed", "couple_closed"]
