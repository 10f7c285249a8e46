"""The trail: one line for every request of somebody known, refusals included; no line, no deed."""

from typing import Any

import httpx
import pytest

from tests.chart import raw
from tests.people import Caller, World, a_couple

NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"


def lines(world: World, request_id: str) -> list[tuple[Any, ...]]:
    """The trail's lines of one request."""
    return raw.rows(
        world.url,
        f"SELECT status, action, couple_id, person_id FROM trail WHERE request_id = '{request_id}'",  # noqa: S608
    )


def told(world: World, answer: httpx.Response) -> tuple[int, str]:
    """Status and action of the one line that a request left."""
    found = lines(world, answer.headers["X-Request-Id"])
    assert len(found) == 1, found
    return found[0][0], found[0][1]


def test_every_way_out_leaves_exactly_one_line(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}"
    etag = therapist.get(path).headers["ETag"]
    betrayal = therapist.get(f"{path}/betrayals").json()["items"][0]["id"]
    body = {"reason": "Twice."}
    tag = {"If-Match": therapist.get(f"/v1/betrayals/{betrayal}").headers["ETag"]}
    reader = world.somebody(scopes=["record:read"])

    for answer, status, action in (
        (therapist.get(path), 200, "getCouple"),
        (therapist.get(path, headers={"If-None-Match": etag}), 304, "getCouple"),
        (therapist.get("/v1/couples"), 200, "listCouples"),
        (therapist.get(f"/v1/couples/{NOBODY}"), 404, "getCouple"),
        (therapist.get("/v1/couples/not-an-id"), 422, "getCouple"),
        (therapist.post("/v1/couples", {"label": 7}), 422, "createCouple"),
        (
            therapist.http.post("/v1/couples", content=b"{", headers={"Content-Type": "application/json"}),
            400,
            "createCouple",
        ),
        (
            therapist.http.post("/v1/couples", content=b"a", headers={"Content-Type": "text/plain"}),
            415,
            "createCouple",
        ),
        (therapist.patch(path, {"label": "x"}), 428, "changeCouple"),
        (therapist.patch(path, {"label": "x"}, headers={"If-Match": '"old"'}), 412, "changeCouple"),
        (
            therapist.post(f"/v1/betrayals/{betrayal}/entered-in-error", body, headers=tag),
            201,
            "voidBetrayal",
        ),
        (
            therapist.post(f"/v1/betrayals/{betrayal}/entered-in-error", body, headers=tag),
            409,
            "voidBetrayal",
        ),
        (reader.patch(path, {"label": "x"}), 403, "changeCouple"),
        (therapist.get("/v1/couples", params={"cursor": "x"}), 400, "listCouples"),
    ):
        assert answer.status_code == status, answer.text
        assert told(world, answer) == (status, action)


def test_strangers_leave_no_line_because_nobody_is_known(world: World, therapist: Caller) -> None:
    before = raw.count(world.url, "trail")

    with world.client(therapist.key[:-1] + "x") as stranger:
        assert stranger.get("/v1/couples").status_code == 401
    with world.client() as stranger:
        assert stranger.get("/v1/couples").status_code == 401

    assert raw.count(world.url, "trail") == before


def test_the_line_names_who_and_whose_and_never_what_was_written(world: World, therapist: Caller) -> None:
    answer = therapist.post(
        "/v1/couples", {"label": "Kanarie", "partner_a": {"name": "Ann"}, "partner_b": {"name": "Bob"}}
    )

    ((status, action, couple, person),) = lines(world, answer.headers["X-Request-Id"])
    assert (status, action, str(couple), str(person)) == (
        201,
        "createCouple",
        answer.json()["id"],
        therapist.person_id,
    )
    assert "Kanarie" not in str(raw.rows(world.url, "SELECT * FROM trail"))


def test_a_mistake_of_ours_leaves_its_line_too(
    world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise KeyError("written by somebody")

    monkeypatch.setattr("app.couples.service.read", broken)

    answer = therapist.get(f"/v1/couples/{NOBODY}")

    assert answer.json()["code"] == "internal_error"
    assert told(world, answer) == (500, "getCouple")


STOP = {
    True: ("REVOKE INSERT ON trail FROM mendline_service", "GRANT INSERT ON trail TO mendline_service"),
    False: (
        "CREATE TRIGGER full BEFORE INSERT ON trail BEGIN SELECT RAISE(ABORT, 'the trail is full'); END",
        "DROP TRIGGER full",
    ),
}


def test_without_a_trail_nothing_is_done_and_nothing_is_told(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    stop, go = STOP[raw.is_postgres(world.url)]
    before = {name: rows for name, rows in raw.everything(world.url).items() if name != "trail"}

    raw.run(world.url, stop)
    body = {"label": "C-2", "partner_a": {"name": "A."}, "partner_b": {"name": "B."}}
    refused = [
        therapist.post("/v1/couples", body, headers={"Idempotency-Key": "again"}),
        therapist.get(f"/v1/couples/{couple['id']}"),
        therapist.get("/v1/couples"),
    ]
    raw.run(world.url, go)

    assert {answer.status_code for answer in refused} == {503}
    assert {answer.json()["code"] for answer in refused} == {"service_unavailable"}
    assert all("C-014" not in answer.text for answer in refused)
    after = {name: rows for name, rows in raw.everything(world.url).items() if name != "trail"}
    assert after == before
    assert therapist.post("/v1/couples", body, headers={"Idempotency-Key": "again"}).status_code == 201
