"""Process notes over HTTP: their author's alone, for a time a supervisor's; nobody else learns that there are any."""

import json
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.errors import LockNotAvailable
from sqlalchemy import false, select, true

from app.chart import plans
from app.chart.chart import Actor, Store, Visit
from app.chart.database import postgres_address
from app.chart.keys import MasterKey, key_id_of
from app.practice import service as practice
from app.process_notes.tables import process_note
from tests.chart import raw
from tests.conftest import MASTER
from tests.people import Caller, Json, World, a_couple, same_refusal

NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"
WORDS = "Zwitscherkanarie in the margin"
NOTE = {"written_on": "2026-03-01", "text": WORDS}


@pytest.fixture
def couple(therapist: Caller) -> Json:
    """A couple of the therapist's."""
    return a_couple(therapist)


@pytest.fixture
def path(couple: Json) -> str:
    """Where its process notes are."""
    return f"/v1/couples/{couple['id']}/process-notes"


def let_in(world: World, therapist: Caller, couple: Json, role: str) -> Caller:
    """Somebody else in the couple's care team."""
    part = "supervisor" if role == "supervisor" else "co_therapist"
    other = world.somebody(role)
    grant = {"person_id": other.person_id, "part": part, "ends_at": "2026-12-31T00:00:00Z"}
    therapist.made(f"/v1/couples/{couple['id']}/care-team", grant)
    return other


def grant(therapist: Caller, couple: Json, reader: Caller, ends_at: str = "2026-06-01T00:00:00Z") -> Json:
    """Let a supervisor read the therapist's process notes."""
    body = {"person_id": reader.person_id, "ends_at": ends_at}
    return therapist.made(f"/v1/couples/{couple['id']}/process-note-grants", body)


def tag(caller: Caller, path: str) -> dict[str, str]:
    """If-Match for what stands at a path."""
    return {"If-Match": caller.get(path).headers["ETag"]}


def bare(answer: httpx.Response) -> tuple[int, Any, Any]:
    """Status, tag and content of an answer."""
    return answer.status_code, answer.headers.get("ETag"), answer.json()


def test_an_author_writes_reads_corrects_and_voids(therapist: Caller, path: str) -> None:
    answer = therapist.post(path, NOTE)
    made = answer.json()
    at = answer.headers["Location"]

    assert answer.status_code == 201
    assert "text" not in made
    assert therapist.get(at).json() | {"text": WORDS, "visibility": "clinician"} == therapist.get(at).json()
    assert (
        therapist.get(at, headers=tag(therapist, at) | {"If-None-Match": answer.headers["ETag"]}).status_code
        == 304
    )
    second = therapist.made(
        f"{at}/corrections", {**NOTE, "text": "Other.", "reason": "x"}, headers=tag(therapist, at)
    )
    assert second["supersedes_id"] == made["id"]
    assert therapist.get(at).json()["superseded_by"] == second["id"]
    newest = f"/v1/process-notes/{second['id']}"
    therapist.made(f"{newest}/entered-in-error", {"reason": "Twice."}, headers=tag(therapist, newest))
    assert therapist.get(path).json()["items"] == []
    assert len(therapist.get(path, params={"history": True}).json()["items"]) == 3


def test_bad_input_is_refused_with_its_pointer(therapist: Caller, path: str) -> None:
    bodies: tuple[tuple[Json, str, str], ...] = (
        ({"written_on": "2026-03-03", "text": "x"}, "/written_on", "in_the_future"),
        ({"written_on": "2026-03-01", "text": ""}, "/text", "string_too_short"),
        ({**NOTE, "visibility": "joint"}, "/visibility", "extra_forbidden"),
    )
    for body, pointer, code in bodies:
        answer = therapist.post(path, body)
        assert answer.status_code == 422
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]


def test_a_closed_case_takes_no_new_ones_and_shows_the_old(
    therapist: Caller, couple: Json, path: str
) -> None:
    therapist.made(path, NOTE)
    of = f"/v1/couples/{couple['id']}"
    closing = {"outcome": "parted_with_clarity", "effective_on": "2026-03-02"}
    assert therapist.post(f"{of}/close", closing, headers=tag(therapist, of)).status_code == 200

    assert therapist.post(path, NOTE).json()["code"] == "couple_closed"
    assert [each["text"] for each in therapist.get(path).json()["items"]] == [WORDS]


# --- nobody else ---


def test_to_everybody_else_notes_that_exist_are_like_notes_that_do_not(
    world: World, therapist: Caller, couple: Json, path: str
) -> None:
    colleague = let_in(world, therapist, couple, "clinician")
    supervisor, reader = (let_in(world, therapist, couple, "supervisor") for _ in range(2))
    administrator, of = world.somebody("administrator"), f"/v1/couples/{couple['id']}"
    looks = ("", "/process-notes", "/process-note-grants", "/care-team", "/progress", "/timeline", "/stopping",
             "/sessions", "/markers")  # fmt: skip

    def seen() -> list[Any]:
        views = [bare(who.get(f"{of}{look}")) for who in (colleague, supervisor) for look in looks]
        versions = [each["evidence_version"] for each in colleague.get("/v1/caseload").json()["items"]]
        return [*views, versions, bare(administrator.get("/v1/people")), therapist.get(of).headers["ETag"]]

    before = seen()
    note = therapist.made(path, NOTE)
    given = grant(therapist, couple, reader)

    assert seen() == before
    assert reader.get(path).json()["items"] != []
    for who in (colleague, supervisor):
        for own, none in (
            (f"/v1/process-notes/{note['id']}", f"/v1/process-notes/{NOBODY}"),
            (f"/v1/process-note-grants/{given['id']}", f"/v1/process-note-grants/{NOBODY}"),
        ):
            assert who.get(own).status_code == 404
            assert same_refusal(who.get(own), who.get(none))
    assert administrator.get(path).status_code == 403


def test_a_colleague_changes_nothing_of_an_author(
    world: World, therapist: Caller, couple: Json, path: str
) -> None:
    note = therapist.made(path, NOTE)
    at = f"/v1/process-notes/{note['id']}"
    colleague, held = let_in(world, therapist, couple, "clinician"), tag(therapist, at)

    for end, body in (("corrections", {**NOTE, "reason": "x"}), ("entered-in-error", {"reason": "x"})):
        theirs = colleague.post(f"{at}/{end}", body, headers=held)
        nothing = colleague.post(f"/v1/process-notes/{NOBODY}/{end}", body, headers=held)
        assert theirs.status_code == 404
        assert same_refusal(theirs, nothing)
    assert colleague.made(path, NOTE)["recorded_by"] == colleague.person_id
    assert len(therapist.get(path).json()["items"]) == 1


def test_an_author_who_left_the_care_team_meets_nothing(
    world: World, therapist: Caller, couple: Json, path: str
) -> None:
    colleague = let_in(world, therapist, couple, "clinician")
    note = colleague.made(path, NOTE)
    team = therapist.get(f"/v1/couples/{couple['id']}/care-team").json()["items"]
    standing = next(each for each in team if each["person_id"] == colleague.person_id)
    at = f"/v1/care-team/{standing['id']}"
    therapist.delete(at, headers=tag(therapist, at))

    assert colleague.get(f"/v1/process-notes/{note['id']}").status_code == 404
    assert colleague.get(path).status_code == 404


def test_no_program_and_no_narrow_key_has_the_scope(world: World, therapist: Caller, path: str) -> None:
    narrow = world.somebody(scopes=["record:read", "record:write"])
    program = world.somebody("integration")

    for who in (narrow, program):
        assert who.get(path).status_code == 403
        assert who.post(path, NOTE).status_code == 403


def test_an_import_knows_no_process_notes(therapist: Caller, couple: Json) -> None:
    line = {"kind": "process_note", "couple_id": couple["id"], **NOTE}
    answer = therapist.http.post(
        "/v1/imports", content=json.dumps(line) + "\n", headers={"Content-Type": "application/x-ndjson"}
    )

    assert WORDS not in answer.text
    assert answer.json()["errors"][0]["pointer"] == "/kind"
    assert therapist.get(f"/v1/couples/{couple['id']}/process-notes").json()["items"] == []


# --- supervision ---


def test_a_named_supervisor_reads_until_the_grant_ends(
    world: World, therapist: Caller, couple: Json, path: str
) -> None:
    note = therapist.made(path, NOTE)
    at = f"/v1/process-notes/{note['id']}"
    supervisor = let_in(world, therapist, couple, "supervisor")
    given = grant(therapist, couple, supervisor)
    where = f"/v1/process-note-grants/{given['id']}"

    assert supervisor.get(at).json()["text"] == WORDS
    assert [each["text"] for each in supervisor.get(path).json()["items"]] == [WORDS]
    assert supervisor.get(where).json() == given
    assert supervisor.post(f"{at}/entered-in-error", {"reason": "x"}).status_code == 403
    assert therapist.delete(where, headers=tag(therapist, where)).status_code == 200
    assert supervisor.get(at).status_code == 404
    assert supervisor.get(path).json()["items"] == []


def test_a_grant_runs_out_by_itself_and_only_for_its_author(
    world: World, therapist: Caller, couple: Json, path: str
) -> None:
    colleague = let_in(world, therapist, couple, "clinician")
    mine, theirs = therapist.made(path, NOTE), colleague.made(path, NOTE)
    supervisor = let_in(world, therapist, couple, "supervisor")
    grant(therapist, couple, supervisor, (world.watch() + timedelta(hours=1)).isoformat())

    assert supervisor.get(f"/v1/process-notes/{mine['id']}").status_code == 200
    assert supervisor.get(f"/v1/process-notes/{theirs['id']}").status_code == 404
    world.watch.go(hours=2)
    assert supervisor.get(f"/v1/process-notes/{mine['id']}").status_code == 404


def test_a_grant_for_one_couple_opens_no_note_about_another(
    world: World, therapist: Caller, couple: Json, path: str
) -> None:
    other = a_couple(therapist)
    there = f"/v1/couples/{other['id']}/process-notes"
    supervisor = let_in(world, therapist, couple, "supervisor")
    standing = {"person_id": supervisor.person_id, "part": "supervisor", "ends_at": "2026-12-31T00:00:00Z"}
    therapist.made(f"/v1/couples/{other['id']}/care-team", standing)
    mine, elsewhere = therapist.made(path, NOTE), therapist.made(there, NOTE)
    grant(therapist, couple, supervisor)

    assert supervisor.get(f"/v1/process-notes/{mine['id']}").status_code == 200
    assert same_refusal(
        supervisor.get(f"/v1/process-notes/{elsewhere['id']}"), supervisor.get(f"/v1/process-notes/{NOBODY}")
    )
    assert supervisor.get(there).json()["items"] == []
    told = therapist.get(f"{there}/accesses").json()["items"]
    of_reader = [each["operation"] for each in told if each["person_id"] == supervisor.person_id]
    assert of_reader == ["getProcessNote"]  # the refused one


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite lets one writer in at a time
def test_two_grants_at_once_to_one_supervisor_are_made_one_after_the_other(
    world: World, therapist: Caller, couple: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervises, met = practice.supervises, []

    def meanwhile(*args: Any) -> bool:
        met.append(couple["id"])
        with psycopg.connect(postgres_address(world.url)) as other, pytest.raises(LockNotAvailable):
            other.execute("SELECT id FROM couple WHERE id = %s FOR NO KEY UPDATE NOWAIT", (met[0],))
        return supervises(*args)

    reader = let_in(world, therapist, couple, "supervisor")
    monkeypatch.setattr(practice, "supervises", meanwhile)
    grant(therapist, couple, reader)
    assert met == [couple["id"]]


def test_only_a_supervisor_of_the_care_team_for_at_most_a_year(
    world: World, therapist: Caller, couple: Json
) -> None:
    path = f"/v1/couples/{couple['id']}/process-note-grants"
    outside, inside = world.somebody("supervisor"), let_in(world, therapist, couple, "supervisor")
    colleague = let_in(world, therapist, couple, "clinician")

    for person_id in (outside.person_id, colleague.person_id, NOBODY):
        answer = therapist.post(path, {"person_id": person_id, "ends_at": "2026-06-01T00:00:00Z"})
        assert answer.json()["errors"][0]["code"] == "unknown_person"
    for ends_at, code in (("2026-03-01T00:00:00Z", "in_the_past"), ("2027-06-01T00:00:00Z", "too_far_ahead")):
        answer = therapist.post(path, {"person_id": inside.person_id, "ends_at": ends_at})
        assert answer.json()["errors"][0]["code"] == code
    grant(therapist, couple, inside)
    again = therapist.post(path, {"person_id": inside.person_id, "ends_at": "2026-06-01T00:00:00Z"})
    assert again.status_code == 409


def test_the_author_alone_is_told_who_touched_them(
    world: World, therapist: Caller, couple: Json, path: str
) -> None:
    colleague, reader = (let_in(world, therapist, couple, role) for role in ("clinician", "supervisor"))
    note = therapist.made(path, NOTE)
    at = f"/v1/process-notes/{note['id']}"
    grant(therapist, couple, reader)
    reader.get(at)
    colleague.get(at)
    colleague.get(path)
    world.somebody(practice_id=world.a_practice("Elsewhere")).get(at)

    told = therapist.get(f"{path}/accesses").json()["items"]

    assert [(each["operation"], each["person_id"], each["outcome"]) for each in told] == [
        ("getProcessNote", colleague.person_id, "refused"),
        ("getProcessNote", reader.person_id, "done"),
        ("grantProcessNotes", therapist.person_id, "done"),
        ("recordProcessNote", therapist.person_id, "done"),
    ]
    assert {each["person_id"] for each in colleague.get(f"{path}/accesses").json()["items"]} == {
        colleague.person_id
    }
    first = therapist.get(f"{path}/accesses", params={"limit": 1}).json()
    second = therapist.get(f"{path}/accesses", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert first["items"][0]["operation"] == "listProcessNoteAccesses"
    assert second["items"] != first["items"]


def test_of_a_reader_whom_two_authors_let_in_each_is_told_no_more_than_what_is_their_own(
    world: World, therapist: Caller, couple: Json, path: str
) -> None:
    colleague, reader = (let_in(world, therapist, couple, role) for role in ("clinician", "supervisor"))
    theirs = colleague.made(path, NOTE)
    given = grant(colleague, couple, reader)
    reader.get(path)
    mine = grant(therapist, couple, reader)
    reader.get(f"/v1/process-notes/{theirs['id']}")
    reader.get(f"/v1/process-note-grants/{given['id']}")
    reader.get(path)
    where = f"/v1/process-note-grants/{mine['id']}"
    therapist.delete(where, headers=tag(therapist, where))
    reader.get(path)

    told = therapist.get(f"{path}/accesses").json()["items"]
    of_reader = [
        (each["operation"], each["target_id"]) for each in told if each["person_id"] != therapist.person_id
    ]

    assert of_reader == [("listProcessNotes", None)]
    assert {each["person_id"] for each in colleague.get(f"{path}/accesses").json()["items"]} == {
        colleague.person_id,
        reader.person_id,
    }


# --- keys and walls ---


def test_their_text_is_sealed_under_a_key_of_its_own(world: World, therapist: Caller, path: str) -> None:
    therapist.made(path, NOTE, headers={"Idempotency-Key": "once"})
    ((sealed,),) = raw.rows(world.url, "SELECT text FROM process_note")
    found = raw.rows(world.url, "SELECT id, purpose, couple_id FROM data_key WHERE couple_id IS NOT NULL")
    purposes = {str(row[0]): row[1] for row in found}

    assert purposes[key_id_of(bytes(sealed))] == "process_notes"
    assert sorted(purposes.values()) == ["process_notes", "record"]
    raw.run(world.url, "DELETE FROM data_key WHERE purpose = 'process_notes'")
    world.store._keys.clear()
    (shut,) = therapist.get(path).json()["items"]
    assert (shut["text"], shut["unreadable"]) == (None, ["text"])
    assert therapist.get(f"/v1/process-notes/{shut['id']}").status_code == 500
    assert therapist.get("/v1/couples").status_code == 200


def test_an_operator_meets_none(world: World, therapist: Caller, path: str) -> None:
    therapist.made(path, NOTE)

    with practice.operating(world.store, world.home(), world.watch(), "test") as chart:
        assert chart.rows(select(process_note.c.id)) == []
        chart.sign(200)


def without_the_charts_wall(world: World, person_id: str, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the database gives to somebody of the practice when the Chart narrows nothing."""
    monkeypatch.setattr(plans, "_predicates", lambda *_, **__: iter((true(),)))
    store = Store(world.url, MasterKey(MASTER), threads=1)
    actor = Actor(world.home(), person_id, "clinician", frozenset())
    try:
        with store.chart(actor, world.watch(), Visit("test", "test"), writing=False) as chart:
            return chart.rows(select(process_note.c.id, process_note.c.recorded_by))
    finally:
        store.close()


def test_the_databases_own_wall_stands_without_the_charts(
    world: World, therapist: Caller, couple: Json, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL narrows to the author by itself; on SQLite the Chart's wall is the only one, as the docs say."""
    therapist.made(path, NOTE)
    colleague = let_in(world, therapist, couple, "clinician")
    supervisor = let_in(world, therapist, couple, "supervisor")
    grant(therapist, couple, supervisor)
    second_wall = raw.is_postgres(world.url)

    assert len(without_the_charts_wall(world, colleague.person_id, monkeypatch)) == (0 if second_wall else 1)
    assert len(without_the_charts_wall(world, supervisor.person_id, monkeypatch)) == 1
    assert len(without_the_charts_wall(world, therapist.person_id, monkeypatch)) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_nobody_writes_in_another_author_s_name(world: World, therapist: Caller, path: str) -> None:
    therapist.made(path, NOTE)
    colleague = world.somebody("clinician")
    copied = (
        "INSERT INTO process_note SELECT practice_id, gen_random_uuid(), couple_id, now(), recorded_by, NULL, NULL,"
        " NULL, false, visibility, NULL, written_on, text FROM process_note"
    )

    with raw.as_service(world.url, world.home()) as connection:
        connection.execute("SELECT set_config('app.person', %s, true)", [colleague.person_id])
        assert connection.execute("SELECT count(*) FROM process_note").fetchone() == (0,)
        connection.execute("SELECT set_config('app.person', %s, true)", [therapist.person_id])
        assert connection.execute("SELECT count(*) FROM process_note").fetchone() == (1,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(copied.replace("recorded_by,", f"'{colleague.person_id}',").encode())


def test_a_wall_that_forgot_the_author_would_be_noticed(
    world: World, therapist: Caller, couple: Json, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted flaw: with the predicate gone, the colleague's list is no longer what it is for none."""
    therapist.made(path, NOTE)
    colleague = let_in(world, therapist, couple, "clinician")
    assert colleague.get(path).json()["items"] == []
    monkeypatch.setattr(plans, "_of_person", lambda *_: false().is_not(None))
    world.store._plans = {}

    seen = colleague.get(path).json()["items"]

    assert len(seen) == (0 if raw.is_postgres(world.url) else 1)
