"""How often a request travels: statements and round trips of the hottest routes, counted and held."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.chart.database import Database, Journey, Params, Rows, Then
from app.chart.pipeline import Line, PGresult, Statement
from tests.chart import raw
from tests.people import Caller, Json, World, a_couple


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


@dataclass
class CountingJourney:
    """Counts the statements of a journey."""

    inner: Journey
    seen: Counter[str]

    def fetch(self, sql: str, params: Params) -> Rows:
        self.seen["statements"] += 1
        return self.inner.fetch(sql, params)

    def send(self, sql: str, params: Params) -> None:
        self.seen["statements"] += 1
        self.inner.send(sql, params)

    def insert(self, sql: str, row: Params) -> None:
        self.seen["statements"] += 1
        self.inner.insert(sql, row)

    def ask(self, sql: str, params: Params, then: Then) -> None:
        self.seen["statements"] += 1
        self.inner.ask(sql, params, then)

    def name_person(self, person_id: str, at: str) -> None:
        self.inner.name_person(person_id, at)

    def flush(self) -> None:
        self.inner.flush()

    def attempt(self) -> AbstractContextManager[None]:
        return self.inner.attempt()

    def count(self, sql: str, params: Params) -> int:
        self.seen["statements"] += 1
        return self.inner.count(sql, params)


def counted(world: World, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Statements of both databases; how often PostgreSQL's line was really used."""
    counting = Counting(world.store.database)
    monkeypatch.setattr(world.store, "database", counting)
    travel = Line.run

    def run(line: Line, statements: Sequence[Statement]) -> list[PGresult]:
        counting.seen["round trips"] += 1
        counting.seen["travelling"] += len(statements)
        return travel(line, statements)

    monkeypatch.setattr(Line, "run", run)
    return counting.seen


def a_whole_session(day: int = 1) -> Json:
    """A note, four markers and two reports in one body."""
    present = {"status": "attended"}
    report = {"episodes": 2, "source": "self_in_session"}
    return {
        "kind": "conjoint",
        "starts_at": f"2026-03-{day:02d}T08:00:00Z",
        "duration_minutes": 60,
        "attendance": {"a": present, "b": present},
        "note": {"format": "narrative", "text": "Both came on time."},
        "markers": [
            {"code": code, "observed_on": f"2026-03-{day:02d}", "basis": "observed_in_session"}
            for code in ("ACC-FULL", "ACC-IMPACT", "ACC-PARTIAL", "TRN-PRO")
        ],
        "threat_reports": [
            {"window_start": f"2026-02-{first:02d}", "window_end": f"2026-02-{first + 6:02d}", **report}
            for first in (2 * day, 2 * day + 7)
        ],
    }


@dataclass(frozen=True)
class Most:
    """What a request may take: statements; on PostgreSQL round trips."""

    statements: int
    round_trips: int


# Sign-in and the trail's line are in each. Whoever asked before is known: the sign-in then travels with the first
# question, and what a route asks ahead travels with the case; writes travel with the commit.
MOST = {
    "getCouple": Most(5, 2),
    "listCouples": Most(3, 2),
    "listBetrayals": Most(5, 3),
    "createCouple": Most(18, 4),
    "recordSession": Most(15, 2),
    "getSession": Most(4, 2),
    "listSessions": Most(4, 2),
    "getProgress": Most(17, 3),
    "getCaseload": Most(3, 2),
}


TRAVELLING = 14
"""What goes to PostgreSQL for a whole session, from BEGIN to COMMIT: its four markers are one statement, and so are
its reports."""


@pytest.fixture
def couple(therapist: Caller) -> Json:
    return a_couple(therapist)


def test_the_hottest_routes_stay_as_short_as_they_are(
    world: World, therapist: Caller, couple: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/v1/couples/{couple['id']}"
    session = therapist.post(f"{path}/sessions", a_whole_session()).headers["Location"]
    reads = {
        "getCouple": path,
        "listCouples": "/v1/couples",
        "listBetrayals": f"{path}/betrayals",
        "getSession": session,
        "listSessions": f"{path}/sessions",
        "getProgress": f"{path}/progress",
        "getCaseload": "/v1/caseload",
    }
    for warm in reads.values():
        therapist.get(warm)
    seen = counted(world, monkeypatch)
    signed_alone = 0 if raw.is_postgres(world.url) else 1

    for name, address in reads.items():
        seen.clear()
        assert therapist.get(address).status_code == 200
        within(name, seen)
        assert seen["journeys"] == 1 + signed_alone


def test_a_whole_session_travels_twice_with_all_that_it_carries(
    world: World, therapist: Caller, couple: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/v1/couples/{couple['id']}/sessions"
    seen = counted(world, monkeypatch)

    for day in (1, 2):
        seen.clear()
        body, headers = a_whole_session(day), {"Idempotency-Key": f"day-{day}"}
        if day == 2:
            body["threat_reports"] = []
        answer = therapist.post(path, body, headers=headers)
        assert answer.status_code == 201, answer.text
        within("recordSession", seen)
        assert seen["journeys"] == 1
        assert seen["travelling"] <= TRAVELLING


def test_a_new_couple_is_opened_in_few_trips(
    world: World, therapist: Caller, couple: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = counted(world, monkeypatch)
    a_couple(therapist)
    within("createCouple", seen)
    assert seen["journeys"] == 1


def within(name: str, seen: Counter[str]) -> None:
    assert seen["statements"] <= MOST[name].statements, (name, seen)
    assert seen["round trips"] <= MOST[name].round_trips, (name, seen)


@pytest.mark.parametrize("size", [1, 30])
def test_a_list_takes_as_many_statements_for_thirty_as_for_one(
    world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    for number in range(size):
        a_couple(therapist, label=f"C-{number}", betrayals=[])
    seen = counted(world, monkeypatch)

    assert len(therapist.get("/v1/couples").json()["items"]) == size

    opened = size if size == 1 else 0  # the first look at a couple's text may load its data key
    assert seen["statements"] - opened <= MOST["listCouples"].statements
