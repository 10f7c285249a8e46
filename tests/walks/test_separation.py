"""A small part of `make prove-separation`: what A said alone changes nothing that B, or both, are told."""

import json

import pytest
from fastapi import FastAPI
from starlette.responses import Response

from bench.separation import outputs
from bench.separation.flaws import FLAWS
from bench.separation.proving import placed, prove
from tests.people import Json, World

SEEDS = range(1, 5)


@pytest.fixture
def document(application: FastAPI) -> Json:
    return dict(application.openapi())


def test_what_one_said_alone_changes_nothing_for_the_other(world: World) -> None:
    with placed(world.app, world.store) as place:
        tally = prove(place, SEEDS, most=12)

    assert tally.differences == []
    assert (tally.histories, tally.kept > 10, tally.answers > 300, tally.hidden > 15) == (4, True, True, True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_table_without_its_wall_is_found(world: World) -> None:
    world.store._plans.clear()
    try:
        with FLAWS[0].planted(), placed(world.app, world.store) as place:
            tally = prove(place, SEEDS, most=12, until_found=True)
    finally:
        world.store._plans.clear()

    assert tally.differences
    assert "before" in tally.differences[0] or "is not like nothing" in tally.differences[0]


def test_every_read_is_compared_or_says_why_not(document: Json) -> None:
    assert outputs.unexplained(document) == []
    assert len(outputs.outputs(document)) > 25


def test_a_new_read_without_an_audience_or_a_reason_is_found(document: Json) -> None:
    changed = json.loads(json.dumps(document))
    changed["paths"]["/v1/couples/{couple_id}/letters"] = {"get": {"operationId": "listLetters"}}
    del changed["paths"]["/v1/couples"]["get"]

    assert outputs.unexplained(changed) == [
        "listLetters: neither takes an audience nor says why not",
        "listCouples: has a reason and is not left out",
    ]


def test_pages_are_followed_to_the_last_one() -> None:
    answers = {
        "/a?limit=1": Response(b"one", headers={"Link": '</a?limit=1&cursor=x>; rel="next"', "Date": "now"}),
        "/a?limit=1&cursor=x": Response(b"two"),
    }

    def ask(address: str) -> tuple[int, dict[str, str], bytes]:
        found = answers[address]
        return found.status_code, dict(found.headers), bytes(found.body)

    assert [body for _, _, body in outputs.told(ask, "/a?limit=1")] == [b"one", b"two"]
