"""The joint answer: shared by an act, and the same bytes whatever it is that keeps it from being shared."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from unittest import mock

import httpx
import pytest

from app.progress import joint
from app.timeline import assess
from tests.people import Caller, Json, World, a_betrayal, a_couple, partner, same_refusal
from tests.progress.records import START, a_cessation, a_concern, a_falling_course, a_marker, a_session
from tests.releases.papers import a_recipient, signed
from tests.walks.matrix import another_key

NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"

SHARED = {"answers": ["progress", "timeline", "stopping"]}
OPEN = {"answers": ["progress"]}


@pytest.fixture
def couple(world: World, therapist: Caller) -> Json:
    """A couple whose joint record says that repair moves."""
    couple = a_couple(therapist)
    a_falling_course(world, therapist, couple, fortnights=23)
    return couple


def asked(caller: Caller, couple: Json, audience: str = "joint", answer: str = "progress") -> httpx.Response:
    response = caller.get(f"/v1/couples/{couple['id']}/{answer}", params={"audience": audience})
    assert response.status_code == 200, response.text
    return response


def told(response: httpx.Response) -> Any:
    """Body and headers, apart from what differs with every request."""
    volatile = {"x-request-id", "ratelimit", "ratelimit-policy", "date"}
    return response.content, {k: v for k, v in response.headers.items() if k not in volatile}


def shared(caller: Caller, couple: Json, body: Json = SHARED) -> Json:
    return caller.made(f"/v1/couples/{couple['id']}/joint-summaries", body)


def alone(couple: Json, side: str = "b") -> Json:
    return {"visibility": "partner", "visible_partner_id": partner(couple, side)}


# --- what is shared ---


def test_what_a_clinician_shares_is_told_to_both_alike(therapist: Caller, couple: Json) -> None:
    summary = shared(therapist, couple)
    body = asked(therapist, couple).json()
    clinicians = asked(therapist, couple, "clinician").json()

    assert summary["state"] == "in_force"
    assert body["release"] == {"status": "released", "released_on": "2026-03-02", "lapses_on": "2026-05-31"}
    assert body["directions"][0]["status"] == clinicians["directions"][0]["status"] == "on_track"
    assert (body["directions"][0]["ask_next"], clinicians["release"]) == ([], None)
    for side in "ab":
        other = asked(therapist, couple, f"partner:{partner(couple, side)}")
        assert told(other) == told(asked(therapist, couple))


def test_what_is_shared_is_made_of_what_both_may_know_alone(therapist: Caller, couple: Json) -> None:
    own = {"stage": "stabilisation", "entered_on": "2026-02-20", "evidence": "The clinician's own."}
    stage = therapist.made(f"/v1/couples/{couple['id']}/stages", own)
    shared(therapist, couple)

    for answer in SHARED["answers"]:
        body = asked(therapist, couple, answer=answer)
        assert (body.json()["audience"], body.json()["release"]["status"]) == ("joint", "released")
        assert stage["id"] not in body.text


def test_remarks_to_the_treating_team_are_not_shared(therapist: Caller, couple: Json) -> None:
    """That low reports can be given under pressure, and what to ask in private, is no word for whoever presses."""
    for month in (11, 12, 1, 2):
        for day in (3, 12, 21):
            a_marker(therapist, couple, "ACC-BLAME", date(2026 if month < 3 else 2025, month, day))
    shared(therapist, couple, OPEN)

    team = asked(therapist, couple, "clinician").json()["directions"][0]
    both = asked(therapist, couple).json()

    assert [each["code"] for each in team["alerts"]] == ["falling_threat_poor_behaviour"]
    assert (both["release"]["status"], both["directions"][0]["alerts"]) == ("released", [])
    cited = {row["id"] for row in both["directions"][0]["evidence"]}
    assert cited == {row_id for row_id in cited if json.dumps(both["directions"]).count(row_id) > 1}


def test_only_what_was_chosen_is_shared_and_it_stands_as_on_its_day(
    world: World, therapist: Caller, couple: Json
) -> None:
    shared(therapist, couple, OPEN)
    before = asked(therapist, couple).json()
    world.watch.go(days=3)

    assert asked(therapist, couple).json() == before
    assert asked(therapist, couple, answer="stopping").json()["directions"] == []
    later = therapist.get(
        f"/v1/couples/{couple['id']}/progress", params={"audience": "joint", "as_of": "2026-01-01"}
    )
    assert (later.status_code, later.json()["errors"][0]["code"]) == (422, "clinician_only")


# --- what keeps it back ---


def _secret(caller: Caller, couple: Json) -> None:
    a_cessation(caller, couple, "continuing", START, grade="admitted", **alone(couple))


def _concern(caller: Caller, couple: Json) -> None:
    a_concern(caller, couple)


@pytest.mark.parametrize("keeps", [_secret, _concern])
def test_whatever_keeps_it_back_looks_like_never_shared(
    therapist: Caller, couple: Json, keeps: Callable[[Caller, Json], None]
) -> None:
    before = {answer: told(asked(therapist, couple, answer=answer)) for answer in SHARED["answers"]}
    shared(therapist, couple)
    assert {answer: told(asked(therapist, couple, answer=answer)) for answer in SHARED["answers"]} != before

    keeps(therapist, couple)

    assert {answer: told(asked(therapist, couple, answer=answer)) for answer in SHARED["answers"]} == before
    for side in "ab":
        assert told(asked(therapist, couple, f"partner:{partner(couple, side)}")) == before["progress"]
    assert b"not_released" in before["progress"][0]


def test_no_more_is_worked_out_for_the_answer_that_ends_than_for_one_that_was_never_shared(
    therapist: Caller, couple: Json
) -> None:
    with mock.patch.object(joint, "assess", wraps=assess) as worked_out:
        asked(therapist, couple)
        never = worked_out.call_count
        shared(therapist, couple)
        _secret(therapist, couple)
        worked_out.reset_mock()
        ended = asked(therapist, couple).json()["release"]["status"]

    assert (ended, worked_out.call_count) == ("not_released", never)


def test_a_summary_lapses_after_ninety_days_as_if_it_had_never_been(
    world: World, therapist: Caller, couple: Json
) -> None:
    world.watch.go(days=90)
    before = told(asked(therapist, couple))
    world.watch.go(days=-90)
    summary = shared(therapist, couple, OPEN)
    world.watch.go(days=89)
    last = asked(therapist, couple).json()["release"]["status"]
    world.watch.go(days=1)

    assert last == "released"
    assert told(asked(therapist, couple)) == before
    assert therapist.get(f"/v1/joint-summaries/{summary['id']}").json()["state"] == "lapsed"


def test_withdrawn_is_like_never_shared_and_brings_no_older_one_back(therapist: Caller, couple: Json) -> None:
    before = told(asked(therapist, couple))
    old = shared(therapist, couple)
    path = f"/v1/joint-summaries/{shared(therapist, couple)['id']}"

    withdrawn = therapist.delete(path, headers={"If-Match": therapist.get(path).headers["ETag"]})
    states = therapist.get(f"/v1/couples/{couple['id']}/joint-summaries").json()["items"]

    assert withdrawn.json()["state"] == "withdrawn"
    assert told(asked(therapist, couple)) == before
    assert [(row["id"] == old["id"], row["state"]) for row in states] == [
        (False, "withdrawn"),
        (True, "replaced"),
    ]


def test_an_entry_taken_back_after_it_was_shared_is_told_no_longer(therapist: Caller) -> None:
    couple = a_couple(therapist)
    stage = {
        "stage": "stabilisation",
        "entered_on": "2026-02-20",
        "evidence": "Both screens are current.",
        "visibility": "joint",
    }
    entered = therapist.made(f"/v1/couples/{couple['id']}/stages", stage)
    path = f"/v1/stages/{entered['id']}"
    before = {answer: told(asked(therapist, couple, answer=answer)) for answer in SHARED["answers"]}
    shared(therapist, couple)
    assert "stage" in {each["kind"] for each in _events(asked(therapist, couple, answer="timeline"))}

    narrowed = {**stage, **alone(couple, "a"), "reason": "It was said alone."}
    tag = {"If-Match": therapist.get(path).headers["ETag"]}
    therapist.made(f"{path}/corrections", narrowed, headers=tag)

    for answer in ("timeline", "progress", "stopping"):  # gone by itself, the timeline would tell of an entry
        assert told(asked(therapist, couple, answer=answer)) == before[answer]


@pytest.mark.parametrize("kind", ["stages", "sessions"])
def test_an_entry_made_in_error_is_told_no_longer_once_it_is_marked(therapist: Caller, kind: str) -> None:
    """It may be about somebody else: with it goes what named it."""
    couple = a_couple(therapist)
    a_session(therapist, couple, START)
    stage = {"stage": "stabilisation", "entered_on": "2026-02-20", "evidence": "x", "visibility": "joint"}
    entered = (
        therapist.made(f"/v1/couples/{couple['id']}/stages", stage)
        if kind == "stages"
        else a_session(therapist, couple, START + timedelta(days=7))
    )
    before = {answer: told(asked(therapist, couple, answer=answer)) for answer in SHARED["answers"]}
    shared(therapist, couple)
    assert entered["id"] in asked(therapist, couple, answer="timeline").text

    in_error(therapist, f"/v1/{kind}/{entered['id']}")

    for answer in ("timeline", "progress", "stopping"):
        assert told(asked(therapist, couple, answer=answer)) == before[answer]


def test_a_direction_opened_in_error_is_told_to_nobody_and_keeps_nothing_back(therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}"
    mistaken = therapist.made(f"{path}/betrayals", a_betrayal(affected="b"))
    shared(therapist, couple)
    assert mistaken["direction_id"] in asked(therapist, couple).text

    in_error(therapist, f"/v1/betrayals/{mistaken['id']}")

    ended = asked(therapist, couple).json()
    assert (ended["release"]["status"], ended["directions"]) == ("not_released", [])
    shared(therapist, couple)
    (way,) = asked(therapist, couple).json()["directions"]
    assert way["direction_id"] != mistaken["direction_id"]
    team = therapist.get(f"{path}/progress").json()
    assert mistaken["direction_id"] in {each["direction_id"] for each in team["directions"]}


def in_error(caller: Caller, address: str) -> None:
    held = {"If-Match": caller.get(address).headers["ETag"]}
    answer = caller.post(f"{address}/entered-in-error", {"reason": "Another couple's."}, headers=held)
    assert answer.status_code in (200, 201), answer.text


def test_what_was_shared_together_ends_together(therapist: Caller, couple: Json) -> None:
    """Nothing but a wish moves the criteria alone: that they alone were gone told the other that A means to leave."""
    before = {answer: told(asked(therapist, couple, answer=answer)) for answer in SHARED["answers"]}
    shared(therapist, couple)
    a_marker(therapist, couple, "MUT-CHOICE", START, about_id=partner(couple, "a"), stated_value="part")

    for answer in SHARED["answers"]:
        assert told(asked(therapist, couple, f"partner:{partner(couple, 'b')}", answer)) == before[answer]


def test_what_ended_does_not_come_back_by_itself(world: World, therapist: Caller, couple: Json) -> None:
    """A withdrawal never comes back: a summary that did would tell that there was a danger, or a secret, for a time."""
    before = told(asked(therapist, couple))
    summary = shared(therapist, couple)
    concern = a_concern(therapist, couple)
    while_open = told(asked(therapist, couple))
    path = f"/v1/safety-concerns/{concern['id']}"
    step = {"state": "resolved", "on": "2026-03-02", "reason": "Looked into, with each alone."}
    therapist.made(f"{path}/state", step, headers={"If-Match": therapist.get(path).headers["ETag"]})

    assert while_open == told(asked(therapist, couple)) == before
    ended = therapist.get(f"/v1/joint-summaries/{summary['id']}").json()
    assert (ended["state"], ended["withdrawn_by"]) == ("withdrawn", None)
    assert ended["withdrawn_at"] is not None
    shared(therapist, couple)
    assert told(asked(therapist, couple)) != before


def tasks(caller: Caller, couple: Json) -> list[tuple[str, str]]:
    """What waits in one couple, of what was shared."""
    items = caller.get("/v1/caseload").json()["items"]
    waiting = next(item["tasks"] for item in items if item["couple_id"] == couple["id"])
    return [(each["code"], each["on"]) for each in waiting if each["code"].startswith("summary")]


@pytest.mark.parametrize("keeps", [_secret, _concern])
def test_the_caseload_tells_that_a_summary_ended_by_itself_until_another_is_shared(
    world: World, therapist: Caller, couple: Json, keeps: Callable[[Caller, Json], None]
) -> None:
    shared(therapist, couple)
    keeps(therapist, couple)
    assert tasks(therapist, couple) == []  # nobody has asked since: what nobody was refused has not ended yet
    asked(therapist, couple)

    assert tasks(therapist, couple) == [("summary_ended", "2026-03-02")]
    text = therapist.get("/v1/caseload").text
    told_as = next(each for each in text.split('"text":') if "ended by itself" in each)
    assert not any(word in told_as.partition("}")[0] for word in ("concern", "alone", "secret", "differ"))
    world.watch.go(days=20)
    assert tasks(therapist, couple) == [("summary_ended", "2026-03-02")]
    world.watch.go(days=1)
    assert tasks(therapist, couple) == []


def test_what_lapsed_waits_and_what_was_withdrawn_or_replaced_does_not(
    world: World, therapist: Caller, couple: Json
) -> None:
    path = f"/v1/joint-summaries/{shared(therapist, couple, OPEN)['id']}"
    therapist.delete(path, headers={"If-Match": therapist.get(path).headers["ETag"]})
    assert tasks(therapist, couple) == []
    lapsing = shared(therapist, couple, OPEN)
    world.watch.go(days=90)

    assert tasks(therapist, couple) == [("summary_ended", lapsing["lapses_on"])]
    assert shared(therapist, couple, OPEN)["state"] == "in_force"
    assert tasks(therapist, couple) == []


def test_what_both_know_ends_nothing(therapist: Caller, couple: Json) -> None:
    shared(therapist, couple)
    before = told(asked(therapist, couple))
    a_cessation(therapist, couple, "continuing", START, grade="admitted")

    assert told(asked(therapist, couple)) == before


def test_neither_does_a_look_at_what_a_copy_would_hold(therapist: Caller, couple: Json) -> None:
    """A preview writes nothing, a copy that holds `not_released` is not followed by one that holds the summary."""
    summary = shared(therapist, couple)
    recipient = a_recipient(therapist, couple)
    for side in "ab":
        signed(therapist, couple, side, recipient, ("indicators",))
    a_concern(therapist, couple)
    body = {"form": "full", "recipient_id": recipient["id"], "content": ["indicators"]}
    states = []
    for path in ("disclosures/preview", "disclosures"):
        answer = therapist.post(f"/v1/couples/{couple['id']}/{path}", body)
        assert answer.status_code in (200, 201), answer.text
        states.append(therapist.get(f"/v1/joint-summaries/{summary['id']}").json()["state"])

    assert states == ["in_force", "withdrawn"]


def _events(answer: httpx.Response) -> list[Json]:
    return [each for way in answer.json()["directions"] for each in way["events"]]


@pytest.mark.parametrize("keeps", [_secret, _concern])
def test_nothing_is_shared_against_the_whole_record(
    therapist: Caller, couple: Json, keeps: Callable[[Caller, Json], None]
) -> None:
    keeps(therapist, couple)

    refused = therapist.post(f"/v1/couples/{couple['id']}/joint-summaries", SHARED)

    assert (refused.status_code, refused.json()["code"]) == (409, "summary_withheld")


def test_a_wish_stated_alone_keeps_the_criteria_back_but_not_the_course(
    therapist: Caller, couple: Json
) -> None:
    said = {"about_id": partner(couple, "a"), "stated_value": "out"}
    a_marker(therapist, couple, "MUT-LEAN", START, **said)

    assert therapist.post(f"/v1/couples/{couple['id']}/joint-summaries", SHARED).status_code == 409
    assert shared(therapist, couple, OPEN)["answers"] == ["progress"]


def test_sharing_is_a_clinicians_own_act(world: World, therapist: Caller, couple: Json) -> None:
    path = f"/v1/couples/{couple['id']}/joint-summaries"
    program = world.somebody("integration")
    grant = {"person_id": program.person_id, "part": "integration", "purpose": "Reports"}
    therapist.made(f"/v1/couples/{couple['id']}/care-team", grant)

    blind = another_key(world, therapist, {"record:read", "record:write"})  # sees no indicators
    for caller, status in ((program, 403), (blind, 403), (world.somebody("clinician"), 404)):
        assert caller.post(path, OPEN).status_code == status
    assert therapist.post(path, {"answers": []}).status_code == 422


def test_a_partner_of_another_couple_meets_no_answer(therapist: Caller, couple: Json) -> None:
    shared(therapist, couple)
    stranger = partner(a_couple(therapist), "a")
    for answer in SHARED["answers"]:
        path = f"/v1/couples/{couple['id']}/{answer}"
        theirs, nobodys = (
            therapist.get(path, params={"audience": f"partner:{each}"}) for each in (stranger, NOBODY)
        )
        assert theirs.status_code == 404
        assert same_refusal(theirs, nobodys)
