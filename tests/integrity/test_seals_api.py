"""Signing over HTTP: what a seal shows, who may co-sign, and that raw SQL cannot touch what was signed."""

import hashlib
import json
import sqlite3
import threading
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.integrity import service
from app.practice import service as practice
from tests.chart import raw
from tests.people import Caller, Json, World, a_couple

BOTH = {"a": {"status": "attended"}, "b": {"status": "attended"}}
SESSION: Json = {
    "kind": "conjoint",
    "starts_at": "2026-03-01T16:00:00Z",
    "duration_minutes": 60,
    "attendance": BOTH,
    "note": {"format": "narrative", "text": "Both stayed in the room."},
    "markers": [{"code": "ACC-IMPACT", "observed_on": "2026-03-01", "basis": "observed_in_session"}],
}


def a_session(caller: Caller, couple: Json, **changes: Any) -> Json:
    return caller.made(f"/v1/couples/{couple['id']}/sessions", {**SESSION, **changes})


def tag(caller: Caller, row: Json) -> dict[str, str]:
    return {"If-Match": caller.get(f"/v1/sessions/{row['id']}").headers["ETag"]}


def joined(world: World, caller: Caller, couple: Json, role: str, part: str) -> Caller:
    """Somebody more in the couple's care team."""
    other = world.somebody(role, name="Dr. Brandt")
    caller.made(
        f"/v1/couples/{couple['id']}/care-team",
        {"person_id": other.person_id, "part": part, "ends_at": "2026-12-01T00:00:00Z"},
    )
    return other


def verified(world: World) -> service.Verdict:
    with practice.operating(world.store, world.home(), world.watch(), "verify") as chart:
        return service.verify(chart)


def test_a_signed_session_shows_its_seal_and_a_draft_has_none(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    draft = a_session(therapist, couple)
    assert draft["seal"] is None

    answer = therapist.post(f"/v1/sessions/{draft['id']}/sign", headers=tag(therapist, draft))
    at_once = a_session(therapist, couple, sign=True)

    first, second = answer.json()["seal"], at_once["seal"]
    assert (first["number"], second["number"]) == (1, 2)
    assert (first["signed_by"], first["cosigned"]) == (therapist.person_id, [])
    assert therapist.get(f"/v1/sessions/{draft['id']}").json()["seal"] == first
    assert therapist.get(f"/v1/sessions/{at_once['id']}").json()["seal"] == second
    assert verified(world).faults == []


def test_anybody_with_the_public_key_can_check_a_seal(world: World, therapist: Caller) -> None:
    """The whole check, written without a line of ours."""
    session = a_session(therapist, a_couple(therapist), sign=True)
    seal = therapist.get(f"/v1/sessions/{session['id']}/seals").json()["items"][0]
    key = therapist.get("/v1/signing-keys").json()["items"][0]

    covered = {n: v for n, v in seal.items() if n not in ("digest", "signature") and v is not None}
    head = json.dumps(
        {"chain": "seals", **covered}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )

    assert key["id"] == seal["signing_key_id"]
    assert hashlib.sha256(head.encode()).hexdigest() == seal["digest"]
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key["public_key"]))
    public.verify(bytes.fromhex(seal["signature"]), f"mendline/seals/{seal['digest']}".encode())


def test_a_supervisor_of_the_care_team_co_signs(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    session = a_session(therapist, couple, sign=True)
    supervisor = joined(world, therapist, couple, "supervisor", "supervisor")
    path = f"/v1/sessions/{session['id']}"
    held = tag(therapist, session)

    answer = supervisor.post(f"{path}/cosign", headers=held)

    assert answer.status_code == 200, answer.text
    assert [each["signed_by"] for each in answer.json()["seal"]["cosigned"]] == [supervisor.person_id]
    assert therapist.get(path).json() == answer.json()
    assert therapist.get(path).headers["ETag"] == answer.headers["ETag"] != held["If-Match"]
    kinds = [each["kind"] for each in therapist.get(f"{path}/seals").json()["items"]]
    assert kinds == ["session", "cosignature"]
    assert verified(world).faults == []


def test_nobody_co_signs_twice_nor_a_draft_nor_from_outside(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    session, draft = a_session(therapist, couple, sign=True), a_session(therapist, couple)
    other = joined(world, therapist, couple, "clinician", "co_therapist")
    stranger, program = world.somebody(), joined(world, therapist, couple, "integration", "integration")
    path = f"/v1/sessions/{session['id']}/cosign"

    def code(caller: Caller, where: str, held: dict[str, str]) -> tuple[int, str]:
        answer = caller.post(where, headers=held)
        return answer.status_code, answer.json()["code"]

    assert code(therapist, path, tag(therapist, session)) == (409, "already_signed")
    assert code(other, path, {}) == (428, "precondition_required")
    assert code(other, path, {"If-Match": '"old"'}) == (412, "stale_version")
    assert other.post(path, headers=tag(other, session)).status_code == 200
    assert code(other, path, tag(other, session)) == (409, "already_signed")
    assert code(other, f"/v1/sessions/{draft['id']}/cosign", tag(other, draft)) == (409, "session_not_signed")
    assert code(program, path, tag(program, session)) == (403, "insufficient_scope")
    assert code(stranger, path, {"If-Match": '"x"'}) == (404, "not_found")
    assert stranger.get(f"/v1/sessions/{session['id']}/seals").status_code == 404


def test_addenda_and_marks_extend_the_chain(world: World, therapist: Caller) -> None:
    session = a_session(therapist, a_couple(therapist), sign=True)
    path = f"/v1/sessions/{session['id']}"
    therapist.made(f"{path}/addenda", {"kind": "correction", "text": "Tuesday, not Monday."})
    marked = therapist.post(f"{path}/entered-in-error", {"reason": "Twice."}, headers=tag(therapist, session))
    assert marked.status_code == 200

    seals = therapist.get(f"{path}/seals").json()["items"]

    assert [(each["number"], each["kind"]) for each in seals] == [
        (1, "session"),
        (2, "addendum"),
        (3, "entered_in_error"),
    ]
    assert [each["previous"] for each in seals[1:]] == [each["digest"] for each in seals[:-1]]
    assert verified(world).faults == []


def test_an_entry_that_is_corrected_later_stays_as_it_was_signed(world: World, therapist: Caller) -> None:
    session = a_session(therapist, a_couple(therapist), sign=True)
    marker = session["entries"]["markers"][0]
    held = {"If-Match": therapist.get(f"/v1/markers/{marker}").headers["ETag"]}
    answer = therapist.post(
        f"/v1/markers/{marker}/entered-in-error", {"reason": "Another couple."}, headers=held
    )

    assert answer.status_code == 201
    assert verified(world).faults == []
    assert verified(world).contents == 1


def test_equal_sessions_have_unlike_digests_so_that_nobody_can_try_texts(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    short = {"note": {"format": "narrative", "text": "No."}, "markers": [], "sign": True}
    rows = [a_session(therapist, couple, **short) for _ in range(2)]
    seals = [therapist.get(f"/v1/sessions/{row['id']}/seals").json()["items"][0] for row in rows]

    assert seals[0]["content_digest"] != seals[1]["content_digest"]


def test_many_who_sign_at_once_make_one_chain_without_gaps(world: World, therapist: Caller) -> None:
    couples = [a_couple(therapist, label=f"C-{n}") for n in range(4)]
    done: list[int] = []

    def sign(couple: Json) -> None:
        with world.client(therapist.key) as http:
            for _ in range(3):
                answer = http.post(f"/v1/couples/{couple['id']}/sessions", json={**SESSION, "sign": True})
                done.append(answer.json()["seal"]["number"])

    threads = [threading.Thread(target=sign, args=(couple,)) for couple in couples]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done) == list(range(1, 13))
    assert verified(world).faults == []


# --- raw SQL ---

FORBIDDEN = (
    "UPDATE session SET note = others_present",
    "UPDATE session SET signed_by = recorded_by, state = 'draft'",
    "UPDATE session SET visibility = 'clinician'",
    "DELETE FROM session",
    "UPDATE marker SET code = 'ACC-MIN'",
    "UPDATE marker SET session_id = NULL",
    "DELETE FROM marker",
    "UPDATE addendum SET kind = 'late_entry'",
    "DELETE FROM addendum",
    "UPDATE seal SET signed_by = NULL",
    "DELETE FROM seal",
    "DELETE FROM chain_head",
    "UPDATE signing_key SET public = wrapped",
    "DELETE FROM signing_key",
    "UPDATE trail SET status = 200",
    "DELETE FROM trail",
    "UPDATE trail_block SET lines = 0",
    "DELETE FROM trail_block",
)
ALLOWED = (
    "UPDATE session SET version = version + 1",
    "UPDATE session SET voided_at = signed_at, voided_by = signed_by",
)
REFUSED = (sqlite3.IntegrityError, psycopg.errors.InsufficientPrivilege)


def as_the_service(world: World, sql: str) -> None:
    """Run a statement as the service's own connection could, and take it back."""
    if raw.is_postgres(world.url):
        with raw.as_service(world.url, world.home()) as connection:
            connection.execute(sql.encode())
        return
    with practice.operating(world.store, world.home(), world.watch(), "test") as chart:
        chart.journey.send("SAVEPOINT tried", {})
        chart.journey.send(sql, {})
        chart.journey.send("ROLLBACK TO tried", {})


def test_the_database_refuses_to_change_or_delete_what_was_signed(world: World, therapist: Caller) -> None:
    session = a_session(therapist, a_couple(therapist), sign=True)
    therapist.made(f"/v1/sessions/{session['id']}/addenda", {"kind": "correction", "text": "Tuesday."})
    with practice.operating(world.store, world.home(), world.watch(), "test") as chart:
        service.seal_trail(chart)
    before = raw.everything(world.url)

    for sql in FORBIDDEN:
        with pytest.raises(REFUSED):
            as_the_service(world, sql)
    for sql in ALLOWED:
        as_the_service(world, sql)

    assert raw.everything(world.url) == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_replacing_a_row_is_deleting_it(world: World, therapist: Caller) -> None:
    a_session(therapist, a_couple(therapist), sign=True)

    with pytest.raises(REFUSED):
        as_the_service(world, "INSERT OR REPLACE INTO trail SELECT * FROM trail")


def test_a_mark_is_set_once(world: World, therapist: Caller) -> None:
    session = a_session(therapist, a_couple(therapist), sign=True)
    therapist.post(
        f"/v1/sessions/{session['id']}/entered-in-error",
        {"reason": "Twice."},
        headers=tag(therapist, session),
    )

    with pytest.raises(REFUSED):
        as_the_service(world, "UPDATE session SET voided_at = NULL")


def test_a_draft_may_be_changed_and_a_trigger_taken_away_lets_everything_through(
    world: World, therapist: Caller
) -> None:
    a_session(therapist, a_couple(therapist))
    as_the_service(world, "UPDATE session SET duration_minutes = 5")

    on = " ON marker" if raw.is_postgres(world.url) else ""
    raw.run(world.url, f"DROP TRIGGER kept_marker_update{on}")
    as_the_service(world, "UPDATE marker SET code = 'ACC-MIN'")
