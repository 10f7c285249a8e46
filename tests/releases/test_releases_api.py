"""Authorisations and holds over HTTP: one form a partner, taken back at once, and what a hold stops."""

from typing import Any

import pytest

from tests.people import Caller, Json, World, a_couple, partner, same_refusal
from tests.releases.papers import NOBODY, a_form, a_recipient, hold, lift, of, revoke, signed
from tests.walks import matrix


def test_each_partner_signs_a_form_of_their_own_for_the_same_recipient(therapist: Caller) -> None:
    couple = a_couple(therapist)
    recipient = a_recipient(therapist, couple)
    first, second = (signed(therapist, couple, side, recipient) for side in "ab")
    assert (first["language"], first["state"]) == ("ur", "current")
    listed = therapist.get(of(couple, "authorisations"), params={"limit": 1}).json()
    assert [row["id"] for row in listed["items"]] == [second["id"]]
    rest = therapist.get(of(couple, "authorisations"), params={"cursor": listed["next_cursor"]}).json()
    assert [row["id"] for row in rest["items"]] == [first["id"]]
    assert therapist.get(of(couple, "recipients")).json()["items"] == [recipient]


def test_an_authorisation_begins_and_ends_on_its_days(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    recipient = a_recipient(therapist, couple)
    form = a_form(couple, "a", recipient, valid_from="2026-03-04", expires_on="2026-03-05")
    path = f"/v1/authorisations/{therapist.made(of(couple, 'authorisations'), form)['id']}"
    states = []
    for _ in range(5):
        states.append(therapist.get(path).json()["state"])
        world.watch.go(days=1)
    assert states == ["not_yet", "not_yet", "current", "current", "expired"]


def test_an_authorisation_taken_back_stays_on_record_and_is_taken_back_once(therapist: Caller) -> None:
    couple = a_couple(therapist)
    made = signed(therapist, couple, "a", a_recipient(therapist, couple))
    path = f"/v1/authorisations/{made['id']}"
    assert therapist.post(f"{path}/revoke", {}).status_code == 428
    assert therapist.post(f"{path}/revoke", {}, headers={"If-Match": '"x"'}).status_code == 412
    gone = revoke(therapist, made)
    assert (gone["state"], gone["revoked_by"]) == ("revoked", therapist.person_id)
    again = therapist.get(path)
    assert again.json() == gone
    answer = therapist.post(f"{path}/revoke", {}, headers={"If-Match": again.headers["ETag"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the body is refused before the store
@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"partner_id": NOBODY}, "unknown_partner", "/partner_id"),
        ({"recipient_id": NOBODY}, "unknown_recipient", "/recipient_id"),
        ({"expires_on": "2026-02-27"}, "end_before_start", "/expires_on"),
        ({"signed_on": "2026-03-03"}, "in_the_future", "/signed_on"),
        ({"content": ["psychotherapy_notes"]}, "literal_error", "/content/0"),
        ({"language": "Urdu"}, "string_pattern_mismatch", "/language"),
    ],
)
def test_a_form_that_does_not_fit_is_refused(
    therapist: Caller, changes: dict[str, Any], code: str, pointer: str
) -> None:
    couple = a_couple(therapist)
    form = a_form(couple, "a", a_recipient(therapist, couple), **changes)
    answer = therapist.post(of(couple, "authorisations"), form)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"], error["pointer"]) == (422, code, pointer)


def test_another_couples_recipient_is_as_unknown_as_nobody(therapist: Caller) -> None:
    couple, other = a_couple(therapist), a_couple(therapist)
    foreign = a_recipient(therapist, other)
    answers = [
        therapist.post(of(couple, "authorisations"), a_form(couple, "a", {"id": row_id}))
        for row_id in (foreign["id"], NOBODY)
    ]
    assert same_refusal(*answers)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the body is refused before the store
@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"kind": "partner"}, "partner_needed", "/partner_id"),
        ({"kind": "partner", "partner_id": NOBODY}, "unknown_partner", "/partner_id"),
        ({"kind": "court"}, "name_needed", "/name"),
        ({"kind": "court", "name": "x", "partner_id": NOBODY}, "partner_not_wanted", "/partner_id"),
        ({"kind": "partner", "name": "x", "partner_id": NOBODY}, "not_wanted", "/name"),
    ],
)
def test_a_recipient_is_named_or_is_a_partner(
    therapist: Caller, body: dict[str, Any], code: str, pointer: str
) -> None:
    answer = therapist.post(of(a_couple(therapist), "recipients"), body)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"], error["pointer"]) == (422, code, pointer)


def test_a_legal_hold_stops_voiding_until_it_is_lifted(therapist: Caller) -> None:
    couple = a_couple(therapist)
    (betrayal,) = therapist.get(of(couple, "betrayals")).json()["items"]
    path = f"/v1/betrayals/{betrayal['id']}"
    session = therapist.post(
        of(couple, "sessions"),
        {
            "kind": "conjoint",
            "starts_at": "2026-03-01T16:00:00Z",
            "duration_minutes": 50,
            "attendance": {"a": {"status": "attended"}, "b": {"status": "attended"}},
        },
    )
    assert session.status_code == 201, session.text
    placed = hold(therapist, couple, "legal_hold")
    voids = {
        path: therapist.get(path).headers["ETag"],
        session.headers["Location"]: session.headers["ETag"],
    }
    for address, etag in voids.items():
        answer = therapist.post(
            f"{address}/entered-in-error", {"reason": "Wrong couple."}, headers={"If-Match": etag}
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "legal_hold")
    lift(therapist, placed)
    for address, etag in voids.items():
        answer = therapist.post(
            f"{address}/entered-in-error", {"reason": "Wrong couple."}, headers={"If-Match": etag}
        )
        assert answer.status_code in (200, 201), answer.text


def test_holds_of_one_kind_stand_each_for_itself_and_stay_in_the_history(therapist: Caller) -> None:
    couple = a_couple(therapist)
    first, second = (hold(therapist, couple, "legal_hold") for _ in range(2))
    (betrayal,) = therapist.get(of(couple, "betrayals")).json()["items"]
    path = f"/v1/betrayals/{betrayal['id']}"
    lifted = lift(therapist, first)
    etag = therapist.get(path).headers["ETag"]
    answer = therapist.post(f"{path}/entered-in-error", {"reason": "x"}, headers={"If-Match": etag})
    assert answer.json()["code"] == "legal_hold"
    assert therapist.get(of(couple, "holds")).json()["items"] == [second, lifted]
    tag = therapist.get(f"/v1/holds/{first['id']}").headers["ETag"]
    again = therapist.post(f"/v1/holds/{first['id']}/lift", {"reason": "x"}, headers={"If-Match": tag})
    assert again.status_code == 409


def test_why_an_export_lock_stands_tells_of_no_danger_to_who_may_not_read_of_it(
    world: World, therapist: Caller
) -> None:
    narrow = matrix.another_key(world, therapist, ["record:read", "record:write"])
    placed, threatened = a_couple(therapist), a_couple(therapist)
    hold(therapist, placed, "export_lock")
    threat = {"kind": "honour_based_threat", "raised_on": "2026-03-01"}
    therapist.made(of(threatened, "safety-concerns"), threat)
    own = {"id", "couple_id", "placed_at", "effective_on"}

    def told(caller: Caller, couple: Json) -> Json:
        (row,) = caller.get(of(couple, "holds")).json()["items"]
        assert caller.get(f"/v1/holds/{row['id']}").json() == row
        return {name: value for name, value in row.items() if name not in own}

    assert told(narrow, placed) == told(narrow, threatened)
    assert told(therapist, placed)["reason"] == "A letter came."
    assert told(therapist, placed) != told(therapist, threatened)


def test_an_integration_may_place_a_hold_and_only_a_clinician_lifts_it(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    program = world.somebody("integration")
    therapist.made(of(couple, "care-team"), {"person_id": program.person_id, "part": "integration"})
    placed = hold(program, couple, "export_lock")
    etag = program.get(f"/v1/holds/{placed['id']}").headers["ETag"]
    answer = program.post(f"/v1/holds/{placed['id']}/lift", {"reason": "x"}, headers={"If-Match": etag})
    assert (answer.status_code, answer.json()["code"]) == (403, "clinician_needed")
    assert lift(therapist, placed)["lifted_by"] == therapist.person_id


def test_outside_the_care_team_nothing_of_releases_exists(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    recipient = a_recipient(therapist, couple)
    made, placed = signed(therapist, couple, "a", recipient), hold(therapist, couple, "legal_hold")
    colleague = world.somebody("clinician")
    for place, row in (("authorisations", made), ("recipients", recipient), ("holds", placed)):
        assert therapist.get(f"/v1/{place}/{row['id']}").status_code == 200
        foreign, nothing = (colleague.get(f"/v1/{place}/{which}") for which in (row["id"], NOBODY))
        assert foreign.status_code == 404
        assert same_refusal(foreign, nothing)
        assert colleague.get(of(couple, place)).status_code == 404
    assert partner(couple, "a") == made["partner_id"]
