"""Every operation × everybody: strangers meet what does not exist, narrow keys their scopes, owners what is theirs."""

from typing import Any

import pytest
from fastapi import APIRouter
from starlette.responses import Response

from app import openapi
from app.couples import service as couples
from app.couples.schemas import CoupleOut
from app.practice import service as practice
from app.practice.door import DoorRoute, Reading
from app.wire.answers import answer, documents
from app.wire.types import Id
from tests.people import Caller, Json, World
from tests.walks import matrix
from tests.walks.matrix import CANARY, MAKERS, NOBODY, SAFETY_CANARY, Estate, Operation, told

SERVER_OWNED = (
    "id", "practice_id", "couple_id", "version", "recorded_at", "recorded_by", "source_recorded_at", "created_at",
    "created_by", "supersedes_id", "superseded_by", "entered_in_error", "signed_at", "signed_by", "state", "session_id",
    "evidence_version", "granted_by", "secret", "digest", "snapshot",
)  # fmt: skip


@pytest.fixture
def document(world: World) -> Json:
    """The document as it is served."""
    return dict(world.app.openapi())


@pytest.fixture
def estate(world: World, document: Json) -> Estate:
    """A clinician's couple with an entry of every kind, late enough in the year for every documented example."""
    world.watch.go(days=263)
    owner, administrator = world.somebody("clinician", name="Dr. Owner"), world.somebody("administrator")
    return Estate(world, document, owner, administrator, matrix.marked).fresh().filled()


def test_every_path_parameter_has_somebody_who_makes_it(document: Json) -> None:
    wanted = {each.parameter for each in matrix.operations(document).values() if each.parameter}

    assert wanted == set(MAKERS)


def test_those_who_may_reach_every_operation(estate: Estate) -> None:
    therapist = matrix.reached(estate)
    colleague = matrix.reached(estate, estate.world.somebody("clinician"))

    for statuses in (therapist, colleague):
        missed = {name: status for name, status in statuses.items() if status not in (200, 201)}
        assert len(missed) <= 0.05 * len(statuses), f"the matrix proves nothing about {missed}"


def test_strangers_meet_what_does_not_exist_and_change_nothing(estate: Estate) -> None:
    before = estate.view()
    strangers = matrix.strangers(estate)
    before["listCareTeam"] = estate.view()["listCareTeam"]  # the supervisor's grant is new

    found = matrix.found_by_strangers(estate, estate.all.values(), strangers)

    assert found == []
    assert CANARY in repr(before)
    assert SAFETY_CANARY in repr(before)
    assert estate.view() == before


def test_keys_that_are_not_in_force_open_nothing(estate: Estate) -> None:
    found = matrix.found_by_the_shut_out(estate, estate.all.values(), matrix.shut_out(estate))

    assert found == []


OPEN_TO_ALL = {"getMe", "listSigningKeys", "listStageKinds", "listMarkerKinds", "getIndicatorRules"}
JUDGED = {
    "getProgress",
    "getStopping",
    "getTimeline",
    "getCaseload",
    "assess",
    "explainProgress",
    "explainAssessment",
    "listJointSummaries",
    "getJointSummary",
}


def may_read_the_record(operation: Operation) -> bool:
    """What the scope record:read opens."""
    if operation.name in OPEN_TO_ALL:
        return True
    beyond = operation.tag in ("safety", "process notes", "access reports") or operation.name in JUDGED
    practices = operation.tag == "practice" and not operation.clinical
    return operation.method == "get" and not beyond and not practices


def test_a_key_for_reading_the_record_writes_nothing_and_learns_nothing_of_safety(estate: Estate) -> None:
    key = matrix.another_key(estate.world, estate.owner, ["record:read"])
    before = estate.view()

    assert matrix.found_by_narrow_key(estate, estate.all.values(), key, may_read_the_record) == []
    assert estate.view() == before


def test_a_key_for_indicators_reads_indicators_alone(estate: Estate) -> None:
    key = matrix.another_key(estate.world, estate.owner, ["indicators:read"])
    before = estate.view()

    found = matrix.found_by_narrow_key(
        estate, estate.all.values(), key, lambda each: each.name in OPEN_TO_ALL | JUDGED
    )

    assert found == []
    assert estate.view() == before


# --- ids inside bodies, queries and cursors ---


def _attackers(estate: Estate) -> dict[str, Estate]:
    """Who brings a couple of their own along: a colleague, another practice, and the owner in another couple."""
    world = estate.world
    elsewhere = world.a_practice("Elsewhere")
    colleague = world.somebody("clinician", practice_id=estate.practice)
    foreigner = world.somebody("clinician", practice_id=elsewhere)
    keepers = {
        "colleague": (colleague, estate.administrator),
        "other practice": (foreigner, world.somebody("administrator", practice_id=elsewhere)),
        "owner, in another couple": (estate.owner, estate.administrator),
    }
    return {
        who: Estate(world, estate.document, owner, administrator).fresh().filled()
        for who, (owner, administrator) in keepers.items()
    }


def test_foreign_ids_in_a_body_are_like_ids_of_nobody(estate: Estate) -> None:
    before, found, tried = estate.view(), [], 0
    for who, own in _attackers(estate).items():
        for operation in own.all.values():
            for way in matrix.id_fields(estate.document, operation.schema):
                tried += 1
                found += [
                    f"{operation.name} by {who}: {what}" for what in _told_apart(own, estate, operation, way)
                ]

    assert found == [], "\n".join(found)
    assert tried > 60
    assert {
        name: seen for name, seen in estate.view().items() if name not in ("listCouples", "getCaseload")
    } == {name: seen for name, seen in before.items() if name not in ("listCouples", "getCaseload")}


TAKEN_BY_BODIES = ("couple_id", "commitment_id", "session_id")


def _told_apart(own: Estate, owners: Estate, operation: Operation, way: tuple[Any, ...]) -> list[str]:
    """Whether one id of the owner's in this field is answered in another way than nobody's."""
    etag = own.etag(operation) if operation.parameter else None
    base = own.body(operation)
    if way[-1] == "visible_partner_id":
        base = matrix.with_value(own.document, base, operation.schema, (*way[:-1], "visibility"), "partner")

    def sent(value: str) -> Any:
        body = base and matrix.with_value(own.document, base, operation.schema, way, value)
        return None if body is None else told(own.send(own.keeper(operation), operation, body, etag=etag))

    nobody = sent(NOBODY)
    if nobody is None:
        return [f"no body could be made for {way}"]
    if nobody[0] < 400:
        return [f"{way} takes the id of nobody"]
    foreign = [owners.partners[0], owners.directions[0], *(owners.ids[name] for name in TAKEN_BY_BODIES)]
    if own.practice != owners.practice:  # people of one's own practice may be named
        foreign.append(owners.ids["person_id"])
    return [f"{way} tells {value} from nobody" for value in foreign if sent(value) != nobody]


def test_foreign_ids_in_a_query_are_like_ids_of_nobody(estate: Estate) -> None:
    found = []
    for who, own in _attackers(estate).items():
        for operation in own.all.values():
            for name, schema in operation.query.items():
                if '"uuid"' not in str(schema).replace("'", '"'):
                    continue
                body = own.body(operation)
                query = {"dry_run": True} if operation.name == "importRecords" else {}
                values = [*(owners for owners in estate.ids.values()), *estate.partners, *estate.directions]
                if own.practice == estate.practice:
                    values.remove(estate.ids["person_id"])
                twin = told(own.send(own.owner, operation, body, query={**query, name: NOBODY}))
                answers = [
                    told(own.send(own.owner, operation, body, query={**query, name: value}))
                    for value in values
                ]
                found += [f"{operation.name} by {who}: {name}" for each in answers if each != twin]

    assert found == []


def test_a_cursor_of_another_couple_opens_nothing(estate: Estate) -> None:
    found, tried = [], 0
    attackers = _attackers(estate)
    for operation in estate.all.values():
        if "cursor" not in operation.query or (operation.tag == "practice" and not operation.clinical):
            continue
        fields = {"listCouples", "getCaseload"}
        if operation.name not in fields and operation.parameter in MAKERS:
            estate_again(estate, operation)
        page = estate.send(estate.owner, operation, query={"limit": 1, **history(operation)}).json()
        cursor = page["next_cursor"]
        if cursor is None:
            continue
        tried += 1
        for who, own in attackers.items():
            query = {"limit": 1, "cursor": cursor, **history(operation)}
            theirs = own.send(own.owner, operation, query=query, ids=estate.ids)
            nobody = own.send(own.owner, operation, query=query, ids=dict.fromkeys(MAKERS, NOBODY))
            mine = own.send(own.owner, operation, query=query)
            shared = operation.name in fields or own.owner is estate.owner
            if not shared and told(theirs) != told(nobody):
                found.append(f"{operation.name} by {who}: tells the owner's couple from none")
            if (own.practice != estate.practice or operation.clinical) and mine.status_code != 400:
                found.append(f"{operation.name} by {who}: takes the cursor, {mine.status_code}")
            if own.owner is not estate.owner and CANARY in mine.text + theirs.text:
                found.append(f"{operation.name} by {who}: tells what is the owner's")

    assert found == []
    assert tried >= 12


def history(operation: Operation) -> Json:
    """Show superseded entries too, where a list can: a corrected entry makes a second item."""
    return {"history": True} if "history" in operation.query else {}


def estate_again(estate: Estate, operation: Operation) -> None:
    """One more item in a list of the owner's: a second entry, or the first one marked as entered in error."""
    kept = dict(estate.ids)
    estate.supervisor = None
    maker = operation.path.split("/")[-1]
    for parameter, name in MAKERS.items():
        made = estate.all[name]
        if made.path.split("/")[-1] == maker and made.path.startswith("/v1/couples/{"):
            answer = estate.send(estate.keeper(made), made, estate.body(made))
            if answer.status_code == 201:
                continue
            voids = (
                each
                for each in estate.all.values()
                if each.parameter == parameter and each.path.endswith("in-error")
            )
            for void in voids:
                estate.send(estate.owner, void, estate.body(void))
    estate.ids = kept


# --- what the server owns ---


def test_no_body_may_set_what_the_server_owns(estate: Estate) -> None:
    before, found = estate.view(), []
    for operation in estate.all.values():
        if operation.media != "application/json":
            continue
        properties = set(operation.schema["properties"])
        owned = [name for name in SERVER_OWNED if name not in properties]
        body = {**estate.body(operation), **dict.fromkeys(owned, "2020-01-01")}
        answered = estate.send(estate.keeper(operation), operation, body)
        pointers = [each["pointer"] for each in answered.json().get("errors", ())]
        missing = [name for name in owned if f"/{name}" not in pointers]
        if answered.status_code != 422 or missing:
            found.append(f"{operation.name} takes {missing or owned}: {answered.status_code}")

    assert found == []
    assert estate.view() == before


def test_no_undeclared_method_answers(estate: Estate) -> None:
    declared: dict[str, set[str]] = {}
    for operation in estate.all.values():
        declared.setdefault(operation.path, set()).add(operation.method.upper())
    found = []
    for path, methods in declared.items():
        for method in {
            "GET",
            "POST",
            "PUT",
            "PATCH",
            "DELETE",
            "HEAD",
            "OPTIONS",
            "TRACE",
            "QUERY",
        } - methods:
            answer = estate.owner.http.request(
                method, path.format_map({**dict.fromkeys(MAKERS, NOBODY), **estate.ids})
            )
            if answer.status_code != 405 or set(answer.headers["Allow"].split(", ")) != methods:
                found.append(f"{method} {path}: {answer.status_code} {answer.headers.get('Allow')}")

    assert found == []


# --- the matrix can fail ---


def test_a_route_that_skips_the_care_team_is_found(estate: Estate) -> None:
    backdoor = APIRouter(prefix="/v1", route_class=DoorRoute)

    @backdoor.get(
        "/couples/{couple_id}/glance", operation_id="glance", tags=["couples"], **documents(CoupleOut)
    )
    def glance(couple_id: Id, chart: Reading) -> Response:
        home, store = chart.actor.practice_id, chart.store
        with practice.operating(store, home, chart.now, "glance") as everything:
            return answer(couples.read(everything, couple_id))

    routes = estate.world.app.router.routes
    before = list(routes)
    estate.world.app.include_router(backdoor)
    try:
        planted = matrix.operations(openapi.document(estate.world.app, openapi.TAGS))["glance"]
        colleague: dict[str, Caller] = {"colleague": estate.world.somebody("clinician")}
        found = matrix.found_by_strangers(estate, [planted], colleague)
    finally:
        routes[:] = before

    assert "glance by colleague: answers 200" in found
    assert "glance by colleague: tells what is the owner's" in found
