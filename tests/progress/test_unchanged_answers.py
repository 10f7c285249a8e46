"""An answer's tag stands as long as nothing that it is made of changes, and a caller who has it waits for nothing."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from app.couples.case import Case
from app.progress import case_record, caseload, service
from app.progress.service import _STAGES
from app.progress.shared import Shared
from app.reviews import service as reviews
from tests.chart import raw
from tests.people import Caller, Json, World, a_couple
from tests.progress.records import a_concern, a_marker
from tests.walks.matrix import resolved

ANSWERS = ("progress", "stopping", "timeline", "explanation")
PLACES = {
    "betrayal": "betrayals",
    "repair_start": "repair-starts",
    "session": "sessions",
    "marker": "markers",
    "cessation": "cessation",
    "threat_report": "threat-reports",
    "commitment": "commitments",
    "pause": "pauses",
    "known_date": "known-dates",
    "stage": "stages",
    "safety_concern": "safety-concerns",
    "review": "reviews",
}
"""What answers are made of, by table, and where a caller records it."""


def path_of(couple: Json, what: str) -> str:
    return f"/v1/couples/{couple['id']}/{what}"


def tag(caller: Caller, couple: Json, what: str = "progress", query: str = "") -> str:
    answer = caller.get(path_of(couple, what) + query)
    assert answer.status_code == 200, answer.text
    return answer.headers["ETag"]


@pytest.fixture
def couple(therapist: Caller) -> Json:
    return a_couple(therapist)


@pytest.fixture
def bodies(world: World) -> Callable[[str], Json]:
    """A documented example of what a place takes."""
    document = world.app.openapi()

    def example(place: str) -> Json:
        schema = document["paths"]["/v1/couples/{couple_id}/" + place]["post"]["requestBody"]
        return dict(resolved(document, schema["content"]["application/json"]["schema"])["examples"][0])

    return example


def test_whoever_has_an_answer_is_told_so_with_one_look_at_the_case(
    therapist: Caller, couple: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {what: tag(therapist, couple, what) for what in ANSWERS}
    monkeypatch.setattr(service, "read_record", lambda *_: pytest.fail("nothing is read for it"))
    for what, etag in known.items():
        again = therapist.get(path_of(couple, what), headers={"If-None-Match": etag})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    assert len(set(known.values())) == len(ANSWERS)


def test_every_table_that_answers_are_made_of_is_named_here(world: World) -> None:
    read: set[str] = set()
    for statement in (*case_record.EVIDENCE, _STAGES, reviews._EVIDENCE):
        read |= world.store.plan(statement, couple=True, everything=True).tables
    assert read == PLACES.keys() | {"case_status", "check_in"}


def test_each_kind_of_entry_changes_the_tag_when_recorded_and_when_voided(
    world: World, therapist: Caller, couple: Json, bodies: Callable[[str], Json]
) -> None:
    for table in PLACES:
        recorded_and_voided(world, therapist, couple, bodies, table)


def recorded_and_voided(
    world: World, therapist: Caller, couple: Json, bodies: Callable[[str], Json], table: str
) -> None:
    before, rows = tag(therapist, couple), count(world, table)
    body = bodies(PLACES[table])
    if table == "commitment":
        body["owner_partner_id"] = couple["partners"][1]["id"]
    made = therapist.post(path_of(couple, PLACES[table]), body)
    assert made.status_code == 201, made.text
    assert count(world, table) > rows
    recorded = tag(therapist, couple)
    assert recorded != before

    if "Location" in made.headers:  # a start of repair has no address of its own
        void(therapist, made.headers["Location"])
        assert tag(therapist, couple) not in (before, recorded)


def void(caller: Caller, path: str) -> None:
    headers = {"If-Match": caller.get(path).headers["ETag"]}
    gone = caller.post(f"{path}/entered-in-error", {"reason": "For the wrong couple."}, headers=headers)
    assert gone.status_code in (200, 201), gone.text


def test_a_check_in_changes_the_tag_when_recorded_and_when_voided(
    therapist: Caller, couple: Json, bodies: Callable[[str], Json]
) -> None:
    owner = {"owner_partner_id": couple["partners"][1]["id"]}
    made = therapist.made(path_of(couple, "commitments"), {**bodies("commitments"), **owner})
    seen = [tag(therapist, couple)]
    check_in = {"checked_on": "2026-03-01", "outcome": "kept"}
    done = therapist.post(f"/v1/commitments/{made['id']}/check-ins", check_in)
    assert done.status_code == 201, done.text
    seen.append(tag(therapist, couple))
    void(therapist, done.headers["Location"])
    seen.append(tag(therapist, couple))
    assert len(set(seen)) == 3


def count(world: World, table: str) -> int:
    return int(raw.rows(world.url, f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608 - our own names


def test_closing_and_reopening_change_the_tag(therapist: Caller, couple: Json) -> None:
    path, seen = path_of(couple, "")[:-1], [tag(therapist, couple)]
    for verb, body in (("close", {"outcome": "parted_with_clarity"}), ("reopen", {})):
        etag = therapist.get(path).headers["ETag"]
        body = {**body, "effective_on": "2026-03-01"}
        done = therapist.post(f"{path}/{verb}", body, headers={"If-Match": etag})
        assert done.status_code == 200, done.text
        seen.append(tag(therapist, couple))
    assert len(set(seen)) == 3


def test_another_state_of_a_concern_changes_the_tag(therapist: Caller, couple: Json) -> None:
    concern = a_concern(therapist, couple)
    before, path = tag(therapist, couple), f"/v1/safety-concerns/{concern['id']}"
    etag = therapist.get(path).headers["ETag"]
    body = {"state": "resolved", "on": "2026-02-25", "reason": "Both were seen alone again."}
    done = therapist.post(f"{path}/state", body, headers={"If-Match": etag})
    assert done.status_code == 201, done.text
    assert tag(therapist, couple) != before


def test_another_question_has_another_tag(therapist: Caller, couple: Json) -> None:
    asked = [
        ("progress", ""),
        ("progress", "?as_of=2026-02-01"),
        ("progress", "?known_at=2026-03-01"),
        ("progress", "?as_of=2026-02-01&known_at=2026-03-01"),
        ("timeline", ""),
        ("timeline", "?history=weekly"),
    ]
    assert len({tag(therapist, couple, what, query) for what, query in asked}) == len(asked)


def test_another_day_has_another_tag_and_another_person_the_same(
    world: World, therapist: Caller, couple: Json
) -> None:
    colleague = world.somebody("clinician", name="Dr. Other")
    joined = therapist.post(
        path_of(couple, "care-team"), {"person_id": colleague.person_id, "part": "co_therapist"}
    )
    assert joined.status_code == 201, joined.text
    today = tag(therapist, couple)
    assert tag(colleague, couple) == today
    world.watch.go(days=1)
    assert tag(therapist, couple) != today


def test_a_stranger_with_the_right_tag_is_told_no_more_than_without(
    world: World, therapist: Caller, couple: Json
) -> None:
    known, stranger = tag(therapist, couple), world.somebody("clinician", name="Dr. Other")
    refused = stranger.get(path_of(couple, "progress"), headers={"If-None-Match": known})
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


def test_a_couple_whose_version_stood_still_would_be_answered_with_what_was(
    therapist: Caller, couple: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tag(therapist, couple)
    monkeypatch.setattr(Case, "evidence_changed", lambda *_: None)
    a_marker(therapist, couple, "ACC-FULL", date(2026, 2, 20))
    assert tag(therapist, couple) == before  # the planted flaw: what the tests above would catch


# --- the caseload ---


def caseload_tag(caller: Caller, query: str = "") -> str:
    answer = caller.get(f"/v1/caseload{query}")
    assert answer.status_code == 200, answer.text
    return answer.headers["ETag"]


def test_the_caseload_has_one_tag_until_something_in_it_changes(
    world: World, therapist: Caller, couple: Json
) -> None:
    seen = [caseload_tag(therapist)]
    assert caseload_tag(therapist) == seen[0]
    again = therapist.get("/v1/caseload", headers={"If-None-Match": seen[0]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", seen[0])

    seen.append(caseload_tag(therapist, "?limit=1"))
    a_marker(therapist, couple, "ACC-FULL", date(2026, 2, 20))
    stale = therapist.get("/v1/caseload", headers={"If-None-Match": seen[0]})
    assert stale.status_code == 200
    seen.append(stale.headers["ETag"])
    etag = therapist.get(path_of(couple, "")[:-1]).headers["ETag"]
    therapist.patch(path_of(couple, "")[:-1], {"label": "other"}, headers={"If-Match": etag})
    seen.append(caseload_tag(therapist))
    a_couple(therapist, label="one more")
    seen.append(caseload_tag(therapist))
    world.watch.go(days=1)
    seen.append(caseload_tag(therapist))
    assert len(set(seen)) == len(seen)


def test_many_who_ask_at_once_wait_for_the_first_to_work_it_out(
    world: World, therapist: Caller, couple: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, looks, go_on = service.look, [], threading.Event()

    def slowly(*args: Any) -> Any:
        looks.append(args)
        go_on.wait(60)
        return look(*args)

    monkeypatch.setattr(service, "look", slowly)
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(therapist.get, "/v1/caseload") for _ in range(3)]
        until(lambda: caseload.SHARED.waiting == 2)
        go_on.set()
        answers = [each.result() for each in asked]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({answer.content for answer in answers}) == len({a.headers["ETag"] for a in answers}) == 1
    assert len(looks) == 1
    assert therapist.get("/v1/caseload").content == answers[0].content
    assert caseload.SHARED._under_way == {}


def until(so: Callable[[], bool]) -> None:
    """However long it takes, as long as it comes."""
    for _ in range(6_000):
        if so():
            return
        time.sleep(0.01)
    pytest.fail("it never came")


def test_when_the_first_cannot_work_it_out_the_next_one_does() -> None:
    shared, tried = Shared[str](), threading.Event()

    def fail() -> str:
        tried.set()
        until(lambda: shared.waiting == 1)
        raise ValueError

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(shared.work_out, "key", fail)
        tried.wait(60)
        second = pool.submit(shared.work_out, "key", lambda: "found")
        assert isinstance(first.exception(60), ValueError)
        assert second.result(60) == ("found", True)
