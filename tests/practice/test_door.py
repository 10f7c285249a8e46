"""At the door: who comes in, how often, with what in hand, and what a repeated request gets."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from limits import parse

from app.practice import credentials, repeats
from app.practice.pace import Pace
from tests.chart import raw
from tests.people import Caller, Json, World, a_couple, same_refusal

NEW = {"label": "C-1", "partner_a": {"name": "A."}, "partner_b": {"name": "B."}}


def refused(answer: httpx.Response, status: int, code: str) -> None:
    """The answer is this refusal, as a problem document."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
    assert answer.headers["Cache-Control"] == "no-store"


# --- parameters ---


@pytest.mark.parametrize(
    ("asked", "pointer", "code"),
    [
        ("markers?audiance=joint", "#/query", "unknown_parameter"),
        ("progress?Audience=joint", "#/query", "unknown_parameter"),
        ("progress?asof=2026-03-01", "#/query", "unknown_parameter"),
        ("markers?audience=joint&audience=clinician", "#/query/audience", "repeated_parameter"),
        ("sessions?limit=5&limit=6", "#/query/limit", "repeated_parameter"),
        ("holds?audience=joint&audience=clinician", "#/query/audience", "clinician_only"),
        ("holds?audience=clinician&audience=clinician", "#/query/audience", "repeated_parameter"),
    ],
)
def test_no_parameter_is_passed_over(therapist: Caller, asked: str, pointer: str, code: str) -> None:
    answer = therapist.get(f"/v1/couples/{a_couple(therapist)['id']}/{asked}")

    refused(answer, 422, "invalid_input")
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
    assert "audiance" not in answer.text  # which may be anything, somebody's name too


def test_a_writing_request_takes_no_unknown_parameter_either(therapist: Caller) -> None:
    before = therapist.get("/v1/couples").json()

    refused(therapist.post("/v1/couples?dry_run=true", NEW), 422, "invalid_input")
    assert therapist.get("/v1/couples").json() == before


def test_a_stranger_is_not_told_which_parameters_there_are(therapist: Caller) -> None:
    stranger = therapist.get("/v1/couples?nothing=1", headers={"Authorization": "Bearer ml_live_x"})

    refused(stranger, 401, "unauthenticated")


# --- faults ---


@pytest.mark.parametrize(
    ("body", "pointer", "code", "detail"),
    [
        ({"label": ""}, "/label", "string_too_short", "It takes text of 1 or more characters."),
        ({"label": 7}, "/label", "string_type", "It takes text."),
        ({"labl": "C"}, "/labl", "extra_forbidden", "This field is not known here."),
        ({"partner_a": []}, "/partner_a", "model_attributes_type", "It takes a JSON object."),
    ],
)
def test_a_fault_is_told_in_a_whole_sentence_with_what_to_do(
    therapist: Caller, body: Json, pointer: str, code: str, detail: str
) -> None:
    answer = therapist.post("/v1/couples", {**NEW, **body})

    refused(answer, 422, "invalid_input")
    (found,) = answer.json()["errors"]
    assert (found["pointer"], found["code"], found["detail"]) == (pointer, code, detail)
    assert found["hint"]


def test_an_unknown_parameter_is_told_which_ones_are_known(therapist: Caller) -> None:
    (found,) = therapist.get("/v1/couples?page=2").json()["errors"]

    assert "`limit`" in found["hint"]
    assert "page" not in found["hint"]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"label": "C",}', "The body is not well-formed JSON from character 15 on."),
        (b'{"label": "C", "label": "D"}', "says a name twice"),
        (b'{"label": "\xe4"}', "in UTF-8"),
    ],
)
def test_a_body_that_cannot_be_read_is_told_why(therapist: Caller, body: bytes, detail: str) -> None:
    answer = therapist.post("/v1/couples", content=body, headers={"Content-Type": "application/json"})

    refused(answer, 400, "malformed_request")
    assert detail in answer.json()["detail"]


def test_a_body_that_is_missing_is_asked_for_as_a_whole(therapist: Caller) -> None:
    (found,) = therapist.post("/v1/couples").json()["errors"]

    assert (found["pointer"], found["code"], found["detail"]) == ("", "missing", "A body is needed.")


@pytest.mark.parametrize("path", ["/v1/couple", "/v1/couples/", "/v2/couples"])
def test_an_address_that_no_operation_has_is_told_as_such(therapist: Caller, path: str) -> None:
    answer = therapist.get(path)

    refused(answer, 404, "not_found")
    assert "No operation has this address" in answer.json()["detail"]


def test_a_tag_without_its_quotation_marks_is_not_called_an_old_version(therapist: Caller) -> None:
    couple = therapist.made("/v1/couples", NEW)
    read = therapist.get(f"/v1/couples/{couple['id']}")
    bare = {"If-Match": read.headers["ETag"].strip('"')}

    answer = therapist.patch(f"/v1/couples/{couple['id']}", {"label": "C-2"}, headers=bare)

    refused(answer, 412, "stale_version")
    assert "quotation marks" in answer.json()["detail"]


def test_a_couple_without_a_betrayal_is_told_to_record_it_first(therapist: Caller) -> None:
    bare = therapist.made("/v1/couples", NEW)["id"]
    seen = {"code": "ACC-FULL", "observed_on": "2026-03-01", "basis": "observed_in_session"}

    (found,) = therapist.post(f"/v1/couples/{bare}/markers", seen).json()["errors"]

    assert (found["pointer"], found["code"]) == ("/direction_id", "direction_needed")
    assert "betrayal first" in found["hint"]


def test_every_refusal_says_what_to_do(therapist: Caller) -> None:
    for path in ("/v1/couple", "/v1/couples?cursor=x", "/v1/audit"):
        assert therapist.get(path).json()["hint"].endswith(".")


# --- keys ---


def test_a_key_says_whom_it_stands_for(world: World, therapist: Caller) -> None:
    me = therapist.get("/v1/me").json()

    assert (me["person_id"], me["role"], me["practice_id"]) == (
        therapist.person_id,
        "clinician",
        world.home(),
    )
    assert me["scopes"] == sorted(credentials.ROLE_SCOPES["clinician"])


def other_secrets(key: str, elsewhere: str) -> Iterator[tuple[str, str]]:
    """Keys that open nothing."""
    kind, environment, practice, secret = key.split("_", 3)
    yield "no secret of ours", f"{kind}_{environment}_{practice}_{'A' * 43}"
    yield "the other environment", f"{kind}_live_{practice}_{secret}"
    yield "another practice", f"{kind}_{environment}_{elsewhere.split('_')[2]}_{secret}"
    yield "no practice", f"{kind}_{environment}_{'a' * 26}_{secret}"
    yield "malformed", "ml_demo_x"
    yield "of another kind", f"sk_{environment}_{practice}_{secret}"
    yield "cut", key[:-1]
    yield "with more behind", key + "a"


def test_a_key_that_is_not_in_force_opens_nothing_and_says_nothing(world: World, therapist: Caller) -> None:
    elsewhere = world.somebody(practice_id=world.a_practice("Elsewhere")).key
    with world.client() as nobody:
        first = nobody.get("/v1/me", headers={"Authorization": "Bearer ml_demo_x"})
        refused(first, 401, "unauthenticated")
        assert first.headers["WWW-Authenticate"].startswith("Bearer")
        for what, key in other_secrets(therapist.key, elsewhere):
            answer = nobody.get("/v1/me", headers={"Authorization": f"Bearer {key}"})
            assert same_refusal(answer, first), what
        for header in (None, "", "Bearer", f"Basic {therapist.key}", therapist.key):
            headers = {} if header is None else {"Authorization": header}
            refused(nobody.get("/v1/me", headers=headers), 401, "unauthenticated")
        assert nobody.get("/v1/me", headers={"Authorization": f"bearer {therapist.key}"}).status_code == 200


def key_of(administrator: Caller, holder: Caller) -> Json:
    """The key of somebody, as administrators see it."""
    return next(
        key for key in administrator.get("/v1/keys").json()["items"] if key["person_id"] == holder.person_id
    )


def test_a_revoked_key_is_refused_on_the_next_request(world: World, therapist: Caller) -> None:
    administrator = world.somebody("administrator")
    key = key_of(administrator, therapist)
    path = f"/v1/keys/{key['id']}"
    etag = administrator.get(path).headers["ETag"]

    assert therapist.get("/v1/me").status_code == 200
    assert administrator.delete(path, headers={"If-Match": etag}).status_code == 200
    refused(therapist.get("/v1/me"), 401, "unauthenticated")
    assert administrator.get(path).json()["revoked_at"] is not None


def test_a_key_ends_when_it_said_it_would(world: World) -> None:
    caller = world.somebody(expires_at=world.watch.now + timedelta(hours=1))

    assert caller.get("/v1/me").status_code == 200
    world.watch.go(hours=2)
    refused(caller.get("/v1/me"), 401, "unauthenticated")


def test_somebody_who_left_is_refused_with_every_key(world: World, therapist: Caller) -> None:
    administrator = world.somebody("administrator")
    path = f"/v1/people/{therapist.person_id}"
    etag = administrator.get(path).headers["ETag"]

    gone = administrator.patch(path, {"active": False}, headers={"If-Match": etag})
    refused(therapist.get("/v1/me"), 401, "unauthenticated")
    administrator.patch(path, {"active": True}, headers={"If-Match": gone.headers["ETag"]})
    assert therapist.get("/v1/me").status_code == 200


def test_a_keys_secret_is_shown_once(world: World) -> None:
    administrator = world.somebody("administrator")
    made = administrator.post(
        "/v1/keys", {"person_id": administrator.person_id, "label": "x", "scopes": ["practice:read"]}
    )

    secret = made.json()["secret"]
    assert secret.startswith("ml_demo_")
    assert secret not in administrator.get("/v1/keys").text + administrator.get(made.headers["Location"]).text


def test_nobody_is_given_more_than_the_role_allows(world: World, therapist: Caller) -> None:
    administrator, program = world.somebody("administrator"), world.somebody("integration")
    body = {"person_id": program.person_id, "label": "x", "scopes": ["practice:write"]}

    refused(administrator.post("/v1/keys", body), 422, "invalid_input")
    refused(therapist.post("/v1/keys", {**body, "scopes": ["record:read"]}), 403, "insufficient_scope")


@pytest.mark.parametrize("role", ["clinician", "supervisor"])
def test_an_administrator_comes_by_no_key_that_reads_as_a_clinician(world: World, role: str) -> None:
    administrator, holder = world.somebody("administrator"), world.somebody(role)
    body = {"person_id": holder.person_id, "label": "x", "scopes": ["record:read"]}
    key = key_of(administrator, holder)
    tag = {"If-Match": administrator.get(f"/v1/keys/{key['id']}").headers["ETag"]}

    made = administrator.post("/v1/keys", body)
    rotated = administrator.post(f"/v1/keys/{key['id']}/rotate", {}, headers=tag)

    assert (made.status_code, made.json()["errors"][0]["code"]) == (422, "made_by_operator")
    refused(rotated, 409, "conflict")
    assert key_of(administrator, holder) == key
    assert administrator.delete(f"/v1/keys/{key['id']}", headers=tag).status_code == 200


def test_a_narrow_key_of_an_administrator_makes_no_wider_one(world: World) -> None:
    wide = world.somebody("administrator")
    narrow = world.somebody("administrator", scopes=["practice:read", "practice:write"])
    body = {"person_id": narrow.person_id, "label": "x", "scopes": ["audit:read", "practice:read"]}
    key = wide.get("/v1/keys").json()["items"][0]
    tag = {"If-Match": wide.get(f"/v1/keys/{key['id']}").headers["ETag"]}
    assert "audit:read" in key["scopes"]

    made = narrow.post("/v1/keys", body)
    rotated = narrow.post(f"/v1/keys/{key['id']}/rotate", {}, headers=tag)

    assert (made.status_code, made.json()["errors"][0]["code"]) == (422, "beyond_key")
    refused(rotated, 403, "insufficient_scope")
    assert narrow.made("/v1/keys", {**body, "scopes": ["practice:read"]})["scopes"] == ["practice:read"]
    assert wide.made("/v1/keys", body)["scopes"] == ["audit:read", "practice:read"]
    assert wide.post(f"/v1/keys/{key['id']}/rotate", {}, headers=tag).status_code == 201


def test_an_administrator_makes_the_keys_of_programs(world: World) -> None:
    administrator, program = world.somebody("administrator"), world.somebody("integration")
    body = {"person_id": program.person_id, "label": "x", "scopes": ["record:read"]}

    key = world.client(administrator.made("/v1/keys", body)["secret"])

    assert key.get("/v1/me").json()["person_id"] == program.person_id


# --- roles and scopes ---

READS = {
    "/v1/couples": "record:read",
    "/v1/people": "practice:read",
    "/v1/keys": "practice:read",
}
WRITES: dict[str, tuple[str, Any]] = {
    "/v1/couples": ("record:write", NEW),
    "/v1/people": ("practice:write", {"name": "X", "role": "clinician"}),
}


@pytest.mark.parametrize("role", credentials.ROLE_SCOPES)
def test_every_role_may_what_its_scopes_say_and_nothing_else(world: World, role: str) -> None:
    caller, allowed = world.somebody(role), credentials.ROLE_SCOPES[role]
    clinician = world.somebody("clinician").person_id

    for path, scope in READS.items():
        answer = caller.get(path)
        assert answer.status_code == (200 if scope in allowed else 403), (role, path, answer.text)
    for path, (scope, body) in WRITES.items():
        sent = {**body, "treating_clinician_id": clinician} if path == "/v1/couples" else body
        answer = caller.post(path, sent)
        assert answer.status_code == (201 if scope in allowed else 403), (role, path, answer.text)


def test_a_key_with_fewer_scopes_may_less_than_its_person(world: World) -> None:
    reader = world.somebody(scopes=["record:read"])

    assert reader.get("/v1/couples").status_code == 200
    refusal = reader.post("/v1/couples", NEW)
    refused(refusal, 403, "insufficient_scope")
    assert "record:write" in refusal.json()["detail"]


def test_a_missing_scope_is_told_before_anything_is_looked_up(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)["id"]
    blind = world.somebody(scopes=["practice:read"])
    nothing = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"

    assert same_refusal(blind.get(f"/v1/couples/{couple}"), blind.get(f"/v1/couples/{nothing}"))


def test_an_administrator_never_sees_the_record(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)["id"]
    administrator = world.somebody("administrator")

    for path in ("/v1/couples", f"/v1/couples/{couple}", f"/v1/couples/{couple}/betrayals"):
        refused(administrator.get(path), 403, "insufficient_scope")
    invited = therapist.post(
        f"/v1/couples/{couple}/care-team", {"person_id": administrator.person_id, "part": "co_therapist"}
    )
    refused(invited, 422, "invalid_input")


def test_a_supervisor_reads_by_a_named_grant_until_it_ends(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)["id"]
    path = f"/v1/couples/{couple}"
    supervisor = world.somebody("supervisor")
    grant = {"person_id": supervisor.person_id, "part": "supervisor", "purpose": "The review in March."}
    ends = (world.watch.now + timedelta(days=7)).isoformat()

    refused(supervisor.get(path), 404, "not_found")
    refused(therapist.post(f"{path}/care-team", grant), 422, "invalid_input")
    assert therapist.post(f"{path}/care-team", {**grant, "ends_at": ends}).status_code == 201
    assert supervisor.get(path).status_code == 200
    refused(supervisor.patch(path, {"label": "x"}, headers={"If-Match": '"x"'}), 403, "insufficient_scope")
    world.watch.go(days=8)
    refused(supervisor.get(path), 404, "not_found")


def test_the_last_treating_clinician_cannot_leave(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)["id"]
    standing = therapist.get(f"/v1/couples/{couple}/care-team").json()["items"][0]
    path = f"/v1/care-team/{standing['id']}"
    etag = therapist.get(path).headers["ETag"]

    refused(therapist.delete(path, headers={"If-Match": etag}), 409, "conflict")


# --- how often ---


def test_the_limit_is_announced_and_then_held_for_each_key_alone(
    world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    colleague = world.somebody()
    monkeypatch.setattr(world.app.state.house, "pace", Pace(parse("3/minute")))

    answers = [therapist.get("/v1/me") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["RateLimit"].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0", "r=0"]
    assert answers[0].headers["RateLimit-Policy"] == '"key";q=3;w=60'
    refused(answers[3], 429, "rate_limited")
    assert 0 < int(answers[3].headers["Retry-After"]) <= 61
    assert colleague.get("/v1/me").status_code == 200


# --- repeated requests ---


def test_the_same_key_with_another_body_or_address_is_refused(therapist: Caller) -> None:
    headers = {"Idempotency-Key": "one"}
    first = therapist.post("/v1/couples", NEW, headers=headers)

    refused(
        therapist.post("/v1/couples", {**NEW, "label": "C-2"}, headers=headers), 422, "idempotency_key_reused"
    )
    refused(
        therapist.post(
            f"{first.headers['Location']}/reopen", {"effective_on": "2026-03-01"}, headers=headers
        ),
        422,
        "idempotency_key_reused",
    )


def test_what_is_wrong_with_a_body_is_told_only_to_somebody_whose_key_is_in_force(
    world: World, therapist: Caller
) -> None:
    bad = {"label": ""}
    ended = world.somebody(expires_at=world.watch.now + timedelta(hours=1))
    assert ended.post("/v1/couples", bad).status_code == 422
    world.watch.go(hours=2)

    for knocks in (
        {"json": bad},
        {"content": b"{", "headers": {"Content-Type": "application/json"}},
        {"content": b"x", "headers": {"Content-Type": "text/plain"}},
    ):
        refused(ended.http.post("/v1/couples", **knocks), 401, "unauthenticated")
        assert therapist.http.post("/v1/couples", **knocks).status_code in (400, 415, 422)


def test_the_same_body_under_the_same_key_at_another_address_is_refused(therapist: Caller) -> None:
    headers = {"Idempotency-Key": "one"}
    pause = {"kind": "travel", "starts_on": "2026-03-01", "ends_on": "2026-03-02"}
    one, other = (f"/v1/couples/{a_couple(therapist)['id']}/pauses" for _ in range(2))
    assert therapist.post(one, pause, headers=headers).status_code == 201

    refused(therapist.post(other, pause, headers=headers), 422, "idempotency_key_reused")
    assert therapist.get(other).json()["items"] == []


def test_an_answer_told_again_stands_on_the_trail_with_what_it_told(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)["id"]
    pause = {"kind": "travel", "starts_on": "2026-03-01", "ends_on": "2026-03-02"}
    for _ in range(2):
        therapist.made(f"/v1/couples/{couple}/pauses", pause, headers={"Idempotency-Key": "one"})

    told = raw.rows(
        world.url, "SELECT couple_id, target_id, visibility FROM trail WHERE action = 'recordPause'"
    )
    assert len(told) == 2
    assert told[0] == told[1]
    assert str(told[0][0]) == couple


def test_a_refusal_is_not_remembered(therapist: Caller) -> None:
    headers = {"Idempotency-Key": "one"}

    assert therapist.post("/v1/couples", {**NEW, "label": ""}, headers=headers).status_code == 422
    assert therapist.post("/v1/couples", NEW, headers=headers).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_a_key_of_another_form_is_refused(therapist: Caller, key: str) -> None:
    refused(
        therapist.post("/v1/couples", NEW, headers={"Idempotency-Key": key}), 400, "idempotency_key_invalid"
    )


def test_two_people_may_use_the_same_key(world: World, therapist: Caller) -> None:
    headers = {"Idempotency-Key": "one"}

    mine = therapist.post("/v1/couples", NEW, headers=headers)
    theirs = world.somebody().post("/v1/couples", NEW, headers=headers)

    assert mine.json()["id"] != theirs.json()["id"]


def test_an_answer_is_not_repeated_to_somebody_who_may_no_longer_see_it(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)["id"]
    path = f"/v1/couples/{couple}"
    colleague = world.somebody()
    grant = {"person_id": colleague.person_id, "part": "co_therapist"}
    made = therapist.post(f"{path}/care-team", grant)
    policy = {
        "code": "no_secrets",
        "agreed_on": "2026-03-01",
        "acknowledged_by_a": True,
        "acknowledged_by_b": True,
    }
    headers = {"Idempotency-Key": "one"}

    assert colleague.post(f"{path}/policies", policy, headers=headers).status_code == 201
    assert (
        colleague.post(f"{path}/policies", policy, headers=headers).headers["Idempotent-Replayed"] == "true"
    )
    therapist.delete(made.headers["Location"], headers={"If-Match": made.headers["ETag"]})

    refused(colleague.post(f"{path}/policies", policy, headers=headers), 404, "not_found")


def test_twins_that_run_at_once_make_one_couple(world: World, therapist: Caller) -> None:
    start = threading.Barrier(6)

    def send(_: int) -> httpx.Response:
        with world.client(therapist.key) as http:
            start.wait()
            return http.post("/v1/couples", json=NEW, headers={"Idempotency-Key": "twins"})

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(send, range(6)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    good = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.json()["id"] for answer in good}) == 1
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, 409, "idempotency_in_progress")
            assert answer.headers["Retry-After"] == "1"
    assert len(therapist.get("/v1/couples").json()["items"]) == 1


def test_a_twin_in_another_process_gets_the_first_answer(
    world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process stored its answer after this one looked for it: the unique index decides, and nobody errs."""
    headers = {"Idempotency-Key": "twins"}
    first = therapist.post("/v1/couples", NEW, headers=headers)
    looked: list[bool] = []
    replayed = repeats.replayed

    def too_early(post: Any, chart: Any) -> Any:
        if looked:
            return replayed(post, chart)
        looked.append(True)
        return None

    monkeypatch.setattr(repeats, "replayed", too_early)
    second = therapist.post("/v1/couples", NEW, headers=headers)

    assert second.content == first.content
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(therapist.get("/v1/couples").json()["items"]) == 1


# --- forms ---


def test_request_ids_are_echoed_when_they_are_harmless(therapist: Caller) -> None:
    assert (
        therapist.get("/v1/me", headers={"X-Request-Id": "order-7.a_b"}).headers["X-Request-Id"]
        == "order-7.a_b"
    )
    for bad in ("", "x" * 65, "a b", "<script>"):
        assert therapist.get("/v1/me", headers={"X-Request-Id": bad}).headers["X-Request-Id"] != bad


def test_every_answer_forbids_keeping_and_sniffing(therapist: Caller) -> None:
    for path in ("/v1/me", "/v1/couples/nothing", "/nowhere", "/livez"):
        headers = therapist.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_unknown_addresses_and_methods_are_problems(therapist: Caller) -> None:
    refused(therapist.get("/v1/nowhere"), 404, "not_found")
    for method in ("PUT", "OPTIONS", "TRACE"):
        answer = therapist.http.request(method, "/v1/couples")
        refused(answer, 405, "method_not_allowed")
        assert set(answer.headers["Allow"].split(", ")) == {"GET", "POST"}
    assert therapist.http.head("/v1/couples").status_code == 405


@pytest.mark.parametrize(
    "kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"]
)
def test_a_body_of_another_kind_is_refused(world: World, therapist: Caller, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}

    refused(
        therapist.http.post("/v1/couples", content=b'{"a": 1}', headers=headers),
        415,
        "unsupported_media_type",
    )
    with world.client() as stranger:
        answer = stranger.post("/v1/couples", content=b'{"a": 1}', headers=headers)
    refused(answer, 401, "unauthenticated")


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "application/merge-patch+json"]
)
def test_a_body_that_says_it_is_json_is_read(therapist: Caller, kind: str) -> None:
    answer = therapist.http.post("/v1/couples", content=b"{}", headers={"Content-Type": kind})

    refused(answer, 422, "invalid_input")


UNREADABLE = {
    "cut": b'{"label": "x"',
    "empty": b"",
    "not utf-8": b'{"label": "\xff\xfe"}',
    "deep": b'{"label": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a constant": b'{"label": NaN}',
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_body_that_cannot_be_read_is_refused_and_never_an_accident(therapist: Caller, body: bytes) -> None:
    answer = therapist.http.post("/v1/couples", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) in {(400, "malformed_request"), (422, "invalid_input")}


@pytest.mark.parametrize("text", ["a\\u0000b", "a\\ud800b", "\\udfff"])
@pytest.mark.parametrize("place", ['{{"label": "{}"}}', '{{"{}": 1}}'])
def test_text_that_is_no_text_is_refused(therapist: Caller, text: str, place: str) -> None:
    body = place.format(text).encode()

    answer = therapist.http.post("/v1/couples", content=body, headers={"Content-Type": "application/json"})

    refused(answer, 422, "invalid_input")


def test_too_much_is_refused_whether_it_says_so_or_not(therapist: Caller) -> None:
    headers = {"Content-Type": "application/json"}
    much = b" " * 1_100_000

    refused(therapist.http.post("/v1/couples", content=much, headers=headers), 413, "body_too_large")


def test_a_change_needs_the_version_that_was_read(therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}"

    refused(therapist.patch(path, {"label": "x"}), 428, "precondition_required")
    for old in ('"old"', "*", "nonsense"):
        refused(therapist.patch(path, {"label": "x"}, headers={"If-Match": old}), 412, "stale_version")


def test_a_cursor_opens_its_own_practice_and_list_only(world: World, therapist: Caller) -> None:
    elsewhere = world.somebody(practice_id=world.a_practice("Elsewhere"))
    for caller in (therapist, elsewhere):
        for number in range(2):
            a_couple(caller, label=f"C-{number}", betrayals=[])
    cursor = therapist.get("/v1/couples", params={"limit": 1}).json()["next_cursor"]

    assert therapist.get("/v1/couples", params={"cursor": cursor}).status_code == 200
    refused(elsewhere.get("/v1/couples", params={"cursor": cursor}), 400, "cursor_invalid")
    refused(therapist.get("/v1/people", params={"cursor": cursor}), 400, "cursor_mismatch")
    for broken in ("x", "ä.ö", f"{'0' * 32}.e30", cursor[:40], cursor + "=", "." + cursor):
        refused(therapist.get("/v1/couples", params={"cursor": broken}), 400, "cursor_invalid")


def test_a_rotated_key_stands_beside_the_new_one_until_its_time_is_up(world: World) -> None:
    administrator, program = world.somebody("administrator"), world.somebody("integration")
    row = key_of(administrator, program)
    address = f"/v1/keys/{row['id']}"
    tag = {"If-Match": administrator.get(address).headers["etag"]}

    new = administrator.made(f"{address}/rotate", {"overlap_hours": 2}, headers=tag)
    fresh = world.client(new["secret"])

    assert (new["person_id"], new["scopes"]) == (program.person_id, row["scopes"])
    assert program.get("/v1/me").status_code == fresh.get("/v1/me").status_code == 200
    world.watch.go(hours=2, seconds=1)
    assert program.get("/v1/me").status_code == 401
    assert fresh.get("/v1/me").status_code == 200


def test_a_key_that_ends_is_rotated_into_one_that_lives_as_long(world: World) -> None:
    administrator = world.somebody("administrator")
    program = world.somebody("integration", expires_at=world.watch.now + timedelta(days=90))
    row = key_of(administrator, program)
    world.watch.go(days=80)
    address = f"/v1/keys/{row['id']}"
    tag = {"If-Match": administrator.get(address).headers["etag"]}

    new = administrator.made(f"{address}/rotate", {"overlap_hours": 720}, headers=tag)

    fresh = world.client(new["secret"])
    assert administrator.get(address).json()["expires_at"] == row["expires_at"]
    world.watch.go(days=89)
    assert (program.get("/v1/me").status_code, fresh.get("/v1/me").status_code) == (401, 200)
    world.watch.go(days=2)
    assert fresh.get("/v1/me").status_code == 401


def test_a_key_that_would_live_on_for_long_ends_after_the_overlap_when_it_is_rotated(world: World) -> None:
    administrator = world.somebody("administrator")
    program = world.somebody("integration", expires_at=world.watch.now + timedelta(days=90))
    address = f"/v1/keys/{key_of(administrator, program)['id']}"
    tag = {"If-Match": administrator.get(address).headers["etag"]}

    fresh = world.client(
        administrator.made(f"{address}/rotate", {"overlap_hours": 24}, headers=tag)["secret"]
    )

    assert (program.get("/v1/me").status_code, fresh.get("/v1/me").status_code) == (200, 200)
    world.watch.go(hours=25)
    assert (program.get("/v1/me").status_code, fresh.get("/v1/me").status_code) == (401, 200)


def test_a_key_that_is_no_longer_in_force_is_not_rotated(world: World) -> None:
    administrator, program = world.somebody("administrator"), world.somebody("integration")
    row = key_of(administrator, program)
    address = f"/v1/keys/{row['id']}"
    administrator.delete(address, headers={"If-Match": administrator.get(address).headers["etag"]})
    tag = {"If-Match": administrator.get(address).headers["etag"]}

    assert administrator.post(f"{address}/rotate", {}, headers=tag).json()["code"] == "conflict"
    assert administrator.post(f"{address}/rotate", {}).json()["code"] == "precondition_required"
    other = world.somebody()
    assert other.post(f"{address}/rotate", {}, headers=tag).json()["code"] == "insufficient_scope"


def test_a_body_that_says_a_field_twice_is_refused(world: World, therapist: Caller) -> None:
    """Who checks the first and who stores the last would mean two different things, such as who may learn of it."""
    couple = a_couple(therapist)
    said = '{"code": "ACC-FULL", "observed_on": "2026-02-20", "basis": "observed_in_session", %s}'
    address = f"/v1/couples/{couple['id']}/markers"
    for twice in ('"visibility": "clinician", "visibility": "joint"', '"words": "a", "words": "a"'):
        for kind in ("application/json", "application/json; charset=utf-8"):
            headers = {"Content-Type": kind}
            answer = therapist.http.post(address, content=said % twice, headers=headers)

            assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")
            assert world.client().post(address, content=said % twice, headers=headers).status_code == 401
    assert therapist.get(address).json()["items"] == []
