"""How often a request travels: statements and round trips of the hottest routes, counted and held."""

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.chart.database import Database, Journey, Params, Rows
from tests.chart import raw
from tests.people import Caller, World, a_couple


@dataclass
class Counting:
    """A database that counts what passes, and passes everything on."""

    database: Database
    seen: Counter[str] = field(default_factory=Counter)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)

    @contextmanager
    def journey(self, practice_id: str, *, writing: bool) -> Iterator[Journey]:
        self.seen["journeys"] += 1
        with self.database.journey(practice_id, writing=writing) as journey:
            yield CountingJourney(journey, self.seen)
        self.seen["round trips"] += 1  # the commit, with whatever waited


@dataclass
class CountingJourney:
    """Fetching and counting wait for the answer; sending rides along."""

    inner: Journey
    seen: Counter[str]

    def fetch(self, sql: str, params: Params) -> Rows:
        self.seen.update(("statements", "round trips"))
        return self.inner.fetch(sql, params)

    def send(self, sql: str, params: Params) -> None:
        self.seen["statements"] += 1
        self.inner.send(sql, params)

    def attempt(self) -> AbstractContextManager[None]:
        return self.inner.attempt()

    def count(self, sql: str, params: Params) -> int:
        self.seen.update(("statements", "round trips"))
        return self.inner.count(sql, params)


def counted(world: World, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    counting = Counting(world.store.database)
    monkeypatch.setattr(world.store, "database", counting)
    return counting.seen


# Sign-in, the trail's line and the commit are in each; on SQLite a read signs the trail in a second journey.
MOST = {
    "getCouple": {"statements": 5, "round trips": 5},
    "listCouples": {"statements": 3, "round trips": 3},
    "listBetrayals": {"statements": 5, "round trips": 5},
    "createCouple": {"statements": 16, "round trips": 8},
}


def test_the_hottest_routes_stay_as_short_as_they_are(
    world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}"
    for warm in (path, "/v1/couples", f"{path}/betrayals"):
        therapist.get(warm)
    seen = counted(world, monkeypatch)
    reads_travel_twice = 0 if raw.is_postgres(world.url) else 1

    for name, path_ in (
        ("getCouple", path),
        ("listCouples", "/v1/couples"),
        ("listBetrayals", f"{path}/betrayals"),
    ):
        seen.clear()
        assert therapist.get(path_).status_code == 200
        assert seen["statements"] <= MOST[name]["statements"], (name, seen)
        assert seen["round trips"] <= MOST[name]["round trips"] + reads_travel_twice, (name, seen)
        assert seen["journeys"] == 1 + reads_travel_twice

    seen.clear()
    a_couple(therapist)
    assert seen["statements"] <= MOST["createCouple"]["statements"], seen
    assert seen["round trips"] <= MOST["createCouple"]["round trips"], seen
    assert seen["journeys"] == 1


@pytest.mark.parametrize("size", [1, 30])
def test_a_list_takes_as_many_statements_for_thirty_as_for_one(
    world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    for number in range(size):
        a_couple(therapist, label=f"C-{number}", betrayals=[])
    seen = counted(world, monkeypatch)

    assert len(therapist.get("/v1/couples").json()["items"]) == size

    opened = size if size == 1 else 0  # the first look at a couple's text may load its data key
    assert seen["statements"] - opened <= MOST["listCouples"]["statements"]
