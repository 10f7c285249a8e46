"""Break-glass over HTTP: an hour's reading in an emergency, told at once, reviewed by another; never more than that."""

from typing import Any

import psycopg
import pytest
from psycopg.errors import LockNotAvailable

from app.break_glass import service
from app.chart import plans
from app.chart.database import postgres_address
from app.couples.case import open_case
from tests.chart import raw
from tests.people import Caller, Json, World, a_couple, same_refusal

NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"
WHY = {"reason": "imminent_danger", "words": "Zwitscherkanarie on the line."}
MARKER = {"code": "ACC-IMPACT", "observed_on": "2026-02-20", "basis": "observed_in_session"}


@pytest.fixture
def couple(therapist: Caller) -> Json:
    """A couple of the therapist's."""
    return a_couple(therapist)


@pytest.fixture
def path(couple: Json) -> str:
    """Where the couple is."""
    return f"/v1/couples/{couple['id']}"


@pytest.fixture
def outsider(world: World) -> Caller:
    """A clinician of the practice who does not stand in the care team."""
    return world.somebody("clinician", name="Dr. Outside")


def tag(caller: Caller, path: str) -> dict[str, str]:
    """If-Match for what stands at a path."""
    return {"If-Match": caller.get(path).headers["ETag"]}


def reading(path: str) -> tuple[str, ...]:
    """What an emergency opens."""
    return (path, *(f"{path}/{end}" for end in ("betrayals", "markers", "sessions", "progress", "safety-concerns",
                                                "safety-screens", "break-glass")))  # fmt: skip


def test_an_emergency_opens_the_record_for_reading_for_an_hour(
    world: World, outsider: Caller, path: str
) -> None:
    assert {outsider.get(each).status_code for each in reading(path)} == {404}

    opened = outsider.made(f"{path}/break-glass", WHY)

    assert (opened["reason"], opened["words"]) == (WHY["reason"], WHY["words"])
    assert opened["begins_at"][:16] == "2026-03-02T09:00"
    assert opened["ends_at"][:16] == "2026-03-02T10:00"
    assert {outsider.get(each).status_code for each in reading(path)} == {200}
    world.watch.go(minutes=60)
    assert {outsider.get(each).status_code for each in reading(path)} == {404}
    assert outsider.get(f"/v1/break-glass/{opened['id']}").json() == opened


def test_nothing_is_written_under_an_emergency(outsider: Caller, therapist: Caller, path: str) -> None:
    held = tag(therapist, path)
    outsider.made(f"{path}/break-glass", WHY)
    grant = {"person_id": outsider.person_id, "part": "co_therapist"}

    for end, body in (
        ("/markers", MARKER),
        ("/care-team", grant),
        ("/process-notes", {"written_on": "2026-03-01", "text": "x"}),
    ):
        assert outsider.post(f"{path}{end}", body).status_code == 404, end
    assert outsider.patch(path, {"label": "x"}, headers=held).status_code == 404
    assert therapist.get(path).headers["ETag"] == held["If-Match"]


def test_process_notes_stay_closed(outsider: Caller, therapist: Caller, path: str) -> None:
    note = therapist.made(f"{path}/process-notes", {"written_on": "2026-03-01", "text": "Own."})
    outsider.made(f"{path}/break-glass", WHY)

    assert outsider.get(f"{path}/process-notes").json()["items"] == []
    own, none = (outsider.get(f"/v1/process-notes/{each}") for each in (note["id"], NOBODY))
    assert own.status_code == 404
    assert same_refusal(own, none)


def test_who_may_not_break_it_meets_what_does_not_exist(
    world: World, therapist: Caller, outsider: Caller, path: str
) -> None:
    narrow = world.somebody(scopes=["record:read", "record:write"])
    foreign = world.somebody(practice_id=world.a_practice("Elsewhere"))
    nothing = f"/v1/couples/{NOBODY}/break-glass"

    for who, status in (
        (narrow, 403),
        (world.somebody("integration"), 403),
        (world.somebody("supervisor"), 403),
        (world.somebody("administrator"), 403),
        (foreign, 404),
    ):
        answer = who.post(f"{path}/break-glass", WHY)
        assert answer.status_code == status
        assert same_refusal(answer, who.post(nothing, WHY))
    assert outsider.post(nothing, WHY).status_code == 404
    assert therapist.post(f"{path}/break-glass", WHY).status_code == 409
    assert raw.count(world.url, "break_glass") == 0


def test_bad_input_is_refused_with_its_pointer(outsider: Caller, path: str) -> None:
    bodies: tuple[tuple[Json, str], ...] = (
        ({"reason": "curiosity", "words": "x"}, "/reason"),
        ({"reason": "imminent_danger"}, "/words"),
        ({**WHY, "ends_at": "2027-01-01T00:00:00Z"}, "/ends_at"),
    )
    for body, pointer in bodies:
        answer = outsider.post(f"{path}/break-glass", body)
        assert answer.status_code == 422
        assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


def test_three_emergencies_a_day_and_then_nothing_can_be_told(
    world: World, therapist: Caller, outsider: Caller
) -> None:
    paths = [f"/v1/couples/{a_couple(therapist)['id']}/break-glass" for _ in range(4)]
    for path in paths[:3]:
        outsider.made(path, WHY)

    refused = outsider.post(paths[3], WHY)

    assert (refused.status_code, refused.json()["code"]) == (429, "break_glass_spent")
    assert same_refusal(refused, outsider.post(f"/v1/couples/{NOBODY}/break-glass", WHY))
    world.watch.go(hours=25)
    assert outsider.post(paths[3], WHY).status_code == 201


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite lets one writer in at a time
def test_emergencies_of_one_person_are_counted_one_after_the_other(
    world: World, outsider: Caller, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[str] = []

    def meanwhile(*args: Any, **options: Any) -> Any:
        met.append(outsider.person_id)
        with psycopg.connect(postgres_address(world.url)) as other, pytest.raises(LockNotAvailable):
            other.execute("SELECT id FROM person WHERE id = %s FOR NO KEY UPDATE NOWAIT", (met[0],))
        return open_case(*args, **options)

    monkeypatch.setattr(service, "open_case", meanwhile)
    outsider.made(f"{path}/break-glass", WHY)
    assert met == [outsider.person_id]


def test_the_same_post_again_opens_nothing_again(world: World, outsider: Caller, path: str) -> None:
    key = {"Idempotency-Key": "emergency"}
    first = outsider.post(f"{path}/break-glass", WHY, headers=key)
    again = outsider.post(f"{path}/break-glass", WHY, headers=key)

    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert raw.count(world.url, "break_glass") == 1
    world.watch.go(minutes=61)
    assert outsider.post(f"{path}/break-glass", WHY, headers=key).status_code == 404


# --- told at once, reviewed by another ---


def review_tasks(caller: Caller) -> list[Json]:
    """What the caseload asks the caller to review."""
    items = caller.get("/v1/caseload").json()["items"]
    return [task for item in items for task in item["tasks"] if task["code"] == "break_glass_review"]


def test_the_care_team_and_the_administrator_learn_of_it_at_once(
    world: World, therapist: Caller, outsider: Caller, path: str
) -> None:
    administrator = world.somebody("administrator")
    assert review_tasks(therapist) == []

    opened = outsider.made(f"{path}/break-glass", WHY)

    assert [task["on"] for task in review_tasks(therapist)] == ["2026-03-05"]
    assert therapist.get(f"{path}/break-glass").json()["items"] == [opened]
    team = therapist.get(f"{path}/care-team").json()["items"]
    assert [each["part"] for each in team] == ["treating", "break_glass"]
    (event,) = administrator.get("/v1/break-glass").json()["items"]
    assert event["person_id"] == outsider.person_id
    assert {"reason", "words", "report", "review", "finding"}.isdisjoint(event)
    assert administrator.get(f"/v1/break-glass/{opened['id']}").status_code == 403
    stranger = world.somebody("clinician")
    assert stranger.get("/v1/break-glass").json()["items"] == []
    assert same_refusal(
        stranger.get(f"/v1/break-glass/{opened['id']}"), stranger.get(f"/v1/break-glass/{NOBODY}")
    )


def test_somebody_else_reviews_it(
    world: World, therapist: Caller, outsider: Caller, couple: Json, path: str
) -> None:
    event = f"/v1/break-glass/{outsider.made(f'{path}/break-glass', WHY)['id']}"
    found = {"finding": "justified", "words": "Called for."}
    therapist.made(f"{path}/care-team", {"person_id": outsider.person_id, "part": "covering"})

    program = world.somebody("integration")
    therapist.made(f"{path}/care-team", {"person_id": program.person_id, "part": "integration"})

    by_program = program.post(f"{event}/review", found, headers=tag(program, event))
    assert (by_program.status_code, by_program.json()["code"]) == (403, "clinician_needed")
    own = outsider.post(f"{event}/review", found, headers=tag(outsider, event))
    assert (own.status_code, own.json()["code"]) == (403, "second_person_needed")
    assert (
        world.somebody("clinician").post(f"{event}/review", found, headers={"If-Match": '"x"'}).status_code
        == 404
    )
    assert therapist.post(f"{event}/review", found).status_code == 428
    reviewed = therapist.post(f"{event}/review", found, headers=tag(therapist, event))
    assert (reviewed.status_code, reviewed.json()["reviewed_by"]) == (200, therapist.person_id)
    assert review_tasks(therapist) == []
    assert therapist.post(f"{event}/review", found, headers=tag(therapist, event)).status_code == 409


def test_saying_what_was_done_ends_the_reading(therapist: Caller, outsider: Caller, path: str) -> None:
    event = f"/v1/break-glass/{outsider.made(f'{path}/break-glass', WHY)['id']}"
    done = {"done": "Plan read to the crisis team."}
    assert therapist.post(f"{event}/report", done, headers=tag(therapist, event)).status_code == 404

    told = outsider.post(f"{event}/report", done, headers=tag(outsider, event))

    assert told.json()["report"] == done["done"]
    assert told.json()["begins_at"] < told.json()["ends_at"] <= told.json()["reported_at"]
    assert outsider.get(path).status_code == 404
    assert therapist.get(event).json() == told.json()
    assert outsider.post(f"{event}/report", done, headers=tag(outsider, event)).status_code == 409


def test_what_is_on_record_of_an_emergency_stays(world: World, outsider: Caller, path: str) -> None:
    outsider.made(f"{path}/break-glass", WHY)

    for change in ("UPDATE break_glass SET reason = 'medical_emergency'", "DELETE FROM break_glass"):
        with pytest.raises(Exception, match=r"stays as it is|refuse"):
            raw.run(world.url, change)


def test_a_wall_that_let_an_emergency_write_would_be_noticed(
    world: World, outsider: Caller, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted flaw: when the part is not kept apart in writing requests, a marker goes in."""
    outsider.made(f"{path}/break-glass", WHY)
    assert outsider.post(f"{path}/markers", MARKER).status_code == 404
    monkeypatch.setattr("app.chart.chart.BREAK_GLASS", "")
    assert plans.BREAK_GLASS == "break_glass"

    assert outsider.post(f"{path}/markers", MARKER).status_code == 201
