"""Bad input gets a clear answer with its code and its place: none is a 500, none half-writes, none echoes."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI

from app.practice import solving
from tests.people import Caller, Json, World, a_betrayal, a_couple

CANARY = "canary-sentence-of-one-partner"
NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"

SESSION: Json = {
    "kind": "conjoint",
    "starts_at": "2026-02-20T16:00:00Z",
    "duration_minutes": 60,
    "attendance": {"a": {"status": "attended"}, "b": {"status": "attended"}},
    "note": {"format": "narrative", "text": CANARY},
}
MARKER: Json = {
    "code": "ACC-IMPACT",
    "observed_on": "2026-02-20",
    "basis": "observed_in_session",
    "words": CANARY,
}
REPORT: Json = {
    "window_start": "2026-02-07",
    "window_end": "2026-02-20",
    "episodes": 9,
    "peak_intensity": 7,
    "source": "self_in_session",
    "words": CANARY,
}
COMMITMENT: Json = {
    "owner_partner_id": None,
    "action": "Puts the three bank statements on the kitchen table",
    "cadence": {"kind": "recurring", "rule": "FREQ=MONTHLY;BYMONTHDAY=1"},
    "evidence_agreed": "Statements seen together",
    "made_on": "2026-02-20",
    "review_on": "2026-05-01",
    "agreed_by_both": True,
}

# path below the couple, body, expected code of the problem or of one field error, pointer of that error
CASES: list[tuple[str, str, Any, str, str | None]] = [
    ("a number is not a date", "markers", {**MARKER, "observed_on": 20260220}, "day", "/observed_on"),
    ("an unknown code", "markers", {**MARKER, "code": "ACC-NONE"}, "literal_error", "/code"),
    ("an unknown field", "markers", {**MARKER, "mood": CANARY}, "extra_forbidden", "/mood"),
    (
        "a field that the server owns",
        "markers",
        {**MARKER, "recorded_at": "2020-01-01T00:00:00Z"},
        "extra_forbidden",
        "/recorded_at",
    ),
    (
        "a practice in the body",
        "markers",
        {**MARKER, "practice_id": NOBODY},
        "extra_forbidden",
        "/practice_id",
    ),
    (
        "a day in the future",
        "markers",
        {**MARKER, "observed_on": "2026-03-20"},
        "in_the_future",
        "/observed_on",
    ),
    ("the 31st of February", "markers", {**MARKER, "observed_on": "2026-02-31"}, "day", "/observed_on"),
    ("a marker about a stranger", "markers", {**MARKER, "about_id": NOBODY}, "unknown_partner", "/about_id"),
    (
        "a direction of nobody",
        "markers",
        {**MARKER, "direction_id": NOBODY},
        "unknown_direction",
        "/direction_id",
    ),
    ("a lone surrogate", "markers", {**MARKER, "words": "x\ud800"}, "string_unicode", "/words"),
    ("a NUL", "markers", {**MARKER, "words": "x\u0000"}, "text", "/words"),
    (
        "a report from before it came to light",
        "threat-reports",
        {**REPORT, "window_start": "2025-03-01", "window_end": "2025-03-13"},
        "before_discovery",
        "/window_start",
    ),
    (
        "an end before the start",
        "threat-reports",
        {**REPORT, "window_end": "2026-02-01"},
        "end_before_start",
        "/window_end",
    ),
    (
        "a window over 31 days",
        "threat-reports",
        {**REPORT, "window_start": "2026-01-01"},
        "window_too_long",
        "/window_end",
    ),
    ("a negative count", "threat-reports", {**REPORT, "episodes": -1}, "greater_than_equal", "/episodes"),
    ("half an episode", "threat-reports", {**REPORT, "episodes": 1.5}, "int_type", "/episodes"),
    ("a count as text", "threat-reports", {**REPORT, "episodes": "9"}, "int_type", "/episodes"),
    (
        "intensity eleven",
        "threat-reports",
        {**REPORT, "peak_intensity": 11},
        "less_than_equal",
        "/peak_intensity",
    ),
    ("nobody attending", "sessions", {**SESSION, "attendance": {}}, "nobody_attended", "/attendance"),
    (
        "an unknown note format",
        "sessions",
        {**SESSION, "note": {"format": "poem", "text": CANARY}},
        "note_format",
        "/note",
    ),
    (
        "a session in the future",
        "sessions",
        {**SESSION, "starts_at": "2026-03-20T16:00:00Z"},
        "in_the_future",
        "/starts_at",
    ),
    (
        "an instant without an offset",
        "sessions",
        {**SESSION, "starts_at": "2026-02-20T16:00:00"},
        "instant",
        "/starts_at",
    ),
    ("a zone of nowhere", "sessions", {**SESSION, "zone": "Europe/Atlantis"}, "zone", "/zone"),
    (
        "a marker of a session that is wrong",
        "sessions",
        {**SESSION, "markers": [MARKER, {**MARKER, "code": "X"}]},
        "literal_error",
        "/markers/1/code",
    ),
    (
        "a stranger in a session's marker",
        "sessions",
        {**SESSION, "markers": [MARKER, {**MARKER, "about_id": NOBODY}]},
        "unknown_partner",
        "/markers/1/about_id",
    ),
    (
        "a commitment that nobody could see",
        "commitments",
        {**COMMITMENT, "action": "be more honest"},
        "no_observable_action",
        "/action",
    ),
    (
        "a cadence by the second",
        "commitments",
        {**COMMITMENT, "cadence": {**COMMITMENT["cadence"], "rule": "FREQ=SECONDLY"}},
        "",
        "/cadence/rule",
    ),
    (
        "a betrayal that ended before it began",
        "betrayals",
        a_betrayal(began_on="2025-02-01", ended_on="2025-01-01"),
        "end_before_start",
        "/ended_on",
    ),
]


def owned(body: Any, couple: Json) -> Any:
    """The body with the couple's own partner as the owner of a commitment."""
    if isinstance(body, dict) and "owner_partner_id" in body:
        return {**body, "owner_partner_id": couple["partners"][1]["id"]}
    return body


def entries_of(caller: Caller, couple: Json) -> list[int]:
    """How many entries of each kind stand in a couple's record."""
    kinds = ("markers", "threat-reports", "sessions", "commitments", "betrayals")
    return [len(caller.get(f"/v1/couples/{couple['id']}/{kind}").json()["items"]) for kind in kinds]


@pytest.mark.parametrize(
    ("path", "body", "code", "pointer"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_bad_input_is_refused_with_its_place_and_nothing_is_stored(
    therapist: Caller, path: str, body: Any, code: str, pointer: str | None
) -> None:
    couple = a_couple(therapist)
    before = entries_of(therapist, couple)

    answer = therapist.http.post(
        f"/v1/couples/{couple['id']}/{path}",
        content=json.dumps(owned(body, couple)),
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 422, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    found = [(error["code"], error["pointer"]) for error in answer.json()["errors"]]
    assert any(code in {"", got} and where == pointer for got, where in found), found
    assert CANARY not in answer.text
    assert entries_of(therapist, couple) == before


RAW: list[tuple[str, bytes, str, int, str]] = [
    ("rubbish", b"{not json", "application/json", 400, "malformed_request"),
    ("nothing", b"", "application/json", 422, "invalid_input"),
    ("a list", b"[]", "application/json", 422, "invalid_input"),
    ("brackets 100,000 deep", b"[" * 100_000, "application/json", 400, "malformed_request"),
    (
        "objects 100,000 deep",
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        "application/json",
        400,
        "malformed_request",
    ),
    ("bytes that are no UTF-8", b'{"code": "\xff\xfe"}', "application/json", 400, "malformed_request"),
    (
        "a number of 5,000 digits",
        b'{"code": ' + b"9" * 5000 + b"}",
        "application/json",
        400,
        "malformed_request",
    ),
    ("a form", b"code=ACC-FULL", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    ("plain text", b"ACC-FULL", "text/plain", 415, "unsupported_media_type"),
    (
        "an object of 3,000 keys",
        b"{" + b",".join(b'"k%d":0' % n for n in range(3_000)) + b"}",
        "application/json; charset=utf-8",
        400,
        "malformed_request",
    ),
    ("2 MB", b'{"words": "' + b"x" * 2_000_000 + b'"}', "application/json", 413, "body_too_large"),
]


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"), [raw[1:] for raw in RAW], ids=[raw[0] for raw in RAW]
)
def test_a_body_that_cannot_be_read_is_refused(
    therapist: Caller, body: bytes, kind: str, status: int, code: str
) -> None:
    couple = a_couple(therapist)

    answer = therapist.http.post(
        f"/v1/couples/{couple['id']}/markers", content=body, headers={"Content-Type": kind}
    )

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_no_schema_knows_as_many_keys_as_are_too_many(application: FastAPI) -> None:
    schemas = application.openapi()["components"]["schemas"].values()

    assert max(len(schema.get("properties", ())) for schema in schemas) < solving.MOST_KEYS


def test_a_word_in_place_of_an_object_is_told_without_our_names(therapist: Caller) -> None:
    answer = therapist.post("/v1/couples", {"label": "C-1", "partner_a": "A.", "partner_b": {"name": "B."}})

    assert [error["pointer"] for error in answer.json()["errors"]] == ["/partner_a"]
    assert "PartnerIn" not in answer.text


def test_unknown_paths_and_methods_are_problems_too(world: World, therapist: Caller) -> None:
    nowhere = therapist.get("/v1/nowhere")
    wrong = therapist.http.put("/v1/couples", json={})

    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in wrong.headers["Allow"]
    assert "POST" in wrong.headers["Allow"]


@pytest.mark.parametrize("bad", ["x", "0", "..%2f..", "%00", "01937c5e-8b1e-7c3a-9f52", "' or 1=1 --"])
def test_an_id_that_is_none_is_told_so(therapist: Caller, bad: str) -> None:
    answer = therapist.get(f"/v1/couples/{bad}")

    assert answer.status_code in {404, 422}
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_an_id_has_one_spelling_and_its_capitals(therapist: Caller) -> None:
    real = a_couple(therapist)["id"]
    other_digits = "".join(chr(0x660 + int(letter)) if letter.isdigit() else letter for letter in real)

    for spelled in (other_digits, "----" + real.replace("-", ""), real[:-1] + "\n"):
        answer = therapist.get(f"/v1/couples/{quote(spelled)}")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "id")
    assert therapist.get(f"/v1/couples/{real.upper()}").json()["id"] == real


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/markers",
        "/threat-reports",
        "/sessions",
        "/cessation",
        "/commitments",
        "/progress",
        "/stopping",
        "/timeline",
    ],
)
def test_a_stranger_learns_nothing_from_any_address_of_a_couple(
    world: World, therapist: Caller, path: str
) -> None:
    couple = a_couple(therapist)
    stranger = world.somebody("clinician", practice_id=world.a_practice("Elsewhere"))

    theirs = stranger.get(f"/v1/couples/{couple['id']}{path}")
    nothing = stranger.get(f"/v1/couples/{NOBODY}{path}")

    assert theirs.status_code == nothing.status_code == 404
    bare = [
        {k: v for k, v in a.json().items() if k not in {"request_id", "instance"}} for a in (theirs, nothing)
    ]
    assert bare[0] == bare[1]


def test_signing_twice_and_changing_a_signed_note_are_refused(therapist: Caller) -> None:
    couple = a_couple(therapist)
    made = therapist.post(f"/v1/couples/{couple['id']}/sessions", SESSION)
    path = made.headers["Location"]
    signed = therapist.post(f"{path}/sign", headers={"If-Match": made.headers["ETag"]})
    match = {"If-Match": signed.headers["ETag"]}

    again = therapist.post(f"{path}/sign", headers=match)
    changed = therapist.patch(path, {"note": {"format": "narrative", "text": "Other."}}, headers=match)

    assert signed.status_code == 200
    assert [again.json()["code"], changed.json()["code"]] == ["session_signed", "session_signed"]
    assert therapist.get(path).json()["note"]["text"] == CANARY
