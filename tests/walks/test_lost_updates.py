"""Every operation that changes what somebody read before: without its ETag, or with a stale one, nothing is changed."""

import pytest

from tests.people import Caller, World
from tests.walks import matrix
from tests.walks.matrix import Estate, Operation


@pytest.fixture
def estate(world: World) -> Estate:
    """A clinician's couple with an entry of every kind, late enough in the year for every documented example."""
    world.watch.go(days=263)
    owner, administrator = world.somebody("clinician", name="Dr. Owner"), world.somebody("administrator")
    return Estate(world, dict(world.app.openapi()), owner, administrator, matrix.marked).fresh().filled()


def changing(estate: Estate) -> list[Operation]:
    """The operations that document a refusal without If-Match."""
    paths = estate.document["paths"]
    return [each for each in estate.all.values() if "428" in paths[each.path][each.method]["responses"]]


WANTS_MORE = {"cosignSession", "reopenCouple"}
"""Refused for another reason unless the session is signed and the case is closed."""


def without_and_stale(estate: Estate, caller: Caller, operation: Operation) -> list[int]:
    """What an operation answers without the ETag, and with one of nothing."""
    body = estate.body(operation)
    return [estate.send(caller, operation, body, etag=tag).status_code for tag in ("", '"none"')]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # asked before anything is written
def test_nothing_is_changed_by_whoever_did_not_read_it_as_it_stands(estate: Estate) -> None:
    asked, before = changing(estate), estate.view()
    plain = [each for each in asked if each.name not in WANTS_MORE]
    found = {each.name: without_and_stale(estate, estate.keeper(each), each) for each in plain}

    assert len(found) > 50
    assert {name: told for name, told in found.items() if told != [428, 412]} == {}
    assert estate.view() == before

    estate.make("session_id", "addAddendum")  # signed
    colleague = estate.world.somebody("clinician")
    standing = {"person_id": colleague.person_id, "part": "co_therapist"}
    estate.owner.made(f"/v1/couples/{estate.ids['couple_id']}/care-team", standing)
    assert without_and_stale(estate, colleague, estate.all["cosignSession"]) == [428, 412]
    estate.prepared(estate.all["reopenCouple"])  # closed
    assert without_and_stale(estate, estate.owner, estate.all["reopenCouple"]) == [428, 412]
