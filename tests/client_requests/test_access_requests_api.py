"""Requests for access over HTTP: clocks by law, steps in any order, no answer before they are done, never by itself."""

from typing import Any

import pytest

from tests.people import Caller, Json, World, a_couple, partner, same_refusal
from tests.releases.papers import NOBODY, of


def asked(caller: Caller, couple: Json, **changes: Any) -> Json:
    """A request of partner A on record."""
    body = {
        "partner_id": partner(couple, "a"),
        "jurisdictions": ["us"],
        "received_on": "2026-03-01",
        **changes,
    }
    return caller.made(of(couple, "access-requests"), body)


def step(caller: Caller, request: Json, name: str, body: Json) -> Any:
    """Take a step with the ETag that was read."""
    path = f"/v1/access-requests/{request['id']}"
    return caller.post(f"{path}/{name}", body, headers={"If-Match": caller.get(path).headers["ETag"]})


def done(caller: Caller, request: Json, name: str, body: Json) -> Json:
    """A step that must succeed."""
    answer = step(caller, request, name, body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


IDENTITY = {"checked_on": "2026-03-02", "how": "document"}
ASKED = {"answer": "declines", "on": "2026-03-02"}
GIVEN = {"part": "own_individual", "decision": "give"}
DENIED = {"part": "conjoint", "decision": "deny", "grounds": ["other_partner_declines"]}
REPLY = {"replied_on": "2026-03-02", "review_told": True}


@pytest.mark.parametrize(
    ("laws", "due", "prolonged"),
    [
        (["us"], "2026-03-31", "2026-04-30"),
        (["eu_uk"], "2026-04-01", "2026-06-01"),
        (["eu_uk", "us"], "2026-03-31", "2026-04-30"),
    ],
)
def test_the_clock_runs_by_the_law_that_is_strictest(
    therapist: Caller, laws: list[str], due: str, prolonged: str
) -> None:
    couple = a_couple(therapist)
    request = asked(therapist, couple, jurisdictions=laws)
    assert (request["due_on"], request["extended"]) == (due, False)
    longer = done(therapist, request, "extension", {"reason": "To hear both."})
    assert (longer["due_on"], longer["extended"]) == (prolonged, True)
    assert step(therapist, request, "extension", {"reason": "Again."}).status_code == 409


def test_no_answer_before_every_step_is_taken(therapist: Caller) -> None:
    couple = a_couple(therapist)
    request = asked(therapist, couple)
    early = step(therapist, request, "reply", REPLY)
    assert (early.status_code, early.json()["code"]) == (409, "request_incomplete")
    steps = ["identity", "other_partner", "decision:own_individual", "decision:conjoint"]
    assert early.json()["missing"] == steps
    for name, body in (("identity", IDENTITY), ("other-partner", ASKED), ("decisions", GIVEN)):
        done(therapist, request, name, body)
    assert step(therapist, request, "reply", REPLY).json()["missing"] == steps[3:]
    done(therapist, request, "decisions", DENIED)
    told = done(therapist, request, "reply", REPLY)
    assert (told["replied_on"], told["overdue"]) == ("2026-03-02", False)
    after = step(therapist, request, "decisions", GIVEN)
    assert (after.status_code, after.json()["code"]) == (409, "conflict")


def test_a_later_decision_takes_the_place_of_an_earlier_one_and_both_stay(therapist: Caller) -> None:
    request = asked(therapist, a_couple(therapist))
    done(therapist, request, "decisions", DENIED)
    row = done(therapist, request, "decisions", {"part": "conjoint", "decision": "give"})
    assert [each["decision"] for each in row["decisions"]] == ["deny", "give"]
    assert row["decisions"][0]["grounds"] == ["other_partner_declines"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the body is refused before the store
@pytest.mark.parametrize(
    ("name", "body", "code", "pointer"),
    [
        ("decisions", {"part": "conjoint", "decision": "deny"}, "ground_needed", "/grounds"),
        ("decisions", {**GIVEN, "grounds": ["rights_of_others"]}, "not_wanted", "/grounds"),
        ("decisions", {**GIVEN, "part": "other_individual"}, "literal_error", "/part"),
        ("other-partner", {"answer": "not_asked", "on": "2026-03-02"}, "words_needed", "/words"),
        ("other-partner", {"answer": "agrees", "on": "2026-02-27"}, "before_received", "/on"),
        ("identity", {**IDENTITY, "checked_on": "2026-03-03"}, "in_the_future", "/checked_on"),
        ("reply", {**REPLY, "replied_on": "2026-02-27"}, "before_received", "/replied_on"),
    ],
)
def test_a_step_that_does_not_fit_is_refused(
    therapist: Caller, name: str, body: Json, code: str, pointer: str
) -> None:
    answer = step(therapist, asked(therapist, a_couple(therapist)), name, body)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"], error["pointer"]) == (422, code, pointer)


def test_deciding_and_answering_are_a_clinicians_own_acts(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    program = world.somebody("integration")
    therapist.made(of(couple, "care-team"), {"person_id": program.person_id, "part": "integration"})
    request = asked(program, couple)
    done(program, request, "identity", IDENTITY)
    for name, body in (("decisions", GIVEN), ("reply", REPLY)):
        answer = step(program, request, name, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "clinician_needed")


def test_an_open_request_waits_in_the_caseload_and_tells_when_it_is_late(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)

    def waiting() -> list[Json]:
        (item,) = therapist.get("/v1/caseload").json()["items"]
        return [task for task in item["tasks"] if task["code"] == "access_request_due"]

    assert waiting() == []
    request = asked(therapist, couple)
    assert [task["on"] for task in waiting()] == ["2026-03-31"]
    path = f"/v1/access-requests/{request['id']}"
    before = therapist.get(path)
    world.watch.go(days=31)
    late = therapist.get(path, headers={"If-None-Match": before.headers["ETag"]})
    assert (before.json()["overdue"], late.json()["overdue"]) == (False, True)
    for name, body in (
        ("identity", IDENTITY),
        ("other-partner", ASKED),
        ("decisions", GIVEN),
        ("decisions", DENIED),
        ("reply", REPLY),
    ):
        done(therapist, request, name, body)
    assert waiting() == []


def test_outside_the_care_team_no_request_exists(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    request = asked(therapist, couple)
    colleague = world.somebody("clinician")
    foreign, nothing = (colleague.get(f"/v1/access-requests/{which}") for which in (request["id"], NOBODY))
    assert foreign.status_code == 404
    assert same_refusal(foreign, nothing)
    assert colleague.get(of(couple, "access-requests")).status_code == 404
    assert [row["id"] for row in therapist.get(of(couple, "access-requests")).json()["items"]] == [
        request["id"]
    ]
