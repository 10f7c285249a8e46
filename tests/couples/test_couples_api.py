"""Couples over HTTP: opened, read, changed, closed; strangers cannot tell that a couple exists."""

from tests.people import (
    POLICY,
    Caller,
    Json,
    World,
    a_betrayal,
    a_couple,
    a_couples_entry,
    partner,
    same_refusal,
)

NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"


def test_a_couple_is_opened_with_partners_directions_and_betrayals(therapist: Caller) -> None:
    couple = a_couple(therapist, betrayals=[a_betrayal(), a_betrayal(affected="b", kind="emotional_affair")])

    assert [p["side"] for p in couple["partners"]] == ["a", "b"]
    assert [d["affected_partner_id"] for d in couple["directions"]] == [
        partner(couple, "a"),
        partner(couple, "b"),
    ]
    listed = therapist.get(f"/v1/couples/{couple['id']}/betrayals").json()["items"]
    assert {entry["kind"] for entry in listed} == {"financial", "emotional_affair"}
    assert therapist.get(f"/v1/couples/{couple['id']}").json() == couple


def test_a_colleague_outside_the_care_team_cannot_tell_that_the_couple_exists(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    colleague = world.somebody("clinician")

    theirs = colleague.get(f"/v1/couples/{couple['id']}")
    nothing = colleague.get(f"/v1/couples/{NOBODY}")

    assert theirs.status_code == 404
    assert same_refusal(theirs, nothing)
    assert colleague.get("/v1/couples").json()["items"] == []


def test_a_granted_colleague_reads_the_couple_until_the_grant_ends(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    colleague = world.somebody("clinician")
    grant = therapist.post(
        f"/v1/couples/{couple['id']}/care-team", {"person_id": colleague.person_id, "part": "co_therapist"}
    )

    assert colleague.get(f"/v1/couples/{couple['id']}").status_code == 200
    path = grant.headers["Location"]
    assert therapist.delete(path, headers={"If-Match": grant.headers["ETag"]}).status_code == 200
    assert colleague.get(f"/v1/couples/{couple['id']}").status_code == 404


def test_another_practice_sees_nothing(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    stranger = world.somebody("clinician", practice_id=world.a_practice("Elsewhere"))

    assert stranger.get(f"/v1/couples/{couple['id']}").status_code == 404


def test_changing_a_couple_needs_the_version_that_was_read(therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}"
    etag = therapist.get(path).headers["ETag"]

    without = therapist.patch(path, {"label": "C-015"})
    right = therapist.patch(path, {"label": "C-015"}, headers={"If-Match": etag})
    stale = therapist.patch(path, {"label": "C-016"}, headers={"If-Match": etag})

    assert [a.status_code for a in (without, right, stale)] == [428, 200, 412]
    assert stale.json()["current_etag"] == right.headers["ETag"]
    assert therapist.get(path).json()["label"] == "C-015"


def test_a_couple_is_closed_with_a_good_ending_and_taken_up_again(therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}"
    etag = therapist.get(path).headers["ETag"]

    closed = therapist.post(
        f"{path}/close",
        {"outcome": "parted_with_clarity", "effective_on": "2026-03-01"},
        headers={"If-Match": etag},
    )
    refused = therapist.post(f"{path}/betrayals", a_betrayal())
    again = therapist.post(
        f"{path}/reopen", {"effective_on": "2026-03-02"}, headers={"If-Match": closed.headers["ETag"]}
    )

    assert closed.json()["status"] == "closed"
    assert refused.json()["code"] == "couple_closed"
    assert again.json()["status"] == "open"
    steps = therapist.get(f"{path}/status").json()["items"]
    assert [step["status"] for step in steps] == ["open", "closed"]


def test_a_case_is_not_taken_up_again_before_it_was_closed_nor_closed_before_that(therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}"

    def step(verb: str, day: str, **more: str) -> Json:
        etag = therapist.get(path).headers["ETag"]
        answer = therapist.post(f"{path}/{verb}", {"effective_on": day, **more}, headers={"If-Match": etag})
        return dict(answer.json())

    ending = {"outcome": "dropped_out"}
    assert step("close", "2026-01-10", **ending)["status"] == "closed"
    refused = step("reopen", "2026-01-09")["errors"][0]
    assert (refused["pointer"], refused["code"]) == ("/effective_on", "before_last_step")
    assert step("reopen", "2026-01-10")["status"] == "open"
    assert step("close", "2026-01-09", **ending)["errors"] == [refused]
    assert step("close", "2026-01-11", **ending)["status"] == "closed"


def test_what_is_wrong_with_the_policy_of_a_new_couple_is_told_where_it_stands(therapist: Caller) -> None:
    entry = a_couples_entry(policy={**POLICY, "agreed_on": "2026-03-03"})

    refused = therapist.post("/v1/couples", entry)

    assert [error["pointer"] for error in refused.json()["errors"]] == ["/policy/agreed_on"]


def test_no_day_of_a_betrayal_lies_ahead(therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/betrayals"

    for name in ("came_to_light_on", "began_on", "ended_on", "full_disclosure_on"):
        refused = therapist.post(path, a_betrayal(**{name: "2026-03-03", "began_precision": "about"}))
        told = [(error["pointer"], error["code"]) for error in refused.json()["errors"]]
        assert told == [(f"/{name}", "in_the_future")]


def test_days_that_are_not_known_to_the_day_are_refused_only_where_they_cannot_be(therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/betrayals"
    light = {"came_to_light_on": "2025-06-15"}
    possible: list[Json] = [
        {**light, "came_to_light_precision": "year", "began_on": "2025-09-01"},
        {**light, "came_to_light_precision": "month", "full_disclosure_on": "2025-06-10"},
        {"began_on": "2024-06-15", "began_precision": "year", "ended_on": "2024-03-01"},
        {"began_on": "2025-06-15", "began_precision": "about"},
        {**light, "ended_on": "2026-12-31", "ended_precision": "year"},  # written down on 2 March
        {**light, "ended_on": "2026-03-31", "ended_precision": "month"},
    ]
    impossible: list[tuple[Json, str]] = [
        ({**light, "came_to_light_precision": "year", "began_on": "2026-01-01"}, "/began_on"),
        ({**light, "began_on": "2025-07-20", "began_precision": "month"}, "/began_on"),
        (
            {**light, "came_to_light_precision": "month", "full_disclosure_on": "2025-05-31"},
            "/full_disclosure_on",
        ),
        ({"began_on": "2024-06-15", "ended_on": "2023-02-01", "ended_precision": "year"}, "/ended_on"),
    ]

    assert [therapist.post(path, a_betrayal(**days)).status_code for days in possible] == [201] * len(
        possible
    )
    for days, pointer in impossible:
        assert [e["pointer"] for e in therapist.post(path, a_betrayal(**days)).json()["errors"]] == [pointer]


def test_a_correction_supersedes_and_the_first_entry_stays_readable(therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}/betrayals"
    first = therapist.get(path).json()["items"][0]
    one = f"/v1/betrayals/{first['id']}"
    etag = therapist.get(one).headers["ETag"]

    corrected = therapist.post(
        f"{one}/corrections",
        {**a_betrayal(severity=9), "reason": "Misheard."},
        headers={"If-Match": etag},
    )
    twice = therapist.post(
        f"{one}/corrections", {**a_betrayal(severity=7), "reason": "Again."}, headers={"If-Match": etag}
    )

    assert corrected.status_code == 201
    assert corrected.json()["supersedes_id"] == first["id"]
    assert [entry["id"] for entry in therapist.get(path).json()["items"]] == [corrected.json()["id"]]
    assert len(therapist.get(path, params={"history": "true"}).json()["items"]) == 2
    assert therapist.get(one).json()["superseded_by"] == corrected.json()["id"]
    assert twice.json()["code"] == "already_superseded"


def test_repeating_a_post_with_its_key_gives_the_first_answer_and_no_second_couple(therapist: Caller) -> None:
    body = {"label": "C-1", "partner_a": {"name": "A."}, "partner_b": {"name": "B."}}
    headers = {"Idempotency-Key": "k-1"}

    first = therapist.post("/v1/couples", body, headers=headers)
    again = therapist.post("/v1/couples", body, headers=headers)
    other = therapist.post("/v1/couples", {**body, "label": "C-2"}, headers=headers)

    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert other.json()["code"] == "idempotency_key_reused"
    assert len(therapist.get("/v1/couples").json()["items"]) == 1


def test_pages_follow_each_other_without_gap_or_repetition(therapist: Caller) -> None:
    made = [a_couple(therapist, label=f"C-{n}")["id"] for n in range(5)]

    seen, cursor = [], None
    while True:
        page = therapist.get(
            "/v1/couples", params={"limit": 2, **({"cursor": cursor} if cursor else {})}
        ).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if not cursor:
            break

    assert seen == made[::-1]


def test_an_edited_cursor_and_one_of_another_list_are_refused(therapist: Caller) -> None:
    for number in range(3):
        a_couple(therapist, label=f"C-{number}")
    cursor = therapist.get("/v1/couples", params={"limit": 1}).json()["next_cursor"]

    edited = therapist.get("/v1/couples", params={"cursor": cursor[:-2] + "xx"})
    other = therapist.get("/v1/couples", params={"cursor": cursor, "status": "open"})

    assert edited.json()["code"] == "cursor_invalid"
    assert other.json()["code"] == "cursor_mismatch"


# --- the policy on what is said alone ---


def test_the_policy_has_versions_and_each_partner_consents_to_each(therapist: Caller) -> None:
    couple = a_couple(therapist, policy=None)
    path = f"/v1/couples/{couple['id']}/policies"
    first = therapist.made(path, {**POLICY, "acknowledged_by_a": False, "acknowledged_by_b": False})
    consent = {"partner_id": partner(couple, "b"), "acknowledged_on": "2025-04-09"}

    shown = therapist.made(f"/v1/policies/{first['id']}/acknowledgements", consent)
    second = therapist.made(path, {**POLICY, "code": "no_secrets", "agreed_on": "2025-06-01"})
    listed = therapist.get(path).json()["items"]

    assert (first["number"], second["number"]) == (1, 2)
    assert (shown["acknowledged_by_a"], shown["acknowledged_by_b"]) == (False, True)
    assert shown["acknowledgements"] == [consent]
    assert [row["acknowledged_by_a"] for row in listed] == [True, False]
    assert therapist.get(f"/v1/policies/{first['id']}").json() == shown


def test_a_consent_is_one_partners_own_and_given_once(therapist: Caller) -> None:
    couple = a_couple(therapist, policy=None)
    made = therapist.made(f"/v1/couples/{couple['id']}/policies", {**POLICY, "acknowledged_by_b": False})
    path = f"/v1/policies/{made['id']}/acknowledgements"

    def refused(side: str, day: str) -> tuple[int, str]:
        who = partner(couple, side) if side in "ab" else side
        answer = therapist.post(path, {"partner_id": who, "acknowledged_on": day})
        body = answer.json()
        return answer.status_code, body["errors"][0]["code"] if body.get("errors") else body["code"]

    assert refused("a", "2025-04-09") == (409, "conflict")
    assert refused("b", "2025-04-01") == (422, "before_agreed")
    assert refused("b", "2027-01-01") == (422, "in_the_future")
    assert refused(NOBODY, "2025-04-09") == (422, "unknown_partner")
    assert therapist.post(f"/v1/policies/{NOBODY}/acknowledgements", {}).status_code == 422


def test_nobody_is_seen_alone_before_both_have_consented(therapist: Caller) -> None:
    couple = a_couple(therapist, policy={**POLICY, "acknowledged_by_a": False})
    path = f"/v1/couples/{couple['id']}"
    alone = {
        "kind": "individual",
        "with_partner": "b",
        "starts_at": "2026-02-20T16:00:00Z",
        "duration_minutes": 50,
        "attendance": {"b": {"status": "attended"}},
    }

    before = therapist.post(f"{path}/sessions", alone)
    version = therapist.get(f"{path}/policies").json()["items"][0]["id"]
    consent = {"partner_id": partner(couple, "a"), "acknowledged_on": "2026-02-01"}
    therapist.made(f"/v1/policies/{version}/acknowledgements", consent)

    assert (before.status_code, before.json()["code"]) == (409, "policy_needed")
    assert therapist.post(f"{path}/sessions", alone).status_code == 201


# --- who treats, and who joins the care team ---


def test_only_a_clinician_at_work_treats_a_couple(world: World, therapist: Caller) -> None:
    gone = world.somebody("clinician")
    stop(world, gone)
    for who in (world.somebody("supervisor"), world.somebody("integration"), gone):
        answer = therapist.post("/v1/couples", a_couples_entry(treating_clinician_id=who.person_id))
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/treating_clinician_id", "unknown_clinician")
    colleague = world.somebody("clinician")
    assert a_couple(therapist, treating_clinician_id=colleague.person_id)


def test_who_joins_a_care_team_as_what_and_until_when(world: World, therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/care-team"
    people = {
        role: world.somebody(role) for role in ("clinician", "supervisor", "integration", "administrator")
    }
    gone = world.somebody("clinician")
    stop(world, gone)
    until = {"ends_at": "2026-06-01T00:00:00Z"}
    wrong: tuple[tuple[Caller, Json, str, str], ...] = (
        (gone, {"part": "covering"}, "/person_id", "unknown_person"),
        (people["administrator"], {"part": "covering"}, "/person_id", "unknown_person"),
        (people["supervisor"], {"part": "covering", **until}, "/part", "part_and_role"),
        (people["clinician"], {"part": "supervisor", **until}, "/part", "part_and_role"),
        (people["integration"], {"part": "covering"}, "/part", "part_and_role"),
        (people["clinician"], {"part": "integration"}, "/part", "part_and_role"),
        (people["supervisor"], {"part": "supervisor"}, "/ends_at", "end_needed"),
        (
            people["clinician"],
            {"part": "covering", "ends_at": "2026-03-01T00:00:00Z"},
            "/ends_at",
            "in_the_past",
        ),
    )
    for who, body, pointer, code in wrong:
        answer = therapist.post(path, {"person_id": who.person_id, **body})
        found = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
        assert (answer.status_code, found) == (422, [(pointer, code)]), body
    covering = {"person_id": people["clinician"].person_id, "part": "covering"}
    therapist.made(path, covering)
    assert therapist.post(path, covering).json()["code"] == "conflict"
    assert len(therapist.get(path).json()["items"]) == 2


def test_a_couple_keeps_somebody_who_treats_it_until_further_notice(world: World, therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/care-team"
    (mine,) = therapist.get(path).json()["items"]
    for_a_while = {
        "person_id": world.somebody("clinician").person_id,
        "part": "treating",
        "ends_at": "2026-06-01T00:00:00Z",
    }
    therapist.made(path, for_a_while)

    def leave() -> int:
        at = f"/v1/care-team/{mine['id']}"
        held = {"If-Match": therapist.get(at).headers["ETag"]}
        return therapist.delete(at, headers=held).status_code

    assert leave() == 409
    therapist.made(path, {"person_id": world.somebody("clinician").person_id, "part": "treating"})
    assert leave() == 200
    assert therapist.get(path).status_code == 404


def stop(world: World, who: Caller) -> None:
    """Somebody leaves the practice."""
    administrator, address = world.somebody("administrator"), f"/v1/people/{who.person_id}"
    held = {"If-Match": administrator.get(address).headers["ETag"]}
    assert administrator.patch(address, {"active": False}, headers=held).status_code == 200
