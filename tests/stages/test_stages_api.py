"""Stages over HTTP: recorded by the clinician, with evidence; strangers see nothing."""

from typing import Any

from tests.people import Caller, Json, World, a_couple, same_refusal

NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"


def a_stage(**changes: object) -> Json:
    return {
        "stage": "stabilisation",
        "entered_on": "2026-02-16",
        "evidence": "Both have been seen alone.",
        **changes,
    }


def refusals(answer: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def test_a_stage_is_recorded_and_is_the_clinicians_own_unless_said_otherwise(therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/stages"

    made = therapist.post(path, a_stage())
    shared = therapist.made(path, a_stage(visibility="joint", entered_on="2026-02-17"))

    assert made.status_code == 201
    assert made.json()["visibility"] == "clinician"
    assert made.json()["direction_id"] is None
    assert shared["visibility"] == "joint"
    read = therapist.get(made.headers["Location"])
    assert read.json() == made.json()
    assert read.headers["ETag"] == made.headers["ETag"]
    again = therapist.get(made.headers["Location"], headers={"If-None-Match": read.headers["ETag"]})
    assert again.status_code == 304
    assert [item["id"] for item in therapist.get(path).json()["items"]] == [shared["id"], made.json()["id"]]


def test_going_back_to_an_earlier_stage_is_normal(therapist: Caller) -> None:
    couple = a_couple(therapist)
    path, way = f"/v1/couples/{couple['id']}/stages", couple["directions"][0]["id"]
    for day, code in (("01", "stabilisation"), ("10", "understanding_the_injury"), ("20", "stabilisation")):
        therapist.made(path, a_stage(stage=code, entered_on=f"2026-02-{day}", direction_id=way))

    as_of = therapist.get(path, params={"as_of": "2026-02-15"}).json()["items"]

    assert [item["stage"] for item in as_of] == ["understanding_the_injury", "stabilisation"]


WRONG_STAGES: list[tuple[Json, str, str]] = [
    ({"stage": "5"}, "/stage", "literal_error"),
    ({"entered_on": "2026-03-03"}, "/entered_on", "in_the_future"),
    ({"evidence": " "}, "/evidence", "string_too_short"),
    ({"direction_id": NOBODY}, "/direction_id", "unknown_direction"),
    ({"visibility": "partner"}, "/visible_partner_id", "partner_needed"),
    ({"session_id": NOBODY}, "/session_id", "extra_forbidden"),
]


def test_what_a_stage_cannot_be(therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/stages"

    for changes, pointer, code in WRONG_STAGES:
        refused = therapist.post(path, a_stage(**changes))
        assert (refused.status_code, refusals(refused)) == (422, [(pointer, code)])


def test_a_stage_is_corrected_and_then_marked_as_entered_in_error(therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/stages"
    first = therapist.post(path, a_stage())
    one = first.headers["Location"]

    without = therapist.post(f"{one}/corrections", {**a_stage(), "reason": "Too early."})
    corrected = therapist.post(
        f"{one}/corrections",
        {**a_stage(entered_on="2026-02-23"), "reason": "Too early."},
        headers={"If-Match": first.headers["ETag"]},
    )
    voided = therapist.post(
        f"{corrected.headers['Location']}/entered-in-error",
        {"reason": "Another couple's."},
        headers={"If-Match": corrected.headers["ETag"]},
    )

    assert [a.status_code for a in (without, corrected, voided)] == [428, 201, 201]
    assert voided.json()["entered_in_error"] is True
    assert therapist.get(path).json()["items"] == []
    assert len(therapist.get(path, params={"history": "true"}).json()["items"]) == 3


def test_a_colleague_outside_the_care_team_finds_no_stage(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    stage = therapist.made(f"/v1/couples/{couple['id']}/stages", a_stage())
    colleague = world.somebody("clinician")

    assert same_refusal(colleague.get(f"/v1/stages/{stage['id']}"), colleague.get(f"/v1/stages/{NOBODY}"))
    assert same_refusal(
        colleague.post(f"/v1/couples/{couple['id']}/stages", a_stage()),
        colleague.post(f"/v1/couples/{NOBODY}/stages", a_stage()),
    )
    assert colleague.get(f"/v1/couples/{couple['id']}/stages").status_code == 404


def test_anyone_who_works_here_reads_what_the_stages_are(world: World) -> None:
    kinds = world.somebody("administrator").get("/v1/stages/kinds")

    assert [(item["number"], item["code"]) for item in kinds.json()["items"]][:1] == [(1, "stabilisation")]
    assert all(item["entry"] and item["exit"] and item["aim"] for item in kinds.json()["items"])
    assert len(kinds.json()["injury_steps"]) == 8
    assert world.client().get("/v1/stages/kinds").status_code == 401
