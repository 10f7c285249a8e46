"""Nasty values in the places of the served document, bombs, planted flaws; the long run is `make prove-api`."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from app.chart.chart import Store
from app.chart.keys import MasterKey
from app.main import create_app
from app.settings import Settings
from bench.api import bombs, flaws, nasty
from bench.api.lines import Line
from bench.api.page import Found, page
from bench.api.shots import NOTHING, Volley, same, value_at
from tests.conftest import MASTER
from tests.live import serving
from tests.people import World
from tests.walks.matrix import Estate

PATIENT = 60.0
SOME = ("recordThreatReport", "listMarkers", "getSession", "voidMarker")


def estate_of(world: World, document: dict[str, Any]) -> Estate:
    """A couple as late in its course as the documented examples tell of."""
    world.watch.go(days=263)
    owner, administrator = world.somebody("clinician"), world.somebody("administrator")
    return Estate(world, document, owner, administrator).fresh()


def test_nasty_values_are_refused_or_stored_as_they_were_sent(world: World, application: FastAPI) -> None:
    estate = estate_of(world, application.openapi())
    with serving(world.app) as base:
        tally = Volley(estate, Line(base), PATIENT, seed=7, share=0.03).fire(SOME)

    assert tally.faults == []
    assert tally.cases > 40
    assert tally.taken


def test_bombs_are_refused(world: World, application: FastAPI) -> None:
    estate = estate_of(world, application.openapi())
    with serving(world.app) as base:
        example = estate.body(estate.all["recordCommitment"])
        target = bombs.Target(base, estate.owner.key, estate.ids["couple_id"], example)
        wrong = [
            f"{bomb.name}: {answer.status}"
            for bomb in [*bombs.bombs(2_000_000)][:: 3 if "sqlite" in world.url else 5]
            if not bomb.is_work
            for answer in [bomb.throw(target)]
            if answer.status not in bomb.allowed
        ]

    assert wrong == []


@pytest.fixture
def flawed(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[FastAPI]:
    """The service with three planted flaws, over the world's database."""
    monkeypatch.setattr(flaws, "WAIT_SECONDS", 0.3)
    store = Store(world.url, MasterKey(MASTER), threads=2)
    settings = Settings(database_url=world.url, environment="demo", rate_limit="100000/minute")
    service = create_app(settings, store=store, clock=world.watch)
    flaws.spoil(service)
    yield service
    store.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_planted_flaws_are_found(world: World, flawed: FastAPI) -> None:
    estate = estate_of(world, flawed.openapi())
    with serving(flawed) as base:
        found = Volley(estate, Line(base), 0.2).fire(flaws.ROUTES).faults

    assert any(fault.startswith("flawedDivision") and "answered 500" in fault for fault in found)
    assert any(fault.startswith("flawedEcho") and "repeats what was sent" in fault for fault in found)
    assert any(fault.startswith("flawedWait") and "took" in fault for fault in found)


@pytest.mark.parametrize("kind", ["text", "day", "instant", "id", "code", "number", "flag", "list", "object"])
def test_every_kind_of_field_has_values_of_its_own(kind: str) -> None:
    names = [value.name for value in nasty.for_field("words", kind, ["draft"])]

    assert len(names) == len(set(names)) > 20


@pytest.mark.parametrize(
    ("sent", "stored", "alike"),
    [
        (" e\u0301 ", "\u00e9", True),
        ("2026-03-01t16:00:00+01:00", "2026-03-01T15:00:00.000000Z", True),
        ("2026-03-01T16:00:00Z", "2026-03-01T15:00:00.000000Z", False),
        ("01937C5E-8B1E-7C3A-9F52-6F1D2A3B4C5D", "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d", True),
        (1, True, False),
        (-0.0, 0, True),
        ("=SUM(1)", "'=SUM(1)", False),
    ],
)
def test_what_comes_back_is_compared_with_what_was_sent(sent: Any, stored: Any, alike: bool) -> None:
    assert same(sent, stored) is alike


def test_a_value_is_found_where_it_was_put() -> None:
    assert value_at({"a": [{"b": 1}]}, ("a", 0, "b")) == 1
    assert value_at({"a": []}, ("a", 0, "b")) is NOTHING


def test_the_page_tells_what_failed() -> None:
    lines = [
        Found("bombs", "sqlite", "58 bombs", "all refused"),
        Found("slow", "postgresql", "60 callers", "", ("held",)),
    ]
    told = page(lines, "python -m bench.api", 1.5)

    assert "| SQLite | 58 bombs | all refused | held |" in told
    assert "| PostgreSQL 18 | 60 callers |  | **failed** |" in told
