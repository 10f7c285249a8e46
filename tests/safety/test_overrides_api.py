"""An open concern outranks everything at once: whichever endpoint is asked about the case."""

from tests.commitments.test_commitments_api import a_commitment
from tests.people import Caller, World, a_couple, partner
from tests.progress.records import a_concern, a_falling_course

ENCOURAGING = ("on_track", "On track", "is falling", "goes well")


def test_one_open_concern_is_heard_in_every_endpoint_at_once(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_falling_course(world, therapist, couple, fortnights=23)
    path = f"/v1/couples/{couple['id']}"
    therapist.made(f"{path}/joint-summaries", {"answers": ["progress"]})
    for side in "ab":
        screen = {"partner_id": partner(couple, side), "screened_on": "2026-02-23", "separately": True}
        therapist.made(
            f"{path}/safety-screens", {**screen, "result": "no_concern_stated", "occasion": "interval"}
        )

    a_concern(therapist, couple)

    (progress,) = therapist.get(f"{path}/progress").json()["directions"]
    (stopping,) = therapist.get(f"{path}/stopping").json()["directions"]
    (timeline,) = therapist.get(f"{path}/timeline").json()["directions"]
    (explained,) = therapist.get(f"{path}/explanation").json()["directions"]
    (item,) = therapist.get("/v1/caseload").json()["items"]
    shared = therapist.get(f"{path}/progress", params={"audience": "joint"}).json()
    access = therapist.post(
        f"{path}/commitments", a_commitment(couple, action="Hands over the phone when asked")
    )

    assert (progress["status"], progress["figures"]) == ("safety_first", None)
    assert progress["prerequisites"]["transparency"]["status"] == "suspended_safety"
    assert {found["status"] for found in stopping["criteria"].values()} == {"suspended_safety"}
    assert (timeline["suspended"], timeline["history"]) == (True, [])
    assert (explained["suspended"], explained["explanation"]) == (True, None)
    assert (item["attention"], item["rank"]) == ("safety_first", 0)
    assert shared["release"]["status"] == "not_released"
    assert access.json()["code"] == "screens_needed"
    for name in ("progress", "stopping", "timeline", "explanation"):
        text = therapist.get(f"{path}/{name}").text
        assert not any(words in text for words in ENCOURAGING), name
