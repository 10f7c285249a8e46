"""Reviews over HTTP: what a decision asks for, the snapshot that never changes, the override beside the indicator."""

from datetime import date
from typing import Any

import pytest

from app.practice import service as practice
from tests.people import Caller, Json, World, a_couple, same_refusal
from tests.progress.records import a_cessation, a_concern, stopping

NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"


def a_review(**changes: Any) -> Json:
    """A decision to go on; a field set to None is left out."""
    body = {
        "reviewed_on": "2026-03-02",
        "decision": "continue",
        "rationale": "Both ask for it.",
        "wish_a": {"words": "To know by summer.", "stated_on": "2026-02-23"},
        "wish_b": {"words": "To stay.", "stated_on": "2026-02-23"},
        "safety_considered": True,
        "safety_words": "Each seen alone.",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def reviews_of(couple: Json) -> str:
    return f"/v1/couples/{couple['id']}/reviews"


def test_a_review_keeps_the_indicators_as_they_stood(therapist: Caller) -> None:
    couple = a_couple(therapist)
    made = therapist.post(reviews_of(couple), a_review())
    assert made.status_code == 201, made.text
    snapshot = made.json()["snapshot"]
    a_cessation(therapist, couple, "continuing", date(2026, 3, 1), grade="admitted")
    read = therapist.get(made.headers["Location"])
    assert read.json()["snapshot"] == snapshot
    assert snapshot["stopping"]["directions"][0]["criteria"]["continuing_betrayal"]["status"] != "met"
    assert stopping(therapist, couple)["criteria"]["continuing_betrayal"]["status"] == "met"
    assert (
        therapist.get(made.headers["Location"], headers={"If-None-Match": read.headers["ETag"]}).status_code
        == 304
    )


def test_the_next_review_is_90_days_on_and_30_after_continuing_betrayal(therapist: Caller) -> None:
    couple = a_couple(therapist)
    assert therapist.made(reviews_of(couple), a_review())["next_review_on"] == "2026-05-31"
    a_cessation(therapist, couple, "continuing", date(2026, 3, 1), grade="admitted")
    assert therapist.made(reviews_of(couple), a_review())["next_review_on"] == "2026-04-01"


def test_an_ending_needs_alternatives_and_sets_no_further_review(therapist: Caller) -> None:
    couple = a_couple(therapist)
    ending = a_review(decision="end_completed", alternatives="Discernment was offered.")
    assert therapist.made(reviews_of(couple), ending)["next_review_on"] is None


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"decision": "continue_with_changes"}, "changes_needed", "/changes"),
        ({"decision": "end_completed"}, "alternatives_needed", "/alternatives"),
        ({"safety_words": None}, "words_needed", "/safety_words"),
        ({"overrides": ["stated_wish"]}, "words_needed", "/disagreement"),
        ({"reviewed_on": "2026-03-03"}, "in_the_future", "/reviewed_on"),
        ({"wish_a": {"words": "x", "stated_on": "2027-01-01"}}, "in_the_future", "/wish_a/stated_on"),
        ({"next_review_on": "2026-03-02"}, "not_later", "/next_review_on"),
        ({"direction_id": NOBODY}, "unknown_direction", "/direction_id"),
        (
            {"decision": "end_completed", "alternatives": "x", "next_review_on": "2026-09-01"},
            "not_wanted",
            "/next_review_on",
        ),
    ],
)
def test_what_a_decision_lacks_is_refused(
    therapist: Caller, changes: dict[str, Any], code: str, pointer: str
) -> None:
    couple = a_couple(therapist)
    answer = therapist.post(reviews_of(couple), a_review(**changes))
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"], error["pointer"]) == (422, code, pointer)


def test_rationale_and_both_wishes_are_always_needed(therapist: Caller) -> None:
    couple = a_couple(therapist)
    answer = therapist.post(reviews_of(couple), a_review(rationale=None, wish_b=None))
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/rationale", "/wish_b"}


def test_an_override_stands_beside_its_indicator_and_does_not_change_it(therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_cessation(therapist, couple, "continuing", date(2026, 3, 1), grade="admitted")
    words = {"overrides": ["continuing_betrayal"], "disagreement": "Contact at work, scripted and told."}
    review = therapist.made(reviews_of(couple), a_review(**words))
    found = stopping(therapist, couple)
    assert found["criteria"]["continuing_betrayal"]["status"] == "met"
    assert found["criteria"]["continuing_betrayal"]["overridden"] is True
    assert found["criteria"]["chronic_deflection"]["overridden"] is False
    assert (found["last_review"]["id"], found["last_review"]["decision"]) == (review["id"], "continue")


def test_a_review_whose_day_has_come_is_prompted(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    therapist.made(reviews_of(couple), a_review(next_review_on="2026-03-10"))
    assert stopping(therapist, couple)["review_prompts"] == []
    world.watch.go(days=8)
    assert [prompt["code"] for prompt in stopping(therapist, couple)["review_prompts"]] == ["review_due"]


def test_a_correction_supersedes_and_keeps_the_snapshot(therapist: Caller) -> None:
    couple = a_couple(therapist)
    made = therapist.post(reviews_of(couple), a_review())
    path, etag = made.headers["Location"], made.headers["ETag"]
    body = a_review(rationale="Both ask for it, separately.", reason="Left out how.")
    assert therapist.post(f"{path}/corrections", body).status_code == 428
    corrected = therapist.post(f"{path}/corrections", body, headers={"If-Match": etag})
    assert corrected.status_code == 201, corrected.text
    assert corrected.json()["snapshot"] == made.json()["snapshot"]
    assert corrected.json()["supersedes_id"] == made.json()["id"]
    again = therapist.post(f"{path}/corrections", body, headers={"If-Match": etag})
    assert again.json()["code"] == "already_superseded"


def test_a_review_entered_in_error_leaves_the_list_and_the_indicator(therapist: Caller) -> None:
    couple = a_couple(therapist)
    made = therapist.post(reviews_of(couple), a_review())
    path, etag = made.headers["Location"], made.headers["ETag"]
    body = {"reason": "Another couple."}
    assert therapist.post(f"{path}/entered-in-error", body, headers={"If-Match": etag}).status_code == 201
    assert therapist.get(reviews_of(couple)).json()["items"] == []
    assert stopping(therapist, couple)["last_review"] is None


def test_the_list_leaves_snapshots_out(therapist: Caller) -> None:
    couple = a_couple(therapist)
    therapist.made(reviews_of(couple), a_review())
    (item,) = therapist.get(reviews_of(couple)).json()["items"]
    assert "snapshot" not in item
    assert (item["decision_words"], item["visibility"]) == ("Continue", "clinician")


def test_who_may_not_see_indicators_sees_no_snapshot(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_concern(therapist, couple)
    made = therapist.post(reviews_of(couple), a_review())
    with practice.operating(world.store, world.home(), world.watch(), "testSetup") as chart:
        scopes = {"record:read"}
        key = practice.make_key(chart, "demo", person_id=therapist.person_id, label="scribe", scopes=scopes)
        chart.sign(201)
    answer = world.client(key["secret"]).get(made.headers["Location"])
    assert (answer.status_code, answer.json()["snapshot"]) == (200, None)


def test_who_was_not_shown_what_it_says_of_safety_takes_nothing_of_it_away(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    made = therapist.post(reviews_of(couple), a_review(last_screen_on="2026-02-23"))
    with practice.operating(world.store, world.home(), world.watch(), "testSetup") as chart:
        scopes = {"record:read", "record:write"}
        key = practice.make_key(chart, "demo", person_id=therapist.person_id, label="scribe", scopes=scopes)
        chart.sign(201)
    body = a_review(rationale="Both ask for it, apart.", safety_words=None, reason="Left out how.")

    corrected = world.client(key["secret"]).post(
        f"{made.headers['Location']}/corrections", json=body, headers={"If-Match": made.headers["ETag"]}
    )

    assert (corrected.status_code, corrected.json()["safety_words"]) == (201, None)
    read = therapist.get(corrected.headers["Location"]).json()
    assert (read["safety_words"], read["last_screen_on"]) == ("Each seen alone.", "2026-02-23")


def test_outside_the_care_team_a_review_is_like_nothing(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    made = therapist.post(reviews_of(couple), a_review())
    stranger = world.somebody("clinician", name="Dr. Other")
    assert same_refusal(stranger.get(made.headers["Location"]), stranger.get(f"/v1/reviews/{NOBODY}"))
    there = stranger.post(reviews_of(couple), a_review())
    nowhere = stranger.post(f"/v1/couples/{NOBODY}/reviews", a_review())
    assert there.status_code == 404
    assert same_refusal(there, nowhere)
