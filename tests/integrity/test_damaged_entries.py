"""A damaged text in a list hides no other entry and is told as such; whoever reads the one entry is refused."""

import logging
from collections.abc import Callable

import pytest

from tests.chart import raw
from tests.commitments.test_commitments_api import a_commitment
from tests.people import Caller, Json, World, a_betrayal, a_couple
from tests.reviews.test_reviews_api import a_review
from tests.walks.matrix import another_key

JOINT = {"visibility": "joint"}
WHENEVER = {"kind": "whenever", "event": "a message from the former contact arrives"}


def a_marker(couple: Json) -> Json:
    return {"code": "ACC-IMPACT", "observed_on": "2026-02-20", "basis": "observed_in_session", "words": "x"}


def a_stage(couple: Json) -> Json:
    return {"stage": "stabilisation", "entered_on": "2026-02-20", "evidence": "x", **JOINT}


def a_promise(couple: Json) -> Json:
    return a_commitment(couple, cadence=WHENEVER, **JOINT)


def a_repair_start(couple: Json) -> Json:
    return {"direction_id": couple["directions"][0]["id"], "starts_on": "2026-02-20", "reason": "x"}


def a_note(couple: Json) -> Json:
    return {"written_on": "2026-02-20", "text": "x"}


ENTRIES: dict[str, tuple[str, tuple[str, ...], Callable[[Json], Json]]] = {
    "markers": ("marker", ("words",), a_marker),
    "stages": ("stage", ("evidence",), a_stage),
    "commitments": ("commitment", ("action", "event"), a_promise),
    "betrayals": (
        "betrayal",
        ("description",),
        lambda _: a_betrayal(affected="b", kind="other", description="x"),
    ),
    "reviews": ("review", ("rationale", "wish_a", "snapshot"), lambda _: a_review()),
    "repair-starts": ("repair_start", ("reason",), a_repair_start),
    "process-notes": ("process_note", ("text",), a_note),
}


def torn(world: World, table: str, columns: tuple[str, ...], row_id: str) -> None:
    """Cut sealed texts of one row short, past the service and its triggers."""
    cut = ", ".join(f"{name} = substr({name}, 1, 40)" for name in columns)
    raw.run_past_guards(world.url, f"UPDATE {table} SET {cut} WHERE id = '{row_id}'")  # noqa: S608 - our own names


def by_id(caller: Caller, path: str, **query: str) -> dict[str, Json]:
    answer = caller.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return {item["id"]: item for item in answer.json()["items"]}


def test_a_list_goes_on_past_a_damaged_entry_and_says_which(
    world: World, therapist: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    couple = a_couple(therapist)
    for name, (table, columns, body) in ENTRIES.items():
        path = f"/v1/couples/{couple['id']}/{name}"
        whole, damaged = (therapist.made(path, body(couple))["id"] for _ in range(2))
        before = by_id(therapist, path)
        with caplog.at_level(logging.ERROR):
            torn(world, table, columns, damaged)
            after = by_id(therapist, path)

        assert after[whole] == before[whole], name
        assert after[whole]["unreadable"] == before[damaged]["unreadable"] == []
        shown = [column for column in columns if column != "snapshot"]
        assert sorted(after[damaged]["unreadable"]) == sorted(shown), name
        assert f"{table}/{damaged}/{columns[0]}" in caplog.text
        held = {**before[damaged], **after[damaged]}
        assert {key for key in held if before[damaged][key] != after[damaged][key]} == changed(columns), name
        if name != "repair-starts":
            read = therapist.get(f"/v1/{name}/{damaged}")
            assert (read.status_code, read.json()["code"]) == (500, "record_damaged"), name


def changed(columns: tuple[str, ...]) -> set[str]:
    """What a list tells otherwise when these texts do not open; a snapshot is in no list."""
    told = {"event": {"cadence", "reading"}, "snapshot": set[str]()}
    return {"unreadable"}.union(*(told.get(name, {name}) for name in columns))


def test_others_eyes_are_told_of_a_damaged_text_only_where_they_are_told_of_the_text(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}"
    hidden = therapist.made(f"{path}/markers", {**a_marker(couple), "visibility": "clinician"})["id"]
    joint = therapist.made(f"{path}/markers", a_marker(couple))["id"]
    for row_id in (hidden, joint):
        torn(world, "marker", ("words",), row_id)
    for audience in ("joint", f"partner:{couple['partners'][0]['id']}"):
        told = by_id(therapist, f"{path}/markers", audience=audience)
        assert [(key, item["unreadable"]) for key, item in told.items()] == [(joint, ["words"])]

    review = therapist.made(f"{path}/reviews", a_review())["id"]
    torn(world, "review", ("safety_words", "rationale"), review)
    blind = another_key(world, therapist, {"record:read"})  # does not learn that there are words on safety
    seen = by_id(therapist, f"{path}/reviews")[review]["unreadable"]
    assert sorted(seen) == ["rationale", "safety_words"]
    assert by_id(blind, f"{path}/reviews")[review]["unreadable"] == ["rationale"]
