"""Two places for one record: a filled practice, an empty instance on the other database; archive tests come in."""

import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from app.archive.locks import Secret
from app.chart.chart import Store
from app.chart.keys import MasterKey
from app.practice import credentials
from app.practice import service as practice
from tests import postgres_server
from tests.conftest import BOTH
from tests.people import Caller, Json, World
from tests.walks import matrix
from tests.walks.matrix import Estate, Operation, told

SECRET = Secret(key=b"k" * 32)
ELSEWHERE = b"another master key of 32 bytes.."


def other_kind(url: str) -> str:
    """The database that this one is not."""
    kind = make_url(url).get_backend_name()
    return next(each for each in BOTH if each != kind)


@contextmanager
def a_database(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """An empty database of a kind, at head."""
    if kind == "sqlite":
        path = folder / "elsewhere.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    template = request.getfixturevalue("postgres_template")
    url = postgres_server.create_database(postgres_server.postgres_url(), template=template)
    yield postgres_server.for_sqlalchemy(url)
    postgres_server.drop_database(url)


@contextmanager
def another_world(
    world: World, request: pytest.FixtureRequest, folder: Path, master: bytes = ELSEWHERE, kind: str = ""
) -> Iterator[World]:
    """The same service moved onto an empty database of the other kind, under another master key."""
    with a_database(kind or other_kind(world.url), request, folder) as url:
        plans = request.getfixturevalue("plans")[make_url(url).get_backend_name()]
        store = Store(url, MasterKey(master), threads=4, plans=plans)
        before = world.app.state.house
        world.app.state.house = replace(before, store=store)
        try:
            yield World(world.app, store, world.watch, world.portal, url, list(world.practices))
        finally:
            world.app.state.house = before
            store.close()


def a_full_practice(world: World) -> Estate:
    """Two couples with an entry of every kind, and the words in them marked."""
    world.watch.go(days=263)
    owner, administrator = world.somebody("clinician", name="Dr. Owner"), world.somebody("administrator")
    document: Json = dict(world.app.openapi())
    estate = Estate(world, document, owner, administrator, matrix.marked).fresh().filled()
    estate.fresh()
    return estate


def a_signed_session(world: World) -> Estate:
    """A couple with a signed session and an addendum, and nothing else."""
    world.watch.go(days=263)
    owner, administrator = world.somebody(name="Dr. Owner"), world.somebody("administrator")
    estate = Estate(world, dict(world.app.openapi()), owner, administrator).fresh()
    estate.make("session_id", "addAddendum")
    estate.make("addendum_id")
    return estate


def key_of(world: World, caller: Caller) -> Caller:
    """A fresh key of somebody who is known here: keys do not travel."""
    home = world.practices[0]
    with practice.operating(world.store, home, world.watch(), "testSetup") as chart:
        role = practice.read_person(chart, caller.person_id)["role"]
        scopes = credentials.ROLE_SCOPES[role]
        key = practice.make_key(
            chart, "demo", person_id=caller.person_id, label="test", scopes=scopes, expires_at=None
        )
        chart.sign(201)
    return Caller(world.client(key["secret"]), caller.person_id, key["secret"])


TELLS_OF_READS = {
    "listProcessNoteAccesses": "tells of reads, and this walk reads",
    "listAudit": "tells of reads, and this walk reads",
    "getAccessReport": "tells of reads, and this walk reads",
}
"""GETs that no two walks can have alike, each with the reason."""

COMPUTED = re.compile(rb'"computed_at":"[^"]*"')
"""When the caseload's own copy of a result was computed: archives carry no copies, they are made anew."""


def answers(
    estate: Estate, owner: Caller, administrator: Caller, left_out: Collection[str]
) -> dict[str, Any]:
    """Status, headers and bytes of every GET that the document knows, as those who may see it."""

    def asked(operation: Operation) -> Any:
        of_the_practice = operation.tag == "practice" and not operation.clinical
        answer = estate.send(administrator if of_the_practice else owner, operation)
        status, headers, body = told(answer)
        if COMPUTED.search(answer.content):
            headers = [(name, value) for name, value in headers if name != "etag"]  # it is of these bytes
        return status, headers, COMPUTED.sub(b"", answer.content) if status < 400 else body

    gets = [each for each in estate.all.values() if each.method == "get"]
    assert {*left_out, *TELLS_OF_READS} <= {each.name for each in gets}
    return {
        each.name: asked(each)
        for each in gets
        if each.name not in left_out and each.name not in TELLS_OF_READS
    }
