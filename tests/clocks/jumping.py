"""A clock that jumps under a running service: what is recorded on each side of a jump, and what must hold all along."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest import mock
from uuid import UUID

from app.chart import blocks
from app.integrity import service as integrity
from app.integrity.sealer import Sealer
from app.practice import service as practice
from tests.people import Caller, Json, World, a_couple

YEAR = timedelta(days=365)
DAY = timedelta(days=1)
JUMPS: tuple[timedelta, ...] = (
    timedelta(0),
    -DAY,
    timedelta(0),
    DAY,
    timedelta(0),
    YEAR,
    timedelta(0),
    -YEAR,
    DAY,
)


@contextmanager
def ids_of(world: World) -> Iterator[None]:
    """Ids are made from the clock too: here from the one that jumps."""
    dice = random.Random(1)  # noqa: S311 - ids of a test

    def made() -> UUID:
        milliseconds = int(world.watch.now.timestamp() * 1000)
        return UUID(
            int=milliseconds << 80 | 7 << 76 | dice.getrandbits(12) << 64 | 2 << 62 | dice.getrandbits(62)
        )

    with mock.patch("app.chart.ids.uuid7", made):
        yield


class Jumping:
    """A couple whose record is kept while the clock jumps."""

    def __init__(self, world: World) -> None:
        self.world, self.base = world, world.watch.now
        self.caller: Caller = world.somebody()
        self.couple = a_couple(self.caller)["id"]
        self.home = f"/v1/couples/{self.couple}"
        self.sealer = Sealer(world.store, world.watch, 60)
        self.markers: list[str] = []
        self.anchors: list[Json] = []
        self.lines = 0
        self.first: Json = self.caller.made(f"{self.home}/markers", a_marker(), headers=once("first"))

    def jump(self, by: timedelta) -> None:
        """The clock stands somewhere else from now on, and life goes on for a while."""
        self.world.watch.now = self.base + by + timedelta(minutes=len(self.markers))
        self.markers.append(self.caller.made(f"{self.home}/markers", a_marker())["id"])
        self.caller.made(f"{self.home}/sessions", a_session(self.base))
        self.sealer.round()
        self.sealer.round()  # the one after finds what the first could not see yet

    def told(self, path: str, **query: Any) -> Any:
        """What a GET tells."""
        answer = self.caller.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def faults(self) -> Iterator[str]:
        """Everything that does not hold now."""
        yield from self._hidden()
        yield from self._chains()
        if self.caller.made(f"{self.home}/markers", a_marker(), headers=once("first")) != self.first:
            yield "a repeated request was not recognised"
        row = next(
            (row for row in self.told("/v1/caseload")["items"] if row["couple_id"] == self.couple), None
        )
        if row is None:
            yield "the caseload misses the couple"

    def _hidden(self) -> Iterator[str]:
        wanted = {self.first["id"], *self.markers}
        today = self.world.watch.now.date().isoformat()
        for query in ({}, {"known_at": today}):
            if {row["id"] for row in self._paged(f"{self.home}/markers", **query)} != wanted:
                yield f"markers are hidden from {query or 'the list'}"
        progress = [self.told(f"{self.home}/progress", **query) for query in ({}, {"known_at": today})]
        if [without_question(each) for each in progress[:1]] != [
            without_question(each) for each in progress[1:]
        ]:
            yield "progress as known today is not progress"
        if len(self._paged(f"{self.home}/sessions")) != len(self.markers):
            yield "sessions are hidden"

    def _paged(self, path: str, **query: Any) -> list[Json]:
        page = self.told(path, limit=3, **query)
        found = list(page["items"])
        while page["has_more"]:
            page = self.told(path, limit=3, cursor=page["next_cursor"], **query)
            found += page["items"]
        return found

    def _chains(self) -> Iterator[str]:
        with practice.operating(self.world.store, self.world.home(), self.world.watch(), "verify") as chart:
            verdict = integrity.verify(chart, self.anchors)
            numbers = [block["number"] for block in blocks.blocks(chart)]
            self.anchors += integrity.anchors(chart)
        yield from map(str, verdict.faults)
        if numbers != list(range(1, len(numbers) + 1)):
            yield "the trail's blocks have gaps"
        if verdict.lines <= self.lines:
            yield "the trail has lost lines"
        self.lines = verdict.lines
        if self.lines - verdict.lines_not_sealed < self.lines // 2:
            yield f"{verdict.lines_not_sealed} of {verdict.lines} lines of the trail stay unsealed"


def run(world: World, jumps: Sequence[timedelta]) -> list[str]:
    """Every fault after every jump."""
    with ids_of(world):
        life, found = Jumping(world), list[str]()
        for by in jumps:
            life.jump(by)
            found += [f"after {by}: {fault}" for fault in life.faults()]
    return found


def a_marker() -> Json:
    """Something observed long before."""
    return {
        "code": "ACC-IMPACT",
        "observed_on": "2025-02-01",
        "basis": "observed_in_session",
        "words": "Named it.",
    }


def a_session(base: datetime) -> Json:
    """A signed session of long before."""
    return {
        "kind": "conjoint",
        "starts_at": (base - 2 * YEAR).isoformat(),
        "duration_minutes": 60,
        "attendance": {"a": {"status": "attended"}, "b": {"status": "attended"}},
        "note": {"format": "narrative", "text": "Both came."},
        "sign": True,
    }


def once(name: str) -> dict[str, str]:
    """A key for repeating."""
    return {"Idempotency-Key": name}


def without_question(answer: Json) -> Json:
    """An answer without what was asked."""
    return {name: value for name, value in answer.items() if name not in ("known_at", "as_known_at")}
