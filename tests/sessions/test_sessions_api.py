"""Sessions over HTTP: recorded whole, drafted, signed, added to; strangers cannot tell that they exist."""

from typing import Any

import httpx
from pydantic import BaseModel

from app.sessions.schemas import AddendumIn, EntriesIn, SessionChange, SessionIn
from tests.people import Caller, Json, World, a_couple, partner, same_refusal

NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"
BOTH = {"a": {"status": "attended", "country": "AT", "subdivision": "AT-9"}, "b": {"status": "attended"}}
ONLY_A = {"a": {"status": "attended"}}
SOAP = {
    "format": "soap",
    "subjective": {"a": "Slept badly after the bank letter.", "b": "Afraid of the next question."},
    "objective": "B. answered without being asked.",
    "plan": "Statements are laid open on Sundays.",
}
ADDRESSES = {
    "markers": "markers",
    "threat_reports": "threat-reports",
    "cessation": "cessation",
    "commitments": "commitments",
    "check_ins": "check-ins",
    "stages": "stages",
}
NOTES = [
    {"format": "dap", "data": "Came on time.", "assessment": "Calmer.", "plan": "Weekly."},
    {
        "format": "birp",
        "behaviour": "Sat apart.",
        "intervention": "Slow.",
        "response": "Turned.",
        "plan": "On.",
    },
    {"format": "narrative", "text": "دونوں نے بات کی\nThey spoke."},
]
MARKER = {"code": "ACC-IMPACT", "observed_on": "2026-03-01", "basis": "observed_in_session"}
REPORT = {
    "window_start": "2026-02-16",
    "window_end": "2026-03-01",
    "episodes": 9,
    "source": "self_in_session",
}
CHECK_IN = {"checked_on": "2026-03-01", "outcome": "kept"}
CESSATION = {"status": "self_reported", "effective_on": "2026-03-01"}
STAGE = {
    "stage": "understanding_the_injury",
    "entered_on": "2026-03-01",
    "evidence": "Both screens are current.",
}

BAD_SESSIONS: list[tuple[Json, str, str]] = [
    ({"attendance": {}}, "/attendance", "nobody_attended"),
    ({"attendance": {"a": {"status": "missed"}, "b": {"status": "cancelled"}}}, "/attendance", "nobody_attended"),
    ({"attendance": ONLY_A}, "/attendance", "both_partners_needed"),
    ({"outcome": "missed"}, "/attendance", "somebody_attended"),
    ({"outcome": "cancelled", "attendance": {}, "stages": [STAGE]}, "/stages", "session_not_held"),
    ({"with_partner": "a"}, "/with_partner", "partner_not_wanted"),
    ({"kind": "individual", "attendance": ONLY_A}, "/with_partner", "partner_needed"),
    ({"kind": "individual", "with_partner": "a"}, "/attendance", "only_one_partner"),
    ({"kind": "consult", "attendance": {}}, "/attendance", "nobody_attended"),
    ({"kind": "consult", "visibility": "joint"}, "/visibility", "visibility_too_wide"),
    ({"visibility": "partner"}, "/visibility", "visibility_too_wide"),
    ({"starts_at": "2026-03-02T09:06:00Z"}, "/starts_at", "in_the_future"),
    ({"starts_at": "1899-03-02T09:06:00Z"}, "/starts_at", "instant"),
    ({"starts_at": "2026-03-02T09:06:00"}, "/starts_at", "instant"),
    ({"zone": "Mars/Olympus"}, "/zone", "zone"),
    ({"duration_minutes": 0}, "/duration_minutes", "greater_than_equal"),
    ({"attendance": {**BOTH, "b": {"status": "attended", "country": "AT", "subdivision": "DE-BY"}}},
     "/attendance/b/subdivision", "not_in_country"),
    ({"attendance": {**BOTH, "c": {"status": "attended"}}}, "/attendance/c", "extra_forbidden"),
    ({"note": {"format": "soap", "data": "x"}}, "/note/data", "extra_forbidden"),
    ({"note": {"format": "soap", "subjective": {"a": 1}}}, "/note/subjective/a", "string_type"),
    ({"note": {"format": "free", "text": "x"}}, "/note", "note_format"),
    ({"note": {"text": "x"}}, "/note", "note_format"),
    ({"note": {"format": ["soap"]}}, "/note", "note_format"),
    ({"note": {"format": "narrative"}}, "/note", "note_empty"),
    ({"note": {"format": "narrative", "text": "a\x00b"}}, "/note/text", "text"),
    ({"note": {"format": "dap", "data": "x" * 60_000, "plan": "x" * 40_001}}, "/note", "note_too_long"),
    ({"note": {"format": "narrative", "text": "x" * 100_001}}, "/note/text", "string_too_long"),
    ({"session_id": NOBODY}, "/session_id", "extra_forbidden"),
]  # fmt: skip
BAD_PATCHES: list[tuple[Json, str, str]] = [
    ({}, "", "nothing_to_change"),
    ({"note": {"text": "Of another format."}}, "/note/text", "extra_forbidden"),
    ({"starts_at": None}, "/starts_at", "missing"),
    ({"note": {"subjective": None, "objective": None, "plan": None}}, "/note", "note_empty"),
    ({"attendance": {"b": None}}, "/attendance", "both_partners_needed"),
    ({"attendance": {"b": {"status": None}}}, "/attendance/b/status", "missing"),
    ({"starts_at": "2026-03-03T16:00:00Z"}, "/starts_at", "in_the_future"),
    ({"kind": "individual"}, "/kind", "extra_forbidden"),
    ({"outcome": "missed", "attendance": None}, "/outcome", "entries_recorded"),
]


def a_session(**changes: Any) -> Json:
    """A conjoint session of yesterday afternoon in Vienna."""
    return {
        "kind": "conjoint",
        "starts_at": "2026-03-01T16:00:00Z",
        "duration_minutes": 60,
        "attendance": BOTH,
        "note": SOAP,
        **changes,
    }


def seen_alone(**changes: Any) -> Json:
    """An individual session with partner A."""
    return a_session(
        kind="individual",
        with_partner="a",
        attendance=ONLY_A,
        note={"format": "narrative", "text": "…"},
        **changes,
    )


def recorded(caller: Caller, **changes: Any) -> Json:
    """A session recorded for a new couple."""
    return caller.made(f"/v1/couples/{a_couple(caller)['id']}/sessions", a_session(**changes))


def held_by(caller: Caller, row: Json) -> dict[str, str]:
    """The If-Match header with a session's present ETag."""
    return {"If-Match": caller.get(f"/v1/sessions/{row['id']}").headers["ETag"]}


def a_commitment(couple: Json) -> Json:
    """Something that partner B will do."""
    return {
        "owner_partner_id": partner(couple, "b"),
        "action": "Puts the three bank statements on the kitchen table",
        "cadence": {"kind": "recurring", "rule": "FREQ=MONTHLY;BYMONTHDAY=1"},
        "evidence_agreed": "Statements seen together",
        "made_on": "2026-03-01",
        "review_on": "2026-04-13",
        "agreed_by_both": True,
    }


def told(answer: httpx.Response) -> tuple[str, str]:
    """Pointer and code of the one thing wrong with an input."""
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    return error["pointer"], error["code"]


# --- recording and reading ---


def test_one_post_holds_the_whole_session(therapist: Caller) -> None:
    couple = a_couple(therapist)

    made = therapist.post(f"/v1/couples/{couple['id']}/sessions", a_session(stages=[STAGE], sign=True))
    read = therapist.get(made.headers["Location"], params={"include": "entries"})

    assert made.status_code == 201
    assert read.json() == made.json()
    assert read.headers["ETag"] == made.headers["ETag"]
    body = read.json()
    assert body["state"] == "signed"
    assert body["signed_by"] == therapist.person_id
    assert body["note"] == {**SOAP, "assessment": None}
    assert body["attendance"]["a"] == {"status": "attended", "country": "AT", "subdivision": "AT-9"}
    assert (body["ends_at"], body["local_day"]) == ("2026-03-01T17:00:00.000000Z", "2026-03-01")
    stage = therapist.get(f"/v1/couples/{couple['id']}/stages").json()["items"][0]
    assert stage["id"] == body["entries"]["stages"][0]
    assert stage["session_id"] == body["id"]


def test_entries_are_named_only_when_asked_for(therapist: Caller) -> None:
    row = recorded(therapist, stages=[STAGE])

    assert therapist.get(f"/v1/sessions/{row['id']}").json()["entries"] is None


def test_what_is_wrong_in_one_entry_leaves_nothing_behind(therapist: Caller) -> None:
    couple = a_couple(therapist)
    body = a_session(stages=[STAGE, {**STAGE, "entered_on": "2026-03-09"}])

    answer = therapist.post(f"/v1/couples/{couple['id']}/sessions", body)

    assert answer.json()["errors"][0]["pointer"] == "/stages/1/entered_on"
    assert therapist.get(f"/v1/couples/{couple['id']}/sessions").json()["items"] == []
    assert therapist.get(f"/v1/couples/{couple['id']}/stages").json()["items"] == []


def test_entries_go_where_they_would_go_by_themselves(therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}"
    standing = therapist.made(f"{path}/commitments", {**a_commitment(couple), "made_on": "2026-02-01"})
    body: Json = {
        "markers": [{**MARKER, "code": "ACC-CONTEXT"}, {**MARKER, "code": "ACC-FULL"}],
        "threat_reports": [REPORT],
        "cessation": [CESSATION],
        "commitments": [a_commitment(couple)],
        "check_ins": [{**CHECK_IN, "commitment_id": standing["id"]}],
        "stages": [STAGE],
    }

    row = therapist.made(f"{path}/sessions", a_session(**body))

    assert {name: len(ids) for name, ids in row["entries"].items()} == {n: len(e) for n, e in body.items()}
    for name, address in ADDRESSES.items():
        for one in row["entries"][name]:
            assert therapist.get(f"/v1/{address}/{one}").json()["session_id"] == row["id"]
    first, second = (therapist.get(f"/v1/markers/{one}").json() for one in row["entries"]["markers"])
    assert (first["code"], second["code"]) == ("ACC-CONTEXT", "ACC-FULL")


def test_what_is_wrong_in_an_entry_is_told_at_its_place_in_the_session(therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/sessions"
    tomorrow = {**MARKER, "observed_on": "2026-03-03"}

    assert told(therapist.post(path, a_session(markers=[MARKER, MARKER, {**MARKER, "code": "?"}]))) == (
        "/markers/2/code",
        "literal_error",
    )
    assert told(therapist.post(path, a_session(markers=[MARKER, tomorrow]))) == (
        "/markers/1/observed_on",
        "in_the_future",
    )
    assert told(therapist.post(path, a_session(cessation=[{**CESSATION, "direction_id": NOBODY}]))) == (
        "/cessation/0/direction_id",
        "unknown_direction",
    )
    assert told(therapist.post(path, a_session(check_ins=[{**CHECK_IN, "commitment_id": NOBODY}]))) == (
        "/check_ins/0/commitment_id",
        "unknown_commitment",
    )


def test_the_day_of_a_session_is_that_of_its_own_zone(therapist: Caller) -> None:
    late = recorded(therapist, starts_at="2026-02-27T23:30:00Z")
    there = recorded(therapist, starts_at="2026-02-27T23:30:00Z", zone="America/New_York")

    assert (late["zone"], late["local_day"]) == ("Europe/Vienna", "2026-02-28")
    assert there["local_day"] == "2026-02-27"


def test_a_commitment_of_an_earlier_session_is_not_dated_ahead_because_it_is_tomorrow_there(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    world.watch.go(hours=3)  # one in the night of 3 March in Auckland
    undated = {**a_commitment(couple), "review_on": "2026-04-01"}
    del undated["made_on"]
    earlier = a_session(starts_at="2026-02-20T01:00:00Z", zone="Pacific/Auckland", commitments=[undated])

    row = therapist.made(f"/v1/couples/{couple['id']}/sessions", earlier)

    agreed = therapist.get(f"/v1/commitments/{row['entries']['commitments'][0]}").json()
    assert agreed["made_on"] == "2026-03-02"


def test_what_is_said_in_a_session_may_be_of_the_day_that_has_come_there(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}"
    standing = therapist.made(f"{path}/commitments", {**a_commitment(couple), "made_on": "2026-02-01"})
    world.watch.go(hours=3)  # one in the afternoon in Vienna, one in the night of 3 March in Auckland
    undated = {**a_commitment(couple), "review_on": "2026-04-14"}
    del undated["made_on"]

    def said_on(day: str) -> Json:
        return {
            "markers": [{**MARKER, "observed_on": day}],
            "threat_reports": [{**REPORT, "window_end": day}],
            "cessation": [{**CESSATION, "effective_on": day}],
            "commitments": [undated],
            "check_ins": [{**CHECK_IN, "commitment_id": standing["id"], "checked_on": day}],
            "stages": [{**STAGE, "entered_on": day}],
        }

    there = a_session(starts_at="2026-03-02T11:05:00Z", zone="Pacific/Auckland", **said_on("2026-03-03"))
    here = {**there, "zone": "Europe/Vienna"}
    after = {**there, "stages": [{**STAGE, "entered_on": "2026-03-04"}]}

    assert told(therapist.post(f"{path}/sessions", here))[1] == "in_the_future"
    assert told(therapist.post(f"{path}/sessions", after)) == ("/stages/0/entered_on", "in_the_future")
    row = therapist.made(f"{path}/sessions", there)
    assert row["local_day"] == "2026-03-03"
    agreed = therapist.get(f"/v1/commitments/{row['entries']['commitments'][0]}").json()
    assert agreed["made_on"] == "2026-03-03"
    assert [therapist.get(f"{path}/{question}").status_code for question in ("progress", "timeline")] == [
        200
    ] * 2


def test_an_entry_of_a_day_ahead_can_be_put_right_and_its_danger_is_of_today(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    world.watch.go(hours=3)
    fear = {"code": "TRN-COERCED", "observed_on": "2026-03-03", "basis": "observed_in_session"}
    body = a_session(starts_at="2026-03-02T11:05:00Z", zone="Pacific/Auckland", markers=[])
    row = therapist.made(f"/v1/couples/{couple['id']}/sessions", body)
    path = f"/v1/sessions/{row['id']}/entries"

    added = therapist.post(path, {"markers": [fear]}, headers=held_by(therapist, row)).json()
    marker = therapist.get(f"/v1/markers/{added['entries']['markers'][0]}")
    put_right = {**fear, "words": "Looks at the door.", "reason": "More was seen."}
    corrected = therapist.post(
        f"/v1/markers/{marker.json()['id']}/corrections",
        put_right,
        headers={"If-Match": marker.headers["ETag"]},
    )
    (concern,) = therapist.get(f"/v1/couples/{couple['id']}/safety-concerns").json()["items"]

    assert (corrected.status_code, corrected.json()["observed_on"]) == (201, "2026-03-03")
    assert concern["raised_on"] == "2026-03-02"


def test_a_session_put_down_after_three_days_is_a_late_entry(therapist: Caller) -> None:
    assert recorded(therapist)["late_entry"] is False
    assert recorded(therapist, starts_at="2026-02-27T08:59:00Z")["late_entry"] is True


def test_the_list_shows_the_newest_first_without_notes_and_by_state(therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/sessions"
    for day, sign in ((3, True), (1, False), (2, False)):
        therapist.made(path, a_session(starts_at=f"2026-02-0{day}T10:00:00Z", sign=sign))

    everything = therapist.get(path).json()["items"]
    drafts = therapist.get(path, params={"state": "draft"}).json()["items"]

    assert [item["local_day"] for item in everything] == ["2026-02-03", "2026-02-02", "2026-02-01"]
    assert [item["local_day"] for item in drafts] == ["2026-02-02", "2026-02-01"]
    assert "note" not in everything[0]
    assert everything[0]["note_format"] == "soap"


def test_pages_of_sessions_follow_each_other_even_within_one_instant(therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/sessions"
    made = [therapist.made(path, a_session())["id"] for _ in range(5)]

    seen, cursor = [], None
    while True:
        page = therapist.get(path, params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if not cursor:
            break

    assert seen == made[::-1]
    elsewhere = therapist.get(path, params={"limit": 2}).json()["next_cursor"]
    assert (
        therapist.get(path, params={"cursor": elsewhere, "state": "draft"}).json()["code"]
        == "cursor_mismatch"
    )


def test_a_reader_who_has_the_session_gets_304(therapist: Caller) -> None:
    row = recorded(therapist)
    etag = held_by(therapist, row)["If-Match"]

    answer = therapist.get(f"/v1/sessions/{row['id']}", headers={"If-None-Match": etag})

    assert answer.status_code == 304


def test_a_note_comes_back_as_it_was_written(therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/sessions"
    made = [therapist.made(path, a_session(note=note))["id"] for note in NOTES]

    assert [therapist.get(f"/v1/sessions/{one}").json()["note"] for one in made] == NOTES


# --- who may ---


def test_a_colleague_outside_the_care_team_cannot_tell_that_a_session_exists(
    world: World, therapist: Caller
) -> None:
    row = recorded(therapist)
    colleague = world.somebody("clinician")
    etag = held_by(therapist, row)
    theirs, nothing = f"/v1/sessions/{row['id']}", f"/v1/sessions/{NOBODY}"

    assert colleague.get(theirs).status_code == 404
    assert same_refusal(colleague.get(theirs), colleague.get(nothing))
    for path, body in (
        ("/sign", None),
        ("/entries", {"stages": [STAGE]}),
        ("/entered-in-error", {"reason": "No."}),
    ):
        answers = [colleague.post(where + path, body, headers=etag) for where in (theirs, nothing)]
        assert answers[0].status_code == 404
        assert same_refusal(*answers)
    assert same_refusal(
        *(colleague.patch(where, {"note": None}, headers=etag) for where in (theirs, nothing))
    )
    assert same_refusal(*(colleague.get(f"{where}/versions") for where in (theirs, nothing)))
    couple = f"/v1/couples/{row['couple_id']}/sessions"
    assert same_refusal(
        colleague.post(couple, a_session()), colleague.post(f"/v1/couples/{NOBODY}/sessions", a_session())
    )
    assert colleague.get(couple).status_code == 404


def test_only_a_clinician_signs(world: World, therapist: Caller) -> None:
    row = recorded(therapist)
    machine = world.somebody("integration", name="Frontend")
    therapist.made(
        f"/v1/couples/{row['couple_id']}/care-team", {"person_id": machine.person_id, "part": "integration"}
    )

    signed = machine.post(f"/v1/sessions/{row['id']}/sign", headers=held_by(machine, row))
    at_once = machine.post(f"/v1/couples/{row['couple_id']}/sessions", a_session(sign=True))

    assert (signed.status_code, signed.json()["code"]) == (403, "clinician_needed")
    assert (at_once.status_code, at_once.json()["code"]) == (403, "clinician_needed")
    assert machine.made(f"/v1/couples/{row['couple_id']}/sessions", a_session())["state"] == "draft"


def test_what_one_partner_said_alone_stays_with_that_partner(therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}/sessions"
    shown = {"visibility": "joint"}

    alone = therapist.made(path, seen_alone(markers=[MARKER], stages=[STAGE]))
    wider = therapist.post(path, seen_alone(markers=[{**MARKER, **shown}]))
    theirs = {"visibility": "partner", "visible_partner_id": partner(couple, "b")}
    other = therapist.post(path, seen_alone(markers=[{**MARKER, **theirs}]))
    joint = therapist.post(path, seen_alone(**shown))

    assert (alone["visibility"], alone["visible_partner_id"]) == ("partner", partner(couple, "a"))
    marker = therapist.get(f"/v1/markers/{alone['entries']['markers'][0]}").json()
    assert (marker["visibility"], marker["visible_partner_id"]) == ("partner", partner(couple, "a"))
    stage = therapist.get(f"/v1/couples/{couple['id']}/stages").json()["items"][0]
    assert stage["visibility"] == "clinician"
    for answer in (wider, other):
        assert told(answer) == ("/markers/0/visibility", "wider_than_session")
    assert joint.json()["errors"][0]["code"] == "visibility_too_wide"


# --- drafts ---


def test_a_draft_is_changed_by_merge_patch_and_its_earlier_version_is_kept(therapist: Caller) -> None:
    row = recorded(therapist)
    path = f"/v1/sessions/{row['id']}"
    patch = {
        "duration_minutes": 90,
        "note": {"plan": None, "assessment": "Calmer."},
        "attendance": {"b": {"country": "IT"}},
    }

    changed = therapist.patch(path, patch, headers=held_by(therapist, row))

    assert changed.status_code == 200
    assert changed.json()["note"] == {**SOAP, "plan": None, "assessment": "Calmer."}
    assert changed.json()["attendance"]["b"]["country"] == "IT"
    assert changed.json()["ends_at"] == "2026-03-01T17:30:00.000000Z"
    assert therapist.get(path).json() == changed.json()
    assert therapist.get(path).headers["ETag"] == changed.headers["ETag"]
    (before,) = therapist.get(f"{path}/versions").json()["items"]
    assert before["note"] == row["note"]
    assert (before["number"], before["replaced_by"]) == (1, therapist.person_id)


def test_another_format_starts_a_new_note(therapist: Caller) -> None:
    row = recorded(therapist)
    note = {"format": "narrative", "text": "In one piece."}

    changed = therapist.patch(f"/v1/sessions/{row['id']}", {"note": note}, headers=held_by(therapist, row))

    assert changed.json()["note"] == note


def test_earlier_versions_page_from_the_last_to_the_first(therapist: Caller) -> None:
    row = recorded(therapist)
    path = f"/v1/sessions/{row['id']}"
    for minutes in (50, 55, 65):
        therapist.patch(path, {"duration_minutes": minutes}, headers=held_by(therapist, row))

    first = therapist.get(f"{path}/versions", params={"limit": 2}).json()
    second = therapist.get(f"{path}/versions", params={"limit": 2, "cursor": first["next_cursor"]}).json()

    assert [item["duration_minutes"] for item in first["items"] + second["items"]] == [55, 50, 60]


def test_changing_a_draft_needs_the_version_that_was_read(therapist: Caller) -> None:
    row = recorded(therapist)
    path, etag = f"/v1/sessions/{row['id']}", held_by(therapist, row)

    answers = [
        therapist.patch(path, {"duration_minutes": 50}),
        therapist.patch(path, {"duration_minutes": 50}, headers=etag),
        therapist.patch(path, {"duration_minutes": 55}, headers=etag),
        therapist.post(f"{path}/sign", headers=etag),
        therapist.post(f"{path}/sign"),
    ]

    assert [answer.status_code for answer in answers] == [428, 200, 412, 412, 428]


def test_a_patch_is_read_as_strictly_as_a_new_session(therapist: Caller) -> None:
    row = recorded(therapist, stages=[STAGE])
    path, etag = f"/v1/sessions/{row['id']}", held_by(therapist, row)

    found = [told(therapist.patch(path, patch, headers=etag)) for patch, _, _ in BAD_PATCHES]

    assert found == [(pointer, code) for _, pointer, code in BAD_PATCHES]
    assert therapist.get(f"{path}/versions").json()["items"] == []


def test_a_draft_whose_entries_were_entered_in_error_may_turn_out_not_to_have_been_held(
    therapist: Caller,
) -> None:
    row = recorded(therapist, stages=[STAGE])
    path = f"/v1/sessions/{row['id']}"
    one = f"/v1/stages/{row['entries']['stages'][0]}"
    missed = {"outcome": "missed", "attendance": None, "note": None}

    assert told(therapist.patch(path, missed, headers=held_by(therapist, row)))[1] == "entries_recorded"
    etag = therapist.get(one).headers["ETag"]
    therapist.made(f"{one}/entered-in-error", {"reason": "Of another couple."}, headers={"If-Match": etag})

    changed = therapist.patch(path, missed, headers=held_by(therapist, row))
    assert (changed.status_code, changed.json()["outcome"]) == (200, "missed")


def test_entries_are_added_to_a_draft(therapist: Caller) -> None:
    row = recorded(therapist)
    path, etag = f"/v1/sessions/{row['id']}", held_by(therapist, row)

    without = therapist.post(f"{path}/entries", {"stages": [STAGE]})
    added = therapist.post(f"{path}/entries", {"stages": [STAGE]}, headers=etag)
    empty = therapist.post(f"{path}/entries", {}, headers=held_by(therapist, row))

    assert without.status_code == 428
    assert added.status_code == 200
    assert therapist.get(path, params={"include": "entries"}).json() == added.json()
    assert added.headers["ETag"] != etag["If-Match"]
    assert empty.json()["errors"][0]["code"] == "nothing_to_record"


# --- signing and afterwards ---


def test_a_signed_session_stays_as_it_is(therapist: Caller) -> None:
    row = recorded(therapist)
    path = f"/v1/sessions/{row['id']}"

    signed = therapist.post(f"{path}/sign", headers=held_by(therapist, row))
    etag = {"If-Match": signed.headers["ETag"]}
    attempts = [
        therapist.patch(path, {"duration_minutes": 50}, headers=etag),
        therapist.post(f"{path}/entries", {"stages": [STAGE]}, headers=etag),
        therapist.post(f"{path}/sign", headers=etag),
    ]

    assert signed.json()["state"] == "signed"
    assert [(a.status_code, a.json()["code"]) for a in attempts] == [(409, "session_signed")] * 3
    assert therapist.get(path).json() == signed.json()


def test_a_session_that_was_held_is_signed_with_its_note(therapist: Caller) -> None:
    row = recorded(therapist, note=None)

    unsigned = therapist.post(f"/v1/sessions/{row['id']}/sign", headers=held_by(therapist, row))

    assert (unsigned.status_code, unsigned.json()["code"]) == (409, "note_needed")
    at_once = therapist.post(f"/v1/couples/{row['couple_id']}/sessions", a_session(note=None, sign=True))
    assert told(at_once) == ("/sign", "note_needed")
    missed = recorded(therapist, outcome="missed", attendance={}, note=None, sign=True)
    assert missed["state"] == "signed"


def test_an_addendum_stands_beside_the_signed_text_and_changes_the_etag(therapist: Caller) -> None:
    row = recorded(therapist, sign=True)
    path, before = f"/v1/sessions/{row['id']}", held_by(therapist, row)
    words = {"kind": "correction", "text": "The agreed day is Tuesday."}

    added = therapist.post(f"{path}/addenda", words)
    read = therapist.get(path)

    assert added.status_code == 201
    assert therapist.get(added.headers["Location"]).json() == added.json()
    assert read.json()["addenda"] == [added.json()]
    assert read.json()["note"] == row["note"]
    assert read.headers["ETag"] != before["If-Match"]
    assert (added.json()["written_on"], added.json()["kind"]) == ("2026-03-02", "correction")


def test_a_draft_takes_no_addendum(therapist: Caller) -> None:
    row = recorded(therapist)

    answer = therapist.post(f"/v1/sessions/{row['id']}/addenda", {"kind": "addendum", "text": "More."})

    assert (answer.status_code, answer.json()["code"]) == (409, "session_not_signed")


def test_strangers_cannot_add_or_read_an_addendum(world: World, therapist: Caller) -> None:
    row = recorded(therapist, sign=True)
    path = f"/v1/sessions/{row['id']}/addenda"
    words = {"kind": "addendum", "text": "More."}
    made = therapist.made(path, words)
    stranger = world.somebody("clinician")

    assert same_refusal(stranger.post(path, words), stranger.post(f"/v1/sessions/{NOBODY}/addenda", words))
    assert same_refusal(stranger.get(f"/v1/addenda/{made['id']}"), stranger.get(f"/v1/addenda/{NOBODY}"))


def test_a_session_entered_in_error_takes_its_entries_along_and_stays_readable(therapist: Caller) -> None:
    pair = a_couple(therapist)
    couple = f"/v1/couples/{pair['id']}"
    body = a_session(markers=[MARKER], threat_reports=[REPORT], commitments=[a_commitment(pair)], sign=True)
    row = therapist.made(f"{couple}/sessions", body)
    path = f"/v1/sessions/{row['id']}"

    voided = therapist.post(
        f"{path}/entered-in-error", {"reason": "Another couple's."}, headers=held_by(therapist, row)
    )
    etag = {"If-Match": voided.headers["ETag"]}

    assert voided.json()["entered_in_error"] is True
    assert voided.json()["void_reason"] == "Another couple's."
    assert therapist.get(path).json() == voided.json()
    assert therapist.get(f"{couple}/sessions").json()["items"] == []
    assert len(therapist.get(f"{couple}/sessions", params={"history": "true"}).json()["items"]) == 1
    for kind in ("markers", "threat-reports", "commitments"):
        assert therapist.get(f"{couple}/{kind}").json()["items"] == []
    again = therapist.post(f"{path}/entered-in-error", {"reason": "Again."}, headers=etag)
    more = therapist.post(f"{path}/addenda", {"kind": "addendum", "text": "More."})
    assert again.json()["code"] == more.json()["code"] == "already_superseded"
    assert again.json()["superseded_by"] is more.json()["superseded_by"] is None


def test_a_closed_case_takes_no_new_session_but_its_drafts_are_signed_and_added_to(therapist: Caller) -> None:
    row = recorded(therapist)
    couple = f"/v1/couples/{row['couple_id']}"
    therapist.post(
        f"{couple}/close",
        {"outcome": "parted_with_clarity", "effective_on": "2026-03-02"},
        headers={"If-Match": therapist.get(couple).headers["ETag"]},
    )
    path, etag = f"/v1/sessions/{row['id']}", held_by(therapist, row)

    closed = [
        therapist.post(f"{couple}/sessions", a_session()),
        therapist.patch(path, {"duration_minutes": 50}, headers=etag),
        therapist.post(f"{path}/entries", {"stages": [STAGE]}, headers=etag),
    ]

    assert [answer.json()["code"] for answer in closed] == ["couple_closed"] * 3
    assert therapist.post(f"{path}/sign", headers=etag).status_code == 200
    assert therapist.post(f"{path}/addenda", {"kind": "late_entry", "text": "Later."}).status_code == 201


# --- bad input ---


def test_the_published_examples_can_be_sent_as_they_stand(therapist: Caller) -> None:
    row = therapist.made(f"/v1/couples/{a_couple(therapist)['id']}/sessions", example(SessionIn))
    path, other = f"/v1/sessions/{row['id']}", recorded(therapist)

    more = f"/v1/sessions/{other['id']}/entries"
    assert therapist.post(more, example(EntriesIn), headers=held_by(therapist, other)).status_code == 200
    assert therapist.patch(path, example(SessionChange), headers=held_by(therapist, row)).status_code == 200
    assert therapist.post(f"{path}/sign", headers=held_by(therapist, row)).status_code == 200
    assert therapist.post(f"{path}/addenda", example(AddendumIn)).status_code == 201


def example(model: type[BaseModel]) -> Any:
    """The example that the API document shows for a body."""
    return model.model_json_schema()["examples"][0]


def test_bad_input_is_told_with_its_place(therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/sessions"

    found = [told(therapist.post(path, a_session(**changes))) for changes, _, _ in BAD_SESSIONS]

    assert found == [(pointer, code) for _, pointer, code in BAD_SESSIONS]
    assert therapist.get(path).json()["items"] == []


def test_the_longest_note_is_taken_and_a_larger_body_is_not_read(therapist: Caller) -> None:
    row = recorded(therapist, note={"format": "narrative", "text": "ش" * 100_000})
    large = therapist.post(
        f"/v1/couples/{row['couple_id']}/sessions",
        a_session(note={"format": "narrative", "text": "x" * 2**20}),
    )

    assert len(therapist.get(f"/v1/sessions/{row['id']}").json()["note"]["text"]) == 100_000
    assert large.status_code == 413


def test_a_consultation_is_held_about_the_partners_without_them(therapist: Caller) -> None:
    row = recorded(therapist, kind="consult", attendance={}, others_present="The family doctor")

    assert (row["visibility"], row["others_present"]) == ("clinician", "The family doctor")


def test_an_absence_is_recorded_beside_the_partner_who_came_alone(therapist: Caller) -> None:
    attendance = {"a": {"status": "attended"}, "b": {"status": "missed"}}

    row = recorded(therapist, kind="individual", with_partner="a", attendance=attendance)

    assert row["attendance"]["b"]["status"] == "missed"


def test_a_refusal_never_repeats_what_was_written(therapist: Caller) -> None:
    secret = "she does not know yet"
    couple = a_couple(therapist)

    answer = therapist.post(
        f"/v1/couples/{couple['id']}/sessions",
        a_session(attendance={}, note={"format": secret, "text": secret}, others_present=secret),
    )

    assert answer.status_code == 422
    assert secret not in answer.text
