"""Evidence is read from covering indexes alone: a three-year case must not fetch a page of the table for each row."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from app.chart.base import metadata
from app.chart.database import (
    SERVICE_ROLE,
    Database,
    Journey,
    Params,
    Rows,
    Then,
    postgres_address,
    sqlite_connection,
)
from app.demo import records
from tests.chart import raw
from tests.people import Caller, World

EVIDENCE = (
    "marker",
    "cessation",
    "threat_report",
    "commitment",
    "check_in",
    "pause",
    "known_date",
    "session",
    "safety_concern",
)


@dataclass
class Listening:
    """A database that remembers what is fetched through it."""

    database: Database
    heard: list[tuple[str, Params]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)

    @contextmanager
    def journey(self, practice_id: str, *, writing: bool) -> Iterator[Any]:
        with self.database.journey(practice_id, writing=writing) as journey:
            yield ListeningJourney(journey, self.heard)


@dataclass
class ListeningJourney:
    """A journey that remembers its questions."""

    inner: Journey
    heard: list[tuple[str, Params]]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def fetch(self, sql: str, params: Params) -> Rows:
        self.heard.append((sql, params))
        return self.inner.fetch(sql, params)

    def ask(self, sql: str, params: Params, then: Then) -> None:
        self.heard.append((sql, params))
        self.inner.ask(sql, params, then)


def questions(world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Params]]:
    """What GET progress asks of the store."""
    lines = b"\n".join(records.lines(world.watch.now.date()))
    told = therapist.http.post(
        "/v1/imports", content=lines, headers={"Content-Type": "application/x-ndjson"}
    ).json()
    assert told["errors"] == []
    couple = therapist.get("/v1/couples").json()["items"][0]
    listening = Listening(world.store.database)
    monkeypatch.setattr(world.store, "database", listening)
    assert therapist.get(f"/v1/couples/{couple['id']}/progress").status_code == 200
    return listening.heard


def plan_of(world: World, table: str, sql: str, params: Params) -> str:
    """How the database would answer from a table's evidence index.

    Which index PostgreSQL takes follows statistics and the visibility map, which any open transaction can keep
    from being set; the test asks what the index holds, so the table's other indexes are hidden while it asks.
    """
    if not raw.is_postgres(world.url):
        file = sqlite_connection(str(raw.file_of(world.url)))
        try:
            return "\n".join(str(row) for row in file.execute(f"EXPLAIN QUERY PLAN {sql}", params))
        finally:
            file.close()
    with psycopg.connect(postgres_address(world.url)) as connection:
        connection.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indrelid = %s::regclass AND indexrelid <> %s::regclass",
            (table, f"ix_{table}_evidence"),
        )
        connection.execute(f"SET LOCAL ROLE {SERVICE_ROLE}")
        connection.execute(f"SET LOCAL app.practice = '{world.practices[0]}'")
        for method in ("seqscan", "bitmapscan"):
            connection.execute(f"SET LOCAL enable_{method} = off".encode())
        rows = psycopg.ClientCursor(connection).execute(f"EXPLAIN {sql}".encode(), params).fetchall()
        connection.rollback()
    return "\n".join(str(row[0]) for row in rows)


def index_only(plan: str, table: str) -> bool:
    """Whether a table is read from an index that holds every column asked for."""
    sqlite = f"{table} USING COVERING INDEX" in plan
    return sqlite or any("Index Only Scan" in line and f" on {table}" in line for line in plan.splitlines())


def test_every_kind_of_evidence_is_read_from_its_index_alone(
    world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = questions(world, therapist, monkeypatch)

    asked = {
        table: next((q for q in heard if f"FROM {table} \n" in q[0] or f"FROM {table}\n" in q[0]), None)
        for table in EVIDENCE
    }
    missing = [table for table, question in asked.items() if question is None]
    assert not missing, [sql for sql, _ in heard]
    plans = {table: plan_of(world, table, *question) for table, question in asked.items() if question}
    fetched = {table: plan for table, plan in plans.items() if not index_only(plan, table)}
    assert not fetched, "\n\n".join(f"{table}:\n{plan}" for table, plan in fetched.items())


def test_one_query_a_kind_of_row(world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = questions(world, therapist, monkeypatch)

    for table in metadata.tables:
        times = sum(f"FROM {table} \n" in sql or f"FROM {table}\n" in sql for sql, _ in heard)
        assert times <= 1, f"{table} is asked {times} times"


def test_a_column_beside_the_index_is_noticed(
    world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = questions(world, therapist, monkeypatch)
    sql, params = next(q for q in heard if "FROM threat_report" in q[0])

    flawed = sql.replace("SELECT ", "SELECT threat_report.words, ", 1)

    assert not index_only(plan_of(world, "threat_report", flawed, params), "threat_report")
